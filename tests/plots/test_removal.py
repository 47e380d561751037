"""Deletion curves, drawn."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.text import Text

from attnviz.plots import removal_curves

mpl.use("Agg")

CURVES = [[0.9, 0.9, 0.0, 0.2], [0.9, 0.7, 0.4, 0.2], [0.9, 0.0, 0.0, 0.2]]
NAMES = ["by weight", "random", "best possible"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("kind", [list, np.array, lambda x: torch.tensor(x, requires_grad=True)])
def test_a_line_an_order(kind):
    """Each line has its curve's heights over 0, 1, 2, 3 removed, in its own colour and marker."""
    ax = removal_curves(kind(CURVES), NAMES, elements="sentences", label="logit of the verdict")
    for line, curve in zip(ax.lines, CURVES, strict=False):
        np.testing.assert_allclose(line.get_xdata(), [0, 1, 2, 3])
        np.testing.assert_allclose(line.get_ydata(), curve, rtol=1e-6)
    assert len({(line.get_color(), line.get_marker()) for line in ax.lines[:3]}) == 3
    assert ax.get_xlabel() == "sentences removed"
    assert ax.get_ylabel() == "logit of the verdict"


def test_names_stand_in_the_order_of_the_curves():
    """All curves end at one point; the lowest curve has the lowest name, none covers another."""
    ax = removal_curves(CURVES, NAMES)
    ax.figure.canvas.draw()
    boxes = {text.get_text(): Text.get_window_extent(text) for text in ax.texts}
    names = sorted(boxes, key=lambda name: boxes[name].y0)
    assert names == ["▲ best possible", "● by weight", "■ random"]
    assert [line.get_marker() for line in ax.lines[:3]] == ["o", "s", "^"]
    for lower, upper in zip(names, names[1:], strict=False):
        assert boxes[lower].y1 <= boxes[upper].y0 + 1
    for place, name in enumerate(NAMES):
        [text] = [text for text in ax.texts if text.get_text()[2:] == name]
        assert text.arrow_patch.get_edgecolor() == mpl.colors.to_rgba(ax.lines[place].get_color())


def test_intervals_are_bands():
    """The band of each order reaches from its low to its high."""
    low, high = np.array(CURVES) - 0.1, np.array(CURVES) + 0.2
    ax = removal_curves(CURVES, NAMES, low=low, high=high)
    for band, bottom, top in zip(ax.collections, low, high, strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        np.testing.assert_allclose([heights.min(), heights.max()], [bottom.min(), top.max()])


def test_a_given_ax_is_used():
    """The picture goes where it was asked for, with its title."""
    _, ax = plt.subplots()
    assert removal_curves(CURVES, NAMES, ax=ax, title="Ann, scarf") is ax
    assert ax.get_title(loc="left") == "Ann, scarf"


def test_names_are_plain_text():
    """A dollar starts no formula, and a long name is cut."""
    ax = removal_curves(CURVES[:2], ["$\\frac{$", "x" * 500])
    ax.figure.canvas.draw()
    assert max(len(text.get_text()) for text in ax.texts) <= 42


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": NAMES[:2]}, "curves must have a column for each of 2 names"),
        ({"curves": [[0.9, float("nan")]] * 3}, "curves must be finite"),
        ({"low": CURVES}, r"low and high must both be \(3, 4\) like curves"),
        ({"low": [[0.0]], "high": [[1.0]]}, r"low and high must both be \(3, 4\)"),
        ({"low": np.array(CURVES) + 1, "high": CURVES}, "low <= high"),
    ],
)
def test_errors(changes, message):
    """The message names the argument and what was expected."""
    with pytest.raises(ValueError, match=message):
        removal_curves(**{"curves": CURVES, "names": NAMES} | changes)
