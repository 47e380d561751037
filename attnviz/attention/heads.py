"""What heads saw, as one table, and what each of them brings."""

import torch
from torch import Tensor

from .checks import check_count, check_tensors, check_weights


def reduce_weights(weights: Tensor, *, heads: str | int = "mean", query: int = 0) -> Tensor:
    """Attention weights with heads as (batch, field), which every measure takes.

    Weights of self-attention have as many queries as keys, more than one. Their token 0 is the shopper. She
    is no field: her column is dropped, and what is left of the row is divided by its sum.

    Args:
        weights: (batch, head, query, field), or (batch, head, 1 + field, 1 + field) of self-attention.
        heads: "mean" over the heads, or the number of one.
        query: Which query; 0 is the shopper. In self-attention 1 is the first field, and so on.

    Returns:
        (batch, field), in [0, 1], rows sum to 1 (to 0 where nothing takes part). NaN where a weight is, as of
        a query that may see no key in some models.

    Raises:
        ValueError: If weights have other axes, are below 0 or infinite, or there is no such head or query.

    Example:
        >>> reduce_weights(torch.tensor([[[[0.2, 0.8]], [[0.4, 0.6]]]]))
        tensor([[0.3000, 0.7000]])
        >>> shopper, first, second = [0.5, 0.2, 0.3], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]
        >>> reduce_weights(torch.tensor([[[shopper, first, second]]]))
        tensor([[0.4000, 0.6000]])

    Taught in "What do heads add?"
    """
    check_tensors(weights=weights, floats=True)
    if weights.dim() != 4 or 0 in weights.shape[1:]:
        raise ValueError(f"weights must be (batch, head, query, field), got {tuple(weights.shape)}")
    check_weights(weights)
    if isinstance(heads, str) and heads != "mean":
        raise ValueError(f"heads must be 'mean' or the number of one, got {heads!r}")
    if not isinstance(heads, str):
        check_count("heads", heads, least=0, most=weights.shape[1] - 1)
    check_count("query", query, least=0, most=weights.shape[2] - 1)
    of_query = weights[:, :, query]  # (batch, head, field)
    chosen = of_query.mean(1) if isinstance(heads, str) else of_query[:, heads]
    if not weights.shape[2] == weights.shape[3] > 1:
        return chosen
    fields = chosen[:, 1:]
    return fields / fields.sum(1, keepdim=True).clamp(min=torch.finfo(fields.dtype).tiny)


def through_heads(values: Tensor, output_weight: Tensor, num_heads: int) -> Tensor:
    """Each head's part of the values (batch, key, dim), through its part of the output projection.

    Args:
        values: (batch, key, dim), the heads side by side.
        output_weight: (out, dim), of the linear map that joins the heads.
        num_heads: H.

    Returns:
        (batch, head, key, out). Summed over heads it is values @ output_weight.T; times the weights and
        summed over heads and keys it is the output of the attention.

    Raises:
        ValueError: If the shapes do not fit each other, or num_heads does not divide dim.

    Example:
        >>> values = torch.tensor([[[1.0, 2.0]]])  # one key, two heads of one number each
        >>> through_heads(values, torch.tensor([[10.0, 100.0]]), 2)
        tensor([[[[ 10.]],
        <BLANKLINE>
                 [[200.]]]])

    Taught in "What do heads add?"
    """
    check_tensors(values=values, output_weight=output_weight, floats=True)
    if values.dim() != 3 or output_weight.dim() != 2 or output_weight.shape[1] != values.shape[2]:
        raise ValueError(
            "values must be (batch, key, dim) and output_weight (out, dim), "
            f"got values {tuple(values.shape)} and output_weight {tuple(output_weight.shape)}"
        )
    check_count("num_heads", num_heads)
    if values.shape[2] % num_heads:
        raise ValueError(f"num_heads must divide dim {values.shape[2]}, got {num_heads}")
    parts = values.unflatten(-1, (num_heads, -1))  # (batch, key, head, dim / head)
    maps = output_weight.unflatten(-1, (num_heads, -1))  # (out, head, dim / head)
    return torch.einsum("bkhd,ohd->bhko", parts, maps)
