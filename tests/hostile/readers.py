"""Readers of other people's files x what is wrong with a cell, or with how the table is built."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import attnviz as av

from .cases import Case, never, or_error
from .files import AMAZON, READERS, ROWS, SHELF, TABLE, Reader, recode

DEEP, DIGITS, HUGE = "[" * 100_000, "9" * 5_000, "soft <b " * 4_000
STRANGE = "\x1b[31m\u202eRed\nline"
SHELL = "; touch x"
Right = Callable[[Any], bool]


def price_is(price: float) -> Right:
    """Whether the first item has this price."""
    return lambda log: log.items["price"][0] == price


def first_is(column: str, value: str) -> Right:
    """Whether the first row has this value, as it stood in the file."""
    return lambda log: log.interactions[column][0] == value


def all_rows(log: av.InteractionLog) -> bool:
    """Whether four rows of two items were read, each with its texts."""
    return (len(log), len(log.items)) == (4, 2) and log.interactions["review"].str.len().gt(0).all()


def title_shows(word: str) -> Right:
    """Whether the first item's title holds this word."""
    return lambda log: word in log.items["title"][0]


class Cell(NamedTuple):
    """A value that stands in the first row of a column."""

    role: str
    fault: str
    value: object
    right: Right = never


CELLS = (
    Cell("tags", "a hundred thousand open brackets", DEEP),
    Cell("tags", "a list with a number of 5,000 digits", f"[{DIGITS}]"),
    Cell("tags", "a list of numbers", "[1, 2]"),
    Cell("tags", "a list that is cut off", '["green"'),
    Cell("tags", "a list as numpy prints it", "['green' 'leaf']"),
    Cell("price", "a number of 5,000 digits", DIGITS),
    Cell("price", "infinite", "inf"),
    Cell("price", "negative", "-3"),
    Cell("price", "a word", "cheap"),
    Cell("price", "rupees", "₹1,300", price_is(1300)),
    Cell("price", "a comma before the cents", "1.300,50 €", price_is(1300.5)),
    Cell("price", "Free", "Free", price_is(0)),
    Cell("time", "a number of 5,000 digits", DIGITS),
    Cell("time", "the year -5", "-0005-01-01"),
    Cell("time", "a day that is none", "2025-02-30"),
    Cell("time", "an American date", "5/25/2019 15:54"),
    Cell("time", "infinite", "inf"),
    Cell("time", "a negative number", "-1735689600"),
    Cell("rating", "not a number", "nan"),
    Cell("rating", "infinite", "inf"),
    Cell("rating", "minus infinity", "-inf"),
    Cell("rating", "a number of 5,000 digits", DIGITS),
    Cell("rating", "a word", "good"),
    Cell("rating", "missing", None),
    Cell("user", "missing", ""),
    Cell("user", "a shell command", SHELL, first_is("user_id", SHELL)),
    Cell("user", "escape codes and a new line", STRANGE, first_is("user_id", STRANGE)),
    Cell(
        "item",
        "not on the shelf",
        "cup",
        or_error(lambda log: "items: not in the product file" in log.dropped),
    ),
    Cell("title", "escape codes and a new line", STRANGE, title_shows("Red")),
    Cell("title", "a huge cell", HUGE, title_shows("soft")),
    Cell("title", "an entity of 5,000 digits", f"Red &#{DIGITS};", title_shows("Red")),
    Cell("review", "a huge cell", HUGE, all_rows),
    Cell("review", "an entity of 5,000 digits", f"Red &#{DIGITS};", all_rows),
)
PLAIN = ("negative", "a word", "a list of numbers", "a day that is none", "an American date", "missing")
OUR_COLUMNS = {"user": "user_id", "item": "item_id", "time": "timestamp", "rating": "label"}


def cases() -> Iterator[Case]:
    """All of this file."""
    for reader in (one for one in READERS if "Parquet" not in one.name):
        for cell in CELLS:
            if cell.role in reader.roles and (reader is TABLE or cell.fault not in PLAIN):
                yield _of_cell(reader, cell)
    for fault, (run, names, right) in FRAMES.items():
        yield Case("reader", "read_table, a table", fault, run, tuple(names.split()), right)
    yield from _of_amazon()


def _of_cell(reader: Reader, cell: Cell) -> Case:
    def run(folder: Path) -> av.InteractionLog:
        rows, shelf = (
            table.astype(object).assign(**{cell.role: [cell.value, *table[cell.role][1:]]})
            if cell.role in table
            else table
            for table in (ROWS, SHELF)
        )
        if cell.role == "item":
            shelf = SHELF
        return reader.read(*reader.write(folder, rows, shelf))

    ours, theirs = OUR_COLUMNS.get(cell.role, cell.role), reader.columns.get(cell.role, cell.role)
    return Case("reader", f"{reader.name}, {cell.role}", cell.fault, run, (ours, theirs), cell.right)


# ---- tables that are built in an unusual way --------------------------------------------------------------

NAMES = TABLE.columns


def read(rows: pd.DataFrame, shelf: pd.DataFrame = SHELF, **options) -> av.InteractionLog:
    """Two DataFrames with our names."""
    tables = (rows.rename(columns=NAMES), shelf.rename(columns=NAMES))
    return av.read_table(*tables, **options)


def labelled(*labels: object) -> Callable[[Path], av.InteractionLog]:
    """Labels in place of the ratings."""
    return lambda folder: read(ROWS.drop(columns="rating").assign(label=list(labels)))


def labels_are(*labels: int) -> Right:
    """Whether these labels were read."""
    return lambda log: log.interactions["label"].tolist() == list(labels)


def write_and_read(folder: Path) -> list[int]:
    """A log whose shelf has a column of lists and numbers, written and read back."""
    log = read(ROWS, SHELF.assign(pictures=[["a.png", 3], 7]))
    log.write(folder)
    again = av.read_table(folder / "interactions.parquet", folder / "items.parquet")
    return [len(again), len(again.items)]


def objects(folder: Path) -> av.InteractionLog:
    """A JSON file, zipped."""
    ROWS.rename(columns=NAMES).to_json(folder / "rows.json.gz", orient="records", lines=True)
    SHELF.rename(columns=NAMES).to_csv(folder / "shelf.csv", index=False)
    return av.read_table(folder / "rows.json.gz", folder / "shelf.csv")


def dated(folder: Path) -> av.InteractionLog:
    """Dates of a form that is named."""
    return read(ROWS.assign(time=[f"5/2{day}/2019 15:54" for day in range(4)]), date_format="%m/%d/%Y %H:%M")


def with_fields(folder: Path) -> list[str]:
    """Two more columns as fields."""
    shelf = SHELF.assign(stars=[4.5, 3.0], description=["Green leaves.", "Clay."])
    log = read(ROWS, shelf, fields={"stars": "number", "description": "text"})
    return [field.name for field in log.fields]


def doubled(folder: Path) -> av.InteractionLog:
    """A second column `label`."""
    rows = ROWS.drop(columns="rating").assign(label=[1, 0, 1, 0])
    return read(pd.concat([rows, pd.DataFrame({"label": [0, 1, 0, 1]})], axis=1))


FRAMES: dict[str, tuple[Callable[[Path], Any], str, Right]] = {  # how to run it, names, what is right
    "lists as user ids": (lambda folder: read(ROWS.assign(user=[["ann"]] * 4)), "user_id", never),
    "dicts as item ids": (lambda folder: read(ROWS.assign(item=[{"tea": 1}] * 4)), "item_id", never),
    "lists as ids of the shelf": (lambda folder: read(ROWS, SHELF.assign(item=[["tea"], "pot"])), "item_id",
     never),
    "a list as a label": (labelled([1], 0, 1, 0), "label", never),
    "a dict as a price": (lambda folder: read(ROWS, SHELF.assign(price=[{"usd": 3}, 2])), "price", never),
    "tags between semicolons": (
        lambda folder: read(ROWS, SHELF.assign(tags="green;leaf")),
        "tags",
        lambda log: log.items["tags"][0] == ["green", "leaf"],
    ),
    "a column of German prices": (
        lambda folder: read(ROWS, SHELF.assign(price=["1.300", "12,50"])),
        "price",
        lambda log: log.items["price"].tolist() == [1300, 12.5],
    ),
    "prices that stay open": (
        lambda folder: read(ROWS, SHELF.assign(price=["1.300", "12"])),
        "price",
        lambda log: "'1.300' was read as 1.3" in log.notes[0],
    ),
    "a dict as tags": (lambda folder: read(ROWS, SHELF.assign(tags=[{"green": 1}, "clay"])), "tags", never),
    "lists in an unmapped column": (write_and_read, "pictures", lambda result: result == [4, 2]),
    "a second label column": (doubled, "label", never),
    "labels True and False": (labelled(True, False, True, False), "label", labels_are(1, 0, 1, 0)),
    "labels 'True', 'False'": (labelled("True", "False", "True", "False"), "label", labels_are(1, 0, 1, 0)),
    "labels 'yes', 'no'": (labelled("yes", "no", "yes", "no"), "label", labels_are(1, 0, 1, 0)),
    "labels 1 and 2": (labelled(1, 2, 1, 2), "label", never),
    "labels .5": (labelled(0.5, 0, 1, 0), "label", never),
    "a missing label beside a rating": (
        lambda folder: read(ROWS.assign(label=[1, None, 1, 0])), "label", labels_are(1, 0, 1, 0)),
    "a threshold that is not a number": (
        lambda folder: read(ROWS, rating_threshold=np.nan), "rating_threshold", never),
    "a threshold that is a text": (
        lambda folder: read(ROWS, rating_threshold="4"), "rating_threshold",
        or_error(labels_are(1, 0, 1, 0))),
    "a column that is not there": (lambda folder: read(ROWS, columns={"user_id": "who"}), "columns", never),
    "no row": (lambda folder: read(ROWS[:0]), "interactions", never),
    "an empty shelf": (lambda folder: read(ROWS, SHELF[:0]), "items", never),
    "one row twice": (lambda folder: read(pd.concat([ROWS, ROWS[:1]])), "row", never),
    "an item twice": (lambda folder: read(ROWS, pd.concat([SHELF, SHELF[:1]])), "item_id", never),
    "no column of times": (
        lambda folder: read(ROWS.drop(columns="time")), "timestamp", lambda log: len(log) == 4),
    "dates with a format": (
        dated, "date_format", lambda log: str(log.interactions["timestamp"][0])[:16] == "2019-05-20 15:54"),
    "further columns as fields": (
        with_fields, "fields", lambda names: {"stars", "description"} <= set(names)),
    "a zipped JSON file": (objects, "rows.json.gz", lambda log: len(log) == 4),
    "a dict in place of a table": (
        lambda folder: av.read_table({"user_id": [1]}, SHELF), "interactions", never),
}  # fmt: skip


# ---- what only Amazon's files can hold --------------------------------------------------------------------


def _amazon(place: int, old: bytes, new: bytes) -> Callable[[Path], av.InteractionLog]:
    def run(folder: Path) -> av.InteractionLog:
        paths = AMAZON.write(folder, shelf=SHELF.assign(details=["{}", "{}"]))
        recode(lambda text: text.replace(old, new, 1))(paths[place])
        return AMAZON.read(*paths)

    return run


def _of_amazon() -> Iterator[Case]:
    digits, deep = DIGITS.encode(), DEEP.encode()
    for fault, run, right in (
        ("details of a hundred thousand open brackets", _amazon(1, b'"{}"', b'"' + deep + b'"'), all_rows),
        ("details with a number of 5,000 digits", _amazon(1, b"{}", b"[" + digits + b"]"), all_rows),
        (
            "a line of a hundred thousand open brackets",
            _amazon(0, b'"rating": 5', b'"rating": ' + deep),
            never,
        ),
        ("a rating of 5,000 digits, no text", _amazon(0, b'"rating": 5', b'"rating": ' + digits), never),
        ("a price of 5,000 digits, no text", _amazon(1, b'"$4.50"', digits), never),
        ("half a character", _amazon(0, b"Good", rb"G\ud83d"), all_rows),
        ("NaN as a rating, no text", _amazon(0, b'"rating": 5', b'"rating": NaN'), never),
        ("a rating of six stars", _amazon(0, b'"rating": 5', b'"rating": 6'), never),
        ("a list as a user", _amazon(0, b'"ann"', b'["ann"]'), never),
        ("a list in place of an object", _amazon(0, b"{", b"[{"), never),
        ("no user in any line", _amazon(0, b'"user_id"', b'"who"'), never),
        ("prices with a comma before the cents", _amazon(1, b"$4.50", "4,50 €".encode()), price_is(4.5)),
        ("the product file first", lambda folder: AMAZON.read(*AMAZON.write(folder)[::-1]), never),
    ):
        names = ("line 1", "rating", "price", "user_id", "products.jsonl", "reviews.jsonl.gz")
        yield Case("reader", "read_amazon, a line", fault, run, names, right)
