"""HeadsExplorer's Python side: weight times length, what a longer value changes, and what is refused."""

import numpy as np
import pytest
import torch
import traitlets

from attnviz.widgets import HeadsExplorer

FIELDS = ["tags", "reviews", "category"]


def figure(**changes) -> dict:
    """The arguments of a heads explorer: two cases, two heads, three fields."""
    generator = np.random.default_rng(0)
    arguments = {
        "weights": generator.dirichlet([1, 1, 1], size=(2, 2)),
        "value_norms": generator.uniform(0.1, 3, size=(2, 2, 3)),
        "fields": FIELDS,
        "cases": ["Ann", "Ben"],
        "case": 1,
        "field": 2,
    }
    return arguments | changes


def test_a_case_small_enough_for_paper():
    """The widest circle is nearly empty, the small one is full."""
    explorer = HeadsExplorer(
        **figure(weights=[[[0.1, 0.2, 0.7]]], value_norms=[[[4.0, 2.0, 0.4]]], cases=["Ann"], case=0)
    )
    state = explorer.state()
    np.testing.assert_allclose(state["handed_on"], [[0.1, 0.1, 0.07]], rtol=1e-6)
    np.testing.assert_allclose(state["shares"], np.array([[0.1, 0.1, 0.07]])[0] / 0.27, rtol=1e-6)
    assert state["most_looked_at"] == "category"
    explorer.length = 1.0  # as long as the longest
    np.testing.assert_allclose(explorer.state()["handed_on"], [[0.1, 0.1, 0.7]], rtol=1e-6)
    explorer.length = 0.0
    np.testing.assert_allclose(explorer.state()["handed_on"], [[0.1, 0.1, 0.0]], rtol=1e-6)


@pytest.mark.parametrize("field", range(3))
def test_a_length_fills_one_column_and_outlines_stand_still(field):
    """Without one the model's discs are there; with one the field's discs are that share of the outlines."""
    arguments = figure(field=field)
    explorer = HeadsExplorer(**arguments)
    weights, norms = (torch.tensor(arguments[name][1]) for name in ("weights", "value_norms"))
    before = explorer.state()
    np.testing.assert_allclose(before["handed_on"], weights * norms / norms.max(), rtol=1e-6)
    np.testing.assert_allclose(before["mean_weights"], weights.mean(0), rtol=1e-6)
    explorer.length = 0.25
    after = explorer.state()
    np.testing.assert_array_equal(after["weights"], before["weights"])
    others = [place for place in range(3) if place != field]
    np.testing.assert_array_equal(after["handed_on"][:, others], before["handed_on"][:, others])
    np.testing.assert_allclose(after["handed_on"][:, field], weights[:, field] / 4, rtol=1e-6)


def test_values_of_length_zero_hand_on_nothing():
    """No division by zero."""
    state = HeadsExplorer(**figure(value_norms=np.zeros((2, 2, 3)))).state()
    assert (state["handed_on"] == 0).all()
    assert (state["shares"] == 0).all()


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the traits, as a notebook's kernel gets it."""
    explorer = HeadsExplorer(**figure())
    explorer.set_state({"case": 0, "field": 1, "length": 0.5})
    assert (explorer.case, explorer.field, explorer.length) == (0, 1, 0.5)
    explorer.set_state({"length": None})
    assert explorer.length is None


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert HeadsExplorer._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in HeadsExplorer._esm


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"weights": np.zeros((2, 2, 4))}, ValueError, r"weights: expected shape \(case=2, head, field=3\)"),
        ({"weights": np.full((2, 2, 3), 20.0)}, ValueError, "weights: expected numbers from 0 to 1, got 20"),
        (
            {"value_norms": np.ones((2, 3, 3))},
            ValueError,
            r"value_norms: expected shape \(case=2, head=2, fi",
        ),
        ({"value_norms": -np.ones((2, 2, 3))}, ValueError, "value_norms: expected lengths of at least 0"),
        ({"head_names": ["one"]}, ValueError, "head_names: expected 2 labels"),
        ({"fields": ["a", "a", "b"]}, ValueError, r"fields: expected each name once, got \['a'\]"),
        ({"case": 2}, traitlets.TraitError, "case: expected an index from 0 to 1, got 2"),
        ({"field": 3}, traitlets.TraitError, "field: expected an index from 0 to 2, got 3"),
    ],
)
def test_it_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        HeadsExplorer(**figure(**change))


def test_a_length_is_a_share():
    """From 0 to 1, or None."""
    with pytest.raises(traitlets.TraitError, match="length: expected a number from 0 to 1, or None, got 2"):
        HeadsExplorer(**figure()).length = 2.0
