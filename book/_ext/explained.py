"""Sphinx extension: a search for a word of the glossary finds the chapter that explains it first.

An entry of the glossary names that chapter by a link; the chapter gets the word as a main entry of its index,
which the search puts above pages that only use the word.
"""

from docutils import nodes
from sphinx import addnodes


def collect(app, doctree):
    """Remember which chapter each word of a glossary names."""
    here = app.env.docname
    kept = {word: found for word, found in _taught(app.env).items() if found[1] != here}
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            links = [link for link in item.findall(addnodes.pending_xref) if link.get("reftype") == "myst"]
            for term in item.findall(nodes.term):
                if links:
                    kept[term.astext()] = (links[-1]["reftarget"], here)
    app.env.attnviz_taught = kept


def _taught(env) -> dict[str, tuple[str, str]]:
    """The chapter of each word, and the page whose glossary says so."""
    return getattr(env, "attnviz_taught", {})


def add_entries(app, doctree, docname):
    """Put the words that this page explains into its index."""
    words = [word for word, (page, _) in _taught(app.env).items() if page == docname]
    if words:
        doctree.insert(0, addnodes.index(entries=[("single", word, "", "main", None) for word in words]))


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-read", collect)
    app.connect("doctree-resolved", add_entries)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
