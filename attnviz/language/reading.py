"""What a pretrained language model does with one text: tokens, words, attention weights and value norms."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from .models import load_causal_model, load_model, load_tokenizer, model_folder

_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
_VALUES = ("v_proj", "value", "v_lin")
_OUTPUTS = ("o_proj", "attention.output.dense", "out_lin", "out_proj")
_SPACES = str.maketrans({" ": "␣", "\n": "↵", "\t": "⇥"})


@dataclass(frozen=True)
class Inside:
    """What a language model did with one text.

    Attributes:
        tokens: The tokens as people read them: pieces of the text, without marks such as `##` or `Ġ`. A token
            of spaces is "␣", of a new line "↵"; a token that the model adds has its name, such as "[CLS]".
        words: The words of the text, punctuation marks counted as words of their own.
        word_index: For each token the word it belongs to, or -1: added tokens and spaces belong to none.
        weights: (layer, head, query, key), float32, each row sums to 1.
        value_norms: (layer, head, key), float32, at least 0: the length of the vector that a head takes from
            a token, after the output projection (Kobayashi et al., 2020). A weight times it is what arrives.
        gradients: (layer, head, query, key) of the target with respect to the weights, or None.
    """

    tokens: list[str]
    words: list[str]
    word_index: list[int]
    weights: Tensor
    value_norms: Tensor
    gradients: Tensor | None = None

    def to_words(self, values: Tensor) -> Tensor:
        """Add up the tokens of each word: (..., token) to (..., word). Tokens of no word are left out."""
        index = torch.tensor(self.word_index)
        inside = (index >= 0).nonzero().squeeze(1)
        words = values.new_zeros(*values.shape[:-1], len(self.words))
        return words.index_add(-1, index[inside], values[..., inside])  # (..., word)


def attention_inside(
    model: str | PathLike | nn.Module,
    text: str,
    *,
    tokenizer=None,
    target: Callable | None = None,
    max_length: int = 512,
    cut: bool = False,
) -> Inside:
    """The attention weights of all layers and heads of a language model that reads a text.

    Args:
        model: A name or folder for `model_folder`, such as "minilm" or "smollm2" (the last one used stays in
            memory), or a transformers model with eager attention, from `load_model(folder, eager=True)`.
        text: Any text with at least one word.
        tokenizer: The model's tokenizer where `model` is no name.
        target: A function from the model's output to one number. Then `gradients` says how the number changes
            with each weight. For a decoder: `lambda out: out.logits[0, -1, yes] - out.logits[0, -1, no]`.
        max_length: The most tokens: memory grows with their square. A longer text is an error.
        cut: Read the beginning of a longer text instead, as `TextEncoder` does.

    Returns:
        An `Inside`.

    Raises:
        TypeError: If the text is no str.
        ValueError: If the text is too long or has no word, or the model's attention is not eager.
        LookupError: If the model's value and output projections are not found under names we know.

    Example:
        >>> inside = attention_inside("minilm", "The zipper is great.")
        >>> inside.tokens
        ['[CLS]', 'The', 'zipper', 'is', 'great', '.', '[SEP]']
        >>> inside.weights.shape
        torch.Size([6, 12, 7, 7])
        >>> inside.to_words(inside.weights).shape
        torch.Size([6, 12, 7, 5])

    Paper: Kobayashi et al. (2020), Attention is not only a weight.
    Taught in "Which word, in BERT?" and "Which word, in GPT?"
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be str, got {type(text).__name__}")
    if not text.strip():
        raise ValueError(f"text must hold at least one word, got {text!r:.40}")
    if isinstance(model, nn.Module):
        reader = model
    else:
        reader, tokenizer = _loaded(model_folder(str(model)))
    kind = getattr(reader.config, "_attn_implementation", None)
    if kind != "eager":
        raise ValueError(
            f"model must compute eager attention, got {kind!r}: "
            "load it with load_model(folder, eager=True) or attn_implementation='eager'"
        )
    length = dict(truncation=True, max_length=max_length) if cut else {}
    read = tokenizer(text, return_tensors="pt", return_offsets_mapping=True, **length)
    spans = read.pop("offset_mapping")[0].tolist()
    if not 0 < len(spans) <= max_length:
        raise ValueError(f"text must have 1 to max_length={max_length} tokens, it has {len(spans)}")
    weights, value_norms, gradients = _run(reader, read, target)
    ids = read["input_ids"][0].tolist()
    words, word_index = _words(text, ids, spans, tokenizer)
    tokens = _readable(text, ids, spans, tokenizer)
    return Inside(tokens, words, word_index, weights, value_norms, gradients)


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> tuple:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    causal = any(name.endswith("ForCausalLM") for name in config.get("architectures") or ())
    load = load_causal_model if causal else load_model
    return load(folder, eager=True), load_tokenizer(folder)


def _run(model: nn.Module, read: dict, target: Callable | None) -> tuple[Tensor, Tensor, Tensor | None]:
    values, hooks = [], []
    projections, outputs = (_named(model, names) for names in (_VALUES, _OUTPUTS))
    if not projections or len(projections) != len(outputs):
        raise LookupError(
            f"{type(model).__name__} must have a value and an output projection in each layer, "
            f"with names that end in one of {_VALUES} and {_OUTPUTS}"
        )
    try:
        for module in projections:
            hooks.append(module.register_forward_hook(lambda _, __, out: values.append(out[0].detach())))
        with torch.set_grad_enabled(target is not None):
            result = model(**read, output_attentions=True)
            score = target(result) if target else None
    finally:
        for hook in hooks:
            hook.remove()
    gradients = None if score is None else torch.stack(torch.autograd.grad(score, result.attentions))[:, 0]
    weights = torch.stack(result.attentions)[:, 0].detach()  # (layer, head, query, key)
    heads = weights.shape[1]
    norms = [
        _norms(value, out.get_parameter("weight"), heads) for value, out in zip(values, outputs, strict=True)
    ]
    return weights, torch.stack(norms), gradients


def _named(model: nn.Module, endings: tuple[str, ...]) -> list[nn.Module]:
    ends = tuple(f".{ending}" for ending in endings)
    return [module for name, module in model.named_modules() if f".{name}".endswith(ends)]


def _norms(value: Tensor, output: Tensor, heads: int) -> Tensor:
    """Length of each head's value after the output projection; heads in a group share their values."""
    dim = output.shape[1] // heads
    value = value.detach().unflatten(-1, (-1, dim))  # (key, value head, dim)
    value = value.repeat_interleave(heads // value.shape[1], dim=1)  # (key, head, dim)
    projected = torch.einsum("khd,ohd->hko", value, output.detach().unflatten(1, (heads, dim)))
    return projected.norm(dim=-1)  # (head, key)


def _readable(text: str, ids: list[int], spans: list[list[int]], tokenizer) -> list[str]:
    names = tokenizer.convert_ids_to_tokens(ids)
    pieces = [text[start:end] for start, end in spans]
    return [
        piece.strip() or piece.translate(_SPACES) or name for piece, name in zip(pieces, names, strict=True)
    ]


def _words(text: str, ids: list[int], spans: list[list[int]], tokenizer) -> tuple[list[str], list[int]]:
    for token, (start, end) in zip(ids, spans, strict=True):
        if token in tokenizer.all_special_ids:  # the model's own marks, such as <|im_start|>, are no words
            text = text[:start] + " " * (end - start) + text[end:]
    found = list(_WORD.finditer(text))
    owner = {place: index for index, word in enumerate(found) for place in range(*word.span())}
    index = [next((owner[i] for i in range(*span) if i in owner), -1) for span in spans]
    return [word.group() for word in found], index
