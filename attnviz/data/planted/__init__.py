"""A shop whose truth is known."""

from .grammar import ASPECTS, deciding_sentiment, sentence_table, thing_and_opinion
from .oracle import DECIDING_FIELDS, Oracle, shapley_pushes
from .shop import PlantedShop, Truth, planted_shop
from .world import BEHAVIOURS, SEGMENT_SHARES, VARIANTS, World

__all__ = [
    "ASPECTS",
    "BEHAVIOURS",
    "DECIDING_FIELDS",
    "Oracle",
    "PlantedShop",
    "SEGMENT_SHARES",
    "Truth",
    "VARIANTS",
    "World",
    "deciding_sentiment",
    "planted_shop",
    "sentence_table",
    "shapley_pushes",
    "thing_and_opinion",
]
