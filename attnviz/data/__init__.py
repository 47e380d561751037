"""Interaction logs: reading, checking, splitting, and what was known before."""

from .checks import find_problems
from .counts import popularity_numbers
from .features import Batch, Features
from .fields import Field
from .histories import MAX_CHOSEN, Chosen
from .likeness import likeness_numbers
from .log import InteractionLog
from .offer import never_chosen, on_offer_since
from .past import history, popularity, visible_reviews
from .planted import PlantedShop, planted_shop
from .problems import DataProblems
from .prompts import prompt_parts
from .readers import MarkedReviews, download, read_airbnb, read_amazon, read_table, read_yelp_hat
from .schema import Schema
from .tables import Tables
from .words import describe, in_words

__all__ = [
    "Batch",
    "Chosen",
    "DataProblems",
    "Features",
    "Field",
    "InteractionLog",
    "MAX_CHOSEN",
    "MarkedReviews",
    "PlantedShop",
    "Schema",
    "Tables",
    "describe",
    "download",
    "find_problems",
    "history",
    "in_words",
    "likeness_numbers",
    "never_chosen",
    "on_offer_since",
    "planted_shop",
    "popularity",
    "popularity_numbers",
    "prompt_parts",
    "read_airbnb",
    "read_amazon",
    "read_table",
    "read_yelp_hat",
    "visible_reviews",
]
