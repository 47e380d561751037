"""Shares of a score: how much each field raised or lowered it against a baseline."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..attention.checks import check_count, check_finite, check_seed, check_tensors
from .captum_methods import (
    ablation,
    deeplift,
    gradient_shap,
    gradient_x_input,
    integrated_gradients,
    shapley_sampling,
)
from .forward import Draws, Forward, Scores, checked_baselines, parts, warn_of_undefined
from .regression import kernel_shap
from .shapley import shapley


def attribute(
    forward_func: Forward,
    vectors: Tensor,
    *,
    method: str = "shapley",
    baselines: Tensor | float,
    forward_args: tuple = (),
    num_steps: int = 50,
    num_samples: int = 25,
    seed: int = 0,
) -> Tensor:
    """Share the difference between a score and its baseline's score out among the fields.

    All but "shapley" and "kernel_shap" go through Captum. What is complete sums to score − baseline's score.

    - "shapley": exact; scores all 2^field coalitions, a field outside has its baseline. Complete.
    - "shapley_sampling": the same along num_samples random orders of the fields. Complete.
    - "kernel_shap": a regression on num_samples random coalitions beside the full and the empty one; on all,
      and then exact, where 2^field − 2 are no more than that. Complete.
    - "ablation": score − score with this field at its baseline. Not complete where fields interact.
    - "integrated_gradients": num_steps on the line from baseline to vector. Complete up to their error.
    - "gradient_shap": the same at num_samples random places of the line. Complete on average.
    - "gradient_x_input": gradient times vector; the baselines play no part. Not complete.
    - "deeplift": differences in place of gradients at activations that are modules. forward_func must be a
      module or a method of one. Not complete through attention, where vectors are multiplied; and a softmax
      that is called as a function, as in this package, gets its plain gradient.

    The gradient methods sum over dim. Random methods use the same draws for all rows of a call, so that a
    batch and a loop over its rows agree; their errors are then alike from row to row.
    No method changes the model's parameters or leaves gradients on them.
    Call `model.eval()` first: with dropout, each forward pass scores another model.

    Args:
        forward_func: `forward_func(vectors, *forward_args) -> logits (batch,)`.
        vectors: (batch, field, dim), float; what is explained.
        method: One of the above.
        baselines: What a field is compared with: a Tensor (batch, field, dim), one that broadcasts to it, or
            a number. To compare with a sample of products, average over several calls.
        forward_args: Further arguments of forward_func. A Tensor whose first dimension is batch goes along
            with its rows whenever rows are repeated or cut in parts; anything else is passed as it is.
        num_steps: Steps of "integrated_gradients".
        num_samples: Draws of "gradient_shap", "kernel_shap" and "shapley_sampling".
        seed: Seed of these draws; the generators of torch and NumPy are left as they were.

    Returns:
        Attributions (batch, field), in the unit of the score: above 0 a field raised it, below 0 lowered it.
        NaN in a row for which forward_func returns NaN.
        See `completeness_gap` for what a row lacks to be complete.

    Raises:
        ValueError: If the method is unknown, the shapes do not fit, vectors or baselines are not finite,
            num_steps or num_samples is below 1, "shapley" gets more than 12 fields, or "deeplift" gets a
            function that belongs to no module.

    Warns:
        UserWarning: If a row is NaN.

    Example:
        >>> price, reviews = [1.0], [2.0]
        >>> vectors = torch.tensor([[price, reviews]])
        >>> def score(vectors):
        ...     return 3 * vectors[:, 0, 0] * vectors[:, 1, 0]
        >>> attribute(score, vectors, baselines=0.0)
        tensor([[3., 3.]])
        >>> attribute(score, vectors, method="ablation", baselines=0.0)
        tensor([[6., 6.]])

    Paper: Shapley (1953); Lundberg and Lee (2017) for the SHAP methods; Sundararajan, Taly and Yan (2017)
    for integrated gradients; Shrikumar, Greenside and Kundaje (2017) for DeepLIFT; Castro, Gómez and Tejada
    (2009) for sampling; Kokhlikyan et al. (2020) for Captum. Taught in "How is a score shared?"
    """
    _check_options(method, num_steps, num_samples, seed)
    baselines = checked_baselines(vectors, baselines)
    scores = Scores(forward_func, forward_args, len(vectors))
    draws = Draws(num_steps, num_samples, seed)
    explain, repeats = _METHODS[method]
    attributions = torch.zeros_like(vectors[:, :, 0], requires_grad=False)
    for rows in parts(vectors, times=repeats(vectors.shape[1], draws)):
        args = tuple(arg[rows] for arg in scores.args)
        attributions[rows] = explain(scores, vectors[rows].detach(), baselines[rows], args, draws)
    warn_of_undefined("the attribution", attributions)
    return attributions


@torch.no_grad()
def completeness_gap(
    forward_func: Forward,
    vectors: Tensor,
    attributions: Tensor,
    *,
    baselines: Tensor | float,
    forward_args: tuple = (),
) -> Tensor:
    """How far attributions are from sharing out the whole difference between score and baseline's score.

    Args:
        forward_func: As for `attribute`.
        vectors: (batch, field, dim), what was explained.
        attributions: (batch, field).
        baselines: As for `attribute`.
        forward_args: As for `attribute`.

    Returns:
        Sum of a row's attributions − (score − baseline's score), (batch,), in the unit of the score.
        The nearer to 0 the better; 0 up to rounding for Shapley values.

    Raises:
        ValueError: If the shapes do not fit.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2)) ** 2
        >>> vectors = torch.tensor([[[1.0], [2.0]]])
        >>> completeness_gap(score, vectors, torch.tensor([[3.0, 5.0]]), baselines=0.0)
        tensor([-1.])

    Paper: Sundararajan, Taly and Yan (2017), axiom "completeness". Taught in "How is a score shared?"
    """
    baselines = checked_baselines(vectors, baselines)
    check_tensors(vectors=vectors, attributions=attributions)
    check_finite(attributions=attributions)
    if attributions.shape != vectors.shape[:2]:
        expected, got = tuple(vectors.shape[:2]), tuple(attributions.shape)
        raise ValueError(f"attributions must be (batch, field) = {expected}, got {got}")
    scores = Scores(forward_func, forward_args, len(vectors))
    difference = torch.zeros_like(vectors[:, 0, 0])
    for rows in parts(vectors, times=1):
        args = [arg[rows] for arg in scores.args]
        difference[rows] = scores(vectors[rows], *args) - scores(baselines[rows], *args)
    return attributions.sum(1) - difference


class _Method(NamedTuple):
    explain: Callable[[Scores, Tensor, Tensor, tuple, Draws], Tensor]
    repeats: Callable[[int, Draws], int]  # how often a row of so many fields goes into the model at once


_METHODS = {
    "ablation": _Method(ablation, lambda field, draws: field),
    "deeplift": _Method(deeplift, lambda field, draws: 2),
    "gradient_shap": _Method(gradient_shap, lambda field, draws: draws.num_samples),
    "gradient_x_input": _Method(gradient_x_input, lambda field, draws: 1),
    "integrated_gradients": _Method(integrated_gradients, lambda field, draws: draws.num_steps),
    "kernel_shap": _Method(kernel_shap, lambda field, draws: 1),
    "shapley": _Method(shapley, lambda field, draws: 1),
    "shapley_sampling": _Method(shapley_sampling, lambda field, draws: field),
}


def _check_options(method: str, num_steps: int, num_samples: int, seed: int) -> None:
    if method not in list(_METHODS):
        raise ValueError(f"method must be one of {sorted(_METHODS)}, got {method!r}")
    check_count("num_steps", num_steps)
    check_count("num_samples", num_samples)
    check_seed(seed)
