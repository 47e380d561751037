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
The model and its controls have one recipe and no trials; their negatives are never what a user took before.

Windows are pooled. A choice has the mean measure over the seeds; intervals resample users. "Model − best on
validation" is against the opponent that is best on the validation part of each window, in this group and
measure; "model − best on test" against the one that is best after the fact: the hardest reading.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

import attnviz as av

from .results import Result
from .shelf_models import MODELS, Recipe, shelf_scores, trained
from .shelf_opponents import OPPONENTS, Opponent
from .shelf_queries import DATA, Queries, Window, windows

MEASURES = ["ndcg", "auc"]
QUERY = ["window", "shelf", "group", "query", "user"]


def judged(opponent: Opponent, window: Window, seeds: Iterable[int]) -> pd.DataFrame:
    """The measures of each query, valid and test, in the trial that is best on the validation part.

    Returns:
        part, shelf, group, query, ndcg, auc: means over the seeds.
    """
    tables = []
    for seed in seeds:
        for trial, scores in enumerate(opponent.trials(window, seed)):
            for part, queries, one in zip(("valid", "test"), window.queries, scores, strict=True):
                tables.append(measured(queries, one).assign(part=part, trial=trial))
    table = (
        pd.concat(tables)
        .groupby(["part", "shelf", "group", "query", "trial"], as_index=False)[MEASURES]
        .mean()
    )
    tried = table[(table["part"] == "valid") & (table["shelf"] == "whole")]
    best = tried.groupby(["group", "trial"])["ndcg"].mean().unstack().idxmax(axis=1)
    overall = tried.groupby("trial")["ndcg"].mean().idxmax()  # for a group without validation queries
    return table[table["trial"] == table["group"].map(best).fillna(overall)].drop(columns="trial")


def tested(recipe: Recipe, window: Window, seeds: Iterable[int]) -> pd.DataFrame:
    """The same of a model on the test queries: nothing is chosen."""
    models = (trained(recipe, window, seed) for seed in seeds)
    table = pd.concat(measured(window.test, shelf_scores(model, window.test)) for model in models)
    return table.groupby(["shelf", "group", "query"], as_index=False)[MEASURES].mean().assign(part="test")


def measured(queries: Queries, scores: np.ndarray) -> pd.DataFrame:
    """The measures of each query on each shelf, and its group."""
    table = queries.measures(scores)
    return table.assign(group=queries.group[table["query"]])


def best_of(table: pd.DataFrame, measure: str, part: str, by: list[str]) -> pd.DataFrame:
    """The opponent with the highest mean measure on the whole shelf of a part, by window, group, ...

    Returns:
        The columns `by`, and ranking.
    """
    whole = table[(table["part"] == part) & (table["shelf"] == "whole") & table["ranking"].isin(OPPONENTS)]
    means = whole.groupby([*by, "ranking"], as_index=False, sort=False)[measure].mean()
    return means.loc[means.groupby(by)[measure].idxmax(), [*by, "ranking"]]


def against(table: pd.DataFrame, measure: str, part: str, by: list[str]) -> pd.DataFrame:
    """The model's lead over the best opponent, query by query: QUERY, value and the opponent's name."""
    rows = table[table["part"] == "test"]
    best = rows.merge(best_of(table, measure, part, by), on=[*by, "ranking"])
    paired = rows[rows["ranking"] == "model"].merge(best, on=QUERY, suffixes=("", "_best"))
    return paired[QUERY].assign(
        value=paired[measure] - paired[f"{measure}_best"], against=paired["ranking_best"]
    )


def long(table: pd.DataFrame) -> pd.DataFrame:
    """All that is averaged, a row a query: QUERY, ranking, measure, value, against."""
    rows, found = table[table["part"] == "test"], []
    for measure in MEASURES:
        found.append(rows[[*QUERY, "ranking"]].assign(value=rows[measure], measure=measure, against=""))
        for name, part, by in (("validation", "valid", ["window", "group"]), ("test", "test", ["group"])):
            lead = against(table, measure, part, by)
            found.append(lead.assign(ranking=f"model − best on {name}", measure=measure))
    return pd.concat(found)


def pooled(table: pd.DataFrame) -> Iterator[dict]:
    """Means by ranking, group, shelf and measure: of all windows, with an interval over users; of each."""
    keys = ["shelf", "group", "ranking", "measure"]
    for key, part in long(table).groupby(keys, sort=False):
        row = dict(zip(keys, key, strict=True))
        mean, low, high, _ = av.metrics.bootstrap_interval(part["value"].tolist(), groups=part["user"])
        names = ", ".join(part["against"].unique())
        yield row | dict(window="all", n=len(part), value=mean, low=low, high=high, against=names)
        for window, one in part.groupby("window"):
            names = ", ".join(one["against"].unique())
            yield row | dict(window=window, n=len(one), value=one["value"].mean(), against=names)


def measure(
    *,
    num_windows: int = 4,
    seeds: int = 5,
    models: Annotated[tuple[str, ...], tuple(MODELS)] = tuple(MODELS),
    data: Annotated[tuple[str, ...], DATA] = DATA,
) -> Result:
    """All opponents, and models, on each data set.

    Args:
        num_windows: How many test windows.
        seeds: How many, of whatever has one; the controls, and what is left out, have one.
        models: Which ones; "model" must be among them.
        data: Which data sets.
    """
    torch.set_num_threads(1)
    rows: list[dict] = []
    for name in data:
        parts = []
        for place, window in enumerate(tqdm(windows(name, num_windows), total=num_windows)):
            parts.append(ranked(window, seeds, models).assign(window=place + 1))
        rows += [dict(data=name) | row | dict(seeds=seeds) for row in pooled(pd.concat(parts))]
    return Result(pd.DataFrame(rows), replace=["data"])


def ranked(window: Window, seeds: int, models: Iterable[str]) -> pd.DataFrame:
    """The measures of all rankings of a window, with user and ranking."""
    tables = []
    for name, opponent in OPPONENTS.items():
        tables.append(judged(opponent, window, range(min(seeds, opponent.max_seeds))).assign(ranking=name))
    for name in models:
        recipe = MODELS[name]
        tables.append(tested(recipe, window, range(min(seeds, recipe.max_seeds))).assign(ranking=name))
    table = pd.concat(tables)
    users = {part: queries.users for part, queries in zip(("valid", "test"), window.queries, strict=True)}
    asked = zip(table["part"], table["query"], strict=True)
    return table.assign(user=[users[part][query] for part, query in asked])


def summary(table: pd.DataFrame) -> str:
    """The pooled rows, the two measures side by side."""
    rows = table[table["window"].astype(str) == "all"]
    cell = [
        f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"
        for value, low, high in zip(rows["value"], rows["low"], rows["high"], strict=True)
    ]
    rows = rows.assign(cell=cell)
    return rows.pivot_table(
        index=["data", "group", "shelf", "ranking"],
        columns="measure",
        values="cell",
        aggfunc="first",
        sort=False,
    ).to_string()
