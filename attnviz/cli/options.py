"""Options of the command line: numbers in a range, and whether what was given has an effect."""

import argparse
import math
from collections.abc import Callable
from typing import Any

MANY = 1_000_000


def whole(least: int = 1, most: int = MANY) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`."""
    return _reader(int, f"a whole number from {least:,} to {most:,}", lambda value: least <= value <= most)


def number(least: float, below: float = math.inf, *, above: bool = False) -> Callable[[str], float]:
    """A reader of numbers from `least`, or `above` it, to below `below`."""
    expected = f"a number {'above' if above else 'from'} {least:,.9g}"
    expected += "" if below == math.inf else f" and below {below:,.9g}"
    return _reader(float, expected, lambda value: least <= value < below and not (above and value == least))


def _reader(read: Callable[[str], Any], expected: str, fits: Callable[[Any], bool]) -> Callable[[str], Any]:
    def checked(text: str) -> Any:
        try:
            value = read(text)
        except ValueError:
            value = math.nan
        if not fits(value):
            raise argparse.ArgumentTypeError(f"must be {expected}, got {text!r}")
        return value

    return checked


def flag(name: str) -> str:
    """An option as it is written: "num_heads" is --num-heads."""
    return "--" + name.replace("_", "-")


def require_no_effectless(options: argparse.Namespace, *names: str, where: str) -> None:
    """Refuse options that were given though they have no effect.

    Args:
        options: Those that were not given are None or False.
        *names: Which of them have none.
        where: What makes it so, as in "with --airbnb".

    Raises:
        ValueError: If one was given.
    """
    given = [flag(name) for name in names if getattr(options, name) not in (None, False)]
    if given:
        raise ValueError(f"{' and '.join(given)}: no effect {where}; leave out what has none")


def or_default(options: argparse.Namespace, **defaults: Any) -> dict[str, Any]:
    """These options as they were given, or else with their default."""
    given = {name: getattr(options, name) for name in defaults}
    return {name: defaults[name] if value is None else value for name, value in given.items()}
