"""What a figure says of itself: its statement, how often it holds, and the rule of its starting state."""

from collections.abc import Sequence

import numpy as np
import traitlets

from .base import Explorer, check_labels


class CaseExplorer(Explorer):
    """An explorer of one test case among many, with a claim about all of them."""

    case = traitlets.Int(0).tag(sync=True)

    def __init__(self, arrays: dict[str, np.ndarray], meta: dict, *, cases: Sequence[str], start: dict):
        super().__init__(arrays, meta | {"cases": check_labels("cases", cases), "start": start}, **start)

    @traitlets.validate("case")
    def _check_case(self, proposal) -> int:
        return self._check_index("case", proposal["value"], len(self._meta["cases"]))


def check_claim(holds: float | None, rule: str, statement: str) -> dict:
    """The figure's claim: in what share of the cases its statement holds, and how its start was chosen.

    Raises:
        ValueError: the share is not from 0 to 1.

    Example:
        >>> check_claim(0.93, "the first test case", "another field moves the score more.")["holds"]
        0.93
    """
    if holds is not None:
        check_share("holds", np.asarray(holds, dtype=float))
        holds = float(holds)
    return {"holds": holds, "rule": str(rule), "statement": str(statement)}


def check_names(argument: str, labels: Sequence[str], count: int | None = None) -> list[str]:
    """The labels as a list of texts, each of them once.

    Raises:
        ValueError: not as many as wanted, or a name that comes twice.

    Example:
        >>> check_names("order_names", ["by weight", "by weight"])
        Traceback (most recent call last):
        ...
        ValueError: order_names: expected each name once, got ['by weight'] more than once. Rename them.
    """
    names = check_labels(argument, labels, count)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{argument}: expected each name once, got {twice} more than once. Rename them.")
    return names


def check_share(name: str, values: np.ndarray) -> None:
    """Raise a ValueError unless all values are from 0 to 1, but for rounding."""
    if not ((values >= -1e-6) & (values <= 1 + 1e-6)).all():
        raise ValueError(
            f"{name}: expected numbers from 0 to 1, got {values.min()} to {values.max()}. "
            f"Give shares, after softmax and not in percent."
        )


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(logits)))
