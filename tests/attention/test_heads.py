"""What heads saw as one table, and what each of them brings."""

import pytest
import torch
from torch import nn

from attnviz.attention.heads import reduce_weights, through_heads


def test_reduce_weights():
    """Expect the mean over heads, or one head, of one query."""
    weights = torch.rand(2, 3, 4, 5)
    torch.testing.assert_close(reduce_weights(weights), weights[:, :, 0].mean(1))
    torch.testing.assert_close(reduce_weights(weights, heads=2, query=1), weights[:, 2, 1])
    with pytest.raises(ValueError, match="weights must be"):
        reduce_weights(weights[0])


def test_reduce_weights_drops_the_shopper():
    """Expect the fields' share of the shopper's row, and zeros where she saw herself only."""
    weights = torch.rand(2, 3, 6, 6).softmax(-1)
    row = weights.mean(1)[:, 0, 1:]
    torch.testing.assert_close(reduce_weights(weights), row / row.sum(1, keepdim=True))
    alone = torch.eye(6).expand(2, 3, 6, 6)
    assert (reduce_weights(alone) == 0).all()


def test_reduce_weights_of_an_unknown_word():
    """A word other than "mean" is refused."""
    with pytest.raises(ValueError, match="heads must be 'mean' or the number of one, got 'max'"):
        reduce_weights(torch.rand(2, 3, 1, 5), heads="max")


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_parts_of_heads_add_up_to_the_output_projection(heads):
    """Each part is the loop's product of a slice; all together they are torch's linear map of the whole."""
    generator = torch.Generator().manual_seed(heads)
    values = torch.randn(3, 5, 8, generator=generator, dtype=torch.float64)
    linear = nn.Linear(8, 6, bias=False, dtype=torch.float64)
    parts = through_heads(values, linear.weight, heads)
    assert parts.shape == (3, heads, 5, 6)
    size = 8 // heads
    for head in range(heads):
        place = slice(head * size, (head + 1) * size)
        torch.testing.assert_close(parts[:, head], values[:, :, place] @ linear.weight[:, place].T)
    torch.testing.assert_close(parts.sum(1), linear(values))


def test_weighted_parts_of_heads_are_the_output_of_attention():
    """Weights times parts, summed over heads and keys, are nn.MultiheadAttention's output."""
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, 4, bias=False, batch_first=True, dtype=torch.float64)
    vectors = torch.randn(3, 5, 8, dtype=torch.float64)
    expected, weights = module(vectors, vectors, vectors, average_attn_weights=False)
    values = vectors @ module.in_proj_weight.chunk(3)[2].T
    parts = through_heads(values, module.out_proj.weight, 4)  # (batch, head, key, out)
    torch.testing.assert_close(torch.einsum("bhqk,bhko->bqo", weights, parts), expected)
