"""The figures of "What about real stays?", for readers who do not have the files of Albany.

    python -m benchmarks stays     # writes book/_results/stays.csv

It runs the chapter's own cells on the files in the folder ATTNVIZ_REAL_DATA, and keeps each table that a cell
gives to `albany`: numbers, dates and names of our own, no text and no title of a listing. A value is written
as JSON, with six digits. A model that the chapter trained in this copy before is read, not trained again.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import jupytext
import matplotlib as mpl
import pandas as pd

from .results import FOLDER

CHAPTER = FOLDER.parent / "chapters" / "real-stays.md"


def measure() -> pd.DataFrame:
    """Run the chapter, and keep what it shows."""
    if not os.environ.get("ATTNVIZ_REAL_DATA"):
        raise SystemExit("stays needs ATTNVIZ_REAL_DATA, the folder that holds airbnb_albany")
    mpl.use("Agg")
    figures = shown(list(cells()))
    return pd.concat([long_form(name, table) for name, table in figures.items()], ignore_index=True)


def cells() -> Iterator[str]:
    """The code of each cell of the chapter that is executed."""
    for cell in jupytext.read(CHAPTER).cells:
        if cell.cell_type == "code" and "skip-execution" not in cell.metadata.get("tags", []):
            yield cell.source


def shown(sources: list[str]) -> dict[str, pd.DataFrame]:
    """Run the cells one after the other: what each of them gave to `albany`, by the figure's name."""
    figures: dict[str, pd.DataFrame] = {}

    def albany(figure: str, computed: pd.DataFrame, within: float = 0.0) -> pd.DataFrame:
        figures[figure] = computed
        return computed

    names: dict[str, Any] = {"display": lambda *tables: None}
    for number, source in enumerate(sources, 1):
        exec(compile(source, f"{CHAPTER.name}, cell {number}", "exec"), names)
        names["albany"] = albany  # in place of the one that compares with the file
    return figures


def long_form(figure: str, table: pd.DataFrame) -> pd.DataFrame:
    """A row a value."""
    rows = [
        {"figure": figure, "row": row, "column": column, "value": as_json(value)}
        for row, values in table.to_dict("index").items()
        for column, value in values.items()
    ]
    return pd.DataFrame(rows)


def as_json(value: Any) -> str:
    """A number, with six digits if it is a float, or a text.

    Example:
        >>> as_json(0.12345678), as_json(7), as_json("01 May 2024")
        ('0.123457', '7', '"01 May 2024"')
    """
    plain = value.item() if hasattr(value, "item") else value
    return json.dumps(float(f"{plain:.6g}") if isinstance(plain, float) else plain)
