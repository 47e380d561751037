"""What is left of a logit when elements are removed, in several orders."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .style import LINE, LINES, MUTED, PLAIN, as_array, as_table, make_axes, name_lines, one_line, write_label

_MARKERS, _SIGNS = "os^Dv", "●■▲◆▼"


def removal_curves(
    curves: ArrayLike,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    elements: str = "fields",
    label: str = "logit",
    title: str | None = None,
) -> Axes:
    """Deletion curves: a line an order, over the number of removed elements.

    All orders start and end at the same height, so the names stand at the end one above the other, each with
    its line's marker: the lowest line, on average, is the most faithful order, and has the lowest name.

    Args:
        curves: (order, removed), the logit or probability after 0, 1, 2, ... removals; `deletion_curve` gives
            one for each row.
        names: A name for each order.
        ax: Where to draw; None makes a figure.
        low: (order, removed), lower ends of intervals, drawn as bands; only together with high.
        high: Upper ends.
        elements: What is removed, for the x axis.
        label: What the curves show, for the y axis.
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If the curves are not finite or do not fit the names, or the intervals do not fit them.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = removal_curves([[0.9, 0.9, 0.2], [0.9, 0.0, 0.2]], ["by weight", "best possible"])
        >>> [text.get_text() for text in ax.texts]
        ['■ best possible', '● by weight']
        >>> plt.close(ax.figure)

    Taught in "Does removal matter?"
    """
    table = as_table("curves", as_array(curves, "curves").T, "names", names).T  # (order, removed)
    steps = np.arange(table.shape[1])
    ax = make_axes(ax, (6.4, 3.6))
    for place, (low_line, high_line) in enumerate(_bands(table, low, high)):
        color = LINES[place % len(LINES)]
        ax.plot(steps, table[place], marker=_MARKERS[place % len(_MARKERS)], color=color, linewidth=2.2)
        ax.fill_between(steps, low_line, high_line, color=color, alpha=0.2, linewidth=0)
    ax.set_xticks(steps)
    ax.margins(x=0.02)
    ax.grid(axis="y", color=LINE, linewidth=0.8)
    order = table.mean(1).argsort(kind="stable")
    texts = [f"{_SIGNS[place % len(_SIGNS)]} {one_line(names[place])}" for place in order]
    name_lines(ax, [ax.lines[place] for place in order], texts)
    write_label(ax, f"{one_line(elements)} removed", title)
    ax.set_ylabel(one_line(label), **PLAIN | {"color": MUTED})
    return ax


def _bands(
    table: np.ndarray, low: ArrayLike | None, high: ArrayLike | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The ends of each order's interval; those of the curve itself where none are given."""
    if low is None and high is None:
        return list(zip(table, table, strict=True))
    ends = [as_array(end, name) for name, end in {"low": low, "high": high}.items() if end is not None]
    if len(ends) < 2 or any(end.shape != table.shape for end in ends) or (ends[0] > ends[1]).any():
        got = " and ".join(str(end.shape) for end in ends)
        raise ValueError(f"low and high must both be {table.shape} like curves, low <= high, got {got}")
    return list(zip(*ends, strict=True))
