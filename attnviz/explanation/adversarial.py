"""Could other weights do? The furthest ones that leave the prediction nearly as it is."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..attention.checks import check_count, check_number, check_seed
from ..metrics.agreement import jensen_shannon
from .sanity import ForwardWithWeights, checked_weights, logits_with

_INSIDE = 1e-4  # how far a point on the edge of what is allowed is drawn inwards, against rounding
_HALVINGS = 40


class AdversarialWeights(NamedTuple):
    """Other weights with nearly the same probability.

    Attributes:
        weights: (batch, field), in [0, 1], rows sum to 1.
        distance: (batch,), their Jensen-Shannon divergence from the model's weights, in [0, 1].
        change: (batch,), probability with them − probability with the model's; at most epsilon either way.
    """

    weights: Tensor
    distance: Tensor
    change: Tensor


@torch.no_grad()
def adversarial_weights(
    forward_with_weights: ForwardWithWeights,
    weights: Tensor,
    *,
    epsilon: float = 0.01,
    num_steps: int = 100,
    seed: int = 0,
    mask: Tensor | None = None,
) -> AdversarialWeights:
    """The weights furthest from the model's that change the probability by at most epsilon.

    Where the logit is linear in the weights (point attention with a linear head) the allowed weights are a
    slice of a triangle, or of its like in more dimensions. The divergence is convex, so its maximum lies in a
    corner of the slice, with one or two weights above 0: all corners are looked at, and the result is exact
    up to a part in ten thousand.
    For any other model this is a start, from which random steps that stay allowed go on; then the distance
    is a lower bound. Every result was scored by forward_with_weights and found allowed, with the same
    epsilon as is reported.
    To freeze some fields, search over how the others share their weight: `weights` are then shares that sum
    to 1, and forward_with_weights puts the frozen fields' part beside them. The divergence of the whole
    weights is that of the shares times the weight that was shared out, so the furthest stays the furthest.

    Args:
        forward_with_weights: As for `permuted_weights`.
        weights: (batch, field), the model's; rows sum to 1.
        epsilon: How far the probability sigmoid(logit) may move, above 0.
        num_steps: Random steps; each costs a forward pass. 0 for a linear head.
        seed: Seed of the steps.
        mask: (batch, field), bool, False for padding, which gets 0. None: all are fields.

    Returns:
        AdversarialWeights(weights, distance, change). A distance far from 0 says that the weights are not
        the only ones for this prediction: not unique, which is less than wrong.

    Raises:
        ValueError: If shapes do not fit, rows do not sum to 1, or epsilon or num_steps is out of range.

    Example:
        >>> weights = torch.tensor([[0.6, 0.3, 0.1]])
        >>> found = adversarial_weights(lambda w: w @ torch.tensor([1.0, 1.0, -2.0]), weights, epsilon=0.05)
        >>> found.weights.round(decimals=2), found.distance.round(decimals=2)
        (tensor([[0.0000, 0.9800, 0.0200]]), tensor([0.4600]))

    Paper: Jain and Wallace (2019), who optimise with one epsilon and report with another.
    Taught in "Could other weights do?"
    """
    mask = checked_weights(weights, mask)
    _check_search(weights, epsilon, num_steps, seed)
    search = _Search(forward_with_weights, weights, mask, epsilon)
    search.try_corners()
    generator = torch.Generator().manual_seed(seed)
    for step in range(num_steps):
        search.try_random_step(generator, size=0.5 * 0.97**step)
    return AdversarialWeights(search.best, search.distance, search.probability(search.best) - search.own)


class _Search:
    """The furthest weights found so far, all of them allowed."""

    def __init__(self, forward: ForwardWithWeights, weights: Tensor, mask: Tensor, epsilon: float):
        self.forward, self.weights, self.mask, self.epsilon = forward, weights, mask, epsilon
        self.own_logits = logits_with(forward, weights)
        self.own = self.own_logits.sigmoid()
        self.best, self.distance = weights.clone(), torch.zeros_like(self.own)

    def probability(self, weights: Tensor) -> Tensor:
        """The probabilities (batch,) with these weights."""
        return logits_with(self.forward, weights).sigmoid()

    def is_allowed(self, weights: Tensor) -> Tensor:
        """Whether the probability moves by at most epsilon, (batch,)."""
        return (self.probability(weights) - self.own).abs() <= self.epsilon

    def keep(self, weights: Tensor) -> None:
        """Take the rows that are allowed and further away than what is known."""
        distance = jensen_shannon(self.weights, weights)
        better = self.is_allowed(weights) & (distance > self.distance)
        self.best = torch.where(better[:, None], weights, self.best)
        self.distance = torch.where(better, distance, self.distance)

    def try_corners(self) -> None:
        """The furthest corner of what is allowed, if the logit were linear in the weights."""
        furthest, target = torch.zeros_like(self.own), self.weights
        for corners in self._corners():  # (corner, batch, field)
            own = self.weights.expand_as(corners)
            distance = jensen_shannon(own.flatten(0, 1), corners.flatten(0, 1)).view(corners.shape[:2])
            best = distance.nan_to_num(-1.0).max(0)
            corner = corners[best.indices, torch.arange(len(target), device=target.device)]
            target = torch.where((best.values > furthest)[:, None], corner, target)
            furthest = torch.maximum(best.values, furthest)
        self.keep(self._inwards(target))

    def _corners(self) -> Iterator[Tensor]:
        """For each field the corners (corner, batch, field) on edges that start in it, NaN where none is."""
        field = self.weights.shape[1]
        alone = torch.eye(field).to(self.weights)
        given = [a.where(self.mask[:, [f]], self.weights) for f, a in enumerate(alone)]
        at = torch.stack([logits_with(self.forward, weights) for weights in given])
        at = at.where(self.mask.T, torch.nan)  # (field, batch): all the weight on one field
        low, high = (self.own - self.epsilon).logit(), (self.own + self.epsilon).logit()
        low, high = low.nan_to_num(-torch.inf), high.nan_to_num(torch.inf)  # nothing is out of reach
        for first in range(field):
            whole = alone[None, [first]].where(
                ((at[first] >= low) & (at[first] <= high))[None, :, None], torch.nan
            )
            others = slice(first + 1, None)
            edges = [
                _between(alone[first], alone[others], (edge - at[first]) / (at[others] - at[first]))
                for edge in (low, high)
            ]
            yield torch.cat([whole, *edges])

    def _inwards(self, weights: Tensor) -> Tensor:
        """The furthest allowed point on the way from the model's weights, by halving, to these."""
        inside, outside = torch.zeros_like(self.own), torch.full_like(self.own, 1 - _INSIDE)
        whole = self.is_allowed(torch.lerp(self.weights, weights, outside[:, None]))
        inside = torch.where(whole, outside, inside)
        for _ in range(0 if whole.all() else _HALVINGS):
            middle = (inside + outside) / 2
            allowed = self.is_allowed(torch.lerp(self.weights, weights, middle[:, None]))
            inside, outside = middle.where(allowed, inside), outside.where(allowed, middle)
        return torch.lerp(self.weights, weights, inside[:, None])

    def try_random_step(self, generator: torch.Generator, *, size: float) -> None:
        """From the furthest weights a step towards random ones, and back to what is allowed if need be."""
        noise = torch.rand(self.weights.shape, generator=generator).to(self.weights)
        target = (-noise.clamp(min=1e-7).log() * self.mask) ** 4  # most of the weight on a few fields
        target = target / target.sum(1, keepdim=True).clamp(min=1e-30)
        self.keep(torch.lerp(self.best, target.where(self.mask.any(1, keepdim=True), self.weights), size))


def _between(first: Tensor, others: Tensor, share: Tensor) -> Tensor:
    """Points (other, batch, field) of edges at shares (other, batch); NaN where one is not in [0, 1]."""
    share = share.where((share >= 0) & (share <= 1), torch.nan)[..., None]
    return first * (1 - share) + others[:, None] * share


def _check_search(weights: Tensor, epsilon: float, num_steps: int, seed: int) -> None:
    sums = weights.sum(1)
    if not ((sums - 1).abs() < 1e-3).all():
        raise ValueError(
            f"weights must be at least 0 and sum to 1 in each row, got sums from {sums.min():.4g}"
        )
    check_number("epsilon", epsilon, above=0, below=1)
    check_count("num_steps", num_steps, least=0)
    check_seed(seed)
