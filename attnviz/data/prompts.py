"""A row of a log in the words of a prompt: would this shopper like this product?"""

import pandas as pd

from ..attention.checks import check_count
from .fields import COMPUTED, REVIEWS
from .past import history, visible_reviews
from .tables import Tables
from .words import in_words

INSTRUCTION = "You know a customer of a shop. Say whether she will like a product.\n"


QUESTION = "Will she like this product? Answer with Yes or No."


_TOLD = ("tags", "price")  # of a product that she chose before
_UNSAID = dict(unknown="", no_tags="")


def prompt_parts(
    tables: Tables, *, max_history: int = 2, max_reviews: int = 1, max_words: int = 30
) -> list[dict[str, str]]:
    r"""For each row of a log: would this shopper like this product? As named parts of a prompt.

    Only what was known before the row is told, as `history` and `visible_reviews` have it.

    Args:
        tables: An InteractionLog.
        max_history: How many products that she chose before are told, the latest first.
        max_reviews: How many reviews of the product are told, the latest first.
        max_words: A text is cut after so many words.

    Returns:
        A dict a row, part -> text, in the order of the prompt: "instruction", "history 1" (the latest) to
        "history N", "title", the log's fields by their names (but the computed ones), "question". Each
        part is a line of its own.

    Raises:
        ValueError: If max_history, max_reviews or max_words is no whole number of at least 1.

    Example:
        >>> import attnviz as av
        >>> shop = av.planted_shop(num_users=20, num_items=30, num_interactions=400)
        >>> parts = prompt_parts(shop.split()[2], max_history=1)[0]
        >>> list(parts)
        ['instruction', 'history 1', 'title', 'tags', 'reviews', 'price', 'brand', 'category', 'question']
        >>> parts["price"]
        'Price: 29.91\n'

    Taught in "Would an LLM recommend it?"
    """
    for name, value in {"max_history": max_history, "max_words": max_words}.items():
        check_count(name, value)
    items = tables.items.set_index("item_id")
    earlier, written = (
        history(tables, max_items=max_history),
        visible_reviews(tables, max_reviews=max_reviews),
    )
    chosen, reviews = tables.past["item_id"].to_numpy(), tables.past["review"].to_numpy()
    rows = []
    for item, before, said in zip(tables.interactions["item_id"], earlier, written, strict=True):
        parts = {"instruction": INSTRUCTION}
        for place, bought in enumerate((chosen[i] for i in before if i >= 0), start=1):
            parts[f"history {place}"] = _bought(tables, items.loc[bought], max_words)
        product = items.loc[item].to_dict() | {
            REVIEWS: " / ".join(_short(reviews[i], max_words) for i in said if i >= 0)
        }
        parts["title"] = f"Product: {_short(product['title'], max_words)}\n"
        for field in (field for field in tables.fields if field.name != "title" and field not in COMPUTED):
            value = product[field.name]
            words = value if field.name == REVIEWS else _short(in_words(value, **_UNSAID), max_words)
            parts[field.name] = f"{field.name.capitalize()}: {words or 'none'}\n"
        rows.append(parts | {"question": QUESTION})
    return rows


def _bought(tables: Tables, product: pd.Series, max_words: int) -> str:
    """One line of history: a product's title and what is written on it, without reviews."""
    told = {
        field.name: _short(in_words(product[field.name], **_UNSAID), max_words)
        for field in tables.fields
        if field.name in _TOLD
    }
    words = "".join(f", {name} {text}" for name, text in told.items() if text)
    return f"She liked: {_short(product['title'], max_words)}{words}\n"


def _short(text: object, max_words: int) -> str:
    """Somebody's text on one line, cut after so many words."""
    return " ".join(str(text).split()[:max_words])
