"""Does the recommender beat counting, where the whole shelf of a real shop is ranked?

    python -m benchmarks shelf             # ATTNVIZ_REAL_DATA names the data; writes book/_results/shelf.csv

The last 40% of the rows, in order of time, are cut into windows. For each, what lies before is the training
part, but for its last tenth: on that an opponent's trials are compared and the epoch of a training is chosen.
Each choice of a window is to be found among all items of the catalogue ("whole"), or among those on offer at
its time ("on offer"); nothing is sampled. Measures: NDCG@10 and AUC, as `av.recommender.query_measures` has
them: items with the same score share their places.

Groups: "new" users, "returning" ones who take what they never took (what they took is on none of these
shelves), and "repeat", who take it again (nothing is left out).

Opponents may read all that happened strictly before a choice, as the model does. Their trials are eight each
(a count of fixed days has one); for each window and group that with the highest NDCG@10 of the whole shelf on
the validation part is kept. Who took nothing before gets decayed popularity from all of them.
The model and its controls have one recipe and no trials.

Windows are pooled. A choice has the mean measure over the seeds; intervals resample users. "Model − best on
validation" is against the opponent that is best on the validation part of each window, in this group and
measure; "model − best on test" against the one that is best after the fact: the hardest reading.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

import attnviz as av

from .shelf_opponents import OPPONENTS, Opponent
from .shelf_queries import Queries, Window, data_sets, windows

MEASURES = ["ndcg", "auc"]
KEYS = ["part", "shelf", "group"]


def judged(opponent: Opponent, window: Window, seeds: Iterable[int]) -> pd.DataFrame:
    """The measures of each query, valid and test, in the trial that is best on the validation part.

    Returns:
        part, shelf, group, query, ndcg, auc: means over the seeds.
    """
    tables = []
    for seed in seeds if opponent.seeded else (0,):
        for trial, scores in enumerate(opponent.trials(window, seed)):
            for part, queries, one in zip(("valid", "test"), window.queries, scores, strict=True):
                tables.append(measured(queries, one).assign(part=part, trial=trial))
    table = pd.concat(tables).groupby([*KEYS, "query", "trial"], as_index=False)[MEASURES].mean()
    tried = table[(table["part"] == "valid") & (table["shelf"] == "whole")]
    best = tried.groupby(["group", "trial"])["ndcg"].mean().unstack().idxmax(axis=1)
    overall = tried.groupby("trial")["ndcg"].mean().idxmax()  # for a group without validation queries
    return table[table["trial"] == table["group"].map(best).fillna(overall)].drop(columns="trial")


def measured(queries: Queries, scores: np.ndarray) -> pd.DataFrame:
    """The measures of each query on each shelf, and its group."""
    table = queries.measures(scores)
    return table.assign(group=queries.group[table["query"]])
