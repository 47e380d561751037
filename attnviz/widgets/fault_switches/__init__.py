"""FaultSwitches: the figure "What is wrong here?"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import traitlets

from ..shared.base import Explorer
from ..shared.checks import check_array, check_labels, check_names
from ..shared.claims import Claim
from ..shared.view import read_view

FAULTS = {
    "each": "1 Softmax inside each field",
    "no_key": "2 No K",
    "last": "3 Sum overwritten",
    "shared": "4 Query without its axis",
    "mean": "5a Mean in place of the sum",
    "padding": "5b Mask forgotten",
    "bare": "6a Bare exponential",
    "batch": "6b Softmax over the batch",
}
CHECKS = {
    "sum": "The weights sum to 1",
    "compete": "A lower score hands weight to the others",
    "learned": "Another K, another output",
    "reach": "Every field reaches the output",
    "output": "Output = sum of weight × value",
    "alone": "The same without the others in the batch",
    "empty": "An empty slot more changes nothing",
    "shift": "All scores + 1,000, the same weights",
}
TOLERANCE = 1e-6
SHIFT, TURN = 1000.0, 0.5  # added to all scores, and to each number of K


class FaultSwitches(Explorer):
    """Switch faults into an attention layer, and see its weights, its output, and which checks fail.

    It begins with a riddle: the switches stay hidden until the reader has said which fault is on.
    The first shopper's answer is shown; the others share the batch with her. All look at one product.

    Args:
        queries: (shopper, dim), two shoppers at least.
        key_matrix: K (dim, dim); a slot's key is K x.
        vectors: (slot, dim), the product's vectors, keys and values alike.
        filled: (slot,), bool; False is an empty slot, which the mask should hide. None: none is empty.
        fields: a name for each slot; None counts.
        shoppers: a name for each shopper; None counts.
        claim: what holds, in what share of the test cases, and how the first faults were chosen; or None.
        faults: the faults that are on at first, of `FAULTS`.

    Attributes:
        faults: the faults that are on, a list of names.

    Raises:
        ValueError: a shape does not fit, or there are too few shoppers or filled slots; the message names the
            argument.
        TraitError: a fault is unknown.

    Example:
        >>> switches = FaultSwitches(
        ...     queries=[[2, 1], [-1, 1]], key_matrix=[[1, 0], [0, 0]], vectors=[[1, 1], [2, -1], [0, 2]],
        ...     faults=["last"])
        >>> state = switches.state()
        >>> state["weights"].round(2), [name for name, holds in state["checks"].items() if not holds]
        (array([0.19, 0.77, 0.05]), ['reach', 'output', 'empty'])

    Taught in "What is wrong here?"
    """

    _esm = read_view("fault_switches", "js", "claims")
    _css = read_view("fault_switches", "css", "claims")

    faults = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        queries,
        key_matrix,
        vectors,
        *,
        filled: Sequence[bool] | None = None,
        fields: Sequence[str] | None = None,
        shoppers: Sequence[str] | None = None,
        claim: Claim | None = None,
        faults: Sequence[str] = (),
    ):
        slots = check_array("vectors", vectors, {"slot": None, "dim": None})
        count, dim = slots.shape
        arrays = {
            "queries": check_array("queries", queries, {"shopper": None, "dim": dim}),
            "key_matrix": check_array("key_matrix", key_matrix, {"key": dim, "dim": dim}),
            "vectors": slots,
            "filled": check_array("filled", [True] * count if filled is None else filled, {"slot": count}),
        }
        _check_counts(arrays)
        meta = {
            "fields": check_names("fields", fields, count),
            "shoppers": check_labels("shoppers", shoppers, len(arrays["queries"])),
            "faults": list(FAULTS.items()),  # pairs: who writes a page may sort a dict
            "checks": list(CHECKS.items()),
        }
        super().__init__(arrays, meta, claim=claim, faults=_in_order(faults))

    def state(self) -> dict:
        """What the browser shows with the present faults.

        Returns:
            `weights` (slot,) and `output` (dim,) of the first shopper; `checks`, whether each check of
            `CHECKS` holds; `found`, the number that each check looks at.
        """
        names = ("queries", "key_matrix", "vectors", "vectors", "filled")
        toy = _Toy(*(self._arrays[name].astype(np.float64) for name in names))
        faults = frozenset(self.faults)
        with np.errstate(over="ignore", invalid="ignore"):  # a fault may overflow: that is what it shows
            weights, output = toy.attend(faults)
            found = toy.measure(faults)
        checks = {
            "sum": abs(found["sum"] - 1) <= TOLERANCE,
            "compete": found["compete"] > TOLERANCE,
            "learned": found["learned"] > TOLERANCE,
            "reach": found["reach"] == toy.filled.sum(),
        }
        checks |= {name: found[name] <= TOLERANCE for name in CHECKS if name not in checks}
        checks = {name: bool(holds) for name, holds in checks.items()}
        return {"weights": weights[0], "output": output[0], "checks": checks, "found": found}

    @traitlets.validate("faults")
    def _check_faults(self, proposal) -> list[str]:
        return _in_order(proposal["value"])


@dataclass(frozen=True)
class _Toy:
    """One product and some shoppers: queries (shopper, dim), K, vectors and values (slot, dim), filled."""

    queries: np.ndarray
    key_matrix: np.ndarray
    vectors: np.ndarray
    values: np.ndarray
    filled: np.ndarray

    def attend(self, faults: frozenset, *, shift: float = 0.0, lowered: int | None = None):
        """Weights (shopper, slot) and outputs (shopper, dim); the browser computes the same."""
        keys = self.vectors if "no_key" in faults else self.vectors @ self.key_matrix.T
        scores = self.queries @ keys.T / np.sqrt(keys.shape[1])  # (shopper, slot)
        if "shared" in faults:
            scores = np.broadcast_to(scores.mean(0), scores.shape)
        scores = scores + shift - (np.arange(len(keys)) == lowered)
        taking = np.ones_like(self.filled) if "padding" in faults else self.filled
        weights = _normalise(scores, taking, faults)
        parts = weights[:, :, None] * self.values  # (shopper, slot, dim)
        parts = parts[:, -1:] if "last" in faults else parts
        return weights, parts.mean(1) if "mean" in faults else parts.sum(1)

    def measure(self, faults: frozenset) -> dict[str, float]:
        """The number behind each check, for the first shopper."""
        weights, output = (both[0] for both in self.attend(faults))
        tallest = int(self.attend(frozenset())[0][0].argmax())
        others = (self.filled > 0) & (np.arange(len(self.filled)) != tallest)
        turned = replace(self, key_matrix=self.key_matrix + TURN).attend(faults)[1][0]
        alone = [both[0] for both in replace(self, queries=self.queries[:1]).attend(faults)]
        longer = self._with_empty_slot().attend(faults)
        empty = longer[0][0][np.append(self.filled, 0) == 0]
        return {
            "sum": float(weights.sum()),
            "compete": float((self.attend(faults, lowered=tallest)[0][0] - weights)[others].min()),
            "learned": _distance(turned, output),
            "reach": sum(self._reaches(slot, faults) for slot in np.flatnonzero(self.filled).tolist()),
            "output": _distance(weights @ self.values, output),
            "alone": float(np.maximum(_distance(alone[0], weights), _distance(alone[1], output))),
            "empty": float(np.maximum(_distance(longer[1][0], output), empty.max())),
            "shift": _distance(self.attend(faults, shift=SHIFT)[0][0], weights),
        }

    def _reaches(self, slot: int, faults: frozenset) -> bool:
        """Whether the output moves when this slot's value does."""
        moved = self.values + (np.arange(len(self.values)) == slot)[:, None]
        outputs = [toy.attend(faults)[1][0] for toy in (self, replace(self, values=moved))]
        return _distance(*outputs) > TOLERANCE

    def _with_empty_slot(self) -> "_Toy":
        zeros = np.zeros((1, self.vectors.shape[1]))
        longer = {name: np.concatenate([getattr(self, name), zeros]) for name in ("vectors", "values")}
        return replace(self, filled=np.append(self.filled, 0.0), **longer)


def _normalise(scores: np.ndarray, taking: np.ndarray, faults: frozenset) -> np.ndarray:
    """Weights (shopper, slot) of the slots that take part; the others get 0."""
    axis = 0 if "batch" in faults else 1
    hidden = np.where(taking > 0, scores, -np.inf)
    peak = scores if "each" in faults else np.where(taking > 0, scores, scores.min()).max(axis, keepdims=True)
    powers = np.exp(hidden if "bare" in faults else hidden - peak)
    total = powers if "each" in faults else powers.sum(axis, keepdims=True)
    return np.where(taking > 0, powers / total, 0.0)


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def _in_order(faults: Iterable[str]) -> list[str]:
    unknown = sorted(set(faults) - set(FAULTS))
    if unknown:
        raise traitlets.TraitError(
            f"faults: expected names of {list(FAULTS)}, got {unknown}. Choose from the list."
        )
    return [name for name in FAULTS if name in faults]


def _check_counts(arrays: dict[str, np.ndarray]) -> None:
    if len(arrays["queries"]) < 2:
        raise ValueError(
            f"queries: expected two shoppers at least, got {len(arrays['queries'])}. "
            f"Some faults mix the shoppers of a batch."
        )
    if not set(arrays["filled"].tolist()) <= {0.0, 1.0} or arrays["filled"].sum() < 2:
        raise ValueError(
            f"filled: expected True or False, and two slots that are True, got {arrays['filled'].tolist()}. "
            f"A single slot has nothing to compete with."
        )
