"""The picture of a shelf's pushes: dots where the pushes are, bands as wide as the spread."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from attnviz import plots

mpl.use("Agg")

FIELDS = ["tags", "reviews", "price"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_a_dot_stands_at_each_push(kind):
    """Each product has a dot in each field's row, at its push; the rows do not mix."""
    pushes = [[0.5, -1.0, 0.0], [-0.5, 2.0, 0.1], [0.0, 0.5, -0.1]]
    ax = plots.push_spread(kind(pushes), FIELDS)
    [dots] = ax.collections
    x, y = np.asarray(dots.get_offsets()).T
    np.testing.assert_allclose(x.reshape(3, 3), pushes)
    np.testing.assert_array_equal(y.round().reshape(3, 3), [[0, 1, 2]] * 3)
    low, high = ax.get_xlim()
    assert low == -high
    assert high > 2


def test_the_band_is_the_mean_and_the_standard_deviation():
    """From mean - spread to mean + spread, with n - 1 as torch has it; the spread stands at the right."""
    pushes = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)).double()
    ax = plots.push_spread(pushes, FIELDS)
    spread = pushes.std(0)
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], 2 * spread)
    np.testing.assert_allclose([bar.get_x() for bar in ax.patches], pushes.mean(0) - spread)
    assert texts(ax) == [f"{value:.2f}" for value in spread]


def test_one_product_has_no_spread():
    """No band; the push itself is written, with its sign, and zero has none."""
    ax = plots.push_spread([0.5, -1.25, 0.0], FIELDS)
    assert not ax.patches
    assert texts(ax) == ["+0.50", "−1.25", "+0.00"]
    assert "the push" in ax.get_xlabel()


def test_names_are_plain_text():
    """A dollar sign in a field's name or a title starts no formula."""
    ax = plots.push_spread([[1.0, 2.0]], ["$x", r"$\frac{$"], title="$$")
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$x", r"$\frac{$"]


@pytest.mark.parametrize(
    ("pushes", "message"),
    [([[1.0, 2.0]], "pushes must have a column for each of 3"), ([[1.0, np.nan, 0.0]], "pushes must be fin")],
)
def test_it_says_what_does_not_fit(pushes, message):
    """The error names the argument."""
    with pytest.raises(ValueError, match=message):
        plots.push_spread(pushes, FIELDS)
