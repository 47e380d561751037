"""Attention-based explainable recommendation: the weights, the pictures, and the tests of both."""

from importlib import import_module

from .adversarial import adversarial_weights
from .agreement import average_precision, bootstrap_interval, jensen_shannon, kendall_tau, top_k_overlap
from .answering import answer_attention, answer_attribution, answer_scores, scores_without
from .attention import multihead_attention, point_attention, self_attention
from .attribution import attribute, completeness_gap
from .calibration import Calibration, calibrate
from .capture import capture
from .data.airbnb import read_airbnb
from .data.amazon import read_amazon
from .data.batches import Batch, Schema
from .data.checks import find_problems
from .data.download import download
from .data.log import Field, InteractionLog
from .data.planted import PlantedShop, planted_shop
from .data.problems import DataProblems
from .data.table import read_table
from .data.yelp_hat import MarkedReviews, read_yelp_hat
from .evaluation import groups_by_history, query_measures, rank_held_out, ranking_table, sampled_candidates
from .faithfulness import aopc, comprehensiveness, deletion_curve, insertion_curve, sufficiency
from .flow import gradient_weighted, norm_weighted, rollout
from .inside import Inside, attention_inside
from .mechanisms import reduce_weights
from .orders import best_curve, best_order, random_curve, random_order
from .plausibility import intersection_over_union, token_f1, top_words, word_scores
from .prompting import Prompt, answer_ids, encode_prompt, prompt_parts
from .ranking import auc, bootstrap_auc, hit_rate_at_k, log_loss, ndcg_at_k
from .recommender import AttentionRecommender
from .sanity import permuted_weights, randomised, uniform_weights
from .sentences import sentences_of
from .serving import predict, recommend, shelf
from .shapley import shapley_point
from .text import TextEncoder, split_sentences
from .training import fit
from .trees import explain
from .weight_log import read_weights

__version__ = "0.1.0"

__all__ = [
    "AttentionRecommender",
    "Batch",
    "Calibration",
    "DataProblems",
    "Field",
    "Inside",
    "InteractionLog",
    "MarkedReviews",
    "PlantedShop",
    "Prompt",
    "Schema",
    "TextEncoder",
    "adversarial_weights",
    "answer_attention",
    "answer_attribution",
    "answer_ids",
    "answer_scores",
    "aopc",
    "attention_inside",
    "attribute",
    "auc",
    "average_precision",
    "best_curve",
    "best_order",
    "bootstrap_auc",
    "bootstrap_interval",
    "calibrate",
    "capture",
    "completeness_gap",
    "comprehensiveness",
    "deletion_curve",
    "download",
    "explain",
    "encode_prompt",
    "find_problems",
    "fit",
    "gradient_weighted",
    "groups_by_history",
    "hit_rate_at_k",
    "insertion_curve",
    "intersection_over_union",
    "jensen_shannon",
    "kendall_tau",
    "log_loss",
    "multihead_attention",
    "ndcg_at_k",
    "norm_weighted",
    "permuted_weights",
    "planted_shop",
    "plots",
    "point_attention",
    "predict",
    "prompt_parts",
    "query_measures",
    "random_curve",
    "random_order",
    "randomised",
    "rank_held_out",
    "ranking_table",
    "read_airbnb",
    "read_amazon",
    "read_table",
    "read_weights",
    "read_yelp_hat",
    "recommend",
    "reduce_weights",
    "rollout",
    "sampled_candidates",
    "self_attention",
    "scores_without",
    "sentences_of",
    "shapley_point",
    "shelf",
    "split_sentences",
    "sufficiency",
    "token_f1",
    "top_k_overlap",
    "top_words",
    "uniform_weights",
    "widgets",
    "word_scores",
]

_LAZY = ("plots", "widgets")


def __getattr__(name: str):
    """Import `plots` and `widgets` when they are first used: they bring in matplotlib and Jupyter."""
    if name in _LAZY:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
