"""Everybody's own data: CSV or Parquet files, or DataFrames, with any column names."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from ..arguments import require_single_columns
from ..fields import Field, own_fields
from ..log import InteractionLog
from .files import log_from_files, parse_unix_times, read_file, read_prices
from .streams import MAX_BYTES, MAX_LINE_BYTES
from .tags import parse_tags

COLUMNS = {
    "interactions": ("user_id", "item_id", "timestamp", "label", "rating", "review"),
    "items": ("item_id", "title", "tags", "price", "category", "brand", "host_id", "available_from"),
    "users": ("user_id",),
}


def read_table(
    interactions: str | Path | pd.DataFrame,
    items: str | Path | pd.DataFrame,
    users: str | Path | pd.DataFrame | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    computed: Iterable[str] | None = None,
    rating_threshold: float = 4.0,
    date_format: str | None = None,
    time_unit: str | None = None,
    implicit: bool = False,
    strict: bool = True,
    max_bytes: int = MAX_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> InteractionLog:
    """Read an interaction log from two or three tables.

    See the page "On your own data". How cells are read:

    - price: a number, or text such as '$1,250.00' or '1.250,00 €'; an empty cell is unknown. Whether '1.300'
      is 1300 or 1.3, and '4,500' 4500 or 4.5, is told from the other prices, or else the log's `notes` say
      how it was read.
    - tags: a list, or text: a list as JSON, Python or PostgreSQL writes it, or tags separated by '|', or by
      ';' where there is no '|', or by ',' where there is neither.
    - timestamp, available_from: ISO 8601 text, datetimes, or Unix times (seconds to nanoseconds, told apart
      by their size unless `time_unit` says which); text of another form with `date_format`. A table may have
      no timestamp: see `InteractionLog`.
    - label: 0 or 1, true or false, yes or no.
    - rating: read where there is no label and the log is not implicit: label 1 from `rating_threshold` up;
      the log's `notes` say so.
    - further columns of the items, named in `fields`: numbers, texts, categories, and tags as above.
    - Cells of a CSV file are text, so an id such as '007' or 'NA' stays one; only an empty cell is missing.

    Args:
        interactions: Path of a CSV, JSON lines (.json, .jsonl) or Parquet file, or a DataFrame. CSV and JSON
            lines may be gzipped.
        items: Likewise.
        users: Likewise, or None.
        columns: Our column name -> the name in your tables. Where two tables differ, name the table too:
            {"interactions.item_id": "listing_id", "items.item_id": "id"}. Ours are also those of `fields`.
        fields: Further columns of the items that the model sees, such as {"stars": "number"}; as in
            `InteractionLog`.
        computed: As in `InteractionLog`: fields that are made from what happened before each row.
        rating_threshold: The smallest rating that counts as label 1.
        date_format: As in `InteractionLog`: "%m/%d/%Y %H:%M" reads 5/25/2019 15:54.
        time_unit: As in `InteractionLog`: what numbers count that are times, "s", "ms", "us" or "ns".
        implicit: As in `InteractionLog`: rows are choices without ratings; a rating is then not read.
        strict: As in `InteractionLog`: True raises on any problem, False drops and counts.
        max_bytes: The most bytes of a file, unpacked.
        max_line_bytes: The most bytes of a line; Parquet files have none.

    Returns:
        The log.

    Raises:
        TypeError: When a table is neither a path nor a DataFrame.
        ValueError: When a file cannot be read or passes a limit, a column is missing, or the tables have
            problems; the message names the file, the column and the first rows.

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
    limits = {"max_bytes": max_bytes, "max_line_bytes": max_line_bytes}
    tables = {name: _table(name, source, limits) for name, source in given.items()}
    own = own_fields(fields)
    for name, names in _our_names(tables, files, columns or {}, own).items():
        require_single_columns(f"{name}, {files[name]}", tables[name].columns)
        tables[name] = _renamed(tables[name], names)
    readers = dict.fromkeys(("tags", *(field.name for field in own if field.kind == "tags")), parse_tags)
    if date_format is None and time_unit is None:
        readers |= {"timestamp": parse_unix_times, "available_from": parse_unix_times}
    notes: list[str] = []
    if "price" in tables["items"]:
        prices, notes = read_prices(tables["items"]["price"])
        tables["items"] = tables["items"].assign(price=prices)
    for name in ("interactions", "items"):
        tables[name] = _with_cells(tables[name], readers)
    if users is not None:
        tables["users"] = _with_numbers(tables["users"])
    return log_from_files(
        files,
        tables,
        notes=notes,
        fields=fields,
        computed=computed,
        rating_threshold=rating_threshold,
        date_format=date_format,
        time_unit=time_unit,
        implicit=implicit,
        strict=strict,
    )


def _table(name: str, source: object, limits: Mapping[str, int]) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source
    if isinstance(source, str | Path):
        return read_file(source, **limits)
    raise TypeError(f"{name} must be the path of a file or a DataFrame, got {type(source).__name__}")


def _our_names(
    tables, files, columns: Mapping[str, str], own: tuple[Field, ...]
) -> dict[str, dict[str, str]]:
    """For each table: our column name -> theirs."""
    names: dict[str, dict[str, str]] = {name: {} for name in tables}
    known = COLUMNS | {"items": COLUMNS["items"] + tuple(field.name for field in own)}
    for key, theirs in columns.items():
        table, _, ours = key.rpartition(".")
        _require_our_name(key, table, ours, known)
        wanted = [table] if table else [name for name in tables if ours in known[name]]
        holders = [name for name in wanted if name in tables and theirs in tables[name]]
        if not holders:
            where = "; ".join(_columns_shown(name, tables, files) for name in wanted if name in tables)
            raise ValueError(f"columns[{key!r}]: there is no column {theirs!r} ({where or 'no such table'})")
        for name in holders:
            names[name][ours] = theirs
    return names


def _require_our_name(key: str, table: str, ours: str, known: Mapping[str, tuple[str, ...]]) -> None:
    if table == "users" or ours in known.get(table, sum(known.values(), ()) if not table else ()):
        return
    names = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in known.items())
    raise ValueError(
        f"columns: {key!r} is not one of our names ({names}); a further column of the items is one when "
        "fields= names it"
    )


def _columns_shown(name: str, tables, files) -> str:
    return f"{name}, {files[name]}, has {', '.join(map(repr, tables[name].columns))}"


def _renamed(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    others = table.drop(columns=list({*names, *names.values()} & set(table.columns)))
    return others.assign(**{ours: table[theirs] for ours, theirs in names.items()})


def _with_cells(table: pd.DataFrame, readers) -> pd.DataFrame:
    return table.assign(
        **{column: read(table[column]) for column, read in readers.items() if column in table}
    )


def _with_numbers(users: pd.DataFrame) -> pd.DataFrame:
    texts = users.drop(columns="user_id", errors="ignore").select_dtypes(exclude="number")
    numbers = texts.apply(pd.to_numeric, errors="coerce")
    readable = [name for name in texts if numbers[name].isna().equals(texts[name].isna())]
    return users.assign(**{name: numbers[name] for name in readable})
