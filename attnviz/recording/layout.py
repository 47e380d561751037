"""Which axis of some weights is which, checked against the heads that a module names."""

import re
from dataclasses import dataclass
from math import prod

from torch import Tensor, nn

_HEADS = re.compile(r"(\w+_)?n?_?heads?", re.ASCII)  # num_heads, n_head, nhead, encoder_attention_heads, ...
_NOT_OF_QUERIES = re.compile(r"kv|key_value|linear|mamba|ssm|lm_head")


class WrongAxes(ValueError):
    """Weights that are not (batch, head, query, key); the message says what they are."""


@dataclass(frozen=True)
class Layout:
    """How weights become (batch, head, query, key), and come back.

    Attributes:
        axis: The axis of the keys.
        moved: The shape with the keys last.
        four: That shape as (batch, head, query, key).
    """

    axis: int
    moved: tuple[int, ...]
    four: tuple[int, int, int, int]

    @property
    def has_heads(self) -> bool:
        """Whether there is an axis of heads, or the batch holds them."""
        return len(self.moved) > 3 or self.four[1] > 1

    def there(self, weights: Tensor) -> Tensor:
        """The weights as (batch, head, query, key)."""
        return weights.movedim(self.axis, -1).reshape(self.four)

    def back(self, weights: Tensor) -> Tensor:
        """The weights in the shape in which they were computed."""
        return weights.reshape(self.moved).movedim(-1, self.axis)


def heads_of(module: nn.Module) -> set[int]:
    """The numbers of query heads that a module names, or else its `config`; empty where none is named.

    Example:
        >>> heads_of(nn.MultiheadAttention(8, 2)), heads_of(nn.Linear(8, 2))
        ({2}, set())
    """
    return _named_heads(module) or _named_heads(getattr(module, "config", None))


def _named_heads(owner: object) -> set[int]:
    found: set[int] = set()
    for name, value in getattr(owner, "__dict__", {}).items():
        if _HEADS.fullmatch(name) and not _NOT_OF_QUERIES.search(name):
            values = value if isinstance(value, (list, tuple)) else [value]
            found |= {one for one in values if type(one) is int and one > 0}
    return found


def find_layout(
    shape: tuple[int, ...],
    module: nn.Module,
    *,
    axis: int = -1,
    batch: int | None = None,
    pooled: bool = False,
) -> Layout:
    """Which axis is which.

    Args:
        shape: Of the weights: (key,), (query, key), (batch, query, key), (batch * head, query, key) where the
            module names its heads and `batch` fits, or (..., head, query, key), the first axes a batch.
        module: Who attends; see `heads_of`. Where Hugging Face packed the heads that share a key into the
            place of the one query, its `num_key_value_groups` tells.
        axis: That of the keys.
        batch: The size of the batch of this call, if it is known.
        pooled: Two axes are (batch, key).

    Raises:
        WrongAxes: If the module names other numbers of heads than the axis has.

    Example:
        >>> find_layout((5, 2, 3), nn.Identity()).four, find_layout((5, 3), nn.Identity(), pooled=True).four
        ((5, 1, 2, 3), (5, 1, 1, 3))
        >>> find_layout((6, 4, 3), nn.MultiheadAttention(8, 2), batch=3).four
        (3, 2, 4, 3)
    """
    axis %= len(shape)
    moved = (*shape[:axis], *shape[axis + 1 :], shape[axis])
    named = heads_of(module)
    if len(moved) < 4:
        return Layout(axis, moved, _few_axes(moved, named, batch, pooled))
    heads, queries, keys = moved[-3:]
    shared = getattr(module, "num_key_value_groups", 1)
    if shared > 1 and queries == shared and heads * shared in named:
        heads, queries = heads * shared, 1
    if named and heads not in named:
        raise WrongAxes(_why(shape, named, windowed=queries in named))
    return Layout(axis, moved, (prod(moved[:-3]), heads, queries, keys))


def _few_axes(
    moved: tuple[int, ...], named: set[int], batch: int | None, pooled: bool
) -> tuple[int, int, int, int]:
    keys = moved[-1]
    if len(moved) == 1 or (len(moved) == 2 and pooled):
        return prod(moved[:-1]), 1, 1, keys
    if len(moved) == 2:
        return 1, 1, moved[0], keys
    for heads in named - {1}:
        if batch is not None and moved[0] == heads * batch:
            return batch, heads, moved[1], keys
    return moved[0], 1, moved[1], keys


def _why(shape: tuple[int, ...], named: set[int], *, windowed: bool) -> str:
    heads = " or ".join(map(str, sorted(named)))
    if windowed:
        return (
            f"its weights {shape} are (batch, query, head, window) for {heads} heads: each query has keys of "
            "its own, a window or sampled places, so that they cannot be (batch, head, query, key)"
        )
    return (
        f"its weights {shape} do not have its {heads} heads as the last axis before query and key: they are "
        "in blocks, or of something else, so that they cannot be (batch, head, query, key)"
    )
