"""Do two ways of weighing fields say the same? Agreement, row by row."""

import math

import torch
from torch import Tensor

from ..attention.checks import check_count
from ..attention.masks import checked_mask, places
from .tables import check_same_table, has_nan, result_dtype


def top_k_overlap(a: Tensor, b: Tensor, *, top_k: int = 1, mask: Tensor | None = None) -> Tensor:
    """The share of the top_k largest fields of a that are among those of b, row by row.

    Values are taken as they are: give `b.abs()` when a strong negative push should count as large.
    Among equal values the field that comes first is taken.
    Two rows drawn at random overlap by top_k / field: say so beside the result.

    Args:
        a: (batch, field).
        b: (batch, field).
        top_k: How many fields, from 1 to field.
        mask: (batch, field), bool, False for padding, which is never taken. None: all are fields.

    Returns:
        Share (batch,), in [0, 1], higher is more agreement.
        NaN where it is undefined: a row of a or b is constant, so that it names no field, holds a NaN, or has
        fewer fields than top_k.

    Raises:
        ValueError: If a and b are not two tables of the same shape, top_k is out of range, or mask does not
            fit.

    Example:
        >>> a = torch.tensor([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
        >>> b = torch.tensor([[9.0, 1.0, 4.0], [0.0, 0.0, 0.0]])
        >>> top_k_overlap(a, b), top_k_overlap(a, b, top_k=2)
        (tensor([1., nan]), tensor([0.5000,    nan]))

    Paper: Krishna et al. (2022), "feature agreement". Taught in "Does agreement prove anything?"
    """
    check_same_table(a, b)
    check_count("top_k", top_k, most=a.shape[1])
    mask = checked_mask(a, mask, axes=("batch", "field"))
    shared = ((places(a, mask) < top_k) & (places(b, mask) < top_k)).sum(1)  # (batch,)
    undefined = _is_constant(a, mask) | _is_constant(b, mask) | has_nan(a, b, mask) | (mask.sum(1) < top_k)
    return (shared / top_k).to(result_dtype(a, b)).masked_fill(undefined, torch.nan)


def jensen_shannon(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> Tensor:
    """Jensen-Shannon divergence of each row: how far apart are two ways to share out a whole?

    Absolute values count, and each row is divided by its sum, so that signed attributions can stand beside
    weights: what is compared is how much goes to which field, not in which direction.
    With m = (a + b) / 2 it is the mean of KL(a | m) and KL(b | m), with logarithms to base 2, so in bits.
    Papers that take natural logarithms give it in nats: the largest value, 1 bit, is there ln 2 = .69 nats,
    as in Jain and Wallace.

    Args:
        a: (batch, field), such as attention weights.
        b: (batch, field), such as attributions.
        mask: (batch, field), bool, False for padding, which has no share. None: all are fields.

    Returns:
        Divergence (batch,), in bits, in [0, 1]: 0 the same shares, 1 no field in common; lower is more
        agreement. It is the divergence; its square root is the distance that SciPy's `jensenshannon` returns.
        NaN where it is undefined: a row of a or b is all 0 or has no field, or holds a NaN or an infinite
        value. One field alone has all of both: 0.

    Raises:
        ValueError: If a and b are not two tables of the same shape, or mask does not fit them.

    Example:
        >>> a = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.8, 0.0], [1.0, 0.0, 0.0]])
        >>> b = torch.tensor([[0.0, 0.0, 7.0], [-1.0, 4.0, 0.0], [0.0, 0.0, 0.0]])
        >>> jensen_shannon(a, b)
        tensor([1., 0., nan])

    Paper: Lin (1991); Jain and Wallace (2019) for its use on attention.
    Taught in "Does agreement prove anything?"
    """
    check_same_table(a, b)
    mask = checked_mask(a, mask, axes=("batch", "field"))
    first, second = _shares(a, mask), _shares(b, mask)
    middle = (first + second) / 2
    divergence = (_information(first, middle) + _information(second, middle)) / 2
    return divergence.clamp(0, 1).to(result_dtype(a, b))


def average_precision(scores: Tensor, wanted: Tensor, *, mask: Tensor | None = None) -> Tensor:
    """Average precision of each row: do the wanted fields stand at the top of the scores?

    For each wanted field, the share of wanted ones among the fields that score at least as much; the mean.
    Fields with equal scores come together, so that nothing hangs on their order.
    With one wanted field it is 1 / its place.
    It is the area under the precision-recall curve as a sum of steps. ERASER's AUPRC joins the points of the
    curve by straight lines (trapezoids), which no ranking reaches in between, and comes out higher, or
    lower: do not compare the two.

    Args:
        scores: (batch, field), such as attention weights; the highest comes first.
        wanted: (batch, field), bool: the fields that are known to count.
        mask: (batch, field), bool, False for padding, which is neither ranked nor wanted. None: all are
            fields.

    Returns:
        Average precision (batch,), in (0, 1], higher is better. Constant scores have the share of wanted
        fields; say beside the result what a random order reaches.
        NaN where it is undefined: no field of a row is wanted, or a score is NaN.

    Raises:
        ValueError: If the tables have not the same shape, wanted is not bool, or mask does not fit.

    Example:
        >>> scores = torch.tensor([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
        >>> average_precision(scores, torch.tensor([[True, False, True], [False, True, False]]))
        tensor([0.8333, 0.5000])

    Paper: Buckley and Voorhees (2000); DeYoung et al. (2020) for AUPRC. Taught in "Priority or push?"
    """
    check_same_table(scores, wanted, names=("scores", "wanted"))
    if wanted.dtype != torch.bool:
        raise ValueError(f"wanted must be bool, True for a field that counts, got {wanted.dtype}")
    mask = checked_mask(scores, mask, axes=("batch", "field"))
    wanted = wanted & mask
    above = (scores[:, None, :] >= scores[:, :, None]) & mask[:, None, :]  # (batch, field, field as high)
    precision = (above & wanted[:, None, :]).sum(2).double() / above.sum(2)  # (batch, field)
    mean = precision.where(wanted, 0.0).sum(1) / wanted.sum(1)  # (batch,); 0 / 0 is NaN
    return mean.masked_fill(has_nan(scores, scores, mask), torch.nan).to(result_dtype(scores, scores))


def _shares(table: Tensor, mask: Tensor) -> Tensor:
    """Absolute values as shares of their sum; a row that has none, or an infinite one, is NaN."""
    sizes = table.double().abs().where(mask, 0.0)
    largest = sizes.amax(1, keepdim=True)
    sizes = sizes / largest.masked_fill(largest.isinf(), torch.nan)  # so that no sum overflows
    return sizes / sizes.sum(1, keepdim=True)


def _information(shares: Tensor, middle: Tensor) -> Tensor:
    """Kullback-Leibler divergence of shares from middle, in bits, (batch,)."""
    return torch.special.xlogy(shares, shares / middle.where(shares != 0, 1.0)).sum(1) / math.log(2)


def _is_constant(table: Tensor, mask: Tensor) -> Tensor:
    one = table.gather(1, mask.long().argmax(1, keepdim=True))  # (batch, 1), the first field
    return ((table == one) | ~mask).all(1)
