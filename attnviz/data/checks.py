"""Checks of the tables of an interaction log: every problem, by kind, with its rows."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

REQUIRED = {
    "interactions": ("user_id", "item_id", "timestamp", "label"),
    "items": ("item_id",),
    "users": ("user_id",),
}
INTERACTION_COLUMNS = ("user_id", "item_id", "timestamp", "label", "review")
FIRST_ROWS = 3


@dataclass
class Findings:
    """The problems of one table, and the rows that are left without them."""

    table: str
    source: pd.DataFrame
    kept: np.ndarray = field(init=False)
    lines: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.kept = np.ones(len(self.source), dtype=bool)

    def drop(self, kind: str, bad: np.ndarray, column: str) -> None:
        """Note the bad rows; each row is counted under the first kind that drops it."""
        self._note(kind, bad, column, "drops these rows")
        self._count(kind, bad & self.kept)
        self.kept &= ~bad

    def blank(self, kind: str, bad: np.ndarray, column: str) -> None:
        """Note bad values that can be unknown without losing their row."""
        self._note(kind, bad, column, f"keeps these rows and sets {column} to unknown")
        self._count(kind, bad)

    def _count(self, kind: str, bad: np.ndarray) -> None:
        if bad.any():
            self.dropped[f"{self.table}: {kind}"] = int(bad.sum())

    def _note(self, kind: str, bad: np.ndarray, column: str, repair: str) -> None:
        positions = np.flatnonzero(bad)
        if not len(positions):
            return
        first = ", ".join(
            f"row {row} ({column}={_shown(self.source[column].iloc[row])})"
            for row in positions[:FIRST_ROWS]
        )
        count = f"{len(positions):,} row{'s' * (len(positions) > 1)}"
        self.lines.append(
            f"{self.table}: {kind}: {count}, first {first}; strict=False {repair}"
        )


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
        ValueError: On any problem when strict; on a missing column, an empty table or
            a single class always.
    """
    if implicit:
        interactions, past = _with_labels(interactions), _with_labels(past)
    _require_columns(interactions, items, users, past)
    items, found = _check_items(items)
    findings = [found]
    if users is not None:
        users, found = _check_users(users)
        findings.append(found)
    checked = {}
    for name, table in {"interactions": interactions, "past": past}.items():
        if table is not None:
            checked[name], found = _check_interactions(name, table, items, users)
            findings.append(found)
    if strict:
        _raise_findings(findings)
    _require_content(checked["interactions"], implicit)
    return CheckedTables(
        checked["interactions"],
        items,
        users,
        checked.get("past", checked["interactions"]),
        {kind: count for found in findings for kind, count in found.dropped.items()},
    )


def as_text(values: pd.Series) -> pd.Series:
    """Ids and names as str; whole floats (ids beside a missing one) lose their '.0'."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype(str)


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


def _require_content(interactions: pd.DataFrame, implicit: bool) -> None:
    if interactions.empty:
        raise ValueError(
            "interactions: no row is left after dropping the rows with problems; "
            "pass strict=True to see them"
        )
    labels = interactions["label"].unique()
    if len(labels) == 1 and not implicit:
        raise ValueError(
            f"interactions: one class only, every label is {labels[0]}; "
            "pass implicit=True when the rows are choices without ratings"
        )


def _raise_findings(findings: list[Findings]) -> None:
    lines = [line for found in findings for line in found.lines]
    if lines:
        raise ValueError(
            "the tables have problems:\n- "
            + "\n- ".join(lines)
            + "\nCorrect them, or pass strict=False and read the counts in .dropped"
        )


def _check_interactions(name, source, items, users) -> tuple[pd.DataFrame, Findings]:
    found = Findings(name, source)
    table = pd.DataFrame(
        {
            "user_id": _checked_ids(found, "user_id"),
            "item_id": _checked_ids(found, "item_id"),
            "timestamp": _checked_times(found),
            "label": _checked_labels(found),
            "review": _reviews(source),
        }
    )
    _check_known(found, table, "item_id", items, "unknown item")
    if users is not None:
        _check_known(found, table, "user_id", users, "user is not in the users table")
    key = ["user_id", "item_id", "timestamp"]
    repeated = np.zeros(len(table), dtype=bool)
    repeated[found.kept] = table.loc[found.kept, key].duplicated().to_numpy()
    found.drop("duplicate of an earlier row (user, item, time)", repeated, "item_id")
    table = table[found.kept].reset_index(drop=True)
    return table.astype({"label": "int64"}), found


def _check_items(source: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    found = Findings("items", source)
    table = source.reset_index(drop=True)
    table["item_id"] = _checked_ids(found, "item_id")
    found.drop("duplicated item_id", _repeated_ids(found, table, "item_id"), "item_id")
    if "price" in source:
        table["price"] = _checked_prices(found)
    if "tags" in source:
        table["tags"] = _checked_tags(found)
    for column in {"category", "brand"} & set(source.columns):
        known = table[column].notna()
        table[column] = as_text(table[column]).astype(object).where(known, None)
    title = table.get("title", table["item_id"])
    table["title"] = as_text(title).where(title.notna(), table["item_id"])
    return table[found.kept].reset_index(drop=True), found


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
    table["user_id"] = _checked_ids(found, "user_id")
    found.drop("duplicated user_id", _repeated_ids(found, table, "user_id"), "user_id")
    unknown = ~np.isfinite(numbers.to_numpy(dtype=float, na_value=np.nan)).all(axis=1)
    found.drop("a number of the profile is missing or infinite", unknown, "user_id")
    return table[found.kept].reset_index(drop=True), found


def _checked_ids(found: Findings, column: str) -> pd.Series:
    values = found.source[column].reset_index(drop=True)
    text = as_text(values)
    found.drop(f"missing {column}", (values.isna() | (text == "")).to_numpy(), column)
    return text


def _repeated_ids(found: Findings, table: pd.DataFrame, column: str) -> np.ndarray:
    return table[column].duplicated().to_numpy() & found.kept


def _check_known(found, table, column: str, known: pd.DataFrame, kind: str) -> None:
    found.drop(kind, ~table[column].isin(known[column]).to_numpy() & found.kept, column)


def _checked_times(found: Findings) -> pd.Series:
    times = parse_times(found.source["timestamp"])
    kind = "unparsable time (ISO 8601 text or datetimes are read, numbers are not)"
    found.drop(kind, times.isna().to_numpy(), "timestamp")
    return times


def parse_times(values: pd.Series) -> pd.Series:
    """Datetimes in UTC with microseconds; NaT where there is no ISO 8601 time.

    A time without a zone is taken as UTC. Numbers give NaT, because seconds and
    milliseconds cannot be told apart here.
    """
    values = values.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values):
        values = pd.Series(pd.NaT, index=values.index)
    elif values.dtype == object:
        values = values.where(~values.map(_is_number).astype(bool), None)
    times = pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601")
    return times.dt.as_unit("us")


def _checked_labels(found: Findings) -> pd.Series:
    values = found.source["label"].reset_index(drop=True)
    labels = pd.to_numeric(values, errors="coerce")
    found.drop("NaN label", values.isna().to_numpy(), "label")
    wrong = values.notna() & ~labels.isin([0, 1])
    found.drop("label is not 0 or 1", wrong.to_numpy(), "label")
    return labels


def _checked_prices(found: Findings) -> pd.Series:
    values = found.source["price"].reset_index(drop=True)
    prices = pd.to_numeric(values, errors="coerce").astype("float64")
    unreadable = (prices.isna() & values.notna()) | np.isinf(prices)
    found.blank("unreadable price", unreadable.to_numpy() & found.kept, "price")
    negative = prices < 0
    found.blank("negative price", negative.to_numpy() & found.kept, "price")
    return prices.mask(unreadable | negative)


def _checked_tags(found: Findings) -> pd.Series:
    values = found.source["tags"].reset_index(drop=True)
    tags = [_as_tags(value) for value in values]
    wrong = np.array([tag is None for tag in tags]) & found.kept
    found.blank("tags are not a list of str", wrong, "tags")
    return pd.Series([tag or [] for tag in tags], dtype=object)


def _as_tags(value) -> list[str] | None:
    if isinstance(value, list | tuple | np.ndarray):
        return list(value) if all(isinstance(tag, str) for tag in value) else None
    return [] if value is None or value is pd.NA or value != value else None


def _reviews(source: pd.DataFrame) -> pd.Series:
    if "review" not in source:
        return pd.Series("", index=range(len(source)), dtype=str)
    return source["review"].reset_index(drop=True).fillna("").astype(str)


def _is_number(value) -> bool:
    return isinstance(value, int | float | np.number)


def _shown(value, width: int = 40) -> str:
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= width else text[: width - 3] + "..."
