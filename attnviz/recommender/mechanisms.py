"""Ways to attend over a product's fields, as thin modules over the functions in `attention`, and one without.

Each is called with the fields' vectors (batch, field, dim), the shopper's query (batch, dim) and a mask
(batch, field), makes its own keys, and returns an output (batch, dim) for the model's head and the weights
(batch, head, query, key), those before dropout; `FieldMlp`, the control, has no weights: None.
`head_values` says what each key's vector brings through each head, before the weight and after the
projection: its length `.norm(dim=-1)` times the weight is what a head moves on a field's account
(Kobayashi et al., 2020; "What do heads add?").
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..attention.attention import attention_scores, multihead_attention, point_attention, self_attention
from ..attention.heads import through_heads


class FieldKeys(nn.Module):
    """A key for each field, K z_f, whatever the field holds."""

    def __init__(self, key: nn.Linear, num_fields: int):
        super().__init__()
        self.key = key
        self.field = nn.Embedding(num_fields, key.in_features)

    @property
    def weight(self) -> Tensor:
        """K, (dim, dim), as an `nn.Linear` has it."""
        return self.key.weight

    def forward(self, vectors: Tensor) -> Tensor:
        """The keys (batch, field, dim), the same in each row."""
        return self.key(self.field.weight).expand(len(vectors), -1, -1)


class MarkedKeys(FieldKeys):
    """A key of what a field holds and of which field it is, K (x_f + z_f), with a marker z_f for each field.

    Keys of content alone, K x_f, have to read off a vector whose it is before they can say more.
    """

    def forward(self, vectors: Tensor) -> Tensor:
        """The keys (batch, field, dim)."""
        return self.key(vectors + self.field.weight)


class Values(nn.Module):
    """The fields' vectors as the weights multiply them: "raw", as they are, or "normalised".

    Normalised is v = LayerNorm(x), of mean 0 and length at most sqrt(dim), the same for all fields. With one
    readout r for all fields (the model's head), field f adds w_f (v_f . r) to the logit, in size at most
    w_f sqrt(dim) ‖r‖: no field can make up for a small weight with a long vector. A scale and a shift, which
    LayerNorm often learns, would add nothing: the readout scales, and the weights sum to 1, so that a shift
    is the same as the head's bias. A vector of zeros stays one, but a short vector does not stay short: on a
    path from zeros, as of integrated gradients, the logit jumps at its start.

    Paper: Ba et al. (2016) for LayerNorm.
    """

    def __init__(self, values: str):
        super().__init__()
        self.normalised = values == "normalised"

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors (batch, field, dim) to values (batch, field, dim)."""
        return F.layer_norm(vectors, vectors.shape[-1:]) if self.normalised else vectors


class Point(nn.Module):
    """One query over the fields; the values are the fields' vectors, as they are or normalised.

    Args:
        key: Maps vectors to keys: an `nn.Linear` for K x_f, `FieldKeys` or `MarkedKeys`. Keys are made of the
            vectors as they are, whatever the values.
        dropout: Share of the weights dropped in training.
        values: See `Values`.
    """

    def __init__(self, key: nn.Module, *, dropout: float = 0.0, values: str = "raw"):
        super().__init__()
        self.key, self.dropout, self.values = key, dropout, Values(values)

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, 1, 1, field)."""
        dropout = self.dropout if self.training else 0.0
        keys, values = self.key(vectors), self.values(vectors)
        output, weights = point_attention(query, keys, values, mask=mask, dropout=dropout)
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
            Attention scores before softmax, and head . v_f of the values v_f; each (batch, field).
        """
        return self.scores(vectors, query), self.values(vectors) @ head.weight[0]

    def logits_with_weights(self, vectors: Tensor, weights: Tensor, head: nn.Linear) -> Tensor:
        """The logits (batch,) of vectors (batch, field, dim) with weights (batch, field) of any origin."""
        return head((weights.unsqueeze(-2) @ self.values(vectors)).squeeze(-2)).squeeze(-1)

    def head_values(self, vectors: Tensor, query: Tensor) -> Tensor:
        """What each field's vector brings through the one head: its value, (batch, 1, field, dim)."""
        return self.values(vectors).unsqueeze(1)


class Uniform(Point):
    """Every field has the same weight, frozen: a query of zeros scores all keys alike."""

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As of `Point`."""
        return super().forward(vectors, torch.zeros_like(query), mask)

    def scores(self, vectors: Tensor, query: Tensor) -> Tensor:
        """Zeros (batch, field)."""
        return super().scores(vectors, torch.zeros_like(query))


class Multihead(nn.Module):
    """The shopper's query attends over the fields with several heads: output = O concat_h(w_h V_h v).

    v is x or, with normalised values, LayerNorm(x); keys are made of x. Field f then adds through head h at
    most w_hf sqrt(dim) ‖r O_h V_h‖ to the logit, where r is the model's head: each head has a bound of its
    own.
    """

    def __init__(
        self, key: nn.Module, dim: int, num_heads: int, *, dropout: float = 0.0, values: str = "raw"
    ):
        super().__init__()
        self.key, self.num_heads, self.dropout, self.values = key, num_heads, dropout, Values(values)
        self.value = nn.Linear(dim, dim, bias=False)
        self.output = nn.Linear(dim, dim, bias=False)

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attend: output (batch, dim), weights (batch, head, 1, field)."""
        dropout = self.dropout if self.training else 0.0
        output, weights = multihead_attention(
            query[:, None], self.key(vectors), self.value(self.values(vectors)),
            num_heads=self.num_heads, mask=mask, dropout=dropout,
        )  # fmt: skip
        return self.output(output[:, 0]), weights

    def head_values(self, vectors: Tensor, query: Tensor) -> Tensor:
        """What each field's vector brings through each head, O_h V_h v_f, (batch, head, field, dim)."""
        return through_heads(self.value(self.values(vectors)), self.output.weight, self.num_heads)


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


class FieldMlp(nn.Module):
    """The control without attention: output = B gelu(A concat(x, q)), so the fields have no weights.

    It reads what attention reads, each field's vector in its place and the shopper's query, so that what
    attention does better is not a matter of information; a network of the vectors' mean would not know which
    field said what. The hidden layer is as long as a field's vector, which makes the whole model about as
    large as one with point attention, at most a fifth larger with the default options on a planted shop; a
    layer of the size of the key alone would be too narrow to hold what the fields say.
    A field that is masked is a vector of zeros.
    """

    def __init__(self, dim: int, num_fields: int):
        super().__init__()
        self.network = nn.Sequential(nn.Linear((num_fields + 1) * dim, dim), nn.GELU(), nn.Linear(dim, dim))

    def forward(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, None]:
        """The output (batch, dim), and no weights."""
        known = vectors if mask is None else vectors.where(mask.unsqueeze(-1), 0)
        return self.network(torch.cat([known.flatten(1), query], dim=1)), None


def make_mechanism(
    attention: str,
    key: nn.Module | None,
    *,
    dim: int,
    num_heads: int,
    num_fields: int,
    dropout: float,
    values: str,
) -> Point | Multihead | SelfAttention | FieldMlp:
    """The mechanism of that name; "self" and "none" take no key."""
    if key is None:
        if attention == "none":
            return FieldMlp(dim, num_fields)
        return SelfAttention(dim, num_heads, num_fields, dropout=dropout)
    if attention == "multihead":
        return Multihead(key, dim, num_heads, dropout=dropout, values=values)
    return (Uniform if attention == "uniform" else Point)(key, dropout=dropout, values=values)
