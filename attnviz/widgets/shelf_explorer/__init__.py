"""ShelfExplorer: the figure "Average is no reason", over a whole shelf."""

from collections.abc import Sequence

import numpy as np

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_axes, check_labels, check_names, check_share
from ..shared.claims import Claim
from ..shared.traits import Count
from ..shared.view import read_view


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
        fields: the names of the fields; None counts.
        products: a name for each product, in the order in which they come onto the shelf; None counts.
        cases: a label for each case, such as a shopper; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        size: how many products are on the shelf at first.

    Attributes:
        case: index of the case, int.
        size: how many products are on the shelf, int, at least 1.

    Raises:
        ValueError: a shape, a name or a share does not fit; the message names the argument.

    Example:
        >>> explorer = ShelfExplorer(
        ...     weights=[[[0.7, 0.3], [0.7, 0.3]]], pushes=[[[-0.1, 0.4], [1.9, 0.2]]],
        ...     priorities=[[0.9, 0.1]], fields=["reviews", "price"])
        >>> explorer.state()["named_by_pushes"]
        'price'
        >>> explorer.size = 2
        >>> explorer.state()["named_by_pushes"]
        'reviews'

    Taught in "Priority or push?"
    """

    _esm = read_view("shelf_explorer", "js", "claims")
    _css = read_view("shelf_explorer", "css", "claims")

    size = Count(1, of="products", first=1).tag(sync=True)

    def __init__(
        self,
        weights,
        pushes,
        priorities,
        *,
        fields: Sequence[str] | None = None,
        products: Sequence[str] | None = None,
        cases: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        size: int = 1,
    ):
        looks, lengths = check_axes("weights", weights, {"case": cases, "product": products, "field": fields})
        hers = {"case": lengths["case"], "field": lengths["field"]}
        arrays = {
            "weights": looks,
            "pushes": check_array("pushes", pushes, lengths),
            "priorities": check_array("priorities", priorities, hers),
        }
        check_share("weights", arrays["weights"])
        check_share("priorities", arrays["priorities"])
        meta = {
            "fields": check_names("fields", fields, lengths["field"]),
            "products": check_labels("products", products, lengths["product"]),
            "cases": check_labels("cases", cases, lengths["case"]),
        }
        super().__init__(arrays, meta, claim=claim, case=case, size=size)

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
