"""What every explorer shares: its static files, its block of numbers, and the checks of what comes in."""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets

WIDGETS = Path(__file__).parents[1]


def read_view(name: str, suffix: str, *shared: str) -> str:
    """The shared files and the explorer's own file, joined to one self-contained text.

    Args:
        name: the explorer's folder, such as `"field_explorer"`.
        suffix: `"js"` or `"css"`.
        *shared: names of further shared files that go between, such as `"claims"`.
    """
    files = [WIDGETS / "shared" / f"{part}.{suffix}" for part in ("common", *shared)]
    return "\n".join(path.read_text(encoding="utf-8") for path in (*files, WIDGETS / name / f"view.{suffix}"))


class Explorer(anywidget.AnyWidget):
    """An explorer: numbers and texts that go to the browser once, and a few traits that stay in sync."""

    _data = traitlets.Bytes().tag(sync=True)
    _shapes = traitlets.Dict().tag(sync=True)
    _meta = traitlets.Dict().tag(sync=True)

    def __init__(self, arrays: dict[str, np.ndarray], meta: dict, **traits):
        data, shapes = pack(arrays)
        self._arrays = arrays
        super().__init__(_data=data, _shapes=shapes, _meta=meta, **traits)

    def _check_index(self, trait: str, value: int, count: int) -> int:
        if not 0 <= value < count:
            raise traitlets.TraitError(
                f"{trait}: expected an index from 0 to {count - 1}, got {value}. Choose one of the {count}."
            )
        return value


def pack(arrays: dict[str, np.ndarray]) -> tuple[bytes, dict]:
    """One block of little-endian float32, and where each array begins in it.

    Args:
        arrays: arrays by name, of any shape.

    Returns:
        The block, and `{name: {"offset": first number, "shape": [...]}}`.

    Example:
        >>> block, shapes = pack({"a": np.zeros((2, 3)), "b": np.ones(4)})
        >>> len(block), shapes["b"]
        (40, {'offset': 6, 'shape': [4]})
    """
    shapes, offset = {}, 0
    for name, array in arrays.items():
        shapes[name] = {"offset": offset, "shape": list(array.shape)}
        offset += array.size
    block = b"".join(np.ascontiguousarray(array, dtype="<f4").tobytes() for array in arrays.values())
    return block, shapes


def check_array(name: str, values, axes: dict[str, int | None]) -> np.ndarray:
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
    array = np.asarray(values, dtype=np.float32)
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


def check_labels(name: str, labels: Sequence[str], count: int | None = None) -> list[str]:
    """The labels as a list of texts, or an error that says how many are wanted.

    Raises:
        ValueError: not one label for each entry of the axis, or a bare string.

    Example:
        >>> check_labels("fields", ["tags", "price"], 2)
        ['tags', 'price']
    """
    if isinstance(labels, str):
        raise ValueError(f"{name}: expected a list of texts, got the text {labels!r}. Put it into a list.")
    texts = [str(label) for label in labels]
    if not texts or (count is not None and len(texts) != count):
        want = "at least one label" if count is None else f"{count} labels, one for each entry of the axis"
        raise ValueError(f"{name}: expected {want}, got {len(texts)}. Give a label for each.")
    return texts


def check_fields(fields: Sequence[str]) -> list[str]:
    """The names of the fields, each of them once.

    Raises:
        ValueError: no field, or a name that comes twice.
    """
    names = check_labels("fields", fields)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"fields: expected each name once, got {twice} more than once. Rename them.")
    return names
