"""What did not happen: sampled negatives, candidates to score, and labels of other rows."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from ..attention.checks import check_count, check_number, check_seed
from .arguments import require_flag
from .columns import parse_times
from .known import require_known
from .own_past import OwnPast
from .shelf import Shelf, distinct_ranks
from .tables import Tables

T = TypeVar("T", bound=Tables)


def sample_negatives(
    tables: T, num_negatives: int = 32, *, on_offer: float = 0.8, own_past: bool = True, seed: int = 0
) -> T:
    """Add items that the user did not take, as rows with label 0.

    Most of them were on offer at the row's time (see `on_offer_since`), so that the model learns to choose,
    and not to tell what was there from what was not; the rest comes from the whole catalogue, so that it
    learns to score items that nobody took yet. What she took before, and not at that time, is on the shelf
    like any other item and as likely to be drawn: else whatever a user knows would be what she takes. In a
    log in which nobody takes an item again, hers are left out: there it is no choice. What she first takes
    later is no negative, as far as the end of these rows knows: what she takes in a held-out part may be
    among the negatives of a training part.
    Rows of one user at one time share no negative, so that no row occurs twice.
    Where a log has no times, all come from the whole catalogue, and rows of one user share none.

    Args:
        tables: An InteractionLog with implicit=True whose labels are all 1.
        num_negatives: How many for each row, 1 or more.
        on_offer: The share of negatives that were on offer, in [0, 1]; the others come from all items.
        own_past: Draw what she took before like any other item on offer; False: never.
        seed: The same seed gives the same negatives.

    Returns:
        A log in which each row is followed by its negatives (same user, same time, label 0, no review). Where
        too few items are left, there are fewer; how many are missing is counted in `dropped`.

    Raises:
        ValueError: When the log is not implicit, has rows with label 0, or an option is out of range.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({"user_id": ["ann", "bob"], "item_id": ["loft", "room"],
        ...                       "timestamp": ["2025-01-01", "2025-01-02"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "room", "hut"]}), implicit=True)
        >>> sample_negatives(log, 1, on_offer=1.0).interactions[["item_id", "label"]].values.tolist()
        [['loft', 1], ['room', 0], ['room', 1], ['loft', 0]]
        >>> sample_negatives(log, 2, on_offer=1.0).dropped
        {'negatives: too few items on offer that the user did not take': 2}

    Paper: Krichene and Rendle (2020) on what is sampled. Taught in "What about real stays?"
    """
    _require_choices(tables)
    check_count("num_negatives", num_negatives)
    check_number("on_offer", on_offer, least=0, most=1)
    require_flag("own_past", own_past)
    check_seed(seed)
    rows, shelf, rng = tables.interactions, Shelf(tables), np.random.default_rng(seed)
    group = rows.groupby(["user_id", "timestamp"], sort=False, dropna=False).ngroup().to_numpy()
    first_row, group_rows = np.unique(group, return_index=True, return_counts=True)[1:]
    free, free_now = shelf.free(first_row)
    wanted = group_rows * num_negatives
    anywhere = rng.binomial(wanted, 1 - on_offer)
    past = OwnPast(tables) if own_past else None
    own = past.among(first_row, free_now, wanted - anywhere, rng) if past else np.zeros_like(wanted)
    now = np.minimum(wanted - anywhere - own, free_now)
    anywhere = np.minimum(anywhere, free - now)
    drawn_for, rank = distinct_ranks(now, free_now, anywhere, free, rng)
    drawn = pd.Series(shelf.items(first_row[drawn_for], rank), index=drawn_for)
    if past and own.any():
        drawn = _mixed(drawn, *past.draw(first_row, own, rng), rng)
    place = np.arange(len(drawn)) - np.searchsorted(drawn.index, drawn.index)
    source = _row_in_group(group, group_rows, drawn.index.to_numpy(), place)
    kind = "negatives: too few items on offer that the user did not take"
    return _beside(tables, source, drawn.array, {kind: (wanted - own - now - anywhere).sum()})


def sample_candidates(
    tables: T, num_candidates: int | None = 100, *, on_offer: bool = True, seed: int = 0
) -> T:
    """Put beside each choice the items to rank it against; `sampled_candidates` says how."""
    _require_choices(tables)
    if num_candidates is not None:
        check_count("num_candidates", num_candidates, otherwise=", or None for all")
    require_flag("on_offer", on_offer)
    check_seed(seed)
    shelf, every = Shelf(tables), np.arange(len(tables))
    free = shelf.free(every)[1 if on_offer else 0]
    wanted = free if num_candidates is None else np.full(len(free), num_candidates)
    number, none = np.minimum(wanted, free), np.zeros_like(free)
    source, rank = distinct_ranks(number, free, none, free, np.random.default_rng(seed))
    kind = (
        "candidates: fewer items on offer than asked for"
        if on_offer and tables.has_times
        else "candidates: fewer items than asked for"
    )
    return _beside(tables, source, shelf.items(source, rank), {kind: (wanted - number).sum()})


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
        ValueError: When a user or an item is not in the log, `at` is no time, or the log has no times.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> stays = pd.DataFrame({"user_id": ["ann"], "item_id": ["loft"], "timestamp": ["2025-01-01"]})
        >>> log = InteractionLog(stays, pd.DataFrame({"item_id": ["loft", "room"]}), implicit=True)
        >>> candidates(log, "ann").interactions[["user_id", "item_id", "label"]].values.tolist()
        [['ann', 'loft', 0], ['ann', 'room', 0]]
    """
    users = _several("users", users)
    items = tables.items["item_id"].tolist() if items is None else _several("items", items)
    known = tables.past["user_id"] if tables.users is None else tables.users["user_id"]
    require_known("users", users, known)
    require_known("items", items, tables.items["item_id"])
    moment = tables.past["timestamp"].max() + pd.Timedelta(1, "us") if at is None else _moment(tables, at)
    rows = pd.DataFrame(
        {"user_id": np.repeat(users, len(items)), "item_id": np.tile(items, len(users))}, dtype=str
    )
    times = pd.Series(moment, index=rows.index, dtype=tables.interactions["timestamp"].dtype)
    rows = rows.assign(timestamp=times, label=0, review="")
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

    Paper: Adebayo et al. (2018), "data randomization test". Taught in "Does agreement prove anything?"
    """
    check_seed(seed)
    rows = tables.interactions
    if rows["label"].nunique() < 2:
        raise ValueError(
            "the log must hold labels 0 and 1, but all are the same: add negatives with sample_negatives()"
        )
    labels = np.random.default_rng(seed).permutation(rows["label"].to_numpy())
    return tables.with_interactions(rows.assign(label=labels))


def _require_choices(tables: Tables) -> None:
    if not tables.implicit:
        raise ValueError("negatives are sampled for implicit logs only; this log has labels of its own")
    zeros = int((tables.interactions["label"] == 0).sum())
    if zeros:
        raise ValueError(
            f"the log has {zeros:,} rows with label 0 already; sample from the log without negatives"
        )


def _several(name: str, asked: str | Iterable[str]) -> list[str]:
    if not isinstance(asked, Iterable):
        raise TypeError(f"{name} must be an id as text, or several, got {asked!r}")
    return [asked] if isinstance(asked, str) else list(asked)


def _moment(tables: Tables, at: str | pd.Timestamp) -> pd.Timestamp:
    if not tables.has_times:
        raise ValueError(f"at must be None for a log without times, got {at!r}")
    moment = parse_times(pd.Series([at], dtype=object))[0]
    if pd.isna(moment):
        raise ValueError(f"at must be a datetime or ISO 8601 text such as '2025-01-31', got {at!r}")
    return moment


def _beside(tables: T, source: np.ndarray, items: np.ndarray, missing: dict[str, int]) -> T:
    """The rows of a log, each followed by the items that were drawn for it, and what could not be drawn."""
    rows = tables.interactions
    drawn = rows.iloc[source].assign(item_id=items, label=0, review="")
    order = np.argsort(np.concatenate([np.arange(len(rows)), source]), kind="stable")
    sampled = tables.with_interactions(pd.concat([rows, drawn]).iloc[order])
    counted = {kind: int(count) for kind, count in missing.items() if count}
    sampled.dropped = tables.dropped | counted
    return sampled


def _mixed(drawn: pd.Series, group: np.ndarray, items: ExtensionArray, rng: np.random.Generator) -> pd.Series:
    """What was drawn for each group, and more, in random order within a group."""
    both = pd.concat([drawn, pd.Series(items, index=group)])
    return both.iloc[np.lexsort((rng.random(len(both)), both.index))]


def _row_in_group(
    group: np.ndarray, group_rows: np.ndarray, drawn_for: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """Deal the negatives of a group out to its rows in turn."""
    by_group = np.argsort(group, kind="stable")
    first = np.cumsum(group_rows) - group_rows
    return by_group[first[drawn_for] + place % group_rows[drawn_for]]
