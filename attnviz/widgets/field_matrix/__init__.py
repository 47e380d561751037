"""FieldMatrix: self-attention among fields, who looks at whom."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import check_array, check_labels, read_view
from ..shared.claims import CaseExplorer, check_claim, check_names, check_share

MEAN = -1  # the mean over the heads


class FieldMatrix(CaseExplorer):
    """A matrix of weights: each row looks at all columns, and the chosen row is drawn as bars beside it.

    Rows and columns carry the same names: the fields, and the shopper's token where there is one.
    The darker a cell, the larger its weight; a weight of 1 has the full colour. Each row sums to 1.

    Args:
        weights: attention weights, from 0 to 1, (case, head, query, key), as many queries as keys.
        names: the names of queries and keys, in their order.
        cases: a label for each case, such as a shopper and a product.
        start_case: index of the case that is shown first.
        start_row: index of the query that is chosen first.
        start_head: index of the head that is shown first; -1 is the mean over the heads.
        holds: share of the test cases in which the figure's statement holds, from 0 to 1, or None.
        rule: the rule by which the starting case was chosen, in words.
        statement: what holds, in words that continue "Holds in 93% of the test cases: ".
        head_names: a name for each head; None counts from 1.

    Attributes:
        case: index of the case, int.
        head: index of the head, int; -1 is the mean over the heads.
        row: index of the query that is chosen, int.

    Raises:
        ValueError: a shape, a name or a number does not fit; the message names the argument.

    Example:
        >>> explorer = FieldMatrix(
        ...     weights=[[[[0.2, 0.8], [0.5, 0.5]]]], names=["shopper", "price"], cases=["Ann"],
        ...     start_case=0, rule="the first test case")
        >>> explorer.state()["looks_most_at"]
        'price'

    Taught in chapter 15.
    """

    _esm = read_view("field_matrix", "js", "claims")
    _css = read_view("field_matrix", "css", "claims")

    head = traitlets.Int(MEAN).tag(sync=True)
    row = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        *,
        weights,
        names: Sequence[str],
        cases: Sequence[str],
        start_case: int,
        start_row: int = 0,
        start_head: int = MEAN,
        holds: float | None = None,
        rule: str,
        statement: str = "",
        head_names: Sequence[str] | None = None,
    ):
        tokens = check_names("names", names)
        axes = {"case": len(cases), "head": None, "query": len(tokens), "key": len(tokens)}
        matrix = check_array("weights", weights, axes)
        check_share("weights", matrix)
        titles = head_names or [f"head {head + 1}" for head in range(matrix.shape[1])]
        meta = {"names": tokens, "heads": check_labels("head_names", titles, matrix.shape[1])}
        start = {"case": int(start_case), "head": int(start_head), "row": int(start_row)}
        super().__init__(
            {"weights": matrix}, meta | check_claim(holds, rule, statement), cases=cases, start=start
        )

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `matrix` (query, key) of the chosen head; `looks` (key,), its chosen row; `looked_at` (key,), the
            mean of each column; `looks_most_at`, the name of the chosen row's largest weight, and
            `most_looked_at`, the name of the largest column.
        """
        heads = self._arrays["weights"][self.case].astype(np.float64)
        matrix = heads.mean(0) if self.head == MEAN else heads[self.head]
        names, looked_at = self._meta["names"], matrix.mean(0)
        return {
            "matrix": matrix,
            "looks": matrix[self.row],
            "looked_at": looked_at,
            "looks_most_at": names[matrix[self.row].argmax()],
            "most_looked_at": names[looked_at.argmax()],
        }

    @traitlets.validate("head")
    def _check_head(self, proposal) -> int:
        head = proposal["value"]
        return head if head == MEAN else self._check_index("head", head, len(self._meta["heads"]))

    @traitlets.validate("row")
    def _check_row(self, proposal) -> int:
        return self._check_index("row", proposal["value"], len(self._meta["names"]))
