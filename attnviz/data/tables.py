"""The ground of a log: its checked tables, and the fields that they have."""

import copy
from collections.abc import Iterable, Mapping
from typing import Self

import pandas as pd

from ..printable import printable
from .arguments import require_flag
from .checks import INTERACTION_COLUMNS, check_tables
from .fields import FIELDS, ITEM, LIKENESS, POPULARITY, REVIEWS, Field
from .reading import Reading
from .times import has_times


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
        fields: Mapping[str, str] | None = None,
        computed: Iterable[str] | None = None,
        implicit: bool = False,
        rating_threshold: float = 4.0,
        date_format: str | None = None,
        time_unit: str | None = None,
        strict: bool = True,
    ):
        require_flag("strict", strict)
        reading = Reading.of(
            fields=fields,
            computed=computed,
            implicit=implicit,
            rating_threshold=rating_threshold,
            date_format=date_format,
            time_unit=time_unit,
        )
        checked = check_tables(interactions, items, users, past, reading=reading, strict=strict)
        self.interactions = checked.interactions
        self.items = checked.items
        self.users = checked.users
        self.past = checked.past
        self.dropped = checked.dropped
        self.notes = checked.notes
        self.implicit = implicit
        self._own_fields, self._computed = reading.fields, reading.computed
        self._require_times()
        self.fields = self._present_fields()
        self._forget()

    def __len__(self) -> int:
        """The number of interactions."""
        return len(self.interactions)

    def __repr__(self) -> str:
        """The tables in one line."""
        users = self.interactions["user_id"].nunique()
        fields = ", ".join(printable(field.name) for field in self.fields) or "none"
        notes = f"; see .notes ({len(self.notes)})" if self.notes else ""
        return (
            f"{type(self).__name__}({len(self):,} interactions, {users:,} users, "
            f"{len(self.items):,} items, fields: {fields}{notes})"
        )

    @property
    def has_times(self) -> bool:
        """Whether it is known when things happened."""
        return has_times(self.past)

    def with_interactions(self, interactions: pd.DataFrame, *, past: pd.DataFrame | None = None) -> Self:
        """The same tables with other rows; see `InteractionLog`. Nothing is checked again."""
        other = copy.copy(self)
        other.interactions = _rows(interactions)
        if past is not None:
            other.past = other.interactions if past is interactions else _rows(past)
            other.fields = other._present_fields()
        other._forget()
        return other

    def _require_times(self) -> None:
        """Refuse what was asked for and cannot be computed."""
        timeless = [field.name for field in self._computed or () if field != ITEM]
        if timeless and not self.has_times:
            raise ValueError(
                f"computed: {' and '.join(timeless)} need times, which this log has not: give interactions a "
                "column timestamp, or leave computed= out"
            )

    def _present_fields(self) -> tuple[Field, ...]:
        """The fields that the tables have: those of `FIELDS`, the computed ones, then the further ones."""
        present = set(self.items.columns)
        if self.has_times and self.past["review"].ne("").any():
            present.add(REVIEWS)
        else:
            present.discard(REVIEWS)
        shown = tuple(field for field in FIELDS if field.name in present)
        by_default = (POPULARITY, LIKENESS) if self.has_times else ()
        return shown + (by_default if self._computed is None else self._computed) + self._own_fields

    def _forget(self) -> None:
        """Drop what was made of other rows; a class that makes something of its rows says what that is."""


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return table[list(INTERACTION_COLUMNS)].reset_index(drop=True)
