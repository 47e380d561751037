"""AgreementExplorer: the figure "Which one learned?"."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import Explorer, check_array, check_labels, read_view
from ..shared.claims import check_claim, check_names, check_share

KINDS = 6  # as many shapes of a point as the browser draws


class AgreementExplorer(Explorer):
    """Weights against the size of attributions, in a model that learned and in two that did not.

    A panel is a model, a point is one field of one test case.
    Agreement of a trained model proves little while an untrained one agrees as much.
    With the names hidden, the panels are shuffled, so that a class can vote which one learned.
    Tau compares orders only; so each panel has axes of its own, unless the same axes are asked for.

    Args:
        weights: attention weights from 0 to 1, (panel, step, point).
        attributions: in logit units, with their sign, (panel, step, point); the figure draws their size.
        panel_names: a name for each panel, such as `["trained", "untrained", "shuffled labels"]`.
            The first is the one that learned.
        steps: the training steps. A panel that does not train repeats its numbers.
        taus: mean Kendall's tau-b over the test cases and its interval, (panel, step, 3): mean, low, high,
            from -1 to 1, higher is more agreement; NaN where tau is undefined in all cases.
        undefined: in how many test cases tau is undefined (a constant vector), (panel, step).
        num_cases: how many test cases tau was asked for.
        rule: what the points are and how they were chosen, in words.
        point_fields: optional, the field of each point: a field is then a shape, of at most 6.
        holds: optional, share of the test cases in which the figure's statement holds, from 0 to 1.
        statement: what holds, in words that continue "Holds in 74% of the test cases: ".

    Attributes:
        step: index of the training step, int; it starts at the last one.
        names_hidden: whether the panels are called A, B, C.
        panel_order: the panel that stands at each place, left to right.
        same_axes: whether all panels share their axes.

    Raises:
        ValueError: a shape, a name or a range does not fit; the message names the argument.

    Example:
        >>> explorer = AgreementExplorer(
        ...     weights=[[[0.7, 0.3]], [[0.6, 0.4]]], attributions=[[[-1.2, 0.1]], [[0.02, 0.01]]],
        ...     panel_names=["trained", "untrained"], steps=[400],
        ...     taus=[[[0.6, 0.5, 0.7]], [[0.5, 0.4, 0.6]]], undefined=[[0], [2]], num_cases=200,
        ...     rule="both fields of the first test case")
        >>> explorer.state()["taus"]["untrained"].round(2)
        array([0.5, 0.4, 0.6])

    Taught in chapter 12.
    """

    _esm = read_view("agreement_explorer", "js", "claims")
    _css = read_view("agreement_explorer", "css", "claims")

    step = traitlets.Int(0).tag(sync=True)
    names_hidden = traitlets.Bool(False).tag(sync=True)
    panel_order = traitlets.List(traitlets.Int()).tag(sync=True)
    same_axes = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        *,
        weights,
        attributions,
        panel_names: Sequence[str],
        steps: Sequence[int],
        taus,
        undefined,
        num_cases: int,
        rule: str,
        point_fields: Sequence[str] | None = None,
        holds: float | None = None,
        statement: str = "",
    ):
        names, times = check_names("panel_names", panel_names), [int(step) for step in steps]
        axes = {"panel": len(names), "step": len(times)}
        points = check_array("weights", weights, axes | {"point": None})
        check_share("weights", points)
        count = {"point": points.shape[-1]}
        arrays = {
            "weights": points,
            "attributions": check_array("attributions", attributions, axes | count),
            "taus": _check_taus(taus, axes),
            "undefined": _check_undefined(undefined, axes, num_cases),
        }
        meta = {
            "panel_names": names,
            "steps": times,
            "num_cases": int(num_cases),
            "fields": [],
            "field_of_point": [],
            **_point_fields(point_fields, count["point"]),
        }
        start = {"step": len(times) - 1, "names_hidden": False, "same_axes": False}
        start["panel_order"] = list(range(len(names)))
        super().__init__(arrays, meta | check_claim(holds, rule, statement) | {"start": start}, **start)

    def state(self) -> dict:
        """What the browser shows for the current step, by panel name.

        Returns:
            `weights` and `attribution_sizes` {panel: (point,)}, the sizes in logit units;
            `taus` {panel: (3,)}: mean, low, high; `undefined` {panel: number of test cases}.
        """
        names = self._meta["panel_names"]
        at = {name: array[:, self.step].astype(np.float64) for name, array in self._arrays.items()}
        return {
            "weights": dict(zip(names, at["weights"], strict=True)),
            "attribution_sizes": dict(zip(names, np.abs(at["attributions"]), strict=True)),
            "taus": dict(zip(names, at["taus"], strict=True)),
            "undefined": dict(zip(names, at["undefined"].astype(int).tolist(), strict=True)),
        }

    @traitlets.validate("step")
    def _check_step(self, proposal) -> int:
        return self._check_index("step", proposal["value"], len(self._meta["steps"]))

    @traitlets.validate("panel_order")
    def _check_panel_order(self, proposal) -> list[int]:
        count = len(self._meta["panel_names"])
        if sorted(proposal["value"]) != list(range(count)):
            raise traitlets.TraitError(
                f"panel_order: expected each index from 0 to {count - 1} once, got {proposal['value']}. "
                f"Name every panel once."
            )
        return proposal["value"]


def _check_taus(taus, axes: dict[str, int]) -> np.ndarray:
    """Taus from -1 to 1 with low <= mean <= high; NaN, where undefined, in all three."""
    given = np.asarray(taus, dtype=np.float32)
    missing = np.isnan(given).any(-1, keepdims=True)
    checked = check_array("taus", np.where(missing, np.float32(0), given), axes | {"mean, low, high": 3})
    mean, low, high = np.moveaxis(checked, -1, 0)
    if np.abs(checked).max() > 1 + 1e-6 or ((low > mean + 1e-6) | (mean > high + 1e-6)).any():
        raise ValueError(
            f"taus: expected mean, low, high from -1 to 1 with low <= mean <= high, got "
            f"{checked.min()} to {checked.max()}. Give them in that order."
        )
    return np.where(missing, np.float32(np.nan), given)


def _check_undefined(undefined, axes: dict[str, int], num_cases: int) -> np.ndarray:
    counts = check_array("undefined", undefined, axes)
    if counts.min() < 0 or counts.max() > num_cases:
        raise ValueError(
            f"undefined: expected counts from 0 to num_cases={num_cases}, got {counts.min():.0f} to "
            f"{counts.max():.0f}. Count the test cases whose tau is undefined."
        )
    return counts


def _point_fields(point_fields: Sequence[str] | None, count: int) -> dict:
    """The fields in order of their first point, and each point's field as an index."""
    if point_fields is None:
        return {}
    labels = check_labels("point_fields", point_fields, count)
    fields = list(dict.fromkeys(labels))
    if len(fields) > KINDS:
        raise ValueError(
            f"point_fields: expected at most {KINDS} fields, got {len(fields)}. "
            f"There are no more shapes; leave the argument out."
        )
    return {"fields": fields, "field_of_point": [fields.index(label) for label in labels]}
