"""What an argument must be: each check names it, says what was expected and what came."""

import math
from numbers import Integral, Real

import torch
from torch import Tensor

LARGEST_SEED = 2**32 - 1  # what NumPy takes, which is less than torch does


def check_tensors(*, floats: bool = False, **tensors: object) -> None:
    """Raise unless each argument, by its name, is a tensor of real numbers, on the device of the first one.

    Args:
        floats: Whether they must also be floating-point, of the dtype of the first one (or under autocast).
        **tensors: The arguments.

    Raises:
        ValueError: If one is no tensor, is complex, holds no numbers (device "meta"), or differs in device or
            dtype.

    Example:
        >>> check_tensors(scores=[0.2, 0.8])
        Traceback (most recent call last):
        ...
        ValueError: scores must be a torch.Tensor, got list: use torch.as_tensor(scores)
    """
    first: tuple[str, Tensor] | None = None
    for name, given in tensors.items():
        if not isinstance(given, Tensor):
            kind = type(given).__name__
            raise ValueError(f"{name} must be a torch.Tensor, got {kind}: use torch.as_tensor({name})")
        if given.is_complex() or given.is_meta or (floats and not given.is_floating_point()):
            kind = "float numbers: use .float()" if floats else "real numbers"
            got = f"{given.dtype} on {given.device}"
            raise ValueError(f"{name} must hold {kind}, got {got}")
        first = first or (name, given)
        _check_like(name, given, *first, floats=floats)


def _check_like(name: str, given: Tensor, first_name: str, first: Tensor, *, floats: bool) -> None:
    if given.device != first.device:
        raise ValueError(
            f"{name} must be on the device of {first_name}, {first.device}, got {given.device}: use .to()"
        )
    if floats and given.dtype != first.dtype and not torch.is_autocast_enabled(first.device.type):
        raise ValueError(
            f"{name} must have the dtype of {first_name}, {first.dtype}, got {given.dtype}: use .to()"
        )


def check_finite(**tensors: Tensor) -> None:
    """Raise a ValueError unless no entry of the tensors, given by their names, is NaN or infinite.

    Example:
        >>> check_finite(vectors=torch.tensor([[1.0, 2.0], [float("nan"), 4.0]]))
        Traceback (most recent call last):
        ...
        ValueError: vectors must be finite, got 1 NaN or infinite, first in row 1: fill or drop such rows
    """
    for name, given in tensors.items():
        bad = ~given.isfinite()
        if bad.any():
            row = f", first in row {int(bad.nonzero()[0, 0])}" if bad.dim() else ""
            raise ValueError(
                f"{name} must be finite, got {int(bad.sum())} NaN or infinite{row}: fill or drop such rows"
            )


def check_weights(weights: Tensor) -> None:
    """Raise a ValueError if a weight is below 0 or infinite, as scores before softmax are; NaN passes.

    Example:
        >>> check_weights(torch.tensor([0.4, -1.5]))
        Traceback (most recent call last):
        ...
        ValueError: weights must be at least 0, got -1.5: give those after softmax
    """
    if (weights < 0).any():
        low = weights[weights < 0].min().item()
        raise ValueError(f"weights must be at least 0, got {low:.4g}: give those after softmax")
    infinite = int(weights.isposinf().sum())
    if infinite:
        raise ValueError(f"weights must be finite, got {infinite} infinite: give those after softmax")


def check_count(
    name: str, value: object, *, least: int = 1, most: int | None = None, otherwise: str = ""
) -> None:
    """Raise a ValueError unless value is a whole number in this range, neither a float nor True or False.

    `otherwise` says what else is taken there.

    Example:
        >>> check_count("top_k", 1.5)
        Traceback (most recent call last):
        ...
        ValueError: top_k must be a whole number of at least 1, got 1.5
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not least <= int(value) or (most is not None and int(value) > most):  # type: ignore[call-overload]
        wanted = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be a whole number {wanted}{otherwise}, got {value!r}")


def check_number(
    name: str,
    value: object,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> None:
    """Raise a ValueError unless value is a finite number in this range, neither a text nor True or False.

    Example:
        >>> check_number("dropout", 2, least=0, below=1)
        Traceback (most recent call last):
        ...
        ValueError: dropout must be a number of at least 0 and below 1, got 2
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and least <= number <= most and above < number < below):
        bounds = {"above": above, "of at least": least, "below": below, "at most": most}
        wanted = " and ".join(f"{word} {bound}" for word, bound in bounds.items() if math.isfinite(bound))
        kind = f"number {wanted}" if wanted else "finite number"
        raise ValueError(f"{name} must be a {kind}, got {value!r}")


def check_seed(seed: object) -> None:
    """Raise a ValueError unless seed is a whole number that torch and NumPy both take.

    Example:
        >>> check_seed("today")
        Traceback (most recent call last):
        ...
        ValueError: seed must be a whole number from 0 to 4294967295, got 'today'
    """
    check_count("seed", seed, least=0, most=LARGEST_SEED)
