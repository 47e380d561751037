"""Products in words, for people."""

from collections.abc import Sequence

import pandas as pd

from .fields import REVIEWS
from .known import require_known
from .tables import Tables


def in_words(
    value: Sequence[str] | float | None, *, unknown: str = "unknown", no_tags: str = "no tags"
) -> str:
    """The value of an item's field in words.

    Args:
        value: As it stands in the items: text, a number, a list of tags, or None.
        unknown: What None, NaN and an empty text are called.
        no_tags: What an empty list is called.

    Example:
        >>> in_words(["warm", "red"]), in_words(4.5), in_words(None)
        ('warm, red', '4.50', 'unknown')
    """
    if isinstance(value, str):
        return value or unknown
    if isinstance(value, float) or value is None:
        return unknown if pd.isna(value) else f"{value:.2f}"
    return ", ".join(value) or no_tags


def describe(tables: Tables, items: Sequence[str]) -> list[dict[str, str]]:
    """Each product in words: its title and, for each field, its text; of the reviews the latest three.

    Raises:
        ValueError: If an item is not in the log.
    """
    require_known("items", items, tables.items["item_id"])
    known = tables.items.set_index("item_id")
    reviews = tables.past[tables.past["review"] != ""].groupby("item_id")["review"].apply(list)
    described = []
    for item_id in items:
        content = known.loc[item_id]
        words = {"title": content["title"]}
        for field in tables.fields:
            latest = " / ".join(reviews.get(item_id, [])[-3:])
            words[field.name] = (
                (latest or "no review") if field.name == REVIEWS else in_words(content[field.name])
            )
        described.append(words)
    return described
