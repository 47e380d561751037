"""Models x what `capture` cannot record, or must not record as something else."""

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import attnviz as av

from .cases import DOCUMENTED, Case, never
from .small import model, shop
from .tensors import VECTORS, _sum, same

WORDS = torch.linspace(-1, 1, 48).reshape(2, 3, 8)
PADDING = torch.tensor([[False, False, True], [False, True, True]])


def captured(module: nn.Module, *inputs: Any, **options: Any) -> dict[str, Tensor]:
    """What a record holds."""
    with torch.no_grad(), av.capture(module, **options) as record:
        module(*inputs)
    return {name: record.weights[name] for name in record.calls}


def missed(module: nn.Module, *inputs: Any) -> str:
    """What a record says that it lacks."""
    with torch.no_grad(), av.capture(module) as record:
        module(*inputs)
    return str(getattr(record, "missing", ""))


def not_called() -> None:
    """Nothing runs inside `with`."""
    with av.capture(Heads()):
        pass


class Heads(nn.MultiheadAttention):
    """Four heads that attend to what they are asked with."""

    def __init__(self):
        super().__init__(8, 4, batch_first=True)
        self.eval()

    def forward(self, vectors: Tensor) -> Tensor:
        """The vectors (batch, token, dim) after attention."""
        return super().forward(vectors, vectors, vectors, need_weights=False)[0]


class Pool(nn.Module):
    """Additive pooling over a sequence: a softmax of two axes."""

    def forward(self, vectors: Tensor) -> Tensor:
        """The pooled vectors (batch, dim)."""
        return (vectors.sum(-1).softmax(-1).unsqueeze(-1) * vectors).sum(1)


class Single(nn.Module):
    """Attention by hand with one head: a softmax of three axes that is not returned."""

    def forward(self, vectors: Tensor) -> Tensor:
        """The vectors (batch, token, dim) after attention."""
        return (vectors @ vectors.transpose(1, 2)).softmax(-1) @ vectors


class Gate(nn.Module):
    """Weights of a sigmoid, as in deep interest networks."""

    def forward(self, vectors: Tensor) -> Tensor:
        """The pooled vectors (batch, dim)."""
        return (vectors.sum(-1, keepdim=True).sigmoid() * vectors).sum(1)


class Classes(nn.Module):
    """Class probabilities of four axes, returned beside the output."""

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """The vectors, and probabilities (batch, 2, token, 4)."""
        return vectors, vectors.unflatten(2, (2, 4)).transpose(1, 2).softmax(-1)


class Windowed(nn.Module):
    """What Longformer does: weights (batch, query, head, window), of a token and the one before."""

    config = SimpleNamespace(num_attention_heads=4)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """The vectors after attention, and weights (batch, token, 4, 2)."""
        split = vectors.unflatten(2, (4, 2))  # (batch, token, head, dim)
        window = torch.stack([split, split.roll(1, 1)], dim=3)  # (batch, token, head, window, dim)
        weights = (window @ split.unsqueeze(-1)).squeeze(-1).softmax(-1)
        return (weights.unsqueeze(-2) @ window).squeeze(-2).flatten(2), weights


class LinearAttention(nn.Module):
    """Softmaxed queries of four axes: linear attention has no weights."""

    def forward(self, vectors: Tensor) -> Tensor:
        """The vectors (batch, token, dim) after attention."""
        split = vectors.unflatten(2, (4, 2)).transpose(1, 2)  # (batch, head, token, dim)
        query, key = split.softmax(-1), split.softmax(-2)
        return (query @ (key.transpose(-1, -2) @ split)).transpose(1, 2).flatten(2)


class FlexAttention(nn.Module):
    """One that runs in a fused kernel."""

    def forward(self, vectors: Tensor) -> Tensor:
        """The vectors (batch, token, dim) after attention."""
        from torch.nn.attention.flex_attention import flex_attention

        return flex_attention(*[vectors.unsqueeze(1)] * 3).squeeze(1)


class FusedAttention(nn.Module):
    """Attention whose kernel shows no weights; it has heads and projections, as such modules do."""

    def __init__(self):
        super().__init__()
        self.num_heads = 1
        self.qkv = nn.Linear(8, 24)

    def forward(self, vectors: Tensor) -> Tensor:
        """The vectors (batch, token, dim) after attention."""
        query, key, value = self.qkv(vectors).unsqueeze(1).chunk(3, -1)
        with torch._C.DisableTorchFunction():
            return F.scaled_dot_product_attention(query, key, value).squeeze(1)


def encoder() -> nn.TransformerEncoder:
    """One layer whose fast path zeroes padding."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return nn.TransformerEncoder(layer, 1).eval()


def inside_and_outside() -> tuple[Tensor, Tensor]:
    """The output with and without `capture`, of an encoder with padding."""
    module = encoder()
    with torch.no_grad():
        outside = module(WORDS, src_key_padding_mask=PADDING)
        with av.capture(module):
            inside = module(WORDS, src_key_padding_mask=PADDING)
    return inside, outside


def _cases() -> Iterator[tuple[str, Callable[[], Any], str, Callable[[Any], bool]]]:
    for fault, options in (
        ("heads=[7] of 4", {"heads": [7]}), ("heads=[-1]", {"heads": [-1]}),
        ("heads=[True]", {"heads": [True]}),
        ("heads=[]", {"heads": []}), ("heads=a number", {"heads": 1}), ("layers=a text", {"layers": "x"}),
        ("layers=[9]", {"layers": [9]}), ("layers=[an unknown name]", {"layers": ["x"]}),
        ("dtype=torch.int8", {"dtype": torch.int8}), ("dtype=a text", {"dtype": "float16"}),
        ("dtype with gradients", {"dtype": torch.float16, "gradients": True}),
    ):  # fmt: skip
        yield fault, partial(captured, Heads(), WORDS, **options), next(iter(options)), never
    for fault, module, names in (
        ("a function", _sum, "module"),
        ("a module that does not attend", nn.Sequential(nn.Linear(8, 8)), "module"),
        ("a compiled module", torch.compile(Heads(), backend="eager"), "module"),
        ("class probabilities of four axes", Classes(), "module"),
        ("weights of a window", Windowed(), "window"),
        ("the queries of linear attention", LinearAttention(), "module"),
    ):
        yield fault, partial(captured, module, WORDS if module is not _sum else VECTORS), names, never
    for fault, module in (("additive pooling", Pool()), ("one head by hand", Single())):
        yield fault, partial(captured, module, WORDS), "softmax", never
        vouched = partial(captured, module, WORDS, softmax=[""])
        yield f"{fault}, vouched for", vouched, "softmax", lambda found: len(found) == 1
    yield "a sigmoid gate", partial(captured, Gate(), WORDS), "sigmoid gate", never
    yield "a module that is not called", not_called, "module", never
    for fault, second in (
        ("a layer of flex", FlexAttention()),
        ("a fused layer", FusedAttention()),
        ("a pool", Pool()),
    ):
        both = nn.Sequential(Heads(), second)
        yield f"{fault} after one that is seen", partial(missed, both, WORDS), "1", lambda found: "1" in found
    yield "padding", inside_and_outside, "src_key_padding_mask", lambda found: same(*found)
    yield "our own recommender", lambda: captured(model(), shop().batch(slice(0, 4))), "mechanism", bool


def cases() -> Iterator[Case]:
    """All of this file."""
    for fault, run, names, right in _cases():
        yield Case("function", "capture", fault, lambda folder, run=run: run(), tuple(names.split()), right,
                   (*DOCUMENTED, RuntimeError))  # fmt: skip
