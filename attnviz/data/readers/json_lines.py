"""Files with one JSON object a line, gzipped or not, read as a stream; errors name file and line."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .streams import broken, numbered_lines


class RepeatedKey(ValueError):
    """A JSON object has one key twice."""


def read_json_lines(path: str | Path, **limits: int) -> Iterator[tuple[int, dict]]:
    """The objects of the file and the lines they stand in, from 1; blank lines are passed over.

    Args:
        path: The file; whether it is gzipped is told from its first bytes, not from its name.
        **limits: `max_bytes` of the whole file, unpacked, and `max_line_bytes`, as in `CheckedBytes`.

    Raises:
        ValueError: When a line is no JSON object, or has a key twice; and as `numbered_lines`.
    """
    for number, line in numbered_lines(path, **limits):
        if not line.isspace():
            yield number, _record(path, number, line)


def parse_json(text: str) -> object:
    """What a JSON text holds; whatever is wrong with it is a ValueError that says so in a few words.

    Example:
        >>> parse_json('{"a": [1]}')
        {'a': [1]}
        >>> parse_json("[" * 100_000)
        Traceback (most recent call last):
        ValueError: brackets are nested too deeply
    """
    try:
        return _DECODER.decode(text)
    except RepeatedKey:
        raise
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("brackets are nested too deeply") from error
    except ValueError as error:  # of int: more digits than Python turns into a number
        raise ValueError("a number has thousands of digits") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise RepeatedKey(f"key {key[:40]!r} stands twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _record(path: str | Path, number: int, line: str) -> dict:
    try:
        record = parse_json(line)
    except ValueError as error:
        raise broken(path, number, f"no JSON that can be read ({error}); {_advice(line)}") from error
    if not isinstance(record, dict):
        what = f"expected a JSON object {{...}}, got {type(record).__name__}; write one object a line"
        raise broken(path, number, what)
    return record


def _advice(line: str) -> str:
    if not line.endswith("\n"):
        return "it is the last line: the file may be cut off"
    if line.startswith("{'"):
        return "it looks like a dict of Python, as the files of 2014 have them: write it with json.dumps"
    return "expected one JSON object a line: correct this line, or leave it out"
