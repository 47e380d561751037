"""The planted shop's shoppers and products, drawn from a seed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .grammar import ASPECTS, sentence_table, write_reviews
from .names import product_names, shopper_names

VARIANTS = ("additive", "soft", "interaction", "network", "forest", "twins")
SEGMENT_SHARES = np.array([0.35, 0.40, 0.10, 0.15])  # deciders by tags, reviews, price, brand
TAGS = (
    "waterproof", "light", "cotton", "wool", "recycled", "handmade", "vegan", "warm", "foldable", "washable",
    "windproof", "padded", "quick-dry", "reflective", "stretch", "hooded", "slim", "roomy",
    "colourful", "plain",
)  # fmt: skip
BRANDS = ("Alder", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Heath", "Islet", "Juniper")
CATEGORIES = ("jacket", "backpack", "boots", "tent", "gloves", "blanket")
BEHAVIOURS = (
    "filtered by tag", "searched a tag", "opened tag page",
    "opened reviews", "sorted by rating", "scrolled reviews",
    "sorted by price", "used a coupon", "compared prices",
    "opened brand page", "followed a brand", "searched a brand",
)  # fmt: skip
REVIEWS_PER_ITEM = 3
TAGS_PER_ITEM = 4
_NUM_TREES, _FIELDS_PER_TREE, _THRESHOLD_SPREAD = 100, 3, 0.15
_TAG_STEP = len(TAGS) // len(BRANDS)  # of twins: a brand's tags begin two after those of the one before
_BRAND_TAGS = np.array(
    [np.roll(np.arange(len(TAGS)) < TAGS_PER_ITEM, _TAG_STEP * number) for number in range(len(BRANDS))]
)
_LAUNCH_SECONDS, _YEAR_SECONDS = 30 * 86_400, 365 * 86_400
_START = pd.Timestamp("2025-01-01", tz="UTC")


@dataclass(frozen=True)
class World:
    """What the shop knows and what stays hidden; arrays are aligned with the rows of `users` and `items`."""

    variant: str
    users: pd.DataFrame
    items: pd.DataFrame
    segment: np.ndarray  # (user,) hidden
    gates: np.ndarray  # (segment, deciding field), rows sum to 1
    rates: np.ndarray  # (segment, behaviour), of Poisson counts
    tastes: np.ndarray  # (user, tag), -1 or +1
    affinities: np.ndarray  # (user, brand)
    budgets: np.ndarray  # (user,) log price
    counts: np.ndarray  # (user, behaviour)
    item_tags: np.ndarray  # (item, tag), 0 or 1
    item_brand: np.ndarray  # (item,)
    item_log_price: np.ndarray  # (item,)
    review_texts: np.ndarray  # (item, review)
    deciding_words: dict[str, tuple[str, ...]]
    network: tuple[np.ndarray, np.ndarray]  # of the variant "network"
    forest: tuple[np.ndarray, np.ndarray]  # of the variant "forest": (tree, question), field and threshold


def draw_world(num_users: int, num_items: int, variant: str, rng: np.random.Generator) -> World:
    """Draw shoppers and products.

    Raises:
        ValueError: If the variant is unknown.
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant must be one of {VARIANTS}, got {variant!r}")
    gates = _gates(variant)
    rates = 0.6 + 2.2 * np.repeat(gates, 3, axis=1)
    network = rng.normal(size=(4, 16)), rng.normal(size=16)
    return World(
        variant=variant, gates=gates, rates=rates, network=network, forest=_draw_forest(rng.spawn(1)[0]),
        deciding_words=sentence_table()[1],
        **_draw_users(num_users, rates, variant, rng), **_draw_items(num_items, variant, rng),
    )  # fmt: skip


def _gates(variant: str) -> np.ndarray:
    own_share = 0.6 if variant == "soft" else 0.85
    others = (1 - own_share) / 3
    gates = np.full((4, 4), others) + np.eye(4) * (own_share - others)
    if variant == "twins":  # nothing tells tags and brand apart, so they share what they have
        gates[:, [0, 3]] = gates[:, [0, 3]].mean(axis=1, keepdims=True)
    return gates


def _draw_forest(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    fields = rng.permuted(np.tile(np.arange(4), (_NUM_TREES, 1)), axis=1)[:, :_FIELDS_PER_TREE]
    return fields, rng.normal(scale=_THRESHOLD_SPREAD, size=fields.shape)


def _draw_users(num_users: int, rates: np.ndarray, variant: str, rng: np.random.Generator) -> dict:
    segment = rng.choice(4, size=num_users, p=SEGMENT_SHARES)
    tastes = rng.choice([-1.0, 1.0], size=(num_users, len(TAGS)))
    affinities = rng.normal(size=(num_users, len(BRANDS))).round(3)
    if variant == "twins":  # she likes a brand for its tags
        affinities = tastes @ _BRAND_TAGS.T / TAGS_PER_ITEM
    budgets = rng.normal(3.4, 0.5, size=num_users).round(3)
    counts = rng.poisson(rates[segment])
    columns: dict[str, list[str] | np.ndarray] = {"user_id": shopper_names(num_users)}
    columns |= {f"taste {tag}": tastes[:, i] for i, tag in enumerate(TAGS)}
    columns |= {f"affinity {brand}": affinities[:, i] for i, brand in enumerate(BRANDS)}
    columns |= {"budget": budgets}
    columns |= {behaviour: counts[:, i].astype(float) for i, behaviour in enumerate(BEHAVIOURS)}
    return dict(users=pd.DataFrame(columns), segment=segment, tastes=tastes, affinities=affinities,
                budgets=budgets, counts=counts)  # fmt: skip


def _draw_items(num_items: int, variant: str, rng: np.random.Generator) -> dict:
    category = rng.integers(len(CATEGORIES), size=num_items)
    liking = rng.normal(size=(len(CATEGORIES), len(TAGS)))  # a category prefers some tags
    ranks = (liking[category] + rng.gumbel(size=(num_items, len(TAGS)))).argsort(axis=1)
    item_tags = np.zeros((num_items, len(TAGS)))
    np.put_along_axis(item_tags, ranks[:, -TAGS_PER_ITEM:], 1.0, axis=1)
    level = np.linspace(-0.5, 0.5, len(CATEGORIES))  # and a price level
    price = np.exp(rng.normal(3.4, 0.5, size=num_items) + level[category]).round(2)
    brand = rng.integers(len(BRANDS), size=num_items)
    if variant == "twins":  # all products of a brand have its tags, and no other brand has them
        brand = ranks[:, -1] // _TAG_STEP
        item_tags = _BRAND_TAGS[brand].astype(float)
    brands, categories = [BRANDS[b] for b in brand], [CATEGORIES[c] for c in category]
    items = pd.DataFrame({
        "item_id": [f"i{number}" for number in range(num_items)],
        "title": product_names(brands, categories),
        "tags": [[TAGS[i] for i in np.flatnonzero(row)] for row in item_tags],
        "price": price,
        "category": categories,
        "brand": brands,
    })  # fmt: skip
    return dict(items=items, item_tags=item_tags, item_brand=brand, item_log_price=np.log(price),
                review_texts=_draw_reviews(num_items, rng))  # fmt: skip


def _draw_reviews(num_items: int, rng: np.random.Generator) -> np.ndarray:
    chance = rng.beta(0.7, 0.7, size=(num_items, 1, len(ASPECTS)))  # how good the item is in each aspect
    shape = (num_items, REVIEWS_PER_ITEM, len(ASPECTS))
    positive, mentioned = rng.random(shape) < chance, rng.random(shape) < 0.9
    texts = write_reviews(positive.reshape(-1, len(ASPECTS)), mentioned.reshape(-1, len(ASPECTS)), rng)
    return np.array(texts, dtype=object).reshape(shape[:2])


def draw_interactions(world: World, num_interactions: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw who looks at what and when: each item's launch, whose shoppers write its reviews, then a year.

    Returns:
        DataFrame user_id, item_id, timestamp, label (all 0: labels are drawn later), review; sorted by time.
    """
    num_users, num_items = len(world.users), len(world.items)
    num_launch = num_items * REVIEWS_PER_ITEM
    num_later = num_interactions - num_launch
    step = rng.integers(1, num_users // REVIEWS_PER_ITEM, size=(num_items, 1))
    first = rng.integers(num_users, size=(num_items, 1))
    launch_users = (first + step * np.arange(REVIEWS_PER_ITEM)) % num_users  # three different shoppers
    seconds = np.concatenate([
        rng.choice(_LAUNCH_SECONDS, size=num_launch, replace=False),
        _LAUNCH_SECONDS + rng.choice(_YEAR_SECONDS, size=num_later, replace=False),
    ])  # fmt: skip
    user = np.concatenate([launch_users.ravel(), rng.integers(num_users, size=num_later)])
    item = np.concatenate(
        [np.repeat(np.arange(num_items), REVIEWS_PER_ITEM), rng.integers(num_items, size=num_later)]
    )
    review = np.concatenate([world.review_texts.ravel(), np.full(num_later, "", dtype=object)])
    frame = pd.DataFrame({
        "user_id": world.users["user_id"].to_numpy()[user],
        "item_id": world.items["item_id"].to_numpy()[item],
        "timestamp": _START + pd.to_timedelta(seconds, unit="s"),
        "label": np.zeros(num_interactions, dtype=np.int64),
        "review": review,
    })  # fmt: skip
    return frame.sort_values("timestamp", kind="stable", ignore_index=True)
