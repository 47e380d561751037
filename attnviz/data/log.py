"""The interaction log: who met which item when, and what came of it."""

import copy
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from .checks import INTERACTION_COLUMNS, check_tables
from .negatives import candidates, sample_negatives, shuffle_labels
from .parquet import write_tables
from .split import split_by_time, split_by_user


@dataclass(frozen=True)
class Field:
    """One kind of content that an item shows: its name and how it is read."""

    name: str
    kind: Literal["tags", "text", "number", "category"]


FIELDS = (
    Field("tags", "tags"),
    Field("reviews", "text"),
    Field("price", "number"),
    Field("brand", "category"),
    Field("category", "category"),
)


class InteractionLog:
    """Two or three tables: interactions, items, and perhaps users.

    The tables are checked on construction, all problems are reported together, and
    nothing is dropped in silence. Taught in chapter 2.

    Args:
        interactions: Columns user_id, item_id, timestamp (datetimes or ISO 8601 text;
            a time without a zone is UTC), label (0 or 1; may be absent when implicit),
            and perhaps review (text; missing is ""). Other columns are left out.
        items: Column item_id, and those of title, tags (list of str), price (0 or
            more, NaN when unknown), category and brand that there are. A missing
            title becomes the item_id.
        users: user_id and numeric columns, what is known of a shopper. None: the
            profile is made from the history before the interaction.
        past: Rows that reviews and history may be read from, always cut at "before
            the interaction". None: the interactions.
        implicit: True when rows are choices without ratings (stays, purchases): every
            label may be 1, and negatives are sampled.
        strict: True raises on any problem. False drops rows with problems, sets an
            unreadable price or tag list to unknown, and counts both in `dropped`.

    Attributes:
        interactions: user_id (str), item_id (str), timestamp (UTC), label (int),
            review (str), rows numbered from 0.
        items: The items table; ids, titles, categories and brands are str.
        users: The users table or None.
        past: Rows like those of interactions.
        implicit: As given.
        dropped: {"table: reason": count}; each dropped row is counted once.
        truth: None; planted data has one.

    Raises:
        ValueError: On any problem when strict; in both modes when a column is missing,
            when no row is left, or when there is one class only and not implicit.

    Example:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({
        ...     "user_id": [1, 1, 2], "item_id": ["tea", "pot", "tea"],
        ...     "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03"],
        ...     "label": [1, 1, 0], "review": ["Good tea.", None, ""]})
        >>> items = pd.DataFrame({"item_id": ["tea", "pot"], "price": [4.5, None]})
        >>> log = InteractionLog(rows, items)
        >>> log
        InteractionLog(3 interactions, 2 users, 2 items, fields: reviews, price)
        >>> InteractionLog(rows, items[:1], strict=False).dropped
        {'interactions: unknown item': 1}
    """

    truth = None

    def __init__(
        self,
        interactions: pd.DataFrame,
        items: pd.DataFrame,
        users: pd.DataFrame | None = None,
        *,
        past: pd.DataFrame | None = None,
        implicit: bool = False,
        strict: bool = True,
    ):
        """Check the tables; see the class."""
        tables = check_tables(interactions, items, users, past, implicit=implicit, strict=strict)
        self.interactions = tables.interactions
        self.items = tables.items
        self.users = tables.users
        self.past = tables.past
        self.dropped = tables.dropped
        self.implicit = implicit
        self._origin = None
        self._features = {}

    def __len__(self) -> int:
        """The number of interactions."""
        return len(self.interactions)

    def __repr__(self) -> str:
        """The log in one line."""
        users = self.interactions["user_id"].nunique()
        fields = ", ".join(field.name for field in self.fields) or "none"
        return (
            f"{type(self).__name__}({len(self):,} interactions, {users:,} users, "
            f"{len(self.items):,} items, fields: {fields})"
        )

    @functools.cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that the tables have, in the order of `FIELDS`."""
        present = set(self.items.columns)
        if self.past["review"].ne("").any():
            present.add("reviews")
        return tuple(field for field in FIELDS if field.name in present)

    @property
    def schema(self):
        """The Schema of this log; parts of a log share the schema of the whole."""
        origin = self if self._origin is None else self._origin
        return origin._own_schema

    @functools.cached_property
    def _own_schema(self):
        from .batches import Schema

        return Schema.of(self)

    def batch(self, index, schema=None):
        """The rows at index as tensors.

        Args:
            index: A slice, or integer positions as an array or tensor.
            schema: The Schema that the model was made with; None: this log's.

        Returns:
            A Batch.
        """
        from .batches import Features

        schema = self.schema if schema is None else schema
        known = self._features.get(id(schema))
        if known is None:
            known = self._features[id(schema)] = (schema, Features(self, schema))
        return known[1].batch(index)

    def with_interactions(
        self, interactions: pd.DataFrame, *, past: pd.DataFrame | None = None
    ) -> "InteractionLog":
        """The same log with other rows; nothing is checked again.

        Args:
            interactions: Rows with the columns and types of `self.interactions`.
            past: Rows that reviews and history may be read from; None: the `past` of this log.

        Returns:
            A log of the same class; without another `past` it shares the schema of this log.
        """
        other = copy.copy(self)
        for kind in type(self).__mro__:
            for name, value in vars(kind).items():
                if isinstance(value, functools.cached_property):
                    vars(other).pop(name, None)
        other.interactions = _rows(interactions)
        other._features = {}
        if past is None:
            other._origin = self if self._origin is None else self._origin
        else:
            other.past = other.interactions if past is interactions else _rows(past)
            other._origin = None
        return other

    def split(
        self,
        by: Literal["time", "user"] = "time",
        fractions: tuple[float, ...] = (0.8, 0.1, 0.1),
        seed: int = 0,
    ) -> tuple["InteractionLog", ...]:
        """Cut the log into parts, by default train, valid and test.

        Args:
            by: "time" cuts at dates (each part is sorted by time, and rows of one time
                stay together, in the later part); "user" deals the users out.
            fractions: Shares of the rows ("time") or users ("user"), sum 1.
            seed: Which users go where; "time" has no chance in it.

        Returns:
            One log a fraction; each keeps `past` whole.

        Raises:
            ValueError: When `by` is another word, the fractions do not sum to 1, or a
                part would have no rows.

        Example:
            >>> from attnviz.data import planted_shop
            >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
            >>> [len(part) for part in shop.split()]
            [160, 20, 20]
        """
        if by == "time":
            return split_by_time(self, fractions)
        if by == "user":
            return split_by_user(self, fractions, seed=seed)
        raise ValueError(f"by must be 'time' or 'user', got {by!r}")

    def sample_negatives(self, num_negatives: int = 4, seed: int = 0) -> "InteractionLog":
        """This implicit log with items that the user never took added; see `sample_negatives`."""
        return sample_negatives(self, num_negatives, seed=seed)

    def shuffle_labels(self, seed: int = 0) -> "InteractionLog":
        """This log with its labels dealt out to other rows; see `shuffle_labels`."""
        return shuffle_labels(self, seed=seed)

    def candidates(
        self, users: str | Iterable[str], items: Iterable[str] | None = None, at=None
    ) -> "InteractionLog":
        """One row for each user and item, to be scored; see `candidates`."""
        return candidates(self, users, items, at=at)

    def write(self, folder: str | Path) -> None:
        """Write interactions.parquet, items.parquet and, if any, users.parquet.

        Rows of `past` that are not in `interactions` are not written: write the whole
        log, and split it again after `read_table`.
        """
        write_tables(folder, {"interactions": self.interactions, "items": self.items, "users": self.users})


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return table[list(INTERACTION_COLUMNS)].reset_index(drop=True)
