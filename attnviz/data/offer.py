"""What could have been chosen: from when on each item was on offer, as far as a log can know."""

from typing import Protocol

import numpy as np
import pandas as pd

from .past import popularity
from .times import has_times


class Shop(Protocol):
    """What these functions read of a log."""

    @property
    def interactions(self) -> pd.DataFrame:
        """Who met which item when."""

    @property
    def past(self) -> pd.DataFrame:
        """Rows like these."""

    @property
    def items(self) -> pd.DataFrame:
        """One row an item."""


def known_choices(tables: Shop) -> pd.DataFrame:
    """The choices (label 1) that are known when the last of these rows happens.

    What comes later, such as the held-out part behind a training part, is not among them. A log without times
    knows all of its `past`, which for a part of `split` are the rows of the parts up to it.

    Args:
        tables: An InteractionLog, or a part of one.

    Returns:
        Rows of `past` and of `interactions`.
    """
    past = tables.past
    if has_times(tables.interactions):
        past = past[past["timestamp"] <= tables.interactions["timestamp"].max()]
    rows = pd.concat([past, tables.interactions])
    return rows[rows["label"] == 1]


def on_offer_since(tables: Shop) -> np.ndarray:
    """From when on each item could have been chosen.

    The column `available_from` of the items says it, where there is one and it is known. A choice shows
    that an item was there, too. Else an item is on offer from a while before its first choice. How long
    this while is, is read from the log: on the shelf of a row, items that nobody chose before are as frequent
    as among the choices themselves (in two years of stays in one city about two weeks). Without it, an item
    that nobody chose before would stand on a shelf only when it is the one that was chosen, and would give
    itself away. Only `known_choices` are used.

    Args:
        tables: An InteractionLog, or a part of one.

    Returns:
        (item,) datetime64[us], in the order of the items table; NaT: nothing shows that it was on offer.

    Raises:
        ValueError: When the log has no times.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({
        ...     "user_id": ["ann", "bob", "eve"], "item_id": ["loft", "room", "loft"],
        ...     "timestamp": ["2025-01-01", "2025-01-02", "2025-01-09"]})
        >>> items = pd.DataFrame({"item_id": ["loft", "room", "hut", "tent"],
        ...                       "available_from": [None, None, "2024-12-31", None]})
        >>> on_offer_since(InteractionLog(stays, items, implicit=True)).astype("datetime64[D]").tolist()
        [datetime.date(2024, 12, 24), datetime.date(2024, 12, 25), datetime.date(2024, 12, 31), None]

    Two of these three choices are first ones, so the while is long.

    Taught in "What about real stays?"
    """
    if not has_times(tables.interactions):
        raise ValueError("the log has no times, so that nothing says when an item was on offer")
    choices = known_choices(tables)
    first = choices.groupby("item_id")["timestamp"].min()
    shown = first.reindex(tables.items["item_id"]).to_numpy("datetime64[us]")  # (item,)
    if "available_from" not in tables.items:
        return shown - _lead(choices, first)
    given = tables.items["available_from"].to_numpy("datetime64[us]")
    unsaid = first[first.index.isin(tables.items["item_id"][np.isnat(given)])]
    lead = _lead(choices[choices["item_id"].isin(unsaid.index)], unsaid)
    return np.where(np.isnat(given), shown - lead, np.fmin(given, shown))


def never_chosen(tables: Shop) -> np.ndarray:
    """Whether nobody had chosen the item before the row's time: a whole recommender of one bit.

    Args:
        tables: An InteractionLog, or `sampled_candidates` of one.

    Returns:
        (row,), 1.0 for an item that nobody chose strictly earlier, else 0.0.

    Raises:
        ValueError: When the log has no times.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({"user_id": ["ann", "bob"], "item_id": ["loft", "loft"],
        ...                       "timestamp": ["2025-01-01", "2025-01-02"]})
        >>> never_chosen(InteractionLog(stays, pd.DataFrame({"item_id": ["loft"]}), implicit=True)).tolist()
        [1.0, 0.0]
    """
    return (popularity(tables) == 0).astype(float)


def _lead(choices: pd.DataFrame, first: pd.Series) -> np.timedelta64:
    """The shortest time before a first choice with which shelves hold new items as often as the choices do.

    Args:
        choices: item_id and timestamp.
        first: item_id -> the time of its first choice.
    """
    if first.empty:
        return np.timedelta64(0, "us")
    times = choices["timestamp"].to_numpy("datetime64[us]")
    is_first = choices["item_id"].map(first).to_numpy("datetime64[us]") == times
    starts = np.sort(first.to_numpy("datetime64[us]"))
    before = np.searchsorted(starts, times)  # (choice,), items that somebody chose before
    low, high = 0, int(np.ptp(times.astype(np.int64)))
    while low < high:
        middle = (low + high) // 2
        shelf = np.searchsorted(starts, times + np.timedelta64(middle, "us"), side="right")
        new = (shelf - before - is_first) / np.maximum(shelf - 1, 1)  # among the items beside the chosen one
        low, high = (low, middle) if new.mean() >= is_first.mean() else (middle + 1, high)
    return np.timedelta64(low, "us")
