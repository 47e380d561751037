"""Kendall's tau of each row, and how often chance alone has as much of it."""

import math
from typing import Literal, NamedTuple, overload

import torch
from torch import Tensor
from torch.nn import functional as F

from ..attention.masks import checked_mask
from .tables import check_same_table, has_nan, result_dtype

_MOST_EXACT = (
    33  # fields; with more, or with ties, the normal distribution is close (SciPy has the same bound)
)


class KendallTau(NamedTuple):
    """Tau, and its p-value.

    Attributes:
        tau: (batch,), in [-1, 1].
        p_value: (batch,), in [0, 1]: how often two orders drawn at random have a tau as far from 0.
    """

    tau: Tensor
    p_value: Tensor


@overload
def kendall_tau(
    a: Tensor, b: Tensor, *, mask: Tensor | None = None, return_p_value: Literal[False] = False
) -> Tensor: ...


@overload
def kendall_tau(
    a: Tensor, b: Tensor, *, mask: Tensor | None = None, return_p_value: Literal[True]
) -> KendallTau: ...


def kendall_tau(
    a: Tensor, b: Tensor, *, mask: Tensor | None = None, return_p_value: bool = False
) -> Tensor | KendallTau:
    """Kendall's tau-b of each row: do a and b put the fields in the same order?

    Of all pairs of fields, those in the same order minus those in the opposite order, divided by
    sqrt(pairs not tied in a · pairs not tied in b).

    Args:
        a: (batch, field), such as attention weights.
        b: (batch, field), such as attributions.
        mask: (batch, field), bool, False for padding, which plays no part: without a mask two rows that are
            both padded with zeros agree on them. None: all are fields.
        return_p_value: Also return the p-values, two-sided. They are exact for up to 33 fields without ties,
            else by the normal distribution, as SciPy does. With 5 fields the least one is 2 / 5! = .017, and
            a p-value is of one row: of many rows alike, expect one in twenty below .05.

    Returns:
        Tau (batch,), in [-1, 1]: 1 the same order, 0 none of both, -1 the opposite order.
        NaN where it is undefined: a row of a or b is constant, holds a NaN, or has no more than one field.
        With `return_p_value` `KendallTau(tau, p_value)`, both NaN in the same rows.

    Raises:
        ValueError: If a and b are not two tables of the same shape, or mask does not fit them.

    Example:
        >>> kendall_tau(torch.tensor([[0.5, 0.3, 0.2], [1.0, 1.0, 1.0]]), torch.tensor([[9.0, 1.0, 4.0]] * 2))
        tensor([0.3333,    nan])
        >>> rows = torch.tensor([[5.0, 4.0, 3.0, 2.0, 1.0, 0.0]])
        >>> kendall_tau(rows, rows, mask=rows > 0, return_p_value=True).p_value
        tensor([0.0167])

    Paper: Kendall (1938) for the p-value, (1945) for ties; Jain and Wallace (2019) for its use on attention.
    Taught in "Does agreement prove anything?"
    """
    check_same_table(a, b)
    mask = checked_mask(a, mask, axes=("batch", "field"))
    first, second = torch.triu_indices(a.shape[1], a.shape[1], offset=1, device=a.device)
    known = mask[:, first] & mask[:, second]  # (batch, pair)
    order_a, order_b = _order(a, first, second) * known, _order(b, first, second) * known  # -1, 0 or 1
    untied = order_a.abs().sum(1) * order_b.abs().sum(1)
    difference = (order_a * order_b).sum(1)  # (batch,), pairs in the same order − in the opposite one
    undefined = has_nan(a, b, mask) | (untied == 0)
    tau = (difference / untied.sqrt()).masked_fill(undefined, torch.nan).to(result_dtype(a, b))
    if not return_p_value:
        return tau
    p_value = _p_value(difference, mask.sum(1), _ties(a, mask), _ties(b, mask))
    return KendallTau(tau, p_value.masked_fill(undefined, torch.nan).to(tau))


class _Ties(NamedTuple):
    """Sums over the groups of equal values of a row, c being how many a group holds, each (batch,), float64.

    Attributes:
        pairs: Of c (c − 1) / 2.
        triples: Of c (c − 1) (c − 2).
        spread: Of c (c − 1) (2c + 5).
    """

    pairs: Tensor
    triples: Tensor
    spread: Tensor


def _ties(table: Tensor, mask: Tensor) -> _Ties:
    equal = (table[:, :, None] == table[:, None, :]) & mask[:, None, :] & mask[:, :, None]
    others = (equal.sum(2).double() - 1).clamp(min=0)  # (batch, field): c − 1, which each member brings
    return _Ties(others.sum(1) / 2, (others * (others - 1)).sum(1), (others * (2 * others + 7)).sum(1))


def _p_value(difference: Tensor, number: Tensor, a: _Ties, b: _Ties) -> Tensor:
    """Two-sided p-values (batch,) of rows with so many fields."""
    fewer = (number * (number - 1) / 2 - difference.abs()) / 2  # pairs in the rarer order, if nothing is tied
    exact = (a.pairs == 0) & (b.pairs == 0) & ((number <= _MOST_EXACT) | (fewer <= 1))
    return torch.where(exact, _exact(fewer, number), _asymptotic(difference, number.double(), a, b))


def _exact(fewer: Tensor, number: Tensor) -> Tensor:
    """Twice the chance that an order of so many fields has as few pairs turned round, at most 1."""
    p_value = math.log(2) - (number + 1 - fewer).clamp(min=1).lgamma()  # right for 0 and 1 turned pairs
    p_value = p_value.double().exp()
    chances = torch.ones(1, dtype=torch.float64, device=number.device)  # of 0, 1, ... turned pairs
    for fields in range(2, _MOST_EXACT + 1):
        chances = F.pad(chances, (fields - 1, fields - 1)).unfold(0, fields, 1).mean(1)
        rows = (number == fields).nonzero().squeeze(1)
        p_value[rows] = 2 * chances.cumsum(0)[fewer[rows].long()]
    return p_value.clamp(max=1)


def _asymptotic(difference: Tensor, number: Tensor, a: _Ties, b: _Ties) -> Tensor:
    pairs = number * (number - 1)
    variance = (pairs * (2 * number + 5) - a.spread - b.spread) / 18
    variance = variance + 2 * a.pairs * b.pairs / pairs
    variance = variance + a.triples * b.triples / (9 * pairs * (number - 2)).clamp(min=1)
    return (difference.abs() / (2 * variance).sqrt()).erfc()


def _order(table: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """1 where the first field of a pair is larger, -1 where the second one is, 0 where they are equal."""
    x, y = table[:, first], table[:, second]
    return (x > y).double() - (x < y).double()
