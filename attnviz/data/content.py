"""What the items of a log show: the columns that are fields, with the types of their kinds."""

import numpy as np
import pandas as pd

from .columns import (
    COMMA_ADVICE,
    as_text,
    checked_categories,
    checked_prices,
    checked_tags,
    decimal_commas,
    numbers,
    wrong_numbers,
)
from .fields import HOST, Field
from .problems import Findings
from .reading import Reading
from .times import checked_days

LARGEST = float(np.finfo(np.float32).max)  # what the model can hold
_EXPECTED = {
    "number": "not a finite number",
    "text": "not text",
    "category": "not one value",
    "tags": "not a list of str",
}


def checked_content(found: Findings, table: pd.DataFrame, reading: Reading) -> dict[str, pd.Series]:
    """The columns of the items beside item_id that mean something, checked.

    Args:
        found: Where problems are noted.
        table: The items; their item_id is checked.
        reading: Which further columns are fields, and how times are written.
    """
    source = found.source
    columns = {}
    if "price" in source:
        columns["price"] = checked_prices(found)
    if "tags" in source:
        columns["tags"] = checked_tags(found, "tags")
    if "available_from" in source:
        columns["available_from"] = checked_days(found, "available_from", reading)
    for name in ("category", "brand", HOST):
        if name in source and name not in (field.name for field in reading.fields):
            columns[name] = checked_categories(found, name, f"{name} is not one value")
    title = table.get("title", table["item_id"])
    columns["title"] = as_text(title).where(title.notna(), table["item_id"])
    own = {field.name: _own(found, field) for field in reading.fields if field.name != "title"}
    return columns | own


def _own(found: Findings, field: Field) -> pd.Series:
    """The column of a further field; what does not fit its kind becomes unknown."""
    before = len(found.problems)
    kind = f"field {field.name!r} ({field.kind}): {_EXPECTED[field.kind]}"
    column = _READ[field.kind](found, field.name, kind)
    given = found.source[field.name].notna().to_numpy()
    unfit = found.problems[-1].rows if len(found.problems) > before else ()
    if given.any() and len(unfit) == (given & found.kept).sum():
        commas = field.kind == "number" and decimal_commas(found.source[field.name]).any()
        found.whole(
            f"field {field.name!r}: no value fits the kind {field.kind!r}",
            COMMA_ADVICE if commas else "give it another kind in fields=",
        )
    elif not given.any():
        found.notes.append(f"{found.table}: field {field.name!r} has no value in any row")
    return column


def _numbers(found: Findings, column: str, kind: str) -> pd.Series:
    values = found.source[column].reset_index(drop=True)
    read, commas = numbers(values), decimal_commas(values)
    wrong = (values.notna() & ~(read.abs() <= LARGEST)) | commas
    kind, advice = wrong_numbers(kind, commas)
    found.blank(kind, wrong.to_numpy() & found.kept, column, advice)
    return read.mask(wrong)


def _texts(found: Findings, column: str, kind: str) -> pd.Series:
    values = found.source[column].reset_index(drop=True).astype(object)
    is_text = values.map(lambda value: isinstance(value, str)).astype(bool)
    found.blank(kind, (values.notna() & ~is_text).to_numpy() & found.kept, column)
    return values.where(is_text, "").astype(str)


_READ = {"number": _numbers, "text": _texts, "category": checked_categories, "tags": checked_tags}
