"""Looking, not using: circles of heads by fields."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import ArrayLike

from .style import INK, LINE, MUTED, PLAIN, WEIGHT, as_table, make_axes, one_line, write_label

_RADIUS = 0.47  # of a circle with weight 1, in a cell as wide as 1
_STEP = 1.25  # from row to row, with room for the numbers


def head_circles(
    weights: ArrayLike,
    value_norms: ArrayLike,
    fields: Sequence[str],
    *,
    head_names: Sequence[str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Heads by fields: the area of an outline is the weight, the area of its disc weight × value norm.

    The longest value has length 1, so that the filled share of a circle is the length of its value, and a
    wide, nearly empty circle is a field that a head looks at and does not use. The last row is the mean.

    Args:
        weights: (head, field), from 0 to 1; a circle with weight 1 is as wide as its cell.
        value_norms: (head, field), at least 0, lengths of the values that the heads hand on.
        fields: The fields' names.
        head_names: The heads' names; None counts from 1.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes. Beneath a circle stand weight · weight × length.

    Raises:
        ValueError: If the numbers are not finite or in their range, or do not fit the names.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = head_circles([[0.2, 0.8]], [[4.0, 0.5]], ["reviews", "category"])
        >>> [text.get_text() for text in ax.texts][:2]
        ['0.20 · 0.20', '0.80 · 0.10']
        >>> plt.close(ax.figure)

    Paper: Kobayashi et al. (2020) for weight × norm. Taught in "What do heads add?"
    """
    looks, norms = (
        as_table(name, table, "fields", fields)
        for name, table in {"weights": weights, "value_norms": value_norms}.items()
    )
    names = list(head_names or [f"head {head + 1}" for head in range(len(looks))])
    _check(looks, norms, names)
    handed_on = looks * norms / (norms.max() or 1.0)
    looks, handed_on = (np.vstack([table, table.mean(0)]) for table in (looks, handed_on))
    ax = make_axes(ax, (1.2 + 0.9 * len(fields), 1.1 + 1.1 * len(looks)))
    for (row, column), weight in np.ndenumerate(looks):
        for area, filled in [(handed_on[row, column], True), (weight, False)]:
            size = _RADIUS * np.sqrt(area)
            ax.add_patch(Circle((column, _STEP * row), size, linewidth=0 if filled else 1.3,
                                edgecolor=INK, facecolor=WEIGHT if filled else "none"))  # fmt: skip
        pair = f"{weight:.2f} · {handed_on[row, column]:.2f}"
        ax.text(
            column, _STEP * row + 0.59, pair, ha="center", va="center", fontsize=8, **PLAIN | {"color": MUTED}
        )
    _name_cells(ax, [*names, "mean"], fields)
    write_label(ax, "outline: weight · disc: weight × length of the value, as areas", title)
    return ax


def _name_cells(ax: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    ax.set_xticks(range(len(columns)), [one_line(name) for name in columns], **PLAIN)
    ax.set_yticks(_STEP * np.arange(len(rows)), [one_line(name) for name in rows], **PLAIN)
    ax.xaxis.tick_top()
    bottom = _STEP * (len(rows) - 1)
    ax.axhline(bottom - 0.53, color=LINE, linewidth=1)
    ax.set_aspect("equal")
    ax.set_xlim(-0.6, len(columns) - 0.4)
    ax.set_ylim(bottom + 0.72, -0.55)
    ax.spines[:].set_visible(False)


def _check(weights: np.ndarray, norms: np.ndarray, names: list[str]) -> None:
    if weights.min() < 0 or weights.max() > 1 + 1e-6:
        raise ValueError(f"weights must lie in [0, 1], got {weights.min():.3g} to {weights.max():.3g}")
    if norms.shape != weights.shape or norms.min() < 0:
        raise ValueError(
            f"value_norms must be {weights.shape} of at least 0, like weights, "
            f"got {norms.shape} from {norms.min():.3g}"
        )
    if len(names) != len(weights):
        raise ValueError(f"head_names must name each of {len(weights)} heads, got {len(names)} names")
