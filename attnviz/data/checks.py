"""Checks of the tables of an interaction log: every problem of every table, reported together."""

from dataclasses import dataclass, field

import pandas as pd

from .arguments import require_single_columns
from .columns import numbers
from .problems import DataProblems, Findings, problem_table
from .reading import Reading
from .table_checks import check_interactions, check_items, check_users
from .times import are_timed

REQUIRED = {
    "interactions": ("user_id", "item_id", "label"),
    "items": ("item_id",),
    "users": ("user_id",),
}
INTERACTION_COLUMNS = ("user_id", "item_id", "timestamp", "label", "review")
NO_TIMES = (
    "interactions: without times nothing says what came before: no review and no history is read, a split is "
    "by='row' or by='user' (both random), negatives and candidates come from the whole catalogue"
)


@dataclass(frozen=True)
class CheckedTables:
    """Tables with the types of an InteractionLog, what was dropped from them, and how they were read."""

    interactions: pd.DataFrame
    items: pd.DataFrame
    users: pd.DataFrame | None
    past: pd.DataFrame
    dropped: dict[str, int]
    notes: list[str] = field(default_factory=list)


def check_tables(
    interactions: pd.DataFrame,
    items: pd.DataFrame,
    users: pd.DataFrame | None = None,
    past: pd.DataFrame | None = None,
    *,
    reading: Reading | None = None,
    strict: bool = True,
) -> CheckedTables:
    """Give the tables their types and report what is wrong with them.

    Args:
        interactions: The rows of the log.
        items: One row an item.
        users: One row a user, or None.
        past: The rows that reviews and history may be read from; None: interactions.
        reading: How cells are read, and which columns are fields; None: by default.
        strict: True raises on any problem, False repairs it and counts it.

    Returns:
        The tables, with `dropped` counting each kind of problem.

    Raises:
        DataProblems: On any problem when strict; when no row is left, or on a single class, always.
        ValueError: On a missing column, one that is there twice, or an empty table.
    """
    reading = Reading() if reading is None else reading
    given = {"interactions": interactions, "items": items, "users": users, "past": past}
    tables = {name: table for name, table in given.items() if table is not None}
    _require_frames(tables)
    _require_columns(tables, reading)
    _require_same_times(tables)
    items, found_items = check_items(items, reading)
    users, found_users = (None, None) if users is None else check_users(users)
    checked, found = check_interactions("interactions", interactions, items, users, reading)
    checked_past, found_past = checked, None
    if past is not None:
        checked_past, found_past = check_interactions("past", past, items, users, reading)
    findings = [one for one in (found_items, found_users, found, found_past) if one is not None]
    _note_content(found, checked, reading)
    if any(one.is_unusable for one in findings) or (strict and any(one.problems for one in findings)):
        raise DataProblems(findings)
    dropped = {kind: count for one in findings for kind, count in one.dropped.items()}
    notes = [note for one in findings for note in one.notes]
    return CheckedTables(checked, items, users, checked_past, dropped, notes)


def find_problems(
    interactions: pd.DataFrame,
    items: pd.DataFrame,
    users: pd.DataFrame | None = None,
    past: pd.DataFrame | None = None,
    **options,
) -> pd.DataFrame:
    """What an `InteractionLog` of these tables would complain about.

    See the page "On your own data".

    Args:
        interactions: As in `InteractionLog`, and so are the others.
        items: One row an item.
        users: One row a user, or None.
        past: The rows that reviews and history may be read from, or None.
        **options: Those of `InteractionLog` but strict, such as implicit=True.

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
        check_tables(interactions, items, users, past, reading=Reading.of(**options))
    except DataProblems as error:
        return error.problems
    return problem_table([])


def _require_columns(tables: dict[str, pd.DataFrame], reading: Reading) -> None:
    missing = [
        f"{name}: no column {column!r} (it has {', '.join(map(repr, table.columns)) or 'none'}){cure}"
        for name, table in tables.items()
        for column, cure in _wanted(name, table, reading).items()
        if column not in table
    ]
    if missing:
        raise ValueError("columns are missing; rename yours or add them:\n- " + "\n- ".join(missing))
    empty = [name for name, table in tables.items() if name != "past" and table.empty]
    if empty:
        raise ValueError(f"empty table: {', '.join(empty)}; at least one row is needed")


def _wanted(name: str, table: pd.DataFrame, reading: Reading) -> dict[str, str]:
    """The columns that a table must have, and what to do about each when it is missing."""
    wanted = dict.fromkeys(REQUIRED.get(name, REQUIRED["interactions"]), "")
    if "label" in wanted and (reading.implicit or "rating" in table):
        del wanted["label"]
    if name == "items":
        wanted |= {field.name: "; it is in fields=" for field in reading.fields}
    return wanted


def _require_frames(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        if not isinstance(table, pd.DataFrame):
            kind = type(table).__name__
            raise TypeError(f"{name} must be a DataFrame, got {kind}; attnviz.read_table reads files")
        require_single_columns(name, table.columns)


def _require_same_times(tables: dict[str, pd.DataFrame]) -> None:
    if "past" in tables and are_timed(tables["past"]) != are_timed(tables["interactions"]):
        timed = "past" if are_timed(tables["past"]) else "interactions"
        raise ValueError(f"interactions and past must both have times, or neither, but only {timed} has")


def _advice_on_labels(found: Findings, reading: Reading) -> str:
    """What to do where all labels are equal."""
    source = found.kept_rows(found.source)
    implicit = "pass implicit=True when the rows are choices without ratings"
    if "rating" not in source or ("label" in source and source["label"].notna().any()):
        return implicit
    ratings, threshold = numbers(source["rating"]), f"rating_threshold={reading.rating_threshold:g}"
    if ratings.max() < reading.rating_threshold:
        return f"no rating reaches {threshold}; the largest is {ratings.max():g}: give a smaller threshold"
    smallest = f"the smallest rating, {ratings.min():g}, reaches {threshold}"
    return f"{smallest}: give a larger threshold, or {implicit}"


def _note_content(found: Findings, interactions: pd.DataFrame, reading: Reading) -> None:
    labels = interactions["label"].unique()
    if not len(labels):
        found.whole("no row is left after dropping the rows with problems", "at least one is needed")
    elif len(labels) == 1 and not reading.implicit:
        found.whole(f"one class only, every label is {labels[0]}", _advice_on_labels(found, reading))
    if not are_timed(found.source):
        found.notes.append(NO_TIMES)
