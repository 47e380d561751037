"""Explorers in a built page: our own loader, on the pages that need it, and no script of anybody else."""

from myst_nb.core.render import WIDGET_STATE_MIMETYPE, WIDGET_VIEW_MIMETYPE
from myst_nb.sphinx_ import NbMetadataCollector

LOADER = "widgets/loader.js"


def use_own_loader(app, config):
    """Keep require.js and the widget manager, which a page would fetch from a CDN, off all pages."""
    config.nb_ipywidgets_js = {}


def escape_states(app, pagename, templatename, context, doctree):
    """Write `<` as an escape in the widgets' JSON, so that no text in it can end the script element.

    myst-nb escapes the exact `</script>` only: `</SCRIPT>`, `</script >` and `<!--` go through.
    """
    for _, attributes in NbMetadataCollector.get_js_files(app.env, pagename).values():
        if attributes.get("type") == WIDGET_STATE_MIMETYPE:
            attributes["body"] = attributes["body"].replace("<", r"\u003c")


def add_loader(app, pagename, templatename, context, doctree):
    """Put the loader on this page if the page shows a widget."""
    if f'<script type="{WIDGET_VIEW_MIMETYPE}"' in context.get("body", ""):
        app.add_js_file(LOADER, loading_method="defer")


def setup(app):
    """Register with Sphinx: escape before myst-nb puts the states on the page, and add the loader."""
    app.connect("config-inited", use_own_loader, priority=400)
    app.connect("html-page-context", escape_states, priority=400)
    app.connect("html-page-context", add_loader)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
