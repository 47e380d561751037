"""The table of checks: a dark cell for each failure, and nothing else."""

import warnings

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from attnviz import plots

mpl.use("Agg")

CHECKS = ["sums to 1", "finite", "alone"]
NAMES = ["none", "1"]
HOLDS = [[True, False], [True, True], [True, False]]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_a_dark_cell_with_a_cross_where_a_check_fails(kind):
    """Two of six checks fail: two cells, each under its column's name and beside its row's."""
    ax = plots.check_table(kind(HOLDS), CHECKS, NAMES)
    cells = [(bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height() / 2) for bar in ax.patches]
    np.testing.assert_allclose(cells, [(1, 0), (1, 2)])
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [("✗", (1, 0)), ("✗", (1, 2))]
    assert [label.get_text() for label in ax.get_yticklabels()] == CHECKS
    assert [label.get_text() for label in ax.get_xticklabels()] == NAMES
    assert ax.yaxis_inverted()  # the first row on top


def test_the_font_has_the_cross():
    """A missing letter would be drawn as a box, with a warning."""
    ax = plots.check_table(HOLDS, CHECKS, NAMES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.canvas.draw()


def test_names_are_plain_text():
    """A name with a dollar or a line break starts no formula and no second line."""
    ax = plots.check_table(HOLDS, ["$x", "a\nb", r"$\frac{$"], ["<b>", "$$"], title="$t")
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$x", "a b", r"$\frac{$"]


@pytest.mark.parametrize(
    ("holds", "message"),
    [
        (HOLDS[:2], "holds must be 3 rows of True or False, got 2"),
        ([[0.5, 1], [1, 1], [1, 1]], "holds must be 3 rows of True or False"),
        ([[True]] * 3, "holds must have a column for each of 2 columns"),
    ],
)
def test_it_says_what_does_not_fit(holds, message):
    """The error names the argument and what came."""
    with pytest.raises(ValueError, match=message):
        plots.check_table(holds, CHECKS, NAMES)
