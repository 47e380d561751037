"""What a model must know of a log to read it."""

from dataclasses import asdict, dataclass, field, replace
from typing import get_args

import numpy as np
import pandas as pd

from ..attention.checks import check_count
from ..language.encoder import TextEncoder
from .computed import number_scales
from .fields import ITEM, Field, Kind, is_of_items
from .tables import Tables

LIMITS = ("max_reviews", "max_sentences", "sentences_per_review", "max_history")


@dataclass(frozen=True)
class Schema:
    """What a model must know of a log to read it: fields, vocabularies, scales; plain values, to be saved.

    Attributes:
        fields: The fields, in the order of the model's weights.
        vocabularies: For each field of kind "tags" or "category", its known values, most frequent first;
            for "item" all item_ids.
        scales: For each field of kind "number", mean and standard deviation over the items of its values, or
            of log(1 + value) where it is one of `log_numbers`.
        profile: Names of the profile's numbers.
        profile_scale: (mean, standard deviation) of each, (0, 1) where the profile is made from the history.
        has_users: Whether the profile comes from a `users` table, or from the history before the interaction.
        encoder: The language model that reads the text; see `TextEncoder`.
        text_dim: Length of its sentence vectors.
        max_reviews: How many of an item's latest reviews are read.
        max_sentences: How many sentences of them, latest review first; and of any other text, from its start.
        sentences_per_review: How many sentences of one review, from its start.
        max_history: How many of the shopper's latest items make the profile.
        log_numbers: Fields of kind "number" that are read as log(1 + value): the price, and others without a
            negative value whose logarithm is less skewed than they are.
        numbers: For each field of kind "numbers" its numbers by name, each with its mean and standard
            deviation over rows of the log's past.

    Raises:
        ValueError: When a limit is not a whole number of 1 or more, a kind is unknown, or a scale is no
            mean and deviation above 0.
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
    log_numbers: list[str] = field(default_factory=lambda: ["price"])
    numbers: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def __post_init__(self):
        """Check the limits, the kinds and the scales."""
        for name in LIMITS:
            check_count(name, getattr(self, name))
        unread = [one.name for one in self.fields if one.kind not in get_args(Kind)]
        if unread:
            raise ValueError(f"fields must be of the kinds {', '.join(get_args(Kind))}, {unread} are not")
        _require_scales("scales", self.scales)
        for name, scales in self.numbers.items():
            _require_scales(f"numbers[{name!r}]", scales)

    @classmethod
    def of(
        cls, tables: Tables, *, encoder: str = "minilm", max_vocabulary: int = 128, **limits: int
    ) -> "Schema":
        """Read the schema off the items and users.

        No label is looked at, but for the scales of popularity and likeness: mean and deviation over the
        log's past of what came before each row, two figures that say nothing of a single row.

        Args:
            tables: The log.
            encoder: See `TextEncoder`.
            max_vocabulary: Values kept of each tags or category field, most frequent first.
            **limits: `max_reviews`, `max_sentences`, `sentences_per_review`, `max_history`.

        Raises:
            TypeError: If there is no such limit.
            ValueError: If one is no whole number of at least 1.
            LookupError: If there is no such encoder.

        Example:
            >>> from attnviz import planted_shop
            >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
            >>> shop.schema.vocabularies["brand"][:1], len(shop.schema.profile)
            (['Heath'], 43)
        """
        check_count("max_vocabulary", max_vocabulary)
        unknown = sorted(limits.keys() - set(LIMITS))
        if unknown:
            raise TypeError(f"{', '.join(unknown)}: no limit of a schema; use {', '.join(LIMITS)}")
        numbers = [one.name for one in tables.fields if one.kind == "number"]
        vocabularies = {
            one.name: _vocabulary(tables.items[one.name], max_vocabulary)
            for one in tables.fields
            if one.kind in ("tags", "category") and one != ITEM
        }
        if ITEM in tables.fields:
            vocabularies[ITEM.name] = tables.items["item_id"].tolist()
        logs = [name for name in numbers if _is_log(name, tables.items[name])]
        scales = {name: _scale(tables.items[name], name in logs) for name in numbers}
        profile, profile_scale = _profile_columns(tables, vocabularies, scales)
        made = cls(tables.fields, vocabularies, scales, profile, profile_scale, tables.users is not None,
                   encoder, _text_dim(encoder), log_numbers=logs, numbers={}, **limits)  # fmt: skip
        counted = [one.name for one in tables.fields if one.kind == "numbers"]
        return replace(
            made, numbers={name: number_scales(tables, name, made.max_history) for name in counted}
        )

    @property
    def reads_text(self) -> bool:
        """Whether a field is text, so that a language model is needed."""
        return any(field.kind == "text" for field in self.fields)

    def __hash__(self) -> int:
        return hash((self.fields, self.encoder, len(self.profile)))

    def to_json(self) -> dict:
        """The schema as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict) -> "Schema":
        """The schema back from `to_json`.

        Raises:
            ValueError: If values are not what `to_json` made.
        """
        try:
            return cls(**{**values, "fields": tuple(Field(**one) for one in values["fields"])})
        except (KeyError, TypeError) as error:
            kind = type(error).__name__
            raise ValueError(f"values must be what Schema.to_json() made ({kind}: {error})") from error


def _require_scales(name: str, scales: dict[str, list[float]]) -> None:
    for one, (mean, std) in scales.items():
        if not (np.isfinite(mean) and 0 < std < np.inf):
            raise ValueError(f"{name}[{one!r}] must be a mean and a deviation above 0, got {mean}, {std}")


def _text_dim(encoder: str) -> int:
    try:
        return TextEncoder(encoder).dim
    except LookupError as error:
        raise LookupError(f"encoder: {error}") from error


def _vocabulary(column: pd.Series, size: int) -> list[str]:
    values = column.explode().dropna()
    counts = values.value_counts().rename_axis("value").reset_index(name="count")
    return counts.sort_values(["count", "value"], ascending=[False, True])["value"].head(size).tolist()


def _is_log(name: str, column: pd.Series) -> bool:
    """Whether a number is read as log(1 + value)."""
    return name == "price" or (column.min() >= 0 and bool(abs(np.log1p(column).skew()) < abs(column.skew())))


def _scale(column: pd.Series, is_log: bool) -> list[float]:
    values = column.dropna()
    values = np.log1p(values) if is_log else values
    std = float(values.std(ddof=0)) if len(values) and (is_log or values.nunique() > 1) else 0.0
    return [float(values.mean()) if len(values) else 0.0, std or 1.0]


def _profile_columns(tables: Tables, vocabularies: dict, scales: dict) -> tuple[list[str], list[list[float]]]:
    if tables.users is not None:
        numbers = tables.users.drop(columns="user_id")
        stds = numbers.std(ddof=0).replace(0.0, 1.0)
        return list(numbers.columns), np.stack([numbers.mean(), stds], axis=1).tolist()
    names = []
    for one in filter(is_of_items, tables.fields):
        names += (
            [one.name] if one.name in scales else [f"{one.name} {v}" for v in vocabularies.get(one.name, [])]
        )
    names.append("history length")
    return names, [[0.0, 1.0]] * len(names)
