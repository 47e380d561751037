"""Which tensors attention takes: the shapes that fit each other."""

from collections.abc import Sequence

from torch import Tensor

from .checks import check_count, check_tensors


def check_heads(query: Tensor, keys: Tensor, values: Tensor, num_heads: int) -> None:
    """Raise a ValueError unless these fit each other, as `multihead_attention` takes them."""
    check_tensors(query=query, keys=keys, values=values)
    shapes = f"query {tuple(query.shape)}, keys {tuple(keys.shape)}, values {tuple(values.shape)}"
    if not query.dim() == keys.dim() == values.dim() == 3:
        raise ValueError(f"query, keys and values must have 3 dimensions, batch first, got {shapes}")
    if query.shape[0] != keys.shape[0] or query.shape[2] != keys.shape[2]:
        raise ValueError(f"query and keys must have the same batch and dim, got {shapes}")
    if values.shape[:2] != keys.shape[:2]:
        raise ValueError(f"values must be (batch, key, value_dim) and keys (batch, key, dim), got {shapes}")
    if 0 in keys.shape[1:]:
        raise ValueError(f"keys must hold one key at least, of one number at least, got {shapes}")
    check_count("num_heads", num_heads)
    if keys.shape[2] % num_heads or values.shape[2] % num_heads:
        raise ValueError(
            f"num_heads must divide dim {keys.shape[2]} and value_dim {values.shape[2]}, got {num_heads}"
        )
    check_tensors(query=query, keys=keys, values=values, floats=True)


def broadcasts(given: Tensor, whole: Tensor) -> bool:
    """Whether `given` broadcasts to the shape of `whole`, which stays what it is."""
    fits = zip(given.shape[::-1], whole.shape[::-1], strict=False)
    return given.dim() <= whole.dim() and all(size in (1, full) for size, full in fits)


def check_biases(biases: tuple[Tensor, ...], weights: tuple[Tensor, ...]) -> None:
    """Raise a ValueError unless there is a bias (inner,) for each of the weights (inner, dim)."""
    if not isinstance(biases, Sequence) or len(biases) != len(weights):
        raise ValueError(f"biases must be three tensors, of queries, keys and values, got {biases!r:.80}")
    for name, bias, weight in zip(("query", "key", "value"), biases, weights, strict=True):
        check_tensors(**{f"{name}_weight": weight, f"biases of the {name}": bias}, floats=True)
        if bias.shape != weight.shape[:1]:
            expected, got = tuple(weight.shape[:1]), tuple(bias.shape)
            raise ValueError(f"biases of the {name} must be (inner,) = {expected}, got {got}")


def check_query(query: Tensor, keys: Tensor) -> None:
    """Raise a ValueError unless these fit each other, as `attention_scores` takes them."""
    check_tensors(query=query, keys=keys)
    if keys.dim() != 3 or query.shape != (keys.shape[0], keys.shape[2]) or 0 in keys.shape[1:]:
        raise ValueError(
            "query must be (batch, dim) and keys (batch, field, dim) with the same batch and dim, not empty, "
            f"got query {tuple(query.shape)} and keys {tuple(keys.shape)}"
        )
    check_tensors(query=query, keys=keys, floats=True)


def check_values(keys: Tensor, values: Tensor) -> None:
    """Raise a ValueError unless the values fit keys that `check_query` has seen."""
    check_tensors(keys=keys, values=values, floats=True)
    if values.dim() != 3 or values.shape[:2] != keys.shape[:2]:
        batch, field = keys.shape[:2]
        raise ValueError(f"values must be ({batch}, {field}, value_dim) like keys, got {tuple(values.shape)}")
