"""`capture`: the weights of other people's models, beside what those models say themselves.

Oracles: the same Hugging Face model with attn_implementation="eager" and output_attentions=True;
nn.MultiheadAttention(need_weights=True, average_attn_weights=False); the model itself, without `capture`.
"""

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.nn.functional import scaled_dot_product_attention as imported_under_another_name

from attnviz import capture

TEXT = torch.tensor([[5, 9, 2, 7, 11, 3], [8, 4, 6, 1, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])
SMALL = dict(vocab_size=40, num_hidden_layers=2, num_attention_heads=4, hidden_size=16)


def config(name: str):
    import transformers as t

    return {
        "bert": lambda: t.BertConfig(**SMALL, intermediate_size=24),
        "distilbert": lambda: t.DistilBertConfig(vocab_size=40, n_layers=2, n_heads=4, dim=16, hidden_dim=24),
        "gpt2": lambda: t.GPT2Config(vocab_size=40, n_layer=2, n_head=4, n_embd=16),
        "llama": lambda: t.LlamaConfig(**SMALL, intermediate_size=24, num_key_value_heads=2),
        "mistral": lambda: t.MistralConfig(
            **SMALL, intermediate_size=24, num_key_value_heads=2, sliding_window=3
        ),
        "t5": lambda: t.T5Config(vocab_size=40, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4),
        "vit": lambda: t.ViTConfig(
            num_hidden_layers=2, num_attention_heads=4, hidden_size=16, image_size=8, patch_size=4,
            intermediate_size=24,
        ),
    }[name]()  # fmt: skip


@cache
def pair(name: str):
    """The same random model twice: with the installed transformers' default attention, and eager."""
    from transformers import AutoModel

    torch.manual_seed(0)
    model = AutoModel.from_config(config(name)).eval()
    twin = AutoModel.from_config(config(name), attn_implementation="eager").eval()
    twin.load_state_dict(model.state_dict())
    assert model.config._attn_implementation == "sdpa"
    return model, twin


def inputs(name: str, *, padded: bool = True) -> dict[str, torch.Tensor]:
    if name == "vit":
        return {"pixel_values": torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))}
    given_to = {"input_ids": TEXT, **({"attention_mask": MASK} if padded else {})}
    return {**given_to, "decoder_input_ids": TEXT[:, :3]} if name == "t5" else given_to


def told_weights(output) -> list[torch.Tensor]:
    """A Hugging Face model's own weights, in the order in which its layers run."""
    if "encoder_attentions" not in output:
        return list(output.attentions)
    crossed = zip(output.decoder_attentions, output.cross_attentions, strict=True)
    return [*output.encoder_attentions, *(weights for layer in crossed for weights in layer)]


NAMES = {
    "bert": "encoder.layer.1.attention.self",
    "distilbert": "transformer.layer.1.attention",
    "gpt2": "h.1.attn",
    "llama": "layers.1.self_attn",
    "mistral": "layers.1.self_attn",
    "t5": "decoder.block.1.layer.1.EncDecAttention",
    "vit": "layers.1.attention",
}


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_the_default_attention_of_hugging_face_gives_the_weights_of_eager(name, padded):
    """Every layer's weights are those which the eager twin returns, rows sum to 1, outputs do not move."""
    model, twin = pair(name)
    batch = inputs(name, padded=padded)
    with torch.no_grad():
        told = told_weights(twin(**batch, output_attentions=True))
        plain = model(**batch).last_hidden_state
        with capture(model) as record:
            output = model(**batch).last_hidden_state
    assert torch.equal(output, plain)
    assert NAMES[name] in record.weights
    assert len(record.weights) == len(told) >= 2
    for seen, wanted in zip(record.weights.values(), told, strict=True):
        torch.testing.assert_close(seen, wanted, atol=2e-6, rtol=1e-4)
        torch.testing.assert_close(seen.sum(-1), torch.ones(seen.shape[:-1]))


@pytest.mark.parametrize("name", NAMES)
def test_eager_attention_gives_exactly_what_the_model_returns(name):
    """With eager attention the record holds the very numbers of output_attentions=True."""
    _, twin = pair(name)
    with torch.no_grad(), capture(twin) as record:
        told = told_weights(twin(**inputs(name), output_attentions=True))
    assert len(record.weights) == len(told)
    assert all(torch.equal(seen, own) for seen, own in zip(record.weights.values(), told, strict=True))


MHA_CASES = st.fixed_dictionaries(
    {
        "batch_first": st.booleans(),
        "batched": st.booleans(),
        "causal": st.booleans(),
        "bias_kv": st.booleans(),
        "float_mask": st.booleans(),
        "seed": st.integers(0, 999),
        "queries": st.integers(1, 4),
        "keys": st.integers(1, 5),
    }
)


@settings(max_examples=40)
@given(MHA_CASES)
def test_multihead_attention_gives_what_it_tells_itself(case):
    """However nn.MultiheadAttention is called, its own need_weights=True is met, masks of any kind included."""
    torch.manual_seed(case["seed"])
    queries, keys = case["queries"], case["keys"]
    batch_first = case["batch_first"] or not case["batched"]
    module = nn.MultiheadAttention(8, 2, batch_first=batch_first, add_bias_kv=case["bias_kv"]).eval()
    query, key = torch.randn(3, queries, 8), torch.randn(3, keys, 8)
    padding = torch.rand(3, keys) < 0.4
    padding[:, 0] = False  # key 0 can be seen by all: no row is empty
    mask = torch.ones(queries, keys, dtype=torch.bool).triu(1) if case["causal"] else None
    if case["float_mask"] and mask is not None:
        mask, padding = (torch.zeros(m.shape).masked_fill(m, -torch.inf) for m in (mask, padding))
    if not case["batched"]:
        query, key, padding = query[0], key[0], padding[0]
    elif not batch_first:
        query, key = query.transpose(0, 1), key.transpose(0, 1)
    options = dict(key_padding_mask=padding, attn_mask=mask)
    output, told = module(query, key, key, need_weights=True, average_attn_weights=False, **options)
    for need_weights in (False, True):
        with capture(module) as record:
            again, average = module(query, key, key, need_weights=need_weights, **options)
        seen = record.weights[""]
        torch.testing.assert_close(again, output, atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(seen, told if case["batched"] else told[None], atol=1e-6, rtol=1e-5)
        assert average is None if not need_weights else average.shape == told.mean(-3).shape


def test_is_causal_of_multihead_attention():
    """The hint is_causal gives the causal mask's weights."""
    module, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), torch.randn(2, 4, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(4)
    told = module(x, x, x, attn_mask=mask, average_attn_weights=False)[1]
    with capture(module) as record:
        module(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)
    torch.testing.assert_close(record.weights[""], told)
    assert (record.weights[""].triu(1) == 0).all()


def layer_weights(layer: nn.TransformerEncoderLayer, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    return layer.self_attn(x, x, x, key_padding_mask=padding, average_attn_weights=False)[1]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_the_fast_path_of_transformer_encoder_does_not_hide_the_weights():
    """In evaluation PyTorch takes a path without weights: they are there all the same, and the output stays."""
    torch.manual_seed(0)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval()
    x, padding = torch.randn(2, 4, 8), torch.tensor([[False] * 4, [False, False, True, True]])
    with torch.no_grad():
        plain = encoder(x, src_key_padding_mask=padding)
        with capture(encoder) as record:
            output = encoder(x, src_key_padding_mask=padding)
        after = encoder(x, src_key_padding_mask=padding)
        first = encoder.layers[0](x, src_key_padding_mask=padding)
    torch.testing.assert_close(output[~padding], plain[~padding], atol=1e-5, rtol=1e-5)
    assert torch.equal(after[~padding], plain[~padding])
    for name, inputs_of in (("layers.0.self_attn", x), ("layers.1.self_attn", first)):
        told = layer_weights(encoder.get_submodule(name.rpartition(".")[0]), inputs_of, padding)
        # the encoder's fast path leaves padded rows empty: compare the rows of real tokens
        for row in range(2):
            real = ~padding[row]
            torch.testing.assert_close(
                record.weights[name][row][:, real], told[row][:, real], atol=1e-5, rtol=1e-5
            )


def test_transformer_has_self_and_cross_attention():
    """nn.Transformer: encoder, decoder and the decoder's look at the encoder, with a causal target."""
    torch.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True).eval()
    source, target = torch.randn(2, 5, 8), torch.randn(2, 3, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    plain = model(source, target, tgt_mask=mask)
    with capture(model) as record:
        output = model(source, target, tgt_mask=mask)
    torch.testing.assert_close(output, plain, atol=1e-5, rtol=1e-5)
    assert {name: tuple(weights.shape) for name, weights in record.weights.items()} == {
        "encoder.layers.0.self_attn": (2, 2, 5, 5),
        "decoder.layers.0.self_attn": (2, 2, 3, 3),
        "decoder.layers.0.multihead_attn": (2, 2, 3, 5),
    }
    assert (record.weights["decoder.layers.0.self_attn"].triu(1) == 0).all()


class Attends(nn.Module):
    """Anybody's module: calls scaled_dot_product_attention as it likes."""

    def __init__(self, function=imported_under_another_name, **options):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.function, self.options = function, options

    def forward(self, query, key=None, value=None):
        key = query if key is None else key
        return self.function(self.inner(query), key, key if value is None else value, **self.options)


def by_hand(query, key, mask) -> torch.Tensor:
    return (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~mask, -torch.inf).softmax(-1)


@pytest.mark.parametrize(
    "function", [imported_under_another_name, lambda *a, **o: F.scaled_dot_product_attention(*a, **o)]
)
def test_whatever_calls_scaled_dot_product_attention(function):
    """Masks, is_causal, scale and shared key heads; the name under which the function was imported is no matter."""
    torch.manual_seed(0)
    query, key = torch.randn(2, 4, 3, 4), torch.randn(2, 2, 3, 4)
    for options, mask in (({}, torch.ones(3, 3)), ({"is_causal": True}, torch.ones(3, 3).tril())):
        module = Attends(function, enable_gqa=True, scale=0.5, **options)
        with torch.no_grad(), capture(module) as record:
            output = module(query, key)
        repeated = key.repeat_interleave(2, dim=1)
        wanted = by_hand(module.inner(query), repeated, mask.bool())
        torch.testing.assert_close(record.weights[""], wanted)
        torch.testing.assert_close(record.weights[""] @ repeated, output)
