"""Products in words, for people."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from .fields import ITEM, LIKENESS, POPULARITY, REVIEWS
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


def numbers_in_words(field: str, numbers: Mapping[str, float]) -> str:
    """What a field of several numbers says of a row, in a line.

    Args:
        field: "popularity" or "likeness".
        numbers: Its numbers by name, as `popularity_numbers` and `likeness_numbers` give them; NaN for
            unknown.

    Example:
        >>> numbers_in_words("popularity", {"last 90 days": math.log(13), "all time": math.log(31)})
        'chosen 12 times in the last 90 days, 30 in all'
        >>> like = {"tags, most": 0.61, "also taken": math.log(6), "times taken": 0.0, "same maker": 0.5}
        >>> numbers_in_words("likeness", like)
        'tags .61 like what she chose, 5 also took both, 50% of hers by the same maker'
        >>> numbers_in_words("likeness", dict.fromkeys(like, math.nan))
        'she chose nothing before'
    """
    counts = {name: round(math.expm1(number)) for name, number in numbers.items() if number == number}
    if field == POPULARITY.name:
        if not counts:
            return "unknown"
        return f"chosen {_times(counts['last 90 days'])} in the last 90 days, {counts['all time']} in all"
    if not counts:
        return "she chose nothing before"
    said = [f"chosen by her {_times(counts['times taken'])}"] if counts["times taken"] else []
    if "tags, most" in counts:
        said.append(f"tags {numbers['tags, most']:.2f} like what she chose".replace(" 0.", " ."))
    said.append(f"{counts['also taken']} also took both")
    if "same maker" in counts:
        said.append(f"{numbers['same maker']:.0%} of hers by the same maker")
    return ", ".join(said)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def describe(tables: Tables, items: Sequence[str]) -> list[dict[str, str]]:
    """Each product in words: its title and, for each field, its text; of the reviews the latest three.

    Its popularity is that of the whole past; a likeness is one shopper's, so that none stands here.

    Raises:
        ValueError: If an item is not in the log.
    """
    require_known("items", items, tables.items["item_id"])
    known = tables.items.set_index("item_id")
    chosen = tables.past.loc[tables.past["label"] == 1, "item_id"].value_counts()
    reviews = tables.past[tables.past["review"] != ""].groupby("item_id")["review"].apply(list)
    described = []
    for item_id in items:
        content = known.loc[item_id]
        words = {"title": content["title"]}
        latest = " / ".join(reviews.get(item_id, [])[-3:])
        made = {
            REVIEWS: latest or "no review",
            POPULARITY.name: f"chosen {_times(chosen.get(item_id, 0))} in all",
            LIKENESS.name: "differs from shopper to shopper",
            ITEM.name: item_id,
        }
        for name in (field.name for field in tables.fields):
            words[name] = made[name] if name in made else in_words(content[name])
        described.append(words)
    return described
