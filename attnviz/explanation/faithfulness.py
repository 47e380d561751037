"""Does removal matter? What the logit does when the elements that were named are taken away."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .forward import Forward
from .removal import Removal, checked_top_ks, counts, places, unranked


def comprehensiveness(
    forward_func: Forward,
    vectors: Tensor,
    ranking_scores: Tensor,
    *,
    top_k: int | float | Sequence[int | float] = 1,
    removal: str = "baseline",
    baselines: Tensor | float | None = None,
    mask: Tensor | None = None,
    forward_args: tuple = (),
) -> Tensor:
    """How much of the logit goes when the elements with the highest ranking scores are taken away.

    Elements are a product's fields, a review's sentences, or whatever `vectors` holds.
    An element is taken away in one of three ways, and the answer depends on it:

    - removal="baseline": its baseline vector stands in its place.
    - removal="mask": forward_func leaves it out; its argument `mask` says who takes part. The other
      elements share its weight.
    - removal="sample": the vectors of other items stand in its place, one item after the other; the mean of
      the logits counts.

    Args:
        forward_func: `forward_func(vectors, *forward_args) -> logits (batch,)`; with removal="mask" it is
            called with a further `mask=` (batch, element), bool, True takes part.
        vectors: (batch, element, dim), float.
        ranking_scores: (batch, element): attention weights, attributions, or another order. Of equal scores
            the element that comes first goes first.
        top_k: How many elements: a whole number, or a float that is a share of the row's elements, rounded
            up (1 is one element, 1.0 is all). A row with fewer elements loses what it has. A sequence gives
            the mean over its members, which ERASER calls AOPC.
        removal: "baseline", "mask" or "sample".
        baselines: For "baseline" as for `attribute`; for "sample" (batch, sample, element, dim), or
            (1, sample, element, dim) for all rows.
        mask: (batch, element), bool, False for padding: it is never removed or counted. With other removals
            than "mask", tell forward_func of padding by forward_args. None: all are elements.
        forward_args: As for `attribute`.

    Returns:
        logit − logit of what is left, (batch,), in logits. Higher is more faithful: what was named carried
        the logit. Below 0 its removal raised the logit. It means little alone: compare it with
        `random_curve` and `best_curve`, and change the sign where the model advises against a product.
        NaN where it is undefined: a row has no element, or a NaN among its ranking scores.

    Raises:
        ValueError: If shapes or options do not fit.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> vectors, weights = torch.tensor([[[3.0], [1.0]]]), torch.tensor([[0.2, 0.8]])
        >>> comprehensiveness(score, vectors, weights, baselines=0.0)
        tensor([1.])

    Paper: DeYoung et al. (2020), there on probabilities; Samek et al. (2017) for AOPC. Taught in chapter 9.
    """
    rows = Removal(
        forward_func, vectors, removal=removal, baselines=baselines, mask=mask, forward_args=forward_args
    )
    return _fall(rows, ranking_scores, top_k, keep_top=False)


def sufficiency(
    forward_func: Forward,
    vectors: Tensor,
    ranking_scores: Tensor,
    *,
    top_k: int | float | Sequence[int | float] = 1,
    removal: str = "baseline",
    baselines: Tensor | float | None = None,
    mask: Tensor | None = None,
    forward_args: tuple = (),
) -> Tensor:
    """How much of the logit goes when only the elements with the highest ranking scores are left.

    Args:
        forward_func: As for `comprehensiveness`, and so are all others.
        vectors: (batch, element, dim).
        ranking_scores: (batch, element).
        top_k: How many elements stay.
        removal: How the others are taken away.
        baselines: What stands in their place.
        mask: Which are elements.
        forward_args: Further arguments.

    Returns:
        logit − logit of the top alone, (batch,), in logits. The nearer to 0 the more faithful: what was named
        is enough for the logit. Below 0, the others had lowered it.
        NaN where it is undefined, as for `comprehensiveness`.

    Raises:
        ValueError: If shapes or options do not fit.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> vectors, weights = torch.tensor([[[3.0], [1.0]]]), torch.tensor([[0.2, 0.8]])
        >>> sufficiency(score, vectors, weights, baselines=0.0)
        tensor([3.])

    Paper: DeYoung et al. (2020), there on probabilities. Taught in chapter 9.
    """
    rows = Removal(
        forward_func, vectors, removal=removal, baselines=baselines, mask=mask, forward_args=forward_args
    )
    return _fall(rows, ranking_scores, top_k, keep_top=True)


def deletion_curve(
    forward_func: Forward,
    vectors: Tensor,
    ranking_scores: Tensor,
    *,
    removal: str = "baseline",
    baselines: Tensor | float | None = None,
    mask: Tensor | None = None,
    forward_args: tuple = (),
) -> Tensor:
    """The logit after 0, 1, 2, ... of the elements with the highest ranking scores were taken away.

    Args:
        forward_func: As for `comprehensiveness`, and so are all others.
        vectors: (batch, element, dim).
        ranking_scores: (batch, element); the highest goes first.
        removal: How elements are taken away.
        baselines: What stands in their place.
        mask: Which are elements.
        forward_args: Further arguments.

    Returns:
        Logits (batch, element + 1), by the number removed; a curve that falls early is more faithful.
        NaN after a row's last element, and all NaN where its ranking scores hold a NaN. See `aopc`.

    Raises:
        ValueError: If shapes or options do not fit.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> vectors, weights = torch.tensor([[[3.0], [1.0]]]), torch.tensor([[0.2, 0.8]])
        >>> deletion_curve(score, vectors, weights, baselines=0.0)
        tensor([[4., 3., 0.]])

    Paper: Samek et al. (2017); Petsiuk et al. (2018). Taught in chapter 9.
    """
    rows = Removal(
        forward_func, vectors, removal=removal, baselines=baselines, mask=mask, forward_args=forward_args
    )
    return _curve(rows, ranking_scores, keep_top=False)


def insertion_curve(
    forward_func: Forward,
    vectors: Tensor,
    ranking_scores: Tensor,
    *,
    removal: str = "baseline",
    baselines: Tensor | float | None = None,
    mask: Tensor | None = None,
    forward_args: tuple = (),
) -> Tensor:
    """The logit when only the first 0, 1, 2, ... elements, those with the highest ranking scores, are there.

    Args:
        forward_func: As for `comprehensiveness`, and so are all others.
        vectors: (batch, element, dim).
        ranking_scores: (batch, element); the highest comes in first.
        removal: How the others are taken away.
        baselines: What stands in their place.
        mask: Which are elements.
        forward_args: Further arguments.

    Returns:
        Logits (batch, element + 1), by the number that is there; a curve that rises early is more faithful.
        NaN as for `deletion_curve`.

    Raises:
        ValueError: If shapes or options do not fit.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> vectors, weights = torch.tensor([[[3.0], [1.0]]]), torch.tensor([[0.2, 0.8]])
        >>> insertion_curve(score, vectors, weights, baselines=0.0)
        tensor([[0., 1., 4.]])

    Paper: Petsiuk et al. (2018). Taught in chapter 9.
    """
    rows = Removal(
        forward_func, vectors, removal=removal, baselines=baselines, mask=mask, forward_args=forward_args
    )
    return _curve(rows, ranking_scores, keep_top=True)


def aopc(curve: Tensor) -> Tensor:
    """Area over a deletion curve: the mean fall of the logit over 1, 2, ... removed elements.

    Args:
        curve: (batch, removed), from 0 removed on, as `deletion_curve` gives it; NaN counts as not there.

    Returns:
        Mean of curve[0] − curve[k] over k of at least 1, (batch,), in logits. Higher is more faithful.
        The last k, all removed, is the same for every order. NaN where there is no element.

    Raises:
        ValueError: If curve is not (batch, removed) with at least two columns.

    Example:
        >>> aopc(torch.tensor([[4.0, 3.0, 0.0], [4.0, 1.0, 0.0]]))
        tensor([2.5000, 3.5000])

    Paper: Samek et al. (2017), there with the fall of 0 at k = 0 in the mean. Taught in chapter 9.
    """
    if curve.dim() != 2 or curve.shape[1] < 2:
        raise ValueError(f"curve must be (batch, removed) with 2 or more columns, got {tuple(curve.shape)}")
    return (curve[:, :1] - curve[:, 1:]).nanmean(1)


def _fall(
    rows: Removal, ranking_scores: Tensor, top_k: int | float | Sequence[int | float], *, keep_top: bool
) -> Tensor:
    place = places(ranking_scores, rows.valid)  # (batch, element)
    numbers = torch.stack([counts(k, rows.valid) for k in checked_top_ks(top_k)])  # (state, batch)
    is_top = place < numbers.unsqueeze(-1)  # (state, batch, element)
    states = torch.cat([torch.ones_like(is_top[:1]), is_top if keep_top else ~is_top])
    logits = rows.logits(states)  # (1 + state, batch)
    fall = (logits[:1] - logits[1:]).mean(0)
    return fall.masked_fill(unranked(ranking_scores, rows.valid), torch.nan)


def _curve(rows: Removal, ranking_scores: Tensor, *, keep_top: bool) -> Tensor:
    place = places(ranking_scores, rows.valid)
    steps = torch.arange(place.shape[1] + 1, device=place.device)  # (state,)
    is_top = place < steps[:, None, None]  # (state, batch, element)
    curve = rows.logits(is_top if keep_top else ~is_top).T  # (batch, state)
    beyond = steps > rows.valid.sum(1, keepdim=True)
    no_order = (ranking_scores.isnan() & rows.valid).any(1, keepdim=True)
    return curve.masked_fill(beyond | no_order, torch.nan)
