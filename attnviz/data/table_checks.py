"""Checks of one table of a log each: its types, and what is wrong with its rows."""

import numpy as np
import pandas as pd

from .columns import checked_ids, decimal_commas, review_texts, wrong_numbers
from .content import checked_content
from .labels import checked_labels
from .problems import Findings
from .reading import Reading
from .times import are_timed, checked_times


def check_interactions(
    name: str, source: pd.DataFrame, items: pd.DataFrame, users: pd.DataFrame | None, reading: Reading
) -> tuple[pd.DataFrame, Findings]:
    """The interactions, or the past, with their types; `items` and `users` are checked already."""
    found = Findings(name, source)
    table = pd.DataFrame(
        {
            "user_id": checked_ids(found, "user_id"),
            "item_id": checked_ids(found, "item_id"),
            "timestamp": checked_times(found, reading),
            "label": checked_labels(found, reading),
            "review": review_texts(source),
        }
    )
    _check_known(found, table, "item_id", items, "unknown item")
    if users is not None:
        _check_known(found, table, "user_id", users, "user is not in the users table")
    key = ["user_id", "item_id", "timestamp"]
    repeated = np.zeros(len(table), dtype=bool)
    repeated[found.kept] = found.kept_rows(table[key]).duplicated().to_numpy()
    of = "user, item, time" if are_timed(source) else "user, item; there are no times"
    found.drop(f"duplicate of an earlier row ({of})", repeated, "item_id")
    return found.kept_rows(table).astype({"label": "int64"}), found


def check_items(source: pd.DataFrame, reading: Reading) -> tuple[pd.DataFrame, Findings]:
    """The items with their types, and with a title each."""
    found = Findings("items", source)
    table = source.reset_index(drop=True)
    table["item_id"] = checked_ids(found, "item_id")
    found.drop("duplicated item_id", _repeated_ids(found, table, "item_id"), "item_id")
    table = table.assign(**checked_content(found, table, reading))
    return found.kept_rows(table), found


def check_users(source: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    """The users, whose columns are numbers."""
    numbers = source.drop(columns="user_id")
    words = numbers.columns[[not pd.api.types.is_numeric_dtype(d) for d in numbers.dtypes]]
    if len(words):
        commas = np.array([decimal_commas(numbers[name]).any() for name in words])
        kind, advice = wrong_numbers("not numbers", commas, "encode or leave out these columns")
        raise ValueError(
            f"users: columns {', '.join(map(repr, words))} are {kind}; "
            f"a shopper's profile is numeric: {advice}"
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


def _check_known(found: Findings, table: pd.DataFrame, column: str, known: pd.DataFrame, kind: str) -> None:
    given = found.source[column].notna().to_numpy() & (table[column] != "").to_numpy()
    unknown = ~table[column].isin(known[column]).to_numpy() & given
    bare = table[column][unknown & found.kept].str.lstrip("0")
    alike = bare.isin(known[column].str.lstrip("0")).any()
    advice = f"{column} '007' is not '7': keep the zeros in both tables, as text" if alike else ""
    found.drop(kind, unknown, column, advice)
