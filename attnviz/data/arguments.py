"""What the functions of a log are given: flags, fractions, columns, and which rows."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeGuard

import numpy as np
import torch
from torch import Tensor


def require_flag(name: str, value: object) -> None:
    """Raise unless value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}")


def require_fractions(fractions: Sequence[float]) -> None:
    """Raise unless fractions are 2 or more numbers above 0 that sum to 1."""
    given = list(fractions) if isinstance(fractions, Sequence | np.ndarray) else []
    are_numbers = all(_is_number(one) and one > 0 for one in given)
    if isinstance(fractions, str) or len(given) < 2 or not are_numbers or not abs(sum(given) - 1) <= 1e-6:
        raise ValueError(f"fractions must be 2 or more numbers above 0 that sum to 1, got {fractions!r}")


def require_single_columns(table: str, names: Iterable[Hashable]) -> None:
    """Raise unless every column of a table has a name of its own."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{table}: more than one column is named {', '.join(repr(name)[:40] for name in twice[:5])}; "
            "rename or leave out all but one of them"
        )


def row_positions(index: slice | Sequence[int] | np.ndarray | Tensor, num_rows: int) -> Tensor:
    """The rows that an index names, as positions from 0.

    Args:
        index: A slice, positions (negative ones count from the end), or a bool for each row.
        num_rows: How many rows there are.

    Returns:
        (row,), int64, in the order of `index`.

    Raises:
        TypeError: When it is none of these.
        ValueError: When a mask has another length.
        IndexError: When a position is out of range.

    Example:
        >>> row_positions([2, -1], 4), row_positions([True, False, True], 3)
        (tensor([2, 3]), tensor([0, 2]))
        >>> row_positions([0.5], 4)
        Traceback (most recent call last):
        TypeError: index must be a slice, whole numbers or a bool for each row, got float64 (0.5)
    """
    rows = np.arange(num_rows)
    if isinstance(index, slice):
        parts = (index.start, index.stop, index.step)
        if any(not isinstance(part, int | np.integer | None) for part in parts) or index.step == 0:
            raise TypeError(f"index must be a slice of whole numbers with a step other than 0, got {index}")
        return torch.from_numpy(rows[index].copy())
    try:
        places = np.asarray(index)
    except ValueError as error:  # lists of different lengths
        raise TypeError(
            f"index must be a slice, whole numbers or a bool for each row, got {index!r:.80}"
        ) from error
    if places.ndim == 1 and not places.size:
        return torch.empty(0, dtype=torch.int64)
    if places.ndim != 1 or places.dtype.kind not in "iub":
        shown = f"{places.dtype} ({places.ravel()[0]!s})" if places.ndim == 1 else f"{places.ndim} axes"
        raise TypeError(f"index must be a slice, whole numbers or a bool for each row, got {shown}")
    if places.dtype.kind == "b":
        if len(places) != num_rows:
            raise ValueError(f"index must have a bool for each of {num_rows:,} rows, got {len(places):,}")
        return torch.from_numpy(np.flatnonzero(places))
    outside = places[(places < -num_rows) | (places >= num_rows)]
    if len(outside):
        raise IndexError(f"index must hold positions of {num_rows:,} rows, got {outside[0]}")
    return torch.from_numpy(rows[places])


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
