"""WeightTriangle: the figure "Same score, other weights"."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import check_array, check_fields, read_view
from ..shared.claims import CaseExplorer, check_claim, check_names, check_share, sigmoid

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
        fields: the names of the fields.
        free: the three fields at the corners.
        cases: a label for each case.
        start_case: index of the case that is shown first.
        holds: share of the test cases in which the figure's statement holds, from 0 to 1.
        rule: the rule by which the starting case was chosen, in words.
        statement: what holds, in words that continue "Holds in 88% of the test cases: ".

    Attributes:
        case: index of the case, int.
        dot: how the dot shares the free weight among the three free fields; they add up to 1.
            It starts at the furthest weights.
        on_line: whether the browser keeps the dot on the line of the model's score.

    Raises:
        ValueError: a shape, a name or a share does not fit, weights do not add up to 1, or the furthest
            weights are not within epsilon or move a frozen field; the message names the argument.

    Example:
        >>> triangle = WeightTriangle(
        ...     values=[[1.0, 1.0, -1.0, 0.0]], weights=[[0.6, 0.0, 0.2, 0.2]],
        ...     furthest=[[0.0, 0.6, 0.2, 0.2]], bias=0.0, epsilon=0.01,
        ...     fields=["tags", "reviews", "price", "brand"], cases=["Ann, scarf"], start_case=0, holds=0.88,
        ...     rule="the first test case")
        >>> state = triangle.state()
        >>> float(state["moved"].round(2)), state["within"]
        (0.6, True)

    Taught in chapter 13.
    """

    _esm = read_view("weight_triangle", "js", "claims")
    _css = read_view("weight_triangle", "css", "claims")

    dot = traitlets.List(traitlets.Float()).tag(sync=True)
    on_line = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        *,
        values,
        weights,
        furthest,
        bias,
        epsilon: float,
        fields: Sequence[str],
        cases: Sequence[str],
        start_case: int,
        holds: float,
        rule: str,
        free: Sequence[str] = ("tags", "reviews", "price"),
        statement: str = "",
    ):
        names = check_fields(fields)
        corners = _check_free(free, names)
        axes = {"case": len(cases), "field": len(names)}
        arrays = {
            name: check_array(name, given, axes)
            for name, given in (("values", values), ("weights", weights), ("furthest", furthest))
        }
        arrays["bias"] = check_array("bias", _for_each_case(bias, len(cases)), {"case": len(cases)})
        check_share("epsilon", np.asarray(epsilon, dtype=float))
        _check_weights(arrays, corners)
        _check_within(arrays, float(epsilon))
        meta = {"fields": names, "free": corners, "epsilon": float(epsilon)}
        self._check_index("case", start_case, len(cases))
        shares = arrays["furthest"][start_case, corners].astype(np.float64)
        start = {"case": int(start_case), "dot": (shares / shares.sum()).tolist(), "on_line": False}
        super().__init__(arrays, meta | check_claim(holds, rule, statement), cases=cases, start=start)

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
        difference = sigmoid(logit) - sigmoid(own)
        return {
            "weights": weights,
            "logit": logit,
            "probability": sigmoid(logit),
            "model_probability": sigmoid(own),
            "difference": difference,
            "within": bool(abs(difference) <= self._meta["epsilon"] + ROUNDING / 10),
            "moved": np.abs(weights - arrays["weights"]).sum() / 2,
        }

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


def _for_each_case(bias, count: int):
    return np.full(count, bias) if np.ndim(bias) == 0 else bias


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
        sigmoid(arrays["bias"] + (arrays[name] * arrays["values"]).sum(axis=1))
        for name in ("weights", "furthest")
    )
    apart = np.abs(other - own)
    if apart.max() > epsilon + ROUNDING / 10:
        raise ValueError(
            f"furthest: expected probabilities within epsilon={epsilon} of the model's, got one that is "
            f"{apart.max():.4f} away in case {int(apart.argmax())}. Search and report with the same epsilon."
        )
