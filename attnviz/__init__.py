"""Attention-based explainable recommendation: the weights, the pictures, and the tests of both.

This face holds the names of a first day. All others are reached by their room: `av.metrics.kendall_tau`.
"""

from importlib import import_module
from types import ModuleType

from . import attention, data, explanation, language, metrics, recommender, recording, trees
from .attention import multihead_attention, point_attention, reduce_weights, rollout, self_attention
from .data import (
    Field,
    InteractionLog,
    Schema,
    download,
    find_problems,
    planted_shop,
    read_airbnb,
    read_amazon,
    read_table,
)
from .explanation import (
    Removal,
    adversarial_weights,
    attribute,
    completeness_gap,
    comprehensiveness,
    permuted_weights,
    sufficiency,
    uniform_weights,
)
from .language import TextEncoder, attention_inside
from .recommender import (
    AttentionRecommender,
    fit,
    predict,
    rank_held_out,
    ranking_table,
    read_weights,
    recommend,
)
from .recording import capture
from .storage import course_folder
from .trees import weight_trees

__version__ = "0.1.0"

__all__ = [
    "AttentionRecommender",
    "Field",
    "InteractionLog",
    "Removal",
    "Schema",
    "TextEncoder",
    "adversarial_weights",
    "attention",
    "attention_inside",
    "attribute",
    "capture",
    "completeness_gap",
    "comprehensiveness",
    "course_folder",
    "data",
    "download",
    "explanation",
    "find_problems",
    "fit",
    "language",
    "metrics",
    "multihead_attention",
    "permuted_weights",
    "planted_shop",
    "plots",
    "point_attention",
    "predict",
    "rank_held_out",
    "ranking_table",
    "read_airbnb",
    "read_amazon",
    "read_table",
    "read_weights",
    "recommend",
    "recommender",
    "recording",
    "reduce_weights",
    "rollout",
    "self_attention",
    "sufficiency",
    "trees",
    "uniform_weights",
    "weight_trees",
    "widgets",
]

_LAZY = ("plots", "widgets")


def __getattr__(name: str) -> ModuleType:
    """Import `plots` and `widgets` when they are first used: they bring in matplotlib and Jupyter."""
    if name in _LAZY:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
