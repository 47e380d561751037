""":::{guess}: the question of a chapter, to be answered before anything is read.

    :::{guess} Did the reviews bring this jacket to Ann?
    :right: 2
    :veil: .av-cell-push .av-verdict

    - Yes.
    - No.
    :::

Until the reader has voted, the next explorer is veiled: all of it, or what has a class of `:veil:`.
The script in `book/_static/form/guess.js` draws the veil, so without scripts nothing is hidden.
"""

import re

from docutils import nodes
from docutils.parsers.rst import directives

from .answers import Question, add_question, add_script, inline


class guess(nodes.General, nodes.Element):
    """The question and a list of answers; `right` counts from 0."""


def class_names(argument: str | None) -> str:
    """Class names with their dots, as a comma-separated selector."""
    names = directives.unchanged_required(argument).split()
    if wrong := [name for name in names if not re.fullmatch(r"\.[\w-]+", name)]:
        raise ValueError(f"expected class names such as .av-verdict, got {' '.join(wrong)}")
    return ", ".join(names)


class GuessDirective(Question):
    """One in a chapter; each item of its list is one answer."""

    option_spec = {**Question.option_spec, "veil": class_names}

    def run(self):
        items = self.answers()
        if any(len(item) != 1 or not isinstance(item[0], nodes.paragraph) for item in items):
            raise self.error("guess: an answer is one sentence, without a reason")
        node = guess(right=self.options["right"] - 1, veil=self.options.get("veil", ""))
        node += nodes.paragraph("", "", *self.question(), classes=["form-question"])
        answers = (nodes.list_item("", nodes.paragraph("", "", *inline(item))) for item in items)
        node += nodes.bullet_list("", *answers, classes=["form-answers"])
        self.set_source_info(node)
        return [node]


def right_answer(node: guess) -> nodes.list_item:
    """The item that is right."""
    return node[1][node["right"]]


def enter(self, node):
    self.body.append(self.starttag(node, "div", CLASS="form-guess", **{"data-veil": node["veil"]}))


def leave(self, node):
    self.body.append("</div>\n")


def setup(app):
    """Register with Sphinx."""
    add_question(app, guess, enter=enter, leave=leave)
    app.add_directive("guess", GuessDirective)
    add_script(app, guess, "guess.js")
