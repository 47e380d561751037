"""What each row's user took before, by number: negatives that she knows."""

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from .offer import Shop, known_choices
from .shelf import distinct_ranks, skip
from .stretches import Stretches, microseconds
from .times import has_times


class OwnPast:
    """What each row's user took strictly before the row's time, less what she takes at that time.

    Nothing where the log has no times, for then nothing is known to be earlier; and nothing where nobody ever
    takes an item again, for then it is no choice not to.

    Args:
        tables: An InteractionLog, or a part of one: only what it can know counts.
    """

    def __init__(self, tables: Shop):
        rows = tables.interactions
        first, again = _first_and_again(tables)
        user, names = pd.factorize(pd.concat([rows, first, again])["user_id"])
        self._user, chooser, chooser_again = np.split(user, np.cumsum([len(rows), len(first)]))
        by_user = np.argsort(chooser, kind="stable")  # of one user the earliest first
        pairs, chooser = first.iloc[by_user], chooser[by_user]
        self._item_ids = pairs["item_id"].array
        self._start = np.searchsorted(chooser, np.arange(len(names)))
        taken = Stretches(chooser, microseconds(pairs["timestamp"]))
        self._earlier = taken.count(self._user, microseconds(rows["timestamp"]))
        moments = pd.concat([rows, again]).groupby(["user_id", "timestamp"], dropna=False).ngroup().to_numpy()
        self._moment, moment_again = np.split(moments, [len(rows)])
        place = _pairs(pairs).get_indexer(_pairs(again)) - self._start[chooser_again]
        order = np.lexsort((place, moment_again))
        self._taken = place[order]
        self._taken_start = np.searchsorted(moment_again[order], np.arange(moments.max(initial=-1) + 2))

    def free(self, rows: np.ndarray) -> np.ndarray:
        """How many such items the user of each of these rows has (row,)."""
        return self._earlier[rows] - np.diff(self._taken_start)[self._moment[rows]]

    def items(self, rows: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """The item_id that is number `rank` (from 0) among them, in the order in which she took them."""
        place = skip(rank, self._moment[rows], self._taken, self._taken_start)
        return self._item_ids[self._start[self._user[rows]] + place]

    def among(
        self, rows: np.ndarray, others: np.ndarray, number: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """How many are hers, of so many that are drawn from hers and so many others (row,)."""
        hers = self.free(rows)
        return rng.hypergeometric(hers, others, np.minimum(number, hers + others)) if hers.any() else hers

    def draw(
        self, rows: np.ndarray, number: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, ExtensionArray]:
        """So many different ones for each row (row,): the place of the row, and the item_id, of each."""
        place, rank = distinct_ranks(number, self.free(rows), np.zeros_like(number), number, rng)
        return place, self.items(rows[place], rank)


def _first_and_again(tables: Shop) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who took what for the first time, by time, and who took it again; nothing where nobody does."""
    choices = known_choices(tables).sort_values("timestamp", kind="stable")
    choices = choices.drop_duplicates(["user_id", "item_id", "timestamp"])
    again = choices.duplicated(["user_id", "item_id"])
    if not has_times(tables.interactions) or not again.any():
        return choices[:0], choices[:0]
    return choices[~again], choices[again]


def _pairs(choices: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(choices[["user_id", "item_id"]])
