"""The picture of heads by fields: circles as large as weights, discs as large as what is handed on."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from attnviz import plots

mpl.use("Agg")

FIELDS = ["tags", "reviews", "price"]
WEIGHTS = [[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]]
NORMS = [[4.0, 2.0, 0.4], [1.0, 2.0, 0.0]]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_areas_are_weights_and_weights_times_lengths(kind):
    """By hand: the longest value is 4; the last row is the mean of the heads."""
    ax = plots.head_circles(kind(WEIGHTS), kind(NORMS), FIELDS)
    areas = np.array([patch.radius**2 for patch in ax.patches]).reshape(3, 3, 2) / 0.47**2
    np.testing.assert_allclose(areas[:2, :, 1], WEIGHTS)
    np.testing.assert_allclose(areas[:2, :, 0], [[0.1, 0.1, 0.07], [0.125, 0.125, 0.0]])
    np.testing.assert_allclose(areas[2], areas[:2].mean(0))
    centers = [patch.center for patch in ax.patches]
    want = [(column, 1.25 * row) for row in range(3) for column in range(3)]
    assert centers[::2] == centers[1::2] == want


def test_values_of_length_zero_are_empty():
    """No division by zero."""
    ax = plots.head_circles([[0.5, 0.5]], [[0.0, 0.0]], ["a", "b"])
    assert [patch.radius for patch in ax.patches[::2]] == [0] * 4


def test_names_are_plain_text():
    """A dollar sign in a name or a title starts no formula."""
    ax = plots.head_circles([[0.5, 0.5]], [[1, 1]], ["$x", r"$\frac{$"], head_names=["$h"], title="$$")
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$h", "mean"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [[1.0, 2.0]]}, "weights must have a column for each of 3"),
        ({"weights": [[1.0, 2.0, 0.0]]}, r"weights must lie in \[0, 1\], got 0 to 2"),
        ({"value_norms": [[1.0, 1.0, 1.0]]}, r"value_norms must be \(2, 3\) of at least 0"),
        ({"value_norms": -np.ones((2, 3))}, "value_norms must be .* from -1"),
        ({"head_names": ["one"]}, "head_names must name each of 2 heads, got 1"),
    ],
)
def test_it_says_what_does_not_fit(change, message):
    """The error names the argument."""
    with pytest.raises(ValueError, match=message):
        plots.head_circles(**{"weights": WEIGHTS, "value_norms": NORMS, "fields": FIELDS} | change)
