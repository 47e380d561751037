"""WeightTriangle's Python side: a linear head at the dot, and an epsilon that is kept."""

import numpy as np
import pytest
import torch
import traitlets

from attnviz.widgets import WeightTriangle

FIELDS = ["tags", "reviews", "price", "brand"]


def figure(**changes) -> dict:
    """The arguments of a triangle: two cases; tags and reviews have the same value in the first."""
    arguments = {
        "values": [[1.0, 1.0, -1.0, 0.5], [2.0, 0.0, -1.0, 0.5]],
        "weights": [[0.5, 0.1, 0.2, 0.2], [0.3, 0.3, 0.3, 0.1]],
        "furthest": [[0.0, 0.6, 0.2, 0.2], [0.2, 0.6, 0.1, 0.1]],
        "bias": -0.25,
        "epsilon": 0.01,
        "fields": FIELDS,
        "cases": ["first", "second"],
        "case": 0,
    }
    return arguments | changes


def test_it_starts_at_the_furthest_weights():
    """The dot lies where the furthest weights are, with the score of the model's own."""
    state = WeightTriangle(**figure()).state()
    np.testing.assert_allclose(state["weights"], [0.0, 0.6, 0.2, 0.2], atol=1e-7)
    assert state["moved"] == pytest.approx(0.5)
    assert state["difference"] == pytest.approx(0.0, abs=1e-7)
    assert state["within"]


@pytest.mark.parametrize("dot", [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [0.0, 0.0, 1.0]])
@pytest.mark.parametrize("case", [0, 1])
def test_state_is_the_linear_head_at_the_dot(case, dot):
    """Free weight is shared as the dot says, the frozen field keeps its own; torch computes the logit."""
    arguments = figure()
    triangle = WeightTriangle(**arguments)
    triangle.case, triangle.dot = case, dot
    own, values = (torch.tensor(arguments[name][case], dtype=torch.float64) for name in ("weights", "values"))
    weights = torch.cat([own[:3].sum() * torch.tensor(dot, dtype=torch.float64), own[3:]])
    logit = torch.nn.functional.linear(weights, values) - 0.25
    state = triangle.state()
    np.testing.assert_allclose(state["weights"], weights, atol=1e-6)
    np.testing.assert_allclose(state["logit"], logit, atol=1e-6)
    np.testing.assert_allclose(state["probability"], torch.sigmoid(logit), atol=1e-6)
    apart = torch.sigmoid(logit) - torch.sigmoid(own @ values - 0.25)
    np.testing.assert_allclose(state["difference"], apart, atol=1e-6)
    np.testing.assert_allclose(state["moved"], torch.nn.functional.l1_loss(weights, own) * 2, atol=1e-6)
    assert state["within"] == (abs(apart) <= 0.01)


def test_a_bias_for_each_case():
    """A sequence gives each case a bias of its own."""
    triangle = WeightTriangle(**figure(bias=[-0.25, 3.0]))
    one = WeightTriangle(**figure(bias=3.0))
    for explorer in (triangle, one):
        explorer.case = 1
    assert triangle.state()["logit"] == one.state()["logit"]


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the traits; JSON has no difference between 1 and 1.0."""
    triangle = WeightTriangle(**figure())
    triangle.set_state({"case": 1, "dot": [1, 0, 0], "on_line": True})
    np.testing.assert_allclose(triangle.state()["weights"], [0.9, 0.0, 0.0, 0.1], atol=1e-6)


def test_traits_of_the_interaction_are_synced():
    """These names are what the browser reads and writes."""
    assert {"case", "dot", "on_line"} <= set(WeightTriangle(**figure()).traits(sync=True))


@pytest.mark.parametrize("dot", [[0.5, 0.5], [0.5, 0.6, -0.1], [0.5, 0.5, 0.5]])
def test_a_dot_outside_the_triangle_is_refused(dot):
    """The three shares are not negative and add up to 1."""
    triangle = WeightTriangle(**figure())
    with pytest.raises(traitlets.TraitError, match="dot: expected three shares from 0 to 1"):
        triangle.dot = dot


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"values": np.zeros((2, 3))},
            ValueError,
            r"values: expected shape \(case=2, field=4\), got \(2, 3\)",
        ),
        ({"bias": [1.0, 2.0, 3.0]}, ValueError, r"bias: expected shape \(case=2\), got \(3,\)"),
        ({"free": ["tags", "price"]}, ValueError, "free: expected 3 labels"),
        ({"free": ["tags", "price", "size"]}, ValueError, r"free: expected three names .* got \['size'\]"),
        ({"weights": np.full((2, 4), 0.5)}, ValueError, "weights: expected weights that add up to 1"),
        (
            {"furthest": np.full((2, 4), 0.25)},
            ValueError,
            "furthest: expected the model's weights on the fro",
        ),
        (
            {"furthest": [[0.0, 0.6, 0.2, 0.2], [0.9, 0.0, 0.0, 0.1]]},
            ValueError,
            "furthest: expected probabilities within epsilon=0.01 .* in case 1",
        ),
        ({"epsilon": 2}, ValueError, "epsilon: expected numbers from 0 to 1, got 2"),
        ({"case": 2}, traitlets.TraitError, "case: expected an index from 0 to 1, got 2"),
    ],
)
def test_it_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        WeightTriangle(**figure(**change))


def test_no_free_weight_is_refused():
    """A case whose weight is all frozen has nothing to move."""
    weights = [[0.0, 0.0, 0.0, 1.0], [0.3, 0.3, 0.3, 0.1]]
    with pytest.raises(ValueError, match="weights: expected some weight on the free fields"):
        WeightTriangle(**figure(weights=weights, furthest=weights))
