"""The items that each row's user could have taken at its time, by number, and draws among them."""

import numpy as np
import pandas as pd

from .offer import Shop, known_choices, on_offer_since
from .times import has_times


class Shelf:
    """All items in the order in which they came on offer; a user's own are left out of the counting.

    Where a log has no times, every item is on offer for every row.

    Args:
        tables: An InteractionLog, or a part of one: only what it can know counts.
    """

    def __init__(self, tables: Shop):
        order, self._on_offer = _by_offer(tables)
        self._item_ids = tables.items["item_id"].array[order]
        self._user, self._taken, self._start = self._taken_by_user(tables)

    def free(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many items each row's user did not take (row,), and how many of them were on offer (row,)."""
        user = self._user[rows]
        stride = np.int64(len(self._item_ids) + 1)
        owner = np.repeat(np.arange(len(self._start) - 1), np.diff(self._start))
        keys = owner * stride + self._taken
        taken_then = np.searchsorted(keys, user * stride + self._on_offer[rows]) - self._start[user]
        return len(self._item_ids) - np.diff(self._start)[user], self._on_offer[rows] - taken_then

    def items(self, rows: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """The item_id that is number `rank` (from 0) among those that the user of `rows` did not take."""
        return self._item_ids[skip(rank, self._user[rows], self._taken, self._start)]

    def _taken_by_user(self, tables: Shop) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each row's user code, the sorted places of all taken items, where each user's stretch starts."""
        choices = known_choices(tables)
        user, names = pd.factorize(pd.concat([tables.interactions["user_id"], choices["user_id"]]))
        chooser = user[len(tables.interactions) :]
        number = np.int64(len(self._item_ids))
        pair = np.unique(chooser * number + pd.Index(self._item_ids).get_indexer(choices["item_id"]))
        return (
            user[: len(tables.interactions)],
            pair % number,
            np.searchsorted(pair, np.arange(len(names) + 1) * number),
        )


def _by_offer(tables: Shop) -> tuple[np.ndarray, np.ndarray]:
    """The items in the order in which they came on offer (item,), and how many are for each row (row,)."""
    if not has_times(tables.interactions):
        return np.arange(len(tables.items)), np.full(len(tables.interactions), len(tables.items))
    since = on_offer_since(tables)
    order = np.argsort(since, kind="stable")  # those that nothing shows on offer come last
    times = tables.interactions["timestamp"].to_numpy("datetime64[us]")
    return order, np.searchsorted(since[order][~np.isnat(since[order])], times, side="right")


def distinct_ranks(
    now: np.ndarray, free_now: np.ndarray, anywhere: np.ndarray, free: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """For each group different numbers: `now` of them below `free_now`, then `anywhere` below `free`.

    Args:
        now: (group,), at most free_now.
        free_now: (group,), at most free.
        anywhere: (group,), at most free - now.
        free: (group,).
        rng: Where chance comes from.

    Returns:
        The group of each number, sorted, and the numbers, in random order within a group.
    """
    group, rank = _floyd(now, free_now, rng)
    by_rank = np.lexsort((rank, group))
    other_group, other = _floyd(anywhere, free - now, rng)
    start = np.concatenate([[0], np.cumsum(now)])
    other = skip(other, other_group, rank[by_rank], start)
    group, rank = np.concatenate([group, other_group]), np.concatenate([rank, other])
    order = np.lexsort((rng.random(len(rank)), group))
    return group[order], rank[order]


def skip(rank: np.ndarray, owner: np.ndarray, taken: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The number that is `rank`-th (from 0) among those that its owner has not taken.

    Args:
        rank: (draw,).
        owner: (draw,).
        taken: Numbers, sorted within each owner.
        start: (owner + 1,), where each owner's stretch of `taken` starts.

    Example:
        >>> skip(np.array([0, 1, 2]), np.array([0, 0, 0]), np.array([1, 2]), np.array([0, 2]))
        array([0, 3, 4])
    """
    owners = np.repeat(np.arange(len(start) - 1), np.diff(start))
    free_before = taken - (np.arange(len(taken)) - start[owners])  # free numbers below each taken one
    stride = np.int64(max(taken.max(initial=0), rank.max(initial=0)) + 2)
    skipped = np.searchsorted(owners * stride + free_before, owner * stride + rank, side="right")
    return rank + skipped - start[owner]


def _floyd(number: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For each group, `number` different integers below `free` (Floyd's algorithm); the group of each."""
    group = np.repeat(np.arange(len(number)), number)
    first = np.cumsum(number) - number
    ranks = np.arange(len(group)) - first[group]  # all of them, where all are wanted
    some = np.flatnonzero(number < free)
    for drawn in range(number[some].max(initial=0)):
        active = some[number[some] > drawn]
        top = free[active] - number[active] + drawn
        draw = rng.integers(0, top + 1)
        earlier = ranks[first[active, None] + np.arange(drawn)]  # (group, drawn)
        ranks[first[active] + drawn] = np.where((earlier == draw[:, None]).any(axis=1), top, draw)
    return group, ranks
