"""The shopper's vector: her profile, what an attention over her history makes of it, or both."""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..attention.attention import point_attention
from ..data.features import Batch
from ..data.fields import is_of_items
from ..data.histories import MAX_CHOSEN, Chosen
from ..data.schema import Schema
from .fields import field_encoders


class HistoryWeights(NamedTuple):
    """What a `HistoryQuery` looked at.

    Attributes:
        vector: (batch, dim), the shopper.
        items: (batch, 1 + place): the weights of the start vector and of the items, latest first. A row sums
            to 1; a place without an item has 0.
        values: (batch, 1 + place, dim), the vectors that these weights multiply.
        fields: (different item, field): the weights of an item's fields; a row sums to 1.
        field_values: (different item, field, dim), the vectors that these weights multiply.
        chosen: The histories: which item stands in which place.
    """

    vector: Tensor
    items: Tensor
    values: Tensor
    fields: Tensor
    field_values: Tensor
    chosen: Chosen


class HistoryQuery(nn.Module):
    """A query attends over what the shopper chose before; each item is an attention over its own fields.

    h_i = sum_f b_if e_f(item i) with b_i = softmax_f(r . L e_f / sqrt(dim)),
    u = sum_i a_i V h_i with a = softmax_i(q . (K h_i + p_i) / sqrt(dim)), where p_i is learned for each place
    (0 for the latest). Beside the items stands a start vector with a key of its own: it is all that a shopper
    without a history has, and with a short history it still has a weight.
    Text is not among the fields of a past item: whoever has the thing need not read about it. Nor are
    popularity and likeness, which are of a moment, and the item's own vector.

    Args:
        schema: What the model must know of the data.
        embed_dim: Length of a vector.
        asks: "learned": q is the same for all. "candidate": q = Q h of the product that is scored.

    Raises:
        ValueError: If the schema holds no field beside text.

    Example:
        >>> from attnviz import planted_shop
        >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
        >>> batch = shop.batch(slice(60, 64))
        >>> HistoryQuery(shop.schema, 8)(batch).shape
        torch.Size([4, 8])

    Paper: Zhou et al. (2018), deep interest network, for the candidate that asks; Yang et al. (2016) for
    attention in two levels. Taught in "Which purchase, which review?"
    """

    def __init__(self, schema: Schema, embed_dim: int, *, asks: str = "learned"):
        super().__init__()
        fields = tuple(filter(is_of_items, schema.fields))
        if not fields:
            raise ValueError(
                "schema must hold a field beside text and the computed ones for a history to be read: "
                'use shopper="profile"'
            )
        self.fields = tuple(field.name for field in fields)
        self.encoders = field_encoders(replace(schema, fields=fields), embed_dim)
        self.missing = nn.Embedding(len(fields), embed_dim)
        self.field_query = nn.Embedding(1, embed_dim)
        self.field_key = nn.Linear(embed_dim, embed_dim, bias=False)
        self.key = nn.Linear(embed_dim, embed_dim, bias=False)
        self.value = nn.Linear(embed_dim, embed_dim, bias=False)
        self.place = nn.Embedding(MAX_CHOSEN, embed_dim)
        self.start = nn.Embedding(2, embed_dim)  # its key, its value
        nn.init.zeros_(self.place.weight)
        if asks == "candidate":
            self.ask = nn.Linear(embed_dim, embed_dim)
        else:
            self.query = nn.Embedding(1, embed_dim)

    def forward(self, batch: Batch) -> Tensor:
        """The shoppers (batch, dim) of a batch."""
        return self.attend(batch, batch.chosen()).vector

    def attend(self, batch: Batch, chosen: Chosen) -> HistoryWeights:
        """The shoppers of a batch with these histories, and all weights on the way.

        Args:
            batch: Its products ask, where candidates do.
            chosen: The histories; `batch.chosen()`, or one with items taken out (-1 in their places).
        """
        items, fields, field_values = self._read(chosen.fields, batch)
        known, place = chosen.items >= 0, chosen.items.clamp(min=0)
        if not len(items):
            items = torch.zeros(1, items.shape[1])  # nobody in the batch has a history: all is masked
        keys = self.key(items)[place] + self.place.weight[: place.shape[1]]  # (batch, place, dim)
        keys = _behind(self.start.weight[0], keys)
        values = _behind(self.start.weight[1], self.value(items)[place])
        known = torch.cat([torch.ones(len(known), 1, dtype=torch.bool), known], dim=1)
        vector, weights = point_attention(self._query(batch), keys, values, mask=known)
        return HistoryWeights(vector, weights, values, fields, field_values, chosen)

    def _read(self, fields: dict[str, Tensor], batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Items' vectors (item, dim), the weights of their fields (item, field), and the fields' vectors."""
        vectors = []
        for number, name in enumerate(self.fields):
            found, known = self.encoders[name](fields[name], batch)
            vectors.append(torch.where(known.unsqueeze(-1), found, self.missing.weight[number]))
        values = torch.stack(vectors, dim=1)  # (item, field, dim)
        query = self.field_query.weight.expand(len(values), -1)
        items, weights = point_attention(query, self.field_key(values), values)
        return items, weights, values

    def _query(self, batch: Batch) -> Tensor:
        if hasattr(self, "ask"):
            return self.ask(self._read(batch.fields, batch)[0])
        return self.query.weight.expand(len(batch), -1)


class Shopper(nn.Module):
    """What the model knows of a shopper, as one vector.

    Args:
        schema: What the model must know of the data.
        embed_dim: Length of the history's vector.
        knows: "profile", "history" or "both", side by side.
        asks: See `HistoryQuery`.

    Attributes:
        history: The `HistoryQuery`, or None where only the profile is known.
    """

    def __init__(self, schema: Schema, embed_dim: int, *, knows: str = "profile", asks: str = "learned"):
        super().__init__()
        self.knows_profile = knows != "history"
        self.history = None if knows == "profile" else HistoryQuery(schema, embed_dim, asks=asks)
        self.dim = self.knows_profile * len(schema.profile) + (self.history is not None) * embed_dim

    def forward(self, batch: Batch) -> Tensor:
        """The shoppers (batch, dim) of a batch."""
        if self.history is None:
            return batch.profile
        found = self.history(batch)
        return torch.cat([batch.profile, found], dim=1) if self.knows_profile else found


def check_shopper(shopper: str, asks: str) -> None:
    """Raise a ValueError unless these options of a recommender fit together."""
    if shopper not in ("profile", "history", "both"):
        raise ValueError(f"shopper must be 'profile', 'history' or 'both', got {shopper!r}")
    if asks not in ("learned", "candidate"):
        raise ValueError(f"asks must be 'learned' or 'candidate', got {asks!r}")
    if shopper == "profile" and asks == "candidate":
        raise ValueError(
            "asks must be 'learned' with shopper='profile', where no history is asked, got 'candidate': "
            "use shopper='history' or 'both'"
        )


def _behind(first: Tensor, vectors: Tensor) -> Tensor:
    """One more vector (dim,) before the others (batch, place, dim)."""
    return torch.cat([first.expand(len(vectors), 1, -1), vectors], dim=1)
