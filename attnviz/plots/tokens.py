"""All heads of a language model in one picture: layers x heads, each a small table of weights."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .style import INK, PLAIN, SEQUENTIAL, as_array, check_shares, make_axes, write_label

_GAP = 0.08  # between heads, in heads


def head_grid(
    weights: ArrayLike,
    *,
    chosen: tuple[int, int] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """One small picture a head, one row a layer: in each a row looks, and a column is looked at.

    The shade is the square root of the weight, from white at 0 to the darkest at 1, so that small weights
    show. A diagonal looks at itself or its neighbours, an upright line is a token that all look at.

    Args:
        weights: (layer, head, query, key), from 0 to 1.
        chosen: Layer and head, as indices, that get a frame.
        ax: Where to draw; None makes a figure.
        title: A title.

    Returns:
        The Axes; a head is one unit wide and high. Layers and heads are counted from 1.

    Raises:
        ValueError: If the weights are not finite, not from 0 to 1 or of another shape, or there is no such
            head.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = head_grid([[[[1.0, 0.0], [0.5, 0.5]], [[1.0, 0.0], [1.0, 0.0]]]], chosen=(0, 1))
        >>> len(ax.images)
        2
        >>> plt.close(ax.figure)

    Taught in "Which word, in BERT?"
    """
    table = as_array(weights, "weights")
    _check(table)
    layers, heads = table.shape[:2]
    ax = make_axes(ax, (0.9 + 0.56 * heads, 0.8 + 0.56 * layers))
    half = (1 - _GAP) / 2
    for (layer, head), _ in np.ndenumerate(table[:, :, 0, 0]):
        place = (head - half, head + half, layer + half, layer - half)
        ax.imshow(
            np.sqrt(table[layer, head].clip(0)), cmap=SEQUENTIAL, vmin=0, vmax=1, extent=place, aspect="auto"
        )
    if chosen is not None:
        if tuple(chosen) not in np.ndindex(layers, heads):
            raise ValueError(f"chosen must be a layer of {layers} and a head of {heads}, got {chosen!r}")
        corner = (chosen[1] - 0.5, chosen[0] - 0.5)
        ax.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=1.8))
    ax.set_xlim(-0.5, heads - 0.5)
    ax.set_ylim(layers - 0.5, -0.5)
    ax.set_aspect("equal")
    ax.xaxis.tick_top()
    ax.set_xticks(range(heads), [str(head + 1) for head in range(heads)], **PLAIN)
    ax.set_yticks(range(layers), [f"layer {layer + 1}" for layer in range(layers)], **PLAIN)
    ax.spines[:].set_visible(False)
    write_label(ax, "one column a head; in a head a row looks, a column is looked at", title)
    return ax


def _check(weights: np.ndarray) -> None:
    if weights.ndim != 4 or weights.shape[2] != weights.shape[3] or not weights.size:
        raise ValueError(f"weights must be (layer, head, token, token), got {weights.shape}")
    if not np.isfinite(weights).all():
        raise ValueError(f"weights must be finite, got {int((~np.isfinite(weights)).sum())} that are not")
    check_shares("weights", weights)
