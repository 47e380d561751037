"""Attention of many layers and heads added up, in three ways: pure functions, tensors in, tensor out."""

import torch
from torch import Tensor

from .checks import check_finite, check_number, check_tensors, check_weights


def rollout(weights: Tensor, *, residual: float = 0.5) -> Tensor:
    """Follow attention down through the layers: how much of each first token is in each last one.

    One text at a time, its layers in front: `torch.stack([w[row] for w in record.weights.values()])` for the
    text `row` of `capture`. The weights of one layer and several texts have as many axes, and cannot be told
    apart: the texts would be taken for layers.

    The heads of a layer are averaged, its rows made to sum to 1, the residual stream is added,
    A = residual * I + (1 - residual) * mean, and the layers are multiplied, the last one on the left.

    It knows the weights only. How long the vectors are that they multiply, what the heads' output map does,
    the feed-forward part and the layer norms play no part; `norm_weighted` brings in the first two.
    The residual is a guess, the same for all tokens and layers: no real stream is half its own past.

    A token that may see nothing in a layer (padding, a query before all keys) has a row of zeros or of NaN
    there, as `capture` gives it. Such a head is left out of the token's mean; where all heads are, the token
    keeps what it had: its row is that of I, as if it went round the attention as a whole.

    Args:
        weights: (layer, head, query, key), at least 0, such as `Inside.weights`, or those of `norm_weighted`.
        residual: Share of a token's vector that goes round the attention, in [0, 1].

    Returns:
        (query, key), in [0, 1]; rows sum to 1. A padded token's row is that of I if it saw nothing in any
        layer; leave out its row and its column.

    Raises:
        ValueError: If residual is not in [0, 1], the shape is another one, or a weight is below 0, infinite,
            or NaN in a row that is not all NaN.

    Example:
        >>> first = torch.tensor([[[1.0, 0.0], [0.5, 0.5]]])
        >>> rollout(torch.stack([first, first]))
        tensor([[1.0000, 0.0000],
                [0.4375, 0.5625]])

    Paper: Abnar and Zuidema (2020), Quantifying attention flow in transformers.
    Taught in "Which word, in BERT?"
    """
    _check_layers(weights)
    check_number("residual", residual, least=0, most=1)
    unseeing = weights.isnan().all(-1, keepdim=True)  # (layer, head, query, 1)
    seen = weights.masked_fill(unseeing, 0.0)
    check_finite(weights=seen)
    mean = seen.mean(1)  # (layer, query, key)
    mass = mean.sum(-1, keepdim=True)
    identity = torch.eye(mean.shape[-1], dtype=mean.dtype, device=mean.device)
    mean = torch.where(mass > 0, mean / mass, identity)
    result = identity
    for layer in residual * identity + (1 - residual) * mean:
        result = layer @ result  # (query, key)
    return result


def norm_weighted(weights: Tensor, value_norms: Tensor) -> Tensor:
    """What arrives from each token: its weight times the length of the vector that the head takes from it.

    Args:
        weights: (layer, head, query, key).
        value_norms: (layer, head, key), such as `Inside.value_norms`.

    Returns:
        (layer, head, query, key), at least 0. Rows do not sum to 1; `rollout` takes it as it is.

    Raises:
        ValueError: If the shapes do not fit each other, or a norm is below 0 or not finite.

    Example:
        >>> norm_weighted(torch.tensor([[[[1.0, 0.0], [0.9, 0.1]]]]), torch.tensor([[[1.0, 20.0]]]))
        tensor([[[[1.0000, 0.0000],
                  [0.9000, 2.0000]]]])

    Paper: Kobayashi et al. (2020), Attention is not only a weight. Taught in "Which word, in BERT?"
    """
    _check_layers(weights)
    check_tensors(weights=weights, value_norms=value_norms, floats=True)
    check_finite(value_norms=value_norms)
    if (value_norms < 0).any():
        raise ValueError(f"value_norms must be lengths of at least 0, got {value_norms.min():.4g}")
    if value_norms.shape != weights.shape[:2] + weights.shape[3:]:
        raise ValueError(
            f"value_norms must be (layer, head, key) of weights {tuple(weights.shape)}, "
            f"got {tuple(value_norms.shape)}"
        )
    return weights * value_norms.unsqueeze(2)


def gradient_weighted(weights: Tensor, gradients: Tensor) -> Tensor:
    """Attention that raises a target, followed through the layers.

    In each layer a weight counts times its gradient, where that is above 0, averaged over the heads; then
    R = R + layer @ R from the first layer to the last, beginning with the identity.

    Args:
        weights: (layer, head, query, key).
        gradients: Of the target with respect to the weights, the same shape, such as `Inside.gradients`.

    Returns:
        (query, key), at least 0, not normalised. The target's own row is the one to read: [CLS] of an
        encoder that is classified there, the last token of a decoder. A row of NaN, of a token that may see
        nothing, brings nothing.

    Raises:
        ValueError: If the shapes do not fit each other, or a number is NaN or infinite elsewhere.

    Example:
        >>> weights = torch.tensor([[[[0.5, 0.5], [0.2, 0.8]]]])
        >>> gradient_weighted(weights, torch.tensor([[[[0.0, 0.0], [3.0, -1.0]]]]))
        tensor([[1.0000, 0.0000],
                [0.6000, 1.0000]])

    Paper: Chefer, Gur and Wolf (2021), Generic attention-model explainability.
    Taught in "Which word, in BERT?"
    """
    _check_layers(weights)
    check_tensors(weights=weights, gradients=gradients, floats=True)
    if gradients.shape != weights.shape:
        raise ValueError(f"gradients must be {tuple(weights.shape)}, got {tuple(gradients.shape)}")
    result = torch.eye(weights.shape[-1], dtype=weights.dtype, device=weights.device)
    seen = weights.masked_fill(weights.isnan().all(-1, keepdim=True), 0.0)  # a row that may see nothing
    gradients = gradients.masked_fill(gradients.isnan().all(-1, keepdim=True), 0.0)
    check_finite(weights=seen, gradients=gradients)
    for layer in (seen * gradients).clamp(min=0).mean(1):  # (query, key)
        result = result + layer @ result
    return result


def _check_layers(weights: Tensor) -> None:
    check_tensors(weights=weights, floats=True)
    if weights.ndim != 4 or weights.shape[2] != weights.shape[3] or 0 in weights.shape:
        stack = "torch.stack([w[row] for w in record.weights.values()])"
        raise ValueError(
            f"weights must be (layer, head, token, token), got {tuple(weights.shape)}"
            + (f": take one text of the batch, {stack}" if weights.ndim == 5 else "")
        )
    check_weights(weights)
