"""Is the recommender any good? Measures of its scores against what shoppers did."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ..attention.checks import check_count, check_tensors


def auc(scores: Tensor, labels: Tensor) -> Tensor:
    """Area under the ROC curve: how often a product that was taken scores above one that was not.

    Args:
        scores: (sample,), logits or probabilities: only their order counts, and a tie counts one half.
        labels: (sample,), 0 or 1.

    Returns:
        A single value in [0, 1], higher is better, 0.5 for scores that say nothing.
        NaN where it is undefined: all labels are the same.

    Raises:
        ValueError: If the shapes differ, a label is not 0 or 1, or a score is NaN.

    Example:
        >>> auc(torch.tensor([-1.0, 0.5, 0.2, 3.0]), torch.tensor([0, 0, 1, 1]))
        tensor(0.7500)

    Paper: Fawcett (2006). Taught in "Is it any good?"
    """
    from torchmetrics.functional.classification import binary_auroc

    check_scores(scores, labels, dims=("sample",))
    if labels.min() == labels.max():
        return torch.tensor(torch.nan)
    # torchmetrics puts values outside [0, 1] through a sigmoid, which makes large logits equal.
    distinct, place = scores.unique(return_inverse=True)
    return binary_auroc(place.double() / len(distinct), labels.long()).float()


def log_loss(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy: how surprised the probabilities are by what happened.

    Args:
        probabilities: (sample,), in [0, 1]; a logit is no probability.
        labels: (sample,), 0 or 1.

    Returns:
        A single value of at least 0, in nats, lower is better; log(2) = 0.693 for a coin.
        One sample counts 100 at most, where a probability of exactly 0 or 1 was wrong.

    Raises:
        ValueError: If the shapes differ, a label is not 0 or 1, or a probability lies outside [0, 1].

    Example:
        >>> log_loss(torch.tensor([0.9, 0.2]), torch.tensor([1, 0]))
        tensor(0.1643)

    Taught in "Is it any good?"
    """
    check_scores(probabilities, labels, dims=("sample",), name="probabilities")
    if probabilities.min() < 0 or probabilities.max() > 1:
        low, high = probabilities.min().item(), probabilities.max().item()
        raise ValueError(
            f"probabilities must lie in [0, 1], got {low:.4g} to {high:.4g}: use torch.sigmoid(logits)"
        )
    return F.binary_cross_entropy(probabilities.double(), labels.double()).float()


def ndcg(scores: Tensor, labels: Tensor, *, top_k: int = 10) -> Tensor:
    """Normalised discounted cumulative gain: how near to the top of a list the taken products stand.

    Candidates with the same score share their places: the expected value over all orders of the tie,
    so that a constant score gains nothing from where the taken product happens to stand in the table.

    Args:
        scores: (query, candidate), logits or probabilities.
        labels: (query, candidate), 0 or 1.
        top_k: Places of the list that count.

    Returns:
        One value a query, (query,), in [0, 1], higher is better.
        NaN where it is undefined: a query has no taken product.

    Raises:
        ValueError: If the shapes differ, a label is not 0 or 1, a score is NaN, or top_k is below 1.

    Example:
        >>> scores = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
        >>> ndcg(scores, torch.tensor([[1, 0, 0], [0, 0, 1], [1, 0, 0]]), top_k=2)
        tensor([1.0000, 0.0000, 0.5436])

    Paper: Järvelin and Kekäläinen (2002); McSherry and Najork (2008) for ties. Taught in "Is it any good?"
    """
    from torchmetrics.functional.retrieval import retrieval_normalized_dcg

    check_scores(scores, labels, dims=("query", "candidate"), top_k=top_k)
    pairs = zip(scores.float(), labels.long(), strict=True)
    gains = torch.tensor([retrieval_normalized_dcg(row, taken, top_k=top_k) for row, taken in pairs])
    return gains.to(scores.device).masked_fill(~labels.bool().any(1), torch.nan)


def hit_rate(scores: Tensor, labels: Tensor, *, top_k: int = 10) -> Tensor:
    """Does a taken product stand among the first top_k of the list?

    Candidates with the same score share their places: the result is the probability of a hit when ties are
    ordered at random, so that a constant score has the hit rate of chance.

    Args:
        scores: (query, candidate), logits or probabilities.
        labels: (query, candidate), 0 or 1.
        top_k: Length of the list.

    Returns:
        One value a query, (query,), in [0, 1], higher is better; 0 or 1 without ties at the last place.
        NaN where it is undefined: a query has no taken product.

    Raises:
        ValueError: If the shapes differ, a label is not 0 or 1, a score is NaN, or top_k is below 1.

    Example:
        >>> scores = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
        >>> hit_rate(scores, torch.tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), top_k=2)
        tensor([1.0000, 0.0000, 0.6667])

    Taught in "Is it any good?"
    """
    check_scores(scores, labels, dims=("query", "candidate"), top_k=top_k)
    taken = labels.bool()
    places = min(top_k, scores.shape[1])
    scores = scores.double()
    last = scores.topk(places, dim=1).values[:, -1:]  # (query, 1), the score at the last place
    above, tied = scores > last, scores == last
    sure = (above & taken).any(1)
    missed = _all_missed(tied.sum(1), (tied & taken).sum(1), places - above.sum(1))
    hits = torch.where(sure, 1.0, 1 - missed)
    return hits.masked_fill(~taken.any(1), torch.nan)


def _all_missed(tied: Tensor, taken: Tensor, places: Tensor) -> Tensor:
    """Probability that no taken candidate gets one of the places among the tied: C(t-p, s) / C(t, s)."""
    tied, taken, places = tied.double(), taken.double(), places.double()
    others = tied - taken
    log_ratio = (others + 1).lgamma() + (tied - places + 1).lgamma()
    log_ratio = log_ratio - (tied + 1).lgamma() - (others - places + 1).clamp(min=1).lgamma()
    return torch.where(others >= places, log_ratio.exp(), 0.0).float()


def check_scores(
    scores: Tensor, labels: Tensor, *, dims: tuple[str, ...], top_k: int = 1, name: str = "scores"
) -> None:
    """Raise unless scores and labels have these axes, labels are 0 or 1, no score is NaN, and top_k fits."""
    check_tensors(floats=False, **{name: scores, "labels": labels})
    check_count("top_k", top_k)
    if scores.dim() != len(dims) or scores.shape != labels.shape or not scores.numel():
        expected = ", ".join(dims)
        raise ValueError(
            f"{name} and labels must both be ({expected}) and not empty, "
            f"got {name} {tuple(scores.shape)} and labels {tuple(labels.shape)}"
        )
    if not ((labels == 0) | (labels == 1)).all():
        raise ValueError(f"labels must be 0 or 1, got {labels.unique()[:5].tolist()}")
    if scores.isnan().any():
        raise ValueError(
            f"{name} must be numbers, got {int(scores.isnan().sum())} NaN: did training diverge?"
        )
