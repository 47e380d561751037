"""A score that is no probability yet, turned into one by two numbers."""

from typing import NamedTuple

import torch
from torch import Tensor

from .ranking import check_scores


class Calibration(NamedTuple):
    """A map from scores to probabilities: sigmoid(slope · score + intercept).

    Attributes:
        slope: At least 0: a higher score never gets a lower probability. 0 if the scores say nothing, or the
            opposite.
        intercept: The logit of a score of 0.
    """

    slope: float
    intercept: float

    def __call__(self, scores: Tensor) -> Tensor:
        """Probabilities of scores, of the same shape."""
        return torch.sigmoid(self.slope * scores + self.intercept)


def calibrate(scores: Tensor, labels: Tensor) -> Calibration:
    """Fits slope and intercept on validation rows, so that the probabilities fit what happened.

    The order of the scores stays, and so does the AUC (unless the slope is 0).
    Labels are drawn a little to the middle, as Platt does, so that a handful of rows that are told apart
    perfectly do not give a slope without end.

    Args:
        scores: (sample,), any real numbers, such as log p("Yes") − log p("No"). Never of test rows.
        labels: (sample,), 0 or 1.

    Returns:
        The map.

    Raises:
        ValueError: If the shapes differ, a score is not finite, or a label is not 0 or 1.

    Example:
        >>> fitted = calibrate(torch.tensor([3.0, 4.0, 5.0, 6.0]), torch.tensor([0, 0, 1, 1]))
        >>> fitted(torch.tensor([3.0, 4.5, 6.0]))
        tensor([0.2039, 0.5000, 0.7961])

    Paper: Platt (1999). Taught in "Would an LLM recommend it?"
    """
    check_scores(scores, labels, dims=("sample",))
    scores, labels = scores.double(), labels.double()
    if scores.isinf().any():
        raise ValueError(f"scores must be finite, got {int(scores.isinf().sum())} infinite: leave those out")
    yes, no = labels.sum(), (1 - labels).sum()
    targets = torch.where(labels == 1, (yes + 1) / (yes + 2), 1 / (no + 2))
    center, scale = scores.mean(), scores.std(correction=0).clamp(min=1e-12)
    slope, intercept = _fit((scores - center) / scale, targets)
    if slope < 0:  # a map that never turns the order round: the best one is flat
        slope, intercept = 0.0, targets.mean().logit().item()
    return Calibration(slope / scale.item(), intercept - slope * (center / scale).item())


def calibrate_constant(logits: Tensor, labels: Tensor, *, num_steps: int = 100) -> float:
    """What is added to logits so that the mean probability is the share of label 1.

    It is the intercept of the least cross-entropy where the slope stays 1, found by halving an interval.

    Args:
        logits: (sample,), finite. Never of test rows.
        labels: (sample,), 0 or 1, both of them.
        num_steps: How often the interval is halved.

    Returns:
        The constant.

    Raises:
        ValueError: If the shapes differ, a logit is not finite, or all labels are the same.

    Example:
        >>> round(calibrate_constant(torch.tensor([3.0, 3.0, 3.0, 3.0]), torch.tensor([1, 0, 0, 0])), 4)
        -4.0986

    Taught in "What about real stays?"
    """
    check_scores(logits, labels, dims=("sample",), name="logits")
    logits, share = logits.double(), labels.double().mean()
    if logits.isinf().any() or not 0 < share < 1:
        raise ValueError(
            f"logits must be finite and labels hold 0 and 1, got logits from {logits.min().item():.4g} to "
            f"{logits.max().item():.4g} and a share of label 1 of {share.item():.4g}"
        )
    low, high = share.logit() - logits.max(), share.logit() - logits.min()
    for _ in range(num_steps):
        middle = (low + high) / 2
        below = torch.sigmoid(logits + middle).mean() < share
        low, high = (middle, high) if below else (low, middle)
    return high.item()


def _fit(inputs: Tensor, targets: Tensor, *, num_steps: int = 100) -> tuple[float, float]:
    """Slope and intercept of the least cross-entropy, a convex problem, by Newton's method."""
    design = torch.stack([inputs, torch.ones_like(inputs)], dim=1)  # (sample, 2)
    weights = torch.zeros(2, dtype=torch.float64)
    for _ in range(num_steps):
        p = torch.sigmoid(design @ weights)
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + 1e-9 * torch.eye(2, dtype=torch.float64)
        step = torch.linalg.solve(hessian, design.T @ (targets - p))
        weights = weights + step.clamp(-2, 2)
        if step.abs().max() < 1e-10:
            break
    return weights[0].item(), weights[1].item()
