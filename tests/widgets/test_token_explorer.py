"""TokenExplorer's Python side: one byte a weight, three views, the marked set, what a page carries."""

import base64
import gzip

import numpy as np
import pytest
import torch
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from ipywidgets.embed import dependency_state

from attnviz.widgets import TokenExplorer
from attnviz.widgets.shared.quantise import from_levels, squeeze, to_levels
from attnviz.widgets.token_explorer import smallest_set

TOKENS = ["[CLS]", "warm", "scarf", "."]


def figure(**changes) -> dict:
    """The arguments of an explorer: two layers, three heads, four tokens, all three views."""
    generator = np.random.default_rng(0)
    arguments = {
        "weights": generator.dirichlet(np.ones(4), size=(2, 3, 4)),
        "tokens": TOKENS,
        "rollout": generator.dirichlet(np.ones(4), size=4),
        "value_norms": generator.uniform(0, 3, size=(2, 3, 4)),
        "layer": 1,
        "head": 2,
        "token": 1,
    }
    return arguments | changes


def test_a_weight_is_off_by_at_most_four_thousandths():
    """Every weight of a fine grid, and small weights relative to their root; 0 and 1 stay what they are."""
    weights = np.linspace(0, 1, 200_001)
    off = np.abs(from_levels(to_levels(weights)) - weights)
    assert off.max() <= 0.004 + 1e-6
    small = weights <= 0.16
    assert (off[small] <= 0.01 * np.sqrt(weights[small]) + 2.6e-5).all()
    assert from_levels(to_levels(np.array([0.0, 1.0]))).tolist() == [0, 1]


def test_levels_rise_with_the_weight():
    """No two weights change places, and no level is left out."""
    levels = to_levels(np.linspace(0, 1, 100_001)).astype(int)
    assert set(np.diff(levels)) == {0, 1}
    assert (levels[0], levels[-1]) == (0, 145)


def test_bytes_are_gzip_of_the_levels():
    """Another program opens them: Python's own gzip."""
    parts = [np.arange(6, dtype=np.uint8).reshape(2, 3), np.full(4, 145, np.uint8)]
    assert gzip.decompress(squeeze(*parts)) == bytes([0, 1, 2, 3, 4, 5, 145, 145, 145, 145])


def test_three_views_are_the_arrays_that_were_given():
    """Weight and rollout within .004; weight x norm with rows that sum to 1, as torch has it."""
    arguments = figure()
    explorer = TokenExplorer(**arguments)
    weights = arguments["weights"][1, 2]
    state = explorer.state()
    np.testing.assert_allclose(state["looks"], weights[1], atol=4.1e-3)
    np.testing.assert_allclose(state["looked_at_by"], weights[:, 1], atol=4.1e-3)
    explorer.view = "norm"
    arriving = torch.tensor(weights * arguments["value_norms"][1, 2])
    want = arriving / arriving.sum(-1, keepdim=True)
    np.testing.assert_allclose(explorer.state()["looks"], want[1], atol=0.02)
    np.testing.assert_allclose(explorer.state()["looks"].sum(), 1, rtol=1e-12)
    explorer.view = "rollout"
    np.testing.assert_allclose(explorer.state()["looks"], arguments["rollout"][1], atol=4.1e-3)


def test_a_causal_model_looks_at_nothing_later():
    """Weights of 0 stay 0, and a token that nothing looks at is 0 everywhere."""
    weights = np.tril(np.ones((4, 4))) / np.arange(1, 5)[:, None]
    explorer = TokenExplorer(weights[None, None], TOKENS, token=2)
    np.testing.assert_array_equal(explorer.state()["looks"][3:], 0)
    np.testing.assert_array_equal(explorer.state()["looked_at_by"][:2], 0)


@given(
    looks=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    mass=st.floats(0.05, 1),
)
def test_the_marked_set_is_the_smallest_one(looks, mass):
    """It holds the share, without its last member it does not, and no token outside is larger."""
    values = np.array(looks)
    marked, held = smallest_set(values, mass)
    if values.sum() == 0:
        assert (marked, held) == ([], 0.0)
        return
    assert held == pytest.approx(values[marked].sum() / values.sum(), abs=1e-9)
    assert held >= mass - 2e-9
    assert values[marked[:-1]].sum() / values.sum() < mass + 1e-9
    outside = np.delete(values, marked)
    assert outside.size == 0 or outside.max() <= values[marked].min()


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the traits, as a notebook's kernel gets it."""
    explorer = TokenExplorer(**figure())
    explorer.set_state({"layer": 0, "head": 1, "token": 3, "view": "rollout", "mass": 0.5})
    traits = (explorer.layer, explorer.head, explorer.token, explorer.view, explorer.mass)
    assert traits == (0, 1, 3, "rollout", 0.5)


def peaked(layers: int, heads: int, tokens: int, *, causal: bool, sharpest: float) -> np.ndarray:
    """Weights like a real model's: columns that all look at, sharp heads and broad ones.

    The rows of MiniLM on a review of 126 tokens have an entropy of 4.4 bits, those of SmolLM2 on 251 tokens
    3.1. The two kinds here have 4.2 and 3.6, and need more bytes a number than the real ones.
    """
    generator = np.random.default_rng(0)
    scores = generator.standard_normal((layers, heads, tokens, tokens), dtype=np.float32)
    scores += generator.normal(scale=1.5, size=(layers, heads, 1, tokens)).astype(np.float32)
    scores *= generator.uniform(0.3, sharpest, size=(layers, heads, 1, 1)).astype(np.float32)
    scores[..., 0] += 3.5
    if causal:
        scores = np.where(np.tril(np.ones((tokens, tokens), bool)), scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return scores / scores.sum(-1, keepdims=True)


@pytest.mark.parametrize(
    ("size", "causal", "sharpest", "most"),
    [((12, 12, 128), False, 2.2, 1.5e6), ((30, 9, 256), True, 2.6, 6e6)],
)
def test_what_a_page_carries(size, causal, sharpest, most):
    """All that a built page holds for one explorer, its code and base64 included."""
    layers, heads, tokens = size
    weights = peaked(layers, heads, tokens, causal=causal, sharpest=sharpest)
    norms = np.random.default_rng(1).uniform(0.5, 2, size=size)
    explorer = TokenExplorer(weights, [f"token{i}" for i in range(tokens)], value_norms=norms)
    state = dependency_state([explorer], drop_defaults=False)[explorer.model_id]
    carried = {tuple(one["path"]): base64.b64decode(one["data"]) for one in state["buffers"]}
    assert carried["_levels",] == explorer._levels
    assert len(repr(state)) < most


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert TokenExplorer._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in TokenExplorer._esm


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"weights": np.zeros((2, 3, 4, 5))}, ValueError, r"weights: expected shape \(layer, head, query=4"),
        ({"weights": np.full((2, 3, 4, 4), 25)}, ValueError, "weights: expected numbers from 0 to 1, got 25"),
        ({"weights": np.full((2, 3, 4, 4), np.nan)}, ValueError, "weights: expected finite numbers"),
        ({"rollout": np.ones((3, 4))}, ValueError, r"rollout: expected shape \(query=4, key=4\)"),
        ({"value_norms": np.ones((2, 4))}, ValueError, r"value_norms: expected shape \(layer=2, head=3"),
        ({"value_norms": -np.ones((2, 3, 4))}, ValueError, "value_norms: expected lengths of at least 0"),
        ({"tokens": ["a"] * 513}, ValueError, "tokens: expected at most 512, got 513"),
        ({"layer": 2}, traitlets.TraitError, "layer: expected an index from 0 to 1, got 2"),
        ({"head": 3}, traitlets.TraitError, "head: expected an index from 0 to 2, got 3"),
        ({"token": 4}, traitlets.TraitError, "token: expected an index from 0 to 3, got 4"),
        ({"mass": 80}, traitlets.TraitError, "mass: expected a number from 0.05 to 1, got 80"),
        ({"rollout": None, "view": "rollout"}, traitlets.TraitError, "view: expected one of .*'norm'"),
    ],
)
def test_it_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        TokenExplorer(**figure(**change))
