"""One tree of a recommendation as rows of bars, the heaviest path open."""

from collections.abc import Iterator, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import INK, LINE, MUTED, PLAIN, WEIGHT, make_axes, one_line, write_label

_COLUMNS = ("tree", "element", "parent", "text", "weight")
_INDENT = 0.07  # a level, in units of a weight of 1


def tree_bars(
    trees: pd.DataFrame,
    tree: str,
    *,
    opened: Sequence[str] | None = None,
    most: int = 8,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """A row an element, its bar the share of its parent; deeper elements stand further to the right.

    Args:
        trees: From `attnviz.weight_trees`: columns tree, element, parent, text, weight.
        tree: "candidate" or "shopper".
        opened: The elements whose next level is drawn; None opens the heaviest path.
        most: Of a longer list only the heaviest are drawn, in the table's order; a line counts the others.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes. Behind an element's weight stands, below the first level, the product down to it.

    Raises:
        ValueError: If the table has no such tree, or lacks a column.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> trees = pd.DataFrame({"tree": "candidate", "element": ["candidate/tags", "candidate/price"],
        ...     "parent": "candidate", "text": ["wool", "29.90"], "weight": [0.7, 0.3]})
        >>> ax = tree_bars(trees, "candidate")
        >>> [text.get_text() for text in ax.texts]
        ['tags: wool', '0.70', 'price: 29.90', '0.30']
        >>> plt.close(ax.figure)

    Paper: Yang et al. (2016), hierarchical attention. Taught in "Which purchase, which review?"
    """
    shown = _shown(trees, tree, opened, most)
    ax = make_axes(ax, (5.2, 0.7 + 0.47 * len(shown)))
    for place, (level, text, weight, product) in enumerate(shown):
        left, color = level * _INDENT, {"color": MUTED if weight is None else INK}
        ax.text(left, place - 0.17, text, va="bottom", fontsize=9, **PLAIN | color)
        if weight is not None:
            ax.barh(place, 1, left=left, height=0.27, color=LINE, alpha=0.5)
            ax.barh(place, weight, left=left, height=0.27, color=WEIGHT)
            number = _share(weight) + (f" = {product:.3f} of all" if level else "")
            ax.text(left + weight + 0.015, place, number, va="center", fontsize=8, **PLAIN)
    _frame(ax, shown)
    write_label(ax, "share of its parent; the bars of a list sum to 1", title)
    return ax


def two_trees(
    trees: pd.DataFrame, *, opened: Sequence[str] | None = None, most: int = 8, title: str | None = None
) -> tuple[Axes, Axes]:
    """Both trees of a recommendation side by side: in the product, and in what she chose before.

    Args:
        trees: From `attnviz.weight_trees`, of a model that reads the history.
        opened: The elements whose next level is drawn; None opens the heaviest path of each tree.
        most: As in `tree_bars`.
        title: A title above both.

    Returns:
        The two Axes.

    Raises:
        ValueError: If the table lacks one of the trees.

    Example:
        >>> trees = pd.DataFrame({"tree": ["candidate", "shopper"], "weight": [1.0, 1.0],
        ...     "element": ["candidate/tags", "shopper/start"], "parent": ["candidate", "shopper"],
        ...     "text": ["wool", "nothing"]})
        >>> axes = two_trees(trees)
        >>> [text.get_text() for text in axes[1].texts]
        ['start: nothing', '1.00']
        >>> plt.close(axes[0].figure)

    Paper: Yang et al. (2016), hierarchical attention. Taught in "Which purchase, which review?"
    """
    names = {"candidate": "in the product", "shopper": "in what she chose before"}
    rows = max(len(_shown(trees, tree, opened, most)) for tree in names)
    size = (9.4, 1.1 + 0.42 * rows)
    _, axes = plt.subplots(1, 2, figsize=size, layout="constrained", facecolor="white")
    for ax, (tree, name) in zip(axes, names.items(), strict=True):
        tree_bars(trees, tree, opened=opened, most=most, ax=ax, title=name)
        ax.set_ylim(rows - 0.6, -0.75)
    if title is not None:
        axes[0].figure.suptitle(one_line(title, 120), x=0.01, ha="left", fontsize=12, **PLAIN)
    return tuple(axes)


def _shown(trees: pd.DataFrame, tree: str, opened: Sequence[str] | None, most: int) -> list[tuple]:
    missing = [name for name in _COLUMNS if name not in trees]
    if missing:
        raise ValueError(f"trees must be a table of weight_trees, it has no column {', '.join(missing)}")
    own = trees[trees["tree"] == tree]
    if not len(own):
        raise ValueError(
            f"tree must be one of {sorted(set(trees['tree']))}, which the table has, got {tree!r}"
        )
    heaviest = own.loc[own.groupby("parent")["weight"].idxmax(), "element"]  # of each list
    return list(_rows(own, tree, list(heaviest) if opened is None else opened, most))


def _share(weight: float) -> str:
    return f"{weight:.3f}" if weight < 0.0995 else f"{weight:.2f}"


def _frame(ax: Axes, shown: list[tuple]) -> None:
    deepest = max(level for level, *_ in shown)
    ax.set_xlim(0, 1.02 + deepest * _INDENT)
    ax.set_ylim(len(shown) - 0.6, -0.75)
    ax.set_yticks([])
    ax.set_xticks([])
    ax.spines[:].set_visible(False)
    for level in range(1, deepest + 1):
        places = np.array([place for place, (own, *_) in enumerate(shown) if own >= level])
        for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
            x = level * _INDENT - 0.02
            ax.plot([x, x], [run[0] - 0.5, run[-1] + 0.3], color=LINE, linewidth=1.5)


def _rows(
    tree: pd.DataFrame, parent: str, opened: Sequence[str], most: int, product: float = 1.0
) -> Iterator[tuple]:
    """Level, text, weight and product of each row; a row without a weight counts those left out."""
    children = tree[tree["parent"] == parent]
    shown = children.nlargest(most, "weight").sort_index() if len(children) > most else children
    level = parent.count("/")
    for row in shown.itertuples():
        text = one_line(f"{row.element.rpartition('/')[2]}: {one_line(row.text, 200)}", 60)
        yield level, text, row.weight, product * row.weight
        if row.element in opened:
            yield from _rows(tree, row.element, opened, most, product * row.weight)
    if len(shown) < len(children):
        rest = children["weight"].sum() - shown["weight"].sum()
        yield level, f"and {len(children) - len(shown)} more with {_share(rest)} of the weight", None, None
