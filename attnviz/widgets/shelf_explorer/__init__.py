"""ShelfExplorer: the figure "Average is no reason", over a whole shelf."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import check_array, check_fields, check_labels, read_view
from ..shared.claims import CaseExplorer, check_claim, check_share


class ShelfExplorer(CaseExplorer):
    """One push says little about what matters to a shopper; the spread of many pushes says much.

    A row is a field, with the model's weight, averaged over the shelf, and a dot for each product's push.
    The slider puts products on the shelf, one by one.
    The largest push of one product may come from any field. Over a shelf, the field whose pushes spread most
    is the one that the model decides by for this shopper, as the mean weight may say too.
    The spread is the standard deviation, with the number of products less one.

    Args:
        weights: the model's attention weights, from 0 to 1, (case, product, field).
        pushes: the model's pushes, signed, in logit units, (case, product, field).
        priorities: the shopper's priorities, from 0 to 1, (case, field), which only planted data knows.
        fields: the names of the fields.
        products: a name for each product, in the order in which they come onto the shelf.
        cases: a label for each case, such as a shopper.
        start_case: index of the case that is shown first.
        start_size: how many products are on the shelf at first.
        holds: share of the test cases in which the figure's statement holds, from 0 to 1.
        rule: the rule by which the starting case was chosen, in words.
        statement: what holds, in words that continue "Holds in 93% of the test cases: ".

    Attributes:
        case: index of the case, int.
        size: how many products are on the shelf, int, at least 1.

    Raises:
        ValueError: a shape, a name or a share does not fit; the message names the argument.

    Example:
        >>> explorer = ShelfExplorer(
        ...     weights=[[[0.7, 0.3], [0.7, 0.3]]], pushes=[[[-0.1, 0.4], [1.9, 0.2]]],
        ...     priorities=[[0.9, 0.1]], fields=["reviews", "price"], products=["scarf", "hat"],
        ...     cases=["Ann"], start_case=0, holds=0.93, rule="the first test case")
        >>> explorer.state()["named_by_pushes"]
        'price'
        >>> explorer.size = 2
        >>> explorer.state()["named_by_pushes"]
        'reviews'

    Taught in chapter 10.
    """

    _esm = read_view("shelf_explorer", "js", "claims")
    _css = read_view("shelf_explorer", "css", "claims")

    size = traitlets.Int(1).tag(sync=True)

    def __init__(
        self,
        *,
        weights,
        pushes,
        priorities,
        fields: Sequence[str],
        products: Sequence[str],
        cases: Sequence[str],
        start_case: int,
        start_size: int = 1,
        holds: float,
        rule: str,
        statement: str = "",
    ):
        names, titles = check_fields(fields), check_labels("products", products)
        axes = {"case": len(cases), "product": len(titles), "field": len(names)}
        arrays = {
            "weights": check_array("weights", weights, axes),
            "pushes": check_array("pushes", pushes, axes),
            "priorities": check_array("priorities", priorities, {"case": len(cases), "field": len(names)}),
        }
        check_share("weights", arrays["weights"])
        check_share("priorities", arrays["priorities"])
        meta = {"fields": names, "products": titles} | check_claim(holds, rule, statement)
        super().__init__(arrays, meta, cases=cases, start={"case": int(start_case), "size": int(start_size)})

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `mean_weights` (field,); `pushes` (product, field), in logit units; `spreads` (field,), None for a
            shelf of one; the names of the fields that come first: `named_by_weight`, `named_by_pushes` (by
            the largest spread, or on one product by the largest push, up or down), and `own`, the shopper's.
        """
        weights, pushes = (
            self._arrays[name][self.case, : self.size].astype(np.float64) for name in ("weights", "pushes")
        )
        spreads = pushes.std(0, ddof=1) if self.size > 1 else None
        sizes, fields = np.abs(pushes[0]) if spreads is None else spreads, self._meta["fields"]
        mean_weights, priorities = weights.mean(0), self._arrays["priorities"][self.case]
        return {
            "mean_weights": mean_weights,
            "pushes": pushes,
            "spreads": spreads,
            "named_by_weight": fields[mean_weights.argmax()],
            "named_by_pushes": fields[sizes.argmax()],
            "own": fields[priorities.argmax()],
        }

    @traitlets.validate("size")
    def _check_size(self, proposal) -> int:
        size, count = proposal["value"], len(self._meta["products"])
        if not 1 <= size <= count:
            raise traitlets.TraitError(
                f"size: expected 1 to {count} products, got {size}. Give as many as there are."
            )
        return size
