"""BaselineSlider: the figure "Compared with what?"."""

from collections.abc import Sequence

import numpy as np

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_axes, check_labels, check_names
from ..shared.claims import Claim
from ..shared.traits import Index
from ..shared.view import read_view

TURNS = 0.1  # logits that a field must have on both sides of zero to count as turned
INCOMPLETE = 0.01


class BaselineSlider(CaseExplorer):
    """Slide the baseline: the score stands still, and what each field adds to it changes, even its sign.

    A row is a field with its attribution as a signed bar; above them stand the score of the product, which
    never moves, and that of the baseline. The thin line shows where a bar goes along the whole slider.
    The baselines are stops at equal distances on it; what lies between two stops is a mixture of them.
    A field "turns" when it raises the score by at least 0.1 against one stop, and lowers it by at least
    0.1 against another.

    Args:
        attributions: complete ones, such as Shapley values, in logit units, (case, level, field).
        logits: the score of each product, (case,).
        baseline_logits: the score of each baseline, (case, level).
        fields: the names of the fields; None counts.
        stops: the names of the baselines, at least two. The first one is level 0, the last one the last
            level, and between any two lie equally many levels. None makes each level a baseline.
        cases: a label for each case; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        level: index of the level that is shown first.

    Attributes:
        case: index of the case, int.
        level: index of the level, int.

    Raises:
        ValueError: a shape, a name or a share does not fit, or attributions are not complete; the message
            names the argument.

    Example:
        >>> slider = BaselineSlider(
        ...     attributions=[[[1.0, 0.5], [-0.5, 0.5]]], logits=[1.5], baseline_logits=[[0.0, 1.5]],
        ...     fields=["reviews", "price"], stops=["nothing", "the bestseller"], level=1)
        >>> state = slider.state()
        >>> state["baseline"], state["turned"]
        ('the bestseller', ['reviews'])

    Taught in "How is a score shared?"
    """

    _esm = read_view("baseline_slider", "js", "claims")
    _css = read_view("baseline_slider", "css", "claims")

    level = Index(of="levels").tag(sync=True)

    def __init__(
        self,
        attributions,
        logits,
        baseline_logits,
        *,
        fields: Sequence[str] | None = None,
        stops: Sequence[str] | None = None,
        cases: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        level: int = 0,
    ):
        axes = {"case": cases, "level": None, "field": fields}
        shares, lengths = check_axes("attributions", attributions, axes)
        levels = {axis: lengths[axis] for axis in ("case", "level")}
        arrays = {
            "attributions": shares,
            "logits": check_array("logits", logits, {"case": lengths["case"]}),
            "baseline_logits": check_array("baseline_logits", baseline_logits, levels),
        }
        _check_complete(arrays)
        counted = check_labels("baselines", None, lengths["level"])
        ends = counted if stops is None else check_names("stops", stops)
        meta = {
            "fields": check_names("fields", fields, lengths["field"]),
            "stops": ends,
            "steps": _steps(lengths["level"], len(ends)),
            "turns": TURNS,
            "cases": check_labels("cases", cases, lengths["case"]),
        }
        slider = {"levels": lengths["level"]}
        super().__init__(arrays, meta, claim=claim, axes=slider, case=case, level=level)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `baseline`, its name in words; `attributions` (field,), `logit` and `baseline_logit`, in logit
            units; `turned`, the names of the fields that turn between two stops of this case.
        """
        along = self._arrays["attributions"][self.case].astype(np.float64)  # (level, field)
        at_stops = along[:: self._meta["steps"]]
        turned = (at_stops.min(0) <= -TURNS) & (at_stops.max(0) >= TURNS)
        return {
            "baseline": self._name(),
            "attributions": along[self.level],
            "logit": float(self._arrays["logits"][self.case]),
            "baseline_logit": float(self._arrays["baseline_logits"][self.case, self.level]),
            "turned": [field for field, turns in zip(self._meta["fields"], turned, strict=True) if turns],
        }

    def _name(self) -> str:
        steps, stops = self._meta["steps"], self._meta["stops"]
        stop, past = divmod(self.level, steps)
        if not past:
            return stops[stop]
        return f"a mixture of {stops[stop]} and {stops[stop + 1]}, {steps - past} : {past}"


def _steps(levels: int, stops: int) -> int:
    """How many levels it takes from one stop to the next."""
    if stops < 2 or levels < stops or (levels - 1) % (stops - 1):
        raise ValueError(
            f"stops: expected at least 2, with equally many of the {levels} levels between any two of them, "
            f"got {stops}. Give (stops − 1) · steps + 1 levels."
        )
    return (levels - 1) // (stops - 1)


def _check_complete(arrays: dict[str, np.ndarray]) -> None:
    """A case's attributions sum to its logit minus the baseline's, as far as the figure shows."""
    given = {name: array.astype(np.float64) for name, array in arrays.items()}
    difference = given["logits"][:, None] - given["baseline_logits"]
    gap = np.abs(given["attributions"].sum(-1) - difference)  # (case, level)
    if gap.max() > INCOMPLETE:
        case, level = (int(index) for index in np.unravel_index(gap.argmax(), gap.shape))
        raise ValueError(
            f"attributions: expected sums of logit − baseline logit, got a gap of {gap.max():.3g} in case "
            f"{case}, level {level}. Take a complete method, such as Shapley values."
        )
