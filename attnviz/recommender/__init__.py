"""The recommender: the model, its training, and its use."""

from .evaluation import (
    groups_by_history,
    query_rows,
    rank_held_out,
    sampled_candidates,
)
from .losses import choice_auc, choice_loss
from .mechanisms import Multihead, Point, SelfAttention
from .model import AttentionRecommender
from .plan import steps_for
from .predict import field_weights, predict, recommend, shelf
from .ranking import query_measures, ranking_table
from .shopper import HistoryQuery, HistoryWeights
from .training import fit
from .weight_log import read_weights

__all__ = [
    "AttentionRecommender",
    "HistoryQuery",
    "HistoryWeights",
    "Multihead",
    "Point",
    "SelfAttention",
    "choice_auc",
    "choice_loss",
    "field_weights",
    "fit",
    "groups_by_history",
    "predict",
    "query_measures",
    "query_rows",
    "rank_held_out",
    "ranking_table",
    "read_weights",
    "recommend",
    "sampled_candidates",
    "shelf",
    "steps_for",
]
