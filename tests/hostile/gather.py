"""All cases, and those whose answer is not right yet."""

from pathlib import Path

from . import capturing, cities, explorers, files, options, readers, rooms, runs, tensors, training, verbs
from .cases import Case

ROOMS = (files, readers, verbs, cities, runs, tensors, options, rooms, capturing, training, explorers)
HERE = Path(__file__).parent


def every_case() -> list[Case]:
    """In the order of the files; each name is there once."""
    return [case for room in ROOMS for case in room.cases()]


def listed(file: str) -> set[str]:
    """The names in a file of this folder, one a line; none without the file."""
    path = HERE / file
    return set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()


NOT_YET = listed("not_yet.txt")  # silent, or a traceback: to be mended
UNCLEAR = listed("unclear.txt")  # an error that does not name what is wrong, or not say what to do
