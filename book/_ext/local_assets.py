"""Sphinx extension: formulas and diagrams are drawn by scripts that lie in the book itself.

MathJax comes out of the package `sphinx-mathjax-offline`.
Mermaid is fetched by `build_book.py` with npm; where there is no npm the page names the CDN instead.
"""

import html
import shutil
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

MERMAID_VERSION = "11.17.2"
MERMAID_FILE = f"vendor/mermaid-{MERMAID_VERSION}.js"
MERMAID_CDN = f"https://cdn.jsdelivr.net/npm/@mermaid-js/tiny@{MERMAID_VERSION}/dist/mermaid.tiny.js"
STATIC = Path(__file__).parents[1] / "_static"


class diagram(nodes.General, nodes.Element):
    """A mermaid diagram: its source and the sentence that stands for it."""


class MermaidDirective(SphinxDirective):
    """```{mermaid}`` with a required ``:alt:``."""

    has_content = True
    option_spec = {"alt": directives.unchanged_required}

    def run(self):
        if "alt" not in self.options:
            raise self.error("a diagram needs an :alt: text for readers who do not see it")
        return [diagram(source="\n".join(self.content), alt=self.options["alt"])]


def visit_html(self, node):
    label, source = html.escape(node["alt"], quote=True), html.escape(node["source"])
    self.body.append(f'<pre class="mermaid" role="img" aria-label="{label}">{source}</pre>')
    raise nodes.SkipNode


def visit_text(self, node):
    raise nodes.SkipNode


def add_scripts(app, pagename, templatename, context, doctree):
    if doctree is None or not doctree.next_node(diagram):
        return
    app.add_js_file(MERMAID_FILE if (STATIC / MERMAID_FILE).exists() else MERMAID_CDN)
    app.add_js_file("diagrams.js", loading_method="defer")


def copy_mathjax(app, exception):
    if exception or app.builder.format != "html":
        return
    source = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for folder in ("a11y", "input", "output", "sre"):
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)
    shutil.copy(source / "tex-chtml.js", target)


def mend_citation_list(app, pagename, templatename, context, doctree):
    """Docutils calls the bibliography a list, but its entries no list items: screen readers find it empty."""
    if "body" in context:
        context["body"] = context["body"].replace('<div role="list" class="citation-list">', "<div>")


def use_local_mathjax(app, config):
    config.mathjax_path = "mathjax/tex-chtml.js"


def setup(app):
    app.add_node(diagram, html=(visit_html, None), latex=(visit_text, None), text=(visit_text, None))
    app.add_directive("mermaid", MermaidDirective)
    app.connect("config-inited", use_local_mathjax)
    app.connect("html-page-context", add_scripts)
    app.connect("html-page-context", mend_citation_list)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
