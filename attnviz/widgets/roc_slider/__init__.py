"""RocSlider: the figure "What does a threshold cost?"."""

from collections.abc import Mapping

import numpy as np
import traitlets

from ..shared.base import Explorer, check_array, read_view
from ..shared.claims import check_claim, check_names, check_share

LEVELS = 100  # steps of the slider; the histogram joins two of them to a bar


class RocSlider(Explorer):
    """Move a threshold through the predicted probabilities of both labels, and along the ROC curve.

    A product is named when its probability is at least the threshold.
    Counts for each hundredth travel to the browser, whatever the number of rows, so they are exact.

    Args:
        probabilities: for each judge, by name, the predicted probability of each row, (row,), from 0 to 1.
            The first judge is shown first.
        labels: what happened, (row,), 0 or 1; both must occur.
        start_threshold: the threshold at the beginning, from 0 to 1, in hundredths.
        rule: the rule by which it was chosen, in words.
        holds: optional, share of the test cases in which the figure's statement holds, from 0 to 1.
        statement: what holds, in words.

    Attributes:
        threshold: from 0 to 1, in hundredths, float.
        judge: index of the judge whose rows are shown, int.

    Raises:
        ValueError: a shape or a range does not fit, or a label is missing; the message names the argument.

    Example:
        >>> slider = RocSlider(probabilities={"model": [0.9, 0.7, 0.6, 0.4, 0.2]}, labels=[1, 0, 1, 0, 0],
        ...                    start_threshold=0.5, rule="one half")
        >>> state = slider.state()
        >>> state["true_positives"], state["false_positives"], round(state["fpr"], 2), round(state["auc"], 2)
        (2, 1, 0.33, 0.83)

    Paper: Fawcett (2006). Taught in chapter 6.
    """

    _esm = read_view("roc_slider", "js", "claims")
    _css = read_view("roc_slider", "css", "claims")

    threshold = traitlets.Float(0.5).tag(sync=True)
    judge = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        *,
        probabilities: Mapping[str, np.ndarray],
        labels,
        start_threshold: float,
        rule: str,
        holds: float | None = None,
        statement: str = "",
    ):
        taken = _check_labels(labels)
        names = check_names("probabilities", list(probabilities))
        judged = [np.asarray(values, dtype=np.float64) for values in probabilities.values()]
        for name, values in zip(names, judged, strict=True):
            check_array(f"probabilities[{name!r}]", values, {"row": len(taken)})
            check_share(f"probabilities[{name!r}]", values)
        arrays = {
            "named": np.stack([[_named(values[taken == label]) for label in (0, 1)] for values in judged]),
            "auc": np.array([_auc(values[taken == 1], values[taken == 0]) for values in judged]),
        }
        start = {"threshold": float(start_threshold), "judge": 0}
        meta = {"judges": names, "start": start} | check_claim(holds, rule, statement)
        super().__init__(arrays, meta, **start)

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

    @traitlets.validate("judge")
    def _check_judge(self, proposal) -> int:
        return self._check_index("judge", proposal["value"], len(self._meta["judges"]))

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal) -> float:
        value = proposal["value"]
        if not 0 <= value <= 1:
            raise traitlets.TraitError(
                f"threshold: expected a number from 0 to 1, got {value}. Give a probability, not a logit."
            )
        return round(value * LEVELS) / LEVELS


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
