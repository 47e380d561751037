"""Measures: of a ranking, of agreement, of plausibility, and how sure each is."""

from .agreement import average_precision, jensen_shannon, top_k_overlap
from .bootstrap import Interval, auc_draws, bootstrap_auc, bootstrap_interval
from .calibration import Calibration, calibrate, calibrate_constant
from .kendall import KendallTau, kendall_tau
from .plausibility import intersection_over_union, token_f1, top_words, word_scores
from .ranking import auc, hit_rate, log_loss, ndcg

__all__ = [
    "Calibration",
    "Interval",
    "KendallTau",
    "auc",
    "auc_draws",
    "average_precision",
    "bootstrap_auc",
    "bootstrap_interval",
    "calibrate",
    "calibrate_constant",
    "hit_rate",
    "intersection_over_union",
    "jensen_shannon",
    "kendall_tau",
    "log_loss",
    "ndcg",
    "token_f1",
    "top_k_overlap",
    "top_words",
    "word_scores",
]
