"""Weights against the size of attributions: do two explanations put fields in the same order?"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .style import LINE, MUTED, PLAIN, WEIGHT, as_array, as_table, make_axes, one_line, write_label, written

MARKERS = ("o", "s", "^", "D", "P", "v")


def agreement_scatter(
    weights: ArrayLike,
    attributions: ArrayLike,
    fields: Sequence[str],
    *,
    tau: Sequence[float] | None = None,
    legend: bool = True,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """A point a field of each case: its attention weight to the right, the size of its attribution upwards.

    The points of all cases lie in one picture, whereas tau is computed within each case and then averaged:
    a cloud may look like nothing while tau is high, and the other way round.

    Args:
        weights: (field,) or (batch, field), in [0, 1].
        attributions: Of the same shape, in logits; the picture drops their sign.
        fields: The fields' names, in the order of the columns; at most 6, a shape each.
        tau: Mean, low, high and the number of undefined cases, as `bootstrap_interval` returns them; written
            below the axis.
        legend: Say which shape is which field; one of several pictures side by side may do.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If the tables differ in shape, do not fit the fields or are not finite, or there are more
            than 6 fields.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = agreement_scatter([[0.7, 0.3]], [[-1.2, 0.1]], ["tags", "price"], tau=(1.0, 1.0, 1.0, 0))
        >>> [points.get_offsets().tolist() for points in ax.collections]
        [[[0.7, 1.2]], [[0.3, 0.1]]]
        >>> plt.close(ax.figure)

    Taught in "Does agreement prove anything?"
    """
    across, up = _checked(weights, attributions, fields)
    ax = make_axes(ax, (3.6, 3.2))
    for place, field in enumerate(fields):
        ax.scatter(across[:, place], up[:, place], s=18, marker=MARKERS[place], color=WEIGHT, alpha=0.45,
                   linewidths=0, label=one_line(field))  # fmt: skip
    ax.set_xlim(0, across.max() * 1.05 or 1)
    ax.set_ylim(0, up.max() * 1.08 or 1)
    ax.grid(color=LINE, linewidth=0.8)
    write_label(ax, "attention weight" + ("" if tau is None else _reading(tau)), title)
    ax.set_ylabel("|attribution|, in logits", **PLAIN | {"color": MUTED})
    if legend:
        for name in ax.legend(fontsize=8, frameon=False, handletextpad=0.2).get_texts():
            name.set(**PLAIN)
    return ax


def _reading(tau: Sequence[float]) -> str:
    if len(as_array(tau, "tau").reshape(-1)) != 4 or np.isnan(tau[3]):
        raise ValueError(
            f"tau must be (mean, low, high, undefined), as bootstrap_interval gives it, got {tau}"
        )
    mean, low, high, undefined = tau
    if np.isnan(mean):
        return f"\ntau undefined in all {undefined:,} cases"
    numbers = [written(value) for value in (mean, low, high)]
    return "\ntau {} [{} to {}]".format(*numbers) + (f", undefined in {undefined:,}" if undefined else "")


def _checked(
    weights: ArrayLike, attributions: ArrayLike, fields: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    across = as_table("weights", weights, "fields", fields)
    up = np.abs(as_table("attributions", attributions, "fields", fields))
    if across.shape != up.shape:
        raise ValueError(f"weights and attributions must have one shape, got {across.shape} and {up.shape}")
    if len(fields) > len(MARKERS):
        raise ValueError(f"fields must be at most {len(MARKERS)}, a shape each, got {len(fields)}")
    return across, up
