"""Checks of the tables of an interaction log: every problem of every table, reported together."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .columns import (
    as_text,
    checked_days,
    checked_ids,
    checked_labels,
    checked_prices,
    checked_tags,
    checked_times,
    review_texts,
)
from .problems import DataProblems, Findings, problem_table

REQUIRED = {
    "interactions": ("user_id", "item_id", "timestamp", "label"),
    "items": ("item_id",),
    "users": ("user_id",),
}
INTERACTION_COLUMNS = ("user_id", "item_id", "timestamp", "label", "review")


@dataclass(frozen=True)
class CheckedTables:
    """Tables with the types of an InteractionLog, and what was dropped from them."""

    interactions: pd.DataFrame
    items: pd.DataFrame
    users: pd.DataFrame | None
    past: pd.DataFrame
    dropped: dict[str, int]


def check_tables(
    interactions: pd.DataFrame,
    items: pd.DataFrame,
    users: pd.DataFrame | None = None,
    past: pd.DataFrame | None = None,
    *,
    implicit: bool = False,
    strict: bool = True,
) -> CheckedTables:
    """Give the tables their types and report what is wrong with them.

    Args:
        interactions: The rows of the log.
        items: One row an item.
        users: One row a user, or None.
        past: The rows that reviews and history may be read from; None: interactions.
        implicit: True when every label may be 1; a missing label column is then all 1.
        strict: True raises on any problem, False repairs it and counts it.

    Returns:
        The tables, with `dropped` counting each kind of problem.

    Raises:
        DataProblems: On any problem when strict; when no row is left, or on a single class, always.
        ValueError: On a missing column or an empty table.
    """
    _require_frames({"interactions": interactions, "items": items, "users": users, "past": past})
    if implicit:
        interactions, past = _with_labels(interactions), _with_labels(past)
    _require_columns(interactions, items, users, past)
    items, found_items = _check_items(items)
    users, found_users = (None, None) if users is None else _check_users(users)
    checked, found = _check_interactions("interactions", interactions, items, users)
    checked_past, found_past = checked, None
    if past is not None:
        checked_past, found_past = _check_interactions("past", past, items, users)
    findings = [one for one in (found_items, found_users, found, found_past) if one is not None]
    _note_content(found, checked, implicit)
    if found.is_unusable or (strict and any(one.problems for one in findings)):
        raise DataProblems(findings)
    dropped = {kind: count for one in findings for kind, count in one.dropped.items()}
    return CheckedTables(checked, items, users, checked_past, dropped)


def find_problems(
    interactions: pd.DataFrame,
    items: pd.DataFrame,
    users: pd.DataFrame | None = None,
    past: pd.DataFrame | None = None,
    *,
    implicit: bool = False,
) -> pd.DataFrame:
    """What an `InteractionLog` of these tables would complain about. Taught in chapter 2.

    Args:
        interactions: As in `InteractionLog`, and so are the others.
        items: One row an item.
        users: One row a user, or None.
        past: The rows that reviews and history may be read from, or None.
        implicit: True when every label may be 1.

    Returns:
        One line a problem: table, kind, row (its position; NA: the whole table), detail (the value that shows
        it) and repair (what strict=False does). A row with two problems has two lines.

    Raises:
        ValueError: When a column is missing or a table is empty.

    Example:
        >>> rows = pd.DataFrame({
        ...     "user_id": ["ann", "bob"], "item_id": ["tea", "pot"],
        ...     "timestamp": ["2025-01-01", "soon"], "label": [1, 0]})
        >>> find_problems(rows, pd.DataFrame({"item_id": ["tea"]}))[["kind", "row", "detail"]].values.tolist()
        [['unparsable time (not ISO 8601 text or a datetime)', 1, "timestamp='soon'"],
         ['unknown item', 1, "item_id='pot'"],
         ['one class only, every label is 1', <NA>, '']]
    """
    try:
        check_tables(interactions, items, users, past, implicit=implicit)
    except DataProblems as error:
        return error.problems
    return problem_table([])


def _with_labels(table: pd.DataFrame | None) -> pd.DataFrame | None:
    if table is None or "label" in table:
        return table
    return table.assign(label=1)


def _require_columns(interactions, items, users, past) -> None:
    tables = {"interactions": interactions, "items": items, "users": users}
    missing = [
        f"{name}: no column {column!r} (it has {', '.join(map(repr, table.columns))})"
        for name, table in {**tables, "past": past}.items()
        if table is not None
        for column in REQUIRED.get(name, REQUIRED["interactions"])
        if column not in table
    ]
    if missing:
        raise ValueError("columns are missing:\n- " + "\n- ".join(missing))
    empty = [name for name, table in tables.items() if table is not None and table.empty]
    if empty:
        raise ValueError(f"empty table: {', '.join(empty)}; at least one row is needed")


def _require_frames(tables: dict) -> None:
    for name, table in tables.items():
        if table is not None and not isinstance(table, pd.DataFrame):
            kind = type(table).__name__
            raise TypeError(f"{name} must be a DataFrame, got {kind}; attnviz.read_table reads files")


def _note_content(found: Findings, interactions: pd.DataFrame, implicit: bool) -> None:
    labels = interactions["label"].unique()
    if not len(labels):
        found.whole("no row is left after dropping the rows with problems", "at least one is needed")
    elif len(labels) == 1 and not implicit:
        found.whole(
            f"one class only, every label is {labels[0]}",
            "pass implicit=True when the rows are choices without ratings",
        )


def _check_interactions(name, source, items, users) -> tuple[pd.DataFrame, Findings]:
    found = Findings(name, source)
    table = pd.DataFrame(
        {
            "user_id": checked_ids(found, "user_id"),
            "item_id": checked_ids(found, "item_id"),
            "timestamp": checked_times(found),
            "label": checked_labels(found),
            "review": review_texts(source),
        }
    )
    _check_known(found, table, "item_id", items, "unknown item")
    if users is not None:
        _check_known(found, table, "user_id", users, "user is not in the users table")
    key = ["user_id", "item_id", "timestamp"]
    repeated = np.zeros(len(table), dtype=bool)
    repeated[found.kept] = found.kept_rows(table[key]).duplicated().to_numpy()
    found.drop("duplicate of an earlier row (user, item, time)", repeated, "item_id")
    table = found.kept_rows(table)
    return table.astype({"label": "int64"}), found


def _check_items(source: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    found = Findings("items", source)
    table = source.reset_index(drop=True)
    table["item_id"] = checked_ids(found, "item_id")
    found.drop("duplicated item_id", _repeated_ids(found, table, "item_id"), "item_id")
    if "price" in source:
        table["price"] = checked_prices(found)
    if "tags" in source:
        table["tags"] = checked_tags(found)
    if "available_from" in source:
        table["available_from"] = checked_days(found, "available_from")
    for column in {"category", "brand"} & set(source.columns):
        known = table[column].notna()
        table[column] = as_text(table[column]).astype(object).where(known, None)
    title = table.get("title", table["item_id"])
    table["title"] = as_text(title).where(title.notna(), table["item_id"])
    return found.kept_rows(table), found


def _check_users(source: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    numbers = source.drop(columns="user_id")
    words = numbers.columns[[not pd.api.types.is_numeric_dtype(d) for d in numbers.dtypes]]
    if len(words):
        raise ValueError(
            f"users: columns {', '.join(map(repr, words))} are not numbers; "
            "a shopper's profile is numeric: encode or leave out these columns"
        )
    found = Findings("users", source)
    table = source.reset_index(drop=True)
    table["user_id"] = checked_ids(found, "user_id")
    found.drop("duplicated user_id", _repeated_ids(found, table, "user_id"), "user_id")
    unknown = ~np.isfinite(numbers.to_numpy(dtype=float, na_value=np.nan)).all(axis=1)
    found.drop("a number of the profile is missing or infinite", unknown, "user_id")
    return found.kept_rows(table), found


def _repeated_ids(found: Findings, table: pd.DataFrame, column: str) -> np.ndarray:
    return table[column].duplicated().to_numpy() & found.kept


def _check_known(found, table, column: str, known: pd.DataFrame, kind: str) -> None:
    given = found.source[column].notna().to_numpy() & (table[column] != "").to_numpy()
    found.drop(kind, ~table[column].isin(known[column]).to_numpy() & given, column)
