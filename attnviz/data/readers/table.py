"""Everybody's own data: CSV or Parquet files, or DataFrames, with any column names."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ..log import InteractionLog
from .files import log_from_files, parse_prices, parse_unix_times, read_file
from .json_lines import parse_json

COLUMNS = {
    "interactions": ("user_id", "item_id", "timestamp", "label", "rating", "review"),
    "items": ("item_id", "title", "tags", "price", "category", "brand"),
    "users": ("user_id",),
}


def read_table(
    interactions: str | Path | pd.DataFrame,
    items: str | Path | pd.DataFrame,
    users: str | Path | pd.DataFrame | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    rating_threshold: float = 4.0,
    implicit: bool = False,
    strict: bool = True,
) -> InteractionLog:
    """Read an interaction log from two or three tables.

    Taught in chapter 2. How cells are read:

    - price: a number, or text such as '$1,250.00'; an empty cell is unknown.
    - tags: a list, or text: a JSON list, or tags separated by '|', or by ',' where there is no '|'.
    - timestamp: ISO 8601 text, datetimes, or Unix times (seconds to nanoseconds, told apart by their size).
    - rating: read when there is no label and the log is not implicit: label 1 from `rating_threshold` up.
    - Cells of a CSV file are text, so an id such as '007' or 'NA' stays one; only an empty cell is missing.

    Args:
        interactions: Path of a CSV (.csv, .csv.gz) or Parquet file, or a DataFrame.
        items: Likewise.
        users: Likewise, or None.
        columns: Our column name -> the name in your tables. Where two tables differ, name the table too:
            {"interactions.item_id": "listing_id", "items.item_id": "id"}.
        rating_threshold: The smallest rating that counts as label 1.
        implicit: As in `InteractionLog`: rows are choices without ratings; a rating is then not read.
        strict: As in `InteractionLog`: True raises on any problem, False drops and counts.

    Returns:
        The log.

    Raises:
        ValueError: When a file cannot be read, a column is missing, or the tables have problems; the message
            names the file, the column and the first rows.

    Example:
        >>> import pandas as pd
        >>> ratings = pd.DataFrame({
        ...     "who": [7, 8], "what": ["tea", "tea"], "stars": [5, 2], "when": ["2025-01-31", "2025-02-01"]})
        >>> shelf = pd.DataFrame({"what": ["tea"], "price": ["$1,250.00"], "tags": ["green|leaf"]})
        >>> names = {"user_id": "who", "item_id": "what", "rating": "stars", "timestamp": "when"}
        >>> log = read_table(ratings, shelf, columns=names)
        >>> log.interactions["label"].tolist(), log.items["price"].tolist(), log.items["tags"].tolist()
        ([1, 0], [1250.0], [['green', 'leaf']])
    """
    sources = {"interactions": interactions, "items": items, "users": users}
    given = {name: source for name, source in sources.items() if source is not None}
    files = {
        name: "a DataFrame" if isinstance(given[name], pd.DataFrame) else str(given[name]) for name in given
    }
    tables = {name: src if isinstance(src, pd.DataFrame) else read_file(src) for name, src in given.items()}
    for name, names in _our_names(tables, files, columns or {}).items():
        tables[name] = _renamed(tables[name], names)
    rows = _labelled(tables["interactions"], rating_threshold, implicit)
    tables["interactions"] = _with_cells(rows, {"timestamp": parse_unix_times})
    tables["items"] = _with_cells(tables["items"], {"price": parse_prices, "tags": parse_tags})
    if users is not None:
        tables["users"] = _with_numbers(tables["users"])
    return log_from_files(files, tables, implicit=implicit, strict=strict)


def parse_tags(values: pd.Series) -> pd.Series:
    """Tags as lists: of a JSON list in text, or of text separated by '|', or by ',' where there is no '|'.

    What is neither a list nor text stays as it is, and so does a broken JSON list.

    Example:
        >>> parse_tags(pd.Series(['["a, b", "c"]', "a | b,c", "a, b", ""])).tolist()
        [['a, b', 'c'], ['a', 'b,c'], ['a', 'b'], []]
    """
    return pd.Series([_tags(value) for value in values], index=values.index, dtype=object)


def _tags(value):
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return parse_json(value)
        except ValueError:
            return value
    parts = value.split("|" if "|" in value else ",")
    return [part.strip() for part in parts if part.strip()]


def _our_names(tables, files, columns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """For each table: our column name -> theirs."""
    names: dict[str, dict[str, str]] = {name: {} for name in tables}
    for key, theirs in columns.items():
        table, _, ours = key.rpartition(".")
        _require_our_name(key, table, ours)
        wanted = [table] if table else [name for name in tables if ours in COLUMNS[name]]
        holders = [name for name in wanted if name in tables and theirs in tables[name]]
        if not holders:
            where = "; ".join(_columns_shown(name, tables, files) for name in wanted if name in tables)
            raise ValueError(f"columns[{key!r}]: there is no column {theirs!r} ({where or 'no such table'})")
        for name in holders:
            names[name][ours] = theirs
    return names


def _require_our_name(key: str, table: str, ours: str) -> None:
    if table == "users" or ours in COLUMNS.get(table, sum(COLUMNS.values(), ()) if not table else ()):
        return
    known = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in COLUMNS.items())
    raise ValueError(f"columns: {key!r} is not one of our names ({known})")


def _columns_shown(name: str, tables, files) -> str:
    return f"{name}, {files[name]}, has {', '.join(map(repr, tables[name].columns))}"


def _renamed(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    others = table.drop(columns=list({*names, *names.values()} & set(table.columns)))
    return others.assign(**{ours: table[theirs] for ours, theirs in names.items()})


def _labelled(rows: pd.DataFrame, rating_threshold: float, implicit: bool) -> pd.DataFrame:
    if implicit or "label" in rows or "rating" not in rows:
        return rows
    ratings = pd.to_numeric(rows["rating"], errors="coerce")
    labels = (ratings >= rating_threshold).astype("int64").astype(object)
    return rows.assign(label=labels.where(ratings.notna(), rows["rating"]))


def _with_cells(table: pd.DataFrame, readers) -> pd.DataFrame:
    return table.assign(
        **{column: read(table[column]) for column, read in readers.items() if column in table}
    )


def _with_numbers(users: pd.DataFrame) -> pd.DataFrame:
    texts = users.drop(columns="user_id", errors="ignore").select_dtypes(exclude="number")
    numbers = texts.apply(pd.to_numeric, errors="coerce")
    readable = [name for name in texts if numbers[name].isna().equals(texts[name].isna())]
    return users.assign(**{name: numbers[name] for name in readable})
