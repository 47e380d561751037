"""The static twin of AgreementExplorer: points where the numbers say, and tau with what is undefined."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from attnviz import plots
from attnviz.metrics import bootstrap_interval, kendall_tau

mpl.use("Agg")

FIELDS = ["tags", "reviews", "price"]
WEIGHTS = [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]]
PUSHES = [[-1.5, 0.2, 0.0], [0.4, -0.6, 0.1]]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def points(ax):
    """(field, case, 2): where the points of each field lie."""
    return np.array([drawn.get_offsets() for drawn in ax.collections])


@pytest.mark.parametrize(
    "kind", [list, np.array, torch.tensor, lambda x: torch.tensor(x, requires_grad=True)]
)
def test_a_point_lies_at_its_weight_and_the_size_of_its_attribution(kind):
    """Across is the weight, up is the attribution without its sign; a field is one collection."""
    ax = plots.agreement_scatter(kind(WEIGHTS), kind(PUSHES), FIELDS)
    np.testing.assert_allclose(points(ax)[:, :, 0], np.transpose(WEIGHTS), rtol=1e-6)
    np.testing.assert_allclose(points(ax)[:, :, 1], np.abs(np.transpose(PUSHES)), rtol=1e-6)
    assert [drawn.get_label() for drawn in ax.collections] == FIELDS


def test_every_point_lies_inside_the_axes():
    """Neither the heaviest weight nor the largest attribution is cut off, and both axes start at 0."""
    ax = plots.agreement_scatter(WEIGHTS, PUSHES, FIELDS)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left == bottom == 0
    assert right > 0.8
    assert top > 1.5


def test_each_field_has_a_shape_of_its_own():
    """Six fields have six different markers, so that a print without colour tells them apart."""
    six = [f"field {i}" for i in range(6)]
    ax = plots.agreement_scatter([np.arange(6)], [np.arange(6)], six)
    assert len({drawn.get_paths()[0].vertices.tobytes() for drawn in ax.collections}) == 6


def test_tau_is_written_with_its_interval():
    """What `bootstrap_interval` returns can be handed on; one reversed pair of three gives +0.33."""
    one = bootstrap_interval(kendall_tau(torch.tensor(WEIGHTS[:1]), torch.tensor([[1.0, 0.0, 0.5]])))
    ax = plots.agreement_scatter(WEIGHTS[:1], PUSHES[:1], FIELDS, tau=one)
    assert ax.get_xlabel() == "attention weight\ntau +0.33 [+0.33 to +0.33]"


def test_undefined_cases_are_shown():
    """Two constant rows among four are named; where all rows are constant there is no number at all."""
    ax = plots.agreement_scatter(WEIGHTS, PUSHES, FIELDS, tau=(-0.5, -0.6, -0.4, 2))
    assert ax.get_xlabel().endswith("tau −0.50 [−0.60 to −0.40], undefined in 2")
    even = torch.full((4, 3), 1 / 3)
    none = bootstrap_interval(kendall_tau(even, torch.rand(4, 3)))
    ax = plots.agreement_scatter(even, torch.rand(4, 3), FIELDS, tau=none)
    assert ax.get_xlabel().endswith("tau undefined in all 4 cases")


def test_names_are_plain_text():
    """A dollar sign in a field or a title starts no formula, and drawing it raises nothing."""
    ax = plots.agreement_scatter(WEIGHTS, PUSHES, ["$x", r"$\frac{$", "c"], title="a $ b")
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left") == "a $ b"
    assert [name.get_text() for name in ax.get_legend().get_texts()] == ["$x", r"$\frac{$", "c"]


def test_a_legend_can_be_left_out():
    """Of several panels one names the shapes."""
    assert plots.agreement_scatter(WEIGHTS, PUSHES, FIELDS, legend=False).get_legend() is None


@pytest.mark.parametrize(
    ("weights", "attributions", "fields", "message"),
    [
        (WEIGHTS, PUSHES[:1], FIELDS, r"one shape, got \(2, 3\) and \(1, 3\)"),
        (WEIGHTS, PUSHES, FIELDS[:2], "weights must have a column for each of 2 fields"),
        (WEIGHTS, [[np.nan] * 3] * 2, FIELDS, "attributions must be finite, got 6"),
        ([range(7)], [range(7)], list("abcdefg"), "fields must be at most 6"),
    ],
)
def test_a_wrong_table_is_refused(weights, attributions, fields, message):
    """The message names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        plots.agreement_scatter(weights, attributions, fields)
