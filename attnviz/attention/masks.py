"""The mask of a batch: which entries of its rows are there, and which are padding."""

import torch
from torch import Tensor


def checked_mask(values: Tensor, mask: Tensor | None, *, axes: tuple[str, ...]) -> Tensor:
    """The mask, bool, in the shape of the first axes of values; all True where none is given.

    Args:
        values: (batch, entry, ...), what the mask is for.
        mask: (batch, entry), bool, True for an entry that is there; or None.
        axes: What the axes of the mask are called in the error, such as `("batch", "field")`.

    Raises:
        ValueError: If mask is not bool, or has another shape.

    Example:
        >>> checked_mask(torch.rand(2, 3), torch.ones(3), axes=("batch", "word"))
        Traceback (most recent call last):
        ...
        ValueError: mask must be bool (batch, word) = (2, 3), True where there is one, got torch.float32 (3,)
    """
    expected = tuple(values.shape[: len(axes)])
    if mask is None:
        return torch.ones(expected, dtype=torch.bool, device=values.device)
    if mask.dtype != torch.bool or mask.shape != expected:
        raise ValueError(
            f"mask must be bool ({', '.join(axes)}) = {expected}, True where there is one, "
            f"got {mask.dtype} {tuple(mask.shape)}"
        )
    return mask
