"""Attention as pure functions: tensors in, (output, weights) out."""

import math
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import handle_torch_function, has_torch_function_unary

from .checks import check_count, check_number, check_tensors
from .masks import checked_mask
from .shapes import broadcasts, check_biases, check_heads, check_query, check_values


def point_attention(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    mask: Tensor | None = None,
    temperature: float = 1.0,
    dropout: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """One query attends over a product's fields.

    score_i = q . k_i / (sqrt(dim) * temperature), weight = softmax(score), output = sum_i weight_i * value_i.

    Args:
        query: (batch, dim).
        keys: (batch, field, dim).
        values: (batch, field, value_dim).
        mask: (batch, field), bool; True takes part. A field that is masked gets a weight of exactly 0.
            A row in which nothing takes part has only zero weights and a zero output.
        temperature: Above 1 the weights become more even, below 1 more peaked.
        dropout: Share of the weights that is dropped before the sum; the returned ones are those before it.

    Returns:
        The output (batch, value_dim) and the weights (batch, field), which lie in [0, 1] and sum to 1.
        NaN in a row of the batch that holds NaN or an infinite number; the other rows are right.

    Raises:
        ValueError: If the shapes do not fit each other, temperature is not above 0, or dropout not from 0 to
            below 1.

    Example:
        >>> query = torch.tensor([[2.0, 0.0]])
        >>> keys = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])
        >>> output, weights = point_attention(query, keys, keys)
        >>> weights.round(decimals=3)
        tensor([[0.4460, 0.1080, 0.4460]])

    Paper: Vaswani et al. (2017), with one query; Bahdanau et al. (2015).
    Taught in "How is a weight computed?"
    """
    scores = attention_scores(query, keys)
    check_values(keys, values)
    if mask is not None:
        mask = checked_mask(keys, mask, axes=("batch", "field"))
    check_number("temperature", temperature, above=0)
    check_number("dropout", dropout, least=0, below=1)
    weights = masked_softmax(scores / temperature, mask)
    used = F.dropout(weights, dropout) if dropout else weights
    return (used.unsqueeze(-2) @ values).squeeze(-2), weights


def multihead_attention(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    num_heads: int,
    mask: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
    dropout: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Several heads, each with its own share of the dimensions, attend side by side.

    Head h sees entries h * dim / H to (h + 1) * dim / H of queries and keys, and likewise of the values:
    weight = softmax(q . k / sqrt(dim / H)) in each head. A key takes part where all of mask, causal and
    window let it.

    Args:
        query: (batch, query, dim), already projected.
        keys: (batch, key, dim), already projected.
        values: (batch, key, value_dim), already projected.
        num_heads: H; divides dim and value_dim.
        mask: (batch, key), or (batch, query, key) where queries differ; bool, True takes part.
        causal: Query i sees the keys 0 to i only.
        window: Query i sees the keys i - window to i + window only. None: all.
        dropout: Share of the weights that is dropped before the sum; the returned ones are those before it.

    Returns:
        The output (batch, query, value_dim), the heads side by side and without an output projection, and the
        weights (batch, head, query, key). They lie in [0, 1] and sum to 1 over the keys. A query that has no
        key to attend to has only zero weights and a zero output.
        NaN in a row of the batch that holds NaN or an infinite number; the other rows are right.

    Raises:
        ValueError: If the shapes do not fit each other, or an option is out of range.

    Example:
        >>> keys = torch.tensor([[[3.0, 0.0], [0.0, 3.0]]])
        >>> output, weights = multihead_attention(torch.ones(1, 1, 2), keys, keys, num_heads=2)
        >>> weights.shape
        torch.Size([1, 2, 1, 2])
        >>> weights[0, :, 0].round(decimals=2)  # the heads look at different keys
        tensor([[0.9500, 0.0500],
                [0.0500, 0.9500]])

    Paper: Vaswani et al. (2017). Taught in "What do heads add?"
    """
    check_heads(query, keys, values, num_heads)
    check_number("dropout", dropout, least=0, below=1)
    if not isinstance(causal, bool):
        raise ValueError(f"causal must be True or False, got {causal!r}")
    queries, keys, values = (
        tensor.unflatten(-1, (num_heads, -1)).transpose(1, 2) for tensor in (query, keys, values)
    )  # (batch, head, query or key, dim / head)
    scores = queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])  # (batch, head, query, key)
    allowed = _allowed(scores, mask, causal, window)
    weights = masked_softmax(scores, allowed)
    used = F.dropout(weights, dropout) if dropout else weights
    return (used @ values).transpose(1, 2).flatten(2), weights


def self_attention(
    vectors: Tensor,
    query_weight: Tensor,
    key_weight: Tensor,
    value_weight: Tensor,
    *,
    num_heads: int,
    biases: tuple[Tensor, Tensor, Tensor] | None = None,
    mask: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
    dropout: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Every vector asks, every vector is a key and a value: `multihead_attention` of vectors on themselves.

    Args:
        vectors: (batch, token, dim).
        query_weight: (inner, dim), as `torch.nn.Linear` holds it: query = vectors @ query_weight.T.
        key_weight: (inner, dim).
        value_weight: (value_dim, dim).
        num_heads: Divides inner and value_dim.
        biases: Of queries, keys and values: (inner,), (inner,), (value_dim,). None: there are none.
        mask: As for `multihead_attention`, with tokens for queries and for keys.
        causal: A token sees itself and those before it.
        window: A token sees those at most so many places away.
        dropout: As for `multihead_attention`.

    Returns:
        The output (batch, token, value_dim) and the weights (batch, head, query token, key token); each row
        of weights sums to 1, or to 0 where nothing may be seen.
        NaN in a row of the batch that holds NaN or an infinite number; the other rows are right.

    Raises:
        ValueError: If the shapes do not fit each other, or an option is out of range.

    Example:
        >>> vectors = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
        >>> one = torch.eye(2)
        >>> self_attention(vectors, 3 * one, one, one, num_heads=1)[1].round(decimals=2)
        tensor([[[[0.8900, 0.1100],
                  [0.1100, 0.8900]]]])

    Paper: Vaswani et al. (2017). Taught in "What if fields interact?"
    """
    weights = (query_weight, key_weight, value_weight)
    check_tensors(
        vectors=vectors,
        query_weight=query_weight,
        key_weight=key_weight,
        value_weight=value_weight,
        floats=True,
    )
    if vectors.dim() != 3 or any(w.dim() != 2 or w.shape[1] != vectors.shape[2] for w in weights):
        shapes = ", ".join(str(tuple(w.shape)) for w in weights)
        raise ValueError(
            "vectors must be (batch, token, dim) and query_weight, key_weight, value_weight (inner, dim), "
            f"got vectors {tuple(vectors.shape)} and weights {shapes}"
        )
    if biases is not None:
        check_biases(biases, weights)
    query, keys, values = map(F.linear, [vectors] * 3, weights, biases or [None] * 3)
    return multihead_attention(
        query, keys, values, num_heads=num_heads, mask=mask, causal=causal, window=window, dropout=dropout
    )


def attention_scores(query: Tensor, keys: Tensor) -> Tensor:
    """How well each key fits the query, before softmax: q . k_i / sqrt(dim).

    Args:
        query: (batch, dim).
        keys: (batch, field, dim).

    Returns:
        Scores (batch, field), of any sign.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:
        >>> keys = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]]])
        >>> attention_scores(torch.tensor([[2.0, 0.0, 0.0, 0.0]]), keys)
        tensor([[ 1., -1.]])

    Taught in "How is a weight computed?"
    """
    check_query(query, keys)
    return (keys @ query.unsqueeze(-1)).squeeze(-1) / math.sqrt(query.shape[-1])


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Softmax over the last axis in which masked entries get exactly 0.

    Args:
        scores: (..., key), attention scores.
        mask: (..., key), bool; True takes part. It broadcasts to the scores.

    Returns:
        Weights (..., key) that sum to 1 over the last axis, or to 0 where nothing takes part. NaN along the
        last axis where a score that takes part is NaN or infinite (minus infinity beside others is not).

    Raises:
        ValueError: If scores are not float, or mask is not bool or does not broadcast to them.

    Example:
        >>> masked_softmax(torch.tensor([1.0, 1.0, 5.0]), torch.tensor([True, True, False]))
        tensor([0.5000, 0.5000, 0.0000])

    Taught in "How is a weight computed?"
    """
    if has_torch_function_unary(scores):
        return handle_torch_function(masked_softmax, (scores,), scores, mask)
    check_tensors(scores=scores, floats=True)
    if mask is None:
        return scores.softmax(-1)
    check_tensors(scores=scores, mask=mask)
    if mask.dtype != torch.bool or not broadcasts(mask, scores):
        expected, got = tuple(scores.shape), f"{mask.dtype} {tuple(mask.shape)}"
        raise ValueError(f"mask must be bool and broadcast to scores {expected}, got {got}")
    nothing = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~nothing, -torch.inf).softmax(-1)
    return weights.masked_fill(nothing, 0.0)


masked_softmax.gives_attention_weights = True  # type: ignore[attr-defined]  # `recording` hears it by this


def _allowed(scores: Tensor, mask: Tensor | None, causal: bool, window: int | None) -> Tensor | None:
    """Which key each query may see, in a shape that broadcasts to scores; None where all may see all."""
    num_queries, num_keys = scores.shape[2:]
    allowed = []
    if mask is not None:
        check_tensors(scores=scores, mask=mask)
    if mask is not None and mask.dim() == 3:
        allowed.append(checked_mask(scores[:, 0], mask, axes=("batch", "query", "key"))[:, None])
    elif mask is not None:
        of_keys = checked_mask(scores[:, 0].transpose(1, 2), mask, axes=("batch", "key"))
        allowed.append(of_keys[:, None, None])
    places = torch.arange(max(num_queries, num_keys), device=scores.device)
    behind = places[:num_queries, None] - places[:num_keys]  # (query, key): how far the key lies behind
    if causal:
        allowed.append(behind >= 0)
    if window is not None:
        check_count("window", window, least=0)
        allowed.append(behind.abs() <= window)
    return reduce(torch.logical_and, allowed) if allowed else None
