"""A small shop, a small log of choices and a small model."""

from functools import cache
from typing import Any

import pandas as pd

import attnviz as av
from attnviz import data


@cache
def shop() -> data.PlantedShop:
    """A small planted shop."""
    return av.planted_shop(num_users=40, num_items=12, num_interactions=120)


@cache
def stays() -> av.InteractionLog:
    """A small log of choices."""
    rows = pd.DataFrame({"user_id": ["ann", "bob", "eve"] * 4, "item_id": list("abcdefbcdefa")})
    rows["timestamp"] = pd.date_range("2025-01-01", periods=12)
    return av.InteractionLog(rows, pd.DataFrame({"item_id": list("abcdefgh"), "price": 1.0}), implicit=True)


@cache
def model() -> av.AttentionRecommender:
    """A small model, not trained."""
    return av.AttentionRecommender(shop().schema, embed_dim=4)


def untrained(**options: Any) -> av.AttentionRecommender:
    """A new model with these options."""
    return av.AttentionRecommender(shop().schema, **{"embed_dim": 4} | options)
