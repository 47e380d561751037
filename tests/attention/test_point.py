"""Point attention against torch's own kernels, and its axioms."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from attnviz.attention.attention import attention_scores, masked_softmax, point_attention


def draw(seed: int, batch: int = 3, field: int = 5, dim: int = 4):
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(batch, dim, generator=generator, dtype=torch.float64)
    keys, values = torch.randn(2, batch, field, dim, generator=generator, dtype=torch.float64)
    mask = torch.rand(batch, field, generator=generator) > 0.3
    mask[:, 0] = True
    return query, keys, values, mask


@given(seed=st.integers(0, 10_000), field=st.integers(1, 8), dim=st.integers(1, 8))
def test_output_is_that_of_scaled_dot_product_attention(seed, field, dim):
    """Expect torch's fused kernel to give the same output, with and without a mask."""
    query, keys, values, mask = draw(seed, field=field, dim=dim)
    for given_mask in (None, mask):
        output, _ = point_attention(query, keys, values, mask=given_mask)
        kernel_mask = None if given_mask is None else given_mask[:, None]
        expected = F.scaled_dot_product_attention(query[:, None], keys, values, attn_mask=kernel_mask)
        torch.testing.assert_close(output, expected[:, 0])


@given(seed=st.integers(0, 10_000), temperature=st.floats(0.05, 20))
def test_weights_sum_to_one_and_masked_fields_get_exactly_zero(seed, temperature):
    """Expect sums of 1 to 1e-6 and hard zeros where the mask is False."""
    query, keys, values, mask = draw(seed)
    _, weights = point_attention(query, keys, values, mask=mask, temperature=temperature)
    torch.testing.assert_close(weights.sum(1), torch.ones(3, dtype=torch.float64), atol=1e-6, rtol=0)
    assert (weights[~mask] == 0).all()
    assert (weights >= 0).all()


def test_masking_equals_leaving_out():
    """Expect the weights of a masked call to be those of a call without the masked fields."""
    query, keys, values, _ = draw(1)
    mask = torch.tensor([[True, False, True, True, False]]).expand(3, -1)
    output, weights = point_attention(query, keys, values, mask=mask)
    kept = mask[0].nonzero().squeeze(1)
    output_kept, weights_kept = point_attention(query, keys[:, kept], values[:, kept])
    torch.testing.assert_close(output, output_kept)
    torch.testing.assert_close(weights[:, kept], weights_kept)


def test_nothing_takes_part():
    """Expect zero weights and a zero output, and no NaN in the gradient."""
    query, keys, values, mask = draw(2)
    mask = torch.zeros_like(mask)
    keys.requires_grad_()
    output, weights = point_attention(query, keys, values, mask=mask)
    assert (weights == 0).all()
    assert (output == 0).all()
    output.sum().backward()
    assert keys.grad.isfinite().all()


def test_temperature_flattens_and_sharpens():
    """Expect a high temperature to approach even weights, a low one the largest score."""
    query, keys, values, _ = draw(3)
    _, flat = point_attention(query, keys, values, temperature=1e6)
    _, sharp = point_attention(query, keys, values, temperature=1e-4)
    torch.testing.assert_close(flat, torch.full_like(flat, 0.2), atol=1e-5, rtol=0)
    best = attention_scores(query, keys).argmax(1)
    torch.testing.assert_close(sharp, F.one_hot(best, 5).double(), atol=1e-6, rtol=0)


def test_dropout_leaves_the_returned_weights_whole():
    """Expect weights before dropout: they sum to 1 although half of them were dropped from the output."""
    query, keys, values, _ = draw(4)
    plain_output, plain = point_attention(query, keys, values)
    torch.manual_seed(0)
    output, weights = point_attention(query, keys, values, dropout=0.5)
    torch.testing.assert_close(weights, plain)
    assert not torch.allclose(output, plain_output)


def test_large_scores_stay_finite():
    """Expect softmax not to overflow on scores in the thousands."""
    weights = masked_softmax(torch.tensor([5000.0, 4999.0, -5000.0]))
    torch.testing.assert_close(weights, torch.tensor([0.7310586, 0.2689414, 0.0]))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (dict(query=torch.zeros(3, 7, dtype=torch.float64)), "query"),
        (dict(values=torch.zeros(3, 4, 4, dtype=torch.float64)), "values"),
        (dict(mask=torch.ones(3, 5)), "mask"),
        (dict(mask=torch.ones(5, dtype=torch.bool)), "mask"),
        (dict(temperature=0.0), "temperature"),
    ],
)
def test_errors_name_the_argument(change, named):
    """Expect a ValueError that begins with the argument's name."""
    query, keys, values, _ = draw(5)
    arguments = dict(query=query, keys=keys, values=values) | change
    with pytest.raises(ValueError, match=f"^{named}"):
        point_attention(**arguments)
