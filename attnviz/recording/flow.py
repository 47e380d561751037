"""Follows tensors through a run: what was a product of queries and keys, and which weights mix values."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

SOFTMAX = ("softmax", "special_softmax")
_PRODUCTS = ("matmul", "rmatmul", "mm", "bmm", "addmm", "baddbmm", "einsum")
_WITH_BIAS = ("addmm", "baddbmm")  # the first tensor is added, not multiplied
_TIMES = ("mul", "rmul", "imul", "multiply")
_SUMS = ("sum", "mean")
_DIVIDES = ("truediv", "itruediv", "div", "divide", "true_divide")
_SAME = (  # they leave all numbers as they are, or are undone in the mean
    *("to", "type", "type_as", "float", "double", "half", "bfloat16", "cpu", "cuda", "get", "detach"),
    *("contiguous", "clone", "alias", "requires_grad", "dropout", "view", "view_as", "reshape", "reshape_as"),
    *("permute", "transpose", "t", "swapaxes", "swapdims", "movedim", "moveaxis", "flatten", "unflatten"),
    *("ravel", "squeeze", "unsqueeze"),
)
_PARTS = (  # they give some of the numbers, or each several times
    *("getitem", "narrow", "select", "split", "split_with_sizes", "tensor_split", "chunk", "unbind"),
    *("expand", "expand_as", "repeat", "repeat_interleave", "tile", "broadcast_to", "pad"),
)
_CHOOSE = ("topk", "sort")
_MIXED_UP = (  # what comes out of them has another size, or is of other tensors, too
    *(*_CHOOSE, "scatter", "scatter_add", "index_put", "setitem", "getitem", "gather", "take_along_dim"),
    *("index_select", "cat", "concat", "concatenate", "stack", "linear", "conv1d", "conv2d", *_PRODUCTS),
)
_NEW = (
    "linear",
    "embedding",
    "layer_norm",
    "rms_norm",
    "group_norm",
    "conv1d",
    "conv2d",
    "softmax",
    "sigmoid",
)


@dataclass(eq=False)
class Found:
    """Numbers that may be the weights of an attention.

    Attributes:
        kind: "softmax", "exp": divided by its own sum, "sigmoid", or "linear": a layer with one output, such
            as the score of an item.
        shape: As they were computed.
        axis: The axis over which they sum to 1, from 0.
        product: They were made of a product of two tensors of this run, as queries and keys are.
        mixes: Something was weighted with them and added up.
        changed: They were changed before that: masked, scaled, chosen from.
        vouched: The user says that they are attention.
        wrong_axes: Why they cannot be (batch, head, query, key).
    """

    kind: str
    shape: tuple[int, ...]
    axis: int
    product: bool
    flow: "Flow" = field(repr=False)
    mixes: bool = False
    changed: bool = False
    vouched: bool = False
    wrong_axes: str | None = None

    @property
    def refused(self) -> bool:
        """Whether they cannot be taken, whoever vouches."""
        return self.changed or self.wrong_axes is not None

    def in_whole(self, tensors: list[Tensor]) -> bool:
        """Whether one of these tensors is all of the weights, in whatever order of axes."""
        size = torch.Size(self.shape).numel()
        return any(self.flow.carried(tensor) is self and tensor.numel() == size for tensor in tensors)

    def mix(self, *, changed: bool) -> None:
        """Something was weighted with them and added up."""
        self.mixes, self.changed = True, self.changed or changed


class _Carried(NamedTuple):
    """What a tensor has of some weights, and how often it had been written to by then."""

    found: Found
    changed: bool
    version: int


class Flow:
    """What is known of the tensors that are alive; forgets a tensor with its end."""

    def __init__(self):
        self._products = WeakTensorKeyDictionary()  # tensor -> True
        self._weights = WeakTensorKeyDictionary()  # tensor -> _Carried
        # tensor -> the Found its values were multiplied with, the axes that share one weight, and changed
        self._weighted = WeakTensorKeyDictionary()
        self._exp = WeakTensorKeyDictionary()  # tensor -> "exp", or "sum" of what exp gave
        self._best = WeakTensorKeyDictionary()  # tensor -> True: the best of some scores, as a router picks

    def carried(self, tensor: Tensor) -> Found | None:
        """The weights that a tensor carries, if any."""
        carried = self._weights.get(tensor)
        return carried and carried.found

    def found(self, kind: str, weights: Tensor, scores: Tensor, axis: int = -1) -> Found:
        """Follow `weights`, made of `scores`, unless these are the best of others: a router's choice."""
        product = scores in self._products
        one = Found(kind, tuple(weights.shape), axis % max(1, weights.dim()), product, self)
        if product or scores not in self._best:
            self.carry(weights, one)
        return one

    def carry(self, tensor: Tensor, found: Found, *, changed: bool = False) -> None:
        """This tensor is those weights, too, or was made of them."""
        self._weights[tensor] = _Carried(found, changed, _version(tensor))

    def normalised(self, name: str, args: tuple, result: Any) -> bool:
        """Follow exponentials; returns whether this call divided one by its own sum."""
        given = _tensors(args)
        kinds = [self._exp.get(one) for one in given]
        if name in _DIVIDES and kinds == ["exp", "sum"]:
            return True
        if not isinstance(result, Tensor) or name in (*_NEW, *_PRODUCTS):
            return False
        if name == "exp" or (name == "sum" and kinds[:1] == ["exp"]):
            self._exp[result] = name
            return False
        for one, kind in zip(given, kinds, strict=True):
            if kind and result.numel() == one.numel():
                self._exp[result] = kind
        return False

    def follow(self, name: str, args: tuple, kwargs: dict, result: Any) -> bool:
        """Follow one call of PyTorch; returns whether it multiplied two tensors made in this run."""
        given = _tensors((*args, *kwargs.values()))
        if not given:
            return False
        multiplied = is_product(name, given)
        for made in _tensors((result,)):
            if name in _CHOOSE or (len(given) == 1 and name not in _NEW and given[0] in self._best):
                self._best[made] = True
            if multiplied or (
                name not in (*_PRODUCTS, *_NEW) and any(one in self._products for one in given)
            ):
                self._products[made] = True
        for one in given:
            if one in self._weights:
                self._use(self._weights[one], one, name, given, result)
            if one in self._weighted:
                self._add_up(one, name, args, kwargs, result)
        return multiplied

    def _use(self, carried: _Carried, weights: Tensor, name: str, given: list[Tensor], result: Any) -> None:
        found, others = carried.found, [one for one in given if one is not weights]
        dropped = name in _SAME and result is weights  # dropout in place
        changed = carried.changed or (_version(weights) != carried.version and not dropped)
        if name in _PRODUCTS and is_product(name, given):
            found.mix(changed=changed)
            return
        spread = [axis for other in others if name in _TIMES for axis in _spread(weights, other)]
        for made in given[:1] if name == "setitem" else _tensors((result,)):
            if spread:
                self._weighted[made] = found, spread, changed
            if made.is_floating_point() and _carries(found, weights, name, others, made):
                self.carry(made, found, changed=changed or not _keeps(name, weights, others, made))

    def _add_up(self, weighted: Tensor, name: str, args: tuple, kwargs: dict, result: Any) -> None:
        found, spread, changed = self._weighted[weighted]
        if name in _SUMS:
            dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
            axes = range(weighted.dim()) if dim is None else [dim] if isinstance(dim, int) else dim
            if any(axis % weighted.dim() - weighted.dim() not in spread for axis in axes):
                found.mix(changed=changed)
        elif len(_tensors(args)) == 1 and isinstance(result, Tensor) and result.numel() == weighted.numel():
            self._weighted[result] = found, spread, changed


def _carries(found: Found, weights: Tensor, name: str, others: list[Tensor], made: Tensor) -> bool:
    """Whether what a call made of weights and others may weight a sum in their place."""
    if name in _MIXED_UP and (found.product or found.vouched):
        return True
    if name in _NEW or name in _PRODUCTS or name.endswith("_like"):
        return False
    alone = found.kind in ("softmax", "exp") or not any(other.is_floating_point() for other in others)
    return _is_part(name, others) or (alone and made.numel() == weights.numel())


def _keeps(name: str, weights: Tensor, others: list[Tensor], made: Tensor) -> bool:
    """Whether the numbers are still those of the weights, but for rows of NaN that may see nothing."""
    if name in _SAME or _is_part(name, others):
        return True
    if made is weights or made.shape != weights.shape or made.dtype != weights.dtype:
        return False
    return torch.equal(made.nan_to_num(), weights.nan_to_num())


def _is_part(name: str, others: list[Tensor]) -> bool:
    """Whether a call gives some of the numbers; chosen by another tensor they are others."""
    return name in _PARTS and not (name == "getitem" and others)


def _version(tensor: Tensor) -> int:
    """How often it or a view of it was written to; inference mode does not count."""
    return 0 if tensor.is_inference() else tensor._version


def is_product(name: str, given: list[Tensor]) -> bool:
    """Whether this call multiplies two tensors none of which is a parameter."""
    factors = given[-2:] if name in _WITH_BIAS else given
    made = [one for one in factors if not isinstance(one if one._base is None else one._base, nn.Parameter)]
    return name in _PRODUCTS and len(made) > 1


def _spread(weights: Tensor, values: Tensor) -> list[int]:
    """The axes along which one weight multiplies several values, counted from -1, the last."""
    axes = range(-min(weights.dim(), values.dim()), 0)
    one = [axis for axis in axes if weights.shape[axis] == 1 or weights.stride(axis) == 0]
    return [axis for axis in one if values.shape[axis] > 1]


def _tensors(values: tuple) -> list[Tensor]:
    found = []
    for value in values:
        inside = value if isinstance(value, (list, tuple)) else (value,)
        found += [one for one in inside if isinstance(one, Tensor)]
    return found
