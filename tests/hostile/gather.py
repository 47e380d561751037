"""All cases."""

from . import (
    capturing,
    cities,
    explorers,
    files,
    options,
    readers,
    reading,
    rooms,
    runs,
    tensors,
    training,
    verbs,
)
from .cases import Case

ROOMS = (
    files,
    readers,
    reading,
    verbs,
    cities,
    runs,
    tensors,
    options,
    rooms,
    capturing,
    training,
    explorers,
)


def every_case() -> list[Case]:
    """In the order of the files; each name is there once."""
    return [case for room in ROOMS for case in room.cases()]
