"""A bad input: what is given to what, and which answer is right."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENTED = (ValueError, TypeError, OSError, KeyError)


def never(result: Any) -> bool:
    """No result is right: there must be an error."""
    return False


def or_error(right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The same predicate, of a case in which a clear error is as right as the result."""

    def either(result: Any) -> bool:
        return right(result)

    either.or_error = True
    return either


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes:
        group: "reader", "verb" or "function".
        source: What gets the input.
        fault: What is wrong with it.
        run: Gives the input, in an empty folder of its own; returns what came back.
        names: Words for the faulty argument, file, column or row; a clear error holds at least one of them.
        right: Whether what came back is right.
        kinds: Exceptions that are documented there.
    """

    group: str
    source: str
    fault: str
    run: Callable[[Path], Any]
    names: tuple[str, ...]
    right: Callable[[Any], bool] = never
    kinds: tuple[type[Exception], ...] = DOCUMENTED

    @property
    def name(self) -> str:
        """Unique among all cases."""
        return f"{self.group}: {self.source}: {self.fault}"

    @property
    def is_readable(self) -> bool:
        """Whether the input is unusual and no more, so that an error is no answer."""
        return self.right is not never and not hasattr(self.right, "or_error")
