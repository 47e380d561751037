"""What does not fit is refused by name, with what was expected and what came; nothing broadcasts."""

import math

import numpy as np
import pytest
import torch

from attnviz.attention import (
    attention_scores,
    gradient_weighted,
    masked_softmax,
    multihead_attention,
    norm_weighted,
    point_attention,
    reduce_weights,
    rollout,
    self_attention,
    through_heads,
)
from attnviz.attention.checks import check_count, check_finite, check_number, check_seed, check_tensors

QUERY, KEYS, MAP = torch.rand(2, 4), torch.rand(2, 3, 4), torch.rand(4, 4)
LAYERS = torch.rand(2, 2, 3, 3).softmax(-1)


@pytest.mark.parametrize("value", [0, -1, 1.0, 1.5, True, "2", None, math.nan])
def test_a_count_is_a_whole_number(value):
    """Neither a float nor True; NumPy's whole numbers are."""
    with pytest.raises(ValueError, match="top_k must be a whole number of at least 1, got"):
        check_count("top_k", value)
    with pytest.raises(ValueError, match="window must be a whole number from 2 to 3, got 4"):
        check_count("window", 4, least=2, most=3)
    check_count("top_k", np.int64(3))


@pytest.mark.parametrize("value", [1, -0.1, math.nan, math.inf, "0.5", None, True, torch.tensor(0.5)])
def test_a_number_lies_in_its_range(value):
    """Finite, within the bounds, and neither text nor True; NumPy's numbers are numbers."""
    with pytest.raises(ValueError, match="dropout must be a number of at least 0 and below 1, got"):
        check_number("dropout", value, least=0, below=1)
    check_number("dropout", np.float32(0.5), least=0, below=1)


@pytest.mark.parametrize("value", [1.5, "today", None, True, -1, 2**32])
def test_a_seed_is_a_whole_number(value):
    """One that both torch and NumPy take."""
    with pytest.raises(ValueError, match="seed must be a whole number from 0 to 4294967295, got"):
        check_seed(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0.1], "b must be a torch.Tensor, got list: use torch.as_tensor"),
        (np.ones(2), "b must be a torch.Tensor, got ndarray"),
        (None, "b must be a torch.Tensor, got NoneType"),
        (torch.ones(2).cfloat(), "b must hold real numbers, got torch.complex64"),
        (torch.ones(2, device="meta"), "b must hold real numbers, got torch.float32 on meta"),
    ],
)
def test_a_tensor_holds_real_numbers(value, message):
    """What came is named, and how to mend it."""
    with pytest.raises(ValueError, match=message):
        check_tensors(a=torch.ones(2), b=value)


def test_tensors_of_floats_have_one_dtype():
    """But under autocast, where layers give another one."""
    with pytest.raises(ValueError, match="b must have the dtype of a, torch.float32, got torch.float64"):
        check_tensors(a=torch.ones(2), b=torch.ones(2).double(), floats=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        check_tensors(a=torch.ones(2), b=torch.ones(2).bfloat16(), floats=True)


def test_the_first_bad_row_is_named():
    """A table of many rows is mended by its row."""
    table = torch.ones(5, 2)
    table[3, 1] = torch.inf
    with pytest.raises(ValueError, match="vectors must be finite, got 1 NaN or infinite, first in row 3"):
        check_finite(vectors=table)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: point_attention(QUERY, KEYS, KEYS.long()), "values must hold float numbers"),
        (lambda: point_attention(QUERY, KEYS, KEYS.double()), "values must have the dtype of keys"),
        (lambda: point_attention(QUERY, KEYS[:, :0], KEYS[:, :0]), "not empty"),
        (lambda: point_attention(QUERY, KEYS, KEYS, dropout=2), "dropout must be a number of at least 0"),
        (lambda: point_attention(QUERY, KEYS, KEYS, temperature="1"), "temperature must be a number above 0"),
        (lambda: point_attention(QUERY, KEYS, KEYS, temperature=math.inf), "temperature must be a number"),
        (lambda: attention_scores(QUERY[0], KEYS), r"query must be \(batch, dim\)"),
        (lambda: attention_scores(QUERY[:1], KEYS), r"got query \(1, 4\)"),
        (lambda: attention_scores(QUERY[:, None], KEYS), r"query must be \(batch, dim\)"),
        (lambda: masked_softmax(QUERY.long()), "scores must hold float numbers"),
        (lambda: masked_softmax(QUERY, torch.ones(2, 4)), "mask must be bool and broadcast to scores"),
        (lambda: masked_softmax(QUERY, torch.ones(3, 4) > 0), "mask must be bool and broadcast to scores"),
        (lambda: multihead_attention(KEYS, KEYS, KEYS, num_heads=2.0), "num_heads must be a whole number"),
        (lambda: multihead_attention(KEYS, KEYS, KEYS, num_heads=2, window=1.5), "window must be a whole"),
        (lambda: multihead_attention(KEYS, KEYS, KEYS, num_heads=2, dropout=math.nan), "dropout must be"),
        (lambda: multihead_attention(KEYS, KEYS, KEYS, num_heads=2, mask=[1]), "mask must be a torch.Tensor"),
        (lambda: multihead_attention(KEYS, KEYS[:, :0], KEYS[:, :0], num_heads=2), "keys must hold one key"),
        (
            lambda: self_attention(KEYS, MAP, MAP, MAP, num_heads=2, biases=(MAP[0, :1],) * 3),
            r"biases of the query must be \(inner,\) = \(4,\), got \(1,\)",
        ),
        (lambda: self_attention(KEYS, MAP, MAP, MAP, num_heads=2, biases=1.0), "biases must be three"),
        (lambda: self_attention(KEYS, None, MAP, MAP, num_heads=2), "query_weight must be a torch.Tensor"),
        (lambda: reduce_weights(LAYERS, heads=2), "heads must be a whole number from 0 to 1, got 2"),
        (lambda: reduce_weights(LAYERS, heads=-1), "heads must be a whole number from 0 to 1, got -1"),
        (lambda: reduce_weights(LAYERS, heads=True), "heads must be a whole number"),
        (lambda: reduce_weights(LAYERS, query=1.0), "query must be a whole number from 0 to 2, got 1.0"),
        (lambda: reduce_weights(LAYERS, query=3), "query must be a whole number from 0 to 2, got 3"),
        (lambda: reduce_weights(LAYERS.numpy()), "weights must be a torch.Tensor, got ndarray"),
        (lambda: through_heads(KEYS, MAP, 3), "num_heads must divide dim 4, got 3"),
        (lambda: through_heads(KEYS, MAP[:, :3], 2), r"output_weight \(out, dim\), got .* \(4, 3\)"),
        (lambda: multihead_attention(KEYS, KEYS, KEYS, num_heads=2, causal="no"), "causal must be True or"),
        (lambda: rollout(-LAYERS), "weights must be at least 0, got -"),
        (lambda: norm_weighted(-LAYERS, LAYERS[..., 0]), "weights must be at least 0, got -"),
        (lambda: gradient_weighted(-LAYERS, LAYERS), "weights must be at least 0, got -"),
        (lambda: reduce_weights(-LAYERS), "weights must be at least 0, got -"),
        (lambda: rollout(LAYERS.where(LAYERS.max() > LAYERS, torch.inf)), "weights must be finite, got 1"),
        (lambda: rollout(LAYERS.where(LAYERS.max() > LAYERS, torch.nan)), "weights must be finite, got 1"),
        (
            lambda: rollout(LAYERS[:, :0]),
            r"weights must be \(layer, head, token, token\), got \(2, 0, 3, 3\)",
        ),
        (
            lambda: rollout(LAYERS[:, None].expand(-1, 5, -1, -1, -1)),
            r"got \(2, 5, 2, 3, 3\): take one text .*, torch.stack\(\[w\[row\] for w in record.weights",
        ),
        (lambda: rollout(LAYERS, residual="half"), "residual must be a number"),
        (lambda: norm_weighted(LAYERS, -LAYERS[..., 0]), "value_norms must be lengths of at least 0"),
        (lambda: norm_weighted(LAYERS, LAYERS[..., 0] / 0), "value_norms must be finite"),
        (lambda: gradient_weighted(LAYERS, LAYERS.numpy()), "gradients must be a torch.Tensor, got ndarray"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    """A ValueError that begins with the argument."""
    with pytest.raises(ValueError, match=message):
        call()


def test_no_function_needs_the_default_device():
    """With another default device the results are the same: what is made lies where the arguments do."""

    def results():
        mask = torch.tensor([[True, True, False], [True, True, True]], device="cpu")
        return [
            *point_attention(QUERY, KEYS, KEYS, mask=mask),
            *multihead_attention(KEYS, KEYS, KEYS, num_heads=2, mask=mask, causal=True, window=1),
            rollout(LAYERS),
            gradient_weighted(LAYERS, LAYERS),
            reduce_weights(LAYERS),
        ]

    expected = results()
    with torch.device("meta"):
        found = results()
    torch.testing.assert_close(found, expected)
