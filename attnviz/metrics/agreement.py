"""Do two ways of weighing fields say the same? Agreement, row by row."""

import math

import torch
from torch import Tensor


def kendall_tau(a: Tensor, b: Tensor) -> Tensor:
    """Kendall's tau-b of each row: do a and b put the fields in the same order?

    Of all pairs of fields, those in the same order minus those in the opposite order, divided by
    sqrt(pairs not tied in a · pairs not tied in b).

    Args:
        a: (batch, field), such as attention weights.
        b: (batch, field), such as attributions.

    Returns:
        Tau (batch,), in [-1, 1]: 1 the same order, 0 none of both, -1 the opposite order.
        NaN where it is undefined: a row of a or b is constant, holds a NaN, or has one field only.

    Raises:
        ValueError: If a and b are not two tables of the same shape.

    Example:
        >>> kendall_tau(torch.tensor([[0.5, 0.3, 0.2], [1.0, 1.0, 1.0]]), torch.tensor([[9.0, 1.0, 4.0]] * 2))
        tensor([0.3333,    nan])

    Paper: Kendall (1945); Jain and Wallace (2019) for its use on attention. Taught in chapter 12.
    """
    _check_same_table(a, b)
    first, second = torch.triu_indices(a.shape[1], a.shape[1], offset=1, device=a.device)
    order_a, order_b = _order(a, first, second), _order(b, first, second)  # (batch, pair): -1, 0 or 1
    untied = order_a.abs().sum(1) * order_b.abs().sum(1)
    tau = (order_a * order_b).sum(1) / untied.sqrt()  # (batch,); 0 / 0 is NaN
    return tau.masked_fill(_has_nan(a, b), torch.nan).to(_result_dtype(a, b))


def top_k_overlap(a: Tensor, b: Tensor, *, top_k: int = 1) -> Tensor:
    """The share of the top_k largest fields of a that are among those of b, row by row.

    Values are taken as they are: give `b.abs()` when a strong negative push should count as large.
    Among equal values the field that comes first is taken.
    Two rows drawn at random overlap by top_k / field: say so beside the result.

    Args:
        a: (batch, field).
        b: (batch, field).
        top_k: How many fields, from 1 to field.

    Returns:
        Share (batch,), in [0, 1], higher is more agreement.
        NaN where it is undefined: a row of a or b is constant, so that it names no field, or holds a NaN.

    Raises:
        ValueError: If a and b are not two tables of the same shape, or top_k is out of range.

    Example:
        >>> a = torch.tensor([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
        >>> b = torch.tensor([[9.0, 1.0, 4.0], [0.0, 0.0, 0.0]])
        >>> top_k_overlap(a, b), top_k_overlap(a, b, top_k=2)
        (tensor([1., nan]), tensor([0.5000,    nan]))

    Paper: Krishna et al. (2022), "feature agreement". Taught in chapter 12.
    """
    _check_same_table(a, b)
    if not 1 <= top_k <= a.shape[1]:
        raise ValueError(f"top_k must be from 1 to the number of fields {a.shape[1]}, got {top_k}")
    shared = (_in_top(a, top_k) & _in_top(b, top_k)).sum(1)  # (batch,)
    undefined = _is_constant(a) | _is_constant(b) | _has_nan(a, b)
    return (shared / top_k).to(_result_dtype(a, b)).masked_fill(undefined, torch.nan)


def jensen_shannon(a: Tensor, b: Tensor) -> Tensor:
    """Jensen-Shannon divergence of each row: how far apart are two ways to share out a whole?

    Absolute values count, and each row is divided by its sum, so that signed attributions can stand beside
    weights: what is compared is how much goes to which field, not in which direction.
    With m = (a + b) / 2 it is the mean of KL(a | m) and KL(b | m), with logarithms to base 2.

    Args:
        a: (batch, field), such as attention weights.
        b: (batch, field), such as attributions.

    Returns:
        Divergence (batch,), in [0, 1]: 0 the same shares, 1 no field in common; lower is more agreement.
        It is the divergence; its square root is the distance that SciPy's `jensenshannon` returns.
        NaN where it is undefined: a row of a or b is all 0, or holds a NaN or an infinite value.

    Raises:
        ValueError: If a and b are not two tables of the same shape.

    Example:
        >>> a = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.8, 0.0], [1.0, 0.0, 0.0]])
        >>> b = torch.tensor([[0.0, 0.0, 7.0], [-1.0, 4.0, 0.0], [0.0, 0.0, 0.0]])
        >>> jensen_shannon(a, b)
        tensor([1., 0., nan])

    Paper: Lin (1991); Jain and Wallace (2019) for its use on attention. Taught in chapter 12.
    """
    _check_same_table(a, b)
    first, second = _shares(a), _shares(b)
    middle = (first + second) / 2
    divergence = (_information(first, middle) + _information(second, middle)) / 2
    return divergence.clamp(0, 1).to(_result_dtype(a, b))


def average_precision(scores: Tensor, wanted: Tensor) -> Tensor:
    """Average precision of each row: do the wanted fields stand at the top of the scores?

    For each wanted field, the share of wanted ones among the fields that score at least as much; the mean.
    Fields with equal scores come together, so that nothing hangs on their order.
    With one wanted field it is 1 / its place.

    Args:
        scores: (batch, field), such as attention weights; the highest comes first.
        wanted: (batch, field), bool: the fields that are known to count.

    Returns:
        Average precision (batch,), in (0, 1], higher is better. Constant scores have the share of wanted
        fields; say beside the result what a random order reaches.
        NaN where it is undefined: no field of a row is wanted, or a score is NaN.

    Raises:
        ValueError: If the tables have not the same shape, or wanted is not bool.

    Example:
        >>> scores = torch.tensor([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
        >>> average_precision(scores, torch.tensor([[True, False, True], [False, True, False]]))
        tensor([0.8333, 0.5000])

    Paper: Buckley and Voorhees (2000). Taught in chapter 10.
    """
    _check_same_table(scores, wanted, names=("scores", "wanted"))
    if wanted.dtype != torch.bool:
        raise ValueError(f"wanted must be bool, True for a field that counts, got {wanted.dtype}")
    above = (scores[:, None, :] >= scores[:, :, None]).double()  # (batch, field, field at least as high)
    precision = (above * wanted[:, None, :]).sum(2) / above.sum(2)  # (batch, field)
    mean = (precision * wanted).sum(1) / wanted.sum(1)  # (batch,); 0 / 0 is NaN
    return mean.masked_fill(scores.isnan().any(1), torch.nan).to(_result_dtype(scores, scores))


def _shares(table: Tensor) -> Tensor:
    """Absolute values as shares of their sum; a row that has none, or an infinite one, is NaN."""
    sizes = table.double().abs()
    largest = sizes.amax(1, keepdim=True)
    sizes = sizes / largest.masked_fill(largest.isinf(), torch.nan)  # so that no sum overflows
    return sizes / sizes.sum(1, keepdim=True)


def _information(shares: Tensor, middle: Tensor) -> Tensor:
    """Kullback-Leibler divergence of shares from middle, in bits, (batch,)."""
    return torch.special.xlogy(shares, shares / middle.where(shares != 0, 1.0)).sum(1) / math.log(2)


def _order(table: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """1 where the first field of a pair is larger, -1 where the second one is, 0 where they are equal."""
    x, y = table[:, first], table[:, second]
    return (x > y).double() - (x < y).double()


def _in_top(table: Tensor, top_k: int) -> Tensor:
    order = table.argsort(dim=1, descending=True, stable=True)
    return torch.zeros_like(table, dtype=torch.bool).scatter(1, order[:, :top_k], True)


def _is_constant(table: Tensor) -> Tensor:
    return (table == table[:, :1]).all(1)


def _has_nan(a: Tensor, b: Tensor) -> Tensor:
    return a.isnan().any(1) | b.isnan().any(1)


def _result_dtype(a: Tensor, b: Tensor) -> torch.dtype:
    dtype = torch.promote_types(a.dtype, b.dtype)
    return dtype if dtype.is_floating_point else torch.get_default_dtype()


def _check_same_table(a: Tensor, b: Tensor, *, names: tuple[str, str] = ("a", "b")) -> None:
    if a.dim() != 2 or a.shape != b.shape or a.shape[1] < 1:
        first, second = names
        raise ValueError(
            f"{first} and {second} must both be (batch, field), "
            f"got {first} {tuple(a.shape)} and {second} {tuple(b.shape)}"
        )
