"""Taking elements away from rows: fields of a product, or sentences of a review."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..attention.masks import checked_mask
from .forward import Forward, Scores, at_once, check_vectors, checked_baselines, parts

REMOVALS = ("baseline", "mask", "sample")


class Removal:
    """The logits of rows from which elements were taken away, in parts that bound memory.

    Args:
        forward_func: As for `faithfulness.comprehensiveness`, and so are the others.
        vectors: (batch, element, dim).
        baselines: For "baseline" and "sample".
        removal: "baseline", "mask" or "sample".
        mask: (batch, element), bool, or None: all are elements.
        forward_args: Further arguments.

    Attributes:
        valid: (batch, element), bool; False is padding.
    """

    def __init__(
        self,
        forward_func: Forward,
        vectors: Tensor,
        *,
        baselines: Tensor | float | None,
        removal: str,
        mask: Tensor | None,
        forward_args: tuple,
    ):
        check_vectors(vectors)
        if removal not in REMOVALS:
            raise ValueError(f"removal must be one of {REMOVALS}, got {removal!r}")
        self.vectors, self.by_mask = vectors, removal == "mask"
        self.valid = checked_mask(vectors, mask, entry="element")
        self.samples = () if self.by_mask else _samples(vectors, baselines, removal)
        self.scores = Scores(forward_func, forward_args, len(vectors))

    def parts(self, states: int) -> list[slice]:
        """Slices of rows, such that a table (state, row, element) is no larger than what goes in at once."""
        size = at_once(states * self.vectors.shape[1])
        return [slice(start, start + size) for start in range(0, len(self.vectors), size)]

    @torch.no_grad()
    def logits(self, present: Tensor, rows: slice = slice(None)) -> Tensor:
        """The logits (state, row) of what is left; present is (state, row, element), bool."""
        reached = self.vectors.new_zeros(present.shape[:2])
        here = torch.arange(len(self.vectors), device=self.vectors.device)[rows]
        for part in parts(self.vectors[rows], times=1):
            size = at_once(self.vectors[here[part]].numel())
            for states in torch.arange(len(present)).split(size):
                reached[states, part] = self._score(present[states, part], here[part])
        return reached

    def _score(self, present: Tensor, rows: Tensor) -> Tensor:
        """Logits (state, row) of a block that is small enough; rows holds numbers of rows."""
        vectors, valid = self.vectors[rows], self.valid[rows]
        args = [arg[rows] for arg in self.scores.args]
        if self.by_mask:
            repeated = vectors.expand(len(present), *vectors.shape)
            return self.scores.of_repeats(repeated, *args, mask=(present & valid).flatten(0, 1))
        kept = (present | ~valid).unsqueeze(-1)  # padding is left as it is
        logits = [
            self.scores.of_repeats(torch.where(kept, vectors, sample[rows]), *args) for sample in self.samples
        ]
        return torch.stack(logits).mean(0)


def places(ranking_scores: Tensor, valid: Tensor) -> Tensor:
    """The place of each element (batch, element), 0 for the highest score; padding comes last."""
    if ranking_scores.shape != valid.shape:
        expected, got = tuple(valid.shape), tuple(ranking_scores.shape)
        raise ValueError(f"ranking_scores must be (batch, element) = {expected}, got {got}")
    by_score = ranking_scores.detach().argsort(dim=1, descending=True, stable=True)
    order = by_score.gather(1, (~valid).gather(1, by_score).long().argsort(dim=1, stable=True))
    return order.argsort(1)


def unranked(ranking_scores: Tensor, valid: Tensor) -> Tensor:
    """Rows (batch,) without any element, or with a NaN among the scores of their elements."""
    return (ranking_scores.isnan() & valid).any(1) | ~valid.any(1)


def counts(top_k: int | float, valid: Tensor) -> Tensor:
    """How many elements (batch,) of each row top_k means."""
    number = valid.sum(1)
    if isinstance(top_k, int) and not isinstance(top_k, bool) and top_k >= 1:
        return number.clamp(max=top_k)
    if isinstance(top_k, float) and 0 < top_k <= 1:
        return (top_k * number.double() - 1e-9).ceil().long()  # 0.7 of 10 is 7, not 8
    raise ValueError(
        f"top_k must be a whole number of at least 1, or a share above 0.0 and up to 1.0, got {top_k!r}"
    )


def checked_top_ks(top_k: int | float | Sequence[int | float]) -> Sequence[int | float]:
    """top_k as a sequence that is not empty."""
    top_ks = top_k if isinstance(top_k, Sequence) else [top_k]
    if not top_ks:
        raise ValueError("top_k must hold at least one number, got an empty sequence")
    return top_ks


def _samples(vectors: Tensor, baselines: Tensor | float | None, removal: str) -> list[Tensor]:
    if baselines is None:
        raise ValueError(f"baselines are needed for removal={removal!r}: give them, or use removal='mask'")
    if removal == "baseline":
        return [checked_baselines(vectors, baselines)]
    if not isinstance(baselines, Tensor) or baselines.dim() != 4 or not baselines.shape[1]:
        got = tuple(baselines.shape) if isinstance(baselines, Tensor) else baselines
        raise ValueError(
            f"baselines must be (batch, sample, element, dim) for removal='sample', or (1, sample, element, "
            f"dim) for the same samples in all rows, got {got}"
        )
    return [checked_baselines(vectors, sample) for sample in baselines.unbind(1)]
