"""The interaction log: who met which item when, and what came of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
import pandas as pd
from torch import Tensor

from ..storage import write_tables
from .features import Batch, Features
from .fields import COMPUTED, HOST, REVIEWS
from .sampling import candidates, sample_negatives, shuffle_labels
from .schema import Schema
from .split import split_by_row, split_by_time, split_by_user
from .tables import Tables


class InteractionLog(Tables):
    """Two or three tables: interactions, items, and perhaps users.

    The tables are checked on construction, all problems are reported together, and
    nothing is dropped in silence. Taught in "What is true here?"

    Args:
        interactions: Columns user_id, item_id, timestamp (datetimes or ISO 8601 text;
            a time without a zone is UTC), label (0 or 1, True or False, "yes" or "no";
            may be absent when implicit), and perhaps review (text; missing is "") and
            rating, which labels the rows without a label. Other columns are left out.
            Without a timestamp, no review and no history is read, since nobody knows
            what came before: see `notes`.
        items: Column item_id, and those of title, tags (list of str), price (0 or
            more, NaN when unknown), category, brand, host_id (whose the item is: no field
            by itself, but what `likeness_numbers` reads) and available_from (a time, from
            which on the item is on offer) that there are. A missing title becomes the
            item_id. Further columns are fields where `fields` names them.
        users: user_id and numeric columns, what is known of a shopper. None: the
            profile is made from the history before the interaction.
        past: Rows that reviews and history may be read from, always cut at "before
            the interaction". None: the interactions.
        fields: Further columns of the items that the model sees, each with its kind:
            {"stars": "number", "description": "text", "colour": "category",
            "extras": "tags"}. A number may be negative (NaN: unknown); of a text the
            first sentences are read, like those of a review; tags are lists of str.
            The title may be a text. Names that a log has itself are refused. Nobody
            checks that such a column was known at a row's time, as reviews are.
        computed: Fields that are made from what happened before each row: "popularity", how often its item
            was chosen (see `popularity_numbers`), "likeness", how the item is like what the shopper chose
            (see `likeness_numbers`); and "item", a vector that is learned for each item_id. None: the first
            two where the log has times; (): none. A planted shop has none unless it is asked for.
        implicit: True when rows are choices without ratings (stays, purchases): every
            label may be 1, and negatives are sampled.
        rating_threshold: The smallest rating that is label 1, where ratings are read.
        date_format: How times are written where they are text but not ISO 8601, such as
            "%m/%d/%Y %H:%M" for 5/25/2019 15:54; see Python's `strptime`.
        time_unit: What times count where they are numbers: "s", "ms", "us" or "ns"
            since 1970. Without it a number is no time.
        strict: True raises on any problem. False drops rows with problems, sets an
            unreadable price, tag list or further field to unknown, and counts both in
            `dropped`.

    Attributes:
        interactions: user_id (str), item_id (str), timestamp (UTC), label (int),
            review (str), rows numbered from 0.
        items: The items table; ids, titles, categories and brands are str.
        users: The users table or None.
        past: Rows like those of interactions.
        implicit: As given.
        dropped: {"table: reason": count}; each dropped row is counted once.
        notes: What should be known of how the tables were read, in sentences: labels
            that come from ratings, prices that can be read in two ways, a log without
            times, a field without any value.
        fields: The fields that the tables have: tags, reviews, price, brand, category,
            those of `computed`, then those of `fields`.
        has_times: Whether it is known when things happened.

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
        InteractionLog(3 interactions, 2 users, 2 items, fields: reviews, price, popularity, likeness)
        >>> InteractionLog(rows, items[:1], strict=False).dropped
        {'interactions: unknown item': 1}
        >>> rated = rows.drop(columns="label").assign(rating=[5, 4, 2])
        >>> colours = items.assign(colour=["green", "white"])
        >>> log = InteractionLog(rated, colours, fields={"colour": "category"})
        >>> log.notes
        ['interactions: 3 labels are read from ratings, 1 from rating_threshold=4 up']
        >>> [field.name for field in log.fields]
        ['reviews', 'price', 'popularity', 'likeness', 'colour']
    """

    _schema: Schema | None = None
    _origin: Self | None = None  # the log whose schema this one shares

    @property
    def truth(self) -> object | None:
        """What is true of each row: None, but for planted data."""
        return None

    @property
    def schema(self) -> Schema:
        """The Schema of this log; parts of a log share the schema of the whole."""
        whole = self if self._origin is None else self._origin
        if whole._schema is None:
            whole._schema = Schema.of(whole)
        return whole._schema

    def batch(
        self, index: slice | Sequence[int] | np.ndarray | Tensor, schema: Schema | None = None
    ) -> Batch:
        """The rows at index as tensors.

        Args:
            index: A slice, positions (as a list, an array or a tensor), or a bool for each row.
            schema: The Schema that the model was made with; None: this log's. The features of equal
                schemas are made once.

        Returns:
            A Batch.

        Raises:
            TypeError: When index holds something else, such as 0.5.
            ValueError: When a mask has another length, or the schema has a field that this log has not.
            IndexError: When a position is out of range.
        """
        schema = self.schema if schema is None else schema
        if schema not in self._features:
            self._features[schema] = Features(self, schema)
        return self._features[schema].batch(index)

    def with_interactions(self, interactions: pd.DataFrame, *, past: pd.DataFrame | None = None) -> Self:
        """The same log with other rows; nothing is checked again.

        Args:
            interactions: Rows with the columns and types of `self.interactions`.
            past: Rows that reviews and history may be read from; None: the `past` of this log.

        Returns:
            A log of the same class; without another `past` it shares the schema of this log.
        """
        other = super().with_interactions(interactions, past=past)
        other._schema = None
        other._origin = None if past is not None else self if self._origin is None else self._origin
        return other

    def _forget(self) -> None:
        self._features: dict[Schema, Features] = {}

    def split(
        self,
        by: Literal["time", "user", "row"] = "time",
        fractions: tuple[float, ...] = (0.8, 0.1, 0.1),
        seed: int = 0,
    ) -> tuple[Self, ...]:
        """Cut the log into parts, by default train, valid and test.

        Args:
            by: "time" cuts at dates (each part is sorted by time, and rows of one time
                stay together, in the later part); "user" deals the users out; "row"
                deals the rows out, so that a model may learn from what is later than
                what it is tested on: for logs without times.
            fractions: Shares of the rows ("time", "row") or users ("user"), sum 1.
            seed: Which users or rows go where; "time" has no chance in it.

        Returns:
            One log a fraction; each keeps `past` whole. In a log without times, from
            which nothing earlier is read, the past of a part is that of the parts up to
            it: what was chosen there is no negative.

        Raises:
            ValueError: When `by` is another word, the fractions do not sum to 1, a part
                would have no rows, or `by` is "time" and the log has none.

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
        if by == "row":
            return split_by_row(self, fractions, seed=seed)
        raise ValueError(f"by must be 'time', 'user' or 'row', got {by!r}")

    def sample_negatives(
        self, num_negatives: int = 32, *, on_offer: float = 0.8, own_past: bool = True, seed: int = 0
    ) -> Self:
        """This implicit log with items added that the user did not take then; see `sample_negatives`."""
        return sample_negatives(self, num_negatives, on_offer=on_offer, own_past=own_past, seed=seed)

    def shuffle_labels(self, seed: int = 0) -> Self:
        """This log with its labels dealt out to other rows; see `shuffle_labels`."""
        return shuffle_labels(self, seed=seed)

    def candidates(self, users: str | Iterable[str], items: Iterable[str] | None = None, at=None) -> Self:
        """One row for each user and item, to be scored; see `candidates`."""
        return candidates(self, users, items, at=at)

    def known_tables(self) -> dict[str, pd.DataFrame | None]:
        """Interactions, items and users, with the columns that are read: ids, titles, times and fields."""
        known = {"item_id", "title", "available_from", HOST, *(field.name for field in self.fields)}
        known -= {REVIEWS, *(field.name for field in COMPUTED)}
        items = self.items[[column for column in self.items if column in known]]
        return {"interactions": self.interactions, "items": items, "users": self.users}

    def write(self, folder: str | Path) -> None:
        """Write interactions.parquet, items.parquet and, if any, users.parquet.

        Further columns of the items, which nothing reads, are not written. attnviz.sha256 beside the tables
        lists their SHA-256, and `read_table` checks them. Rows of `past` that are not in `interactions` are
        not written either: write the whole log, and split it again after `read_table`.
        """
        write_tables(folder, self.known_tables())
