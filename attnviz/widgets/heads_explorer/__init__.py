"""HeadsExplorer: the figure "Looking, not using", heads by fields."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import check_array, check_fields, check_labels, read_view
from ..shared.claims import CaseExplorer, check_claim, check_share


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
        fields: the names of the fields.
        cases: a label for each case, such as a shopper and a product.
        start_case: index of the case that is shown first.
        start_field: index of the field whose length the slider changes first.
        holds: share of the test cases in which the figure's statement holds, from 0 to 1, or None.
        rule: the rule by which the starting case was chosen, in words.
        statement: what holds, in words that continue "Holds in 93% of the test cases: ".
        head_names: a name for each head; None counts from 1.

    Attributes:
        case: index of the case, int.
        field: index of the field whose length can be changed, int.
        length: the length of that field's value in all heads, from 0 to 1, as a share of the longest value of
            the case; None leaves the lengths as the model has them.

    Raises:
        ValueError: a shape, a name or a number does not fit; the message names the argument.

    Example:
        >>> explorer = HeadsExplorer(
        ...     weights=[[[0.2, 0.8]]], value_norms=[[[4.0, 0.5]]], fields=["reviews", "category"],
        ...     cases=["Ann"], start_case=0, start_field=1, holds=0.93, rule="the first test case")
        >>> state = explorer.state()
        >>> state["most_looked_at"], state["most_handed_on"]
        ('category', 'reviews')
        >>> explorer.length = 1.0
        >>> explorer.state()["most_handed_on"]
        'category'

    Paper: Kobayashi et al. (2020) for weight × norm. Taught in chapter 14.
    """

    _esm = read_view("heads_explorer", "js", "claims")
    _css = read_view("heads_explorer", "css", "claims")

    field = traitlets.Int(0).tag(sync=True)
    length = traitlets.Float(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        *,
        weights,
        value_norms,
        fields: Sequence[str],
        cases: Sequence[str],
        start_case: int,
        start_field: int,
        holds: float | None,
        rule: str,
        statement: str = "",
        head_names: Sequence[str] | None = None,
    ):
        names = check_fields(fields)
        axes = {"case": len(cases), "head": None, "field": len(names)}
        looks = check_array("weights", weights, axes)
        check_share("weights", looks)
        norms = check_array("value_norms", value_norms, axes | {"head": looks.shape[1]})
        if norms.min() < 0:
            raise ValueError(
                f"value_norms: expected lengths of at least 0, got {norms.min()}. Take the norm."
            )
        titles = head_names or [f"head {head + 1}" for head in range(looks.shape[1])]
        meta = {"fields": names, "heads": check_labels("head_names", titles, looks.shape[1])}
        start = {"case": int(start_case), "field": int(start_field), "length": None}
        arrays = {"weights": looks, "value_norms": norms}
        super().__init__(arrays, meta | check_claim(holds, rule, statement), cases=cases, start=start)

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

    @traitlets.validate("field")
    def _check_field(self, proposal) -> int:
        return self._check_index("field", proposal["value"], len(self._meta["fields"]))

    @traitlets.validate("length")
    def _check_length(self, proposal) -> float | None:
        length = proposal["value"]
        if length is not None and not 0 <= length <= 1:
            raise traitlets.TraitError(
                f"length: expected a share from 0 to 1, or None, got {length}. 1 is the case's longest value."
            )
        return length
