"""The mask of a batch: which entries of its rows are there, and which are padding."""

import torch
from torch import Tensor


def checked_mask(values: Tensor, mask: Tensor | None, *, entry: str) -> Tensor:
    """The mask (batch, entry), bool; all True where none is given.

    Args:
        values: (batch, entry, ...), what the mask is for.
        mask: (batch, entry), bool, True for an entry that is there; or None.
        entry: what an entry is called in the error, such as `"field"`.

    Raises:
        ValueError: If mask is not bool, or has another shape.

    Example:
        >>> checked_mask(torch.rand(2, 3), torch.ones(3), entry="word")
        Traceback (most recent call last):
        ...
        ValueError: mask must be bool (batch, word) = (2, 3), True where there is one, got torch.float32 (3,)
    """
    expected = tuple(values.shape[:2])
    if mask is None:
        return torch.ones(expected, dtype=torch.bool, device=values.device)
    if mask.dtype != torch.bool or mask.shape != expected:
        raise ValueError(
            f"mask must be bool (batch, {entry}) = {expected}, True where there is one, "
            f"got {mask.dtype} {tuple(mask.shape)}"
        )
    return mask
