"""What the measures of agreement ask of two tables."""

from typing import Any

import torch
from torch import Tensor

from ..attention.checks import check_tensors


def check_same_table(a: Tensor, b: Tensor, *, names: tuple[str, str] = ("a", "b")) -> None:
    """Raise a ValueError unless both are tensors (batch, field) of the same shape, with a field at least."""
    first, second = names
    given: dict[str, Any] = {first: a, second: b}
    check_tensors(**given)
    if a.dim() != 2 or a.shape != b.shape or a.shape[1] < 1:
        raise ValueError(
            f"{first} and {second} must both be (batch, field), "
            f"got {first} {tuple(a.shape)} and {second} {tuple(b.shape)}"
        )


def has_nan(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Rows (batch,) with a NaN among the fields of a or b."""
    return ((a.isnan() | b.isnan()) & mask).any(1)


def result_dtype(a: Tensor, b: Tensor) -> torch.dtype:
    """The dtype of a measure of both: theirs, or torch's default one for whole numbers."""
    dtype = torch.promote_types(a.dtype, b.dtype)
    return dtype if dtype.is_floating_point else torch.get_default_dtype()
