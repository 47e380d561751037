""":::{verdict}: the stamp at the end of a chapter, the sentence, and what the reader guessed at its start.

    :::{verdict} say this instead
    “You usually choose by reviews. This jacket is here for its price.”
    :::

The script of the guess writes what the reader chose beside what is right.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .answers import add_question, copies, inline
from .guess import guess, right_answer

STAMPS = ("say it", "say this instead", "say nothing")
LOGGER = logging.getLogger(__name__)


class verdict(nodes.General, nodes.Element):
    """A stamp, and what may be said."""


class VerdictDirective(SphinxDirective):
    """Its argument is the stamp, its content the sentence."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        stamp = self.arguments[0]
        if stamp not in STAMPS:
            raise self.error(f"verdict: expected one of {', '.join(STAMPS)}, got {stamp!r}")
        self.assert_has_content()
        node = verdict(stamp=stamp)
        node += nodes.paragraph("", stamp.capitalize(), classes=["form-stamp"])
        node += nodes.container("", *self.parse_content_to_nodes(), classes=["form-sentence"])
        self.set_source_info(node)
        return [node]


class AnswerTheGuess(SphinxTransform):
    """Put the right answer of the chapter's guess below its verdict."""

    default_priority = 400

    def apply(self):
        guesses = list(self.document.findall(guess))
        verdicts = list(self.document.findall(verdict))
        for node in [*guesses[1:], *verdicts[1:]]:
            LOGGER.warning("a chapter has one guess and one verdict", location=node)
        if guesses and verdicts:
            verdicts[0] += _answer(guesses[0])


def _answer(asked: guess) -> nodes.paragraph:
    question = nodes.emphasis("", "", *copies(asked[0]))
    right = nodes.strong("", "", *inline(right_answer(asked)))
    guessed = nodes.inline("", " ", classes=["form-mine"])  # the script writes here
    answer = [question, guessed, nodes.Text("Right is: "), right]
    return nodes.paragraph("", "", *answer, classes=["form-guessed"])


def enter(self, node):
    self.body.append(self.starttag(node, "div", CLASS="form-verdict", **{"data-stamp": node["stamp"]}))


def leave(self, node):
    self.body.append("</div>\n")


def setup(app):
    """Register with Sphinx."""
    add_question(app, verdict, enter=enter, leave=leave)
    app.add_directive("verdict", VerdictDirective)
    app.add_transform(AnswerTheGuess)
