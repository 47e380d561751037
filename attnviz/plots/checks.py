"""Which check fails where."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .style import INK, LINE, PLAIN, SLANTED, as_table, make_axes, one_line, write_label


def check_table(
    holds: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """A table of checks: a dark cell with a cross where a check fails, an empty one where it holds.

    Args:
        holds: (row, column), bool; True where the check holds.
        rows: Names of the rows, such as the checks.
        columns: Names of the columns, such as what was checked.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If `holds` does not fit the names, or is neither True nor False somewhere.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = check_table([[True, False], [True, True]], ["sums to 1", "finite"], ["sound", "faulty"])
        >>> [text.get_text() for text in ax.texts], len(ax.patches)
        (['✗'], 1)
        >>> plt.close(ax.figure)

    Taught in "What is wrong here?"
    """
    table = as_table("holds", holds, "columns", columns)
    if len(table) != len(rows) or not np.isin(table, (0, 1)).all():
        raise ValueError(f"holds must be {len(rows)} rows of True or False, got {len(table)} rows")
    names = [one_line(column) for column in columns]
    ax = make_axes(ax, (2.9 + 0.46 * len(names), 1.0 + 0.36 * len(rows)))
    for row, column in np.argwhere(table == 0):
        ax.bar(column, 0.84, width=0.9, bottom=row - 0.42, color=INK)
        ax.text(column, row, "✗", ha="center", va="center", fontsize=11, **PLAIN | {"color": "white"})
    ax.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    ax.hlines(np.arange(len(rows) + 1) - 0.5, *ax.get_xlim(), color=LINE, linewidth=0.8)
    ax.xaxis.tick_top()
    slanted = SLANTED if max(map(len, names)) > 5 else {}
    ax.set_xticks(np.arange(len(names)), names, **PLAIN, **slanted)
    ax.set_yticks(np.arange(len(rows)), [one_line(row) for row in rows], **PLAIN)
    ax.spines[:].set_visible(False)
    write_label(ax, "✗ fails; an empty cell: holds", title)
    return ax
