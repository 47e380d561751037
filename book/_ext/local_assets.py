"""Sphinx extension: formulas and diagrams are drawn by scripts, and text is set in fonts, of the book itself.

Where there was no npm to fetch them with, the page names mermaid's CDN and the file's digest instead, and is
set in the fonts of its reader.
"""

import html
import shutil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from vendored import MERMAID_CDN, MERMAID_FILE, MERMAID_INTEGRITY, STATIC, copy_mathjax, font_files

from attnviz.storage import whole

LOOK = Path(__file__).parents[2] / "attnviz/widgets/shared/look.css"


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
    if (STATIC / MERMAID_FILE).exists():
        app.add_js_file(MERMAID_FILE)
    else:
        app.add_js_file(MERMAID_CDN, integrity=MERMAID_INTEGRITY, crossorigin="anonymous")
    app.add_js_file("diagrams.js", loading_method="defer")


def add_look(app):
    """The colours of the explorers are those of the pages; the fonts, where the build could fetch them."""
    if app.builder.format != "html":
        return
    with whole(Path(app.outdir) / "_static" / LOOK.name) as draft:
        shutil.copyfile(LOOK, draft)
    app.add_css_file(LOOK.name, priority=300)
    if all(path.exists() for path in font_files()):
        app.add_css_file("fonts.css")


def add_mathjax(app, exception):
    if exception is None and app.builder.format == "html":
        copy_mathjax(Path(app.outdir) / "_static" / "mathjax")


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
    app.connect("builder-inited", add_look)
    app.connect("html-page-context", add_scripts)
    app.connect("html-page-context", mend_citation_list)
    app.connect("build-finished", add_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
