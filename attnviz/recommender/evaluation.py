"""Held-out choices, each ranked against sampled items: is the recommender better than counting?"""

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ..data.log import InteractionLog
from ..data.offer import never_chosen
from ..data.past import popularity
from ..data.sampling import sample_candidates
from ..metrics.bootstrap import bootstrap_interval
from ..metrics.ranking import check_scores, hit_rate, ndcg
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
        The `ranking_table` of four rankings in the groups of `groups_by_history`: "model"; "popularity", how
        often the item was chosen before the row's time; "popularity, 90 days", the same over 90 days; and
        "never chosen before", one bit. A log without times has the first only, for nothing is known to be
        earlier. If this bit is far from an AUC of .5, the candidates give away by
        their age which one was chosen, and the other figures with it.

    Paper: Krichene and Rendle (2020) on what sampled rankings can and cannot say. Taught in "Real stays".
    """
    ranked_by = {"model": predict(model, candidates)}
    if candidates.has_times:
        ranked_by |= {
            "popularity": popularity(candidates),
            "popularity, 90 days": popularity(candidates, days=90),
            "never chosen before": never_chosen(candidates),
        }
    labels, mask = query_rows(candidates, candidates.interactions["label"].to_numpy())
    scores = {name: query_rows(candidates, values)[0] for name, values in ranked_by.items()}
    chosen = candidates.interactions["label"] == 1
    groups, users = groups_by_history(candidates)[chosen], candidates.interactions["user_id"][chosen]
    return ranking_table(scores, labels, groups, users=users, mask=mask, top_k=top_k)


def sampled_candidates(
    log: InteractionLog, *, num_candidates: int | None = 100, on_offer: bool = True, seed: int = 0
) -> InteractionLog:
    """Put beside each choice items to rank it against, drawn from those that this user did not choose.

    Each candidate has the user and the time of its choice, so the same past is known of both.

    Args:
        log: An implicit log, all labels 1.
        num_candidates: How many items beside each choice, at most; None: all.
        on_offer: True draws from what was on offer at that time (see `attnviz.data.on_offer_since`); False
            from the whole catalogue, in which much was not there yet: ranking it low is easy. A log without
            times has the whole catalogue only.
        seed: The same seed gives the same candidates.

    Returns:
        A log of each choice (label 1), followed by its candidates (label 0). Where fewer items are left than
        asked for, there are fewer, and `dropped` counts how many are missing.

    Raises:
        ValueError: If the log is not implicit, has rows with label 0, or num_candidates is below 1.

    Example:
        >>> stays = pd.DataFrame({"user_id": ["ann", "bob"], "item_id": ["loft", "room"],
        ...                       "timestamp": ["2025-01-01", "2025-01-02"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "room", "hut"]}), implicit=True)
        >>> rows = sampled_candidates(log, num_candidates=None).interactions
        >>> rows["user_id"].tolist(), rows["item_id"].tolist()
        (['ann', 'ann', 'bob', 'bob'], ['loft', 'room', 'room', 'loft'])
        >>> sampled_candidates(log, num_candidates=2).dropped
        {'candidates: fewer items on offer than asked for': 2}

    Paper: Krichene and Rendle (2020), who ask for all items. Taught in "Real stays".
    """
    return sample_candidates(log, num_candidates, on_offer=on_offer, seed=seed)


def query_rows(candidates: InteractionLog, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was computed for each row of `sampled_candidates`, a query a row.

    Args:
        candidates: Rows, each choice (label 1) before its candidates (label 0).
        values: (row,), such as probabilities.

    Returns:
        (query, candidate), the choice first, 0 in places that no candidate stands in; and the mask of the
        places, True where one stands.

    Raises:
        ValueError: If the first row is no choice, or values has another length or is no numbers.

    Example:
        >>> stays = pd.DataFrame({"user_id": ["ann", "bob"], "item_id": ["loft", "loft"],
        ...                       "timestamp": ["2025-01-01", "2025-02-01"]})
        >>> items = pd.DataFrame({"item_id": ["loft", "room"], "available_from": [None, "2025-01-15"]})
        >>> log = InteractionLog(stays, items, implicit=True)
        >>> query_rows(sampled_candidates(log), np.array([0.2, 0.5, 0.6]))
        (array([[0.2, 0. ],
               [0.5, 0.6]]), array([[ True, False],
               [ True,  True]]))

    Taught in "Real stays".
    """
    is_choice = candidates.interactions["label"].to_numpy() == 1
    values = np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise ValueError(f"values must be numbers (row,), got {values.dtype} {values.shape}")
    if len(values) != len(is_choice) or not is_choice[:1].all():
        raise ValueError(
            f"candidates must be rows of sampled_candidates with one value each, got {len(is_choice):,} rows "
            f"and {len(values):,} values"
        )
    query = np.cumsum(is_choice) - 1
    place = np.arange(len(query)) - np.flatnonzero(is_choice)[query]
    table = np.zeros((is_choice.sum(), place.max() + 1), dtype=values.dtype)
    mask = np.zeros(table.shape, dtype=bool)
    table[query, place], mask[query, place] = values, True
    return table, mask


def groups_by_history(log: InteractionLog) -> np.ndarray:
    """What was known of each row's user before: a group a row, to be reported apart.

    Args:
        log: Any log.

    Returns:
        (row,), strings: "new" (no earlier choice), "returning" (earlier choices, never this item), "repeat"
        (chose this item before: easy to guess from the history, since no candidate was ever chosen); "no
        times" everywhere in a log without times.

    Example:
        >>> stays = pd.DataFrame({"user_id": ["ann"] * 3, "item_id": ["loft", "hut", "loft"],
        ...                       "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "hut"]}), implicit=True)
        >>> groups_by_history(log).tolist()
        ['new', 'returning', 'repeat']

    Taught in "Real stays".
    """
    if not log.has_times:
        return np.full(len(log), "no times")
    chosen = log.past[log.past["label"] == 1]
    rows = log.interactions
    first_ever = rows["user_id"].map(chosen.groupby("user_id")["timestamp"].min())
    pairs = chosen.groupby(["user_id", "item_id"])["timestamp"].min()
    first_here = pairs.reindex(pd.MultiIndex.from_frame(rows[["user_id", "item_id"]])).to_numpy()
    before, here = first_ever < rows["timestamp"], first_here < rows["timestamp"]
    return np.select([here, before], ["repeat", "returning"], "new")


def query_measures(
    scores: np.ndarray, labels: np.ndarray, *, mask: np.ndarray | None = None, top_k: int = 10
) -> pd.DataFrame:
    """How high the chosen item of each query stands among its candidates.

    Args:
        scores: (query, candidate), higher is better.
        labels: (query, candidate), a single 1 in each row.
        mask: (query, candidate), True where a candidate stands; None: everywhere. See `query_rows`.
        top_k: Places of the list that count for the first two measures.

    Returns:
        DataFrame, a row a query: ndcg and hit_rate among the first top_k, and auc, the share of the other
        candidates that score below the chosen one, NaN if there is no other. All in [0, 1], higher is better;
        ties count as chance would have them.

    Raises:
        ValueError: If the shapes differ, a score is NaN, or a query has not exactly one chosen item.

    Example:
        >>> table = query_measures(np.array([[3, 1, 3, 0]]), np.array([[1, 0, 0, 0]]), top_k=1)
        >>> table.round(2).values.tolist()
        [[0.5, 0.5, 0.83]]

    Paper: Järvelin and Kekäläinen (2002) for NDCG. Taught in "Real stays".
    """
    labels, scores = np.asarray(labels), np.asarray(scores)
    mask = np.ones(labels.shape, dtype=bool) if mask is None else np.asarray(mask)
    if labels.ndim != 2 or labels.shape != mask.shape or not ((labels * mask).sum(1) == 1).all():
        raise ValueError(
            "labels must be (query, candidate) with exactly one 1 in each row, where mask is True"
        )
    given = torch.tensor(scores, dtype=torch.float64), torch.tensor(labels)
    check_scores(*given, dims=("query", "candidate"), top_k=top_k)
    given = given[0].masked_fill(~torch.tensor(mask), -torch.inf), given[1]
    measures = {"ndcg": ndcg(*given, top_k=top_k), "hit_rate": hit_rate(*given, top_k=top_k)}
    measures["auc"] = _wins(*given, torch.tensor(mask))
    return pd.DataFrame({name: values.double() for name, values in measures.items()})


def _wins(scores: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """The AUC of each query (query,): with a single 1, the share of the others that score below it."""
    chosen = scores[labels == 1].unsqueeze(1)  # (query, 1)
    others = mask & (labels == 0)
    wins = ((chosen > scores) & others).sum(1) + ((chosen == scores) & others).sum(1) / 2
    return wins / others.sum(1)


def ranking_table(
    scores: dict[str, np.ndarray],
    labels: np.ndarray,
    groups: np.ndarray,
    *,
    users: ArrayLike | None = None,
    mask: np.ndarray | None = None,
    top_k: int = 10,
) -> pd.DataFrame:
    """Mean measures of several rankings of the same candidates, group by group, with bootstrap intervals.

    Args:
        scores: For each ranking, by name: (query, candidate).
        labels: (query, candidate), a single 1 in each row.
        groups: (query,), names.
        users: (query,), whose each query is: an interval then is one over users, each with all queries, since
            those of one user are alike. None: over queries.
        mask: See `query_measures`.
        top_k: See `query_measures`.

    Returns:
        DataFrame group, model (the name of the ranking), n (queries), candidates (their mean number beside
        the chosen item), and for ndcg, hit_rate and auc the mean and the ends of its 95% interval over users
        or queries: ndcg, ndcg_low, ndcg_high, and so on. Those of `GROUPS` come in that order, then the
        others.

    Raises:
        ValueError: As `query_measures`, or if groups or users are not one for each query.

    Example:
        >>> labels = np.array([[1, 0, 0], [0, 1, 0]])
        >>> scores = {"good": labels, "constant": labels * 0}
        >>> table = ranking_table(scores, labels, np.array(["new", "new"]), top_k=1)
        >>> table[["group", "model", "n", "hit_rate", "auc"]].round(2).values.tolist()
        [['new', 'good', 2, 1.0, 1.0], ['new', 'constant', 2, 0.33, 0.5]]

    Taught in "Real stays".
    """
    mask = np.ones(np.shape(labels), dtype=bool) if mask is None else mask
    measured = {
        name: query_measures(values, labels, mask=mask, top_k=top_k) for name, values in scores.items()
    }
    groups, users = np.asarray(groups), np.arange(len(labels)) if users is None else np.asarray(users)
    if not len(groups) == len(users) == len(labels):
        raise ValueError(
            f"groups and users must name one for each of {len(labels):,} queries, "
            f"got {len(groups):,} and {len(users):,}"
        )
    ordered = sorted(set(groups.tolist()), key=lambda group: (*GROUPS, group).index(group))
    rows = []
    for group in ordered:
        beside = mask[groups == group].sum(1).mean() - 1
        for name, table in measured.items():
            part = table[groups == group]
            rows.append(
                {"group": group, "model": name, "n": len(part), "candidates": beside}
                | _intervals(part, users[groups == group])
            )
    return pd.DataFrame(rows)


def _intervals(part: pd.DataFrame, users: np.ndarray) -> dict[str, float]:
    found: dict[str, float] = {}
    for measure in MEASURES:
        mean, low, high, _ = bootstrap_interval(part[measure].tolist(), groups=users)
        found |= {measure: mean, f"{measure}_low": low, f"{measure}_high": high}
    return found
