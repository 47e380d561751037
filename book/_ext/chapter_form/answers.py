"""Questions with answers to choose from: what the directives `guess` and `check` have in common."""

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective


class Question(SphinxDirective):
    """A question, and below it a list of answers; `:right:` counts from 1."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"right": directives.positive_int}

    def question(self) -> list[nodes.Node]:
        """The question as inline nodes."""
        return self.parse_inline(self.arguments[0])[0]

    def answers(self) -> list[nodes.list_item]:
        """The items of the list: two to four, one of them right."""
        content = self.parse_content_to_nodes()
        if len(content) != 1 or not isinstance(content[0], nodes.bullet_list):
            raise self.error(f"{self.name}: expected one list of answers and nothing else")
        items = list(content[0].children)
        if not 2 <= len(items) <= 4:
            raise self.error(f"{self.name}: expected two to four answers, got {len(items)}")
        if not 1 <= self.options.get("right", 0) <= len(items):
            raise self.error(f"{self.name}: :right: must name one of {len(items)} answers, from 1")
        return items


def inline(item: nodes.list_item) -> list[nodes.Node]:
    """The words of an answer, without its reason."""
    return copies(item[0])


def copies(node: nodes.Element) -> list[nodes.Node]:
    """What a node holds, to be shown a second time."""
    return [child.deepcopy() for child in node.children]


def add_question(app, node: type[nodes.Element], *, enter, leave) -> None:
    """Register a node for HTML; other builders show its children."""
    app.add_node(node, html=(enter, leave), latex=(_show, _show), text=(_show, _show))


def _show(self, node):
    """Nothing around the children."""


def add_script(app, node: type[nodes.Element], script: str) -> None:
    """Load a script on the pages that hold such a node."""

    def load(app, pagename, templatename, context, doctree):
        if doctree is not None and doctree.next_node(node):
            app.add_js_file(f"form/{script}", loading_method="defer")

    app.connect("html-page-context", load)
