"""Shapley values over all coalitions of fields: by forward passes, or in closed form for point attention."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from .forward import Scores, at_once

MAX_FIELDS = 12
MAX_POINT_FIELDS = 20
_LARGEST_DISTANCE = 600  # exp of it, times any sensible value, still is a float64


@torch.no_grad()
def shapley_point(
    scores: Tensor, values: Tensor, *, baseline_scores: Tensor, baseline_values: Tensor
) -> Tensor:
    """Exact Shapley values of point attention with a linear head, in closed form.

    With a linear head the logit is bias + sum_f w_f v_f, where v_f = head . x_f is what field f alone would
    give, and w = softmax(s).
    A field outside the coalition brings the score and value of its baseline vector.
    So the logits of all coalitions are two matrix products: one for the numerators sum_f exp(s_f) v_f, one
    for the denominators sum_f exp(s_f). No forward pass is needed, and the bias cancels.
    It computes in float64.

    Args:
        scores: (batch, field), attention scores before softmax, with any temperature already in them.
            Minus infinity, in scores and baseline_scores, takes a field out.
        values: (batch, field), head . x_f; `model.point_terms` gives scores and values.
        baseline_scores: Scores of the baseline vectors; they broadcast to (batch, field).
        baseline_values: Values of the baseline vectors; they broadcast to (batch, field).

    Returns:
        Attributions (batch, field), in the unit of the logit, equal to `attribute(method="shapley")`.
        A row sums to the logit − the baseline's logit.

    Raises:
        ValueError: If the shapes do not fit, there are more than 20 fields, or a row's scores and
            baseline_scores lie more than 600 apart.

    Example:
        >>> scores, values = torch.zeros(1, 2), torch.tensor([[4.0, -2.0]])
        >>> shapley_point(scores, values, baseline_scores=scores, baseline_values=torch.zeros(1, 2))
        tensor([[ 2., -1.]])

    Paper: Shapley (1953). Taught in chapter 11.
    """
    baseline_scores, baseline_values = _checked_terms(scores, values, baseline_scores, baseline_values)
    both_scores = torch.cat([scores, baseline_scores], 1).double()  # (batch, 2 field)
    both_values = torch.cat([values, baseline_values], 1).double()
    shares = [
        _point_shares(*rows) for rows in zip(both_scores.split(4096), both_values.split(4096), strict=True)
    ]
    return torch.cat(shares).to(scores.dtype)


def _point_shares(scores: Tensor, values: Tensor) -> Tensor:
    """Attributions (row, field) of scores and values (row, 2 field): the product's, then the baseline's."""
    field = scores.shape[1] // 2
    masses = _masses(scores, field).T  # (2 field, row)
    parts_of_logit = masses * values.T
    shares = torch.zeros(field, len(scores), dtype=scores.dtype, device=scores.device)
    for present in coalitions(field, at_once(max(len(scores), 2 * field)), device=scores.device):
        chosen = torch.cat([present, ~present], 1).to(scores.dtype)  # (coalition, 2 field)
        logits = (chosen @ parts_of_logit) / (chosen @ masses)  # (coalition, row)
        shares += shapley_coefficients(present).T @ logits
    return shares.T


def _masses(scores: Tensor, field: int) -> Tensor:
    """exp(score − a number of the row), which no coalition can bring below a sum of 1."""
    least = torch.minimum(scores[:, :field], scores[:, field:]).amax(1, keepdim=True)
    exponents = scores - least
    if exponents.numel() and not exponents.max() <= _LARGEST_DISTANCE:
        raise ValueError(
            f"scores and baseline_scores must lie at most {_LARGEST_DISTANCE} apart, with a field finite in "
            f"both, got a distance of {exponents.max():.4g}: use attribute(method='shapley')"
        )
    return exponents.exp()


def shapley(scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple[Tensor, ...]) -> Tensor:
    """Attributions (batch, field): every coalition of fields is scored, many in one forward pass."""
    batch, field, dim = vectors.shape
    if field > MAX_FIELDS:
        raise ValueError(
            f"vectors have {field} fields, but method='shapley' scores 2^field coalitions and takes at most "
            f"{MAX_FIELDS}: join fields, or use method='shapley_sampling'"
        )
    attributions = torch.zeros_like(vectors[:, :, 0])
    start = scores(baselines, *args)  # (batch,); taken off, so that large scores do not round
    for present in coalitions(field, at_once(batch * field * dim), device=vectors.device):
        mixed = torch.where(present[:, None, :, None], vectors, baselines)  # (coalition, batch, field, dim)
        reached = scores.of_repeats(mixed, *args) - start  # (coalition, batch)
        attributions += reached.T @ shapley_coefficients(present).to(vectors.dtype)
    return attributions


def coalitions(field: int, size: int, *, device: torch.device | None = None) -> Iterator[Tensor]:
    """All 2^field coalitions (coalition, field), bool, in tables of at most `size` rows."""
    places = torch.arange(field, device=device)
    for start in range(0, 2**field, size):
        numbers = torch.arange(start, min(start + size, 2**field), device=device)
        yield (numbers[:, None] >> places) % 2 == 1


def shapley_coefficients(present: Tensor) -> Tensor:
    """What the score of each coalition counts for each field, float64 (coalition, field).

    A field's share is the mean over coalitions S without it of score(S + field) − score(S), with the weight
    |S|! (n − |S| − 1)! / n!; so a coalition of size s counts +weight(s − 1) for its members and −weight(s)
    for the other fields.
    """
    field = present.shape[1]
    weight = [1 / (field * math.comb(field - 1, size)) for size in range(field)]
    inside = torch.tensor([0.0, *weight], dtype=torch.float64, device=present.device)
    outside = torch.tensor([*weight, 0.0], dtype=torch.float64, device=present.device)
    size = present.sum(1, keepdim=True)  # (coalition, 1)
    return torch.where(present, inside[size], -outside[size])


def _checked_terms(
    scores: Tensor, values: Tensor, baseline_scores: Tensor, baseline_values: Tensor
) -> tuple[Tensor, Tensor]:
    if scores.dim() != 2 or scores.shape != values.shape or not 1 <= scores.shape[1] <= MAX_POINT_FIELDS:
        raise ValueError(
            f"scores and values must both be (batch, field) with 1 to {MAX_POINT_FIELDS} fields, "
            f"got scores {tuple(scores.shape)} and values {tuple(values.shape)}"
        )
    for name, given in (("baseline_scores", baseline_scores), ("baseline_values", baseline_values)):
        fits = given.dim() <= 2 and all(
            n in (1, m) for n, m in zip(given.shape[::-1], scores.shape[::-1], strict=False)
        )
        if not fits:
            expected, got = tuple(scores.shape), tuple(given.shape)
            raise ValueError(f"{name} must broadcast to scores {expected}, got {got}")
    return baseline_scores.expand_as(scores), baseline_values.expand_as(scores)
