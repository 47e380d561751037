"""How weights move while a model is trained."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import LINE, LINES, MUTED, PLAIN, make_axes, move_apart, one_line, write_beside, write_label


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
