"""RocSlider: the figure "What does a threshold cost?"."""

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from ..shared.base import Explorer
from ..shared.checks import check_array, check_names, check_share
from ..shared.claims import Claim
from ..shared.traits import Index, Number
from ..shared.view import read_view

LEVELS = 100  # steps of the slider; the histogram joins two of them to a bar


class RocSlider(Explorer):
    """Move a threshold through the predicted probabilities of both labels, and along the ROC curve.

    A product is named when its probability is at least the threshold.
    Counts for each hundredth travel to the browser, whatever the number of rows, so they are exact.

    Args:
        probabilities: for each judge, by name, the predicted probability of each row, (row,), from 0 to 1.
        labels: what happened, (row,), 0 or 1; both must occur.
        claim: what holds, in what share of the test cases, and how the first threshold was chosen; or None.
        threshold: the threshold at first, from 0 to 1, in hundredths.
        judge: index of the judge whose rows are shown first.

    Attributes:
        threshold: from 0 to 1, in hundredths, float.
        judge: index of the judge whose rows are shown, int.

    Raises:
        ValueError: a shape or a range does not fit, or a label is missing; the message names the argument.

    Example:
        >>> slider = RocSlider({"model": [0.9, 0.7, 0.6, 0.4, 0.2]}, labels=[1, 0, 1, 0, 0])
        >>> state = slider.state()
        >>> state["true_positives"], state["false_positives"], round(state["fpr"], 2), round(state["auc"], 2)
        (2, 1, 0.33, 0.83)

    Paper: Fawcett (2006). Taught in "Is it any good?"
    """

    _esm = read_view("roc_slider", "js", "claims")
    _css = read_view("roc_slider", "css", "claims")

    threshold = Number(0.5, low=0, high=1, advice="Give a probability, not a logit.").tag(sync=True)
    judge = Index(of="judges").tag(sync=True)

    def __init__(
        self,
        probabilities: Mapping[str, Sequence[float]],
        labels,
        *,
        claim: Claim | None = None,
        threshold: float = 0.5,
        judge: int = 0,
    ):
        taken = _check_labels(labels)
        if not isinstance(probabilities, Mapping):
            kind = type(probabilities).__name__
            raise ValueError(f"probabilities: expected {{name: numbers}}, got {kind}. Put it into a dict.")
        names = check_names("probabilities", list(probabilities))
        for name, values in probabilities.items():
            check_share(
                f"probabilities[{name!r}]",
                check_array(f"probabilities[{name!r}]", values, {"row": len(taken)}),
            )
        judged = [np.asarray(values, dtype=np.float64) for values in probabilities.values()]
        arrays = {
            "named": np.stack([[_named(values[taken == label]) for label in (0, 1)] for values in judged]),
            "auc": np.array([_auc(values[taken == 1], values[taken == 0]) for values in judged]),
        }
        super().__init__(arrays, {"judges": names}, claim=claim, threshold=threshold, judge=judge)

    def state(self) -> dict:
        """What the browser shows at the threshold, for the judge.

        Returns:
            The four counts `true_positives` and `false_negatives` (taken, and named or not), and
            `false_positives` and `true_negatives` (not taken, and named or not); `tpr` and `fpr`, the shares
            of the taken rows and of the others that are named; `precision`, the share of the named rows that
            were taken (NaN if none is named); `auc`.
        """
        counts = self._arrays["named"][self.judge].astype(int)  # (label, level)
        others, taken = counts[:, round(self.threshold * LEVELS)].tolist()
        all_others, all_taken = counts[:, 0].tolist()
        return {
            "true_positives": taken,
            "false_negatives": all_taken - taken,
            "false_positives": others,
            "true_negatives": all_others - others,
            "tpr": taken / all_taken,
            "fpr": others / all_others,
            "precision": taken / (taken + others) if taken + others else float("nan"),
            "auc": float(self._arrays["auc"][self.judge]),
        }

    @traitlets.validate("threshold")
    def _round_threshold(self, proposal) -> float:
        return round(proposal["value"] * LEVELS) / LEVELS


def _check_labels(labels) -> np.ndarray:
    taken = check_array("labels", labels, {"row": None})
    if set(np.unique(taken).tolist()) != {0.0, 1.0}:
        raise ValueError(
            f"labels: expected 0 and 1, and both of them, got {np.unique(taken)[:5].tolist()}. "
            f"A threshold parts two kinds of rows."
        )
    return taken


def _named(probabilities: np.ndarray) -> np.ndarray:
    """How many rows are named at each threshold 0, .01, ..., 1 (level,)."""
    thresholds = np.arange(LEVELS + 1) / LEVELS
    return len(probabilities) - np.searchsorted(np.sort(probabilities), thresholds, side="left")


def _auc(taken: np.ndarray, others: np.ndarray) -> float:
    """The share of pairs in which the taken row has the higher probability; a tie counts half."""
    ordered = np.sort(others)
    below, not_above = (np.searchsorted(ordered, taken, side=side) for side in ("left", "right"))
    return float((below + not_above).mean() / 2 / len(others))
