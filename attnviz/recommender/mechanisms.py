"""Ways to attend over a product's fields, as thin modules over the functions in `attention`.

Each is called with the fields' vectors (batch, field, dim), the shopper's query (batch, dim) and a mask
(batch, field), makes its own keys, and returns an output (batch, dim) for the model's head and the weights
(batch, head, query, key), those before dropout.
`head_values` says what each key's vector brings through each head, before the weight and after the
projection: its length `.norm(dim=-1)` times the weight is what a head moves on a field's account
(Kobayashi et al., 2020; chapter 14).
"""

import torch
from torch import Tensor, nn

from ..attention.attention import attention_scores, multihead_attention, point_attention, self_attention
from ..attention.checks import check_count, check_number
from ..attention.heads import through_heads

ATTENTIONS = ("point", "uniform", "multihead", "self")
ONE_HEAD = ("point", "uniform")


class FieldKeys(nn.Module):
    """A key for each field, K z_f, whatever the field holds."""

    def __init__(self, key: nn.Linear, num_fields: int):
        super().__init__()
        self.key = key
        self.field = nn.Embedding(num_fields, key.in_features)

    def forward(self, vectors: Tensor) -> Tensor:
        """The keys (batch, field, dim), the same in each row."""
        return self.key(self.field.weight).expand(len(vectors), -1, -1)


class Point(nn.Module):
    """One query over the fields; the values are the fields' vectors themselves.

    Args:
        key: Maps vectors to keys: an `nn.Linear` for K x_f, or `FieldKeys`.
        dropout: Share of the weights dropped in training.
    """

    def __init__(self, key: nn.Module, *, dropout: float = 0.0):
        super().__init__()
        self.key, self.dropout = key, dropout

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, 1, 1, field)."""
        dropout = self.dropout if self.training else 0.0
        output, weights = point_attention(query, self.key(vectors), vectors, mask=mask, dropout=dropout)
        return output, weights[:, None, None, :]

    def scores(self, vectors: Tensor, query: Tensor) -> Tensor:
        """The attention scores (batch, field), before softmax."""
        return attention_scores(query, self.key(vectors))

    def terms(self, vectors: Tensor, query: Tensor, head: nn.Linear) -> tuple[Tensor, Tensor]:
        """What `shapley_point` needs: logit = bias + sum_f softmax(scores)_f values_f.

        Args:
            vectors: (batch, field, dim), from `field_vectors` or `baseline_vectors`.
            query: (batch, dim).
            head: The model's.

        Returns:
            Attention scores before softmax and head . x_f, each (batch, field).
        """
        return self.scores(vectors, query), vectors @ head.weight[0]

    def logits_with_weights(self, vectors: Tensor, weights: Tensor, head: nn.Linear) -> Tensor:
        """The logits (batch,) of vectors (batch, field, dim) with weights (batch, field) of any origin."""
        return head((weights.unsqueeze(-2) @ vectors).squeeze(-2)).squeeze(-1)

    def head_values(self, vectors: Tensor, query: Tensor) -> Tensor:
        """What each field's vector brings through the one head: itself, (batch, 1, field, dim)."""
        return vectors.unsqueeze(1)


class Uniform(Point):
    """Every field has the same weight, frozen: a query of zeros scores all keys alike."""

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As of `Point`."""
        return super().forward(vectors, torch.zeros_like(query), mask)

    def scores(self, vectors: Tensor, query: Tensor) -> Tensor:
        """Zeros (batch, field)."""
        return super().scores(vectors, torch.zeros_like(query))


class Multihead(nn.Module):
    """The shopper's query attends over the fields with several heads: output = O concat_h(w_h V_h x)."""

    def __init__(self, key: nn.Module, dim: int, num_heads: int, *, dropout: float = 0.0):
        super().__init__()
        self.key, self.num_heads, self.dropout = key, num_heads, dropout
        self.value = nn.Linear(dim, dim, bias=False)
        self.output = nn.Linear(dim, dim, bias=False)

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, head, 1, field)."""
        dropout = self.dropout if self.training else 0.0
        output, weights = multihead_attention(
            query[:, None], self.key(vectors), self.value(vectors),
            num_heads=self.num_heads, mask=mask, dropout=dropout,
        )  # fmt: skip
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

    def __init__(self, dim: int, num_heads: int, num_fields: int, *, dropout: float = 0.0):
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.query = nn.Linear(dim, dim, bias=False)
        self.key = nn.Linear(dim, dim, bias=False)
        self.value = nn.Linear(dim, dim, bias=False)
        self.output = nn.Linear(dim, dim, bias=False)
        self.place = nn.Embedding(1 + num_fields, dim)

    def tokens(self, vectors: Tensor, query: Tensor) -> Tensor:
        """The tokens (batch, 1 + field, dim): the shopper's query and the fields, each with its place."""
        return torch.cat([query.unsqueeze(1), vectors], dim=1) + self.place.weight

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, head, 1 + field, 1 + field)."""
        tokens = self.tokens(vectors, query)
        known = None if mask is None else torch.cat([torch.ones_like(mask[:, :1]), mask], dim=1)
        seen, weights = self_attention(
            tokens, self.query.weight, self.key.weight, self.value.weight,
            num_heads=self.num_heads, mask=known, dropout=self.dropout if self.training else 0.0,
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


def make_mechanism(
    attention: str, key: nn.Module | None, *, dim: int, num_heads: int, num_fields: int, dropout: float
) -> Point | Multihead | SelfAttention:
    """The mechanism of that name; "self" makes its own keys and takes none."""
    if key is None:
        return SelfAttention(dim, num_heads, num_fields, dropout=dropout)
    if attention == "multihead":
        return Multihead(key, dim, num_heads, dropout=dropout)
    return (Uniform if attention == "uniform" else Point)(key, dropout=dropout)


def check_attention(attention: str, num_heads: int, embed_dim: int, keys: str, dropout: float) -> None:
    """Raise a ValueError unless these options of a recommender are in range and fit together."""
    check_count("num_heads", num_heads)
    check_count("embed_dim", embed_dim)
    check_number("dropout", dropout, least=0, below=1)
    if attention not in ATTENTIONS:
        raise ValueError(f"attention must be one of {ATTENTIONS}, got {attention!r}")
    if attention in ONE_HEAD and num_heads != 1:
        raise ValueError(
            f"num_heads must be 1 with attention={attention!r}, got {num_heads}: "
            "attention='multihead' and 'self' have several heads"
        )
    if embed_dim % num_heads:
        raise ValueError(f"num_heads must divide embed_dim={embed_dim}, got {num_heads}")
    if keys not in ("content", "field"):
        raise ValueError(f"keys must be 'content' or 'field', got {keys!r}")
    if attention == "self" and keys == "field":
        raise ValueError(
            "keys must be 'content' with attention='self', whose point is that contents meet, got 'field'"
        )
