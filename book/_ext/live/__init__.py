"""Sphinx extension: every chapter offers its notebook, which is made from the same Markdown."""

from pathlib import Path

import nbformat

from attnviz.storage import whole

from .chapter import notebook_of
from .words import Book

FOLDER = "book/chapters/"


def offers(pagename: str) -> bool:
    """Whether a page is a chapter."""
    return pagename.startswith(FOLDER)


def add_link(app, pagename, templatename, context, doctree):
    """Put a link below the title, and the theme's own button into its menu of downloads."""
    if not offers(pagename):
        return
    context["ipynb_source"] = f"{pagename}.ipynb"
    address = f"{context['pathto']('_sources', 1)}/{pagename}.ipynb"
    link = f'<p class="live-notebook"><a href="{address}" download>Run this chapter: its notebook</a></p>'
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{link}", 1)


def write_notebooks(app, exception):
    """Write the notebooks to where the links lead."""
    if exception is not None or app.builder.format != "html":
        return
    book = Book(Path(app.srcdir) / "book")
    for pagename in filter(offers, sorted(app.env.found_docs)):
        notebook = notebook_of(Path(app.env.doc2path(pagename)), book)
        with whole(Path(app.outdir) / "_sources" / f"{pagename}.ipynb") as draft:
            nbformat.write(notebook, draft)


def setup(app):
    """Register with Sphinx, before the theme makes its buttons."""
    app.connect("html-page-context", add_link, priority=400)
    app.connect("build-finished", write_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
