"""FieldMatrix's Python side: rows, columns and heads, and what is refused."""

import numpy as np
import pytest
import torch
import traitlets

from attnviz.widgets import FieldMatrix

NAMES = ["shopper", "reviews", "price"]


def figure(**changes) -> dict:
    """The arguments of a field matrix: two cases, two heads, a shopper and two fields."""
    arguments = {
        "weights": np.random.default_rng(0).dirichlet([1, 1, 1], size=(2, 2, 3)),
        "names": NAMES,
        "cases": ["Ann", "Ben"],
        "case": 1,
    }
    return arguments | changes


@pytest.mark.parametrize("head", [-1, 0, 1])
def test_the_matrix_is_that_of_the_head_or_the_mean(head):
    """Rows and column means as torch has them; rows sum to 1."""
    arguments = figure(head=head, row=2)
    state = FieldMatrix(**arguments).state()
    heads = torch.tensor(arguments["weights"][1])
    want = heads.mean(0) if head < 0 else heads[head]
    np.testing.assert_allclose(state["matrix"], want, rtol=1e-6)
    np.testing.assert_allclose(state["matrix"].sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(state["looks"], want[2], rtol=1e-6)
    np.testing.assert_allclose(state["looked_at"], want.mean(0), rtol=1e-6)


def test_rows_look_and_columns_are_looked_at():
    """All look at the price, which looks at the reviews."""
    explorer = FieldMatrix(**figure(weights=[[[[0, 0, 1], [0, 0, 1], [0, 1, 0]]]], cases=["Ann"], case=0))
    explorer.row = 2
    state = explorer.state()
    assert (state["looks_most_at"], state["most_looked_at"]) == ("reviews", "price")


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the traits, as a notebook's kernel gets it."""
    explorer = FieldMatrix(**figure())
    explorer.set_state({"case": 0, "head": 1, "row": 2})
    assert (explorer.case, explorer.head, explorer.row) == (0, 1, 2)


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert FieldMatrix._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in FieldMatrix._esm


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"weights": np.zeros((2, 2, 3, 4))},
            ValueError,
            r"weights: expected shape \(case=2, head, query=3, key=3",
        ),
        (
            {"weights": np.full((2, 2, 3, 3), 20.0)},
            ValueError,
            "weights: expected numbers from 0 to 1, got 20",
        ),
        ({"names": ["a", "a", "b"]}, ValueError, r"names: expected each name once, got \['a'\]"),
        ({"head_names": ["one"]}, ValueError, "head_names: expected 2 labels"),
        ({"case": 2}, traitlets.TraitError, "case: expected an index from 0 to 1, got 2"),
        ({"head": 2}, traitlets.TraitError, "head: expected an index from -1 to 1, got 2"),
        ({"row": 3}, traitlets.TraitError, "row: expected an index from 0 to 2, got 3"),
    ],
)
def test_it_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        FieldMatrix(**figure(**change))
