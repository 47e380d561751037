"""Attention weights out of anybody's model, without a change to the model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

import torch
from torch import nn

from .hooks import listening
from .record import Record, below

_FUSED = ("flex", "flash", "/")  # in the names of Hugging Face attentions that never have weights


@contextmanager
def capture(
    module: nn.Module,
    layers: Sequence[str | int] | None = None,
    heads: Sequence[int] | None = None,
    *,
    dtype: torch.dtype | None = None,
    gradients: bool = False,
) -> Iterator[Record]:
    """Run a model inside `with`, and have its attention weights afterwards.

    How to:

    - Look: `with capture(model) as record: model(**inputs)`, then `print(record)` lists what attended and
      `record.weights["encoder.layer.0.attention.self"]` is (batch, head, query, key). The name is the dotted
      path of the module that attends, as in `module.named_modules()`; it is "" for `module` itself.
    - Keep less: `layers=["encoder.layer.5"]` (a module or all below it), `layers=[0, 5]` (the first and the
      sixth module that attends), `heads=[0, 3]`, `dtype=torch.float16`. Only that is kept, a layer at a time.
    - Differentiate: with `gradients=True` the output depends on the weights in the record, so
      `torch.autograd.grad(logit, record.weights[name])` works, and so does a loss on the weights.
    - A module that is called several times (a shared layer, `generate`, two forward passes) has all calls in
      `record.calls[name]`, oldest first; `record.weights[name]` then raises, as it cannot say which one.

    What is seen: `torch.nn.MultiheadAttention`, also inside `torch.nn.Transformer` and its parts;
    Hugging Face models with the attentions "sdpa" (the default) and "eager", self- and cross-attention, where
    keys shared by several query heads are repeated to them; and every call of
    `torch.nn.functional.scaled_dot_product_attention` in a forward of `module` or a module in it, under
    whatever name it was imported. What cannot be seen: fused kernels (flex, flash, xformers), compiled or
    scripted modules, linear attention (has no weights), and weights computed by hand that the module does not
    return. Calls in other threads are not recorded: each thread captures its own.

    The weights are those before dropout. Rows sum to 1, except a query that may see no key at all: its row is
    what the model itself computed, zeros with `scaled_dot_product_attention`, NaN in
    `nn.MultiheadAttention(need_weights=True)`. Nothing is patched: forward hooks and PyTorch's own
    `TorchFunctionMode`, which belongs to this thread, are there inside `with` and gone after it, whatever
    happens. Without `gradients` the model's own kernel makes the output, and weights are computed beside it.

    Args:
        module: The model, or any part of it.
        layers: Names or numbers (from 0, in the order in which modules attend first). None: all.
        heads: Numbers of heads, from 0; the record then has only these, in this order. None: all.
        dtype: A floating-point type to keep the weights in. None: as the model computes them.
        gradients: Keep the weights in the graph of the output; not with `dtype`.

    Yields:
        The record: `weights`, a mapping from name to (batch, head, query, key), and `calls`. An input without
        a batch counts as a batch of 1; `scaled_dot_product_attention` of 3 axes counts as one head.

    Raises:
        TypeError, ValueError: If an argument cannot be right, or this module's attention has no weights.
        RuntimeError: At the end of `with`, if the module was not called, if nothing in it attended in a way
            that can be seen, or if something in `layers` did not. The message says which.

    Example:
        >>> layer = torch.nn.TransformerEncoderLayer(8, nhead=2, batch_first=True).eval()
        >>> with torch.no_grad(), capture(layer) as record:
        ...     _ = layer(torch.ones(1, 4, 8))
        >>> record.weights["self_attn"].shape
        torch.Size([1, 2, 4, 4])
        >>> record.weights["self_attn"][0, 0, 0]
        tensor([0.2500, 0.2500, 0.2500, 0.2500])

    Taught in chapters 17 and 18.
    """
    _check_options(layers, heads, dtype, gradients)
    _check_module(module)
    _check_names(module, layers)
    record = Record(layers, heads, dtype, gradients)
    with record.following(module), listening(record):
        yield record
    record.check()


def _check_options(layers, heads, dtype, gradients: bool) -> None:
    for name, wanted, kind in (("layers", layers, (str, int)), ("heads", heads, int)):
        if wanted is None:
            continue
        listed = isinstance(wanted, Sequence) and not isinstance(wanted, str) and len(wanted) > 0
        if not listed or not all(isinstance(one, kind) for one in wanted):
            kinds = "names or whole numbers" if name == "layers" else "whole numbers"
            raise TypeError(f"{name} must be a list of {kinds}, or None for all, got {wanted!r}")
        if any(isinstance(one, int) and one < 0 for one in wanted) or len(set(wanted)) < len(wanted):
            raise ValueError(f"{name} are counted from 0 and named once each, got {wanted!r}")
    if dtype is not None and not dtype.is_floating_point:
        raise ValueError(f"dtype must be a floating-point type such as torch.float16, got {dtype}")
    if gradients and dtype is not None:
        raise ValueError("gradients keeps the weights the output is made of: leave dtype out, or cast later")


def _check_module(module: nn.Module) -> None:
    if not isinstance(module, nn.Module):
        raise TypeError(f"module must be a torch.nn.Module, got {type(module).__name__}")
    for name, part in module.named_modules():
        where = f"module.{name}" if name else "module"
        if isinstance(part, torch.jit.ScriptModule):
            raise ValueError(
                f"{where} is scripted or traced, so that nothing in it can be seen: pass the original"
            )
        if hasattr(part, "_orig_mod") or getattr(part, "_compiled_call_impl", None) is not None:
            raise ValueError(f"{where} is compiled, so that nothing in it can be seen: pass the original")
        kind = getattr(getattr(part, "config", None), "_attn_implementation", None)
        if isinstance(kind, str) and any(word in kind for word in _FUSED):
            raise ValueError(
                f"{where} attends with {kind!r}, a fused kernel that never has the weights: "
                'call model.set_attn_implementation("sdpa") first'
            )


def _check_names(module: nn.Module, layers: Sequence[str | int] | None) -> None:
    names = [name for name, _ in module.named_modules()]
    for layer in layers or ():
        if isinstance(layer, str) and not any(below(name, layer) for name in names):
            close = get_close_matches(layer, names, n=3, cutoff=0.5) or names[1:6]
            raise ValueError(f"layers: module has no {layer!r}; it has, for example, {close}")
