"""Tiny models of many architectures: those of Hugging Face, of PyTorch and others, and recommenders.

`ARCHITECTURES` is what the table in the API pages lists, in this order.
"""

from collections.abc import Callable
from functools import cache, partial

import by_hand
import torch
from architecture import MASK, TEXT, Architecture, draw
from hugging_face import HUGGING_FACE
from torch import nn


def of(make: Callable) -> Callable:
    """A model that comes with one attention only."""
    return lambda kind: make()


def told_by_multihead(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What each nn.MultiheadAttention gives if it is asked, called as the model calls it."""
    heard = []

    def hear(module, args, kwargs):
        heard.append((module, args, {**kwargs, "need_weights": True, "average_attn_weights": False}))

    parts = [part for part in model.modules() if isinstance(part, nn.MultiheadAttention)]
    hooks = [part.register_forward_pre_hook(hear, with_kwargs=True) for part in parts]
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        model(**inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
        for hook in hooks:
            hook.remove()
    return [module(*args, **kwargs)[1] for module, args, kwargs in heard]


def told_by_module(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What a model of `by_hand` keeps of its own weights."""
    model(**inputs)
    return [part.told for part in model.modules() if hasattr(part, "told")]


def told_by_recommender(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What our recommender returns if it is asked, and its weights over a history and each item's fields."""
    told = [model(**inputs, return_weights=True)[1]]
    if model.shopper.history is not None:
        batch = inputs["batch"]
        weights = model.shopper.history.attend(batch, batch.chosen())
        told += [weights.items[:, None, None], weights.fields[:, None, None]]
    return told


def x_transformer(flash: bool) -> nn.Module:
    """A decoder of x-transformers."""
    import x_transformers as x

    layers = x.Decoder(dim=16, depth=2, heads=4, attn_dim_head=4, attn_flash=flash)
    return x.TransformerWrapper(num_tokens=40, max_seq_len=8, attn_layers=layers)


def told_by_x(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What x-transformers returns if it is asked."""
    return model(**inputs, return_attn=True)[1]


def recommender(**options) -> nn.Module:
    """Our own, on a planted shop."""
    from attnviz import AttentionRecommender

    return AttentionRecommender(shop().schema, embed_dim=8, **options)


@cache
def shop():
    """A small planted shop."""
    from attnviz import planted_shop

    return planted_shop(num_users=20, num_items=10, num_interactions=60)


LAYER = partial(nn.TransformerEncoderLayer, 8, 2, 16, batch_first=True)
PADDED = ~MASK.bool()
HERE, THERE = draw(2, 6, 8), draw(2, 3, 8)
KINDS = {
    "point": {},
    "uniform": dict(attention="uniform"),
    "multihead": dict(attention="multihead", num_heads=2),
    "self": dict(attention="self", num_heads=2),
    "history": dict(shopper="history"),
}
# fmt: off
TORCH = [
    Architecture("nn.MultiheadAttention", of(partial(nn.MultiheadAttention, 8, 2, batch_first=True)),
            dict(query=THERE, key=HERE, value=HERE, key_padding_mask=PADDED), told_by_multihead),
    Architecture("nn.TransformerEncoder", of(lambda: nn.TransformerEncoder(LAYER(), 2)), dict(src=HERE,
            src_key_padding_mask=PADDED), told_by_multihead),
    Architecture("nn.TransformerEncoder, training mode", of(lambda: nn.TransformerEncoder(LAYER(), 2,
            enable_nested_tensor=False)), dict(src=HERE, src_key_padding_mask=PADDED), train=True),
    Architecture("nn.TransformerDecoder", of(lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(8,
            2, 16, batch_first=True), 2)), dict(tgt=THERE, memory=HERE, memory_key_padding_mask=PADDED,
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(3)), told_by_multihead),
    Architecture("nn.Transformer", of(lambda: nn.Transformer(8, 2, 1, 1, 16, batch_first=True)),
            dict(src=HERE, tgt=THERE, src_key_padding_mask=PADDED, memory_key_padding_mask=PADDED),
            told_by_multihead),
    Architecture("a module called twice", of(by_hand.Twice), dict(x=HERE), told_by_multihead),
    Architecture("x-transformers", of(partial(x_transformer, False)), dict(x=TEXT), told_by_x),
    Architecture("x-transformers, flash", of(partial(x_transformer, True)), dict(x=TEXT)),
    Architecture("timm's block, fused", of(partial(by_hand.Block, True)), dict(x=HERE), told_by_module),
    Architecture("timm's block, not fused", of(partial(by_hand.Block, False)), dict(x=HERE)),
    Architecture("timm's block, not fused, vouched for", of(partial(by_hand.Block, False)),
            dict(x=HERE), told_by_module, options=dict(softmax=[""])),
    Architecture("XCiT's cross-covariance beside attention", of(by_hand.Covariance), dict(x=HERE)),
    Architecture("linear attention (Katharopoulos)", of(by_hand.Linear), dict(x=HERE)),
    Architecture("softmax of queries and keys (Shen)", of(by_hand.Efficient), dict(x=HERE)),
    Architecture("sdpa, then flex", of(by_hand.Flex), dict(x=HERE)),
]

RECOMMENDERS = [
    *(Architecture(f"AttentionRecommender, {name}", of(partial(recommender, **options)),
                   dict(batch=shop().batch(slice(0, 4))), told_by_recommender)
      for name, options in KINDS.items()),
    Architecture("AFM", of(by_hand.AFM), dict(fields=HERE)),
    Architecture("AFM, vouched for", of(by_hand.AFM), dict(fields=HERE), told_by_module,
            options=dict(softmax=[""])),
    Architecture("DIN, as published", of(partial(by_hand.DIN, None)), dict(item=HERE[:, 0],
            history=HERE)),
    Architecture("DIN, sigmoid", of(partial(by_hand.DIN, "sigmoid")), dict(item=HERE[:, 0],
            history=HERE)),
    Architecture("DIN, softmax", of(partial(by_hand.DIN, "softmax")), dict(item=HERE[:, 0],
            history=HERE)),
    Architecture("DIN, softmax, vouched for", of(partial(by_hand.DIN, "softmax")), dict(item=HERE[:, 0],
            history=HERE), told_by_module, options=dict(softmax=["unit"])),
    Architecture("NARM, as published", of(partial(by_hand.NARM, False)), dict(items=HERE)),
    Architecture("NARM, softmax", of(partial(by_hand.NARM, True)), dict(items=HERE)),
    Architecture("NARM, softmax, vouched for", of(partial(by_hand.NARM, True)), dict(items=HERE),
            told_by_module, options=dict(softmax=[""])),
    Architecture("NRMS", of(by_hand.NRMS), dict(words=HERE)),
    Architecture("NRMS, vouched for", of(by_hand.NRMS), dict(words=HERE), lambda model,
            inputs: [*told_by_multihead(model, inputs), *told_by_module(model, inputs)],
            options=dict(softmax=["pool"])),
    Architecture("Bahdanau", of(by_hand.Bahdanau), dict(query=THERE, key=HERE)),
    Architecture("Bahdanau, vouched for", of(by_hand.Bahdanau), dict(query=THERE, key=HERE),
            told_by_module, options=dict(softmax=[""])),
    Architecture("experts, chosen by a router", of(by_hand.Experts), dict(x=HERE)),
]
# fmt: on
ARCHITECTURES = [*HUGGING_FACE, *TORCH, *RECOMMENDERS]
