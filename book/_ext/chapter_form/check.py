""":::{check}: a question of "Check yourself", with a reason for every answer.

    :::{check} What does a weight of 0.9 on the brand say of this product?
    :right: 2

    - That its brand is loved.
      - The weight is the same for a brand that she hates.
    - Nothing yet.
      - It says what the model looks at, not what it finds there.
    :::

All questions of a chapter have one key, which stands after the last of them. The script in
`book/_static/form/check.js` hides the key on the screen and shows the reason of the answer that was chosen.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

from .answers import Question, add_question, add_script, copies, inline


class check(nodes.General, nodes.Element):
    """A question as a group of radio buttons; `number` counts from 1, `right` from 0."""


class check_question(nodes.Part, nodes.TextElement):
    """The question itself."""


class check_answer(nodes.Part, nodes.TextElement):
    """One answer; `reasons` are the nodes of its reason."""


class CheckDirective(Question):
    """Each item of its list is an answer, with a list of one item in it: the reason."""

    def run(self):
        node = check(right=self.options.get("right", 0) - 1)
        node += check_question("", "", *self.question())
        for item in self.answers():
            node += check_answer("", "", *inline(item), reasons=self._reasons(item))
        self.set_source_info(node)
        return [node]

    def _reasons(self, item: nodes.list_item) -> list[nodes.Node]:
        held = item.children[1:]
        if len(held) != 1 or not isinstance(held[0], nodes.bullet_list) or len(held[0]) != 1:
            raise self.error(f"check: the answer {item[0].astext()!r} needs a list of one item: its reason")
        return list(held[0][0].children)


class WriteTheKey(SphinxTransform):
    """Number the questions, and put their key after the last one."""

    default_priority = 400

    def apply(self):
        questions = list(self.document.findall(check))
        if not questions:
            return
        key = nodes.enumerated_list("", enumtype="arabic", prefix="", suffix=".")
        for number, question in enumerate(questions, 1):
            question["number"] = number
            key += _key_item(question)
        title = nodes.paragraph("", "", nodes.strong(text="Key"))
        last = questions[-1]
        last.parent.insert(last.parent.index(last) + 1, nodes.container("", title, key, classes=["form-key"]))


def _key_item(question: check) -> nodes.list_item:
    asked, *answers = question.children
    lines = nodes.bullet_list("")
    for place, answer in enumerate(answers):
        mark = "Right: " if place == question["right"] else "Not: "
        words = nodes.paragraph("", "", nodes.strong(text=mark), *copies(answer))
        reason = nodes.container("", *answer["reasons"], ids=[f"check-{question['number']}-reason-{place}"])
        lines += nodes.list_item("", words, reason)
        del answer["reasons"]
    return nodes.list_item("", nodes.paragraph("", "", *copies(asked)), lines)


def enter_check(self, node):
    name = {"data-right": node["right"], "data-check": node["number"]}
    self.body.append(self.starttag(node, "fieldset", CLASS="form-check", **name))


def leave_check(self, node):
    self.body.append("<output></output></fieldset>\n")


def enter_question(self, node):
    self.body.append(f"<legend>{node.parent['number']}. ")


def leave_question(self, node):
    self.body.append("</legend>\n")


def enter_answer(self, node):
    place, number = node.parent.index(node) - 1, node.parent["number"]
    button = f'<input type="radio" name="check-{number}" value="{place}">'
    self.body.append(f'<label class="form-answer">{button}<span>')


def leave_answer(self, node):
    self.body.append("</span></label>\n")


def setup(app):
    """Register with Sphinx."""
    add_question(app, check, enter=enter_check, leave=leave_check)
    add_question(app, check_question, enter=enter_question, leave=leave_question)
    add_question(app, check_answer, enter=enter_answer, leave=leave_answer)
    app.add_directive("check", CheckDirective)
    app.add_transform(WriteTheKey)
    add_script(app, check, "check.js")
