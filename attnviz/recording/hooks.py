"""Hears every attention that this thread computes, through PyTorch's own `TorchFunctionMode`."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from .flow import SOFTMAX, Flow, Found

_THREAD = threading.local()

# PyTorch's own function without its question whether somebody listens, so that one can listen in it.
_multi_head_attention_forward = FunctionType(
    F.multi_head_attention_forward.__code__,
    {**vars(F), "has_torch_function": lambda tensors: False},
    argdefs=F.multi_head_attention_forward.__defaults__,
)


class Taker(Protocol):
    """Who wants weights; `gradients`: and wants the output to be made of them."""

    gradients: bool

    def wants(self) -> bool:
        """Whether attention weights that are computed now are wanted."""

    def take(self, weights: Tensor, *, pooled: bool = False) -> Tensor:
        """Here they are, (..., query, key) or, if `pooled`, (batch, key); returns those to go on with."""

    def doubt(self, weights: Tensor, found: Found) -> Tensor:
        """Here are some that may be weights; returns those to go on with."""

    def notice(self, *, fused: str | None = None) -> None:
        """Two tensors were multiplied, or a fused attention was called."""


@contextmanager
def listening(taker: Taker) -> Iterator[None]:
    """Offer `taker` all attention weights that this thread computes inside `with`."""
    listener = getattr(_THREAD, "listener", None)
    if listener is not None:
        listener.takers.append(taker)
        try:
            yield
        finally:
            listener.takers.remove(taker)
        return
    _THREAD.listener = _Listener(taker)
    try:
        with _THREAD.listener:
            yield
    finally:
        _THREAD.listener = None


class _Listener(TorchFunctionMode):
    def __init__(self, taker: Taker):
        super().__init__()
        self.takers = [taker]
        self._flow = Flow()
        self._num_heads: int | None = None  # of the nn.MultiheadAttention that is running

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if torch.compiler.is_compiling():
            return func(*args, **kwargs)
        if func is F.multi_head_attention_forward:
            return self._multi_head(*args, **kwargs)
        if func is F.scaled_dot_product_attention:
            takers = [taker for taker in self.takers if taker.wants()]
            return _attend(takers, args, kwargs) if takers else func(*args, **kwargs)
        result = func(*args, **kwargs)
        if getattr(func, "gives_attention_weights", False):
            return self._take(result, pooled=result.dim() == 2)
        return self._hear(getattr(func, "__name__", ""), args, kwargs, result)

    def _hear(self, name: str, args: tuple, kwargs: dict, result):
        plain = name.strip("_")
        if "attention" in name or "attn" in name:
            for taker in self.takers:
                taker.notice(fused=name)
        elif plain in SOFTMAX and self._num_heads is not None:
            return self._take(result.unflatten(0, (-1, self._num_heads))).reshape(result.shape)
        elif plain in SOFTMAX and result.dim():
            axis = _softmax_axis(result.dim(), *args[1:2], **kwargs)
            return self._doubt("softmax", result, args, kwargs, axis)
        elif self._flow.follow(plain, args, kwargs, result):
            for taker in self.takers:
                taker.notice()
        elif self._flow.normalised(plain, args, result):
            return self._doubt("exp", result, args, kwargs)
        elif plain == "sigmoid" or (plain == "linear" and result.shape[-1] == 1 < result.dim()):
            return self._doubt(plain, result, args, kwargs)
        return result

    def _multi_head(self, *args, **kwargs):
        self._num_heads = kwargs.get("num_heads", args[4] if len(args) > 4 else None)
        try:
            with self:
                return _multi_head_attention_forward(*args, **kwargs)
        finally:
            self._num_heads = None

    def _take(self, weights: Tensor, *, pooled: bool = False) -> Tensor:
        for taker in self.takers:
            if taker.wants():
                weights = taker.take(weights, pooled=pooled)
        return weights

    def _doubt(self, kind: str, weights: Tensor, args: tuple, kwargs: dict, axis: int = -1) -> Tensor:
        scores = args[0] if args else kwargs["input"]
        found = self._flow.found(kind, weights, scores, axis)
        for taker in self.takers:
            changed = taker.doubt(weights, found)
            if changed is not weights:
                self._flow.carry(changed, found)
                weights = changed
        return weights


def _softmax_axis(axes: int, dim: int | None = None, **others) -> int:
    if dim is None:  # what F.softmax takes then
        return 0 if axes in (0, 1, 3) else 1
    return dim


def sdpa_weights(
    query: Tensor,
    key: Tensor,
    attn_mask: Tensor | None = None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """The weights that `torch.nn.functional.scaled_dot_product_attention` uses and does not return.

    Args:
        query: (..., query, dim).
        key: (..., key, dim); with `enable_gqa` it may have fewer heads, each for a group of query heads.
        attn_mask: Broadcasts to (..., query, key); bool, True takes part, or a number added to the score.
        is_causal: Query i sees the keys 0 to i.
        scale: Multiplies q . k. None: 1 / sqrt(dim).
        enable_gqa: Repeat the key heads.

    Returns:
        Weights (..., query, key) before dropout, computed in float32 or better and given in the query's
        type. Rows sum to 1, or to 0 where a query may see nothing.

    Example:
        >>> sdpa_weights(torch.zeros(2, 4), torch.zeros(2, 4), is_causal=True)
        tensor([[1.0000, 0.0000],
                [0.5000, 0.5000]])

    Paper: Vaswani et al. (2017). Taught in "Which word, in GPT?"
    """
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], dim=-3)
    fine = torch.promote_types(query.dtype, torch.float32)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = query.to(fine) @ key.to(fine).mT * scale
    if is_causal:
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~seen, -torch.inf)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -torch.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    nothing = scores.isneginf().all(-1, keepdim=True)
    return scores.masked_fill(nothing, 0.0).softmax(-1).masked_fill(nothing, 0.0).to(query.dtype)


def _attend(takers: list[Taker], args: tuple, kwargs: dict) -> Tensor:
    """`scaled_dot_product_attention` for those who listen: itself, or made of the weights they take."""
    named = dict(zip(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), args, strict=False))
    named |= kwargs
    value, dropout = named.pop("value"), named.pop("dropout_p", 0.0)
    if value.is_nested:
        raise NotImplementedError(
            "the weights of nested tensors cannot be had: pad the inputs, and mask them"
        )
    if not any(taker.gradients for taker in takers):
        with torch.no_grad():
            weights = sdpa_weights(**named)
        for taker in takers:
            taker.take(weights)
        return F.scaled_dot_product_attention(*args, **kwargs)
    weights = sdpa_weights(**named)
    for taker in takers:
        weights = taker.take(weights)
    if named.get("enable_gqa"):
        value = value.repeat_interleave(weights.shape[-3] // value.shape[-3], dim=-3)
    return F.dropout(weights, dropout) @ value
