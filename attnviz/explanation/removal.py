"""Taking elements away from rows: fields of a product, or sentences of a review."""

import torch
from torch import Tensor

from ..attention.checks import check_tensors
from ..attention.masks import checked_mask
from .forward import Forward, Scores, at_once, check_takes, check_vectors, checked_baselines, parts

WAYS = ("baseline", "mask", "sample")


class Removal:
    """What to score and how to take parts of it away: made once, then given to every measure of removal.

    Elements are a product's fields, a review's sentences, or whatever `vectors` holds.
    An element is taken away in one of three ways, and every answer depends on it:

    - how="baseline": its baseline vector stands in its place.
    - how="mask": forward_func leaves it out; its argument `mask` says who takes part. The other elements
      share its weight.
    - how="sample": the vectors of other items stand in its place, one item after the other; the mean of the
      logits counts.

    The measures are `comprehensiveness`, `sufficiency`, `deletion_curve`, `insertion_curve`, `best_order`,
    `best_curve` and `random_curve`.

    Args:
        forward_func: `forward_func(vectors, *forward_args) -> logits (batch,)`; with how="mask" it is called
            with a further `mask=` (batch, element), bool, True takes part.
        vectors: (batch, element, dim), float.
        baselines: For "baseline" as for `attribute`; for "sample" (batch, sample, element, dim), or
            (1, sample, element, dim) for all rows. "mask" needs none.
        mask: (batch, element), bool, False for padding: it is never removed or counted. In other ways than
            "mask", tell forward_func of padding by forward_args. None: all are elements.
        how: "baseline", "mask" or "sample".
        forward_args: As for `attribute`.

    Attributes:
        vectors: As given.
        valid: (batch, element), bool; False is padding.

    Raises:
        ValueError: If shapes or options do not fit.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[3.0], [1.0]]]), baselines=0.0)
        >>> removal.logits(torch.tensor([[[True, True]], [[False, True]]]))
        tensor([[4.],
                [1.]])

    Taught in "Does removal matter?"
    """

    def __init__(
        self,
        forward_func: Forward,
        vectors: Tensor,
        *,
        baselines: Tensor | float | None = None,
        mask: Tensor | None = None,
        how: str = "baseline",
        forward_args: tuple = (),
    ):
        check_vectors(vectors)
        if how not in WAYS:
            raise ValueError(f"how must be one of {WAYS}, got {how!r}")
        self.vectors, self.by_mask = vectors, how == "mask"
        self.valid = checked_mask(vectors, mask, axes=("batch", "element"))
        self.samples = [] if self.by_mask else _samples(vectors, baselines, how)
        self.scores = Scores(forward_func, forward_args, len(vectors))
        if self.by_mask:
            check_takes(forward_func, "mask", why="for how='mask'")

    def parts(self, states: int) -> list[slice]:
        """Slices of rows, such that a table (state, row, element) is no larger than what goes in at once."""
        size = at_once(states * self.vectors.shape[1])
        return [slice(start, start + size) for start in range(0, len(self.vectors), size)]

    @torch.no_grad()
    def logits(self, present: Tensor, rows: slice = slice(None)) -> Tensor:
        """The logits (state, row) of what is left; present is (state, row, element), bool."""
        check_tensors(vectors=self.vectors, present=present)
        expected = self.valid[rows].shape
        if present.dtype != torch.bool or present.dim() != 3 or present.shape[1:] != expected:
            got = f"{present.dtype} {tuple(present.shape)}"
            raise ValueError(f"present must be bool (state, row, element) = (..., {expected}), got {got}")
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


def check_removal(removal: object) -> None:
    """Raise a ValueError unless it is a `Removal`."""
    if not isinstance(removal, Removal):
        kind = type(removal).__name__
        raise ValueError(f"removal must be a Removal, got {kind}: use Removal(forward_func, vectors, ...)")


def _samples(vectors: Tensor, baselines: Tensor | float | None, how: str) -> list[Tensor]:
    if baselines is None:
        raise ValueError(f"baselines are needed for how={how!r}: give them, or use how='mask'")
    if how == "baseline":
        return [checked_baselines(vectors, baselines)]
    if not isinstance(baselines, Tensor) or baselines.dim() != 4 or not baselines.shape[1]:
        got = tuple(baselines.shape) if isinstance(baselines, Tensor) else baselines
        raise ValueError(
            f"baselines must be (batch, sample, element, dim) for how='sample', or (1, sample, element, "
            f"dim) for the same samples in all rows, got {got}"
        )
    return [checked_baselines(vectors, sample) for sample in baselines.unbind(1)]
