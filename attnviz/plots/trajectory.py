"""How weights move while a model is trained."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import LINE, LINES, MUTED, PLAIN, make_axes, name_lines, one_line, write_label


def weight_trajectory(frame: pd.DataFrame, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """How each field's mean weight moves while the model is trained: a line a field, named at its right end.

    Args:
        frame: A column "step" and one column a field, as `read_weights` returns it.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If there is no column "step", no field, no row, or what is no finite number.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> frame = pd.DataFrame({"step": [0, 20, 40], "reviews": [0.5, 0.6, 0.8], "price": [0.5, 0.4, 0.2]})
        >>> ax = weight_trajectory(frame)
        >>> [text.get_text() for text in ax.texts]
        ['price 0.20', 'reviews 0.80']
        >>> plt.close(ax.figure)

    Taught in "How do weights move?"
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"frame must be a DataFrame, as read_weights gives it, got {type(frame).__name__}")
    fields = [column for column in frame.columns if column != "step"]
    if "step" not in frame.columns or not fields or frame.empty:
        raise ValueError(f"frame must have rows, a column 'step' and one a field, got {frame.shape} {fields}")
    numeric = all(pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes)
    if not numeric or not np.isfinite(frame.to_numpy(dtype=float)).all():
        raise ValueError("frame must hold finite numbers only, as read_weights gives them")
    ax = make_axes(ax, (7.2, 3.8))
    last = frame[fields].iloc[-1]
    order = last.argsort()
    for place, field in enumerate(fields):
        style = "-" if place < len(LINES) else "--"
        ax.plot(frame["step"], frame[field], style, color=LINES[place % len(LINES)], linewidth=2.2)
    ax.set_ylim(0, frame[fields].max().max() * 1.08)
    ax.margins(x=0)
    ax.grid(axis="y", color=LINE, linewidth=0.8)
    texts = [f"{one_line(fields[place])} {last.iloc[place]:.2f}" for place in order]
    name_lines(ax, [ax.lines[place] for place in order], texts)
    write_label(ax, "training step", title)
    ax.set_ylabel("mean attention weight", **PLAIN | {"color": MUTED})
    return ax
