"""Columns of a log's tables: their types, and the rows that do not have them."""

from collections.abc import Collection
from decimal import Decimal

import numpy as np
import pandas as pd

from .problems import Findings

LONGEST_TIME = 64  # characters of a cell that is one
_WITH_COMMA = "some with a decimal comma"
COMMA_ADVICE = "write 1.250,5 as 1250.5: with a decimal point, and thousands without a mark"
_DECIMAL_COMMA = r"\s*[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+\s*"
_GROUPED = r"\s*[-+]?\d{1,3}(\.\d{3})+\s*"
_EARLIEST, _LATEST = (pd.Timestamp(end, tz="UTC") for end in ("0001-01-01", "9999-12-31 23:59:59.999999"))


def as_text(values: pd.Series) -> pd.Series:
    """Ids and names as str; whole floats (ids beside a missing one) lose their '.0'."""
    whole = pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all()
    if whole and values.abs().max() < 2**53:
        values = values.astype("Int64")
    return values.astype(str)


def checked_ids(found: Findings, column: str) -> pd.Series:
    """Ids as str; rows without one, and with a list or a dict in its place, are dropped."""
    values = found.source[column].reset_index(drop=True)
    text = as_text(values)
    nested = values.map(lambda value: isinstance(value, Collection) and not isinstance(value, str))
    found.drop(f"{column} is not one value", nested.to_numpy(dtype=bool), column)
    found.drop(f"missing {column}", (values.isna() | (text == "")).to_numpy(), column)
    return text


def parse_times(values: pd.Series) -> pd.Series:
    """Datetimes in UTC with microseconds; NaT where there is no ISO 8601 time of the years 1 to 9999.

    A time without a zone is taken as UTC. Numbers give NaT, because seconds and
    milliseconds cannot be told apart here. Python's own times hold no other years.

    Example:
        >>> parse_times(pd.Series(["2025-01-31", "-0005-01-31", "10000-01-31", "now"])).isna().tolist()
        [False, True, True, True]
    """
    values = values.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values):
        values = pd.Series(pd.NaT, index=values.index)
    elif values.dtype == object:
        values = values.where(~values.map(_is_number).astype(bool), None)
    if not pd.api.types.is_datetime64_any_dtype(values):
        values = values.where(values.map(_may_be_time).astype(bool), None)
    times = pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601")
    return times.dt.as_unit("us").where(times.between(_EARLIEST, _LATEST))


def numbers(values: pd.Series) -> pd.Series:
    """Numbers, and text that is one, as float64; NaN for all else, inf for what no float can hold.

    Example:
        >>> numbers(pd.Series([1, "2.5", True, [3], None, 10**400], dtype=object)).tolist()
        [1.0, 2.5, 1.0, nan, nan, inf]
    """
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_complex_dtype(values):
        values = values.astype(object).map(_number_or_none)
    return pd.to_numeric(values, errors="coerce").astype("float64")


def decimal_commas(values: pd.Series) -> np.ndarray:
    """Which numbers are text with a decimal comma and, beside such, with points that may group (row,), bool.

    Example:
        >>> decimal_commas(pd.Series(["1,5", "1.250", "1.5", 7], dtype=object)).tolist()
        [True, True, False, False]
        >>> decimal_commas(pd.Series(["1.250", "1.5"])).tolist()
        [False, False]
    """
    if pd.api.types.is_numeric_dtype(values):
        return np.zeros(len(values), dtype=bool)
    texts = values.map(lambda value: value if isinstance(value, str) else "").astype(str)
    commas = texts.str.fullmatch(_DECIMAL_COMMA).to_numpy(dtype=bool)
    grouped = texts.str.fullmatch(_GROUPED).to_numpy(dtype=bool)
    return commas | (grouped & commas.any())


def wrong_numbers(kind: str, commas: np.ndarray, advice: str = "") -> tuple[str, str]:
    """What is wrong with numbers, and what to do about it: decimal commas are named where there are some."""
    return (f"{kind}, {_WITH_COMMA}", COMMA_ADVICE) if commas.any() else (kind, advice)


def _number_or_none(value):
    if isinstance(value, int) and abs(value) >= 2**1023:
        return np.inf
    return value if isinstance(value, str | int | float | Decimal | np.number | np.bool_) else None


def checked_prices(found: Findings) -> pd.Series:
    """Prices as float; those that are negative or unreadable become NaN."""
    values = found.source["price"].reset_index(drop=True)
    prices = numbers(values)
    unreadable = (prices.isna() & values.notna()) | np.isinf(prices)
    found.blank("unreadable price", unreadable.to_numpy() & found.kept, "price")
    negative = prices < 0
    found.blank("negative price", negative.to_numpy() & found.kept, "price")
    return prices.mask(unreadable | negative)


def checked_tags(found: Findings, column: str, kind: str = "tags are not a list of str") -> pd.Series:
    """Tags as list of str; those of another type, and missing ones, become []."""
    values = found.source[column].reset_index(drop=True)
    tags = [_as_tags(value) for value in values]
    wrong = np.array([tag is None for tag in tags]) & found.kept
    found.blank(kind, wrong, column, """write them as 'a|b|c', or as a JSON list: '["a", "b"]'""")
    return pd.Series([tag or [] for tag in tags], dtype=object)


def checked_categories(found: Findings, column: str, kind: str = "not one value") -> pd.Series:
    """Values as str, None where there is none; lists and infinite numbers become None."""
    values = found.source[column].reset_index(drop=True)
    wrong = values.notna() & ~values.map(_is_one_value).astype(bool)
    found.blank(kind, wrong.to_numpy() & found.kept, column)
    return as_text(values.mask(wrong)).astype(object).where(values.notna() & ~wrong, None)


def _as_tags(value) -> list[str] | None:
    if isinstance(value, list | tuple | np.ndarray):
        return list(value) if all(isinstance(tag, str) for tag in value) else None
    return [] if value is None or value is pd.NA or value != value else None


def review_texts(source: pd.DataFrame) -> pd.Series:
    """Reviews as str, "" where there is none."""
    if "review" not in source:
        return pd.Series("", index=range(len(source)), dtype=str)
    return source["review"].reset_index(drop=True).fillna("").astype(str)


def _may_be_time(value) -> bool:
    """False for text that pandas reads as a time and ISO 8601 does not ("now", "-5"), and for pages of it."""
    return not isinstance(value, str) or (len(value) <= LONGEST_TIME and value[:4].isdigit())


def _is_number(value) -> bool:
    return isinstance(value, int | float | np.number)


def _is_one_value(value) -> bool:
    infinite = isinstance(value, float | np.floating) and not np.isfinite(value)
    return pd.api.types.is_scalar(value) and not isinstance(value, bytes) and not infinite
