"""Does removal matter? What the logit does when the elements that were named are taken away."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..attention.checks import check_tensors
from ..attention.masks import places
from .removal import Removal, check_removal

TopK = int | float | Sequence[int | float]


def comprehensiveness(removal: Removal, ranking_scores: Tensor, *, top_k: TopK = 1) -> Tensor:
    """How much of the logit goes when the elements with the highest ranking scores are taken away.

    Args:
        removal: What is scored, and how elements are taken away.
        ranking_scores: (batch, element): attention weights, attributions, or another order. Of equal scores
            the element that comes first goes first.
        top_k: How many elements: a whole number, or a float that is a share of the row's elements, rounded
            up (1 is one element, 1.0 is all). A row with fewer elements loses what it has. A sequence gives
            the mean over its members. ERASER's AOPC is not quite this: it falls in probabilities of the
            predicted class, takes shares of 1, 5, 10, 20 and 50%, and divides by one more than these five,
            since taking nothing counts as a fall of 0: ours, of probabilities, times 5 / 6.

    Returns:
        logit − logit of what is left, (batch,), in logits. Higher is more faithful: what was named carried
        the logit. Below 0 its removal raised the logit. It means little alone: compare it with
        `random_curve` and `best_curve`, and change the sign where the model advises against a product.
        NaN where it is undefined: a row has no element, or a NaN among its ranking scores.

    Raises:
        ValueError: If ranking_scores do not fit the vectors, or top_k is out of range.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[3.0], [1.0]]]), baselines=0.0)
        >>> comprehensiveness(removal, torch.tensor([[0.2, 0.8]]))
        tensor([1.])

    Paper: DeYoung et al. (2020), there on probabilities; Samek et al. (2017) for AOPC.
    Taught in "Does removal matter?"
    """
    return _fall(removal, ranking_scores, top_k, keep_top=False)


def sufficiency(removal: Removal, ranking_scores: Tensor, *, top_k: TopK = 1) -> Tensor:
    """How much of the logit goes when only the elements with the highest ranking scores are left.

    Args:
        removal: What is scored, and how the others are taken away.
        ranking_scores: (batch, element).
        top_k: How many elements stay, as for `comprehensiveness`.

    Returns:
        logit − logit of the top alone, (batch,), in logits. The nearer to 0 the more faithful: what was named
        is enough for the logit. Below 0, the others had lowered it.
        NaN where it is undefined, as for `comprehensiveness`.

    Raises:
        ValueError: If ranking_scores do not fit the vectors, or top_k is out of range.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[3.0], [1.0]]]), baselines=0.0)
        >>> sufficiency(removal, torch.tensor([[0.2, 0.8]]))
        tensor([3.])

    Paper: DeYoung et al. (2020), there on probabilities. Taught in "Does removal matter?"
    """
    return _fall(removal, ranking_scores, top_k, keep_top=True)


def deletion_curve(removal: Removal, ranking_scores: Tensor) -> Tensor:
    """The logit after 0, 1, 2, ... of the elements with the highest ranking scores were taken away.

    Args:
        removal: What is scored, and how elements are taken away.
        ranking_scores: (batch, element); the highest goes first.

    Returns:
        Logits (batch, element + 1), by the number removed; a curve that falls early is more faithful.
        NaN after a row's last element, and all NaN where its ranking scores hold a NaN. See `aopc`.

    Raises:
        ValueError: If ranking_scores do not fit the vectors.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[3.0], [1.0]]]), baselines=0.0)
        >>> deletion_curve(removal, torch.tensor([[0.2, 0.8]]))
        tensor([[4., 3., 0.]])

    Paper: Samek et al. (2017); Petsiuk et al. (2018). Taught in "Does removal matter?"
    """
    return _curve(removal, ranking_scores, keep_top=False)


def insertion_curve(removal: Removal, ranking_scores: Tensor) -> Tensor:
    """The logit when only the first 0, 1, 2, ... elements, those with the highest ranking scores, are there.

    Args:
        removal: What is scored, and how the others are taken away.
        ranking_scores: (batch, element); the highest comes in first.

    Returns:
        Logits (batch, element + 1), by the number that is there; a curve that rises early is more faithful.
        NaN as for `deletion_curve`.

    Raises:
        ValueError: If ranking_scores do not fit the vectors.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[3.0], [1.0]]]), baselines=0.0)
        >>> insertion_curve(removal, torch.tensor([[0.2, 0.8]]))
        tensor([[0., 1., 4.]])

    Paper: Petsiuk et al. (2018). Taught in "Does removal matter?"
    """
    return _curve(removal, ranking_scores, keep_top=True)


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

    Paper: Samek et al. (2017), there with the fall of 0 at k = 0 in the mean, as in ERASER (DeYoung et al.,
    2020), so that theirs are ours times elements / (elements + 1). Taught in "Does removal matter?"
    """
    check_tensors(curve=curve, floats=True)
    if curve.dim() != 2 or curve.shape[1] < 2:
        raise ValueError(f"curve must be (batch, removed) with 2 or more columns, got {tuple(curve.shape)}")
    return (curve[:, :1] - curve[:, 1:]).nanmean(1)


def _fall(removal: Removal, ranking_scores: Tensor, top_k: TopK, *, keep_top: bool) -> Tensor:
    place = _places(removal, ranking_scores)  # (batch, element)
    numbers = torch.stack([_counts(k, removal.valid) for k in _checked_top_ks(top_k)])  # (state, batch)
    is_top = place < numbers.unsqueeze(-1)  # (state, batch, element)
    states = torch.cat([torch.ones_like(is_top[:1]), is_top if keep_top else ~is_top])
    logits = removal.logits(states)  # (1 + state, batch)
    fall = (logits[:1] - logits[1:]).mean(0)
    return fall.masked_fill(_unranked(ranking_scores, removal.valid), torch.nan)


def _curve(removal: Removal, ranking_scores: Tensor, *, keep_top: bool) -> Tensor:
    place = _places(removal, ranking_scores)
    steps = torch.arange(place.shape[1] + 1, device=place.device)  # (state,)
    is_top = place < steps[:, None, None]  # (state, batch, element)
    curve = removal.logits(is_top if keep_top else ~is_top).T  # (batch, state)
    beyond = steps > removal.valid.sum(1, keepdim=True)
    no_order = (ranking_scores.isnan() & removal.valid).any(1, keepdim=True)
    return curve.masked_fill(beyond | no_order, torch.nan)


def _places(removal: Removal, ranking_scores: Tensor) -> Tensor:
    """The place of each element (batch, element), 0 for the highest score; padding comes last."""
    check_removal(removal)
    check_tensors(vectors=removal.vectors, ranking_scores=ranking_scores)
    if ranking_scores.shape != removal.valid.shape:
        expected, got = tuple(removal.valid.shape), tuple(ranking_scores.shape)
        raise ValueError(f"ranking_scores must be (batch, element) = {expected}, got {got}")
    return places(ranking_scores, removal.valid)


def _unranked(ranking_scores: Tensor, valid: Tensor) -> Tensor:
    """Rows (batch,) without any element, or with a NaN among the scores of their elements."""
    return (ranking_scores.isnan() & valid).any(1) | ~valid.any(1)


def _counts(top_k: int | float, valid: Tensor) -> Tensor:
    """How many elements (batch,) of each row top_k means."""
    number = valid.sum(1)
    if isinstance(top_k, int) and not isinstance(top_k, bool) and top_k >= 1:
        return number.clamp(max=top_k)
    if isinstance(top_k, float) and 0 < top_k <= 1:
        return (top_k * number.double() - 1e-9).ceil().long()  # 0.7 of 10 is 7, not 8
    raise ValueError(
        f"top_k must be a whole number of at least 1, or a share above 0.0 and up to 1.0, got {top_k!r}"
    )


def _checked_top_ks(top_k: TopK) -> Sequence[int | float]:
    """top_k as a sequence that is not empty."""
    top_ks = top_k if isinstance(top_k, Sequence) and not isinstance(top_k, str) else [top_k]
    if not top_ks:
        raise ValueError("top_k must hold at least one number, got an empty sequence")
    return top_ks
