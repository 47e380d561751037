"""Checks of what comes into an explorer: arrays with named axes, and labels."""

from collections.abc import Mapping, Sequence

import numpy as np


def check_array(name: str, values, axes: Mapping[str, int | None]) -> np.ndarray:
    """The values as finite float32, or an error that says what to change.

    Args:
        name: the argument's name, for the error.
        values: an array, a list or a tensor.
        axes: the expected length of each axis by its name; None takes any length from 1 on.

    Raises:
        ValueError: the shape is another one, or a number is NaN or infinite.

    Example:
        >>> check_array("weights", [[1, 2]], {"case": None, "field": 3})
        Traceback (most recent call last):
        ...
        ValueError: weights: expected shape (case, field=3), got (1, 2). Reorder or cut its axes to match.
    """
    try:
        array = np.asarray(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name}: expected numbers in rows of one length, got {type(values).__name__} {values!r:.60}. "
            "Give an array, a list or a tensor on the CPU."
        ) from error
    fits = array.ndim == len(axes) and all(
        length == want if want is not None else length > 0
        for length, want in zip(array.shape, axes.values(), strict=True)
    )
    if not fits:
        want = ", ".join(axis if length is None else f"{axis}={length}" for axis, length in axes.items())
        raise ValueError(
            f"{name}: expected shape ({want}), got {array.shape}. Reorder or cut its axes to match."
        )
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"{name}: expected finite numbers, got {count} that are NaN or infinite. Fill or drop them first."
        )
    return array


def check_axes(name: str, values, axes: Mapping[str, Sequence | None]) -> tuple[np.ndarray, dict[str, int]]:
    """An array, and the lengths of its axes, to which other arrays must fit.

    Args:
        name: as in `check_array`.
        values: as in `check_array`.
        axes: the labels along each axis by its name; None takes any length from 1 on.

    Returns:
        The array as float32, and `{axis: length}`.

    Raises:
        ValueError: as in `check_array`.

    Example:
        >>> check_axes("weights", [[0.2, 0.3, 0.5]], {"case": None, "field": ["tags", "reviews", "price"]})[1]
        {'case': 1, 'field': 3}
    """
    wanted = {axis: None if labels is None else len(labels) for axis, labels in axes.items()}
    array = check_array(name, values, wanted)
    return array, dict(zip(wanted, array.shape, strict=True))


def check_labels(name: str, labels: Sequence | None, count: int | None = None) -> list[str]:
    """The labels as a list of texts, or an error that says how many are wanted.

    Args:
        name: the argument's name, such as `"fields"` or `"head_names"`.
        labels: the labels; None counts, if `count` is given: field 1, field 2, ..., or head 1, head 2, ...
        count: how many are wanted; None takes any number from 1 on.

    Raises:
        ValueError: not one label for each entry of the axis, or a bare string.

    Example:
        >>> check_labels("fields", ["tags", "price"], 2), check_labels("head_names", None, 2)
        (['tags', 'price'], ['head 1', 'head 2'])
    """
    if labels is None:
        return [f"{name.removesuffix('_names').removesuffix('s')} {i + 1}" for i in range(count or 0)]
    if isinstance(labels, str):
        raise ValueError(f"{name}: expected a list of texts, got the text {labels!r}. Put it into a list.")
    if not hasattr(labels, "__len__"):
        raise ValueError(f"{name}: expected a list of texts, got {labels!r:.60}. Put them into a list.")
    texts = [str(label) for label in labels]
    if not texts or (count is not None and len(texts) != count):
        want = "at least one label" if count is None else f"{count} labels, one for each entry of the axis"
        raise ValueError(f"{name}: expected {want}, got {len(texts)}. Give a label for each.")
    return texts


def check_names(name: str, labels: Sequence[str] | None, count: int | None = None) -> list[str]:
    """The labels as in `check_labels`, each of them once.

    Raises:
        ValueError: not as many as wanted, or a name that comes twice.

    Example:
        >>> check_names("order_names", ["by weight", "by weight"])
        Traceback (most recent call last):
        ...
        ValueError: order_names: expected each name once, got ['by weight'] more than once. Rename them.
    """
    names = check_labels(name, labels, count)
    twice = sorted({label for label in names if names.count(label) > 1})
    if twice:
        raise ValueError(f"{name}: expected each name once, got {twice} more than once. Rename them.")
    return names


def check_share(name: str, values: np.ndarray) -> None:
    """Raise a ValueError unless all values are from 0 to 1, but for rounding."""
    if not ((values >= -1e-6) & (values <= 1 + 1e-6)).all():
        raise ValueError(
            f"{name}: expected numbers from 0 to 1, got {values.min()} to {values.max()}. "
            f"Give shares, after softmax and not in percent."
        )
