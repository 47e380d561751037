"""A bar a field: its attention weight, or its attribution."""

from collections.abc import Sequence
from numbers import Real

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .style import (
    INK,
    LINE,
    LOWERS,
    PLAIN,
    RAISES,
    WEIGHT,
    as_table,
    check_shares,
    make_axes,
    one_line,
    write_beside,
    write_label,
    written,
)


def field_weights(
    weights: ArrayLike,
    fields: Sequence[str],
    *,
    ax: Axes | None = None,
    middle: float = 0.8,
    title: str | None = None,
) -> Axes:
    """A bar a field: its attention weight, or the mean over products with the range of the middle ones.

    A dotted line shows the weight that each field would have if all were looked at alike.

    Args:
        weights: (field,) or (batch, field), in [0, 1].
        fields: The fields' names, in the order of the weights.
        ax: Where to draw; None makes a figure.
        middle: Share of the products between the ends of the thin line, for (batch, field).
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If the weights are not finite, not in [0, 1], or do not fit the fields.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = field_weights([[0.6, 0.4], [0.8, 0.2]], ["reviews", "price"])
        >>> [round(float(bar.get_width()), 2) for bar in ax.patches]
        [0.7, 0.3]
        >>> plt.close(ax.figure)

    Taught in "Can we say 'because of the reviews'?"
    """
    table = as_table("weights", weights, "fields", fields)
    check_shares("weights", table)
    ax = make_axes(ax, (6.4, 0.8 + 0.42 * len(fields)))
    mean, _, high = _bars(ax, table, fields, middle=middle, colors=[WEIGHT] * len(fields))
    for row, value in enumerate(mean):
        write_beside(ax, _number(value, table, "z.2f"), (high[row], row), (6, 0), ha="left")
    ax.axvline(1 / len(fields), color=INK, linewidth=1.2, linestyle=":", zorder=0)
    ax.set_xlim(0, max(high.max() * 1.15, 1.3 / len(fields)))
    write_label(ax, "attention weight (dotted: all alike)" + _legend(table, middle), title)
    return ax


def attribution_bars(
    attributions: ArrayLike,
    fields: Sequence[str],
    *,
    ax: Axes | None = None,
    middle: float = 0.8,
    title: str | None = None,
) -> Axes:
    """A bar a field to the right when it raised the score, to the left when it lowered it.

    Args:
        attributions: (field,), or (batch, field) for the mean with the range of the middle products.
        fields: The fields' names, in the order of the attributions.
        ax: Where to draw; None makes a figure.
        middle: Share of the products between the ends of the thin line, for (batch, field).
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If the attributions are not finite, or do not fit the fields.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = attribution_bars([0.5, -1.25], ["reviews", "price"])
        >>> [round(float(bar.get_width()), 2) for bar in ax.patches]
        [0.5, -1.25]
        >>> plt.close(ax.figure)

    Taught in "How is a score shared?"
    """
    table = as_table("attributions", attributions, "fields", fields)
    ax = make_axes(ax, (6.4, 0.8 + 0.42 * len(fields)))
    colors = [RAISES if value >= 0 else LOWERS for value in table.mean(0)]
    mean, low, high = _bars(ax, table, fields, middle=middle, colors=colors)
    for row, value in enumerate(mean):
        end, offset, side = (high[row], 6, "left") if value >= 0 else (low[row], -6, "right")
        write_beside(ax, _number(value, table, "+z.2f"), (end, row), (offset, 0), ha=side)
    ax.axvline(0, color=INK, linewidth=1)
    reach = max(-low.min(), high.max(), 1e-9) * (1.6 if len(table) > 1 else 1.3)
    ax.set_xlim(-reach, reach)
    ax.spines["left"].set_visible(False)
    write_label(ax, "← lowers the score · attribution · raises it →" + _legend(table, middle), title)
    return ax


def _bars(
    ax: Axes, table: np.ndarray, fields: Sequence[str], *, middle: float, colors: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bar a column for its mean; for several rows a line over the middle ones. Mean, left and right end."""
    if not isinstance(middle, Real) or not 0 <= middle <= 1:
        raise ValueError(f"middle must be a share in [0, 1], got {middle!r}")
    places, mean = range(len(fields)), table.mean(0)
    ax.barh(places, mean, height=0.62, color=colors)
    low, high = np.quantile(table, [0.5 - middle / 2, 0.5 + middle / 2], axis=0)
    if len(table) > 1:
        ax.hlines(places, low, high, color=INK, linewidth=1.2)
    ax.set_yticks(places, [one_line(field) for field in fields], **PLAIN)
    ax.set_ylim(len(fields) - 0.5, -0.5)
    ax.grid(axis="x", color=LINE, linewidth=0.8)
    return mean, np.minimum(np.minimum(low, mean), 0), np.maximum(np.maximum(high, mean), 0)


def _number(value: float, table: np.ndarray, form: str) -> str:
    text = written(value, form)
    return f"mean {text}" if len(table) > 1 else text


def _legend(table: np.ndarray, middle: float) -> str:
    return f"\nbar: mean of {len(table):,}, line: middle {middle:.0%}" if len(table) > 1 else ""
