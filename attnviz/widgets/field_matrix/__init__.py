"""FieldMatrix: self-attention among fields, who looks at whom."""

from collections.abc import Sequence

import numpy as np

from ..shared.base import CaseExplorer
from ..shared.checks import check_axes, check_labels, check_names, check_share
from ..shared.claims import Claim
from ..shared.traits import Index
from ..shared.view import read_view

MEAN = -1  # the mean over the heads


class FieldMatrix(CaseExplorer):
    """A matrix of weights: each row looks at all columns, and the chosen row is drawn as bars beside it.

    Rows and columns carry the same names: the fields, and the shopper's token where there is one.
    The darker a cell, the larger its weight; a weight of 1 has the full colour. Each row sums to 1.

    Args:
        weights: attention weights, from 0 to 1, (case, head, query, key), as many queries as keys.
        names: the names of queries and keys, in their order.
        cases: a label for each case, such as a shopper and a product; None counts.
        head_names: a name for each head; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        head: index of the head that is shown first; -1 is the mean over the heads.
        row: index of the query that is chosen first.

    Attributes:
        case: index of the case, int.
        head: index of the head, int; -1 is the mean over the heads.
        row: index of the query that is chosen, int.

    Raises:
        ValueError: a shape, a name or a number does not fit; the message names the argument.

    Example:
        >>> explorer = FieldMatrix(
        ...     weights=[[[[0.2, 0.8], [0.5, 0.5]]]], names=["shopper", "price"])
        >>> explorer.state()["looks_most_at"]
        'price'

    Taught in "What if fields interact?"
    """

    _esm = read_view("field_matrix", "js", "claims")
    _css = read_view("field_matrix", "css", "claims")

    head = Index(MEAN, of="heads", first=MEAN).tag(sync=True)
    row = Index(of="names").tag(sync=True)

    def __init__(
        self,
        weights,
        names: Sequence[str],
        *,
        cases: Sequence[str] | None = None,
        head_names: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        head: int = MEAN,
        row: int = 0,
    ):
        tokens = check_names("names", names)
        axes = {"case": cases, "head": None, "query": tokens, "key": tokens}
        matrix, lengths = check_axes("weights", weights, axes)
        check_share("weights", matrix)
        meta = {
            "names": tokens,
            "heads": check_labels("head_names", head_names, lengths["head"]),
            "cases": check_labels("cases", cases, lengths["case"]),
        }
        super().__init__({"weights": matrix}, meta, claim=claim, case=case, head=head, row=row)

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
