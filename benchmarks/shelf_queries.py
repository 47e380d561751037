"""Choices of a real log, each to be found among all items: successive windows, and the measures."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import attnviz as av
from attnviz.data import history, on_offer_since
from attnviz.recommender import groups_by_history, query_measures

DATA = ("Albany", "gift cards")
NULL = "null"  # a field that says nothing
TEST_SHARE, VALID_SHARE = 0.4, 0.1
MAX_TAKEN = 50
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Queries:
    """Choices, each to be found on its shelf.

    Attributes:
        log: The choices, a row each; its `past` is the whole log.
        item: (query,), the position of the chosen item in `log.items`.
        group: (query,), "new", "returning" or "repeat", as `groups_by_history` says.
        taken: (query, place), positions of what the user took strictly before, latest first; -1 for none.
        shelves: By name, bool (query, item): the "whole" catalogue, and what was "on offer" at that time.
            A returning user's new listing is none that she took: her own are not on these shelves.
    """

    log: av.InteractionLog
    item: np.ndarray
    group: np.ndarray
    taken: np.ndarray
    shelves: dict[str, np.ndarray]

    @classmethod
    def of(cls, log: av.InteractionLog) -> "Queries":
        """The rows of a part of an implicit log."""
        index = pd.Index(log.items["item_id"])
        item, group = index.get_indexer(log.interactions["item_id"]), groups_by_history(log)
        earlier, known = history(log, max_items=MAX_TAKEN), index.get_indexer(log.past["item_id"])
        taken = np.where(earlier >= 0, known[earlier], -1)
        whole = np.ones((len(log), len(index)), dtype=bool)
        query, place = np.nonzero((taken >= 0) & (group == "returning")[:, None])
        whole[query, taken[query, place]] = False
        since = on_offer_since(log)  # NaT is never earlier
        times = log.interactions["timestamp"].to_numpy("datetime64[us]")
        on_offer = whole & (since <= times[:, None])
        on_offer[np.arange(len(log)), item] = True
        return cls(log, item, group, taken, {"whole": whole, "on offer": on_offer})

    @property
    def days(self) -> np.ndarray:
        """(query,), the time of each, in days since 1970."""
        return days_of(self.log.interactions)

    @property
    def users(self) -> np.ndarray:
        """(query,), the user_id of each."""
        return self.log.interactions["user_id"].to_numpy()

    def measures(self, scores: np.ndarray) -> pd.DataFrame:
        """How high the chosen item stands: shelf, query, ndcg and auc, a row for each shelf and query."""
        labels = np.zeros(scores.shape, dtype=bool)
        labels[np.arange(len(self.item)), self.item] = True
        tables = []
        for name, mask in self.shelves.items():
            found = query_measures(scores, labels, mask=mask)[["ndcg", "auc"]]
            tables.append(found.assign(shelf=name, query=np.arange(len(found))))
        return pd.concat(tables, ignore_index=True)[["shelf", "query", "ndcg", "auc"]]


@dataclass(frozen=True, eq=False)
class Window:
    """What is tested, and all that lies before it.

    Attributes:
        name: Of the data and the window.
        train: What is learned from.
        valid: What decides between trials, and when a training stops: later than train, earlier than test.
        test: The window.
    """

    name: str
    train: av.InteractionLog
    valid: Queries
    test: Queries

    @property
    def queries(self) -> tuple[Queries, Queries]:
        """Valid and test."""
        return self.valid, self.test


def days_of(rows: pd.DataFrame) -> np.ndarray:
    """The times of rows in days since 1970, float64 (row,)."""
    return (rows["timestamp"].to_numpy("datetime64[us]") - np.datetime64(0, "us")) / DAY


def windows(name: str, number: int, *, null: bool = False) -> Iterator[Window]:
    """Successive test windows of a data set, together its last rows, each with what lies before it.

    Args:
        name: One of `DATA`.
        number: How many.
        null: Whether the items have one more field, `NULL`: a random number each.
    """
    log = data_set(name, null=null)
    parts = log.split("time", (1 - TEST_SHARE, *[TEST_SHARE / number] * number))
    for place in range(number):
        before = pd.concat([part.interactions for part in parts[: place + 1]])
        train, valid = log.with_interactions(before).split("time", (1 - VALID_SHARE, VALID_SHARE))
        title = f"{name} with null" if null else name
        yield Window(
            f"{title} {place + 1} of {number}", train, Queries.of(valid), Queries.of(parts[place + 1])
        )


def data_set(name: str, *, null: bool = False) -> av.InteractionLog:
    """One of `DATA`, read from the folder ATTNVIZ_REAL_DATA, as choices without the texts of reviews."""
    log = read(name, Path(os.environ["ATTNVIZ_REAL_DATA"]))
    rows, items = log.interactions.assign(label=1, review=""), log.items
    if null:
        items = items.assign(**{NULL: np.random.default_rng(0).normal(size=len(items))})
    return av.InteractionLog(rows, items, fields={NULL: "number"} if null else None, implicit=True)


def read(name: str, folder: Path) -> av.InteractionLog:
    """One of `DATA` as it is."""
    if name == "Albany":
        city = folder / "airbnb_albany"
        return av.read_airbnb(city / "listings.csv.gz", city / "reviews.csv.gz", strict=False)
    cards = folder / "amazon2018_gift_cards"
    return av.read_amazon(cards / "Gift_Cards_5.json.gz", cards / "meta_Gift_Cards.json.gz", strict=False)
