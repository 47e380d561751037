"""Shapley values over all coalitions of fields: by forward passes, or in closed form for point attention."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..attention.checks import check_count, check_finite, check_tensors
from .forward import Draws, Scores, at_once

MAX_FIELDS = 12
MAX_POINT_FIELDS = 20
_TABLE = 2**17  # numbers of a table that stays in the processor's cache
_ROWS_AT_ONCE = 128  # or more, where a table of all coalitions of more rows is small
_LARGEST_DISTANCE = 600  # exp of it, times any sensible value, still is a float64


@torch.no_grad()
def shapley_point(
    scores: Tensor, values: Tensor, *, baseline_scores: Tensor, baseline_values: Tensor
) -> Tensor:
    """Exact Shapley values of point attention with a linear head, in closed form.

    With a linear head the logit is bias + sum_f w_f v_f, where v_f = head . x_f is what field f alone would
    give (head . LayerNorm(x_f) where the model's values are normalised), and w = softmax(s).
    A field outside the coalition brings the score and value of its baseline vector.
    So a coalition's logit is a sum of exp(s_f) v_f over a sum of exp(s_f), where each field adds one of two
    numbers. The sums over all coalitions are made for each half of the fields, as products of a table of
    coalitions and the numbers, and then added, half to half.
    No forward pass is needed, and the bias cancels. It computes in float64.

    Args:
        scores: (batch, field), attention scores before softmax, with any temperature already in them.
            Minus infinity, in scores and baseline_scores, takes a field out.
        values: (batch, field), head . x_f; `model.mechanism.terms` gives scores and values.
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

    Paper: Shapley (1953). Taught in "How is a score shared?"
    """
    baseline_scores, baseline_values = _checked_terms(scores, values, baseline_scores, baseline_values)
    both_scores = torch.cat([scores, baseline_scores], 1).double()  # (batch, 2 field)
    both_values = torch.cat([values, baseline_values], 1).double()
    size = max(_ROWS_AT_ONCE, _TABLE // 2 ** scores.shape[1])
    rows = zip(both_scores.split(size), both_values.split(size), strict=True)
    return torch.cat([_point_shares(*part) for part in rows]).to(scores.dtype)


def _point_shares(scores: Tensor, values: Tensor) -> Tensor:
    """Attributions (row, field) of scores and values (row, 2 field): the product's, then the baseline's."""
    field = scores.shape[1] // 2
    masses = _masses(scores, field).T  # (2 field, row)
    first, second = (_Half.of(masses, masses * values.T, half) for half in _halves(field))
    inside, outside = _size_weights(field, scores.device)
    shares = torch.zeros_like(masses[:field])
    for part in torch.arange(len(first.present)).split(max(1, _TABLE // max(1, second.masses.numel()))):
        masses_of_all = first.masses[part, None] + second.masses  # (first, second, row)
        logits = (first.sums[part, None] + second.sums).div_(masses_of_all)
        size = first.present[part].sum(1, keepdim=True) + second.present.sum(1)  # (first, second)
        shares -= outside[size].flatten() @ logits.flatten(0, 1)  # of all coalitions, for all fields
        logits *= (inside + outside)[size].unsqueeze(-1)  # what members get, and what was taken too much
        shares[: first.field] += first.present[part].T.to(logits) @ logits.sum(1)
        shares[first.field :] += second.present.T.to(logits) @ logits.sum(0)
    return shares.T


class _Half(NamedTuple):
    """Some of the fields: their coalitions, and what these add to denominators and numerators.

    Attributes:
        present: (coalition, field), bool.
        masses: (coalition, row).
        sums: (coalition, row).
    """

    present: Tensor
    masses: Tensor
    sums: Tensor

    @classmethod
    def of(cls, masses: Tensor, terms: Tensor, fields: slice) -> "_Half":
        """From masses and terms (2 field, row): the product's fields, then the baseline's."""
        count = fields.stop - fields.start
        present = next(coalitions(count, 2**count, device=masses.device))
        chosen = torch.cat([present, ~present], 1).to(masses)  # (coalition, 2 field)
        parts = [torch.cat([part[fields] for part in table.chunk(2)]) for table in (masses, terms)]
        return cls(present, *[chosen @ part for part in parts])

    @property
    def field(self) -> int:
        return self.present.shape[1]


def _halves(field: int) -> tuple[slice, slice]:
    return slice(0, field // 2), slice(field // 2, field)


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


@torch.no_grad()
def shapley(
    scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple[Tensor, ...], draws: Draws
) -> Tensor:
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
    """All 2^field coalitions of fields, in tables that fit into memory.

    Args:
        field: How many fields.
        size: How many coalitions a table holds at most.
        device: Of the tables.

    Yields:
        (coalition, field), bool, True for a field that is inside; the empty coalition comes first, then the
        first field alone, the second alone, both, and so on.

    Example:
        >>> torch.cat([*coalitions(2, 3)]).long()
        tensor([[0, 0],
                [1, 0],
                [0, 1],
                [1, 1]])

    Raises:
        ValueError: If field or size is no whole number, or a table would have more than 62 fields.

    Taught in "How is a score shared?"
    """
    check_count("field", field, least=0, most=62)
    check_count("size", size)
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
    inside, outside = _size_weights(present.shape[1], present.device)
    size = present.sum(1, keepdim=True)  # (coalition, 1)
    return torch.where(present, inside[size], -outside[size])


def _size_weights(field: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """By a coalition's size, 0 to field: weight(size − 1) for its members and weight(size) for the others."""
    weight = [1 / (field * math.comb(field - 1, size)) for size in range(field)]
    inside = torch.tensor([0.0, *weight], dtype=torch.float64, device=device)
    return inside, torch.tensor([*weight, 0.0], dtype=torch.float64, device=device)


def _checked_terms(
    scores: Tensor, values: Tensor, baseline_scores: Tensor, baseline_values: Tensor
) -> tuple[Tensor, Tensor]:
    check_tensors(scores=scores, values=values, floats=True)
    check_tensors(values=values, baseline_scores=baseline_scores, baseline_values=baseline_values)
    check_finite(values=values, baseline_values=baseline_values)
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
