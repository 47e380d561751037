"""Rankings of the whole shelf that need no torch: counts, neighbours by tags and by visits, and ALS.

Each gives scores (query, item), higher is better. It may read all that happened strictly before a query's
time, also after the training part, as the model does; only ALS and SASRec learn, from the training part.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

import attnviz as av

from .sasrec import fit_sasrec, next_scores
from .shelf_queries import Queries, Window, days_of

FEW = 0.01  # of decayed choices: what an item has that nobody took lately


class Opponent(NamedTuple):
    """A ranking and its trials: each setting with each mix.

    Attributes:
        scores: Of a window's valid and test queries, by keywords that a setting holds.
        settings: What is tried of it.
        mixes: What is tried of `mixed`, which adds decayed popularity; (None,): nothing is added.
        max_seeds: 1: no chance plays a part.
    """

    scores: Callable[..., list[np.ndarray]]
    settings: tuple[dict, ...] = ({},)
    mixes: tuple[dict | None, ...] = (None,)
    max_seeds: int = 1

    def trials(self, window: Window, seed: int) -> Iterator[tuple[np.ndarray, ...]]:
        """Scores of the valid and of the test queries, trial by trial."""
        for setting in self.settings:
            found = self.scores(window, **setting, **({"seed": seed} if self.max_seeds > 1 else {}))
            for mix in self.mixes:
                yield tuple(
                    scores if mix is None else mixed(scores, queries, **mix)
                    for scores, queries in zip(found, window.queries, strict=True)
                )


def popularity(queries: Queries, *, days: float = np.inf) -> np.ndarray:
    """How often each item was taken in the last days before the query."""
    past, taken = _choices(queries.log)
    at, which = np.unique(queries.days, return_inverse=True)
    counts = np.empty((len(at), len(queries.log.items)))
    for item in range(counts.shape[1]):
        times = np.sort(past[taken == item])
        counts[:, item] = np.searchsorted(times, at) - np.searchsorted(times, at - days)
    return counts[which]


def decayed(queries: Queries, *, half_life: float) -> np.ndarray:
    """How often each item was taken before the query, where a choice counts half after so many days."""
    past, taken = _choices(queries.log)
    at, which = np.unique(queries.days, return_inverse=True)
    order = np.argsort(past, kind="stable")
    past, taken = past[order], taken[order]
    counts, done, now = np.zeros((len(at), len(queries.log.items))), 0, np.zeros(len(queries.log.items))
    for place, (time, after) in enumerate(zip(at, np.searchsorted(past, at), strict=True)):
        now *= 0.5 ** ((time - at[max(place - 1, 0)]) / half_life)
        np.add.at(now, taken[done:after], 0.5 ** ((time - past[done:after]) / half_life))
        counts[place], done = now, after
    return counts[which]


def mixed(scores: np.ndarray, queries: Queries, *, half_life: float, weight: float) -> np.ndarray:
    """Scores plus weight × log of decayed popularity; who took nothing before gets popularity alone."""
    liked = np.log(decayed(queries, half_life=half_life) + FEW)
    return np.where(queries.taken[:, :1] >= 0, scores + weight * liked, liked)


def tag_neighbours(queries: Queries) -> np.ndarray:
    """The IDF cosine of each item's tags to the nearest of what the user took; 0 if she took nothing."""
    vectors = tag_vectors(queries.log.items)
    cosine = (vectors @ vectors.T).toarray()
    return np.stack([cosine[taken[taken >= 0]].max(0, initial=0.0) for taken in queries.taken])


def covisit_neighbours(queries: Queries, *, damping: float) -> np.ndarray:
    """How many users took each item and one that this user took, over damped counts of both."""
    near = np.zeros((len(queries.item), len(queries.log.items)))
    for query, together, alone in covisits_before(queries):
        taken = np.unique(queries.taken[query][queries.taken[query] >= 0])
        size = (alone[taken, None] + 1) * (alone + 1)
        near[query] = (together[taken] / size**damping).sum(0)
    return near


def covisits_before(queries: Queries) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """For each query with a history: users that took both (item, item) and each (item,), strictly before."""
    log = queries.log
    rows = log.past[log.past["label"] == 1].sort_values("timestamp", kind="stable")
    rows = rows.drop_duplicates(["user_id", "item_id"])
    times, users, items = days_of(rows), rows["user_id"].to_numpy(), _positions(log, rows)
    together, alone = np.zeros((len(log.items), len(log.items))), np.zeros(len(log.items))
    baskets: dict[str, list[int]] = {}
    done = 0
    known = np.flatnonzero(queries.taken[:, 0] >= 0)
    for query in known[np.argsort(queries.days[known], kind="stable")]:
        after = np.searchsorted(times, queries.days[query])
        for user, item in zip(users[done:after], items[done:after], strict=True):
            basket = baskets.setdefault(user, [])
            together[basket, item] += 1
            together[item, basket] += 1
            alone[item] += 1
            basket.append(item)
        done = after
        yield query, together, alone


def least_squares(window: Window, *, factors: int, seed: int) -> list[np.ndarray]:
    """ALS of `implicit` on the training part; what a user took before the query gives her vector."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    train = window.train
    users, items = pd.factorize(train.interactions["user_id"])[0], _positions(train, train.interactions)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(factors, regularization=0.05, alpha=5.0, iterations=15,
                                        num_threads=1, random_state=seed)  # fmt: skip
        model.fit(_counts(users, items, len(train.items)), show_progress=False)
        return [_folded_in(model, queries) for queries in window.queries]


def _folded_in(model, queries: Queries) -> np.ndarray:
    query, place = np.nonzero(queries.taken >= 0)
    histories = _counts(query, queries.taken[query, place], len(queries.log.items), rows=len(queries.item))
    return model.recalculate_user(np.arange(len(queries.item)), histories) @ model.item_factors.T


def self_attention(window: Window, *, dim: int, seed: int) -> list[np.ndarray]:
    """SASRec on the training part; what a user took before the query is her sequence."""
    rows, num_items = window.train.interactions, len(window.train.items)
    items = pd.Series(_positions(window.train, rows)).groupby(rows["user_id"].to_numpy(), sort=False)
    model = fit_sasrec([part.to_numpy() for _, part in items], window.valid, num_items, dim=dim, seed=seed)
    return [next_scores(model, queries.taken).numpy() for queries in window.queries]


def tag_vectors(items: pd.DataFrame) -> sp.csr_matrix:
    """Each item's tags, brand and category as a vector of length 1, each worth its IDF (item, tag)."""
    columns = [name for name in ("tags", "brand", "category") if name in items]
    pairs = pd.concat([name + " " + items[name].explode().dropna().astype(str) for name in columns])
    pairs = pairs.reset_index().drop_duplicates().set_axis(["item", "tag"], axis=1)
    tag, names = pd.factorize(pairs["tag"])
    idf = np.log(len(items) / np.bincount(tag))
    vectors = sp.csr_matrix((idf[tag], (pairs["item"], tag)), shape=(len(items), len(names)))
    length = np.sqrt(vectors.multiply(vectors).sum(1))
    return sp.csr_matrix(vectors.multiply(1 / np.maximum(length, 1e-9)))


def _choices(log: av.InteractionLog) -> tuple[np.ndarray, np.ndarray]:
    """The time in days and the item's position of each choice of the past."""
    rows = log.past[log.past["label"] == 1]
    return days_of(rows), _positions(log, rows)


def _positions(log: av.InteractionLog, rows: pd.DataFrame) -> np.ndarray:
    return pd.Index(log.items["item_id"]).get_indexer(rows["item_id"])


def _counts(row: np.ndarray, item: np.ndarray, num_items: int, rows: int | None = None) -> sp.csr_matrix:
    shape = (row.max() + 1 if rows is None else rows, num_items)
    return sp.csr_matrix((np.ones(len(row), dtype=np.float32), (row, item)), shape=shape)


def by_queries(score: Callable[..., np.ndarray]) -> Callable[..., list[np.ndarray]]:
    """What scores queries, for those of a window."""
    return lambda window, **setting: [score(queries, **setting) for queries in window.queries]


def _grid(**options: tuple) -> tuple[dict, ...]:
    return tuple(dict(zip(options, values, strict=True)) for values in product(*options.values()))


WEIGHTS = _grid(half_life=(60,), weight=(0.03, 0.1, 0.3, 1.0))
OPPONENTS = {
    "popularity": Opponent(by_queries(popularity)),
    "last 30 days": Opponent(by_queries(popularity), _grid(days=(30,))),
    "last 90 days": Opponent(by_queries(popularity), _grid(days=(90,))),
    "last 365 days": Opponent(by_queries(popularity), _grid(days=(365,))),
    "decayed popularity": Opponent(by_queries(decayed), _grid(half_life=(7, 15, 30, 45, 60, 90, 120, 240))),
    "neighbours by tags": Opponent(
        by_queries(tag_neighbours), mixes=_grid(half_life=(30, 120), weight=(0.05, 0.1, 0.2, 0.4))
    ),
    "neighbours by visits": Opponent(
        by_queries(covisit_neighbours),
        _grid(damping=(0.25, 0.5)),
        _grid(half_life=(60,), weight=(0.01, 0.03, 0.1, 0.3)),
    ),
    "ALS": Opponent(least_squares, _grid(factors=(16, 64)), WEIGHTS, max_seeds=5),
    "SASRec": Opponent(
        self_attention, _grid(dim=(32, 64)), _grid(half_life=(60,), weight=(0.1, 0.3, 1.0, 3.0)), max_seeds=5
    ),
}
