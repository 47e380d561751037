"""The picture of a review's words: lines for people, shades for a method, frames for its highest."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch, Rectangle

from attnviz import plots

mpl.use("Agg")

WORDS = ["The", "scarf", "is", "soft", "and", "warm."]
MARKS = [[0, 0, 0, 1, 0, 1], [0, 0, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0]]
SCORES = [0.1, 0.4, -0.2, 0.4, 0.0, 0.2]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def at_words(ax, patches):
    """The word at whose left end each patch begins."""
    lefts = [text.get_position()[0] for text in ax.texts]
    return [WORDS[int(np.argmin([abs(patch.get_x() - left) for left in lefts]))] for patch in patches]


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_lines_shades_and_frames_stand_at_their_words(kind):
    """A line a marked word, as thick as its share of the people; shades above 0; frames for the first two."""
    ax = plots.word_marks(WORDS, kind(MARKS), kind(SCORES), count=2)
    lines = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert at_words(ax, lines) == ["scarf", "soft", "warm."]
    heights = [line.get_height() for line in lines]
    np.testing.assert_allclose(np.divide(heights, max(heights)), [1 / 3, 1, 1 / 3])
    shades = [box for box in boxes if box.get_fill()]
    assert at_words(ax, shades) == ["The", "scarf", "soft", "warm."]
    np.testing.assert_allclose([box.get_alpha() for box in shades], np.multiply(0.5, [0.25, 1, 1, 0.5]))
    assert at_words(ax, [box for box in boxes if not box.get_fill()]) == ["scarf", "soft"]


def test_words_stay_in_order_and_inside():
    """A long text breaks into lines; no word sticks out or covers the next one, as it is drawn."""
    words = WORDS * 12
    ax = plots.word_marks(words, np.zeros((1, len(words))), np.zeros(len(words)), title="Long")
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    frame = ax.get_window_extent()
    assert max(box.x1 for box in boxes) <= frame.x1 + 1
    assert min(box.y0 for box in boxes) >= frame.y0 - 1
    for one, other in zip(boxes, boxes[1:], strict=False):
        assert other.x0 > one.x1 or other.y1 < one.y0 + 1
    assert len({round(box.x0) for box in boxes if box.x0 < frame.x0 + 5}) == 1


def test_words_are_plain_text():
    """A dollar starts no formula, a line break no second line."""
    ax = plots.word_marks(["$x", "a\nb", r"$\frac{$"], np.ones((2, 3)), np.ones(3), count=3)
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["$x", "a b", r"$\frac{$"]


def test_it_draws_on_given_axes():
    """The text is set to the width of the Axes that are given."""
    _, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
    ax = plots.word_marks(WORDS * 3, np.zeros((1, 18)), np.zeros(18), ax=axes[1])
    assert ax is axes[1]
    ax.figure.canvas.draw()
    assert max(text.get_window_extent().x1 for text in ax.texts) <= ax.get_window_extent().x1 + 1


@pytest.mark.parametrize(
    ("marks", "scores", "message"),
    [
        (np.zeros((2, 5)), SCORES, "marks must have a column for each of 6 words"),
        (MARKS, SCORES[:5], "scores must have a column for each of 6 words"),
        (MARKS, [np.nan] * 6, "scores must be finite"),
    ],
)
def test_it_says_what_does_not_fit(marks, scores, message):
    """The error names the argument and what came."""
    with pytest.raises(ValueError, match=message):
        plots.word_marks(WORDS, marks, scores)
