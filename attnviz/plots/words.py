"""A review's words: who marked them, and how high a method scores them."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.textpath import text_to_path
from numpy.typing import ArrayLike

from .style import INK, LOWERS, PLAIN, WEIGHT, as_table, make_axes, one_line, write_label

_FONT = FontProperties(size=11)
_LINE, _PAD, _SPACE = 25, 2.5, 5  # points: height of a line, around a word, between words
_STRONGEST = 0.5  # of the shade under the highest score, so that the word on it can be read


def word_marks(
    words: Sequence[str],
    marks: ArrayLike,
    scores: ArrayLike,
    *,
    count: int = 0,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """A text whose words are underlined as people marked them, and shaded as a method scores them.

    The underline is the thicker, the more people marked the word. The shade is the score as a share of the
    highest one; a score below 0 has none. The words with the highest scores get a frame.

    Args:
        words: The words, in their order; they are set in lines as wide as the Axes.
        marks: (annotator, word), bool.
        scores: (word,), the highest first.
        count: How many words get a frame; of equal scores the word that comes first.
        ax: Where to draw; None makes a figure as high as the text.
        title: A title.

    Returns:
        The Axes.

    Raises:
        ValueError: If marks or scores do not fit the words, or count is no whole number of at least 0.

    Example:
        >>> from matplotlib import pyplot as plt
        >>> ax = word_marks(["soft", "and", "warm"], [[1, 0, 1], [1, 0, 0]], [0.6, 0.1, 0.3], count=1)
        >>> [text.get_text() for text in ax.texts]
        ['soft', 'and', 'warm']
        >>> plt.close(ax.figure)

    Taught in "Would people agree?"
    """
    if not isinstance(count, Integral) or count < 0:
        raise ValueError(f"count must be a whole number of at least 0, got {count!r}")
    votes = as_table("marks", marks, "words", words).mean(0)  # (word,), shares of the people
    values = as_table("scores", scores, "words", words)[0]
    shades = values.clip(0) / values.max() if values.max() > 0 else 0 * values
    framed = np.argsort(np.argsort(-values, kind="stable"), kind="stable") < count
    texts = [one_line(word) for word in words]
    own = ax is None
    ax = make_axes(ax, (7.2, 1))
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    note = "line: marked by people, thicker for more; shade: the method's score; frame: its highest"
    write_label(ax, note, title)
    ax.figure.figure.draw_without_rendering()  # settles how wide the axes are
    width = ax.get_window_extent().width * 72 / ax.figure.dpi  # points
    places = _set_in_lines(texts, width)
    height = _LINE * (1 + max(line for _, line, _ in places))
    if own:
        ax.figure.figure.set_figheight((height + 30 + 25 * (title is not None)) / 72)
    ax.set(xlim=(0, width), ylim=(height, 0))
    for text, (left, line, wide), vote, shade, frame in zip(
        texts, places, votes, shades, framed, strict=True
    ):
        _draw(ax, text, (left, line * _LINE, wide), vote=vote, shade=shade, frame=frame)
    return ax


def _set_in_lines(texts: Sequence[str], width: float) -> list[tuple[float, int, float]]:
    """Left end, line and width of each word, in points."""
    places, left, line = [], 0.0, 0
    for text in texts:
        wide = text_to_path.get_text_width_height_descent(text, _FONT, ismath=False)[0] + 2 * _PAD
        if left and left + wide > width:
            left, line = 0.0, line + 1
        places.append((left, line, wide))
        left += wide + _SPACE - _PAD
    return places


def _draw(
    ax: Axes, text: str, place: tuple[float, float, float], *, vote: float, shade: float, frame: bool
) -> None:
    left, top, wide = place
    box: dict[str, Any] = dict(boxstyle="round,pad=0,rounding_size=2", mutation_aspect=1)
    if shade > 0:
        ax.add_patch(
            FancyBboxPatch((left, top + 2), wide, 16, facecolor=WEIGHT, alpha=_STRONGEST * shade, lw=0, **box)
        )
    if frame:
        ax.add_patch(FancyBboxPatch((left, top + 2), wide, 16, fill=False, edgecolor=INK, lw=1.2, **box))
    if vote > 0:
        ax.add_patch(Rectangle((left, top + 19.5), wide, 4 * vote, facecolor=LOWERS, lw=0))
    ax.text(left + _PAD, top + 14, text, fontproperties=_FONT, va="baseline", **PLAIN)
