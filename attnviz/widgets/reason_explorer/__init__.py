"""ReasonExplorer: the figure "Average is no reason"."""

from collections.abc import Sequence

import numpy as np

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_axes, check_labels, check_names, check_share
from ..shared.claims import Claim
from ..shared.traits import Index
from ..shared.view import read_view

WHOSE = ("model", "shopper")


class ReasonExplorer(CaseExplorer):
    """A weight says how much the model looks at a field; a push says how much the field moves this score.

    A row is a field: to its left the weight, to its right the push, which is hatched where it lowers.
    Dragging the level (such as the quality of the reviews) moves the pushes, while the weights stand still:
    a product with average reviews gets no push from them, however much the model looks at them.
    With whose="shopper" the figure shows the truth of planted data: a priority in the place of the weight.

    Args:
        weights: attention weights from 0 to 1, (case, level, field).
        pushes: signed, (case, level, field), in one unit for all.
        fields: the names of the fields; None counts.
        level_names: a name for each level, in order, such as `["bad", "average", "great"]`; None counts.
        level_label: what the slider changes, such as `"Quality of the reviews"`.
        cases: a label for each case; None counts.
        own: where each case's own level lies on the slider, from 0 to the last level, between two levels too,
            (case,); None marks none.
        unit: what a push is measured in.
        whose: "model": attention weights, and pushes of the model's score. "shopper": her priorities, and
            pushes of the true score, which only planted data knows.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        level: index of the level that is shown first.

    Attributes:
        case: index of the case, int.
        level: index of the level, int.

    Raises:
        ValueError: a shape, an index or a share does not fit; the message names the argument.

    Example:
        >>> explorer = ReasonExplorer(
        ...     weights=[[[0.7, 0.3], [0.7, 0.3]]], pushes=[[[-0.8, 0.2], [0.8, 0.2]]],
        ...     fields=["reviews", "price"])
        >>> explorer.level = 1
        >>> explorer.state()["pushes"].round(2)
        array([0.8, 0.2])

    Taught in "Can we say 'because of the reviews'?" and "How does the shopper enter?" (the model's), and in
    "What is true here?" (the shopper's).
    """

    _esm = read_view("reason_explorer", "js", "claims")
    _css = read_view("reason_explorer", "css", "claims")

    level = Index(of="levels").tag(sync=True)

    def __init__(
        self,
        weights,
        pushes,
        *,
        fields: Sequence[str] | None = None,
        level_names: Sequence[str] | None = None,
        level_label: str = "Level",
        cases: Sequence[str] | None = None,
        own: Sequence[float] | None = None,
        unit: str = "logits",
        whose: str = "model",
        claim: Claim | None = None,
        case: int = 0,
        level: int = 0,
    ):
        axes = {"case": cases, "level": level_names, "field": fields}
        looks, lengths = check_axes("weights", weights, axes)
        check_share("weights", looks)
        arrays = {"weights": looks, "pushes": check_array("pushes", pushes, lengths)}
        if whose not in WHOSE:
            raise ValueError(f"whose must be one of {WHOSE}, got {whose!r}")
        last = lengths["level"] - 1
        places = None if own is None else check_array("own", own, {"case": lengths["case"]})
        if places is not None and not ((places >= 0) & (places <= last)).all():
            raise ValueError(
                f"own: expected places on the slider from 0 to {last}, got {places.min()} to {places.max()}. "
                f"Clip them to the levels."
            )
        meta = {
            "fields": check_names("fields", fields, lengths["field"]),
            "level_names": check_labels("level_names", level_names, lengths["level"]),
            "level_label": str(level_label),
            "whose": whose,
            "unit": str(unit),
            "own": None if places is None else places.tolist(),
            "cases": check_labels("cases", cases, lengths["case"]),
        }
        slider = {"levels": lengths["level"]}
        super().__init__(arrays, meta, claim=claim, axes=slider, case=case, level=level)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `weights` and `pushes` (field,), the pushes in their unit.
        """
        at = (self.case, self.level)
        return {name: self._arrays[name][at].astype(np.float64) for name in ("weights", "pushes")}
