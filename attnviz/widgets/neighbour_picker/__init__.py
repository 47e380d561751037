"""NeighbourPicker: the figure "What lies near a sentence?"."""

from collections.abc import Sequence

import numpy as np

from ..shared.base import Explorer
from ..shared.checks import check_array, check_labels, check_names
from ..shared.claims import Claim
from ..shared.traits import Index
from ..shared.view import read_view


class NeighbourPicker(Explorer):
    """Pick a text, and see which others lie nearest to it and which farthest.

    Only the cosines and a map travel to the browser, not the vectors.
    The map shows the vectors, at length 1, along their first two principal components,
    and says how much of their differences that keeps.
    Near means "used alike in the texts that the encoder has read", not "of the same opinion".

    Args:
        vectors: a vector for each text, (text, dim), of any length but zero.
        texts: the texts, each of them once.
        kinds: optional, a short note for each text, such as `"zip, good"`.
        opinions: optional, for each text 1 if it praises (blue), -1 if it blames (amber), 0 if neither.
        count: how many neighbours stand in each of the two lists; None: 5, or as many as there are.
        claim: what holds, in what share of the test cases, and how the first text was chosen; or None.
        chosen: index of the text that is picked first.

    Attributes:
        chosen: index of the picked text, int.

    Raises:
        ValueError: a shape or a number of labels does not fit, a vector is zero, or there are too few texts
            for two lists of `count`; the message names the argument.

    Example:
        >>> picker = NeighbourPicker(
        ...     vectors=[[1, 0], [3, 4], [0, 1]], texts=["soft", "gentle", "late"])
        >>> picker.state()["nearest"], picker.state()["cosines"].round(2)
        (['gentle'], array([1. , 0.6, 0. ]))

    Taught in "How do words become vectors?"
    """

    _esm = read_view("neighbour_picker", "js", "claims")
    _css = read_view("neighbour_picker", "css", "claims")

    chosen = Index(of="texts").tag(sync=True)

    def __init__(
        self,
        vectors,
        texts: Sequence[str],
        *,
        kinds: Sequence[str] | None = None,
        opinions: Sequence[int] | None = None,
        count: int | None = None,
        claim: Claim | None = None,
        chosen: int = 0,
    ):
        names = check_names("texts", texts)
        most = (len(names) - 1) // 2
        count = min(5, most) if count is None else count
        if not 1 <= count <= most:
            raise ValueError(
                f"count: expected 1 to {most} neighbours for {len(names)} texts, got {count}. "
                f"Give more texts, or show fewer neighbours."
            )
        notes = [""] * len(names) if kinds is None else check_labels("kinds", kinds, len(names))
        unit = _unit(check_array("vectors", vectors, {"text": len(names), "dim": None}))
        places, kept = _map(unit)
        arrays = {"cosines": (unit @ unit.T).clip(-1, 1).astype(np.float32), "places": places}
        if opinions is not None:
            arrays["opinions"] = _check_opinions(opinions, len(names))
        meta = {"texts": names, "kinds": notes, "count": int(count), "kept": kept}
        super().__init__(arrays, meta, claim=claim, chosen=chosen)

    def state(self) -> dict:
        """What the browser shows for the picked text.

        Returns:
            `nearest` and `farthest`, the texts of the two lists, the most extreme first; `cosines` (text,)
            to all texts, from -1 to 1, 1 with itself.
        """
        texts, count = self._meta["texts"], self._meta["count"]
        cosines = self._arrays["cosines"][self.chosen].astype(np.float64)
        order = [int(i) for i in np.argsort(-cosines, kind="stable") if i != self.chosen]
        return {
            "nearest": [texts[i] for i in order[:count]],
            "farthest": [texts[i] for i in order[: -count - 1 : -1]],
            "cosines": cosines,
        }


def _unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors (text, dim) at length 1, in float64."""
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if (lengths == 0).any():
        raise ValueError(
            f"vectors: expected vectors with a direction, got zero for text {int(lengths.argmin())}. "
            f"Leave that text out."
        )
    return wide / lengths


def _map(unit: np.ndarray) -> tuple[np.ndarray, float]:
    """Places (text, 2) on the first two principal components, and the share of the variance they keep."""
    centred = unit - unit.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    places = np.zeros((len(unit), 2), dtype=np.float32)
    first = (left * sizes)[:, :2]
    places[:, : first.shape[1]] = first * np.where(np.abs(first).max(axis=0) == first.max(axis=0), 1, -1)
    total = (sizes**2).sum()
    return places, float((sizes[:2] ** 2).sum() / total) if total > 0 else 1.0


def _check_opinions(opinions, count: int) -> np.ndarray:
    checked = check_array("opinions", opinions, {"text": count})
    if not set(checked.tolist()) <= {-1.0, 0.0, 1.0}:
        raise ValueError(
            f"opinions: expected 1, -1 or 0 for each text, got {sorted(set(checked.tolist()))[:5]}. "
            f"Give 1 for praise, -1 for blame, 0 for neither."
        )
    return checked
