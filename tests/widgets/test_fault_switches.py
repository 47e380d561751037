"""FaultSwitches' Python side: the layer without a fault is ours, and each fault fails its checks."""

import numpy as np
import pytest
import torch
import traitlets

import attnviz as av
from attnviz.widgets import FaultSwitches
from attnviz.widgets.fault_switches import CHECKS, FAULTS

ANN, BEN = [2.0, 1.0], [-1.0, 1.0]
K = [[1.0, 0.0], [0.0, 0.0]]
VECTORS = [[1.0, 1.0], [2.0, -1.0], [0.0, 0.0], [0.0, 2.0]]
FILLED = [True, True, False, True]
EXPOSED_BY = {
    "each": {"sum", "compete", "learned"},  # weights of 1 that nothing moves
    "no_key": {"learned"},
    "last": {"reach", "output", "empty"},  # an empty slot may be the last
    "shared": {"alone"},
    "mean": {"output", "empty"},  # the divisor counts empty slots
    "padding": {"empty"},
    "bare": {"shift"},
    "batch": {"sum", "compete", "alone"},
}


def figure(**changes) -> dict:
    """The rain jacket of "How is a weight computed?" with an empty slot, and Ann and Ben."""
    arguments = {
        "queries": [ANN, BEN],
        "key_matrix": K,
        "vectors": VECTORS,
        "filled": FILLED,
        "fields": ["tags", "reviews", "second review", "price"],
        "shoppers": ["Ann", "Ben"],
        "faults": ["last"],
    }
    return arguments | changes


def state(*faults, **changes) -> dict:
    switches = FaultSwitches(**figure(**changes))
    switches.faults = list(faults)
    return switches.state()


def packaged(queries, key_matrix, vectors, filled):
    """Output and weights of `av.point_attention` for the first shopper."""
    values = torch.tensor(vectors, dtype=torch.float64)[None]
    keys = values @ torch.tensor(key_matrix, dtype=torch.float64).T
    query = torch.tensor(queries, dtype=torch.float64)[:1]
    output, weights = av.point_attention(query, keys, values, mask=torch.tensor(filled)[None])
    return output[0].numpy(), weights[0].numpy()


@pytest.mark.parametrize("seed", range(5))
def test_without_a_fault_it_is_point_attention(seed):
    """Weights and output are those of the package, and every check holds, for any numbers."""
    draw = np.random.default_rng(seed).normal
    arguments = {"queries": draw(size=(3, 2)), "key_matrix": draw(size=(2, 2)), "vectors": draw(size=(4, 2))}
    arguments = {name: array.astype(np.float32).tolist() for name, array in arguments.items()}
    found = state(**arguments, shoppers=["Ann", "Ben", "Cleo"])
    output, weights = packaged(**arguments, filled=FILLED)
    np.testing.assert_allclose(found["output"], output)
    np.testing.assert_allclose(found["weights"], weights)
    assert all(found["checks"].values())


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_fails_just_its_checks(fault):
    """Which checks expose a fault was worked out by hand; no other check fails."""
    checks = state(fault)["checks"]
    assert list(checks) == list(CHECKS)
    assert {name for name, holds in checks.items() if not holds} == EXPOSED_BY[fault]


@pytest.mark.parametrize(
    ("fault", "weights", "output"),
    [
        ("each", [1, 1, 0, 1], [3, 2]),  # the sum of all vectors
        ("no_key", np.array([1, 1, 0, np.exp(-(0.5**0.5))]) / (2 + np.exp(-(0.5**0.5))), None),
        ("shared", np.array([2**0.5, 2 * 2**0.5, -np.inf, 0]) / 4, None),  # the mean query is (.5, 1)
        ("batch", [1 / (1 + np.exp(-3 / 2**0.5)), 1 / (1 + np.exp(-6 / 2**0.5)), 0, 0.5], None),
    ],
)
def test_faulty_weights_are_those_by_hand(fault, weights, output):
    """Scores of the jacket are q . x / sqrt(2) or q . K x / sqrt(2), small enough for paper."""
    found = state(fault)
    if fault == "shared":
        weights = np.exp(weights) / np.exp(weights).sum()
    np.testing.assert_allclose(found["weights"], weights)
    if output:
        np.testing.assert_allclose(found["output"], output)


def test_faults_that_leave_the_weights_alone():
    """Overwriting, averaging and a bare exponential cannot be seen in the jacket's weights."""
    sound = state()
    for fault in ("last", "mean", "bare"):
        np.testing.assert_allclose(state(fault)["weights"], sound["weights"])
    np.testing.assert_allclose(state("mean")["output"], sound["output"] / 4)
    np.testing.assert_allclose(state("last")["output"], sound["weights"][3] * np.array(VECTORS[3]))
    assert np.isnan(state("bare")["found"]["shift"])


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert FaultSwitches._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in FaultSwitches._esm
    assert "url(" not in FaultSwitches._css


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": [ANN]}, "queries: expected two shoppers at least, got 1"),
        ({"key_matrix": [[1, 0]]}, r"key_matrix: expected shape \(key=2, dim=2\), got \(1, 2\)"),
        ({"filled": [False, True, False, False]}, "filled: expected True or False, and two slots"),
        ({"filled": [0.5, 1, 1, 1]}, "filled: expected True or False"),
        ({"fields": ["tags"]}, "fields: expected 4 labels"),
        ({"shoppers": ["Ann"]}, "shoppers: expected 2 labels"),
    ],
)
def test_it_says_what_does_not_fit(change, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        FaultSwitches(**figure(**change))


def test_faults_are_known_and_in_order():
    """The order of the list does not matter; an unknown fault is an error, at the start and later."""
    switches = FaultSwitches(**figure())
    switches.faults = ["bare", "each"]
    assert switches.faults == ["each", "bare"]
    for wrong in (
        lambda: setattr(switches, "faults", ["typo"]),
        lambda: FaultSwitches(**figure(faults=["typo"])),
    ):
        with pytest.raises(traitlets.TraitError, match=r"faults: expected names of .*, got \['typo'\]"):
            wrong()
