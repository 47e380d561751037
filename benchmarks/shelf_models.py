"""The recommender on a real log: one recipe, its controls, what is left out, and scores of whole shelves."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import attnviz as av
from attnviz.recommender.losses import shelf_of_choices

from .shelf_queries import Queries, Window

ROWS_AT_ONCE = 1 << 17
NUM_NEGATIVES, VALID_ROWS = 16, 100_000
FOLDER = Path(__file__).parents[1] / "_build" / "models" / "shelf"


class Recipe(NamedTuple):
    """A model, and how it is trained: nothing of it is tuned.

    Attributes:
        options: Of the model, beside those that all have.
        training: Of `fit`; nothing means its defaults.
        without: Fields that it does not read.
        max_seeds: Fewer than the others have, where it is no rival.
    """

    options: dict = {}
    training: dict = {}
    without: tuple[str, ...] = ()
    max_seeds: int = 5


def trained(recipe: Recipe, window: Window, seed: int) -> av.AttentionRecommender:
    """The recipe's model of a window; one that was trained before is read from `FOLDER`."""
    model = av.AttentionRecommender(
        schema_of(window.train, recipe.without), seed=seed, **OPTIONS | recipe.options
    )
    name = "-".join(map(str, [window.name, *recipe.without, *recipe.options.values(),
                              *recipe.training.values(), seed]))  # fmt: skip
    negatives = window.train.sample_negatives(NUM_NEGATIVES, own_past=False, seed=seed)
    av.fit(model, negatives, stopping_shelf(window), seed=seed, progress=False, resume=True,
           checkpoint=FOLDER / f"{name}.safetensors", **recipe.training)  # fmt: skip
    return model


@lru_cache(maxsize=1)
def stopping_shelf(window: Window) -> av.InteractionLog:
    """Choices of the validation part, each among the whole catalogue; the same for all models of a window."""
    return shelf_of_choices(window.valid.log, rows=VALID_ROWS)


def schema_of(train: av.InteractionLog, without: tuple[str, ...]) -> av.Schema:
    """The schema of what is known at the end of the training part, less some fields."""
    known = train.with_interactions(train.interactions, past=train.interactions)
    schema = av.Schema.of(known)
    fields = tuple(field for field in schema.fields if field.name not in without)
    numbers = {name: scales for name, scales in schema.numbers.items() if name not in without}
    return replace(schema, fields=fields, numbers=numbers)


def shelf_scores(model: av.AttentionRecommender, queries: Queries) -> np.ndarray:
    """The model's probability of each item for each query (query, item)."""
    which, logs = asked_once(queries)
    return np.concatenate([av.predict(model, log) for log in logs]).reshape(-1, len(queries.log.items))[which]


def asked_once(queries: Queries) -> tuple[np.ndarray, Iterator[av.InteractionLog]]:
    """Logs of all items for each different question, and which question each query asks.

    All users of whom nothing is known at one time ask the same.
    """
    rows = queries.log.interactions
    user = rows["user_id"].where(queries.taken[:, 0] >= 0, "")
    which, _ = pd.factorize(pd.Series(list(zip(user, rows["timestamp"], strict=True))))
    first = np.unique(which, return_index=True)[1]
    return which, _with_all_items(queries.log, rows.iloc[first])


def _with_all_items(log: av.InteractionLog, asking: pd.DataFrame) -> Iterator[av.InteractionLog]:
    items = log.items["item_id"].to_numpy()
    at_once = max(1, ROWS_AT_ONCE // len(items))
    for start in range(0, len(asking), at_once):
        part = asking.iloc[start : start + at_once]
        rows = part.loc[part.index.repeat(len(items))].assign(item_id=np.tile(items, len(part)), review="")
        yield log.with_interactions(rows.astype(log.interactions.dtypes.to_dict()))


OPTIONS = dict(embed_dim=16, values="normalised")
MODELS = {
    "model": Recipe(),
    "no attention": Recipe(dict(attention="none", values="raw"), max_seeds=1),
    "uniform weights": Recipe(dict(attention="uniform"), max_seeds=1),
    "model, raw values": Recipe(dict(values="raw"), max_seeds=1),
    "model without popularity": Recipe(without=("popularity",), max_seeds=1),
    "model without likeness": Recipe(without=("likeness",), max_seeds=1),
    "model, binary loss": Recipe(training=dict(loss="binary", epochs=5), max_seeds=1),
}
