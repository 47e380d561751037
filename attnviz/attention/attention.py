"""Attention as pure functions: tensors in, (output, weights) out."""

import math
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import handle_torch_function, has_torch_function_unary

from .masks import checked_mask


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

    Raises:
        ValueError: If the shapes do not fit each other or the temperature is not above 0.

    Example:
        >>> query = torch.tensor([[2.0, 0.0]])
        >>> keys = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])
        >>> output, weights = point_attention(query, keys, keys)
        >>> weights.round(decimals=3)
        tensor([[0.4460, 0.1080, 0.4460]])

    Paper: Vaswani et al. (2017), with one query; Bahdanau et al. (2015). Taught in chapter 3.
    """
    _check_shapes(query, keys, values)
    if mask is not None:
        mask = checked_mask(keys, mask, axes=("batch", "field"))
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}: use a value such as 1.0")
    weights = masked_softmax(attention_scores(query, keys) / temperature, mask)
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

    Paper: Vaswani et al. (2017). Taught in chapter 14.
    """
    _check_heads(query, keys, values, num_heads)
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

    Raises:
        ValueError: If the shapes do not fit each other, or an option is out of range.

    Example:
        >>> vectors = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
        >>> one = torch.eye(2)
        >>> self_attention(vectors, 3 * one, one, one, num_heads=1)[1].round(decimals=2)
        tensor([[[[0.8900, 0.1100],
                  [0.1100, 0.8900]]]])

    Paper: Vaswani et al. (2017). Taught in chapter 15.
    """
    weights = (query_weight, key_weight, value_weight)
    if vectors.dim() != 3 or any(w.dim() != 2 or w.shape[1] != vectors.shape[2] for w in weights):
        shapes = ", ".join(str(tuple(w.shape)) for w in weights)
        raise ValueError(
            "vectors must be (batch, token, dim) and query_weight, key_weight, value_weight (inner, dim), "
            f"got vectors {tuple(vectors.shape)} and weights {shapes}"
        )
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

    Example:
        >>> keys = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]]])
        >>> attention_scores(torch.tensor([[2.0, 0.0, 0.0, 0.0]]), keys)
        tensor([[ 1., -1.]])

    Taught in chapter 3.
    """
    return (keys @ query.unsqueeze(-1)).squeeze(-1) / math.sqrt(query.shape[-1])


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Softmax over the last axis in which masked entries get exactly 0.

    Args:
        scores: (..., key), attention scores.
        mask: (..., key), bool; True takes part.

    Returns:
        Weights (..., key) that sum to 1 over the last axis, or to 0 where nothing takes part.

    Example:
        >>> masked_softmax(torch.tensor([1.0, 1.0, 5.0]), torch.tensor([True, True, False]))
        tensor([0.5000, 0.5000, 0.0000])

    Taught in chapter 3.
    """
    if has_torch_function_unary(scores):
        return handle_torch_function(masked_softmax, (scores,), scores, mask)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~nothing, -torch.inf).softmax(-1)
    return weights.masked_fill(nothing, 0.0)


masked_softmax.gives_attention_weights = True  # type: ignore[attr-defined]  # `recording` hears it by this


def _allowed(scores: Tensor, mask: Tensor | None, causal: bool, window: int | None) -> Tensor | None:
    """Which key each query may see, in a shape that broadcasts to scores; None where all may see all."""
    num_queries, num_keys = scores.shape[2:]
    allowed = []
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
        if window < 0:
            raise ValueError(f"window must be at least 0, got {window}: 0 is the query's own place only")
        allowed.append(behind.abs() <= window)
    return reduce(torch.logical_and, allowed) if allowed else None


def _check_heads(query: Tensor, keys: Tensor, values: Tensor, num_heads: int) -> None:
    shapes = f"query {tuple(query.shape)}, keys {tuple(keys.shape)}, values {tuple(values.shape)}"
    if not query.dim() == keys.dim() == values.dim() == 3:
        raise ValueError(f"query, keys and values must have 3 dimensions, batch first, got {shapes}")
    if query.shape[0] != keys.shape[0] or query.shape[2] != keys.shape[2]:
        raise ValueError(f"query and keys must have the same batch and dim, got {shapes}")
    if values.shape[:2] != keys.shape[:2]:
        raise ValueError(f"values must be (batch, key, value_dim) and keys (batch, key, dim), got {shapes}")
    if num_heads < 1 or keys.shape[2] % num_heads or values.shape[2] % num_heads:
        raise ValueError(
            f"num_heads must divide dim {keys.shape[2]} and value_dim {values.shape[2]}, got {num_heads}"
        )


def _check_shapes(query: Tensor, keys: Tensor, values: Tensor) -> None:
    batch, field, dim = keys.shape if keys.dim() == 3 else (None, None, None)
    if keys.dim() != 3 or query.shape != (batch, dim):
        raise ValueError(
            "query must be (batch, dim) and keys (batch, field, dim) with the same batch and dim, "
            f"got query {tuple(query.shape)} and keys {tuple(keys.shape)}"
        )
    if values.dim() != 3 or values.shape[:2] != keys.shape[:2]:
        raise ValueError(f"values must be ({batch}, {field}, value_dim) like keys, got {tuple(values.shape)}")
