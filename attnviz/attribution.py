"""Shares of a score: how much each field raised or lowered it against a baseline."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Forward = Callable[..., Tensor]

MAX_SHAPLEY_FIELDS = 12
_NUMBERS_AT_ONCE = 2**22  # bounds memory: entries of the largest tensor that goes into the model


def attribute(
    forward_func: Forward,
    vectors: Tensor,
    *,
    method: str = "shapley",
    baselines: Tensor | float,
    forward_args: tuple = (),
    n_steps: int = 50,
) -> Tensor:
    """Share the difference between a score and its baseline's score out among the fields.

    "shapley" is exact: it scores all 2^field coalitions of fields, in which a field outside the coalition
    has its baseline's vector.
    "integrated_gradients" follows the straight line from the baseline to the vectors (through Captum) and
    sums over dim; it needs a model that has gradients, and is complete up to the error of n_steps.
    Neither changes the model's parameters or leaves gradients on them.
    Call `model.eval()` first: with dropout, each forward pass scores another model.

    Args:
        forward_func: `forward_func(vectors, *forward_args) -> logits (batch,)`.
        vectors: (batch, field, dim), float; what is explained.
        method: "shapley" or "integrated_gradients".
        baselines: What a field is compared with: a Tensor (batch, field, dim), one that broadcasts to it, or
            a number.
        forward_args: Further arguments of forward_func. A Tensor whose first dimension is batch goes along
            with its rows whenever rows are repeated or cut in parts; anything else is passed as it is.
        n_steps: Steps of integrated gradients; Shapley values do not use it.

    Returns:
        Attributions (batch, field), in the unit of the score: above 0 a field raised it, below 0 lowered it.
        A row sums to score − baseline's score; see `completeness_gap`.

    Raises:
        ValueError: If the method is unknown, the shapes do not fit, or "shapley" gets more than 12 fields.

    Example:
        >>> price, reviews = [1.0], [2.0]
        >>> vectors = torch.tensor([[price, reviews]])
        >>> def score(vectors):
        ...     return 3 * vectors[:, 0, 0] * vectors[:, 1, 0]
        >>> attribute(score, vectors, baselines=0.0)
        tensor([[3., 3.]])

    Paper: Shapley (1953); Lundberg and Lee (2017); Sundararajan, Taly and Yan (2017) for integrated
    gradients. Taught in chapter 11.
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {sorted(_METHODS)}, got {method!r}")
    baselines = _checked_baselines(vectors, baselines)
    scores, batched_args = _scores_of(forward_func, forward_args, len(vectors))
    attributions = torch.zeros_like(vectors[:, :, 0], requires_grad=False)
    for rows in _parts(vectors, times=n_steps if method in _REPEATS_STEPS else 1):
        args = tuple(arg[rows] for arg in batched_args)
        attributions[rows] = _METHODS[method](scores, vectors[rows].detach(), baselines[rows], args, n_steps)
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

    Paper: Sundararajan, Taly and Yan (2017), axiom "completeness". Taught in chapter 11.
    """
    baselines = _checked_baselines(vectors, baselines)
    if attributions.shape != vectors.shape[:2]:
        expected, got = tuple(vectors.shape[:2]), tuple(attributions.shape)
        raise ValueError(f"attributions must be (batch, field) = {expected}, got {got}")
    scores, batched_args = _scores_of(forward_func, forward_args, len(vectors))
    difference = torch.zeros_like(vectors[:, 0, 0])
    for rows in _parts(vectors, times=1):
        args = [arg[rows] for arg in batched_args]
        difference[rows] = scores(vectors[rows], *args) - scores(baselines[rows], *args)
    return attributions.sum(1) - difference


@torch.no_grad()
def _shapley(scores: Forward, vectors: Tensor, baselines: Tensor, args: tuple, n_steps: int) -> Tensor:
    batch, field, dim = vectors.shape
    coalitions = _coalitions(field).to(vectors.device)  # (coalition, field), bool
    coefficients = _shapley_coefficients(coalitions).to(vectors.dtype)  # (coalition, field)
    at_once = max(1, _NUMBERS_AT_ONCE // (batch * field * dim))
    attributions = torch.zeros_like(vectors[:, :, 0])
    start = scores(baselines, *args)  # (batch,); taken off, so that large scores do not round
    for present, shares in zip(coalitions.split(at_once), coefficients.split(at_once), strict=True):
        mixed = torch.where(present[:, None, :, None], vectors, baselines)  # (coalition, batch, field, dim)
        repeated = [arg.repeat(len(present), *[1] * (arg.dim() - 1)) for arg in args]
        reached = scores(mixed.flatten(0, 1), *repeated).view(-1, batch)  # (coalition, batch)
        attributions += (reached - start).T @ shares
    return attributions


def _coalitions(field: int) -> Tensor:
    if field > MAX_SHAPLEY_FIELDS:
        raise ValueError(
            f"vectors have {field} fields, but method='shapley' scores 2^field coalitions and takes at most "
            f"{MAX_SHAPLEY_FIELDS}: join fields, or use method='integrated_gradients'"
        )
    return (torch.arange(2**field)[:, None] >> torch.arange(field)) % 2 == 1


def _shapley_coefficients(coalitions: Tensor) -> Tensor:
    """What the score of each coalition counts for each field, (coalition, field).

    A field's share is the mean over coalitions S without it of score(S + field) − score(S), with the weight
    |S|! (n − |S| − 1)! / n!; so a coalition of size s counts +weight(s − 1) for its members and −weight(s)
    for the other fields.
    """
    field = coalitions.shape[1]
    weight = [1 / (field * math.comb(field - 1, size)) for size in range(field)]
    inside = torch.tensor([0.0, *weight], dtype=torch.float64, device=coalitions.device)
    outside = torch.tensor([*weight, 0.0], dtype=torch.float64, device=coalitions.device)
    size = coalitions.sum(1, keepdim=True)  # (coalition, 1)
    return torch.where(coalitions, inside[size], -outside[size])


def _integrated_gradients(
    scores: Forward, vectors: Tensor, baselines: Tensor, args: tuple, n_steps: int
) -> Tensor:
    from captum.attr import IntegratedGradients

    attributions = IntegratedGradients(scores).attribute(
        vectors.clone().requires_grad_(),
        baselines=baselines,
        additional_forward_args=args or None,
        n_steps=n_steps,
    )
    return attributions.detach().sum(-1)


# A method takes (scores, vectors, baselines, batched args, n_steps) and returns (batch, field).
_METHODS = {"shapley": _shapley, "integrated_gradients": _integrated_gradients}
_REPEATS_STEPS = {"integrated_gradients"}  # methods that score each row n_steps times at once


def _parts(vectors: Tensor, *, times: int) -> Iterator[slice]:
    """Slices of rows, each small enough to be repeated so many times."""
    batch, field, dim = vectors.shape
    size = max(1, _NUMBERS_AT_ONCE // (times * field * dim))
    return (slice(start, start + size) for start in range(0, batch, size))


def _scores_of(forward_func: Forward, forward_args: tuple, batch: int) -> tuple[Forward, tuple[Tensor, ...]]:
    """forward_func with its output checked, and the arguments it still needs: those that have rows."""
    has_rows = [isinstance(arg, Tensor) and arg.dim() > 0 and len(arg) == batch for arg in forward_args]

    def scores(vectors: Tensor, *batched_args: Tensor) -> Tensor:
        given = iter(batched_args)
        args = [next(given) if rows else arg for rows, arg in zip(has_rows, forward_args, strict=True)]
        logits = forward_func(vectors, *args)
        if logits.shape != (len(vectors),):
            expected, got = (len(vectors),), tuple(logits.shape)
            raise ValueError(f"forward_func must return logits (batch,) = {expected}, got {got}")
        return logits

    return scores, tuple(arg for rows, arg in zip(has_rows, forward_args, strict=True) if rows)


def _checked_baselines(vectors: Tensor, baselines: Tensor | float) -> Tensor:
    if vectors.dim() != 3 or not vectors.is_floating_point() or 0 in vectors.shape[1:]:
        got = f"{vectors.dtype} {tuple(vectors.shape)}"
        raise ValueError(f"vectors must be float (batch, field, dim), got {got}")
    baselines = torch.as_tensor(baselines, dtype=vectors.dtype, device=vectors.device).detach()
    try:
        return baselines.expand_as(vectors)
    except RuntimeError as error:
        got = f"baselines {tuple(baselines.shape)} and vectors {tuple(vectors.shape)}"
        raise ValueError(f"baselines must be a number or broadcast to vectors, got {got}") from error
