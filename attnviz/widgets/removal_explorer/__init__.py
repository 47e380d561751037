"""RemovalExplorer: the figure "Pull the plug"."""

from collections.abc import Sequence

import numpy as np
import torch

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_axes, check_labels, check_names
from ..shared.claims import Claim
from ..shared.traits import Count
from ..shared.view import read_view

SAME_LOGIT = 1e-3


class RemovalExplorer(CaseExplorer):
    """Remove field after field, in several orders, and see how much of the score remains.

    A column is an order, with one card for each field in the order of removal and a score thermometer.
    An order that finds what the model needs lets the score fall early.
    The thermometer shows the probability, sigmoid(logit); the drops are given in logit units too.

    Args:
        orders: the field that is removed at each place, as its index, (case, order, field).
        logits: the model's logit after each removal, (case, order, removed), with removed from 0 to the
            number of fields.
        fields: the names of the fields; None counts.
        order_names: a name for each order, such as `["by weight", "random", "best possible"]`; None counts.
            The first is the one in question: the sentence above the figure compares it with the others.
        averaged: names of orders that stand for a mean over many random orders: `logits` holds the mean
            logit, their entries of `orders` are not read, and their cards fade together.
        cases: a label for each case; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        removed: how many fields are removed at first.

    Attributes:
        case: index of the case, int.
        removed: how many fields are removed, int.

    Raises:
        ValueError: a shape, a name or a share does not fit, an order is no order of all fields, or a case
            starts from two logits; the message names the argument.

    Example:
        >>> explorer = RemovalExplorer(
        ...     orders=[[[0, 1], [1, 0]]], logits=[[[1.0, 0.9, -1.0], [1.0, -0.8, -1.0]]],
        ...     fields=["reviews", "price"], order_names=["by weight", "best possible"])
        >>> explorer.state()["removed"]
        {'by weight': ['reviews'], 'best possible': ['price']}
        >>> explorer.state()["drops"].round(2)
        array([0.1, 1.8])

    Taught in "Does removal matter?" and "How is a score shared?"
    """

    _esm = read_view("removal_explorer", "js", "claims")
    _css = read_view("removal_explorer", "css", "claims")

    removed = Count(of="fields").tag(sync=True)

    def __init__(
        self,
        orders,
        logits,
        *,
        fields: Sequence[str] | None = None,
        order_names: Sequence[str] | None = None,
        averaged: Sequence[str] = (),
        cases: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        removed: int = 1,
    ):
        places, lengths = check_axes("orders", orders, {"case": cases, "order": order_names, "field": fields})
        curves = {"case": lengths["case"], "order": lengths["order"], "removed": lengths["field"] + 1}
        arrays = {"orders": places, "logits": check_array("logits", logits, curves)}
        titles = check_names("order_names", order_names, lengths["order"])
        means = _check_averaged(averaged, titles)
        _check_orders(places, titles, means)
        _check_full_logit(arrays["logits"])
        meta = {
            "fields": check_names("fields", fields, lengths["field"]),
            "order_names": titles,
            "averaged": means,
            "cases": check_labels("cases", cases, lengths["case"]),
        }
        super().__init__(arrays, meta, claim=claim, case=case, removed=removed)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `removed`, the names of the removed fields by order (None for an averaged one);
            `logits`, `probabilities` and `drops` (order,), the drops in logit units:
            the logit with all fields minus the one that remains, higher when more is lost.
        """
        logits = self._arrays["logits"][self.case].astype(np.float64)  # (order, removed)
        orders = self._arrays["orders"][self.case].astype(int)
        meta, left = self._meta, logits[:, self.removed]
        removed = {
            name: None if name in meta["averaged"] else [meta["fields"][i] for i in order[: self.removed]]
            for name, order in zip(meta["order_names"], orders, strict=True)
        }
        return {
            "removed": removed,
            "logits": left,
            "probabilities": torch.sigmoid(torch.from_numpy(left)).numpy(),
            "drops": logits[:, 0] - left,
        }


def _check_averaged(averaged: Sequence[str], titles: list[str]) -> list[str]:
    means = check_labels("averaged", averaged) if len(averaged) else []
    unknown = [name for name in means if name not in titles]
    if unknown:
        raise ValueError(f"averaged: expected names of orders, got {unknown}. Choose from {titles}.")
    return means


def _check_orders(orders: np.ndarray, titles: list[str], means: list[str]) -> None:
    """Each order that is one names each field once."""
    every = np.arange(orders.shape[-1])
    wrong = (np.sort(orders, axis=-1) != every).any(-1)  # (case, order)
    wrong[:, [title in means for title in titles]] = False
    if wrong.any():
        case, order = (int(index) for index in np.argwhere(wrong)[0])
        raise ValueError(
            f"orders: expected each index from 0 to {len(every) - 1} once in every order, got "
            f"{orders[case, order].tolist()} in case {case}, {titles[order]!r}. "
            f"Give the indices of all fields, or name the order in `averaged`."
        )


def _check_full_logit(logits: np.ndarray) -> None:
    """With nothing removed there is one logit a case, whatever the order."""
    apart = np.ptp(logits[:, :, 0], axis=1)
    if apart.max() > SAME_LOGIT:
        case = int(apart.argmax())
        raise ValueError(
            f"logits: expected one logit a case with nothing removed, got {logits[case, :, 0].tolist()} in "
            f"case {case}. Start every order from the logit with all fields."
        )
