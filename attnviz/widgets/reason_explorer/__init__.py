"""ReasonExplorer: the figure "Average is no reason"."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import check_array, check_fields, check_labels, read_view
from ..shared.claims import CaseExplorer, check_claim, check_share

WHOSE = ("model", "shopper")


class ReasonExplorer(CaseExplorer):
    """A weight says how much the model looks at a field; a push says how much the field moves this score.

    A row is a field, with a weight bar and a signed push bar.
    Dragging the level (such as the quality of the reviews) moves the pushes, while the weights stand still:
    a product with average reviews gets no push from them, however much the model looks at them.
    With whose="shopper" the figure shows the truth of planted data: a priority in the place of the weight.

    Args:
        weights: attention weights from 0 to 1, (case, level, field).
        pushes: signed, in logit units, (case, level, field).
        fields: the names of the fields.
        level_names: a name for each level, in order, such as `["bad", "average", "great"]`.
        level_label: what the slider changes, such as `"Quality of the reviews"`.
        cases: a label for each case.
        start_case: index of the case that is shown first.
        start_level: index of the level that is shown first.
        holds: share of the test cases in which the figure's statement holds, from 0 to 1.
        rule: the rule by which the starting case was chosen, in words.
        whose: "model": attention weights, and pushes of the model's score. "shopper": her priorities, and
            pushes of the true score, which only planted data knows.
        statement: what holds, in words that continue "Holds in 93% of the test cases: ".

    Attributes:
        case: index of the case, int.
        level: index of the level, int.

    Raises:
        ValueError: a shape, an index or a share does not fit; the message names the argument.

    Example:
        >>> explorer = ReasonExplorer(
        ...     weights=[[[0.7, 0.3], [0.7, 0.3]]], pushes=[[[-0.8, 0.2], [0.8, 0.2]]],
        ...     fields=["reviews", "price"], level_names=["bad", "great"], cases=["Ann, scarf"],
        ...     level_label="Quality of the reviews", start_case=0, start_level=0, holds=0.93,
        ...     rule="the first test case whose reviews are average")
        >>> explorer.level = 1
        >>> explorer.state()["pushes"].round(2)
        array([0.8, 0.2])

    Taught in chapters 1 (the model's) and 2 (the shopper's).
    """

    _esm = read_view("reason_explorer", "js", "claims")
    _css = read_view("reason_explorer", "css", "claims")

    level = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        *,
        weights,
        pushes,
        fields: Sequence[str],
        level_names: Sequence[str],
        level_label: str,
        cases: Sequence[str],
        start_case: int,
        start_level: int,
        holds: float,
        rule: str,
        whose: str = "model",
        statement: str = "",
    ):
        names = check_fields(fields)
        axes = {"case": len(cases), "level": len(level_names), "field": len(names)}
        arrays = {
            "weights": check_array("weights", weights, axes),
            "pushes": check_array("pushes", pushes, axes),
        }
        check_share("weights", arrays["weights"])
        if whose not in WHOSE:
            raise ValueError(f"whose must be one of {WHOSE}, got {whose!r}")
        meta = {
            "fields": names,
            "level_names": check_labels("level_names", level_names),
            "level_label": str(level_label),
            "whose": whose,
        }
        start = {"case": int(start_case), "level": int(start_level)}
        super().__init__(arrays, meta | check_claim(holds, rule, statement), cases=cases, start=start)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `weights` and `pushes` (field,), the pushes in logit units.
        """
        at = (self.case, self.level)
        return {name: self._arrays[name][at].astype(np.float64) for name in ("weights", "pushes")}

    @traitlets.validate("level")
    def _check_level(self, proposal) -> int:
        return self._check_index("level", proposal["value"], len(self._meta["level_names"]))
