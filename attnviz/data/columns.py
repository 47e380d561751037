"""Columns of a log's tables: their types, and the rows that do not have them."""

import numpy as np
import pandas as pd

from .problems import Findings

_LONGEST_TIME = 64  # characters
_EARLIEST, _LATEST = (pd.Timestamp(end, tz="UTC") for end in ("0001-01-01", "9999-12-31 23:59:59.999999"))


def as_text(values: pd.Series) -> pd.Series:
    """Ids and names as str; whole floats (ids beside a missing one) lose their '.0'."""
    whole = pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all()
    if whole and values.abs().max() < 2**53:
        values = values.astype("Int64")
    return values.astype(str)


def checked_ids(found: Findings, column: str) -> pd.Series:
    """Ids as str; rows without one are dropped."""
    values = found.source[column].reset_index(drop=True)
    text = as_text(values)
    found.drop(f"missing {column}", (values.isna() | (text == "")).to_numpy(), column)
    return text


def checked_times(found: Findings) -> pd.Series:
    """Times in UTC; rows whose time cannot be read are dropped."""
    times = parse_times(found.source["timestamp"])
    kind = "unparsable time (not ISO 8601 text or a datetime)"
    found.drop(kind, times.isna().to_numpy(), "timestamp")
    return times


def checked_days(found: Findings, column: str) -> pd.Series:
    """Times in UTC that may be missing; those that cannot be read become missing."""
    times = parse_times(found.source[column])
    unreadable = (times.isna() & found.source[column].reset_index(drop=True).notna()).to_numpy()
    found.blank("unparsable time (not ISO 8601 text or a datetime)", unreadable & found.kept, column)
    return times


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


def checked_labels(found: Findings) -> pd.Series:
    """Labels 0 and 1; rows with another are dropped."""
    values = found.source["label"].reset_index(drop=True)
    labels = pd.to_numeric(values, errors="coerce")
    found.drop("NaN label", values.isna().to_numpy(), "label")
    wrong = values.notna() & ~labels.isin([0, 1])
    found.drop("label is not 0 or 1", wrong.to_numpy(), "label")
    return labels


def checked_prices(found: Findings) -> pd.Series:
    """Prices as float; those that are negative or unreadable become NaN."""
    values = found.source["price"].reset_index(drop=True)
    prices = pd.to_numeric(values, errors="coerce").astype("float64")
    unreadable = (prices.isna() & values.notna()) | np.isinf(prices)
    found.blank("unreadable price", unreadable.to_numpy() & found.kept, "price")
    negative = prices < 0
    found.blank("negative price", negative.to_numpy() & found.kept, "price")
    return prices.mask(unreadable | negative)


def checked_tags(found: Findings) -> pd.Series:
    """Tags as list of str; those of another type, and missing ones, become []."""
    values = found.source["tags"].reset_index(drop=True)
    tags = [_as_tags(value) for value in values]
    wrong = np.array([tag is None for tag in tags]) & found.kept
    found.blank("tags are not a list of str", wrong, "tags")
    return pd.Series([tag or [] for tag in tags], dtype=object)


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
    return not isinstance(value, str) or (len(value) <= _LONGEST_TIME and value[:4].isdigit())


def _is_number(value) -> bool:
    return isinstance(value, int | float | np.number)
