"""Held-out choices, each ranked against sampled items: is the recommender better than counting?"""

import numpy as np
import pandas as pd

from ..data.log import InteractionLog
from ..data.offer import never_chosen
from ..data.past import popularity
from ..data.sampling import sample_candidates
from .losses import COUNTED_DAYS
from .model import AttentionRecommender
from .predict import predict
from .ranking import places_of, ranking_table

RECENT = f"popularity, {COUNTED_DAYS} days"


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
        "never chosen before", one bit; with the lead of the model over each, paired and by user. A log
        without times has the first only, for nothing is known to be earlier. If this bit is far from an AUC
        of .5, the candidates give away by their age which one was chosen, and the other figures with it.

    Paper: Krichene and Rendle (2020) on what sampled rankings can and cannot say.
    Taught in "What about real stays?"
    """
    ranked_by = {"model": predict(model, candidates)}
    if candidates.has_times:
        ranked_by |= {
            "popularity": popularity(candidates),
            RECENT: popularity(candidates, days=COUNTED_DAYS),
            "never chosen before": never_chosen(candidates),
        }
    labels, mask = query_rows(candidates, candidates.interactions["label"].to_numpy())
    scores = {name: query_rows(candidates, values)[0] for name, values in ranked_by.items()}
    chosen = candidates.interactions["label"] == 1
    groups, users = groups_by_history(candidates)[chosen], candidates.interactions["user_id"][chosen]
    return ranking_table(scores, labels, groups, users=users, mask=mask, base="model", top_k=top_k)


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

    Paper: Krichene and Rendle (2020), who ask for all items. Taught in "What about real stays?"
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

    Taught in "What about real stays?"
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
    query, place = places_of(is_choice)
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

    Taught in "What about real stays?"
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
