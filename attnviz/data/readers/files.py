"""Files of tables: what is read from them as it stands, and errors that name the file."""

import gzip
import html
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ...printable import printable
from ..log import InteractionLog
from ..problems import DataProblems

_PRICE = re.compile(r"\s*(-?)\s*[$€£]?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*[$€£]?\s*")
_DIGITS = re.compile(r"\s*\d+(\.\d+)?\s*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINE_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)


def read_file(path: str | Path) -> pd.DataFrame:
    """The table in a CSV (.csv, .csv.gz) or Parquet file; every CSV cell is text or, when empty, NaN."""
    name = Path(path).name.lower()
    if not name.endswith((".parquet", ".csv", ".csv.gz")):
        raise ValueError(f"{path}: expected a file that ends in .csv, .csv.gz or .parquet")
    try:
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: cannot be read as a table: {error}") from error


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
    **options,
) -> InteractionLog:
    """An InteractionLog of the tables, whose errors say which file each table came from.

    Args:
        files: Table -> the file it came from.
        tables: As `InteractionLog` takes them.
        lines: Table -> the line in its file of each row; tables without are numbered from 0 below a header.
        counted: What the reader itself left out, by reason; it is put before the log's own counts.
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
    return log


def parse_prices(values: pd.Series) -> pd.Series:
    """Prices as numbers: '$1,250.00' gives 1250.0, '' gives NaN; what is not a price stays as it is.

    Example:
        >>> parse_prices(pd.Series(["$1,250.00", "93", "", "from 9"])).tolist()
        [1250.0, 93.0, nan, 'from 9']
    """
    if pd.api.types.is_numeric_dtype(values):
        return values
    return pd.Series([parse_price(value) for value in values], index=values.index, dtype=object)


def parse_price(value):
    """One price, as `parse_prices` reads it."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return np.nan
    match = _PRICE.fullmatch(value)
    if match is None:
        return value
    sign, whole, cents = match.groups()
    return float(sign + whole.replace(",", "") + (cents or ""))


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
        >>> without_markup("Soft &amp; warm.<br />Fits.")
        'Soft & warm.\nFits.'
    """
    if "<" in text:
        text = _LINE_BREAK.sub("\n", text)
    return html.unescape(text) if "&" in text else text


def _time(value):
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if not isinstance(value, int | float | np.number) or not 1e7 <= value < 1e20:
        return value
    if value < 1e8:
        return str(int(value))
    microseconds = value * 10**6 if value < 1e11 else value * 10**3 if value < 1e14 else value
    return _EPOCH + timedelta(microseconds=int(microseconds) if value < 1e17 else int(value) // 1000)
