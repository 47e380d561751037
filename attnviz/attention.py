"""Attention as pure functions: tensors in, (output, weights) out."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


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
    _check_shapes(query, keys, values, mask)
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}: use a value such as 1.0")
    weights = masked_softmax(attention_scores(query, keys) / temperature, mask)
    used = F.dropout(weights, dropout) if dropout else weights
    return (used.unsqueeze(-2) @ values).squeeze(-2), weights


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
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~nothing, -torch.inf).softmax(-1)
    return weights.masked_fill(nothing, 0.0)


def _check_shapes(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> None:
    batch, field, dim = keys.shape if keys.dim() == 3 else (None, None, None)
    if keys.dim() != 3 or query.shape != (batch, dim):
        raise ValueError(
            "query must be (batch, dim) and keys (batch, field, dim) with the same batch and dim, "
            f"got query {tuple(query.shape)} and keys {tuple(keys.shape)}"
        )
    if values.dim() != 3 or values.shape[:2] != keys.shape[:2]:
        raise ValueError(f"values must be ({batch}, {field}, value_dim) like keys, got {tuple(values.shape)}")
    if mask is not None and (mask.dtype != torch.bool or mask.shape != (batch, field)):
        raise ValueError(
            f"mask must be bool ({batch}, {field}), True where a field takes part, "
            f"got {mask.dtype} {tuple(mask.shape)}"
        )
