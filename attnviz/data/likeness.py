"""How each row's item is like what its shopper chose before: the numbers of the field "likeness"."""

import numpy as np
import pandas as pd

from .cosines import TagCosines
from .fields import HOST
from .past import history
from .stretches import Stretches, microseconds
from .tables import Tables

NAMES = (
    "tags, most",
    "tags, mean",
    "tags, last",
    "also taken",
    "times taken",
    "price, against hers",
    "same maker",
)
_PLACES_AT_ONCE = 1 << 20


def likeness_numbers(tables: Tables, *, max_items: int = 20) -> np.ndarray:
    """How each row's item is like what its shopper chose before, as numbers, for the field "likeness".

    Only choices are read (rows of `past` with label 1), and only those strictly before the row's time: rows
    at the same time or later change nothing. Of her own the latest `max_items` are read:

    - the largest, the mean and the latest cosine of the item's tags to those of what she chose, in [0, 1],
      where a rare tag counts more (`TagCosines`); NaN if the items have no tags;
    - also taken: log(1 + how many people took both the item and one of hers, summed over hers). Of what one
      person took, two items count as taken together if fewer than `max_items` others lie between;
    - times taken: log(1 + how often she chose this very item);
    - price, against hers: log(1 + price) less its mean over what she chose, NaN where nothing is known;
    - same maker: the share of what she chose that has this item's `host_id` or, where the items have none,
      its `brand`; NaN where the item's is unknown.

    Args:
        tables: An InteractionLog with times.
        max_items: How many of her choices are read, 1 or more.

    Returns:
        float32 (row, number), the numbers in the order of `NAMES`. A row whose shopper chose nothing before
        holds NaN only.

    Raises:
        ValueError: When max_items is below 1.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({"user_id": ["ann", "ann", "bob"], "item_id": ["loft", "hut", "hut"],
        ...                       "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03"]})
        >>> items = pd.DataFrame({"item_id": ["loft", "hut"], "host_id": [7, 7], "price": [99.0, 49.0]})
        >>> log = InteractionLog(stays, items, implicit=True)
        >>> found = pd.DataFrame(likeness_numbers(log), columns=NAMES, dtype=float).round(2)
        >>> found[["times taken", "price, against hers", "same maker"]].values.tolist()
        [[nan, nan, nan], [0.0, -0.69, 1.0], [nan, nan, nan]]

    Paper: Deshpande and Karypis (2004) for neighbours among items. Taught in "What about real stays?"
    """
    item = pd.Index(tables.items["item_id"]).get_indexer(tables.interactions["item_id"])
    time = microseconds(tables.interactions["timestamp"])
    group, chosen = _histories(tables, max_items)  # (row,), (history, place)
    found = np.full((len(item), len(NAMES)), np.nan, dtype=np.float32)
    returning = np.flatnonzero((chosen[:, 0] >= 0)[group])
    if not len(returning):
        return found
    compare = _Comparison(tables, max_items)
    at_once = max(1, _PLACES_AT_ONCE // chosen.shape[1])
    for start in range(0, len(returning), at_once):
        rows = returning[start : start + at_once]
        found[rows] = compare.numbers(item[rows], time[rows], chosen[group[rows]])
    return found


def _histories(tables: Tables, max_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Which history each row has (row,), and the different ones: items, latest first, -1 for none."""
    rows = tables.interactions
    user, time = (pd.factorize(rows[name])[0] for name in ("user_id", "timestamp"))
    group, different = pd.factorize(user * np.int64(time.max(initial=0) + 1) + time)
    first = np.full(len(different), len(rows))
    np.minimum.at(first, group, np.arange(len(rows)))
    places = history(tables.with_interactions(rows.iloc[first]), max_items=max_items)
    places = places[:, : max(1, int((places >= 0).sum(axis=1).max(initial=0)))]
    item = pd.Index(tables.items["item_id"]).get_indexer(tables.past["item_id"])
    return group, np.where(places >= 0, item[places], -1)


class _Comparison:
    """Compares items with what shoppers chose before."""

    def __init__(self, tables: Tables, max_items: int):
        items = tables.items
        self._number = np.int64(len(items))
        self._cosines = TagCosines(items["tags"]) if "tags" in items else None
        self._together = _taken_together(tables, max_items)
        nothing = pd.Series(np.nan, index=items.index)
        self._price = np.log1p(items.get("price", nothing).to_numpy(float))
        self._maker = pd.factorize(items.get(HOST, items.get("brand", nothing)))[0]  # -1: unknown

    def numbers(self, item: np.ndarray, time: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """(row, number) for these rows' items, times and histories (row, place), none of them empty."""
        known = chosen >= 0
        row = np.nonzero(known)[0]
        one, other = item[row], chosen[known]  # (pair,), in the order of rows, a row's latest first
        pair = _pair(one, other, self._number)
        together = np.bincount(row, self._together.count(pair, time[row]), minlength=len(item))
        taken = (chosen == item[:, None]).sum(axis=1)
        makers = np.where(known, self._maker[chosen], -1) == self._maker[item][:, None]
        same = np.where(self._maker[item] >= 0, makers.sum(axis=1) / known.sum(axis=1), np.nan)
        price = self._price[item] - _mean(np.where(known, self._price[chosen], np.nan))
        alike = np.full(chosen.shape, np.nan)
        if self._cosines is not None:
            alike[known] = self._cosines.of(one, other)
        most = np.nanmax(np.append(alike, np.full((len(item), 1), -np.inf), axis=1), axis=1)
        numbers = [most, _mean(alike), alike[:, 0], np.log1p(together), np.log1p(taken), price, same]
        return np.where(np.isfinite(numbers), numbers, np.nan).T


def _mean(values: np.ndarray) -> np.ndarray:
    """The mean (row,) of what is known in each row of (row, place); NaN where nothing is."""
    count = (~np.isnan(values)).sum(axis=1)
    return np.divide(np.nansum(values, axis=1), count, out=np.full(len(values), np.nan), where=count > 0)


def _pair(one: np.ndarray, other: np.ndarray, number: np.int64) -> np.ndarray:
    """A number for each two items, whichever comes first."""
    return np.minimum(one, other) * number + np.maximum(one, other)


def _taken_together(tables: Tables, max_between: int) -> Stretches:
    """Each two different items that one person took, from when on she had both."""
    choices = tables.past[tables.past["label"] == 1]
    choices = choices.sort_values("timestamp", kind="stable").drop_duplicates(["user_id", "item_id"])
    user = pd.factorize(choices["user_id"])[0]
    order = np.argsort(user, kind="stable")
    user, time = user[order], microseconds(choices["timestamp"])[order]
    item = pd.Index(tables.items["item_id"]).get_indexer(choices["item_id"])[order]
    number, pairs, times = np.int64(len(tables.items)), [], []
    for step in range(1, max_between + 1):
        later = np.flatnonzero(user[step:] == user[:-step]) + step
        pairs.append(_pair(item[later], item[later - step], number))
        times.append(time[later])
    return Stretches(np.concatenate(pairs), np.concatenate(times))
