"""Static pictures of weights and attributions: arrays in, matplotlib Axes out.

Every function draws on `ax`, or on a new white figure when there is none, and returns the Axes.
Arrays may be tensors, NumPy arrays or lists.
Names (of fields, rows, columns, titles) are drawn as plain text: a `$` starts no formula.
Colours are safe for colour-blind readers; purple, blue and orange are those of the explorers.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .plot_style import (
    INK,
    LINE,
    LINES,
    LOWERS,
    MUTED,
    PLAIN,
    RAISES,
    SEQUENTIAL,
    WEIGHT,
    as_table,
    make_axes,
    move_apart,
    one_line,
    write_beside,
    write_label,
)

_MOST_ANNOTATED = 400  # cells


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
        ValueError: If the weights are not finite, or do not fit the fields.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = field_weights([[0.6, 0.4], [0.8, 0.2]], ["reviews", "price"])
        >>> [round(float(bar.get_width()), 2) for bar in ax.patches]
        [0.7, 0.3]
        >>> plt.close(ax.figure)

    Taught in chapter 1.
    """
    table = as_table("weights", weights, "fields", fields)
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

    Taught in chapter 11.
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
        ValueError: If the weights are not finite or below 0, or do not fit the names.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = attention_heatmap([[0.9, 0.1], [0.4, 0.6]], ["head 1", "head 2"], ["reviews", "price"])
        >>> [text.get_text() for text in ax.texts]
        ['0.90', '0.10', '0.40', '0.60']
        >>> plt.close(ax.figure)

    Taught in chapter 14.
    """
    table = as_table("weights", weights, "columns", columns)
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
    slanted = {"rotation": 35, "ha": "left", "rotation_mode": "anchor"} if max(map(len, names)) > 7 else {}
    ax.set_xticks(np.arange(len(names)) + 0.5, names, **PLAIN, **slanted)
    ax.set_yticks(np.arange(len(rows)) + 0.5, [one_line(row) for row in rows], **PLAIN)
    ax.spines[:].set_visible(False)
    write_label(ax, "", title)
    return ax


def weight_trajectory(frame: pd.DataFrame, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """How each field's mean weight moves while the model is trained: a line a field, named at its right end.

    Args:
        frame: A column "step" and one column a field, as `read_weights` returns it.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If there is no column "step", no field, or no row.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> frame = pd.DataFrame({"step": [0, 20, 40], "reviews": [0.5, 0.6, 0.8], "price": [0.5, 0.4, 0.2]})
        >>> ax = weight_trajectory(frame)
        >>> [text.get_text() for text in ax.texts]
        ['price 0.20', 'reviews 0.80']
        >>> plt.close(ax.figure)

    Taught in chapter 7.
    """
    fields = [column for column in frame.columns if column != "step"]
    if "step" not in frame.columns or not fields or frame.empty:
        raise ValueError(f"frame must have rows, a column 'step' and one a field, got {frame.shape} {fields}")
    ax = make_axes(ax, (7.2, 3.8))
    order = frame[fields].iloc[-1].argsort()
    for place, field in enumerate(fields):
        style = "-" if place < len(LINES) else "--"
        ax.plot(frame["step"], frame[field], style, color=LINES[place % len(LINES)], linewidth=2.2)
    ax.set_ylim(0, frame[fields].max().max() * 1.08)
    ax.margins(x=0)
    ax.grid(axis="y", color=LINE, linewidth=0.8)
    _name_lines(ax, [ax.lines[place] for place in order], [fields[place] for place in order])
    write_label(ax, "training step", title)
    ax.set_ylabel("mean attention weight", **PLAIN | {"color": MUTED})
    return ax


def _name_lines(ax: Axes, lines: list, names: list[str]) -> None:
    """Names at the right ends of lines that are sorted by their last value, moved apart where they touch."""
    ends = np.array([line.get_ydata()[-1] for line in lines], dtype=float)
    inches = ax.get_position().height * ax.figure.get_figheight()
    gap = np.ptp(ax.get_ylim()) * 14 / 72 / inches  # 14 points
    step = lines[0].get_xdata()[-1]
    for line, name, end, place in zip(lines, names, ends, move_apart(ends, gap), strict=True):
        color = line.get_color()
        ax.plot([step], [end], "o", color=color, markersize=5, clip_on=False)
        arrow = {"arrowstyle": "-", "color": color, "linewidth": 1, "shrinkA": 1, "shrinkB": 3}
        text, offset = f"{one_line(name)} {end:.2f}", (18, (place - end) / gap * 14)
        write_beside(ax, text, (step, end), offset, arrowprops=arrow, annotation_clip=False)


def _bars(
    ax: Axes, table: np.ndarray, fields: Sequence[str], *, middle: float, colors: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bar a column for its mean; for several rows a line over the middle ones. Mean, left and right end."""
    if not 0 <= middle <= 1:
        raise ValueError(f"middle must be a share in [0, 1], got {middle}")
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
    text = format(value, form).replace("-", "−").replace("+0.00", "0.00")
    return f"mean {text}" if len(table) > 1 else text


def _legend(table: np.ndarray, middle: float) -> str:
    return f"\nbar: mean of {len(table):,}, line: middle {middle:.0%}" if len(table) > 1 else ""
