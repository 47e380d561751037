"""Ways to attend over a product's fields, as thin modules over the functions in `attention`.

Each is called with the fields' vectors (batch, field, dim), their keys (batch, field, dim), the shopper's
query (batch, dim) and a mask (batch, field), and returns an output (batch, dim) for the head and the weights
(batch, head, query, key).
"""

import torch
from torch import Tensor, nn

from ..attention.attention import multihead_attention, point_attention, self_attention
from ..attention.heads import through_heads


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
