"""The ground of a log: its checked tables, and the fields that they have."""

import copy
from dataclasses import dataclass
from typing import Literal, Self

import pandas as pd

from ..printable import printable
from .checks import INTERACTION_COLUMNS, check_tables


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


class Tables:
    """Checked tables, and other rows of the same: what features, splits and samples are made of.

    `InteractionLog` says what the arguments and attributes are.
    """

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
        checked = check_tables(interactions, items, users, past, implicit=implicit, strict=strict)
        self.interactions = checked.interactions
        self.items = checked.items
        self.users = checked.users
        self.past = checked.past
        self.dropped = checked.dropped
        self.implicit = implicit
        self.fields = self._present_fields()
        self._forget()

    def __len__(self) -> int:
        """The number of interactions."""
        return len(self.interactions)

    def __repr__(self) -> str:
        """The tables in one line."""
        users = self.interactions["user_id"].nunique()
        fields = ", ".join(printable(field.name) for field in self.fields) or "none"
        return (
            f"{type(self).__name__}({len(self):,} interactions, {users:,} users, "
            f"{len(self.items):,} items, fields: {fields})"
        )

    def with_interactions(self, interactions: pd.DataFrame, *, past: pd.DataFrame | None = None) -> Self:
        """The same tables with other rows; see `InteractionLog`. Nothing is checked again."""
        other = copy.copy(self)
        other.interactions = _rows(interactions)
        if past is not None:
            other.past = other.interactions if past is interactions else _rows(past)
            other.fields = other._present_fields()
        other._forget()
        return other

    def _present_fields(self) -> tuple[Field, ...]:
        """The fields that the tables have, in the order of `FIELDS`."""
        present = set(self.items.columns)
        if self.past["review"].ne("").any():
            present.add("reviews")
        return tuple(field for field in FIELDS if field.name in present)

    def _forget(self) -> None:
        """Drop what was made of other rows; a class that makes something of its rows says what that is."""


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return table[list(INTERACTION_COLUMNS)].reset_index(drop=True)
