"""Files of tables: what is read from them as it stands, and errors that name the file."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ...language.entities import unescape
from ...printable import printable
from ..columns import LONGEST_TIME
from ..log import InteractionLog
from ..problems import DataProblems
from .prices import decimal_mark_of, parse_price
from .table_files import read_csv, read_json, read_parquet

_READERS = {".csv": read_csv, ".parquet": read_parquet, ".json": read_json, ".jsonl": read_json}
_DIGITS = re.compile(r"\s*\d+(\.\d+)?\s*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURES = {
    ".": "if the point groups thousands, write them without it",
    ",": "if the comma is decimal, write a point in its place",
}
_LINE_BREAK = re.compile(r"<br\s*+/?>", re.IGNORECASE)


def read_file(path: str | Path, **limits: int) -> pd.DataFrame:
    """The table in a CSV (.csv), Parquet (.parquet) or JSON lines (.json, .jsonl) file.

    Args:
        path: The file. CSV and JSON lines may be gzipped, with a name that ends in .gz or without.
        **limits: `max_bytes` of the whole file, unpacked, and `max_line_bytes`, as in `CheckedBytes`.

    Returns:
        The table. Every CSV cell is text or, when empty, NaN; the others have the types of the file.

    Raises:
        ValueError: When it cannot be read, is empty, has two columns of one name, or passes a limit.
    """
    name = Path(path).name.lower()
    for ending, read in _READERS.items():
        if name.removesuffix(".gz").endswith(ending):
            return read(path, **limits)
    raise ValueError(f"{path}: expected a file that ends in {', '.join(_READERS)}, or one of these and .gz")


def require_columns(name: str, table: pd.DataFrame, columns: tuple[str, ...], hint: str) -> None:
    """Raise a ValueError that names the file and the columns which it lacks."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(f"{name}: no column {', '.join(map(repr, missing))}; {hint}")


def log_from_files(
    files: Mapping[str, str],
    tables: dict[str, pd.DataFrame],
    *,
    lines: Mapping[str, np.ndarray] | None = None,
    counted: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    **options,
) -> InteractionLog:
    """An InteractionLog of the tables, whose errors say which file each table came from.

    Args:
        files: Table -> the file it came from.
        tables: As `InteractionLog` takes them.
        lines: Table -> the line in its file of each row; tables without are numbered from 0 below a header.
        counted: What the reader itself left out, by reason; it is put before the log's own counts.
        notes: What the reader says of how it read the cells; they are put before the log's own.
        **options: As `InteractionLog` takes them.
    """
    note = ", ".join(f"{table} from {printable(file)}" for table, file in files.items())
    if not lines:
        note += "; row 0 is the first row below the header"
    try:
        log = InteractionLog(**tables, **options)
    except DataProblems as error:
        raise DataProblems(error.findings, note=note, numbers=lines, counted=counted) from error
    except ValueError as error:
        raise ValueError(f"{error}\n({note})") from error
    log.dropped = {**(counted or {}), **log.dropped}
    log.notes = [*notes, *log.notes]
    return log


def read_prices(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """Prices as numbers, each as `parse_price` reads it, and what should be known of how they were read.

    The column says what one point or comma before exactly three digits is, where one price alone does not:
    some price shows which mark is decimal, and none shows the other. Otherwise the point is decimal and the
    comma groups; a sentence says so where nothing in the column, or as much against it, speaks for that.

    Example:
        >>> read_prices(pd.Series(["$1,250.00", "93", "", "from 9"]))[0].tolist()
        [1250.0, 93.0, nan, 'from 9']
        >>> read_prices(pd.Series(["1.300", "12,50"]))[0].tolist()
        [1300.0, 12.5]
        >>> read_prices(pd.Series(["4,500", "12,90"]))[0].tolist()
        [4.5, 12.9]
        >>> prices, notes = read_prices(pd.Series(["1.300", "12"]))
        >>> prices.tolist(), notes[0].partition(";")[0]
        ([1.3, 12.0], "items: 1 price such as '1.300' was read as 1.3")
    """
    if pd.api.types.is_numeric_dtype(values):
        return values, []
    marks = [decimal_mark_of(value) for value in values]
    told = {",", "."} & set(marks)
    decimal_mark = told.pop() if len(told) == 1 else ""
    read = [parse_price(value, decimal_mark=decimal_mark) for value in values]
    unsure = (
        [] if decimal_mark else [value for value, mark in zip(values, marks, strict=True) if mark == "open"]
    )
    by_mark = {cure: [value for value in unsure if mark in value] for mark, cure in _CURES.items()}
    notes = [_note_on(some, cure) for cure, some in by_mark.items() if some]
    return pd.Series(read, index=values.index, dtype=object), notes


def _note_on(unsure: list[str], cure: str) -> str:
    prices = "1 price" if len(unsure) == 1 else f"{len(unsure):,} prices"
    return (
        f"items: {prices} such as {unsure[0]!r} {'was' if len(unsure) == 1 else 'were'} read as "
        f"{parse_price(unsure[0]):g}; {cure}"
    )


def parse_unix_times(values: pd.Series) -> pd.Series:
    """Unix times (numbers, or text of digits) as datetimes in UTC; other values stay as they are.

    Numbers from 1e8 on are seconds, from 1e11 on milliseconds, from 1e14 on microseconds, from 1e17 on
    nanoseconds, so years 1973 to 5138 are read right. Eight digits are a date (20250131). Smaller numbers
    stay numbers, which are no times.

    Example:
        >>> parse_unix_times(pd.Series([1735689600, 1735689600000])).astype(str).tolist()
        ['2025-01-01 00:00:00+00:00', '2025-01-01 00:00:00+00:00']
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    return pd.Series([_time(value) for value in values], index=values.index, dtype=object)


def plain_text(values: pd.Series) -> pd.Series:
    """Reviews without markup: <br/> becomes a new line, and entities (&amp;) their characters."""
    return values.map(without_markup, na_action="ignore")


def without_markup(text: str) -> str:
    r"""A text without markup: <br/> becomes a new line, and entities (&amp;) their characters.

    Example:
        >>> without_markup("Soft &amp; warm. <br /> Fits.")
        'Soft & warm.\nFits.'
    """
    if "<" in text:
        first, *others = _LINE_BREAK.split(text)
        if others:
            *middle, last = others
            text = "\n".join([first.rstrip(), *(part.strip() for part in middle), last.lstrip()])
    return unescape(text)


def _time(value):
    if isinstance(value, str) and len(value) <= LONGEST_TIME and _DIGITS.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if not isinstance(value, int | float | np.number) or not 1e7 <= value < 1e20:
        return value
    if value < 1e8:
        return str(int(value))
    microseconds = value * 10**6 if value < 1e11 else value * 10**3 if value < 1e14 else value
    return _EPOCH + timedelta(microseconds=int(microseconds) if value < 1e17 else int(value) // 1000)
