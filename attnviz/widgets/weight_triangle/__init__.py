"""WeightTriangle: the figure "Same score, other weights"."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import traitlets

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_axes, check_labels, check_names, check_share
from ..shared.claims import Claim
from ..shared.view import read_view

ROUNDING = 1e-3


class WeightTriangle(CaseExplorer):
    """Move the weight of three fields about, and see which other weights give the same score.

    A point of the triangle shares the free weight among three fields; the other fields keep theirs.
    The head is linear, logit = bias + sum of weight x value, so points of equal score lie on straight lines.
    Weights that are not unique are not wrong: the model did use its own.

    Args:
        values: what each field adds per unit of weight, h · x, in logit units, (case, field).
        weights: the model's attention weights, (case, field); they add up to 1.
        furthest: the weights that differ most from the model's while the probability stays within epsilon and
            the frozen fields keep their weight, (case, field).
        bias: the head's bias, in logit units; a number, or one for each case.
        epsilon: how far the probability may be from the model's, from 0 to 1.
            `furthest` must have been found with the same epsilon.
        fields: the names of the fields; None counts.
        free: the three fields at the corners; None takes the first three.
        cases: a label for each case; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        dot: how the dot shares the free weight at first; None puts it at the furthest weights.
        on_line: whether the browser keeps the dot on the line at first.

    Attributes:
        case: index of the case, int.
        dot: how the dot shares the free weight among the three free fields; they add up to 1.
        on_line: whether the browser keeps the dot on the line of the model's score.

    Raises:
        ValueError: a shape, a name or a share does not fit, weights do not add up to 1, or the furthest
            weights are not within epsilon or move a frozen field; the message names the argument.

    Example:
        >>> triangle = WeightTriangle(
        ...     values=[[1.0, 1.0, -1.0, 0.0]], weights=[[0.6, 0.0, 0.2, 0.2]],
        ...     furthest=[[0.0, 0.6, 0.2, 0.2]], bias=0.0, epsilon=0.01)
        >>> state = triangle.state()
        >>> float(state["moved"].round(2)), state["within"]
        (0.6, True)

    Taught in "Could other weights do?"
    """

    _esm = read_view("weight_triangle", "js", "claims")
    _css = read_view("weight_triangle", "css", "claims")

    dot = traitlets.List(traitlets.Float()).tag(sync=True)
    on_line = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        values,
        weights,
        furthest,
        *,
        bias,
        epsilon: float,
        fields: Sequence[str] | None = None,
        free: Sequence[str] | None = None,
        cases: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        dot: Sequence[float] | None = None,
        on_line: bool = False,
    ):
        slopes, lengths = check_axes("values", values, {"case": cases, "field": fields})
        names, count = check_names("fields", fields, lengths["field"]), lengths["case"]
        corners = _check_free(names[:3] if free is None else free, names)
        arrays = {
            "values": slopes,
            "weights": check_array("weights", weights, lengths),
            "furthest": check_array("furthest", furthest, lengths),
            "bias": check_array(
                "bias", np.full(count, bias) if np.ndim(bias) == 0 else bias, {"case": count}
            ),
        }
        check_share("epsilon", np.asarray(epsilon, dtype=float))
        _check_weights(arrays, corners)
        _check_within(arrays, float(epsilon))
        meta = {"fields": names, "free": corners, "epsilon": float(epsilon)}
        meta["cases"] = check_labels("cases", cases, count)
        chosen: dict[str, Any] = {} if dot is None else {"dot": list(dot)}
        super().__init__(arrays, meta, claim=claim, case=case, on_line=on_line, **chosen)

    def state(self) -> dict:
        """What the browser shows at the dot, computed anew in float64.

        Returns:
            `weights` (field,); `logit`, `probability`; `model_probability`; `difference`, the dot's
            probability minus the model's; `within`, whether that is within epsilon; `moved`, the share of
            the weight that lies elsewhere, half the sum of absolute differences, from 0 to 1.
        """
        arrays = {name: array[self.case].astype(np.float64) for name, array in self._arrays.items()}
        free, dot = self._meta["free"], np.asarray(self.dot)
        weights = arrays["weights"].copy()
        weights[free] = weights[free].sum() * dot / dot.sum()
        logit, own = (arrays["bias"] + given @ arrays["values"] for given in (weights, arrays["weights"]))
        probability, own_probability = _sigmoid(np.array([logit, own])).tolist()
        difference = probability - own_probability
        return {
            "weights": weights,
            "logit": logit,
            "probability": probability,
            "model_probability": own_probability,
            "difference": difference,
            "within": bool(abs(difference) <= self._meta["epsilon"] + ROUNDING / 10),
            "moved": np.abs(weights - arrays["weights"]).sum() / 2,
        }

    @traitlets.default("dot")
    def _furthest_dot(self) -> list[float]:
        shares = self._arrays["furthest"][self.case, self._meta["free"]].astype(np.float64)
        return (shares / shares.sum()).tolist()

    @traitlets.validate("dot")
    def _check_dot(self, proposal) -> list[float]:
        dot = proposal["value"]
        if len(dot) != 3 or min(dot) < -1e-9 or abs(sum(dot) - 1) > ROUNDING:
            raise traitlets.TraitError(
                f"dot: expected three shares from 0 to 1 that add up to 1, got {dot}. "
                f"Give the share of each of the free fields."
            )
        return dot


def _check_free(free: Sequence[str], names: list[str]) -> list[int]:
    """The indices of the three free fields."""
    corners = check_names("free", free, 3)
    unknown = [name for name in corners if name not in names]
    if unknown:
        raise ValueError(f"free: expected three names of fields, got {unknown}. Choose from {names}.")
    return [names.index(name) for name in corners]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return torch.sigmoid(torch.from_numpy(logits)).numpy()


def _check_weights(arrays: dict[str, np.ndarray], free: list[int]) -> None:
    for name in ("weights", "furthest"):
        check_share(name, arrays[name])
        sums = arrays[name].sum(axis=1)
        if np.abs(sums - 1).max() > ROUNDING:
            raise ValueError(
                f"{name}: expected weights that add up to 1 in each case, got sums from {sums.min():.4f} to "
                f"{sums.max():.4f}. Give the weights of all fields, after softmax."
            )
    if (arrays["weights"][:, free].sum(axis=1) <= 0).any():
        raise ValueError(
            "weights: expected some weight on the free fields, got a case without. Leave it out."
        )
    apart = np.abs(np.delete(arrays["furthest"] - arrays["weights"], free, axis=1))
    if apart.size and apart.max() > ROUNDING:
        raise ValueError(
            f"furthest: expected the model's weights on the frozen fields, got one that is {apart.max():.4f} "
            f"off. Move weight among the free fields only."
        )


def _check_within(arrays: dict[str, np.ndarray], epsilon: float) -> None:
    """The furthest weights keep to the epsilon that the figure reports."""
    own, other = (
        _sigmoid(arrays["bias"] + (arrays[name] * arrays["values"]).sum(axis=1))
        for name in ("weights", "furthest")
    )
    apart = np.abs(other - own)
    if apart.max() > epsilon + ROUNDING / 10:
        raise ValueError(
            f"furthest: expected probabilities within epsilon={epsilon} of the model's, got one that is "
            f"{apart.max():.4f} away in case {int(apart.argmax())}. Search and report with the same epsilon."
        )
