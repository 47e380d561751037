"""How sure is a number? Intervals from resampled rows, or from resampled groups of rows."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ..attention.checks import check_count, check_number, check_seed, check_tensors
from .ranking import auc, check_scores

_INDICES_AT_ONCE = 2**22


class Interval(NamedTuple):
    """A number, such as a mean or an AUC, and how sure it is.

    Attributes:
        mean: The number itself: of all values, not of the draws.
        low: Lower end of the interval around it.
        high: Upper end.
        undefined: How many values, or draws, were undefined and left out.
    """

    mean: float
    low: float
    high: float
    undefined: int


def bootstrap_interval(
    values: Tensor | Sequence[float],
    *,
    groups: ArrayLike | None = None,
    level: float = 0.95,
    num_samples: int = 1000,
    seed: int = 0,
) -> Interval:
    """The mean of some values with a percentile bootstrap interval.

    It says how far the mean may move with other rows from the same source, not with another seed or model.
    Rows of the same shopper are alike, so that a hundred rows of ten shoppers say less than a hundred rows of
    a hundred: with `groups` whole shoppers are drawn, each with all rows, and the interval becomes wider.

    Args:
        values: (value,), a tensor or list. NaN means undefined: such values are left out and counted.
        groups: (value,), whose each row is, such as user_ids; numbers or texts. None: each row is its own.
            The mean stays that of the rows, so a shopper with more rows counts more, in each draw too. A
            group without a defined value is not drawn.
        level: Share of the resampled means that lie within the interval, between 0 and 1.
        num_samples: How many times the values are drawn again, with replacement.
        seed: Seed of the draws.

    Returns:
        Interval(mean, low, high, undefined), in the values' unit. All three are NaN when no value is defined.

    Raises:
        ValueError: If values is not one-dimensional or holds an infinite value, groups has another length or
            a missing name, level is not between 0 and 1, or num_samples is below 1.

    Example:
        >>> mean, low, high, undefined = bootstrap_interval([0.2, 0.4, 0.6, float("nan")])
        >>> round(mean, 3), low < mean < high, undefined
        (0.4, True, 1)
        >>> bootstrap_interval([0.2, 0.2, 0.8, 0.8], groups=["ann", "ann", "bob", "bob"])
        Interval(mean=0.5, low=0.2, high=0.8, undefined=0)

    Paper: Efron (1979); Davison and Hinkley (1997), section 3.8, for groups.
    Taught in "What were its ancestors, and do they win?"
    """
    values = _checked_values(values)
    _check_draws(level, num_samples, seed)
    group = torch.arange(len(values)) if groups is None else _checked_groups(groups, len(values))
    known = ~values.isnan()
    undefined = int((~known).sum())
    if not known.any():
        return Interval(math.nan, math.nan, math.nan, undefined)
    group = group[known].unique(return_inverse=True)[1]
    totals = torch.zeros(2, int(group.max()) + 1, dtype=torch.float64)  # of each group: its sum, its rows
    totals.index_add_(1, group, torch.stack([values[known], torch.ones_like(values[known])]))
    low, high = _middle(_resampled_means(totals[0], totals[1], num_samples, seed), level)
    return Interval(values[known].mean().item(), low, high, undefined)


def bootstrap_auc(
    scores: Tensor,
    labels: Tensor,
    *,
    groups: ArrayLike | None = None,
    level: float = 0.95,
    num_samples: int = 200,
    seed: int = 0,
) -> Interval:
    """The AUC with a percentile bootstrap interval over samples, or over groups of them.

    Args:
        scores: As for `auc`.
        labels: As for `auc`.
        groups: (sample,), whose each sample is, as for `bootstrap_interval`.
        level: Share of the draws that lie within the interval, between 0 and 1.
        num_samples: How many times all samples are drawn again, as by `auc_draws`.
        seed: Seed of the draws.

    Returns:
        Interval(mean, low, high, undefined): the AUC of the samples, the middle of the draws, and how many
        draws held one label only and were left out. The three are NaN where all samples have one label.

    Raises:
        ValueError: As for `auc_draws`, or if level is not between 0 and 1.

    Example:
        >>> scores, labels = torch.tensor([-1.0, 0.5, 0.2, 3.0]), torch.tensor([0, 0, 1, 1])
        >>> value, low, high, undefined = bootstrap_auc(scores, labels)
        >>> value, low < value < high
        (0.75, True)

    Paper: Efron (1979). Taught in "Is it any good?"
    """
    _check_draws(level, num_samples, seed)
    draws = auc_draws(scores, labels, groups=groups, num_samples=num_samples, seed=seed)
    defined = draws[~draws.isnan()]
    undefined = num_samples - len(defined)
    if not len(defined):
        return Interval(math.nan, math.nan, math.nan, undefined)
    low, high = _middle(defined.double(), level)
    return Interval(auc(scores, labels).item(), low, high, undefined)


def auc_draws(
    scores: Tensor,
    labels: Tensor,
    *,
    groups: ArrayLike | None = None,
    num_samples: int = 200,
    seed: int = 0,
) -> Tensor:
    """The AUC of as many samples again, drawn with replacement from the same samples.

    `bootstrap_auc` makes an interval of them.
    The same seed, groups and number of samples draw the same ones, so two models are compared draw by draw:
    subtract the two results. It says how far an AUC may move with other rows, not with another seed or model.

    Args:
        scores: As for `auc`.
        labels: As for `auc`.
        groups: (sample,), whose each sample is, as for `bootstrap_interval`: as many groups are drawn again,
            each with all samples. None: each sample is its own.
        num_samples: How many times all samples are drawn again.
        seed: Seed of the draws.

    Returns:
        (num_samples,), each in [0, 1], higher is better; NaN for a draw that holds one label only.

    Raises:
        ValueError: As for `auc`, if groups has another length or a missing name, or num_samples is below 1.

    Example:
        >>> scores, labels = torch.tensor([-1.0, 0.5, 0.2, 3.0]), torch.tensor([0, 0, 1, 1])
        >>> draws = auc_draws(scores, labels, num_samples=50)
        >>> draws.shape, float(draws.nanmean()) > 0.5
        (torch.Size([50]), True)

    Paper: Efron (1979). Taught in "How does the shopper enter?"
    """
    check_scores(scores, labels, dims=("sample",))
    check_count("num_samples", num_samples)
    check_seed(seed)
    group = torch.arange(len(labels)) if groups is None else _checked_groups(groups, len(labels))
    generator, count = torch.Generator().manual_seed(seed), len(group.unique())
    found = []
    for _ in range(num_samples):
        times = torch.randint(count, (count,), generator=generator).bincount(minlength=count)  # (group,)
        rows = torch.arange(len(group)).repeat_interleave(times[group]).to(labels.device)
        found.append(auc(scores[rows], labels[rows]))
    return torch.stack(found)


def _checked_values(values: Tensor | Sequence[float]) -> Tensor:
    """The values as float64 (value,) on the CPU."""
    if not isinstance(values, Tensor):
        try:
            values = torch.tensor(np.asarray(values, dtype=float))
        except (TypeError, ValueError) as error:
            raise ValueError(f"values must be a tensor or list of numbers, got {values!r:.80}") from error
    check_tensors(values=values)
    if values.dim() != 1:
        raise ValueError(f"values must be (value,), got {tuple(values.shape)}: use .flatten()")
    if values.isinf().any():
        raise ValueError(f"values must be numbers or NaN, got {int(values.isinf().sum())} infinite")
    return values.detach().cpu().double()


def _checked_groups(groups: ArrayLike, count: int) -> Tensor:
    """A number for each row's group, (value,)."""
    names = pd.Series(groups.tolist() if isinstance(groups, Tensor) else groups)
    if len(names) != count or names.isna().any():
        raise ValueError(
            f"groups must name one group for each of {count:,} values, got {len(names):,} names, of which "
            f"{int(names.isna().sum()):,} are missing"
        )
    return torch.tensor(pd.factorize(names)[0])


def _resampled_means(sums: Tensor, rows: Tensor, num_samples: int, seed: int) -> Tensor:
    """The mean of each draw (sample,), from the sums and numbers of rows of the groups (group,)."""
    generator = torch.Generator().manual_seed(seed)
    at_once = max(1, _INDICES_AT_ONCE // len(sums))
    counts = [min(at_once, num_samples - done) for done in range(0, num_samples, at_once)]
    draws = (torch.randint(len(sums), (count, len(sums)), generator=generator) for count in counts)
    return torch.cat([sums[draw].sum(1) / rows[draw].sum(1) for draw in draws])


def _middle(draws: Tensor, level: float) -> tuple[float, float]:
    """The ends of the middle of the draws (sample,), float64."""
    edges = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = draws.quantile(edges).tolist()
    return low, high


def _check_draws(level: float, num_samples: int, seed: int) -> None:
    check_number("level", level, above=0, below=1)
    check_count("num_samples", num_samples)
    check_seed(seed)
