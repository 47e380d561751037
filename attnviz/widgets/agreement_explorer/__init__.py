"""AgreementExplorer: the figure "Which one learned?"."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import Explorer
from ..shared.checks import check_array, check_axes, check_labels, check_names, check_share
from ..shared.claims import Claim
from ..shared.traits import Index
from ..shared.view import read_view

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
        taus: mean Kendall's tau-b over the test cases and its interval, (panel, step, 3): mean, low, high,
            from -1 to 1, higher is more agreement; NaN where tau is undefined in all cases.
        num_cases: how many test cases tau was asked for.
        undefined: in how many test cases tau is undefined (a constant vector), (panel, step); None: in none.
        panel_names: a name for each panel, such as `["trained", "untrained", "shuffled labels"]`, of which
            the first is the one that learned; None counts.
        steps: the training steps; None counts from 0. A panel that does not train repeats its numbers.
        point_fields: the field of each point: a field is then a shape, of at most 6; None: one shape.
        claim: what holds, in what share of the test cases, and what the points are; or None.
        step: index of the training step that is shown first; None is the last one.
        names_hidden: whether the panels are called A, B, C at first.
        panel_order: the panel that stands at each place at first; None keeps the order.
        same_axes: whether all panels share their axes at first.

    Attributes:
        step: index of the training step, int.
        names_hidden: whether the panels are called A, B, C.
        panel_order: the panel that stands at each place, left to right.
        same_axes: whether all panels share their axes.

    Raises:
        ValueError: a shape, a name or a range does not fit; the message names the argument.

    Example:
        >>> explorer = AgreementExplorer(
        ...     weights=[[[0.7, 0.3]], [[0.6, 0.4]]], attributions=[[[-1.2, 0.1]], [[0.02, 0.01]]],
        ...     taus=[[[0.6, 0.5, 0.7]], [[0.5, 0.4, 0.6]]], num_cases=200,
        ...     panel_names=["trained", "untrained"])
        >>> explorer.state()["taus"]["untrained"].round(2)
        array([0.5, 0.4, 0.6])

    Taught in "Does agreement prove anything?"
    """

    _esm = read_view("agreement_explorer", "js", "claims")
    _css = read_view("agreement_explorer", "css", "claims")

    step = Index(of="steps").tag(sync=True)
    names_hidden = traitlets.Bool(False).tag(sync=True)
    panel_order = traitlets.List(traitlets.Int()).tag(sync=True)
    same_axes = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        weights,
        attributions,
        taus,
        *,
        num_cases: int,
        undefined=None,
        panel_names: Sequence[str] | None = None,
        steps: Sequence[int] | None = None,
        point_fields: Sequence[str] | None = None,
        claim: Claim | None = None,
        step: int | None = None,
        names_hidden: bool = False,
        panel_order: Sequence[int] | None = None,
        same_axes: bool = False,
    ):
        axes = {"panel": panel_names, "step": steps, "point": None}
        points, lengths = check_axes("weights", weights, axes)
        check_share("weights", points)
        panels = {axis: lengths[axis] for axis in ("panel", "step")}
        arrays = {
            "weights": points,
            "attributions": check_array("attributions", attributions, lengths),
            "taus": _check_taus(taus, panels),
            "undefined": _check_undefined(undefined, panels, num_cases),
        }
        meta = {
            "panel_names": check_names("panel_names", panel_names, lengths["panel"]),
            "steps": [int(time) for time in (range(lengths["step"]) if steps is None else steps)],
            "num_cases": int(num_cases),
            **_point_fields(point_fields, lengths["point"]),
        }
        super().__init__(
            arrays,
            meta,
            claim=claim,
            step=lengths["step"] - 1 if step is None else step,
            names_hidden=names_hidden,
            panel_order=list(range(lengths["panel"]) if panel_order is None else panel_order),
            same_axes=same_axes,
        )

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
    given = np.zeros(tuple(axes.values())) if undefined is None else undefined
    counts = check_array("undefined", given, axes)
    if counts.min() < 0 or counts.max() > num_cases:
        raise ValueError(
            f"undefined: expected counts from 0 to num_cases={num_cases}, got {counts.min():.0f} to "
            f"{counts.max():.0f}. Count the test cases whose tau is undefined."
        )
    return counts


def _point_fields(point_fields: Sequence[str] | None, count: int) -> dict:
    """The fields in order of their first point, and each point's field as an index."""
    if point_fields is None:
        return {"fields": [], "field_of_point": []}
    labels = check_labels("point_fields", point_fields, count)
    fields = list(dict.fromkeys(labels))
    if len(fields) > KINDS:
        raise ValueError(
            f"point_fields: expected at most {KINDS} fields, got {len(fields)}. "
            f"There are no more shapes; leave the argument out."
        )
    return {"fields": fields, "field_of_point": [fields.index(label) for label in labels]}
