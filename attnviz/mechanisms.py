"""Ways to attend over a product's fields, as thin modules over the functions in `attention`.

Each is called with the fields' vectors (batch, field, dim), their keys (batch, field, dim), the shopper's
query (batch, dim) and a mask (batch, field), and returns an output (batch, dim) for the head and the weights
(batch, head, query, key).
"""

import torch
from torch import Tensor, nn

from .attention import multihead_attention, point_attention, self_attention


class Point(nn.Module):
    """One query over the fields; the values are the fields' vectors themselves, so it has no parameters."""

    def forward(
        self, vectors: Tensor, keys: Tensor, query: Tensor, mask: Tensor | None = None, dropout: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, 1, 1, field)."""
        output, weights = point_attention(query, keys, vectors, mask=mask, dropout=dropout)
        return output, weights[:, None, None, :]

    def head_values(self, vectors: Tensor, query: Tensor) -> Tensor:
        """What each field's vector brings through the one head: itself, (batch, 1, field, dim)."""
        return vectors.unsqueeze(1)


class Multihead(nn.Module):
    """The shopper's query attends over the fields with several heads: output = O concat_h(w_h V_h x)."""

    def __init__(self, dim: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.value = nn.Linear(dim, dim, bias=False)
        self.output = nn.Linear(dim, dim, bias=False)

    def forward(
        self, vectors: Tensor, keys: Tensor, query: Tensor, mask: Tensor | None = None, dropout: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, head, 1, field)."""
        options = dict(num_heads=self.num_heads, mask=mask, dropout=dropout)
        output, weights = multihead_attention(query[:, None], keys, self.value(vectors), **options)
        return self.output(output[:, 0]), weights

    def head_values(self, vectors: Tensor, query: Tensor) -> Tensor:
        """What each field's vector brings through each head, O_h V_h x_f, (batch, head, field, dim)."""
        return through_heads(self.value(vectors), self.output.weight, self.num_heads)


class SelfAttention(nn.Module):
    """The shopper and the fields are tokens that all attend to all, once; then the tokens' mean is taken.

    token = token + O concat_h(w_h V_h tokens). The shopper's query is token 0, and a learned vector that says
    which field it is (or the shopper) is added to each token. All rows of the weights reach the output: were
    only the shopper's token read, one layer could not use what the fields see in each other. A field that is
    masked is neither seen nor counted in the mean.
    """

    def __init__(self, dim: int, num_heads: int, num_fields: int):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(dim, dim, bias=False)
        self.key = nn.Linear(dim, dim, bias=False)
        self.value = nn.Linear(dim, dim, bias=False)
        self.output = nn.Linear(dim, dim, bias=False)
        self.place = nn.Embedding(1 + num_fields, dim)

    def tokens(self, vectors: Tensor, query: Tensor) -> Tensor:
        """The tokens (batch, 1 + field, dim): the shopper's query and the fields, each with its place."""
        return torch.cat([query.unsqueeze(1), vectors], dim=1) + self.place.weight

    def forward(
        self, vectors: Tensor, keys: None, query: Tensor, mask: Tensor | None = None, dropout: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, head, 1 + field, 1 + field). The keys are its own."""
        tokens = self.tokens(vectors, query)
        known = None if mask is None else torch.cat([torch.ones_like(mask[:, :1]), mask], dim=1)
        seen, weights = self_attention(
            tokens, self.query.weight, self.key.weight, self.value.weight,
            num_heads=self.num_heads, mask=known, dropout=dropout,
        )  # fmt: skip
        tokens = tokens + self.output(seen)  # (batch, 1 + field, dim)
        if known is None:
            return tokens.mean(1), weights
        counted = known.unsqueeze(-1).to(tokens)
        return (tokens * counted).sum(1) / counted.sum(1), weights

    def head_values(self, vectors: Tensor, query: Tensor) -> Tensor:
        """What each token brings through each head, O_h V_h t, (batch, head, 1 + field, dim)."""
        values = self.value(self.tokens(vectors, query))
        return through_heads(values, self.output.weight, self.num_heads)


def make_mechanism(options: dict, num_fields: int) -> nn.Module:
    """The mechanism that a recommender's options ask for."""
    sizes = dict(dim=options["embed_dim"], num_heads=options["num_heads"])
    if options["attention"] == "self":
        return SelfAttention(**sizes, num_fields=num_fields)
    return Multihead(**sizes) if options["attention"] == "multihead" else Point()


def reduce_weights(weights: Tensor, *, heads: str | int = "mean", query: int = 0) -> Tensor:
    """Attention weights with heads as (batch, field), which every measure takes.

    Weights of self-attention have as many queries as keys, more than one. Their token 0 is the shopper. She
    is no field: her column is dropped, and what is left of the row is divided by its sum.

    Args:
        weights: (batch, head, query, field), or (batch, head, 1 + field, 1 + field) of self-attention.
        heads: "mean" over the heads, or the number of one.
        query: Which query; 0 is the shopper. In self-attention 1 is the first field, and so on.

    Returns:
        (batch, field), in [0, 1], rows sum to 1 (to 0 where nothing takes part).

    Example:
        >>> reduce_weights(torch.tensor([[[[0.2, 0.8]], [[0.4, 0.6]]]]))
        tensor([[0.3000, 0.7000]])
        >>> shopper, first, second = [0.5, 0.2, 0.3], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]
        >>> reduce_weights(torch.tensor([[[shopper, first, second]]]))
        tensor([[0.4000, 0.6000]])
    """
    if weights.dim() != 4:
        raise ValueError(f"weights must be (batch, head, query, field), got {tuple(weights.shape)}")
    chosen = weights[:, :, query]
    chosen = chosen.mean(1) if heads == "mean" else chosen[:, heads]
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

    Taught in chapter 14.
    """
    parts = values.unflatten(-1, (num_heads, -1))  # (batch, key, head, dim / head)
    maps = output_weight.unflatten(-1, (num_heads, -1))  # (out, head, dim / head)
    return torch.einsum("bkhd,ohd->bhko", parts, maps)
