"""How sure is a number? Intervals from resampled rows."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

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
    values: Tensor | Sequence[float], *, level: float = 0.95, num_samples: int = 1000, seed: int = 0
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
    _check_draws(level, num_samples)
    defined = values[~values.isnan()]
    undefined = len(values) - len(defined)
    if not len(defined):
        return Interval(math.nan, math.nan, math.nan, undefined)
    low, high = _middle(_resampled_means(defined, num_samples, seed), level)
    return Interval(defined.mean().item(), low, high, undefined)


def bootstrap_auc(
    scores: Tensor, labels: Tensor, *, level: float = 0.95, num_samples: int = 200, seed: int = 0
) -> Interval:
    """The AUC with a percentile bootstrap interval over samples.

    Args:
        scores: As for `auc`.
        labels: As for `auc`.
        level: Share of the draws that lie within the interval, between 0 and 1.
        num_samples: How many times all samples are drawn again, as by `auc_draws`.
        seed: Seed of the draws.

    Returns:
        Interval(mean, low, high, undefined): the AUC of the samples, the middle of the draws, and how many
        draws held one label only and were left out. The three are NaN where all samples have one label.

    Raises:
        ValueError: As for `auc`, or if level is not between 0 and 1 or num_samples is below 1.

    Example:
        >>> scores, labels = torch.tensor([-1.0, 0.5, 0.2, 3.0]), torch.tensor([0, 0, 1, 1])
        >>> value, low, high, undefined = bootstrap_auc(scores, labels)
        >>> value, low < value < high
        (0.75, True)

    Paper: Efron (1979). Taught in chapter 6.
    """
    _check_draws(level, num_samples)
    draws = auc_draws(scores, labels, num_samples=num_samples, seed=seed)
    defined = draws[~draws.isnan()]
    undefined = num_samples - len(defined)
    if not len(defined):
        return Interval(math.nan, math.nan, math.nan, undefined)
    low, high = _middle(defined.double(), level)
    return Interval(auc(scores, labels).item(), low, high, undefined)


def auc_draws(scores: Tensor, labels: Tensor, *, num_samples: int = 200, seed: int = 0) -> Tensor:
    """The AUC of as many samples again, drawn with replacement from the same samples.

    `bootstrap_auc` makes an interval of them.
    The same seed and number of samples draw the same ones, so two models are compared draw by draw:
    subtract the two results. It says how far an AUC may move with other rows, not with another seed or model.

    Args:
        scores: As for `auc`.
        labels: As for `auc`.
        num_samples: How many times all samples are drawn again.
        seed: Seed of the draws.

    Returns:
        (num_samples,), each in [0, 1], higher is better; NaN for a draw that holds one label only.

    Raises:
        ValueError: As for `auc`, or if num_samples is below 1.

    Example:
        >>> scores, labels = torch.tensor([-1.0, 0.5, 0.2, 3.0]), torch.tensor([0, 0, 1, 1])
        >>> draws = auc_draws(scores, labels, num_samples=50)
        >>> draws.shape, float(draws.nanmean()) > 0.5
        (torch.Size([50]), True)

    Paper: Efron (1979). Taught in chapter 5.
    """
    check_scores(scores, labels, dims=("sample",))
    if num_samples < 1:
        raise ValueError(f"num_samples must be at least 1, got {num_samples}")
    generator = torch.Generator().manual_seed(seed)
    draws = (torch.randint(len(labels), (len(labels),), generator=generator) for _ in range(num_samples))
    return torch.stack([auc(scores[rows], labels[rows]) for rows in draws])


def _resampled_means(values: Tensor, num_samples: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    at_once = max(1, _INDICES_AT_ONCE // len(values))
    counts = [min(at_once, num_samples - done) for done in range(0, num_samples, at_once)]
    draws = (torch.randint(len(values), (count, len(values)), generator=generator) for count in counts)
    return torch.cat([values[draw].mean(1) for draw in draws])  # (sample,)


def _middle(draws: Tensor, level: float) -> tuple[float, float]:
    """The ends of the middle of the draws (sample,), float64."""
    edges = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = draws.quantile(edges).tolist()
    return low, high


def _check_draws(level: float, num_samples: int) -> None:
    if not 0 < level < 1 or num_samples < 1:
        raise ValueError(
            f"level must be between 0 and 1 and num_samples at least 1, got {level} and {num_samples}"
        )
