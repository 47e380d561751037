"""Explanations of anybody's model, and their tests: tensors in, tensor out."""

from .adversarial import AdversarialWeights, adversarial_weights
from .attribution import attribute, completeness_gap
from .columns import Columns
from .faithfulness import aopc, comprehensiveness, deletion_curve, insertion_curve, sufficiency
from .reference_orders import best_curve, best_order, random_curve, random_order
from .removal import Removal
from .sanity import permuted_weights, randomised, uniform_weights
from .shapley import coalitions, shapley_point

__all__ = [
    "AdversarialWeights",
    "Columns",
    "Removal",
    "adversarial_weights",
    "aopc",
    "attribute",
    "best_curve",
    "best_order",
    "coalitions",
    "completeness_gap",
    "comprehensiveness",
    "deletion_curve",
    "insertion_curve",
    "permuted_weights",
    "random_curve",
    "random_order",
    "randomised",
    "shapley_point",
    "sufficiency",
    "uniform_weights",
]
