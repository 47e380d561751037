"""RemovalExplorer's Python side: the slice it stands for, and what it refuses."""

import numpy as np
import pytest
import traitlets

from attnviz.widgets import RemovalExplorer

FIELDS = ["tags", "reviews", "price"]


def figure(**changes) -> dict:
    """The arguments of a removal explorer: two cases, two orders, three fields."""
    logits = np.arange(16.0).reshape(2, 2, 4)
    logits[:, :, 0] = 20.0
    arguments = {
        "orders": np.array([[[0, 1, 2], [2, 1, 0]], [[1, 0, 2], [2, 0, 1]]]),
        "logits": logits,
        "fields": FIELDS,
        "order_names": ["by weight", "best possible"],
        "cases": ["first", "second"],
        "case": 1,
    }
    return arguments | changes


def test_it_starts_with_one_field_removed_and_follows_its_traits():
    """State is the slice of the arrays at the case and the number removed; drops count from all fields."""
    explorer = RemovalExplorer(**figure())
    assert (explorer.case, explorer.removed) == (1, 1)
    assert explorer.state()["removed"] == {"by weight": ["reviews"], "best possible": ["price"]}
    explorer.case, explorer.removed = 0, 2
    state = explorer.state()
    assert state["removed"] == {"by weight": ["tags", "reviews"], "best possible": ["price", "reviews"]}
    np.testing.assert_array_equal(state["logits"], [2.0, 6.0])
    np.testing.assert_array_equal(state["drops"], [18.0, 14.0])
    np.testing.assert_allclose(state["probabilities"], 1 / (1 + np.exp([-2.0, -6.0])), rtol=1e-12)


def test_an_averaged_order_needs_no_order():
    """Its entries of `orders` are not read, and it names no removed fields."""
    orders = figure()["orders"]
    orders[:, 0] = 0
    arguments = figure(orders=orders, order_names=["random", "best possible"], averaged=["random"])
    assert RemovalExplorer(**arguments).state()["removed"] == {"random": None, "best possible": ["price"]}


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the traits, as a notebook's kernel gets it."""
    explorer = RemovalExplorer(**figure())
    explorer.set_state({"case": 0, "removed": 3})
    np.testing.assert_array_equal(explorer.state()["logits"], [3.0, 7.0])


def test_traits_of_the_interaction_are_synced():
    """These names are what the browser reads and writes."""
    assert {"case", "removed"} <= set(RemovalExplorer(**figure()).traits(sync=True))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"orders": np.zeros((2, 2, 4))}, ValueError, r"orders: expected shape \(case=2, order=2, field=3\)"),
        (
            {"logits": np.zeros((2, 2, 3))},
            ValueError,
            r"logits: expected shape .*removed=4\), got \(2, 2, 3\)",
        ),
        (
            {"orders": np.zeros((2, 2, 3))},
            ValueError,
            r"orders: .* got \[0.0, 0.0, 0.0\] in case 0, 'by weight'",
        ),
        (
            {"logits": np.arange(16).reshape(2, 2, 4)},
            ValueError,
            r"logits: expected one logit .* \[0.0, 4.0\]",
        ),
        ({"order_names": ["a", "a"]}, ValueError, r"order_names: expected each name once, got \['a'\]"),
        ({"averaged": ["random"]}, ValueError, r"averaged: expected names of orders, got \['random'\]"),
        ({"case": 2}, traitlets.TraitError, "case: expected an index from 0 to 1, got 2"),
        ({"removed": 4}, traitlets.TraitError, "removed: expected a number from 0 to 3, got 4"),
    ],
)
def test_it_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        RemovalExplorer(**figure(**change))
