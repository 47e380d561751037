"""Multi-head and self-attention against torch's module and kernel, with every kind of mask."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from attnviz.attention.attention import multihead_attention, point_attention, self_attention

DTYPES = st.sampled_from([torch.float32, torch.float64])
SIZES = st.fixed_dictionaries(
    dict(query=st.integers(1, 6), key=st.integers(1, 6), heads=st.integers(1, 4), value_dim=st.integers(1, 4))
)
MASKS = st.fixed_dictionaries(
    dict(padded=st.sampled_from([None, "key", "query"]), causal=st.booleans(),
         window=st.none() | st.integers(0, 4))
)  # fmt: skip


def draw(seed, *, query=4, key=6, heads=2, dim=3, value_dim=2, dtype=torch.float64):
    """Random query, keys and values of 3 rows; the dims are those of one head."""
    generator = torch.Generator().manual_seed(seed)
    shapes = ((3, query, heads * dim), (3, key, heads * dim), (3, key, heads * value_dim))
    return [torch.randn(shape, generator=generator, dtype=dtype, requires_grad=True) for shape in shapes]


def masks(seed, num_queries, num_keys, *, padded, causal, window):
    """The options of a call, and the same as one mask (batch, query, key), written as a loop."""
    generator = torch.Generator().manual_seed(seed + 1)
    full = torch.rand(3, num_queries, num_keys, generator=generator) > 0.4
    given_mask = {None: None, "key": full[:, 0], "query": full}[padded]
    together = torch.ones(3, num_queries, num_keys, dtype=torch.bool)
    for i in range(num_queries):
        for j in range(num_keys):
            if padded:
                together[:, i, j] &= full[:, 0 if padded == "key" else i, j]
            together[:, i, j] &= not (causal and j > i)
            together[:, i, j] &= window is None or abs(i - j) <= window
    return dict(mask=given_mask, causal=causal, window=window), together


def heads_apart(tensor, num_heads):
    """(batch, head, token, dim / head), as the kernel takes it."""
    return tensor.view(*tensor.shape[:2], num_heads, -1).transpose(1, 2)


@given(seed=st.integers(0, 10_000), size=SIZES, dtype=DTYPES, chosen=MASKS)
def test_output_and_gradients_are_those_of_the_kernel(seed, size, dtype, chosen):
    """Expect scaled_dot_product_attention, forwards and backwards, within the dtype's tolerance."""
    tensors, heads = draw(seed, dtype=dtype, **size), size["heads"]
    options, together = masks(seed, size["query"], size["key"], **chosen)
    output, _ = multihead_attention(*tensors, num_heads=heads, **options)
    seen = together.any(-1)  # (batch, query): the kernel has no answer for a query that sees nothing
    kernel_mask = (together | ~seen.unsqueeze(-1)).unsqueeze(1)
    kernel = F.scaled_dot_product_attention(
        *(heads_apart(tensor, heads) for tensor in tensors), attn_mask=kernel_mask
    )
    expected = kernel.transpose(1, 2).flatten(2) * seen.unsqueeze(-1)
    torch.testing.assert_close(output, expected)
    slope = torch.randn(output.shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    gradients = torch.autograd.grad(output, tensors, slope)
    torch.testing.assert_close(gradients, torch.autograd.grad(expected, tensors, slope))


@given(seed=st.integers(0, 10_000), query=st.integers(1, 6), key=st.integers(1, 6), chosen=MASKS)
def test_weights_sum_to_one_or_to_zero_and_are_zero_where_masked(seed, query, key, chosen):
    """Expect each row that sees something to sum to 1, each other row and each masked place to be 0."""
    options, together = masks(seed, query, key, **chosen)
    output, weights = multihead_attention(*draw(seed, query=query, key=key), num_heads=2, **options)
    seen = together.any(-1)
    assert weights.shape == (3, 2, query, key)
    torch.testing.assert_close(weights.sum(-1), seen.unsqueeze(1).expand(-1, 2, -1).double())
    assert (weights.masked_select(~together.unsqueeze(1)) == 0).all()
    assert (output[~seen] == 0).all()


@given(seed=st.integers(0, 1000), heads=st.sampled_from([1, 2, 4]), dtype=DTYPES,
       biased=st.booleans(), chosen=st.tuples(st.booleans(), st.booleans()))  # fmt: skip
def test_self_attention_is_that_of_the_torch_module(seed, heads, dtype, biased, chosen):
    """Expect nn.MultiheadAttention with the same parameters: output, weights of each head, gradients."""
    torch.manual_seed(seed)
    token, (causal, padded) = 1 + seed % 6, chosen
    module = torch.nn.MultiheadAttention(8, heads, bias=biased, batch_first=True, dtype=dtype)
    vectors = torch.randn(3, token, 8, dtype=dtype, requires_grad=True)
    mask = torch.rand(3, token) > 0.4
    mask[:, 0] = True  # a row that sees nothing is NaN in torch's module
    biases = torch.nn.init.normal_(module.in_proj_bias).chunk(3) if biased else None
    seen, weights = self_attention(
        vectors, *module.in_proj_weight.chunk(3), num_heads=heads, biases=biases,
        mask=mask if padded else None, causal=causal,
    )  # fmt: skip
    output = module.out_proj(seen)
    expected, expected_weights = module(
        vectors, vectors, vectors, average_attn_weights=False,
        key_padding_mask=~mask if padded else None,
        attn_mask=torch.ones(token, token).triu(1).bool() if causal else None,
    )  # fmt: skip
    torch.testing.assert_close(weights, expected_weights)
    torch.testing.assert_close(output, expected)
    to = (vectors, module.in_proj_weight)
    gradients = torch.autograd.grad(output.square().sum(), to)
    expected_gradients = torch.autograd.grad(expected.square().sum(), to)
    torch.testing.assert_close(gradients, expected_gradients)


def test_one_head_and_one_query_is_point_attention():
    """Expect the same numbers from the simpler function."""
    query, keys, values = draw(0, query=1, heads=1)
    mask = torch.tensor([[True, False, True, True, False, True]]).expand(3, -1)
    output, weights = multihead_attention(query, keys, values, num_heads=1, mask=mask)
    expected, expected_weights = point_attention(query[:, 0], keys, values, mask=mask)
    torch.testing.assert_close(output[:, 0], expected)
    torch.testing.assert_close(weights[:, 0, 0], expected_weights)


def test_a_head_sees_its_own_dimensions_only():
    """Expect a change in the second head's keys and values to leave the first head alone."""
    query, keys, values = draw(1)
    output, weights = multihead_attention(query, keys, values, num_heads=2)
    second_keys, second_values = (torch.arange(x.shape[-1]) >= x.shape[-1] // 2 for x in (keys, values))
    moved, moved_weights = multihead_attention(
        query, keys + 3 * second_keys * keys, values + second_values, num_heads=2
    )
    torch.testing.assert_close(moved_weights[:, 0], weights[:, 0])
    torch.testing.assert_close(moved[..., :2], output[..., :2])
    assert not torch.allclose(moved_weights[:, 1], weights[:, 1])


def test_nothing_to_see_has_finite_gradients():
    """Expect zeros, not NaN, forwards and backwards, where a whole row is masked."""
    tensors = draw(2)
    mask = torch.ones(3, 6, dtype=torch.bool)
    mask[1] = False
    output, weights = multihead_attention(*tensors, num_heads=2, mask=mask)
    assert (weights[1] == 0).all()
    assert all(x.isfinite().all() for x in torch.autograd.grad(output.sum(), tensors))


def test_dropout_leaves_the_returned_weights_whole():
    """Expect weights before dropout: the same as without, although half of them were dropped."""
    tensors = draw(3)
    plain_output, plain = multihead_attention(*tensors, num_heads=2)
    torch.manual_seed(0)
    output, weights = multihead_attention(*tensors, num_heads=2, dropout=0.5)
    torch.testing.assert_close(weights, plain)
    assert not torch.allclose(output, plain_output)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (dict(query=torch.zeros(3, 6)), "query, keys and values"),
        (dict(query=torch.zeros(2, 4, 6)), "query and keys"),
        (dict(values=torch.zeros(3, 5, 4)), "values"),
        (dict(num_heads=4), "num_heads"),
        (dict(num_heads=0), "num_heads"),
        (dict(mask=torch.ones(3, 6)), "mask"),
        (dict(mask=torch.ones(4, 6, dtype=torch.bool)), "mask"),
        (dict(window=-1), "window"),
    ],
)
def test_errors_name_the_argument(change, named):
    """Expect a ValueError that begins with the argument's name."""
    query, keys, values = draw(5)
    with pytest.raises(ValueError, match=f"^{named}"):
        multihead_attention(**(dict(query=query, keys=keys, values=values, num_heads=2) | change))


def test_self_attention_names_weights_that_do_not_fit():
    """Expect the shapes that were wanted and those that came."""
    with pytest.raises(ValueError, match=r"^vectors must be .* got vectors \(1, 2, 3\)"):
        self_attention(torch.zeros(1, 2, 3), *torch.zeros(3, 3, 4), num_heads=1)
