"""Follows tensors through a run: what was a product of queries and keys, and which weights mix values."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

SOFTMAX = ("softmax", "special_softmax")
_PRODUCTS = ("matmul", "rmatmul", "mm", "bmm", "addmm", "baddbmm", "einsum")
_WITH_BIAS = ("addmm", "baddbmm")  # the first tensor is added, not multiplied
_TIMES = ("mul", "rmul", "imul", "multiply")
_SUMS = ("sum", "mean")
_COPIES = ("expand", "expand_as", "repeat", "repeat_interleave", "pad")
_CHOOSE = ("topk", "sort")
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
        kind: "softmax", "sigmoid", or "linear": a layer with one output, such as the score of an item.
        shape: As they were computed.
        axis: The axis over which they sum to 1, from 0.
        product: They were made of a product of two tensors of this run, as queries and keys are.
        mixes: Something was weighted with them and added up.
        wrong_axes: Why they cannot be (batch, head, query, key).
    """

    kind: str
    shape: tuple[int, ...]
    axis: int
    product: bool
    flow: "Flow" = field(repr=False)
    mixes: bool = False
    wrong_axes: str | None = None

    def in_whole(self, tensors: list[Tensor]) -> bool:
        """Whether one of these tensors is all of the weights, in whatever order of axes."""
        size = torch.Size(self.shape).numel()
        return any(self.flow.carried(tensor) is self and tensor.numel() == size for tensor in tensors)


class Flow:
    """What is known of the tensors that are alive; forgets a tensor with its end."""

    def __init__(self):
        self._products = WeakTensorKeyDictionary()  # tensor -> True
        self._weights = WeakTensorKeyDictionary()  # tensor -> the Found that it carries
        # tensor -> the Found that its values were multiplied with, and the axes that share one weight
        self._weighted = WeakTensorKeyDictionary()
        self._best = WeakTensorKeyDictionary()  # tensor -> True: the best of some scores, as a router picks

    def carried(self, tensor: Tensor) -> Found | None:
        """The weights that a tensor carries, if any."""
        return self._weights.get(tensor)

    def found(self, kind: str, weights: Tensor, scores: Tensor, axis: int = -1) -> Found:
        """Follow `weights`, made of `scores`, unless these are the best of others: a router's choice."""
        product = scores in self._products
        one = Found(kind, tuple(weights.shape), axis % max(1, weights.dim()), product, self)
        if product or scores not in self._best:
            self.carry(weights, one)
        return one

    def carry(self, tensor: Tensor, found: Found) -> None:
        """This tensor is those weights, too."""
        self._weights[tensor] = found

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

    def _use(self, found: Found, weights: Tensor, name: str, given: list[Tensor], result: Any) -> None:
        others = [one for one in given if one is not weights]
        if name in _PRODUCTS and others:
            found.mixes |= is_product(name, given)
            return
        if not isinstance(result, Tensor) or name in _NEW:
            return
        spread = [axis for other in others if name in _TIMES for axis in _spread(weights, other)]
        if spread:
            self._weighted[result] = found, spread
        part = name in _COPIES or (name == "getitem" and not others)
        alone = found.kind == "softmax" or not any(other.is_floating_point() for other in others)
        if result.is_floating_point() and (part or (alone and result.numel() == weights.numel())):
            self._weights[result] = found

    def _add_up(self, weighted: Tensor, name: str, args: tuple, kwargs: dict, result: Any) -> None:
        found, spread = self._weighted[weighted]
        if name in _SUMS:
            dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
            axes = range(weighted.dim()) if dim is None else [dim] if isinstance(dim, int) else dim
            found.mixes |= any(axis % weighted.dim() - weighted.dim() not in spread for axis in axes)
        elif len(_tensors(args)) == 1 and isinstance(result, Tensor) and result.numel() == weighted.numel():
            self._weighted[result] = found, spread


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
