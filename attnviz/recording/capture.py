"""Attention weights out of anybody's model, without a change to the model."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

import torch
from torch import nn

from .fast_path import may_take_fast_path
from .hooks import listening
from .record import Record, Wanted
from .recorder import Recorder

_FUSED = ("flex", "flash", "/")  # in the names of Hugging Face attentions that never have weights


@contextmanager
def capture(
    module: nn.Module,
    layers: Sequence[str | int] | None = None,
    heads: Sequence[int] | None = None,
    *,
    softmax: Sequence[str] = (),
    dtype: torch.dtype | None = None,
    gradients: bool = False,
    strict: bool = False,
) -> Iterator[Record]:
    """Run a model inside `with`, and have its attention weights afterwards.

    How to:

    - Look: `with capture(model) as record: model(**inputs)`, then `print(record)` lists what attended and
      `record.weights["encoder.layer.0.attention.self"]` is (batch, head, query, key). The name is the dotted
      path of the module that attends, as in `module.named_modules()`; it is "" for `module` itself.
    - Know whether it is whole: `record.missing` maps the name of each module that looks as if it attends, and
      is not or not wholly in the record, to the reason. It is empty where nothing is missing.
    - Vouch: a softmax that may be attention, such as additive pooling, is not taken but named in
      `record.missing`. If it is attention, `softmax=["pool"]` takes all softmaxes of the module "pool". Their
      axis is that of the keys; two axes are (batch, key), three (batch, query, key). A sink is one key more.
      Write weights by `torch.softmax(scores.masked_fill(~mask, -torch.inf), -1)`, and use them as they are.
      If all that is missing are softmaxes, `softmax=list(record.missing)` takes all.
    - Keep less: `layers=["encoder.layer.5"]` (a module or all below it), `layers=[0, 5]` (the first and the
      sixth module that attends), `heads=[0, 3]`, `dtype=torch.float16`. Only that is kept, a layer at a time.
    - Differentiate: with `gradients=True` the output depends on the weights in the record, so
      `torch.autograd.grad(logit, record.weights[name])` works, and so does a loss on the weights.
    - A module that is called several times (a shared layer, `generate`, two forward passes), or that attends
      several times in a call, has all in `record.calls[name]`, oldest first; `record.weights[name]` then
      raises, as it cannot say which one.

    What is taken: `torch.nn.MultiheadAttention`, also inside `torch.nn.Transformer` and its parts; every call
    of `torch.nn.functional.scaled_dot_product_attention` in a forward of `module` or a module in it, under
    whatever name it was imported, so Hugging Face models with the attention "sdpa" (the default), where keys
    shared by several query heads are repeated to them; a softmax whose scores are a product of two tensors
    of the run, which weights a sum, which has an axis of heads and which its module returns, so Hugging Face
    models with "eager" attention; what a function gives that says of itself that it gives weights, so our own
    recommender.
    Axes are checked: where a module or its config names its heads, weights with another number of heads are
    refused, such as (batch, query, head, window). The batch may hold windows or groups beside the rows.

    What cannot be had, and is listed as missing where it is noticed: fused kernels (flex, flash), linear
    attention (has no weights), a sigmoid or bare scores in place of a softmax, weights over windows or
    sampled places, weights that are masked, scaled or chosen from after the softmax, weights made by exp and
    a division, and softmaxes that the module does not return and nobody vouches for. A module of which a
    softmax of queries and keys has wrong axes or is changed is not in the record at all.
    Not noticed are modules that neither call a softmax, a sigmoid or an attention of PyTorch to weight a sum
    nor have parts and a name, of their own or of their class, that says attention. Compiled or scripted
    modules raise at once. Calls in other threads are not recorded: each thread captures its own.

    The weights are those before dropout. Rows sum to 1, except a query that may see no key at all: its row is
    what the model itself computed, zeros with `scaled_dot_product_attention`, NaN in
    `nn.MultiheadAttention(need_weights=True)`. Places that PyTorch's fast path leaves out, padding that asks,
    have the weights of the ordinary path.

    Outputs inside `with` are those outside, padding included. Nothing is patched: forward hooks and PyTorch's
    own `TorchFunctionMode`, which belongs to this thread, are there inside `with` and gone after it, whatever
    happens. Without `gradients` the model's own kernel makes the output, to the last bit, and weights are
    computed beside it; where PyTorch would take its fast path, that part of the model runs twice. With
    `gradients` the output is made of the weights, and is the same to the tolerance of its type: about 1e-5
    for float32, 2e-2 for bfloat16. If the fast path of a frozen model would answer otherwise, a warning says
    so before the first call.

    Args:
        module: The model, or any part of it.
        layers: Names or numbers (from 0, in the order in which modules attend first). None: all.
        heads: Numbers of heads, from 0; the record then has only these, in this order. None: all.
        softmax: Names of modules whose softmaxes are attention: you vouch for them.
        dtype: A floating-point type to keep the weights in. None: as the model computes them.
        gradients: Keep the weights in the graph of the output; not with `dtype`.
        strict: Raise where something is missing, instead of a warning. With names in `layers` only what lies
            in them can be missing.

    Yields:
        The record: `weights`, a mapping from name to (batch, head, query, key), `calls`, and after `with`
        `missing`. An input without a batch counts as a batch of 1; where there is no axis of heads there is
        one head.

    Raises:
        TypeError, ValueError: If an argument cannot be right, a head is asked for that is not there, or this
            module's attention has no weights.
        RuntimeError: At the end of `with`, if the module was not called, if nothing in it attended in a way
            that can be seen, if something in `layers` or `softmax` did not, or with `strict` if something is
            missing. The message says which and why.

    Example:
        >>> layer = torch.nn.TransformerEncoderLayer(8, nhead=2, batch_first=True).eval()
        >>> with torch.no_grad(), capture(layer) as record:
        ...     _ = layer(torch.ones(1, 4, 8))
        >>> record.weights["self_attn"].shape
        torch.Size([1, 2, 4, 4])
        >>> record.weights["self_attn"][0, 0, 0]
        tensor([0.2500, 0.2500, 0.2500, 0.2500])

    Taught in "Which word, in BERT?" and "Which word, in GPT?"
    """
    wanted = Wanted(layers, heads, softmax, dtype, gradients)
    _check_options(wanted)
    _check_module(module)
    _check_names(module, "layers", layers or ())
    _check_names(module, "softmax", softmax)
    if gradients:
        _warn_of_fast_path(module)
    record = Record(wanted)
    recorder = Recorder(record, wanted)
    with recorder.following(module), listening(recorder):
        yield record
    record.close(recorder.suspects, strict=strict)


def _check_options(wanted: Wanted) -> None:
    for name, kinds, said in (
        ("layers", (str, int), "names or whole numbers"),
        ("heads", (int,), "whole numbers"),
        ("softmax", (str,), "names"),
    ):
        _check_list(name, getattr(wanted, name), kinds, said)
    if wanted.dtype is not None and not getattr(wanted.dtype, "is_floating_point", False):
        raise ValueError(f"dtype must be a floating-point type such as torch.float16, got {wanted.dtype!r}")
    if wanted.gradients and wanted.dtype is not None:
        raise ValueError("gradients keeps the weights the output is made of: leave dtype out, or cast later")


def _check_list(name: str, wanted, kinds: tuple[type, ...], said: str) -> None:
    if wanted is None or (name == "softmax" and wanted == ()):
        return
    listed = isinstance(wanted, Sequence) and not isinstance(wanted, str) and len(wanted) > 0
    if not listed or not all(type(one) in kinds for one in wanted):
        raise TypeError(f"{name} must be a list of {said}, or left out, got {wanted!r}")
    if any(isinstance(one, int) and one < 0 for one in wanted) or len(set(wanted)) < len(wanted):
        raise ValueError(f"{name} must be counted from 0 and named once each, got {wanted!r}")


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
                'call model.set_attn_implementation("sdpa") first, or "eager" where the model has no "sdpa"'
            )


def _check_names(module: nn.Module, argument: str, wanted: Sequence[str | int]) -> None:
    names = [name for name, _ in module.named_modules()]
    for one in wanted:
        if isinstance(one, str) and one not in names:
            close = get_close_matches(one, names, n=3, cutoff=0.5) or names[1:6]
            raise ValueError(f"{argument}: module has no {one!r}; it has, for example, {close}")


def _warn_of_fast_path(module: nn.Module) -> None:
    fast = [name for name, part in module.named_modules() if may_take_fast_path(part)]
    if fast:
        warnings.warn(
            f"gradients=True: PyTorch's fast path of {fast[0]!r}, which has no weights, is off inside with. "
            "Where there is padding it answers otherwise: zeros for padded places, NaN for a row of padding "
            "only. For the same answer outside, call torch.backends.mha.set_fastpath_enabled(False) first",
            stacklevel=4,
        )
