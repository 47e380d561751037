"""A table of weights as shades."""

from collections.abc import Sequence
from numbers import Real

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .style import PLAIN, SEQUENTIAL, SLANTED, as_table, make_axes, one_line, write_label

_MOST_ANNOTATED = 400  # cells


def attention_heatmap(
    weights: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    ax: Axes | None = None,
    largest: float | None = None,
    title: str | None = None,
) -> Axes:
    """A table of weights: the darker a cell, the larger its weight, from white at 0.

    Args:
        weights: (row, column), at least 0; such as (query, key) or (head, field).
        rows: Names of the rows.
        columns: Names of the columns.
        ax: Where to draw; None makes a figure.
        largest: The weight that gets the darkest colour; None takes the largest one there is.
            Give the same number to pictures that are compared.
        title: A title.

    Returns:
        The Axes. Cells carry their number when there are at most 400 of them.

    Raises:
        ValueError: If the weights are not finite or below 0, or do not fit the names, or largest is not above
            0.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = attention_heatmap([[0.9, 0.1], [0.4, 0.6]], ["head 1", "head 2"], ["reviews", "price"])
        >>> [text.get_text() for text in ax.texts]
        ['0.90', '0.10', '0.40', '0.60']
        >>> plt.close(ax.figure)

    Taught in "What do heads add?"
    """
    table = as_table("weights", weights, "columns", columns)
    if isinstance(rows, str) or not hasattr(rows, "__len__"):
        raise ValueError(f"rows must be a list of names, got {rows!r:.60}")
    if largest is not None and not (isinstance(largest, Real) and 0 < largest < np.inf):
        raise ValueError(f"largest must be a number above 0, or None, got {largest!r}")
    if len(table) != len(rows) or table.min() < 0:
        raise ValueError(
            f"weights must be {len(rows)} rows of at least 0, got {len(table)} from {table.min():.3g}"
        )
    ax = make_axes(ax, (1.6 + 0.62 * len(columns), 0.9 + 0.44 * len(rows)))
    largest = largest or table.max() or 1.0
    ax.pcolormesh(table, cmap=SEQUENTIAL, vmin=0, vmax=largest, edgecolors="white", linewidth=1.5)
    for (row, column), value in np.ndenumerate(table if table.size <= _MOST_ANNOTATED else np.empty((0, 0))):
        color = "white" if value > 0.61 * largest else "black"
        place = (column + 0.5, row + 0.5)
        ax.text(*place, f"{value:.2f}", ha="center", va="center", fontsize=9, **PLAIN | {"color": color})
    ax.invert_yaxis()
    ax.xaxis.tick_top()
    names = [one_line(column) for column in columns]
    slanted = SLANTED if max(map(len, names)) > 7 else {}
    ax.set_xticks(np.arange(len(names)) + 0.5, names, **PLAIN, **slanted)
    ax.set_yticks(np.arange(len(rows)) + 0.5, [one_line(row) for row in rows], **PLAIN)
    ax.spines[:].set_visible(False)
    write_label(ax, "", title)
    return ax
