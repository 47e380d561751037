"""Attention inside a language model: what is read out."""

import pytest
import torch

from attnviz.attention.rollout import rollout
from attnviz.language.models import load_causal_model, load_model, load_tokenizer, model_folder
from attnviz.language.reading import attention_inside


@pytest.fixture(scope="module")
def minilm():
    folder = model_folder("minilm")
    return load_model(folder, eager=True), load_tokenizer(folder)


@pytest.fixture(scope="module")
def smollm2():
    folder = model_folder("smollm2")
    return load_causal_model(folder, eager=True), load_tokenizer(folder)


def test_a_decoder_looks_only_back(smollm2):
    """No weight and no rollout reaches a later token; every row of weights sums to 1."""
    inside = attention_inside(smollm2[0], "The zip broke after two days.", tokenizer=smollm2[1])
    assert inside.weights.shape[:2] == (30, 9)
    later = torch.ones(len(inside.tokens), len(inside.tokens)).triu(1).bool()
    assert inside.weights[..., later].abs().max() == 0
    assert rollout(inside.weights)[later].abs().max() == 0
    torch.testing.assert_close(inside.weights.sum(-1), torch.ones(inside.weights.shape[:3]))
    torch.testing.assert_close(rollout(inside.weights).sum(-1), torch.ones(len(inside.tokens)))


def grouped(inside, values, output):
    """A layer's attention output from the weights and the pieces that the value norms are made of."""
    return torch.einsum("hqk,hko->qo", inside, torch.einsum("hkd,ohd->hko", values, output))


@pytest.mark.parametrize("kind", ["minilm", "smollm2"])
def test_value_norms_are_those_of_what_a_layer_adds_up(kind, request):
    """Weights times projected values, added up, are the layer's own output; value norms are their lengths."""
    model, tokenizer = request.getfixturevalue(kind)
    layer = model.encoder.layer[1].attention if kind == "minilm" else model.model.layers[1].self_attn
    value = layer.self.value if kind == "minilm" else layer.v_proj
    output = layer.output.dense if kind == "minilm" else layer.o_proj
    seen = {}
    hooks = [
        value.register_forward_hook(lambda module, given, out: seen.update(value=out[0].detach())),
        output.register_forward_hook(lambda module, given, out: seen.update(output=out[0].detach())),
    ]
    inside = attention_inside(model, "Soft, but the fit is poor.", tokenizer=tokenizer)
    for hook in hooks:
        hook.remove()
    heads = inside.weights.shape[1]
    weight = output.weight.detach().unflatten(1, (heads, -1))  # (out, head, dim)
    values = seen["value"].unflatten(-1, (-1, weight.shape[2])).transpose(0, 1)  # (value head, key, dim)
    values = torch.stack([values[head * len(values) // heads] for head in range(heads)])
    bias = 0 if output.bias is None else output.bias.detach()
    added = grouped(inside.weights[1], values, weight) + bias
    torch.testing.assert_close(added, seen["output"], atol=1e-4, rtol=1e-4)
    lengths = [[(weight[:, h] @ vector).norm() for vector in values[h]] for h in range(heads)]
    torch.testing.assert_close(inside.value_norms[1], torch.tensor(lengths), atol=1e-4, rtol=1e-4)


def test_gradients_say_how_the_target_changes(minilm):
    """The gradient of one weight equals the change of the target when this weight is nudged."""
    model, tokenizer = minilm
    text = "The fit is poor."

    def target(out):
        return out.last_hidden_state[0, 0, :8].sum()

    inside = attention_inside(model, text, tokenizer=tokenizer, target=target)
    assert inside.gradients.shape == inside.weights.shape
    layer, head, query, key, step = 4, 3, 2, 1, 0.05
    attention = model.encoder.layer[layer].attention
    block = attention.output.dense.weight[:, head * 32 : (head + 1) * 32]

    def moved(sign: int) -> float:
        seen = {}

        def keep(module, given, out):
            seen["value"] = out[0, key, head * 32 : (head + 1) * 32]

        def nudge(module, given, out):
            out = out.clone()
            out[0, query] += sign * step * block @ seen["value"]
            return out

        hooks = [attention.self.value.register_forward_hook(keep)]
        hooks.append(attention.output.dense.register_forward_hook(nudge))
        with torch.no_grad():
            result = target(model(**tokenizer(text, return_tensors="pt"))).item()
        for hook in hooks:
            hook.remove()
        return result

    slope = (moved(1) - moved(-1)) / (2 * step)
    assert inside.gradients[layer, head, query, key].item() == pytest.approx(slope, rel=0.02, abs=1e-4)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_tokens_join_to_the_same_words_in_both_models(minilm, smollm2):
    """Punctuation marks are words of their own; added tokens and spaces belong to none."""
    text = "It's unbelievably  soft, 2024!"
    expected = ["It's", "unbelievably", "soft", ",", "2024", "!"]
    for model, tokenizer in (minilm, smollm2):
        inside = attention_inside(model, text, tokenizer=tokenizer)
        assert inside.words == expected
        joined = [
            "".join(t for t, w in zip(inside.tokens, inside.word_index, strict=True) if w == i)
            for i in range(6)
        ]
        assert [word.lower() for word in joined] == [word.lower() for word in expected]
    assert "␣" in inside.tokens
    ones = torch.ones(3, len(inside.tokens))
    counts = [inside.word_index.count(i) for i in range(6)]
    assert inside.to_words(ones).tolist() == [counts] * 3


def test_marks_of_a_chat_are_no_words(smollm2):
    """The turns of a conversation are tokens with names, and outside the words."""
    inside = attention_inside(smollm2[0], "<|im_start|>user\nGood?<|im_end|>", tokenizer=smollm2[1])
    assert inside.tokens == ["<|im_start|>", "user", "↵", "Good", "?", "<|im_end|>"]
    assert inside.words == ["user", "Good", "?"]
    assert inside.word_index == [-1, 0, -1, 1, 2, -1]


def test_names_load_the_kind_of_model_they_are():
    """A decoder has a next-token head, so its target can be a logit."""
    inside = attention_inside("smollm2", "It is good", target=lambda out: out.logits[0, -1, 0])
    assert inside.gradients.abs().sum() > 0


def test_what_cannot_be_read_is_refused(minilm):
    """Too long, no word, attention that keeps no weights, projections under unknown names."""
    model, tokenizer = minilm
    with pytest.raises(ValueError, match="max_length=4.*it has 6"):
        attention_inside(model, "four words are here", tokenizer=tokenizer, max_length=4)
    with pytest.raises(ValueError, match="at least one word, got ''"):
        attention_inside("smollm2", "")
    with pytest.raises(ValueError, match="eager"):
        attention_inside(load_model(model_folder("minilm")), "soft", tokenizer=tokenizer)
    from transformers import GPT2Config, GPT2Model

    fused = GPT2Model(GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=10, attn_implementation="eager"))
    with pytest.raises(LookupError, match="GPT2Model must have a value"):
        attention_inside(fused, "soft", tokenizer=tokenizer)
