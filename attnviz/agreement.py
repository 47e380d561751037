"""Do two ways of weighing fields say the same? Rank agreement a row, and an interval for its mean."""

from typing import NamedTuple

import torch
from torch import Tensor

_INDICES_AT_ONCE = 2**22


class Interval(NamedTuple):
    """A mean, the interval around it, and the number of values that were undefined and left out."""

    mean: float
    low: float
    high: float
    undefined: int


def kendall_tau(a: Tensor, b: Tensor) -> Tensor:
    """Kendall's tau-b of each row: do a and b put the fields in the same order?

    Of all pairs of fields, those in the same order minus those in the opposite order, divided by
    sqrt(pairs not tied in a · pairs not tied in b).

    Args:
        a: (batch, field), such as attention weights.
        b: (batch, field), such as attributions.

    Returns:
        Tau (batch,), in [-1, 1]: 1 the same order, 0 none of both, -1 the opposite order.
        NaN where it is undefined: a row of a or b is constant, holds a NaN, or has one field only.

    Raises:
        ValueError: If a and b are not two tables of the same shape.

    Example:
        >>> kendall_tau(torch.tensor([[0.5, 0.3, 0.2], [1.0, 1.0, 1.0]]), torch.tensor([[9.0, 1.0, 4.0]] * 2))
        tensor([0.3333,    nan])

    Paper: Kendall (1945); Jain and Wallace (2019) for its use on attention. Taught in chapter 12.
    """
    _check_same_table(a, b)
    first, second = torch.triu_indices(a.shape[1], a.shape[1], offset=1, device=a.device)
    order_a, order_b = _order(a, first, second), _order(b, first, second)  # (batch, pair): -1, 0 or 1
    untied = order_a.abs().sum(1) * order_b.abs().sum(1)
    tau = (order_a * order_b).sum(1) / untied.sqrt()  # (batch,); 0 / 0 is NaN
    return tau.masked_fill(_has_nan(a, b), torch.nan).to(_result_dtype(a, b))


def top_k_overlap(a: Tensor, b: Tensor, k: int = 1) -> Tensor:
    """The share of the k largest fields of a that are among the k largest of b, row by row.

    Values are taken as they are: give `b.abs()` when a strong negative push should count as large.
    Among equal values the field that comes first is taken.
    Two rows drawn at random overlap by k / field: say so beside the result.

    Args:
        a: (batch, field).
        b: (batch, field).
        k: How many fields, from 1 to field.

    Returns:
        Share (batch,), in [0, 1], higher is more agreement.
        NaN where it is undefined: a row of a or b is constant, so that it names no field, or holds a NaN.

    Raises:
        ValueError: If a and b are not two tables of the same shape, or k is out of range.

    Example:
        >>> a = torch.tensor([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
        >>> b = torch.tensor([[9.0, 1.0, 4.0], [0.0, 0.0, 0.0]])
        >>> top_k_overlap(a, b, k=1), top_k_overlap(a, b, k=2)
        (tensor([1., nan]), tensor([0.5000,    nan]))

    Paper: Krishna et al. (2022), "feature agreement". Taught in chapter 12.
    """
    _check_same_table(a, b)
    if not 1 <= k <= a.shape[1]:
        raise ValueError(f"k must be from 1 to the number of fields {a.shape[1]}, got {k}")
    shared = (_in_top(a, k) & _in_top(b, k)).sum(1)  # (batch,)
    undefined = _is_constant(a) | _is_constant(b) | _has_nan(a, b)
    return (shared / k).to(_result_dtype(a, b)).masked_fill(undefined, torch.nan)


def bootstrap_interval(
    values: Tensor, *, level: float = 0.95, num_samples: int = 1000, seed: int = 0
) -> Interval:
    """The mean of some values with a percentile bootstrap interval.

    It says how far the mean may move with other rows from the same source, not with another seed or model.

    Args:
        values: (value,), a tensor or list. NaN means undefined: such values are left out and counted.
        level: Share of the resampled means that lie within the interval, between 0 and 1.
        num_samples: How many times the values are drawn again, with replacement.
        seed: Seed of the draws.

    Returns:
        Interval(mean, low, high, undefined), in the values' unit. All three are NaN when no value is defined.

    Raises:
        ValueError: If values is not one-dimensional, level is not between 0 and 1, or num_samples is below 1.

    Example:
        >>> mean, low, high, undefined = bootstrap_interval([0.2, 0.4, 0.6, float("nan")])
        >>> round(mean, 3), low < mean < high, undefined
        (0.4, True, 1)

    Paper: Efron (1979). Taught in chapter 6.
    """
    values = torch.as_tensor(values, dtype=torch.float64).detach().cpu()
    if values.dim() != 1:
        raise ValueError(f"values must be (value,), got {tuple(values.shape)}: use .flatten()")
    if not 0 < level < 1 or num_samples < 1:
        raise ValueError(
            f"level must be between 0 and 1 and num_samples at least 1, got {level} and {num_samples}"
        )
    defined = values[~values.isnan()]
    undefined = len(values) - len(defined)
    if not len(defined):
        return Interval(torch.nan, torch.nan, torch.nan, undefined)
    means = _resampled_means(defined, num_samples, seed)
    edges = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = means.quantile(edges).tolist()
    return Interval(defined.mean().item(), low, high, undefined)


def _resampled_means(values: Tensor, num_samples: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    at_once = max(1, _INDICES_AT_ONCE // len(values))
    counts = [min(at_once, num_samples - done) for done in range(0, num_samples, at_once)]
    draws = (torch.randint(len(values), (count, len(values)), generator=generator) for count in counts)
    return torch.cat([values[draw].mean(1) for draw in draws])  # (sample,)


def _order(table: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """1 where the first field of a pair is larger, -1 where the second one is, 0 where they are equal."""
    x, y = table[:, first], table[:, second]
    return (x > y).double() - (x < y).double()


def _in_top(table: Tensor, k: int) -> Tensor:
    order = table.argsort(dim=1, descending=True, stable=True)
    return torch.zeros_like(table, dtype=torch.bool).scatter(1, order[:, :k], True)


def _is_constant(table: Tensor) -> Tensor:
    return (table == table[:, :1]).all(1)


def _has_nan(a: Tensor, b: Tensor) -> Tensor:
    return a.isnan().any(1) | b.isnan().any(1)


def _result_dtype(a: Tensor, b: Tensor) -> torch.dtype:
    dtype = torch.promote_types(a.dtype, b.dtype)
    return dtype if dtype.is_floating_point else torch.get_default_dtype()


def _check_same_table(a: Tensor, b: Tensor) -> None:
    if a.dim() != 2 or a.shape != b.shape or a.shape[1] < 1:
        raise ValueError(
            f"a and b must both be (batch, field), got a {tuple(a.shape)} and b {tuple(b.shape)}"
        )
