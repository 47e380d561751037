"""The pushes of a shelf: a dot a product, and how far they spread."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .style import INK, LINE, PLAIN, RAISES, as_table, make_axes, one_line, write_beside, write_label

_LANES = 5  # so that dots of nearly equal pushes do not cover each other


def push_spread(
    pushes: ArrayLike, fields: Sequence[str], *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """A dot for each product's push, a row a field, with a band over the mean push ± the spread.

    The spread is the standard deviation over the products, with their number less one.
    It stands at the right; on a shelf of one product the push stands there.

    Args:
        pushes: (product, field), signed, in logit units; or (field,) of one product.
        fields: The fields' names, in the order of the pushes.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If the pushes are not finite, or do not fit the fields.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = push_spread([[0.5, -0.1], [-1.5, 0.1]], ["reviews", "price"])
        >>> [text.get_text() for text in ax.texts]
        ['1.41', '0.14']
        >>> plt.close(ax.figure)

    Taught in "Priority or push?"
    """
    table = as_table("pushes", pushes, "fields", fields)
    ax = make_axes(ax, (6.4, 0.8 + 0.5 * len(fields)))
    several, rows = len(table) > 1, np.arange(len(fields))
    reach = max(np.abs(table).max(), 1e-9) * 1.1
    if several:
        mean, spread = table.mean(0), table.std(0, ddof=1)
        ax.barh(rows, 2 * spread, left=mean - spread, height=0.62, color=RAISES, alpha=0.22, linewidth=0)
    lanes = 0.11 * (3 * np.arange(len(table)) % _LANES - (_LANES - 1) / 2)
    places = rows + (lanes[:, None] if several else 0) + np.zeros_like(table)
    ax.scatter(table, places, s=16, facecolor="white", edgecolor=RAISES, linewidth=1.1, zorder=3)
    for row in rows:
        text = f"{spread[row]:.2f}" if several else f"{table[0, row]:+z.2f}".replace("-", "−")
        write_beside(ax, text, (1, float(row)), (4, 0), ha="left", xycoords=("axes fraction", "data"))
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(rows, [one_line(field) for field in fields], **PLAIN)
    ax.set_ylim(len(fields) - 0.5, -0.5)
    ax.set_xlim(-reach, reach)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", color=LINE, linewidth=0.8)
    number = "spread" if several else "push"
    write_label(ax, f"← lowers the score · push · raises it →\nat the right: the {number}", title)
    return ax
