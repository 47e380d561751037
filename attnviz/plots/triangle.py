"""Same score, other weights: three fields' weights as a point in a triangle."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .style import INK, PLAIN, RAISES, SEQUENTIAL, WEIGHT, as_table, make_axes, one_line, write_label

CORNERS = np.array([[0.0, 0.0], [0.5, np.sqrt(0.75)], [1.0, 0.0]])  # of the drawing: left, top, right
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # widths of a band of probability
_MOST_BANDS = 9
_BEYOND = 30.0  # a logit that no band ends above


def weight_triangle(
    values: ArrayLike,
    weights: ArrayLike,
    furthest: ArrayLike,
    fields: Sequence[str],
    *,
    free: Sequence[str] = ("tags", "reviews", "price"),
    bias: float = 0.0,
    epsilon: float = 0.01,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """The weights of three fields as a point in a triangle, and the probability everywhere in it.

    A corner is all free weight on that field; the other fields keep their weight.
    The head is linear, so points of equal probability lie on straight lines.
    A circle is the model, a diamond the weights furthest from it; the solid line scores as the model does.

    Args:
        values: (field,), what each field adds per unit of weight, in logit units.
        weights: (field,), the model's, in [0, 1], sum to 1.
        furthest: (field,), other weights, from `adversarial_weights`; frozen fields keep theirs.
        fields: The fields' names, in the order of the weights.
        free: The three fields at the corners: left, top, right.
        bias: The head's bias.
        epsilon: How far the probability was allowed to move; the dashed lines.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes. The darker the shade, the higher the probability.

    Raises:
        ValueError: If an array does not fit the fields, or free is not three of them with some weight.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> fields = ["tags", "reviews", "price"]
        >>> ax = weight_triangle([1.0, 1.0, -1.0], [0.6, 0.2, 0.2], [0.0, 0.8, 0.2], fields)
        >>> [text.get_text() for text in ax.texts[-2:]]
        ['model p 0.65', 'furthest p 0.65']
        >>> plt.close(ax.figure)

    Taught in "Could other weights do?"
    """
    given = {"values": values, "weights": weights, "furthest": furthest}
    value, weight, other = (as_table(name, row, "fields", fields)[0] for name, row in given.items())
    places = _places(free, fields, weight)
    mass = weight[places].sum()
    frozen = bias + np.delete(weight * value, places).sum()
    corners = frozen + mass * value[places]  # logits of the three corners
    ax = make_axes(ax, (5.6, 4.9))
    step = _shade(ax, corners)
    own = bias + weight @ value
    for probability, style in _lines(_sigmoid(own), epsilon):
        _draw_line(ax, corners, _logit(probability), style)
    _name_corners(ax, [fields[place] for place in places], corners)
    model_is_above = weight[places[1]] >= other[places[1]]
    for name, shares, above in (
        ("model", weight, model_is_above),
        ("furthest", other, not model_is_above),
    ):
        _mark(ax, name, shares[places] / mass, _sigmoid(bias + shares @ value), above=above)
    _tidy(ax, f"shade: probability, a step is {step:g}\nsolid: the model's, dashed: ±{epsilon:g}", title)
    return ax


def _places(free: Sequence[str], fields: Sequence[str], weights: np.ndarray) -> list[int]:
    names = list(fields)
    if len(set(free)) != 3 or not set(free) <= set(names):
        raise ValueError(f"free must be three of the fields {names}, got {list(free)}")
    places = [names.index(name) for name in free]
    if not weights[places].sum() > 0:
        raise ValueError(f"weights must leave some weight to {list(free)}, got none")
    return places


def _sigmoid(logit: float) -> float:
    return 1 / (1 + np.exp(-logit))


def _logit(probability: float) -> float:
    """The logit, or one beyond every band where the probability is 0 or 1, or outside."""
    inside = np.clip(probability, _sigmoid(-_BEYOND), _sigmoid(_BEYOND))
    return float(np.log(inside / (1 - inside)))


def _shade(ax: Axes, corners: np.ndarray) -> float:
    """Bands of equal probability with round numbers at their borders; returns their width."""
    low, high = _sigmoid(corners.min()), _sigmoid(corners.max())
    step = next((one for one in _STEPS if (high - low) / one <= _MOST_BANDS - 2), _STEPS[-1])
    first, last = float(np.floor(low / step + 1e-9)), float(np.ceil(high / step - 1e-9))
    edges = step * np.arange(first, max(last, first + 1) + 1)
    colors = SEQUENTIAL(np.linspace(0.06, 0.72, len(edges) - 1))
    levels = [_logit(edge) for edge in edges]
    # The logit is linear, so three points and straight lines between them draw it exactly.
    x, y = CORNERS.T
    ax.tricontourf(x, y, corners, levels=levels, colors=colors)
    ax.plot(*CORNERS[[0, 1, 2, 0]].T, color=INK, linewidth=1)
    return step


def _lines(own: float, epsilon: float) -> list[tuple[float, str]]:
    return [(own - epsilon, "--"), (own, "-"), (own + epsilon, "--")]


def _draw_line(ax: Axes, corners: np.ndarray, logit: float, style: str) -> None:
    """Where the line of one logit crosses the edges of the triangle, from one end to the other."""
    ends = []
    for a, b in pairwise([0, 1, 2, 0]):
        gap = corners[b] - corners[a]
        share = (logit - corners[a]) / gap if abs(gap) > 1e-9 else np.nan
        if 0 <= share <= 1:
            ends.append(CORNERS[a] + share * (CORNERS[b] - CORNERS[a]))
    if ends:
        line = np.array(sorted(map(tuple, ends)))[[0, -1]]
        ax.plot(*line.T, style, color=INK, linewidth=1.6 if style == "-" else 0.9)


def _name_corners(ax: Axes, names: Sequence[str], corners: np.ndarray) -> None:
    for name, (x, y), logit in zip(names, CORNERS, corners, strict=True):
        text = f"{one_line(name)}\np {_sigmoid(logit):.2f}"
        offset, side = ((0, 22), "bottom") if y else ((0, -22), "top")
        ax.annotate(
            text, (x, y), offset, textcoords="offset points", ha="center", va=side, fontweight="bold", **PLAIN
        )


def _mark(ax: Axes, name: str, shares: np.ndarray, probability: float, *, above: bool) -> None:
    """A marker at three shares, with its probability above or below it on white."""
    x, y = shares @ CORNERS
    marker, color = ("o", WEIGHT) if name == "model" else ("D", RAISES)
    ax.plot([x], [y], marker, color=color, markeredgecolor="white", markersize=11, clip_on=False, zorder=3)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.9}
    text, offset = f"{name} p {probability:.2f}", (0, 15 if above else -15)
    place: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "center", "zorder": 4}
    ax.annotate(text, (x, y), offset, fontsize=9, bbox=box, **place, **PLAIN)


def _tidy(ax: Axes, label: str, title: str | None) -> None:
    ax.set_aspect("equal")
    ax.set_xlim(-0.2, 1.2)
    ax.set_ylim(-0.22, 1.1)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    write_label(ax, label, title)
