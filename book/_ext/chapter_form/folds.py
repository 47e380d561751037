"""Folded code with a label that says what is inside, and the callout *What the picture does not show*.

A cell is folded by its tag and labelled by myst-nb's own option; names after the arrow are what it makes:

    ```{code-cell} ipython3
    ---
    tags: [hide-input]
    mystnb: {code_prompt_show: "The shop and its model → ann, rows"}
    ---
"""

from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from sphinx.util.docutils import SphinxDirective

ARROW = "→"
NOT_SHOWN = "What the picture does not show"


def split_label(label: str) -> tuple[str, list[str]]:
    """What a label says, and the names after its arrow.

    Example:
        >>> split_label("The shop and its model → ann, rows")
        ('The shop and its model', ['ann', 'rows'])
    """
    words, _, names = label.partition(ARROW)
    return words.strip(), [name.strip() for name in names.split(",") if name.strip()]


def enter_fold(self, node):
    """Write the label itself: myst-nb gives all folds one name to those who listen to the page."""
    words, names = split_label(node["prompt_show"])
    shown = escape(words)
    if names:
        shown += f" {ARROW} " + ", ".join(f"<code>{escape(name)}</code>" for name in names)
    classes = escape(" ".join(node["classes"]))
    self.body.append(f'<details class="admonition hide {classes}">\n')
    self.body.append(f'<summary><p class="admonition-title">{shown}</p></summary>\n')


class NotShownDirective(SphinxDirective):
    """:::{not-shown}: what a reader must not read into the picture above."""

    has_content = True

    def run(self):
        self.assert_has_content()
        title = nodes.title("", NOT_SHOWN)
        return [nodes.admonition("", title, *self.parse_content_to_nodes(), classes=["form-not-shown"])]


def setup(app):
    """Register with Sphinx, after myst-nb, whose folds are written anew."""
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(enter_fold, depart_HideCellInput))
    app.add_directive("not-shown", NotShownDirective)
