"""Which axis is which: (batch, head, query, key), or an error that says what the axes are."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from attnviz.recording import capture
from attnviz.recording.layout import WrongAxes, find_layout, heads_of


class Names(nn.Module):
    """A module that names heads in its attributes or in its config."""

    def __init__(self, config=None, **attributes):
        super().__init__()
        vars(self).update(attributes)
        if config is not None:
            self.config = type("Config", (), {})()
            vars(self.config).update(config)


@pytest.mark.parametrize("name", ["num_heads", "num_attention_heads", "n_heads", "n_head", "nhead", "heads"])
def test_heads_have_many_names(name):
    """On the module, or else in its config; those of keys and values do not count."""
    assert heads_of(Names(**{name: 4}, num_key_value_heads=2)) == {4}
    assert heads_of(Names(config={name: 4, "num_key_value_heads": 2})) == {4}
    assert heads_of(Names(config={name: 8}, num_heads=4)) == {4}
    assert heads_of(Names(config={name: [2, 4]})) == {2, 4}
    assert heads_of(Names(head_dim=4, attention_head_size=4)) == set()


def test_windows_are_refused_and_named():
    """(batch, query, head, window) is no (batch, head, query, key), whichever axis has the heads."""
    with pytest.raises(WrongAxes, match=r"\(2, 8, 4, 5\) are \(batch, query, head, window\) for 4 heads"):
        find_layout((2, 8, 4, 5), Names(num_heads=4))
    with pytest.raises(WrongAxes, match="do not have its 4 heads"):
        find_layout((2, 8, 5, 5), Names(num_heads=4))


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(-5, 4), st.booleans(), st.integers(0, 9)
)
def test_weights_come_back_as_they_were(shape, axis, pooled, seed):
    """There and back is the identity, whatever the shape and the axis of the keys; rows stay rows."""
    axis %= len(shape)
    layout = find_layout(tuple(shape), nn.Identity(), axis=axis, pooled=pooled)
    weights = torch.rand(shape, generator=torch.Generator().manual_seed(seed)).softmax(axis)
    there = layout.there(weights)
    assert there.dim() == 4
    assert torch.equal(layout.back(there), weights)
    torch.testing.assert_close(there.sum(-1), torch.ones(there.shape[:-1]))


def test_heads_in_the_batch_get_an_axis():
    """(batch * head, query, key), for bmm, becomes (batch, head, query, key) if the batch is known."""
    weights = torch.rand(6, 3, 5)
    layout = find_layout((6, 3, 5), Names(num_heads=2), batch=3)
    assert torch.equal(layout.there(weights), weights.view(3, 2, 3, 5))
    assert find_layout((6, 3, 5), Names(num_heads=2), batch=6).four == (6, 1, 3, 5)


def test_heads_that_share_a_key_are_unpacked():
    """(batch, key head, query heads of it, key) for the one query of a step."""
    module = Names(config=dict(num_attention_heads=4), num_key_value_groups=2)
    assert find_layout((3, 2, 2, 5), module).four == (3, 4, 1, 5)


def test_heads_on_the_wrong_axis_of_a_kernel_are_refused():
    """Somebody forgot to transpose, so that heads attend to heads: said, not filed."""

    class Forgot(nn.Module):
        def __init__(self):
            super().__init__()
            self.num_heads = 4

        def forward(self, x):  # (batch, token, head, dim)
            return F.scaled_dot_product_attention(x, x, x)

    module = Forgot()
    with (
        pytest.raises(RuntimeError, match=r"nothing is in the record.*head, window\) for 4 heads"),
        capture(module),
    ):
        module(torch.randn(2, 6, 4, 3))


class Whole(nn.Module):
    """Four heads, and the weights as asked for."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind, self.num_heads, self.qkv = kind, 4, nn.Linear(8, 24)
        self.mha = nn.MultiheadAttention(8, 4, batch_first=True)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 4, 2)).permute(2, 0, 3, 1, 4)
        if self.kind == "sdpa":
            return F.scaled_dot_product_attention(q, k, v)
        if self.kind == "mha":
            return self.mha(x, x, x)[0]
        weights = (q @ k.mT).softmax(-1)
        return (weights @ v, weights) if self.kind == "eager" else weights @ v


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("kind", ["sdpa", "mha", "eager", "vouched"])
def test_a_head_that_is_not_there_is_an_error_everywhere(kind, gradients):
    """Four heads: heads=[3] is the last one, heads=[7] raises, however the model attends."""
    module, x = Whole(kind), torch.randn(2, 9, 8)
    options = dict(gradients=gradients, softmax=[""] if kind == "vouched" else ())
    with capture(module, heads=[3], **options) as record:
        module(x)
    (calls,) = record.calls.values()
    assert [call.shape for call in calls] == [(2, 1, 9, 9)]
    with pytest.raises(ValueError, match="heads must be below 4"), capture(module, heads=[7], **options):
        module(x)


@pytest.mark.parametrize("copies", [2, 4])
def test_class_probabilities_are_no_attention(copies):
    """Four axes, returned, even with an axis as long as there are heads: not in the record, and no error."""

    class Classifies(Whole):
        def forward(self, x):
            seen = super().forward(x).flatten(2)
            return seen, torch.stack(copies * [seen], 1).softmax(-1)  # (batch, copy, head, ...)

    module = Classifies("sdpa")
    with capture(module, heads=[3], strict=True) as record:
        module(torch.randn(2, 9, 8))
    assert [call.shape for call in record.calls[""]] == [(2, 1, 9, 9)]
