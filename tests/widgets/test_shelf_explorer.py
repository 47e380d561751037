"""ShelfExplorer's Python side: the shelf it stands for, and what it refuses."""

import numpy as np
import pytest
import torch
import traitlets

from attnviz.widgets import ShelfExplorer

FIELDS = ["tags", "reviews", "price"]


def figure(**changes) -> dict:
    """The arguments of a shelf explorer: two cases, four products, three fields."""
    generator = np.random.default_rng(0)
    arguments = {
        "weights": generator.dirichlet([1, 1, 1], size=(2, 4)),
        "pushes": generator.normal(size=(2, 4, 3)),
        "priorities": [[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]],
        "fields": FIELDS,
        "products": ["scarf", "hat", "tent", "boots"],
        "cases": ["Ann", "Ben"],
        "case": 1,
    }
    return arguments | changes


def test_it_starts_with_one_product_which_has_no_spread():
    """The largest push, up or down, names a field; the shopper's own is that of her largest priority."""
    pushes = np.zeros((2, 4, 3))
    pushes[1, 0] = [0.5, 0.1, -0.9]
    explorer = ShelfExplorer(**figure(pushes=pushes))
    state = explorer.state()
    assert (explorer.case, explorer.size, state["spreads"]) == (1, 1, None)
    assert (state["named_by_pushes"], state["own"]) == ("price", "tags")


@pytest.mark.parametrize("size", [2, 3, 4])
def test_means_and_spreads_are_those_of_the_first_products(size):
    """As torch computes mean and standard deviation over the products on the shelf."""
    arguments = figure()
    explorer = ShelfExplorer(**arguments)
    explorer.case, explorer.size = 0, size
    state = explorer.state()
    pushes, weights = (torch.tensor(arguments[name][0, :size]) for name in ("pushes", "weights"))
    np.testing.assert_allclose(state["spreads"], pushes.std(0), rtol=1e-5)
    np.testing.assert_allclose(state["mean_weights"], weights.mean(0), rtol=1e-5)
    assert state["named_by_pushes"] == FIELDS[pushes.std(0).argmax()]
    assert state["named_by_weight"] == FIELDS[weights.mean(0).argmax()]


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the traits, as a notebook's kernel gets it."""
    explorer = ShelfExplorer(**figure())
    assert {"case", "size"} <= set(explorer.traits(sync=True))
    explorer.set_state({"case": 0, "size": 4})
    assert explorer.state()["pushes"].shape == (4, 3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"pushes": np.zeros((2, 3, 3))}, ValueError, r"pushes: expected shape \(case=2, product=4, field=3"),
        ({"weights": np.full((2, 4, 3), 20.0)}, ValueError, "weights: expected numbers from 0 to 1, got 20"),
        ({"priorities": np.ones((2, 4))}, ValueError, r"priorities: expected shape \(case=2, field=3\)"),
        ({"priorities": -np.ones((2, 3))}, ValueError, "priorities: expected numbers from 0 to 1, got -1"),
        ({"products": "abcd"}, ValueError, "products: expected a list of texts, got the text 'abcd'"),
        ({"fields": ["a", "a", "b"]}, ValueError, r"fields: expected each name once, got \['a'\]"),
        ({"case": 2}, traitlets.TraitError, "case: expected an index from 0 to 1, got 2"),
        ({"size": 0}, traitlets.TraitError, "size: expected a number from 1 to 4, got 0. It has 4 products"),
        ({"size": 5}, traitlets.TraitError, "size: expected a number from 1 to 4, got 5"),
    ],
)
def test_it_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        ShelfExplorer(**figure(**change))
