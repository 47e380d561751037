"""A page carries the meaning of each term that it links to; a script shows it beside the term."""

from html import escape

from docutils import nodes
from sphinx import addnodes

from .answers import copies

SCRIPT = "form/meanings.js"
ANCHOR = "#term-"


def linked_terms(doctree: nodes.document) -> set[str]:
    """The anchors of the terms that a page links to, such as "term-weight"."""
    links = (node.get("refuri", "") for node in doctree.findall(nodes.reference))
    return {link.partition("#")[2] for link in links if ANCHOR in link}


def meanings(app) -> dict[str, nodes.container]:
    """What each term means, by its anchor, from all glossaries of the book."""
    if not hasattr(app, "form_meanings"):
        pages = set(_glossary_pages(app))
        app.form_meanings = dict(pair for page in sorted(pages) for pair in _read(app.env.get_doctree(page)))
    return app.form_meanings


def _glossary_pages(app):
    for _, _, kind, page, _, _ in app.env.get_domain("std").get_objects():
        if kind == "term":
            yield page


def _read(page: nodes.document):
    for glossary in page.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            definition = item.next_node(nodes.definition)
            for term in item.findall(nodes.term):
                for anchor in term["ids"]:
                    yield anchor, _plain(term, definition)


def _plain(term: nodes.term, definition: nodes.definition) -> nodes.container:
    """The term and its meaning, in which a link is its words."""
    name = nodes.strong(text=term.astext())
    shown = nodes.paragraph("", "", name), *copies(definition)
    meaning = nodes.container("", *shown, classes=["form-meaning"])
    for link in list(meaning.findall(addnodes.pending_xref)):
        link.replace_self(nodes.inline(text=link.astext()))
    return meaning


def add_meanings(app, pagename, templatename, context, doctree):
    """Write what the page's terms mean below it, hidden, where the search does not look."""
    if doctree is None or not (anchors := linked_terms(doctree)):
        return
    known = meanings(app)
    found = [(anchor, known[anchor]) for anchor in sorted(anchors) if anchor in known]
    if any(meaning.next_node(nodes.math) for _, meaning in found):
        app.env.get_domain("math").data["has_equations"][pagename] = True
    shown = (
        f'<div data-term="{escape(anchor)}">{app.builder.render_partial(meaning)["fragment"]}</div>\n'
        for anchor, meaning in found
    )
    context["body"] += f'<div class="form-meanings" hidden>\n{"".join(shown)}</div>\n'
    app.add_js_file(SCRIPT, loading_method="defer")


def setup(app):
    """Register with Sphinx, before MathJax is asked whether a page has formulas."""
    app.connect("html-page-context", add_meanings, priority=300)
