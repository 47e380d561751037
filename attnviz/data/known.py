"""Is this user, is this item in the log? An error that names those which look like it."""

from collections.abc import Sequence
from difflib import get_close_matches

import pandas as pd

from .tables import Tables


def require_user(tables: Tables, user: str) -> None:
    """Raise a ValueError unless the log knows this user_id.

    Example:
        >>> from attnviz import planted_shop
        >>> require_user(planted_shop(num_users=50, num_items=20, num_interactions=200), "BEN")
        Traceback (most recent call last):
            ...
        ValueError: user 'BEN' is not in the log: give one of its user_ids, such as 'Ben'...
    """
    listed = [] if tables.users is None else [tables.users["user_id"]]
    _require("user", user, tables.past["user_id"], *listed)


def require_item(tables: Tables, item: str) -> None:
    """Raise a ValueError unless the log holds this item_id."""
    _require("item", item, tables.items["item_id"])


def require_known(name: str, asked: Sequence[str], known: pd.Series) -> None:
    """Raise a ValueError that names the argument unless all ids asked for are among those known."""
    unknown = sorted(set(asked) - set(known), key=str)
    if unknown:
        shown = ", ".join(map(repr, unknown[:3]))
        raise ValueError(
            f"{name}: {len(unknown):,} of {len(asked):,} are not in the log, first {shown}; "
            f"give a list of ids that it holds, such as {known.iloc[0]!r}"
        )


def _require(what: str, asked: str, *known: pd.Series) -> None:
    if any((ids == asked).any() for ids in known):
        return
    ids = pd.concat(known).drop_duplicates()
    folded = dict(zip(ids.str.casefold(), ids, strict=True))
    close = [folded[name] for name in get_close_matches(str(asked).strip().casefold(), folded)]
    shown = ", ".join(map(repr, close or ids.iloc[:1]))
    raise ValueError(f"{what} {asked!r} is not in the log: give one of its {what}_ids, such as {shown}")
