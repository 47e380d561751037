"""Orders of removal to compare with: the best there is, and chance."""

import torch
from torch import Tensor

from ..attention.checks import check_count, check_seed, check_tensors
from .beam import beam_search
from .forward import warn_of_undefined
from .removal import Removal, check_removal
from .shapley import coalitions

MAX_ELEMENTS = 12
BEAM_WIDTH = 32


def best_order(removal: Removal, *, beam_width: int | None = None) -> Tensor:
    """The order of removal whose deletion curve has the smallest area: no other of the n! has less.

    Up to 12 elements it scores all 2^n sets of removed elements and finds the order by dynamic programming
    over them, so it is exact, where removing at each step what hurts most (greedy) is not.
    Of orders with the same area, it is one in which the element that comes first goes first.

    Beyond 12 elements it is a beam search: at each size the `beam_width` sets with the smallest area so far
    are followed, and beside them the greedy order. The result is never worse than the greedy one, but it need
    not be the best: say "the best order found". It scores about beam_width · n² / 2 sets a row.

    Args:
        removal: What is scored, and how elements are taken away.
        beam_width: None: exact up to 12 elements, and 32 sets beyond. A number: a beam of so many, always.

    Returns:
        Ranking scores (batch, element) for `comprehensiveness`, `deletion_curve` and so on: the number of
        the row's elements for the one that goes first, down to 1; 0 for padding. A row is NaN where a logit
        is NaN or infinite (but for that of all removed, which is the same for all orders): no order is best.

    Raises:
        ValueError: If beam_width is below 1.

    Warns:
        UserWarning: If a row is NaN.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[1.0], [3.0], [-2.0]]]), baselines=0.0)
        >>> best_order(removal)
        tensor([[2., 3., 1.]])

    Paper: Bellman (1962) for the dynamic programming over sets; Lowerre (1976) for beam search.
    Taught in "Does removal matter?"
    """
    check_removal(removal)
    order = _best_order(removal, beam_width)
    warn_of_undefined("the best order", order)
    return order


def _best_order(removal: Removal, beam_width: int | None) -> Tensor:
    if _searches(removal, beam_width):
        return beam_search(removal, beam_width or BEAM_WIDTH)[0]
    removed = _removed_sets(removal.vectors.shape[1], removal.vectors.device)
    found = [
        _smallest_area(_set_logits(removal, removed, part), removed, removal.valid[part])
        for part in removal.parts(len(removed))
    ]
    return torch.cat(found) if found else torch.zeros_like(removal.vectors[:, :, 0])


def best_curve(removal: Removal, *, beam_width: int | None = None) -> Tensor:
    """The lowest logit that removing any 0, 1, 2, ... elements can reach: the floor of all deletion curves.

    The sets of two sizes need not be nested, so a single order may not reach it everywhere.
    Beyond 12 elements it is the lowest logit that the beam search of `best_order` met: never above the curve
    of the order it found, but another set may lie lower.

    Args:
        removal: What is scored, and how elements are taken away.
        beam_width: As for `best_order`.

    Returns:
        Logits (batch, element + 1), by the number removed; NaN after a row's last element, and where a row
        has a logit that is NaN or infinite.

    Raises:
        ValueError: If beam_width is below 1.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[1.0], [3.0], [-2.0]]]), baselines=0.0)
        >>> best_curve(removal)
        tensor([[ 2., -1., -2.,  0.]])

    Taught in "Does removal matter?"
    """
    check_removal(removal)
    if _searches(removal, beam_width):
        return beam_search(removal, beam_width or BEAM_WIDTH)[1]
    return _by_size(removal, "amin")


def random_curve(removal: Removal) -> Tensor:
    """The mean deletion curve of all orders: exactly what a random order reaches on average.

    Args:
        removal: What is scored, and how elements are taken away; at most 12 elements. With more, use
            `random_order` several times.

    Returns:
        Logits (batch, element + 1), by the number removed; NaN after a row's last element, and where a row
        has a logit that is NaN or infinite.

    Raises:
        ValueError: If there are more than 12 elements.

    Example:
        >>> def score(vectors):
        ...     return vectors.sum((1, 2))
        >>> removal = Removal(score, torch.tensor([[[1.0], [3.0], [-1.0]]]), baselines=0.0)
        >>> random_curve(removal)
        tensor([[3., 2., 1., 0.]])

    Taught in "Does removal matter?"
    """
    check_removal(removal)
    return _by_size(removal, "mean")


def random_order(ranking_scores: Tensor, *, seed: int = 0) -> Tensor:
    """A random order for each row: what a set of ranking scores must beat.

    Args:
        ranking_scores: (batch, element); only its shape, dtype and device count.
        seed: The same seed gives the same orders.

    Returns:
        Ranking scores (batch, element): in each row the numbers 1 to element in random order.

    Raises:
        ValueError: If ranking_scores are not float (batch, element), or seed is no whole number.

    Example:
        >>> random_order(torch.zeros(2, 3)).sort(1).values
        tensor([[1., 2., 3.],
                [1., 2., 3.]])

    Taught in "Does removal matter?"
    """
    check_tensors(ranking_scores=ranking_scores, floats=True)
    check_seed(seed)
    if ranking_scores.dim() != 2:
        raise ValueError(f"ranking_scores must be (batch, element), got {tuple(ranking_scores.shape)}")
    generator = torch.Generator().manual_seed(seed)
    draws = torch.rand(ranking_scores.shape, generator=generator, dtype=torch.float64)
    return (draws.argsort(1) + 1).to(ranking_scores)


def _searches(removal: Removal, beam_width: int | None) -> bool:
    """Whether a beam is asked for, or needed."""
    if beam_width is not None:
        check_count("beam_width", beam_width)
    return beam_width is not None or removal.vectors.shape[1] > MAX_ELEMENTS


def _removed_sets(element: int, device: torch.device) -> Tensor:
    """All sets of removed elements (set, element), bool; a set's number has the bits of its members."""
    if element > MAX_ELEMENTS:
        raise ValueError(
            f"vectors have {element} elements, but all 2^element sets are scored and at most {MAX_ELEMENTS} "
            "are possible: use random_order and deletion_curve"
        )
    return next(coalitions(element, 2**element, device=device))


def _set_logits(removal: Removal, removed: Tensor, part: slice) -> Tensor:
    """Logits (set, row): infinite where a set holds padding, all NaN where one of a row is not finite.

    The logit of all removed is every order's last one, and may be NaN alone.
    """
    valid = removal.valid[part]
    logits = removal.logits(~removed[:, None].expand(-1, len(valid), -1), part)
    padding = (removed[:, None] & ~valid).any(-1)
    last = (removed[:, None] == valid).all(-1)
    undefined = (~logits.isfinite() & ~padding & ~last).any(0)
    logits = logits.masked_fill(undefined | ~logits.isfinite(), torch.nan)
    return logits.masked_fill(padding, torch.inf)


def _by_size(removal: Removal, reduce: str) -> Tensor:
    """The lowest or the mean logit of the sets of each size, (batch, element + 1)."""
    removed = _removed_sets(removal.vectors.shape[1], removal.vectors.device)
    size = removed.sum(1)
    curve = removal.vectors.new_full((len(removal.vectors), removal.vectors.shape[1] + 1), torch.nan)
    for part in removal.parts(len(removed)):
        logits = _set_logits(removal, removed, part)
        for number in range(curve.shape[1]):
            chosen = logits[size == number]  # (set, row)
            known = ~chosen.isinf()
            mean = chosen.where(known, 0.0).sum(0) / known.sum(0)  # 0 / 0 is NaN
            lowest = chosen.amin(0)
            curve[part, number] = mean if reduce == "mean" else lowest.masked_fill(~known.any(0), torch.nan)
    return curve


def _smallest_area(logits: Tensor, removed: Tensor, valid: Tensor) -> Tensor:
    """Ranking scores (row, element) from the logits (set, row) of all sets.

    The least area of a path from the empty set to a set is its own logit plus the least area to one of the
    sets that lack one of its members.
    """
    number, element = removed.shape
    undefined = (logits.isnan().sum(0) > 1)[:, None]  # more than the set of all
    area = logits.nan_to_num(0.0, posinf=torch.inf)  # (set, row); sets with padding are never entered
    last = torch.zeros(logits.shape, dtype=torch.long, device=logits.device)
    bits = 2 ** torch.arange(element, device=logits.device)
    for size in range(1, element + 1):
        sets = (removed.sum(1) == size).nonzero().squeeze(1)  # (set,)
        members = removed[sets].nonzero()[:, 1].view(-1, size).flip(1)  # (set, member)
        before = area[sets[:, None] - bits[members]]  # (set, member, row)
        least = before.min(1)
        area[sets] += least.values
        last[sets] = members.gather(1, least.indices)
    return _walk_back(last, valid, bits).masked_fill(undefined, torch.nan)


def _walk_back(last: Tensor, valid: Tensor, bits: Tensor) -> Tensor:
    """From all elements removed back to none: the element that goes last gets 1, the one before it 2."""
    row = torch.arange(len(valid), device=valid.device)
    now = (valid * bits).sum(1)  # (row,), the number of the set of all elements
    ranking_scores = torch.zeros(valid.shape, device=valid.device)
    for step in range(1, valid.shape[1] + 1):
        member = last[now, row]
        left = now > 0
        ranking_scores[row[left], member[left]] = float(step)
        now = torch.where(left, now - bits[member], now)
    return ranking_scores
