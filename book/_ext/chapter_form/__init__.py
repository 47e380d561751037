"""Sphinx extension: the form of a chapter. Guess first, labelled folds, check yourself, a verdict at the end.

What it writes works without scripts and on paper; the scripts in `book/_static/form` add to it.
"""

from . import check, folds, guess, meanings, verdict

PARTS = (guess, check, verdict, folds, meanings)


def setup(app):
    """Register with Sphinx."""
    for part in PARTS:
        part.setup(app)
    app.add_css_file("form/form.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
