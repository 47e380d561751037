"""Calling somebody's forward function: output checked, arguments cut and repeated with the rows."""

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from ..attention.checks import check_finite, check_tensors
from ..attention.shapes import broadcasts

Forward = Callable[..., Tensor]

# Bounds memory, and fits a cache: entries of the largest tensor that goes into a model.
NUMBERS_AT_ONCE = 2**20


class Draws(NamedTuple):
    """How finely a method of attribution looks: steps of an integral, random samples, and their seed."""

    num_steps: int
    num_samples: int
    seed: int


class Scores:
    """A forward function that checks its output, and that still needs the arguments that have rows.

    Args:
        forward_func: `forward_func(vectors, *forward_args) -> logits (batch,)`.
        forward_args: A Tensor whose first dimension is batch has rows; anything else is passed as it is.
        batch: The number of rows.

    Attributes:
        args: Those of forward_args that have rows.
    """

    def __init__(self, forward_func: Forward, forward_args: Sequence, batch: int):
        if not callable(forward_func):
            raise ValueError(f"forward_func must be callable, got {type(forward_func).__name__}")
        if not isinstance(forward_args, tuple | list):
            got = type(forward_args).__name__
            raise ValueError(f"forward_args must be a tuple, such as (args,) around one tensor, got {got}")
        self._forward, self._all = forward_func, forward_args
        self._has_rows = [isinstance(a, Tensor) and a.dim() > 0 and len(a) == batch for a in forward_args]
        self.args = tuple(a for rows, a in zip(self._has_rows, forward_args, strict=True) if rows)
        warn_of_dropout(self.module())

    def __call__(self, vectors: Tensor, *args: Tensor, **named: Tensor) -> Tensor:
        """The logits of vectors (row, element, dim), with args that have as many rows."""
        given = iter(args)
        filled = [next(given) if rows else a for rows, a in zip(self._has_rows, self._all, strict=True)]
        logits = self._forward(vectors, *filled, **named)
        check_logits("forward_func", logits, len(vectors))
        return logits

    def of_repeats(self, vectors: Tensor, *args: Tensor, **named: Tensor) -> Tensor:
        """The logits (repeat, row) of vectors (repeat, row, element, dim); args have one entry a row."""
        times, rows = vectors.shape[:2]
        repeated = [a.repeat(times, *[1] * (a.dim() - 1)) for a in args]
        return self(vectors.flatten(0, 1), *repeated, **named).view(times, rows)

    def module(self) -> nn.Module | None:
        """The module that the forward function is, or is a method of."""
        owner = getattr(self._forward, "__self__", self._forward)
        return owner if isinstance(owner, nn.Module) else None


def at_once(size: int) -> int:
    """How many blocks of so many numbers may go into the model together, at least 1."""
    return max(1, NUMBERS_AT_ONCE // max(1, size))


def parts(vectors: Tensor, *, times: int) -> Iterator[slice]:
    """Slices of rows, each small enough to be repeated so many times."""
    size = at_once(times * vectors[:1].numel())
    return (slice(start, start + size) for start in range(0, len(vectors), size))


def check_logits(name: str, logits: Tensor, rows: int) -> None:
    """Raise unless what the function of that name returned are float logits, one a row."""
    if not isinstance(logits, Tensor) or logits.shape != (rows,) or not logits.is_floating_point():
        is_tensor = isinstance(logits, Tensor)
        got = f"{logits.dtype} {tuple(logits.shape)}" if is_tensor else type(logits).__name__
        raise ValueError(f"{name} must return logits (batch,) = {(rows,)}, a float tensor, got {got}")


def check_takes(forward_func: Forward, name: str, *, why: str) -> None:
    """Raise a ValueError if forward_func has no argument of that name, as far as can be seen."""
    try:
        parameters = inspect.signature(forward_func).parameters
    except ValueError:  # what is written in C may have no signature
        return
    if name not in parameters and not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        raise ValueError(
            f"forward_func must take an argument {name}= {why}; it takes {', '.join(parameters)}"
        )


def warn_of_dropout(module: nn.Module | None) -> None:
    """Warn of a module in training mode that drops something: each call gives other logits."""
    every = [one for one in module.modules() if one.training] if module is not None else []
    rates = [(one, one.p if isinstance(one, _DropoutNd) else getattr(one, "dropout", 0.0)) for one in every]
    drops = [type(one).__name__ for one, rate in rates if isinstance(rate, float) and rate > 0]
    if drops:
        warnings.warn(
            f"forward_func drops at random ({drops[0]}), since its module is in training mode: call its "
            "eval() first, or attributions and removals are partly chance",
            stacklevel=4,
        )


def warn_of_undefined(name: str, result: Tensor) -> None:
    """Warn of rows (row, ...) that are NaN, since the logits are not finite there."""
    rows = int(result.flatten(1).isnan().any(1).sum())
    if rows:
        warnings.warn(
            f"{name} of {rows:,} of {len(result):,} rows is NaN, since forward_func gives NaN or an infinite "
            "logit there: drop these rows, or correct forward_func",
            stacklevel=3,
        )


def check_vectors(vectors: Tensor) -> None:
    """Raise unless vectors are float (batch, field, dim) and finite."""
    check_tensors(vectors=vectors)
    if vectors.dim() != 3 or not vectors.is_floating_point() or 0 in vectors.shape[1:]:
        got = f"{vectors.dtype} {tuple(vectors.shape)}"
        raise ValueError(f"vectors must be float (batch, field, dim), got {got}")
    check_finite(vectors=vectors)


def checked_baselines(vectors: Tensor, baselines: Tensor | float) -> Tensor:
    """The baselines in the shape of vectors (batch, field, dim), without a copy."""
    check_vectors(vectors)
    if isinstance(baselines, bool) or not isinstance(baselines, Tensor | int | float):
        raise ValueError(f"baselines must be a number or a torch.Tensor, got {baselines!r:.80}")
    baselines = torch.as_tensor(baselines, dtype=vectors.dtype, device=vectors.device).detach()
    check_finite(baselines=baselines)
    if not broadcasts(baselines, vectors):
        got = f"baselines {tuple(baselines.shape)} and vectors {tuple(vectors.shape)}"
        raise ValueError(f"baselines must be a number or broadcast to vectors, got {got}")
    return baselines.expand_as(vectors)
