"""The recommender on a real log: one recipe, its controls and what is left out, and scores of the whole shelf."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

import attnviz as av

from .shelf_queries import Queries

ROWS_AT_ONCE = 1 << 17


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
