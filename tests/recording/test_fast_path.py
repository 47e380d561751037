"""Inside `with`, PyTorch's fast path answers as outside: to the last bit, padding included."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from attnviz.recording import capture

CASES = st.fixed_dictionaries(
    {
        "norm": st.booleans(),
        "norm_first": st.booleans(),
        "nested": st.booleans(),
        "lengths": st.lists(st.integers(0, 5), min_size=1, max_size=3).filter(
            any
        ),  # else PyTorch fails itself
        "train": st.booleans(),
        "learns": st.booleans(),
    }
)


def encoder(case: dict) -> nn.TransformerEncoder:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=case["norm_first"])
    norm = nn.LayerNorm(8) if case["norm"] else None
    nested = case["nested"] and not case["norm_first"]
    return nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=nested).train(case["train"])


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@settings(max_examples=60)
@given(CASES)
def test_an_encoder_answers_as_outside(case):
    """With and without padding, rows of padding only, a norm, training, gradients: the very same tensor."""
    model = encoder(case)
    x = torch.randn(len(case["lengths"]), 5, 8)
    padding = torch.arange(5) >= torch.tensor(case["lengths"])[:, None]
    answers = []
    for heard in (False, True):
        torch.manual_seed(1)
        with torch.set_grad_enabled(case["learns"]):
            if not heard:
                answers.append(model(x, src_key_padding_mask=padding))
                continue
            with capture(model) as record:
                answers.append(model(x, src_key_padding_mask=padding))
    assert answers[0].shape == answers[1].shape
    torch.testing.assert_close(answers[1], answers[0], atol=1e-6, rtol=1e-5, equal_nan=True)
    assert len(record.weights) == 2
    if not case["train"] and not case["learns"]:
        assert torch.equal(answers[1].nan_to_num(9.0), answers[0].nan_to_num(9.0))


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_mean_over_padding_is_the_same():
    """Mean pooling over padded places, as many do it: the fast path's zeros count inside, too."""

    class Pooled(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = encoder(dict(norm=False, norm_first=False, nested=True, train=False))
            self.head = nn.Linear(8, 1)

        def forward(self, x, padding):
            return self.head(self.encoder(x, src_key_padding_mask=padding).mean(1)).sigmoid()

    model, x = Pooled().eval(), torch.randn(2, 5, 8)
    padding = torch.arange(5) >= torch.tensor([[5], [2]])
    with torch.no_grad():
        outside = model(x, padding)
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            slow = model(x, padding)
        finally:
            torch.backends.mha.set_fastpath_enabled(True)
        with capture(model) as record, capture(model.encoder, heads=[1]) as inner:
            inside = model(x, padding)
    assert torch.equal(inside, outside)
    assert not torch.allclose(slow, outside)  # this is what the fast path changes
    assert torch.equal(
        record.weights["encoder.layers.1.self_attn"][:, [1]], inner.weights["layers.1.self_attn"]
    )


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_hooks_of_others_are_called_once_and_stay():
    """A user's hook on the encoder changes its output, once, whether it came before `capture` or inside."""
    model, x = encoder(dict(norm=False, norm_first=False, nested=True, train=False)), torch.randn(1, 5, 8)
    padding = torch.arange(5)[None] >= 3
    with torch.no_grad():
        plain = model(x, src_key_padding_mask=padding)
        before = model.register_forward_hook(lambda module, args, output: output + 1)
        with capture(model):
            inside = model.register_forward_hook(lambda module, args, output: output * 2)
            heard = model(x, src_key_padding_mask=padding)
        assert torch.equal(heard, (plain + 1) * 2)
        assert list(model._forward_hooks) == [before.id, inside.id]


def test_gradients_say_first_what_will_differ():
    """Frozen models take the fast path outside, and cannot with gradients=True: a warning before any call."""
    model = encoder(dict(norm=False, norm_first=False, nested=True, train=False)).requires_grad_(False)
    x, padding = torch.randn(1, 5, 8), torch.arange(5)[None] >= 3
    context = capture(model, gradients=True)
    with pytest.warns(UserWarning, match="set_fastpath_enabled"):
        context.__enter__()
    model(x, src_key_padding_mask=padding)
    context.__exit__(None, None, None)
    torch.backends.mha.set_fastpath_enabled(False)  # as the warning says
    try:
        outside = model(x, src_key_padding_mask=padding)
        with capture(model, gradients=True):
            inside = model(x, src_key_padding_mask=padding)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    torch.testing.assert_close(inside, outside, atol=1e-6, rtol=1e-5)


def test_a_copy_of_the_model_shares_nothing_it_should_not():
    """The twin that answers unheard leaves the model as it was: the same parts, hooks and parameters."""
    model, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), torch.randn(1, 5, 8)
    known = copy.copy(vars(model))
    with torch.no_grad(), capture(model):
        model(x, x, x)
    assert all(vars(model)[name] is value for name, value in known.items())
