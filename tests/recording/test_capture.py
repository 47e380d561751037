"""`capture`: the weights of other people's models, beside what those models say themselves.

Oracles: the same Hugging Face model with attn_implementation="eager" and output_attentions=True;
nn.MultiheadAttention(need_weights=True, average_attn_weights=False); the model itself, without `capture`.
"""

import copy
import threading
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.nn.functional import scaled_dot_product_attention as imported_under_another_name

from attnviz.language.models import load_causal_model, load_model, load_tokenizer, model_folder
from attnviz.recording import capture

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
    """However it is called and masked, the weights are those of need_weights=True."""
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
    """In evaluation PyTorch takes a path without weights: they are there all the same."""
    torch.manual_seed(0)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval()
    x, padding = torch.randn(2, 4, 8), torch.tensor([[False] * 4, [False, False, True, True]])
    with torch.no_grad():
        plain = encoder(x, src_key_padding_mask=padding)
        with capture(encoder) as record:
            output = encoder(x, src_key_padding_mask=padding)
        after = encoder(x, src_key_padding_mask=padding)
        first = encoder.layers[0](x, src_key_padding_mask=padding)
    assert torch.equal(output, plain)
    assert torch.equal(after, plain)
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
    """is_causal, scale and shared key heads, whatever the name the function was imported under."""
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


def test_a_query_that_sees_nothing_has_what_the_model_gave_it():
    """scaled_dot_product_attention gives it a zero output: its weights are zeros, other rows sum to 1."""
    query, mask = torch.randn(1, 2, 3, 4), torch.ones(3, 3, dtype=torch.bool)
    mask[1] = False
    module = Attends(attn_mask=mask)
    with capture(module) as record:
        output = module(query)
    assert record.weights[""].sum(-1)[0, 0].round(decimals=5).tolist() == [1, 0, 1]
    assert (output[:, :, 1] == 0).all()


def test_generating_token_by_token_has_every_call():
    """generate: a call for the prompt, then one query a call; shared key heads are repeated."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config("llama")).eval()
    padded = {"input_ids": TEXT, "attention_mask": MASK.flip(1)}
    options = dict(
        max_new_tokens=3, do_sample=False, pad_token_id=0, eos_token_id=None, return_dict_in_generate=True
    )
    with torch.no_grad(), capture(model, layers=[1]) as record:
        model.generate(**padded, **options)
    name = "model.layers.1.self_attn"
    assert [tuple(call.shape) for call in record.calls[name]] == [(2, 4, 6, 6), (2, 4, 1, 7), (2, 4, 1, 8)]
    model.set_attn_implementation("eager")
    told = model.generate(**padded, **options, output_attentions=True).attentions
    for seen, wanted in zip(record.calls[name][1:], told[1:], strict=True):
        torch.testing.assert_close(seen, wanted[1], atol=2e-6, rtol=1e-4)
    with pytest.raises(
        KeyError, match=r"attended 3 times .*: take record\.calls\[.*\]\[0\] and so on, one for each call"
    ):
        record.weights[name]


@pytest.mark.parametrize("heads", [None, [2, 0]])
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_gradients_flow_to_the_weights(implementation, heads):
    """The output's gradient for the weights is a finite difference's: a change of one weight, times it."""
    model = pair("bert")[implementation == "eager"]
    with capture(model, ["encoder.layer.1"], heads, gradients=True) as record:
        output = model(input_ids=TEXT, attention_mask=MASK).last_hidden_state
    plain = model(input_ids=TEXT, attention_mask=MASK).last_hidden_state
    torch.testing.assert_close(output, plain, atol=1e-5, rtol=1e-5)
    weights = record.weights[NAMES["bert"]]
    assert weights.shape == (2, 4 if heads is None else 2, 6, 6)
    (gradient,) = torch.autograd.grad(output[0, 0, 0], weights, retain_graph=True)
    assert gradient[0].abs().sum() > 0
    assert gradient[1].abs().sum() == 0  # the other text has no part in it
    assert torch.autograd.grad(weights[0, 0, 0, 1], model.parameters(), allow_unused=True)[0] is not None


def test_the_gradient_of_weights_is_the_value_times_what_comes_after():
    """For output = weights @ values, d sum(output) / d weight is the sum of the key's value."""
    torch.manual_seed(0)
    module, x = nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(1, 3, 8)
    module.out_proj = nn.Identity(8)
    module.out_proj.weight, module.out_proj.bias = torch.eye(8), torch.zeros(8)
    with capture(module, gradients=True) as record:
        output, _ = module(x, x, x, need_weights=False)
    (gradient,) = torch.autograd.grad(output.sum(), record.weights[""])
    values = F.linear(x, module.in_proj_weight[16:]).unflatten(-1, (2, 4)).sum(-1)  # (1, key, head)
    torch.testing.assert_close(gradient, values.transpose(1, 2)[:, :, None].expand(1, 2, 3, 3))


def test_frozen_models_have_gradients_for_their_weights_too():
    """Without a parameter that learns the weights themselves are the leaves."""
    module = Attends().requires_grad_(False)
    with capture(module, gradients=True) as record:
        output = module(torch.randn(1, 2, 3, 4))
    assert torch.autograd.grad(output.sum(), record.weights[""])[0].shape == (1, 2, 3, 3)
    without = "run the model without torch.no_grad"
    with pytest.raises(RuntimeError, match=without), torch.no_grad(), capture(module, gradients=True):
        module(torch.randn(1, 2, 3, 4))


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_weights_are_those_before_dropout(implementation):
    """In training half of the weights are dropped on their way; the record has them whole."""
    from transformers import AutoModel

    bert = config("bert")
    bert.hidden_dropout_prob, bert.attention_probs_dropout_prob = 0.0, 0.5
    model = AutoModel.from_config(bert, attn_implementation=implementation).train()
    with capture(model, layers=[0]) as record:
        model(input_ids=TEXT)
    (trained,) = record.weights.values()
    with capture(model.eval(), layers=[0]) as record:
        model(input_ids=TEXT)
    torch.testing.assert_close(trained, *record.weights.values())


@pytest.mark.parametrize("need_weights", [False, True])
def test_multihead_attention_keeps_its_dropout(need_weights):
    """nn.MultiheadAttention in training: same seed, same output as without capture; whole weights."""
    module, x = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True), torch.randn(2, 4, 8)
    torch.manual_seed(5)
    plain, told = module(x, x, x, need_weights=need_weights)
    torch.manual_seed(5)
    with capture(module) as record:
        output, again = module(x, x, x, need_weights=need_weights)
    torch.testing.assert_close(output, plain)
    assert told is None or torch.equal(again, told)
    torch.testing.assert_close(record.weights[""].sum(-1), torch.ones(2, 2, 4))


def test_layers_heads_and_dtype_bound_what_is_kept():
    """Only the layers and heads asked for, in the type asked for; names of parents and numbers both work."""
    model, twin = pair("bert")
    for one in (model, twin):
        with torch.no_grad(), capture(one) as whole:
            one(input_ids=TEXT)
        for layers in (["encoder.layer.1"], [1], [NAMES["bert"]]):
            with torch.no_grad(), capture(one, layers, [3, 1], dtype=torch.float16) as record:
                one(input_ids=TEXT)
            assert list(record.weights) == [NAMES["bert"]]
            kept = record.weights[NAMES["bert"]]
            assert torch.equal(kept, whole.weights[NAMES["bert"]][:, [3, 1]].half())
            assert kept.untyped_storage().nbytes() == 2 * 2 * 6 * 6 * 2  # nothing larger is held behind it


def test_nothing_is_left_behind_after_an_exception():
    """A model that fails: hooks and listener are gone, the error is its own, the next capture works."""
    model = pair("bert")[0]
    with pytest.raises(IndexError), capture(model):
        model(input_ids=torch.tensor([[99]]))
    parts = list(model.modules())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in parts)
    assert torch.overrides._get_current_function_mode_stack() == []
    with torch.no_grad(), capture(model) as record:
        with pytest.raises(IndexError):
            model(input_ids=torch.tensor([[99]]))
        model(input_ids=TEXT)
    assert len(record.weights) == 2
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in parts)


def test_captures_may_be_nested():
    """A part inside the whole, with gradients: each has its own weights, and all are in the graph."""
    model = pair("bert")[0]
    part = model.encoder.layer[0]
    with (
        capture(model, heads=[1], gradients=True) as outer,
        capture(part, gradients=True) as inner,
        capture(model) as plain,
    ):
        output = model(input_ids=TEXT).last_hidden_state
    assert list(inner.weights) == ["attention.self"]
    name = "encoder.layer.0.attention.self"
    assert torch.equal(outer.weights[name], inner.weights["attention.self"][:, [1]])
    assert torch.equal(plain.weights[name], inner.weights["attention.self"])
    seen = [outer.weights[name], inner.weights["attention.self"]]
    assert all(gradient.abs().sum() > 0 for gradient in torch.autograd.grad(output[0, 0, 0], seen))


def test_threads_do_not_disturb_each_other():
    """Two threads capture two models, and the same model, at once; each gets its own weights only."""
    models = [pair("bert")[0], pair("gpt2")[0], pair("bert")[0]]
    texts = [TEXT, TEXT, TEXT.flip(1)]
    alone = []
    for model, text in zip(models, texts, strict=True):
        with torch.no_grad(), capture(model) as record:
            model(input_ids=text)
        alone.append(list(record.weights.values()))
    together, start = [None] * 3, threading.Barrier(3)

    def work(place: int) -> None:
        start.wait()
        for _ in range(5):
            with torch.no_grad(), capture(models[place]) as mine:
                models[place](input_ids=texts[place])
        together[place] = list(mine.weights.values())

    threads = [threading.Thread(target=work, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine, wanted in zip(together, alone, strict=True):
        assert len(mine) == len(wanted)
        assert all(map(torch.equal, mine, wanted))


@pytest.mark.parametrize("name", ["minilm", "smollm2"])
def test_the_packaged_models(name):
    """MiniLM and SmolLM2, real weights and text: those of eager attention, and unchanged outputs."""
    try:
        folder = model_folder(name)
    except LookupError as error:
        pytest.skip(f"{name} is not on this machine: {error}")
    load = load_causal_model if name == "smollm2" else load_model
    tokens = load_tokenizer(folder)("The scarf is warm and soft.", return_tensors="pt")
    model = load(folder)
    with torch.no_grad():
        plain = model(**tokens)[0]
        with capture(model) as record:
            output = model(**tokens)[0]
        model.set_attn_implementation("eager")
        told = model(**tokens, output_attentions=True).attentions
    assert torch.equal(output, plain)
    for seen, wanted in zip(record.weights.values(), told, strict=True):
        torch.testing.assert_close(seen, wanted, atol=5e-5, rtol=1e-3)


class ByHand(nn.Module):
    """Attention whose weights nobody can tell from another softmax: it does not return them."""

    def forward(self, x):
        return (x @ x.mT).softmax(-1) @ x


@pytest.mark.filterwarnings("ignore:`torch.jit.trace")
def test_weights_that_cannot_be_had_raise_and_say_why():
    """Never zeros, never None: no attention, not called, not returned, fused, compiled, scripted."""
    x = torch.randn(1, 2, 3, 4)
    for module, message in (
        (nn.Linear(4, 4), "It has no attention"),
        (ByHand(), r"softmax of \(1, 2, 3, 3\) over axis 3"),
    ):
        with pytest.raises(RuntimeError, match=message), capture(module):
            module(x)
    with pytest.raises(RuntimeError, match="not called inside with"), capture(Attends()):
        pass
    fused = copy.copy(pair("bert")[0])
    fused.config = copy.copy(fused.config)
    fused.config._attn_implementation_internal = "flex_attention"
    compiled = Attends()
    compiled.compile(backend="eager")
    for module, message in (
        (fused, "set_attn_implementation"),
        (torch.compile(Attends(), backend="eager"), "is compiled"),
        (nn.Sequential(compiled), r"module\.0 is compiled"),
        (torch.jit.trace(nn.Linear(2, 2), torch.ones(2)), "scripted or traced"),
    ):
        with pytest.raises(ValueError, match=message), capture(module):
            pass


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"layers": ["encoder.layers.1"]}, ValueError, "no 'encoder.layers.1'; it has.*encoder.layer.1"),
        ({"layers": "encoder"}, TypeError, "layers must be a list"),
        ({"layers": []}, TypeError, "layers must be a list"),
        ({"layers": [-1]}, ValueError, "layers must be counted from 0"),
        ({"layers": [0, 7]}, RuntimeError, r"layers \[7\] did not attend.*counted from 0"),
        ({"layers": ["embeddings"]}, RuntimeError, r"layers \['embeddings'\] did not attend"),
        ({"heads": [4]}, ValueError, "heads must be below 4"),
        ({"heads": [1, 1]}, ValueError, "heads must be counted from 0 and named once"),
        ({"heads": [0.5]}, TypeError, "heads must be a list"),
        ({"dtype": torch.int8}, ValueError, "dtype must be a floating-point type"),
        ({"dtype": torch.float16, "gradients": True}, ValueError, "leave dtype out"),
    ],
)
def test_wrong_options_say_what_is_wrong(options, kind, message):
    """Each error names the argument, what was expected and what came."""
    model = pair("bert")[0]
    with pytest.raises(kind, match=message), torch.no_grad(), capture(model, **options):
        model(input_ids=TEXT)


def test_what_is_left_out_beside_what_is_kept_is_listed():
    """One module attends by hand, one does not: print(record) names the one that has no weights."""
    both = nn.Sequential(Attends(), ByHand())
    with pytest.warns(UserWarning, match="not whole"), capture(both) as record:
        both(torch.randn(1, 2, 3, 4))
    assert list(record.weights) == ["0"]
    assert "missing '1': it weights a sum with a softmax" in repr(record)


def test_older_models_that_return_weights_only_when_asked():
    """DeBERTa's own attention is taken with output_attentions=True, and refused without."""
    from transformers import AutoModel, DebertaV2Config

    model = AutoModel.from_config(DebertaV2Config(**SMALL, intermediate_size=24)).eval()
    with torch.no_grad(), capture(model) as record:
        told = model(input_ids=TEXT, output_attentions=True).attentions
    assert all(map(torch.equal, record.weights.values(), told))
    with pytest.raises(RuntimeError, match=r"softmax=\['encoder.layer.0.attention.self'\]"), capture(model):
        model(input_ids=TEXT)


def test_a_record_lists_what_it_has():
    """print(record) shows names and shapes; an unknown name raises and names those there are."""
    module = Attends()
    with capture(module) as record:
        module(torch.randn(2, 3, 4))
    assert repr(record) == "Record of (batch, head, query, key)\n'': [(2, 1, 3, 3)]"
    with pytest.raises(KeyError, match="no weights of 'inner'"):
        record.weights["inner"]
    with pytest.raises(TypeError, match="must be a torch.nn.Module, got function"), capture(lambda: 1):
        pass
