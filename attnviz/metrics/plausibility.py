"""Would people have pointed at the same words? Overlap of chosen words with marked ones, row by row."""

import torch
from torch import Tensor

from ..attention.checks import check_count, check_tensors
from ..attention.masks import checked_mask, places


def top_words(scores: Tensor, top_k: int | Tensor, *, mask: Tensor | None = None) -> Tensor:
    """The words with the highest scores of each row, so that they can stand beside the words people marked.

    Args:
        scores: (batch, word), such as attention weights or attributions; the highest come first. Of equal
            scores the word that comes first is taken.
        top_k: How many words, one number for all rows or (batch,). A row with fewer words gives all it has.
        mask: (batch, word), bool, False for padding, which is never taken. None: all are words.

    Returns:
        Chosen (batch, word), bool. A row with a NaN among the scores of its words chooses none.

    Raises:
        ValueError: If the shapes do not fit, mask is not bool, or a top_k is below 0.

    Example:
        >>> top_words(torch.tensor([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3]]), torch.tensor([1, 2]))
        tensor([[False,  True, False],
                [ True, False,  True]])

    Paper: DeYoung et al. (2020), there the words of a hard rationale. Taught in "Would people agree?"
    """
    check_tensors(scores=scores)
    if scores.dim() != 2:
        raise ValueError(f"scores must be (batch, word), got {tuple(scores.shape)}")
    mask = checked_mask(scores, mask, axes=("batch", "word"))
    counts = _checked_counts(top_k, scores)
    no_order = (scores.isnan() & mask).any(1, keepdim=True)
    return (places(scores, mask) < counts.reshape(-1, 1)) & mask & ~no_order


def token_f1(chosen: Tensor, marked: Tensor) -> Tensor:
    """F1 of the chosen words against the marked ones, row by row.

    Twice the words in both, divided by the number chosen plus the number marked: the harmonic mean of
    precision (the share of the chosen words that are marked) and recall (the share of the marked ones that
    are chosen). When as many are chosen as are marked, all three are equal.

    Args:
        chosen: (batch, word), bool; False for padding.
        marked: (batch, word), bool; False for padding.

    Returns:
        F1 (batch,), float, in [0, 1], higher is more alike. Choosing everything has 2m / (m + words) for m
        marked words: say beside the result what that and a random choice reach.
        NaN where it is undefined: no word is chosen and none is marked.

    Raises:
        ValueError: If the two are not bool tables of the same shape.

    Example:
        >>> chosen = torch.tensor([[True, True, False], [True, False, False], [False, False, False]])
        >>> token_f1(chosen, torch.tensor([[False, True, False], [False, True, True], [False, False, False]]))
        tensor([0.6667, 0.0000,    nan])

    Paper: DeYoung et al. (2020). Taught in "Would people agree?"
    """
    _check_choices(chosen, marked)
    return 2 * (chosen & marked).sum(1) / (chosen.sum(1) + marked.sum(1))


def intersection_over_union(chosen: Tensor, marked: Tensor) -> Tensor:
    """The words in both, divided by the words in at least one, row by row.

    It puts two choices in the same order as `token_f1`, for it is F1 / (2 − F1), and is lower in between.

    Args:
        chosen: (batch, word), bool; False for padding.
        marked: (batch, word), bool; False for padding.

    Returns:
        Intersection over union (batch,), float, in [0, 1], higher is more alike.
        NaN where it is undefined: no word is chosen and none is marked.

    Raises:
        ValueError: If the two are not bool tables of the same shape.

    Example:
        >>> chosen = torch.tensor([[True, True, False], [True, False, False]])
        >>> intersection_over_union(chosen, torch.tensor([[False, True, False], [False, True, True]]))
        tensor([0.5000, 0.0000])

    Paper: DeYoung et al. (2020), there between spans, of which a match needs one half.
    Taught in "Would people agree?"
    """
    _check_choices(chosen, marked)
    return (chosen & marked).sum(1) / (chosen | marked).sum(1)


def word_scores(scores: Tensor, word_of: Tensor, num_words: int) -> Tensor:
    """Scores of tokens, summed over the pieces of each word.

    A sum keeps what a total means: the weight on a word, or its attribution.

    Args:
        scores: (batch, token).
        word_of: (batch, token), int: the place of the token's word, −1 for a token of no word, such as [CLS].
        num_words: How many words the result has in a row.

    Returns:
        (batch, num_words); 0 for a word without a token.

    Raises:
        ValueError: If the shapes do not fit, or a place is not from −1 to num_words − 1.

    Example:
        >>> word_scores(torch.tensor([[0.5, 0.2, 0.1, 0.2]]), torch.tensor([[-1, 0, 1, 1]]), 2)
        tensor([[0.2000, 0.3000]])

    Taught in "Would people agree?"
    """
    check_tensors(scores=scores, word_of=word_of)
    check_count("num_words", num_words, least=0)
    if scores.dim() != 2 or scores.shape != word_of.shape:
        raise ValueError(
            "scores and word_of must both be (batch, token), "
            f"got scores {tuple(scores.shape)} and word_of {tuple(word_of.shape)}"
        )
    if word_of.is_floating_point() or word_of.dtype == torch.bool:
        raise ValueError(f"word_of must hold whole numbers, the place of each word, got {word_of.dtype}")
    if word_of.numel() and not -1 <= word_of.min() <= word_of.max() < num_words:
        low, high = word_of.min().item(), word_of.max().item()
        raise ValueError(f"word_of must be from -1 to num_words - 1 = {num_words - 1}, got {low} to {high}")
    scores = scores.long() if scores.dtype == torch.bool else scores
    place = word_of.long().masked_fill(word_of < 0, num_words)  # one more word takes the tokens of none
    sums = scores.new_zeros(len(scores), num_words + 1).scatter_add(1, place, scores)
    return sums[:, :num_words]


def _checked_counts(top_k: int | Tensor, scores: Tensor) -> Tensor:
    """How many words, one number for all rows or one a row."""
    if not isinstance(top_k, Tensor):
        check_count("top_k", top_k, least=0)
        return torch.as_tensor(top_k, device=scores.device)
    check_tensors(scores=scores, top_k=top_k)
    whole = not top_k.is_floating_point() and top_k.dtype != torch.bool
    if not whole or top_k.shape not in ((), scores.shape[:1]) or (top_k < 0).any():
        raise ValueError(
            f"top_k must be one whole number, or one a row ({len(scores)},), each at least 0, "
            f"got {top_k.dtype} {top_k.tolist()}"
        )
    return top_k


def _check_choices(chosen: Tensor, marked: Tensor) -> None:
    check_tensors(chosen=chosen, marked=marked)
    fits = chosen.dim() == 2 and chosen.shape == marked.shape
    if not fits or chosen.dtype != torch.bool or marked.dtype != torch.bool:
        raise ValueError(
            "chosen and marked must both be bool (batch, word), got "
            f"chosen {chosen.dtype} {tuple(chosen.shape)} and marked {marked.dtype} {tuple(marked.shape)}"
        )
