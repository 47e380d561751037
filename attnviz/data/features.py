"""From tables to tensors: the features of all rows, and batches of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from functools import cached_property, partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from ..language.encoder import TextEncoder
from .arguments import row_positions
from .computed import scaled_numbers
from .fields import COMPUTED, ITEM, REVIEWS, Field, is_of_items
from .histories import Chosen, ChosenItems, no_history
from .past import history
from .schema import Schema
from .tables import Tables
from .texts import padded, read_texts


@dataclass(frozen=True)
class Batch:
    """Some rows as tensors.

    Attributes:
        fields: For each field: tags (batch, tag) positions in the vocabulary, -1 for none; category (batch,)
            likewise; number (batch,) standardised, NaN for unknown; numbers (batch, number) likewise; each
            text (batch, sentence) positions in `sentences`, -1 for none.
        sentences: (unique sentence, text_dim), the vectors of the sentences in this batch, of all its texts.
        profile: (batch, profile), the shopper.
        labels: (batch,), 0 or 1.
        review_of: (batch, sentence), for each position in the field "reviews" the review that its sentence
            is from, a row of the log's `past`; -1 for none.
        texts: The sentences that `sentences` holds the vectors of, in the same order; () if nobody gave them.
        chosen: Call it for what the shoppers chose before, a `Chosen`; nothing is computed until then.
    """

    fields: dict[str, Tensor]
    sentences: Tensor
    profile: Tensor
    labels: Tensor
    review_of: Tensor = with_default(default_factory=lambda: torch.empty(0, 0, dtype=torch.int32))
    texts: tuple[str, ...] = ()
    chosen: Callable[[], Chosen] = with_default(default_factory=lambda: no_history)

    def __len__(self) -> int:
        return len(self.labels)


class Features:
    """All rows of a log as whole tensors, from which batches are cut."""

    def __init__(self, tables: Tables, schema: Schema):
        _require_fields(tables, schema)
        self.tables, self.schema = tables, schema
        self.item = _positions(tables.items["item_id"], tables.interactions["item_id"])  # (row,)
        self.labels = torch.tensor(tables.interactions["label"].to_numpy(), dtype=torch.float32)
        self.item_fields = {
            field.name: _item_feature(tables.items[field.name], field, schema)
            for field in schema.fields
            if is_of_items(field)
        }
        self._chosen = ChosenItems(tables, self.item_fields)
        self.texts = read_texts(tables, schema)
        self.embeddings = torch.empty(0, schema.text_dim)  # (sentence, dim)
        if schema.reads_text:
            self.embeddings = torch.from_numpy(TextEncoder(schema.encoder).encode(self.texts.sentences))

    def batch(self, index: slice | Sequence[int] | np.ndarray | Tensor) -> Batch:
        """Cut a batch.

        Args:
            index: Rows of the log, as `row_positions` takes them.

        Returns:
            The batch, in the order of `index`.
        """
        rows = row_positions(index, len(self.labels))
        fields = {name: feature[self.item[rows]] for name, feature in self.item_fields.items()}
        fields |= {name: values[rows] for name, values in self._computed.items()}
        texts, used = self._sentences(rows)
        return Batch(
            fields | texts, self.embeddings[used], self._profile(rows), self.labels[rows],
            review_of=self.texts.review_of[rows],
            texts=tuple(self.texts.sentences[place] for place in used.tolist()),
            chosen=partial(self._chosen.of, rows),
        )  # fmt: skip

    @cached_property
    def _computed(self) -> dict[str, Tensor]:
        """The computed fields of all rows: numbers (row, number), and which item (row,)."""
        schema = self.schema
        found = {
            name: scaled_numbers(self.tables, name, scales, schema.max_history)
            for name, scales in schema.numbers.items()
        }
        if ITEM in schema.fields:
            found[ITEM.name] = _item_feature(self.tables.items["item_id"], ITEM, schema)[self.item]
        return found

    def _sentences(self, rows: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Each text field's positions in the sentences of these rows; and those among all sentences."""
        places = {name: of_rows[rows] for name, of_rows in self.texts.of_rows.items()}
        places |= {name: of_items[self.item[rows]] for name, of_items in self.texts.of_items.items()}
        if not places:
            return {}, torch.empty(0, dtype=torch.int64)
        flat = torch.cat([place.flatten() for place in places.values()])
        used, local = flat.unique(return_inverse=True)  # sorted: -1 stands first
        num_none = int((used == -1).any())
        parts = (local - num_none).split([place.numel() for place in places.values()])
        pairs = zip(places.items(), parts, strict=True)
        return {name: part.view(place.shape) for (name, place), part in pairs}, used[num_none:]

    def _profile(self, rows: Tensor) -> Tensor:
        if self.schema.has_users:
            return self._user_profiles[self._user[rows]]
        return history_profile(self._item_profiles, self._history[rows])

    @property
    def _users(self) -> pd.DataFrame:
        if self.tables.users is None:
            raise ValueError("users must be a table for a schema that has users, got None; give users=")
        return self.tables.users

    @cached_property
    def _user(self) -> Tensor:
        return _positions(self._users["user_id"], self.tables.interactions["user_id"])

    @cached_property
    def _user_profiles(self) -> Tensor:
        raw = torch.tensor(self._users[self.schema.profile].to_numpy(dtype=np.float32))
        mean, std = torch.tensor(self.schema.profile_scale, dtype=torch.float32).T
        return (raw - mean) / std

    @cached_property
    def _history(self) -> Tensor:
        """(row, item of the history) positions in items, latest first, -1 for none."""
        places = history(self.tables, max_items=self.schema.max_history)
        past_item = _positions(self.tables.items["item_id"], self.tables.past["item_id"]).numpy()
        return torch.from_numpy(np.where(places >= 0, past_item[places], -1))

    @cached_property
    def _item_profiles(self) -> Tensor:
        """(item, profile - 1): tags, brand, category as 0 or 1, numbers standardised; all less their mean."""
        columns = []
        for field in filter(is_of_items, self.schema.fields):
            if field.kind == "number":
                columns.append(self.item_fields[field.name].nan_to_num(0.0)[:, None])
            else:
                columns.append(
                    _multi_hot(self.item_fields[field.name], len(self.schema.vocabularies[field.name]))
                )
        profiles = torch.cat(columns, dim=1) if columns else torch.zeros(len(self.tables.items), 0)
        return profiles - profiles.mean(0)


def history_profile(item_profiles: Tensor, items: Tensor) -> Tensor:
    """A shopper's profile out of past items.

    Args:
        item_profiles: (item, number).
        items: (batch, item of the history), positions, -1 for none.

    Returns:
        (batch, number + 1): the mean over the history, and log(1 + length); all 0 without a history.

    Example:
        >>> history_profile(torch.tensor([[1.0], [3.0]]), torch.tensor([[0, 1], [-1, -1]]))
        tensor([[2.0000, 1.0986],
                [0.0000, 0.0000]])
    """
    none = len(item_profiles)
    padded_profiles = F.pad(item_profiles, (0, 0, 0, 1))  # its last row stands for no item, and is not read
    mean = F.embedding_bag(items.where(items >= 0, none), padded_profiles, mode="mean", padding_idx=none)
    return torch.cat([mean, (items >= 0).sum(1, keepdim=True).log1p()], dim=1)


def _require_fields(tables: Tables, schema: Schema) -> None:
    if not isinstance(schema, Schema):
        raise TypeError(f"schema must be a Schema, such as model.schema, got {schema!r:.80}")
    lacking = [field for field in schema.fields if field not in tables.fields and field.name != REVIEWS]
    if lacking:
        names = ", ".join(f"{field.name!r} ({field.kind})" for field in lacking)
        how = (
            "with computed= naming it, of rows with times"
            if set(lacking) <= set(COMPUTED)
            else "of items with this column, named in fields= if it is a further one"
        )
        raise ValueError(f"schema has the field {names}, which this log has not: make the log {how}")


def _positions(known: pd.Series, wanted: pd.Series) -> Tensor:
    return torch.from_numpy(pd.Index(known).get_indexer(wanted))


def _item_feature(column: pd.Series, field: Field, schema: Schema) -> Tensor:
    if field.kind == "number":
        mean, std = schema.scales[field.name]
        values = column.to_numpy(dtype=float)
        values = np.log1p(values) if field.name in schema.log_numbers else values
        return torch.tensor((values - mean) / std, dtype=torch.float32)
    position = {value: place for place, value in enumerate(schema.vocabularies[field.name])}
    if field.kind == "category":
        return torch.tensor([position.get(value, -1) for value in column])
    return padded([[position[tag] for tag in tags if tag in position] for tags in column])


def _multi_hot(positions: Tensor, size: int) -> Tensor:
    positions = positions.reshape(len(positions), -1)
    hot = torch.zeros(len(positions), size + 1)  # the last column takes the -1
    return hot.scatter_(1, positions % (size + 1), 1.0)[:, :size]
