"""Rankings of the same candidates: the measures of each query, and their means with intervals in a table."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ..metrics.bootstrap import bootstrap_interval
from ..metrics.ranking import check_scores

GROUPS = ("new", "returning", "repeat")


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
        DataFrame, a row a query: ndcg and hit_rate among the first top_k, as `attnviz.metrics` defines them,
        here counted for all queries at once; and auc, the share of the other candidates that score below the
        chosen one, NaN if there is no other. All in [0, 1], higher is better; ties count as chance would have
        them.

    Raises:
        ValueError: If the shapes differ, a score is NaN, or a query has not exactly one chosen item.

    Example:
        >>> table = query_measures(np.array([[3, 1, 3, 0]]), np.array([[1, 0, 0, 0]]), top_k=1)
        >>> table.round(2).values.tolist()
        [[0.5, 0.5, 0.83]]

    Paper: Järvelin and Kekäläinen (2002) for NDCG. Taught in "What about real stays?"
    """
    labels, scores = np.asarray(labels), np.asarray(scores)
    mask = np.ones(labels.shape, dtype=bool) if mask is None else np.asarray(mask)
    if labels.ndim != 2 or labels.shape != mask.shape or not ((labels * mask).sum(1) == 1).all():
        raise ValueError(
            "labels must be (query, candidate) with exactly one 1 in each row, where mask is True"
        )
    given = torch.tensor(scores, dtype=torch.float64), torch.tensor(labels)
    check_scores(*given, dims=("query", "candidate"), top_k=top_k)
    shown = torch.tensor(mask)
    above, level = _above_and_level(*given, shown)
    places = torch.arange(labels.shape[1], dtype=torch.float64)
    discounts = torch.where(places < top_k, 1 / (places + 2).log2(), 0.0)
    gained = torch.cat([torch.zeros(1), discounts.cumsum(0)])  # by a chosen item at all of the first n places
    hits = (above + level).clamp(max=top_k) - above.clamp(max=top_k)
    return pd.DataFrame({
        "ndcg": (gained[above + level] - gained[above]) / level,
        "hit_rate": hits.double() / level,
        "auc": query_auc(*given, shown).double(),
    })  # fmt: skip


def _above_and_level(scores: Tensor, labels: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """How many score above the single 1 of each query, and how many as high, itself among them (query,)."""
    chosen = scores[(labels == 1) & mask].unsqueeze(1)  # (query, 1)
    return ((scores > chosen) & mask).sum(1), ((scores == chosen) & mask).sum(1)


def places_of(is_choice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which query each row belongs to (row,), and its place there (row,): 0 for the choice, that is first.

    Args:
        is_choice: (row,), True for a choice, False for each candidate or negative that follows it.

    Example:
        >>> places_of(np.array([True, False, False, True]))
        (array([0, 0, 0, 1]), array([0, 1, 2, 0]))
    """
    query = np.cumsum(is_choice) - 1
    return query, np.arange(len(query)) - np.flatnonzero(is_choice)[query]


def query_auc(scores: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """The AUC of each query (query,): with a single 1, the share of the others that score below it.

    A tie counts one half; NaN where nothing stands beside the 1. All are (query, candidate).
    """
    above, level = _above_and_level(scores, labels, mask)
    others = mask.sum(1) - 1
    return (others - above - (level - 1) / 2) / others


def ranking_table(
    scores: dict[str, np.ndarray],
    labels: np.ndarray,
    groups: np.ndarray,
    *,
    users: ArrayLike | None = None,
    mask: np.ndarray | None = None,
    base: str | None = None,
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
        base: The ranking that each other one is compared with, such as "model"; None: none.
        top_k: See `query_measures`.

    Returns:
        DataFrame group, model (the name of the ranking), n (queries), candidates (their mean number beside
        the chosen item), and for ndcg, hit_rate and auc the mean and the ends of its 95% interval over users
        or queries: ndcg, ndcg_low, ndcg_high, and so on. Those of `GROUPS` come in that order, then the
        others. With a base also its lead over each ranking, the mean difference query by query, with an
        interval likewise: ndcg_lead, ndcg_lead_low, ndcg_lead_high, and so on; above 0 the base is higher.

    Raises:
        ValueError: As `query_measures`, or if groups or users are not one for each query, or base is not
            among the scores.

    Example:
        >>> labels = np.array([[1, 0, 0], [0, 1, 0]])
        >>> scores = {"good": labels, "constant": labels * 0}
        >>> table = ranking_table(scores, labels, np.array(["new", "new"]), top_k=1)
        >>> table[["group", "model", "n", "hit_rate", "auc"]].round(2).values.tolist()
        [['new', 'good', 2, 1.0, 1.0], ['new', 'constant', 2, 0.33, 0.5]]
        >>> table = ranking_table(scores, labels, np.array(["new", "new"]), base="good", top_k=1)
        >>> table["auc_lead"].tolist()
        [0.0, 0.5]

    Taught in "What about real stays?"
    """
    if base is not None and base not in scores:
        raise ValueError(f"base must be one of the scores {list(scores)}, got {base!r}")
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
    rows = []
    for group in sorted(set(groups.tolist()), key=lambda group: (*GROUPS, group).index(group)):
        inside = groups == group
        beside = mask[inside].sum(1).mean() - 1
        for name, table in measured.items():
            row = {"group": group, "model": name, "n": int(inside.sum()), "candidates": beside}
            row |= _intervals(table[inside], users[inside])
            if base is not None:
                lead = (measured[base] - table)[inside].add_suffix("_lead")
                row |= _intervals(lead, users[inside])
            rows.append(row)
    return pd.DataFrame(rows)


def _intervals(part: pd.DataFrame, users: np.ndarray) -> dict[str, float]:
    """The mean of each column and the ends of its interval."""
    found: dict[str, float] = {}
    for measure in part:
        mean, low, high, _ = bootstrap_interval(part[measure].tolist(), groups=users)
        found |= {measure: mean, f"{measure}_low": low, f"{measure}_high": high}
    return found
