"""HumanOverlay: the figure "Would people agree?"."""

from collections.abc import Sequence

import numpy as np

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_labels, check_names
from ..shared.claims import Claim
from ..shared.traits import Count, Index
from ..shared.view import read_view


class HumanOverlay(CaseExplorer):
    """The words that people marked in a review, under the words that a method scores highest.

    A word's underline is the thicker, the more people marked it. Its shade is the method's score, as a share
    of the highest one in this review; scores below 0 have none. The slider takes the words with the highest
    scores, which get a frame. Precision, recall and F1 compare them with each person's words; the mean over
    the people is shown, beside the F1 of two people of this review, the mean over their pairs.

    Args:
        words: the words of each case, (case,) lists of texts.
        marks: which words each person marked, (case,) arrays of bool (annotator, word), as many people in
            each case.
        scores: what each method says, (case,) arrays (method, word), the highest first.
        methods: the names of the methods; None counts.
        cases: a label for each case; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        method: index of the method that is shown first.
        count: how many words are taken at first.

    Attributes:
        case: index of the case, int.
        method: index of the method, int.
        count: how many words are taken, int, at least 1; a case with fewer words gives all it has.

    Raises:
        ValueError: a shape, a name or a share does not fit; the message names the argument.

    Example:
        >>> overlay = HumanOverlay(
        ...     words=[["good", "soup", "here"]], marks=[[[1, 1, 0], [1, 0, 0]]],
        ...     scores=[[[0.7, 0.1, 0.2]]], count=2)
        >>> state = overlay.state()
        >>> state["chosen"], round(state["precision"], 3), state["recall"], round(state["people_f1"], 3)
        (['good', 'here'], 0.5, 0.75, 0.667)

    Taught in "Would people agree?"
    """

    _esm = read_view("human_overlay", "js", "claims")
    _css = read_view("human_overlay", "css", "claims")

    method = Index(of="methods").tag(sync=True)
    count = Count(1, of="words", first=1).tag(sync=True)

    def __init__(
        self,
        words: Sequence[Sequence[str]],
        marks: Sequence,
        scores: Sequence,
        *,
        methods: Sequence[str] | None = None,
        cases: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        method: int = 0,
        count: int = 1,
    ):
        texts = [check_labels(f"words[{place}]", one) for place, one in enumerate(words)]
        longest = max(len(one) for one in texts) if texts else 0
        people = len(marks[0]) if len(marks) else None
        names = check_names("methods", methods, len(scores[0]) if methods is None else None)
        arrays = {
            "marks": _stacked("marks", marks, {"annotator": people}, texts),
            "scores": _stacked("scores", scores, {"method": len(names)}, texts),
        }
        if not np.isin(arrays["marks"], (0, 1)).all():
            raise ValueError(
                "marks: expected True or False for each word, got other numbers. Give bool arrays."
            )
        meta = {
            "words": texts,
            "methods": names,
            "longest": longest,
            "cases": check_labels("cases", cases, len(texts)),
        }
        axes = {"words": longest}
        super().__init__(arrays, meta, claim=claim, axes=axes, case=case, method=method, count=count)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `chosen`, the words that are taken, in the order of the text; `votes` (word,), how many people
            marked each word; `precision`, `recall`, `f1`, means over the people, from 0 to 1, a recall
            being undefined for who marked nothing; `people_f1`, the mean over pairs of people. NaN where
            nothing is defined.
        """
        words = self._meta["words"][self.case]
        marks = self._arrays["marks"][self.case][:, : len(words)] > 0  # (annotator, word)
        scores = self._arrays["scores"][self.case, self.method, : len(words)]
        taken = np.zeros(len(words), dtype=bool)
        taken[np.argsort(-scores, kind="stable")[: self.count]] = True
        both, sizes = (marks & taken).sum(1), marks.sum(1)
        pairs = [(a, b) for b in range(len(marks)) for a in range(b)]
        return {
            "chosen": [word for word, is_taken in zip(words, taken, strict=True) if is_taken],
            "votes": marks.sum(0),
            "precision": float(np.mean(both / taken.sum())),
            "recall": _mean(both, sizes),
            "f1": _mean(2 * both, sizes + taken.sum()),
            "people_f1": _mean(
                np.array([2 * (marks[a] & marks[b]).sum() for a, b in pairs]),
                np.array([sizes[a] + sizes[b] for a, b in pairs]),
            ),
        }


def _stacked(name: str, tables: Sequence, axis: dict[str, int | None], texts: list[list[str]]) -> np.ndarray:
    """One table a case, filled up with zeros to the longest, (case, row, word)."""
    if len(tables) != len(texts):
        raise ValueError(f"{name}: expected one table for each of {len(texts)} cases, got {len(tables)}.")
    checked = [
        check_array(f"{name}[{case}]", table, axis | {"word": len(text)})
        for case, (table, text) in enumerate(zip(tables, texts, strict=True))
    ]
    longest = max(map(len, texts))
    return np.stack([np.pad(table, ((0, 0), (0, longest - table.shape[1]))) for table in checked])


def _mean(parts: np.ndarray, wholes: np.ndarray) -> float:
    """The mean of part / whole where there is a whole; NaN where there is none."""
    defined = wholes > 0
    return float(np.mean(parts[defined] / wholes[defined])) if defined.any() else float("nan")
