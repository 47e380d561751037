"""How often each row's item was chosen before: the numbers of the field "popularity"."""

import numpy as np
import pandas as pd

from .offer import Shop
from .stretches import DAY, Stretches, microseconds

WINDOWS = (30, 90, 365)  # days
HALF_LIVES = (30, 180)  # days
_COUNTS = (
    *(f"last {days} days" for days in WINDOWS),
    "all time",
    *(f"half-life {days} days" for days in HALF_LIVES),
)
NAMES = (*_COUNTS, *(f"{name}, against the shelf" for name in _COUNTS), "days since", "days on offer")
_NEVER = np.iinfo(np.int64).max
_ROWS_AT_ONCE = 1 << 18


def popularity_numbers(tables: Shop) -> np.ndarray:
    """How popular each row's item was, as numbers, of which the field "popularity" is made.

    Only choices are counted (rows of `past` with label 1, by anybody), and only those strictly before the
    row's time: rows at the same time or later change nothing. Each number is log(1 + number), so that twice
    as many is about the same step everywhere:

    - how often the item was chosen in the last 30, 90 and 365 days, and ever;
    - the same with choices that fade: one counts half after 30, or after 180 days;
    - each of these six less that of the shelf's mean, so that a busy summer is no merit of an item. The shelf
      are the items that are known then: chosen before, or with an `available_from` that has come;
    - days since it was last chosen, NaN if it never was;
    - days since it is known to be on offer: since its first choice, or since `available_from` if that has
      come; NaN if neither.

    Args:
        tables: An InteractionLog with times.

    Returns:
        float32 (row, number), the numbers in the order of `NAMES`.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({"user_id": ["ann", "bob", "eve"], "item_id": ["loft"] * 3,
        ...                       "timestamp": ["2025-01-01", "2025-01-02", "2025-03-01"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft"]}), implicit=True)
        >>> found = pd.DataFrame(np.expm1(popularity_numbers(log)), columns=NAMES, dtype=float).round(2)
        >>> found[["last 30 days", "all time", "half-life 30 days", "days since"]].values.tolist()
        [[0.0, 0.0, 0.0, nan], [1.0, 1.0, 0.98, 1.0], [0.0, 2.0, 0.52, 58.0]]

    Paper: Dacrema, Cremonesi and Jannach (2019) on how hard it is to beat. Taught in "What about real stays?"
    """
    known = _Known(tables)
    item = pd.Index(tables.items["item_id"]).get_indexer(tables.interactions["item_id"])
    time = microseconds(tables.interactions["timestamp"])
    found = np.empty((len(item), len(NAMES)), dtype=np.float32)
    for start in range(0, len(item), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        found[rows] = known.numbers(item[rows], time[rows])
    return found


class _Known:
    """The choices of a log, and from when on each item is known."""

    def __init__(self, tables: Shop):
        choices = tables.past[tables.past["label"] == 1]
        item = pd.Index(tables.items["item_id"]).get_indexer(choices["item_id"])
        time = microseconds(choices["timestamp"])
        self._of_item = Stretches(item, time)
        self._of_all = Stretches(np.zeros_like(item), time)
        since = np.full(len(tables.items), _NEVER)
        np.minimum.at(since, item, time + 1)  # a choice is seen just after it
        if "available_from" in tables.items:
            given = tables.items["available_from"]
            since = np.minimum(since, np.where(given.isna(), _NEVER, microseconds(given)))
        self._since, self._arrivals = since, np.sort(since)

    def numbers(self, item: np.ndarray, time: np.ndarray) -> np.ndarray:
        """(row, number) for these rows' items and times."""
        moments, moment = np.unique(time, return_inverse=True)
        shelf = np.maximum(np.searchsorted(self._arrivals, moments, side="right"), 1)
        mean = _counts(self._of_all, np.zeros_like(moments), moments) / shelf
        counts = np.log1p(_counts(self._of_item, item, time))
        since = self._since[item]
        days_on_offer = np.where(since <= time, (time - since) / DAY, np.nan)
        days = np.log1p([self._of_item.days_since_last(item, time), days_on_offer])
        return np.concatenate([counts, counts - np.log1p(mean)[:, moment], days]).T


def _counts(choices: Stretches, group: np.ndarray, time: np.ndarray) -> np.ndarray:
    """(count, row), in the order of `NAMES`."""
    windows = [choices.count(group, time, days=days) for days in (*WINDOWS, None)]
    return np.stack(windows + [choices.faded(group, time, half_life=days) for days in HALF_LIVES])
