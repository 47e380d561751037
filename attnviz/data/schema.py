"""What a model must know of a log to read it."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ..language.encoder import TextEncoder
from .tables import Field, Tables


@dataclass(frozen=True)
class Schema:
    """What a model must know of a log to read it: fields, vocabularies, scales; plain values, to be saved.

    Attributes:
        fields: The fields, in the order of the model's weights.
        vocabularies: For each field of kind "tags" or "category", its known values, most frequent first.
        scales: For each field of kind "number", mean and standard deviation of log(1 + value) over the items.
        profile: Names of the profile's numbers.
        profile_scale: (mean, standard deviation) of each, (0, 1) where the profile is made from the history.
        has_users: Whether the profile comes from a `users` table, or from the history before the interaction.
        encoder: The language model that reads the text; see `TextEncoder`.
        text_dim: Length of its sentence vectors.
        max_reviews: How many of an item's latest reviews are read.
        max_sentences: How many sentences of them, latest review first.
        sentences_per_review: How many sentences of one review, from its start.
        max_history: How many of the shopper's latest items make the profile.
    """

    fields: tuple[Field, ...]
    vocabularies: dict[str, list[str]]
    scales: dict[str, list[float]]
    profile: list[str]
    profile_scale: list[list[float]]
    has_users: bool
    encoder: str = "minilm"
    text_dim: int = 384
    max_reviews: int = 5
    max_sentences: int = 12
    sentences_per_review: int = 4
    max_history: int = 20

    @classmethod
    def of(
        cls, tables: Tables, *, encoder: str = "minilm", max_vocabulary: int = 128, **limits: int
    ) -> "Schema":
        """Read the schema off the items and users; no label is looked at.

        Args:
            tables: The log.
            encoder: See `TextEncoder`.
            max_vocabulary: Values kept of each tags or category field, most frequent first.
            **limits: `max_reviews`, `max_sentences`, `sentences_per_review`, `max_history`.

        Example:
            >>> from attnviz import planted_shop
            >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
            >>> shop.schema.vocabularies["brand"][:1], len(shop.schema.profile)
            (['Heath'], 43)
        """
        vocabularies = {
            field.name: _vocabulary(tables.items[field.name], max_vocabulary)
            for field in tables.fields
            if field.kind in ("tags", "category")
        }
        scales = {
            field.name: _log_scale(tables.items[field.name])
            for field in tables.fields
            if field.kind == "number"
        }
        profile, profile_scale = _profile_columns(tables, vocabularies, scales)
        text_dim = TextEncoder(encoder).dim
        return cls(tables.fields, vocabularies, scales, profile, profile_scale, tables.users is not None,
                   encoder, text_dim, **limits)  # fmt: skip

    def __hash__(self) -> int:
        return hash((self.fields, self.encoder, len(self.profile)))

    def to_json(self) -> dict:
        """The schema as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict) -> "Schema":
        """The schema back from `to_json`."""
        return cls(**{**values, "fields": tuple(Field(**field) for field in values["fields"])})


def _vocabulary(column: pd.Series, size: int) -> list[str]:
    values = column.explode().dropna()
    counts = values.value_counts().rename_axis("value").reset_index(name="count")
    return counts.sort_values(["count", "value"], ascending=[False, True])["value"].head(size).tolist()


def _log_scale(column: pd.Series) -> list[float]:
    logs = np.log1p(column.dropna())
    std = float(logs.std(ddof=0)) if len(logs) else 0.0
    return [float(logs.mean()) if len(logs) else 0.0, std or 1.0]


def _profile_columns(tables: Tables, vocabularies: dict, scales: dict) -> tuple[list[str], list[list[float]]]:
    if tables.users is not None:
        numbers = tables.users.drop(columns="user_id")
        stds = numbers.std(ddof=0).replace(0.0, 1.0)
        return list(numbers.columns), np.stack([numbers.mean(), stds], axis=1).tolist()
    names = []
    for field in tables.fields:
        names += (
            [field.name]
            if field.name in scales
            else [f"{field.name} {v}" for v in vocabularies.get(field.name, [])]
        )
    names.append("history length")
    return names, [[0.0, 1.0]] * len(names)
