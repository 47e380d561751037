"""HeadsExplorer: the figure "Looking, not using", heads by fields."""

from collections.abc import Sequence

import numpy as np

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_axes, check_labels, check_names, check_share
from ..shared.claims import Claim
from ..shared.traits import Index, Number
from ..shared.view import read_view


class HeadsExplorer(CaseExplorer):
    """A large weight on a short value moves nothing: a wide circle, nearly empty.

    A row is a head, a column a field. The area of a circle's outline is the weight: 1 fills the cell.
    The area of its disc is weight × value norm, with the longest value of the case as the unit, so that the
    filled share of a circle is the length of the field's value. The last row is the mean over the heads.
    The slider gives the values of one field a length, the same in all heads: the discs change, the outlines
    stand still.

    Args:
        weights: attention weights, from 0 to 1, (case, head, field).
        value_norms: lengths of the values that the heads hand on, at least 0, (case, head, field).
        fields: the names of the fields; None counts.
        cases: a label for each case, such as a shopper and a product; None counts.
        head_names: a name for each head; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        field: index of the field whose length the slider changes first.
        length: the length of that field's value at first; None leaves it as the model has it.

    Attributes:
        case: index of the case, int.
        field: index of the field whose length can be changed, int.
        length: the length of that field's value in all heads, from 0 to 1, as a share of the longest value of
            the case; None leaves the lengths as the model has them.

    Raises:
        ValueError: a shape, a name or a number does not fit; the message names the argument.

    Example:
        >>> explorer = HeadsExplorer(
        ...     weights=[[[0.2, 0.8]]], value_norms=[[[4.0, 0.5]]], fields=["reviews", "category"], field=1)
        >>> state = explorer.state()
        >>> state["most_looked_at"], state["most_handed_on"]
        ('category', 'reviews')
        >>> explorer.length = 1.0
        >>> explorer.state()["most_handed_on"]
        'category'

    Paper: Kobayashi et al. (2020) for weight × norm. Taught in "What do heads add?"
    """

    _esm = read_view("heads_explorer", "js", "claims")
    _css = read_view("heads_explorer", "css", "claims")

    field = Index(of="fields").tag(sync=True)
    length = Number(
        None, low=0, high=1, allow_none=True, advice="1 is as long as the longest value of the case."
    ).tag(sync=True)

    def __init__(
        self,
        weights,
        value_norms,
        *,
        fields: Sequence[str] | None = None,
        cases: Sequence[str] | None = None,
        head_names: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        field: int = 0,
        length: float | None = None,
    ):
        looks, lengths = check_axes("weights", weights, {"case": cases, "head": None, "field": fields})
        check_share("weights", looks)
        norms = check_array("value_norms", value_norms, lengths)
        if norms.min() < 0:
            raise ValueError(
                f"value_norms: expected lengths of at least 0, got {norms.min()}. Take the norm."
            )
        meta = {
            "fields": check_names("fields", fields, lengths["field"]),
            "heads": check_labels("head_names", head_names, lengths["head"]),
            "cases": check_labels("cases", cases, lengths["case"]),
        }
        arrays = {"weights": looks, "value_norms": norms}
        super().__init__(arrays, meta, claim=claim, case=case, field=field, length=length)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `weights` and `handed_on` (head, field), where handed on is weight × value norm as a share of the
            case's longest value; `mean_weights` and `shares` (field,), each field's part of all weight and of
            all that is handed on; the names of the first fields, `most_looked_at` and `most_handed_on`.
        """
        weights = self._arrays["weights"][self.case].astype(np.float64)
        norms = self._arrays["value_norms"][self.case].astype(np.float64)
        norms /= norms.max() or 1.0
        if self.length is not None:
            norms[:, self.field] = self.length
        handed_on, mean_weights = weights * norms, weights.mean(0)
        fields = self._meta["fields"]
        return {
            "weights": weights,
            "handed_on": handed_on,
            "mean_weights": mean_weights,
            "shares": handed_on.sum(0) / (handed_on.sum() or 1.0),
            "most_looked_at": fields[mean_weights.argmax()],
            "most_handed_on": fields[handed_on.sum(0).argmax()],
        }
