"""Held-out choices, each ranked against sampled items: is the recommender better than counting?"""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..data.log import InteractionLog
from ..data.past import popularity
from ..metrics.bootstrap import bootstrap_interval
from ..metrics.ranking import hit_rate, ndcg
from .model import AttentionRecommender
from .predict import predict

GROUPS = ("new", "returning", "repeat")
MEASURES = ("ndcg", "hit_rate", "auc")


def rank_held_out(
    model: AttentionRecommender, candidates: InteractionLog, *, top_k: int = 10
) -> pd.DataFrame:
    """Rank each held-out choice by the model, and beside it by how often the items were chosen before.

    Args:
        model: A trained model.
        candidates: `sampled_candidates` of choices that played no part in the training, such as the last part
            of a split by time.
        top_k: See `query_measures`.

    Returns:
        The `ranking_table` of three rankings in the groups of `groups_by_history`: "model"; "popularity", how
        often the item was chosen before the row's time; "popularity, 90 days", the same over 90 days.

    Paper: Krichene and Rendle (2020) on what sampled rankings can and cannot say. Taught in "Real stays".
    """
    ranked_by = {
        "model": predict(model, candidates),
        "popularity": popularity(candidates),
        "popularity, 90 days": popularity(candidates, days=90),
    }
    labels = candidates.interactions["label"].to_numpy()
    shape = (labels.sum(), -1)
    scores = {name: values.reshape(shape) for name, values in ranked_by.items()}
    groups = groups_by_history(candidates)[labels == 1]
    return ranking_table(scores, labels.reshape(shape), groups, top_k=top_k)


def sampled_candidates(log: InteractionLog, *, num_candidates: int = 100, seed: int = 0) -> InteractionLog:
    """Put beside each choice items to rank it against, drawn from those that this user never chose.

    Each candidate has the user and the time of its choice, so the same past is known of both.

    Args:
        log: An implicit log, all labels 1.
        num_candidates: How many items beside each choice.
        seed: The same seed gives the same candidates.

    Returns:
        A log of len(log) * (1 + num_candidates) rows: each choice (label 1), then its candidates (label 0).

    Raises:
        ValueError: If the log is not implicit, num_candidates is below 1, or a user left too few items.

    Example:
        >>> stays = pd.DataFrame({"user_id": ["ann", "bob"], "item_id": ["loft", "room"],
        ...                       "timestamp": ["2025-01-01", "2025-01-02"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "room", "hut"]}), implicit=True)
        >>> rows = sampled_candidates(log, num_candidates=2).interactions
        >>> rows["user_id"].tolist(), rows["label"].tolist()
        (['ann', 'ann', 'ann', 'bob', 'bob', 'bob'], [1, 0, 0, 1, 0, 0])

    Taught in "Real stays".
    """
    if num_candidates < 1:
        raise ValueError(f"num_candidates must be 1 or more, got {num_candidates}")
    rows = log.sample_negatives(num_candidates, seed)
    wanted = len(log) * (1 + num_candidates)
    if len(rows) != wanted:
        raise ValueError(
            f"num_candidates must be smaller: {len(log.items):,} items, less those that a user chose, "
            f"leave fewer than {num_candidates} candidates for some choices"
        )
    return rows


def groups_by_history(log: InteractionLog) -> np.ndarray:
    """What was known of each row's user before: a group a row, to be reported apart.

    Args:
        log: Any log.

    Returns:
        (row,), strings: "new" (no earlier choice), "returning" (earlier choices, never this item), "repeat"
        (chose this item before: easy to guess from the history, since no candidate was ever chosen).

    Example:
        >>> stays = pd.DataFrame({"user_id": ["ann"] * 3, "item_id": ["loft", "hut", "loft"],
        ...                       "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "hut"]}), implicit=True)
        >>> groups_by_history(log).tolist()
        ['new', 'returning', 'repeat']

    Taught in "Real stays".
    """
    chosen = log.past[log.past["label"] == 1]
    rows = log.interactions
    first_ever = rows["user_id"].map(chosen.groupby("user_id")["timestamp"].min())
    pairs = chosen.groupby(["user_id", "item_id"])["timestamp"].min()
    first_here = pairs.reindex(pd.MultiIndex.from_frame(rows[["user_id", "item_id"]])).to_numpy()
    before, here = first_ever < rows["timestamp"], first_here < rows["timestamp"]
    return np.select([here, before], ["repeat", "returning"], "new")


def query_measures(scores: np.ndarray, labels: np.ndarray, *, top_k: int = 10) -> pd.DataFrame:
    """How high the chosen item of each query stands among its candidates.

    Args:
        scores: (query, candidate), higher is better.
        labels: (query, candidate), a single 1 in each row.
        top_k: Places of the list that count for the first two measures.

    Returns:
        DataFrame, a row a query: ndcg and hit_rate among the first top_k, and auc, the share of the other
        candidates that score below the chosen one. All in [0, 1], higher is better; ties count as chance
        would have them.

    Raises:
        ValueError: If the shapes differ, or a query has not exactly one chosen item.

    Example:
        >>> table = query_measures(np.array([[3, 1, 3, 0]]), np.array([[1, 0, 0, 0]]), top_k=1)
        >>> table.round(2).values.tolist()
        [[0.5, 0.5, 0.83]]

    Paper: Järvelin and Kekäläinen (2002) for NDCG. Taught in "Real stays".
    """
    if labels.ndim != 2 or not (labels.sum(1) == 1).all():
        raise ValueError("labels must be (query, candidate) with exactly one 1 in each row")
    given = torch.tensor(scores, dtype=torch.float64), torch.tensor(labels)
    measures = {"ndcg": ndcg(*given, top_k=top_k), "hit_rate": hit_rate(*given, top_k=top_k)}
    measures["auc"] = _wins(*given)
    return pd.DataFrame({name: values.double() for name, values in measures.items()})


def _wins(scores: Tensor, labels: Tensor) -> Tensor:
    """The AUC of each query (query,): with a single 1, the share of the others that score below it."""
    chosen = scores[labels == 1].unsqueeze(1)  # (query, 1)
    wins = (chosen > scores).sum(1) + ((chosen == scores).sum(1) - 1) / 2
    return wins / (scores.shape[1] - 1)


def ranking_table(
    scores: dict[str, np.ndarray], labels: np.ndarray, groups: np.ndarray, *, top_k: int = 10
) -> pd.DataFrame:
    """Mean measures of several rankings of the same candidates, group by group, with bootstrap intervals.

    Args:
        scores: For each ranking, by name: (query, candidate).
        labels: (query, candidate), a single 1 in each row.
        groups: (query,), names.
        top_k: See `query_measures`.

    Returns:
        DataFrame group, model (the name of the ranking), n (queries), and for ndcg, hit_rate and auc the mean
        and the ends of its 95% interval over queries: ndcg, ndcg_low, ndcg_high, and so on. Those of `GROUPS`
        come in that order, others after them.

    Raises:
        ValueError: As `query_measures`.

    Example:
        >>> labels = np.array([[1, 0, 0], [0, 1, 0]])
        >>> scores = {"good": labels, "constant": labels * 0}
        >>> table = ranking_table(scores, labels, np.array(["new", "new"]), top_k=1)
        >>> table[["group", "model", "n", "hit_rate", "auc"]].round(2).values.tolist()
        [['new', 'good', 2, 1.0, 1.0], ['new', 'constant', 2, 0.33, 0.5]]

    Taught in "Real stays".
    """
    measured = {name: query_measures(values, labels, top_k=top_k) for name, values in scores.items()}
    groups = np.asarray(groups)
    ordered = sorted(set(groups.tolist()), key=lambda group: (*GROUPS, group).index(group))
    rows = []
    for group in ordered:
        for name, table in measured.items():
            part = table[groups == group]
            rows.append({"group": group, "model": name, "n": len(part)} | _intervals(part))
    return pd.DataFrame(rows)


def _intervals(part: pd.DataFrame) -> dict[str, float]:
    found: dict[str, float] = {}
    for measure in MEASURES:
        mean, low, high, _ = bootstrap_interval(part[measure].tolist())
        found |= {measure: mean, f"{measure}_low": low, f"{measure}_high": high}
    return found
