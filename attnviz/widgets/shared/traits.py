"""Traits that know their range from the explorer they belong to."""

import operator
from typing import Any

import traitlets


class Index(traitlets.Int[int, int]):
    """The index of one of the explorer's things.

    Args:
        default: where it starts.
        of: what it is an index of: an axis that the explorer names, or a list in its `_meta`.
        first: the lowest index; -1 where it stands for all of them.

    Raises:
        TraitError: there is no such thing; the trait keeps its value.

    Example:
        >>> from attnviz.widgets import FieldMatrix
        >>> FieldMatrix([[[[0.2, 0.8], [0.5, 0.5]]]], ["shopper", "price"], row=2)
        Traceback (most recent call last):
        ...
        traitlets.traitlets.TraitError: row: expected an index from 0 to 1, got 2. It has 2 names.
    """

    kind = "an index"

    def __init__(self, default: int = 0, *, of: str, first: int = 0):
        super().__init__(default)
        self.of, self.first = of, first

    def last(self, count: int) -> int:
        """The highest value where the explorer has so many things."""
        return count - 1

    def validate(self, obj: Any, value: Any) -> int:
        """The value as an int in range."""
        count = obj._length_of(self.of)
        if not hasattr(value, "__index__"):
            raise traitlets.TraitError(
                f"{self.name}: expected {self.kind}, a whole number from {self.first} to {self.last(count)}, "
                f"got {value!r}. It has {count} {self.of}."
            )
        whole = super().validate(obj, operator.index(value))
        if not self.first <= whole <= self.last(count):
            raise traitlets.TraitError(
                f"{self.name}: expected {self.kind} from {self.first} to {self.last(count)}, got {value}. "
                f"It has {count} {self.of}."
            )
        return whole


class Count(Index):
    """How many of the explorer's things, from `first` to all of them."""

    kind = "a number"

    def last(self, count: int) -> int:
        """All of them."""
        return count


class Number(traitlets.Float[float, float]):
    """A number in a fixed range.

    Args:
        default: where it starts.
        low: the lowest number.
        high: the highest number.
        advice: the last sentence of the error.
        allow_none: whether None is allowed too.

    Raises:
        TraitError: the number is out of range; the trait keeps its value.

    Example:
        >>> from attnviz.widgets import TokenExplorer
        >>> TokenExplorer([[[[0.9, 0.1], [0.4, 0.6]]]], ["warm", "scarf"], mass=80)
        Traceback (most recent call last):
        ...
        traitlets.traitlets.TraitError: mass: expected a number from 0.05 to 1, got 80. Give a share.
    """

    def __init__(
        self, default: float | None, *, low: float, high: float, advice: str, allow_none: bool = False
    ):
        # The stubs know None and True together, and no bool.
        super().__init__(default, allow_none=allow_none)  # type: ignore[arg-type]
        self.low, self.high, self.advice = low, high, advice

    def validate(self, obj: Any, value: Any) -> float:
        """The value as a float in range."""
        number = super().validate(obj, float(value) if hasattr(value, "__float__") else value)
        if not self.low <= number <= self.high:
            none = ", or None" if self.allow_none else ""
            raise traitlets.TraitError(
                f"{self.name}: expected a number from {self.low} to {self.high}{none}, got {value}. "
                f"{self.advice}"
            )
        return number
