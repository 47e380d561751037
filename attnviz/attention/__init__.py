"""Attention and what is read off it: pure functions of tensors."""

from .attention import attention_scores, masked_softmax, multihead_attention, point_attention, self_attention
from .heads import reduce_weights, through_heads
from .masks import checked_mask
from .rollout import gradient_weighted, norm_weighted, rollout

__all__ = [
    "attention_scores",
    "checked_mask",
    "gradient_weighted",
    "masked_softmax",
    "multihead_attention",
    "norm_weighted",
    "point_attention",
    "reduce_weights",
    "rollout",
    "self_attention",
    "through_heads",
]
