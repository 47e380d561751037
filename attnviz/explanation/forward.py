"""Calling somebody's forward function: output checked, arguments cut and repeated with the rows."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

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

    def __init__(self, forward_func: Forward, forward_args: tuple, batch: int):
        self._forward, self._all = forward_func, forward_args
        self._has_rows = [isinstance(a, Tensor) and a.dim() > 0 and len(a) == batch for a in forward_args]
        self.args = tuple(a for rows, a in zip(self._has_rows, forward_args, strict=True) if rows)

    def __call__(self, vectors: Tensor, *args: Tensor, **named: Tensor) -> Tensor:
        """The logits of vectors (row, element, dim), with args that have as many rows."""
        given = iter(args)
        filled = [next(given) if rows else a for rows, a in zip(self._has_rows, self._all, strict=True)]
        logits = self._forward(vectors, *filled, **named)
        if logits.shape != (len(vectors),):
            expected, got = (len(vectors),), tuple(logits.shape)
            raise ValueError(f"forward_func must return logits (batch,) = {expected}, got {got}")
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


def check_vectors(vectors: Tensor) -> None:
    """Raise unless vectors are float (batch, field, dim)."""
    if vectors.dim() != 3 or not vectors.is_floating_point() or 0 in vectors.shape[1:]:
        got = f"{vectors.dtype} {tuple(vectors.shape)}"
        raise ValueError(f"vectors must be float (batch, field, dim), got {got}")


def checked_baselines(vectors: Tensor, baselines: Tensor | float) -> Tensor:
    """The baselines in the shape of vectors (batch, field, dim), without a copy."""
    check_vectors(vectors)
    baselines = torch.as_tensor(baselines, dtype=vectors.dtype, device=vectors.device).detach()
    try:
        return baselines.expand_as(vectors)
    except RuntimeError as error:
        got = f"baselines {tuple(baselines.shape)} and vectors {tuple(vectors.shape)}"
        raise ValueError(f"baselines must be a number or broadcast to vectors, got {got}") from error
