"""What did not happen: sampled negatives, candidates to score, and labels of other rows."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import pandas as pd

from .tables import Tables

T = TypeVar("T", bound=Tables)


def sample_negatives(tables: T, num_negatives: int = 4, *, seed: int = 0) -> T:
    """Add items that the user never took, as rows with label 0.

    Rows of one user at one time share no negative, so that no row occurs twice.

    Args:
        tables: An InteractionLog with implicit=True whose labels are all 1.
        num_negatives: How many for each row, 1 or more.
        seed: The same seed gives the same negatives.

    Returns:
        A log in which each row is followed by its negatives (same user, same time, label 0, no review). Where
        the user left too few items, there are fewer; how many are missing is counted in `dropped`.

    Raises:
        ValueError: When the log is not implicit, has rows with label 0, or num_negatives is below 1.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({"user_id": ["ann"], "item_id": ["loft"], "timestamp": ["2025-01-01"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "room"]}), implicit=True)
        >>> sample_negatives(log, 1).interactions[["user_id", "item_id", "label"]].values.tolist()
        [['ann', 'loft', 1], ['ann', 'room', 0]]
        >>> sample_negatives(log, 2).dropped
        {'negatives: the user took too many of the items': 1}

    Taught in chapter 2.
    """
    _require_choices(tables, num_negatives)
    rows = tables.interactions
    source, item, missing = _draw(tables, num_negatives, np.random.default_rng(seed))
    negatives = rows.iloc[source].assign(item_id=tables.items["item_id"].array[item], label=0, review="")
    order = np.argsort(np.concatenate([np.arange(len(rows)), source]), kind="stable")
    sampled = tables.with_interactions(pd.concat([rows, negatives]).iloc[order])
    if missing:
        sampled.dropped = {**tables.dropped, "negatives: the user took too many of the items": missing}
    return sampled


def candidates(
    tables: T,
    users: str | Iterable[str],
    items: Iterable[str] | None = None,
    *,
    at: str | pd.Timestamp | None = None,
) -> T:
    """A log with one row for each user and item, to be scored; its labels are placeholders (0).

    Args:
        tables: An InteractionLog.
        users: One user_id or several.
        items: Several item_ids; None: all items.
        at: The time of the rows, which decides what they may see of the past (without a zone: UTC). None:
            just after the last row of the past.

    Returns:
        A log with len(users) * len(items) rows, user by user.

    Raises:
        ValueError: When a user or an item is not in the log.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({"user_id": ["ann"], "item_id": ["loft"], "timestamp": ["2025-01-01"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "room"]}), implicit=True)
        >>> candidates(log, "ann").interactions[["user_id", "item_id", "label"]].values.tolist()
        [['ann', 'loft', 0], ['ann', 'room', 0]]
    """
    users = [users] if isinstance(users, str) else list(users)
    items = tables.items["item_id"].tolist() if items is None else list(items)
    known = tables.past["user_id"] if tables.users is None else tables.users["user_id"]
    _require_known("users", users, known)
    _require_known("items", items, tables.items["item_id"])
    moment = (
        tables.past["timestamp"].max() + pd.Timedelta(1, "us") if at is None else pd.to_datetime(at, utc=True)
    )
    rows = pd.DataFrame(
        {"user_id": np.repeat(users, len(items)), "item_id": np.tile(items, len(users))}, dtype=str
    )
    rows = rows.assign(timestamp=moment, label=0, review="")
    return tables.with_interactions(rows.astype(tables.interactions.dtypes.to_dict()))


def shuffle_labels(tables: T, *, seed: int = 0) -> T:
    """Deal the labels out to other rows: the same shoppers, items and times, and nothing to learn.

    `past` keeps its labels, so that what a row shows of its history is what it was.
    The truth of a planted log stays that of its rows: the labels no longer follow it.

    Args:
        tables: An InteractionLog with labels 0 and 1.
        seed: The same seed gives the same labels.

    Returns:
        A log with as many 1s as before, in random rows.

    Raises:
        ValueError: When all labels are the same.

    Example:
        >>> from attnviz.data import planted_shop
        >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
        >>> shuffled = shuffle_labels(shop)
        >>> bool(shuffled.interactions["label"].sum() == shop.interactions["label"].sum())
        True

    Paper: Adebayo et al. (2018), "data randomization test". Taught in chapter 12.
    """
    rows = tables.interactions
    if rows["label"].nunique() < 2:
        raise ValueError(
            "the log must hold labels 0 and 1, but all are the same: add negatives with sample_negatives()"
        )
    labels = np.random.default_rng(seed).permutation(rows["label"].to_numpy())
    return tables.with_interactions(rows.assign(label=labels))


def _require_choices(tables: Tables, num_negatives: int) -> None:
    if num_negatives < 1:
        raise ValueError(f"num_negatives must be 1 or more, got {num_negatives}")
    if not tables.implicit:
        raise ValueError("negatives are sampled for implicit logs only; this log has labels of its own")
    zeros = int((tables.interactions["label"] == 0).sum())
    if zeros:
        raise ValueError(
            f"the log has {zeros:,} rows with label 0 already; sample from the log without negatives"
        )


def _require_known(name: str, asked: list[str], known: pd.Series) -> None:
    unknown = sorted(set(asked) - set(known), key=str)
    if unknown:
        shown = ", ".join(map(repr, unknown[:3]))
        raise ValueError(f"{name}: {len(unknown):,} of {len(asked):,} are not in the log, first {shown}")


def _draw(tables: Tables, num_negatives: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """For each negative the row that it is for and its item code; and how many could not be drawn."""
    taken, start, user = _taken_items(tables)
    group = tables.interactions.groupby(["user_id", "timestamp"], sort=False).ngroup().to_numpy()
    group_rows = np.bincount(group)
    group_user = np.zeros(len(group_rows), dtype=np.int64)
    group_user[group] = user
    free = len(tables.items) - np.diff(start)[group_user]
    wanted = group_rows * num_negatives
    number = np.minimum(wanted, free)
    rank = _distinct_ranks(number, free, rng)
    drawn_for = np.repeat(np.arange(len(number)), number)
    place = np.arange(len(rank)) - np.repeat(np.cumsum(number) - number, number)
    source = _row_in_group(group, group_rows, drawn_for, place)
    return source, _free_items(rank, group_user[drawn_for], taken, start), int((wanted - number).sum())


def _taken_items(tables: Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted item codes taken by each user, where each user's stretch starts, the user code of each row."""
    pairs = pd.concat([tables.past, tables.interactions], ignore_index=True)[["user_id", "item_id", "label"]]
    user, names = pd.factorize(pairs["user_id"])
    item = pd.Index(tables.items["item_id"]).get_indexer(pairs["item_id"])
    chosen = pairs["label"].to_numpy() == 1
    pair = np.unique(user[chosen] * np.int64(len(tables.items)) + item[chosen])
    start = np.searchsorted(pair, np.arange(len(names) + 1) * np.int64(len(tables.items)))
    return pair % len(tables.items), start, user[len(tables.past) :]


def _distinct_ranks(number: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each group, `number` different integers below `free`, in random order (Floyd's algorithm)."""
    first = np.cumsum(number) - number
    ranks = np.zeros(number.sum(), dtype=np.int64)
    for drawn in range(number.max(initial=0)):
        active = np.flatnonzero(number > drawn)
        top = free[active] - number[active] + drawn
        draw = rng.integers(0, top + 1)
        earlier = ranks[first[active, None] + np.arange(drawn)]  # (group, drawn)
        ranks[first[active] + drawn] = np.where((earlier == draw[:, None]).any(axis=1), top, draw)
    group = np.repeat(np.arange(len(number)), number)
    return ranks[np.lexsort((rng.random(len(ranks)), group))]


def _free_items(rank: np.ndarray, user: np.ndarray, taken: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The item that is number `rank` among those which the user did not take."""
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    free_before = taken - (np.arange(len(taken)) - start[owner])  # free items below each taken one
    stride = np.int64(max(taken.max(initial=0), rank.max(initial=0)) + 2)
    skipped = np.searchsorted(owner * stride + free_before, user * stride + rank, side="right") - start[user]
    return rank + skipped


def _row_in_group(
    group: np.ndarray, group_rows: np.ndarray, drawn_for: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """Deal the negatives of a group out to its rows in turn."""
    by_group = np.argsort(group, kind="stable")
    first = np.cumsum(group_rows) - group_rows
    return by_group[first[drawn_for] + place % group_rows[drawn_for]]
