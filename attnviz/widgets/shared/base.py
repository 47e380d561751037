"""What every explorer is: numbers and texts for the browser, a claim, and traits that start somewhere."""

from collections.abc import Mapping

import anywidget
import numpy as np
import traitlets

from .claims import Claim
from .traits import Index


class Explorer(anywidget.AnyWidget):
    """An explorer: numbers and texts that go to the browser once, and a few traits that stay in sync.

    Args:
        arrays: what the browser computes from, by name.
        meta: texts and settings, as JSON has them.
        claim: what the figure says of all cases; None says nothing.
        axes: lengths of axes without labels, by the name that an `Index` gives them.
        **traits: where the traits start.

    Raises:
        TypeError: the claim is none.
        TraitError: a trait starts out of its range.
    """

    _data = traitlets.Bytes().tag(sync=True)
    _shapes = traitlets.Dict().tag(sync=True)
    _meta = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        meta: dict,
        *,
        claim: Claim | None = None,
        axes: Mapping[str, int] | None = None,
        **traits,
    ):
        if not isinstance(claim, Claim | None):
            raise TypeError(f"claim: expected an attnviz.widgets.Claim or None, got {claim!r}. Make a Claim.")
        self._arrays, self._axes, self._meta = arrays, dict(axes or {}), meta
        for name, value in traits.items():
            setattr(self, name, value)
        data, shapes = pack(arrays)
        meta = meta | {"claim": claim and claim.as_dict(), "start": self._state_of_traits()}
        super().__init__(_data=data, _shapes=shapes, _meta=meta)

    def _length_of(self, of: str) -> int:
        """How long an axis, or a list in `_meta`, is."""
        return self._axes[of] if of in self._axes else len(self._meta[of])

    def _state_of_traits(self) -> dict:
        """The traits that reader and browser change, without those of every widget."""
        own = set(self.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names(sync=True))
        return {name: getattr(self, name) for name in sorted(own) if not name.startswith("_")}


class CaseExplorer(Explorer):
    """An explorer of one case among many."""

    case = Index(of="cases").tag(sync=True)


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
