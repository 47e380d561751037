"""The review files of Amazon 2018 and 2023 as a table, each review once, in little memory."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa

from .amazon_products import text_id
from .files import without_markup

_CHUNK = 16_384  # reviews
_LAST_TIME = 253_402_300_800 * 10**6  # the year 10000, in microseconds
_NO_NUMBER = math.nan
_LONGEST_NUMBER = 64  # characters
_LARGEST = 2**1000

REPEATED = "interactions: repeats another review"
NO_TEXT = "interactions: review is no text, left empty"
_NO_TIME = np.iinfo(np.int64).min  # NumPy's "not a time"


@dataclass(frozen=True)
class ReviewFormat:
    """Names of the keys, and how many microseconds one unit of time has."""

    year: str
    user: str
    item: str
    time: str
    rating: str
    text: str
    microseconds: int

    @property
    def required(self) -> tuple[str, ...]:
        """Keys that tell the format; a review may lack its text."""
        return self.user, self.item, self.time, self.rating


REVIEW_FORMATS = (
    ReviewFormat(
        "2018", "reviewerID", "asin", "unixReviewTime", "overall", text="reviewText", microseconds=10**6
    ),
    ReviewFormat("2023", "user_id", "parent_asin", "timestamp", "rating", text="text", microseconds=10**3),
)


def read_reviews(
    records: Iterator[tuple[int, dict]], format: ReviewFormat
) -> tuple[pd.DataFrame, np.ndarray, dict[str, int]]:
    """The reviews as a table.

    Args:
        records: Line numbers and reviews.
        format: Which keys they have.

    Returns:
        Columns user_id, item_id and review ("" where there is none), timestamp (NaT likewise) and rating (any
        number, NaN likewise), without rows that repeat an earlier one; the line of each row; what was left
        out, by reason.
    """
    counted = Counter({REPEATED: 0, NO_TEXT: 0})
    reviews = ((line, _review(record, format, counted)) for line, record in records)
    seen, columns, lines = SeenHashes(), _Columns(), array("q")
    while chunk := list(islice(reviews, _CHUNK)):
        hashes = (hash(row) if _is_whole(row) else hash((line, row)) for line, row in chunk)
        new = seen.first_time(np.fromiter(hashes, np.int64, len(chunk)))
        kept = [one for one, first in zip(chunk, new, strict=True) if first]
        columns.extend([row for _, row in kept])
        lines.extend(line for line, _ in kept)
        counted[REPEATED] += len(chunk) - len(kept)
    return columns.table(), np.frombuffer(lines, dtype=np.int64), dict(counted)


class TextColumn:
    r"""A growing column of texts, held as UTF-8 in one piece: no Python object a text, no copy at the end.

    Half a character (a lone surrogate), which UTF-8 cannot hold, becomes U+FFFD.

    Example:
        >>> column = TextColumn()
        >>> column.extend(["tea", ""])
        >>> column.extend(["half of an emoji: \ud83d"])
        >>> column.array().to_pylist()
        ['tea', '', 'half of an emoji: �']
    """

    def __init__(self):
        self._data = bytearray()
        self._ends = array("q", [0])

    def extend(self, texts: Iterable[str]) -> None:
        """Add texts at the end."""
        parts = [_utf8(text) for text in texts]
        ends = len(self._data) + np.cumsum([len(part) for part in parts], dtype=np.int64)
        self._data += b"".join(parts)
        self._ends.frombytes(ends.tobytes())

    def array(self) -> pa.LargeStringArray:
        """The column over the memory that it grew in; it can grow no more."""
        return pa.LargeStringArray.from_buffers(
            len(self._ends) - 1, pa.py_buffer(self._ends), pa.py_buffer(self._data)
        )


class SeenHashes:
    """Which 64-bit hashes came before, in 8 bytes each.

    Two different reviews among a million share a hash with a probability below 1e-7.

    Example:
        >>> seen = SeenHashes()
        >>> seen.first_time(np.array([5, 7, 5])), seen.first_time(np.array([7, 9]))
        (array([ True,  True, False]), array([False,  True]))
    """

    def __init__(self):
        self._runs = []  # sorted, each longer than the next: a hash is looked up in few of them

    def first_time(self, hashes: np.ndarray) -> np.ndarray:
        """True for each hash that is new, the first of equal ones; they are known from now on."""
        new = np.zeros(len(hashes), dtype=bool)
        new[np.unique(hashes, return_index=True)[1]] = True
        for run in self._runs:
            place = np.searchsorted(run, hashes).clip(max=len(run) - 1)
            new &= run[place] != hashes
        self._add(np.sort(hashes[new]))
        return new

    def _add(self, run: np.ndarray) -> None:
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        if len(run):
            self._runs.append(run)


class _Columns:
    def __init__(self):
        self.texts = {name: TextColumn() for name in ("user_id", "item_id", "review")}
        self.times, self.ratings = array("q"), array("d")

    def extend(self, rows: list[tuple]) -> None:
        users, items, texts, times, ratings = zip(*rows, strict=True) if rows else [()] * 5
        for column, values in zip(self.texts.values(), (users, items, texts), strict=True):
            column.extend(values)
        self.times.extend(times)
        self.ratings.extend(ratings)

    def table(self) -> pd.DataFrame:
        table = pa.table({name: column.array() for name, column in self.texts.items()}).to_pandas()
        times = np.frombuffer(self.times, dtype="datetime64[us]")
        table["timestamp"] = pd.Series(times).dt.tz_localize("UTC")
        table["rating"] = np.frombuffer(self.ratings)
        return table


def _review(record: Mapping, format: ReviewFormat, counted: Counter) -> tuple[str, str, str, int, float]:
    """User, item, text, microseconds since 1970, rating."""
    text = record.get(format.text)
    counted[NO_TEXT] += not (text is None or isinstance(text, str))
    rating = _number(record.get(format.rating))
    time = _number(record.get(format.time)) * format.microseconds
    return (
        text_id(record.get(format.user)) or "",
        text_id(record.get(format.item)) or "",
        without_markup(text) if isinstance(text, str) else "",
        int(time) if 0 < time < _LAST_TIME else _NO_TIME,
        _as_float(rating),
    )


def _as_float(number: float | int) -> float:
    """The number; infinity where it is larger than any float."""
    if number != number or abs(number) < _LARGEST:
        return float(number)
    return math.inf if number > 0 else -math.inf


def _is_whole(row: tuple[str, str, str, int, float]) -> bool:
    """Whether all could be read; two reviews of unknown users are no repeats, and both are to be reported."""
    user, item, _, time, rating = row
    return bool(user and item and time != _NO_TIME and rating == rating)


def _number(value) -> float | int:
    """A number, also when it is written as text; NaN for another value."""
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        try:
            return float(value)
        except ValueError:
            return _NO_NUMBER
    return value if isinstance(value, int | float) and not isinstance(value, bool) else _NO_NUMBER


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
