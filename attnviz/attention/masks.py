"""The mask of a batch: which entries of its rows are there, and which are padding."""

import torch
from torch import Tensor

from .checks import check_tensors


def checked_mask(values: Tensor, mask: Tensor | None, *, axes: tuple[str, ...]) -> Tensor:
    """The mask, bool, in the shape of the first axes of values; all True where none is given.

    Args:
        values: (batch, entry, ...), what the mask is for.
        mask: (batch, entry), bool, True for an entry that is there; or None.
        axes: What the axes of the mask are called in the error, such as `("batch", "field")`.

    Raises:
        ValueError: If mask is not bool, has another shape, or is on another device.

    Example:
        >>> checked_mask(torch.rand(2, 3), torch.ones(3), axes=("batch", "word"))
        Traceback (most recent call last):
        ...
        ValueError: mask must be bool (batch, word) = (2, 3), True where there is one, got torch.float32 (3,)
    """
    expected = tuple(values.shape[: len(axes)])
    if mask is None:
        return torch.ones(expected, dtype=torch.bool, device=values.device)
    check_tensors(values=values, mask=mask)
    if mask.dtype != torch.bool or mask.shape != expected:
        raise ValueError(
            f"mask must be bool ({', '.join(axes)}) = {expected}, True where there is one, "
            f"got {mask.dtype} {tuple(mask.shape)}"
        )
    return mask


def places(scores: Tensor, mask: Tensor) -> Tensor:
    """The place of each entry in its row, 0 for the highest score; of equal scores the first one is ahead.

    Args:
        scores: (batch, entry).
        mask: (batch, entry), bool, False for padding, which comes last whatever its score is.

    Returns:
        (batch, entry), whole numbers. NaN stands before all numbers.

    Example:
        >>> places(torch.tensor([[9.0, 0.2, 0.7]]), torch.tensor([[False, True, True]]))
        tensor([[2, 1, 0]])
    """
    by_score = scores.detach().argsort(dim=1, descending=True, stable=True)
    order = by_score.gather(1, (~mask).gather(1, by_score).long().argsort(dim=1, stable=True))
    return order.argsort(1)
