"""Static pictures of weights and attributions: arrays in, matplotlib Axes out.

Every function draws on `ax`, or on a new white figure when there is none, and returns the Axes.
Arrays may be tensors, NumPy arrays or lists.
Names (of fields, rows, columns, titles) are drawn as plain text: a `$` starts no formula.
Colours are safe for colour-blind readers; purple, blue and orange are those of the explorers.
"""

from .agreement import agreement_scatter
from .bars import attribution_bars, field_weights
from .checks import check_table
from .heads import head_circles
from .heatmap import attention_heatmap
from .removal import removal_curves
from .shelf import push_spread
from .tokens import head_grid
from .trajectory import weight_trajectory
from .trees import tree_bars, two_trees
from .triangle import weight_triangle
from .words import word_marks

__all__ = [
    "agreement_scatter",
    "attention_heatmap",
    "attribution_bars",
    "check_table",
    "field_weights",
    "head_circles",
    "head_grid",
    "push_spread",
    "removal_curves",
    "tree_bars",
    "two_trees",
    "weight_trajectory",
    "weight_triangle",
    "word_marks",
]
