"""Where data comes from: the options that name a data set of any kind, and the log that is read from it."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..data.fields import COMPUTED
from ..data.log import InteractionLog
from ..data.planted import VARIANTS, planted_shop
from ..data.readers.airbnb import read_airbnb
from ..data.readers.amazon import read_amazon
from ..data.readers.table import read_table
from ..data.reading import TIME_UNITS
from .options import MANY, flag, number, require_no_effectless, whole

AIRBNB_SOURCE = "the detailed files of a city are at insideairbnb.com/get-the-data"
ENDINGS = (".csv.gz", ".csv")
TABLES = ("interactions", "items", "users")
OF_TABLES = ("columns", "fields", "date_format", "time_unit", "implicit")
READING = (*OF_TABLES, "rating_threshold", "variant", "computed")  # options that say how a data set is read
EFFECTIVE = {
    "airbnb": {"computed"},
    "amazon": {"rating_threshold", "implicit", "computed"},
    "tables": {*OF_TABLES, "rating_threshold", "computed"},
    "planted": {"variant", "computed"},
}
FILES = ("airbnb", "amazon", *TABLES)
SOURCES = (*FILES, "planted")


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the options that name one data set, and those that say how it is read."""
    group = parser.add_argument_group("the data set: Airbnb, Amazon, your tables, or a planted shop")
    add = group.add_argument
    add("--airbnb", type=Path, metavar="DIR",
        help=f"a folder with listings.csv.gz and reviews.csv.gz (or .csv); {AIRBNB_SOURCE}")  # fmt: skip
    add("--amazon", type=Path, nargs="+", metavar="FILE",
        help="the review file and perhaps the product file of Amazon 2018 or 2023")  # fmt: skip
    add("--interactions", type=Path, metavar="FILE",
        help="a CSV, JSON lines or Parquet file, with --items")  # fmt: skip
    add("--items", type=Path, metavar="FILE", help="such a file, with --interactions")
    add("--users", type=Path, metavar="FILE", help="such a file of what is known of the users")
    add("--planted", type=whole(0), nargs="?", const=0, metavar="SEED",
        help="a made-up shop whose truth is known, drawn from this seed (default: 0)")  # fmt: skip
    add = parser.add_argument_group("how it is read").add_argument
    add("--columns", nargs="+", metavar="OURS=THEIRS",
        help="of your tables: our column name and yours, as in user_id=who items.item_id=id")  # fmt: skip
    add("--fields", nargs="+", metavar="NAME=KIND",
        help="of your tables: further columns of the items that the model sees, each a number, category, "
        "text or tags, as in stars=number description=text")  # fmt: skip
    add(
        "--date-format",
        metavar="FORMAT",
        help="of your tables: how times are written, as in '%%m/%%d/%%Y %%H:%%M' (default: ISO 8601)",
    )
    add("--time-unit", choices=TIME_UNITS,
        help="of your tables: what times count that are numbers (default: told from their size)")  # fmt: skip
    add("--rating-threshold", type=number(-MANY, MANY), metavar="R",
        help="of ratings: the smallest that is label 1 (default: 4)")  # fmt: skip
    add("--implicit", action="store_true",
        help="of your tables and Amazon: rows are choices, all labels are 1, no rating is read")  # fmt: skip
    add("--computed", nargs="*", choices=[field.name for field in COMPUTED], metavar="NAME",
        help="fields that no column holds: popularity and likeness, from what happened before, and item, a "
        "vector for each id; no NAME: none (default: the first two, of a planted shop none)")  # fmt: skip
    add("--variant", choices=VARIANTS, help="of a planted shop: how its shoppers decide (default: additive)")


def source_kind(options: argparse.Namespace) -> str:
    """Which kind of data set the options name: a key of `READERS`.

    Raises:
        ValueError: If they name none or several, or hold what has no effect on this kind.
    """
    named = {"tables" if name in TABLES else name: name for name in SOURCES if _given(options, name)}
    if len(named) != 1:
        found = f", got {' and '.join(map(flag, named.values()))}" if named else ""
        raise ValueError(
            "name one data set: --airbnb DIR, --amazon FILE, --interactions FILE --items FILE, "
            f"or --planted{found}"
        )
    kind, option = next(iter(named.items()))
    effectless = [name for name in READING if name not in EFFECTIVE[kind]]
    require_no_effectless(options, *effectless, where=f"with {flag(option)}")
    if options.implicit:
        require_no_effectless(options, "rating_threshold", where="with --implicit, where no rating is read")
    return kind


def read_source(options: argparse.Namespace, *, strict: bool) -> InteractionLog:
    """Read the one data set that the options name.

    Raises:
        ValueError: As `source_kind`, or if a file cannot be read; its subclass `DataProblems`, when strict,
            if something is wrong in it.
        OSError: If there is no such file.
    """
    return READERS[source_kind(options)](options, strict)


def described(options: argparse.Namespace) -> dict[str, Any]:
    """What of the options says which data set it is, as plain values."""
    return {name: _plain(getattr(options, name)) for name in (*SOURCES, *READING)}


def _given(options: argparse.Namespace, name: str) -> bool:
    return getattr(options, name) is not None


def _read_airbnb(options: argparse.Namespace, strict: bool) -> InteractionLog:
    return read_airbnb(*airbnb_files(options.airbnb), strict=strict, **_passed_on(options, "computed"))


def _read_amazon(options: argparse.Namespace, strict: bool) -> InteractionLog:
    if len(options.amazon) > 2:
        raise ValueError(f"--amazon takes one or two files, got {len(options.amazon)}")
    return read_amazon(
        *options.amazon,
        implicit=options.implicit,
        strict=strict,
        **_passed_on(options, "rating_threshold", "computed"),
    )


def _read_tables(options: argparse.Namespace, strict: bool) -> InteractionLog:
    if options.interactions is None or options.items is None:
        raise ValueError("--interactions FILE and --items FILE must both be given")
    columns = pairs("columns", options.columns, "OURS=THEIRS")
    if "label" in {ours.rpartition(".")[2] for ours in columns}:
        require_no_effectless(options, "rating_threshold", where="beside a column for the label")
    return read_table(
        *(getattr(options, name) for name in TABLES),
        columns=columns,
        fields=pairs("fields", options.fields, "NAME=KIND"),
        implicit=options.implicit,
        strict=strict,
        **_passed_on(options, "computed", "rating_threshold", "date_format", "time_unit"),
    )


def _read_planted(options: argparse.Namespace, strict: bool) -> InteractionLog:
    return planted_shop(seed=options.planted, **_passed_on(options, "variant", "computed"))


READERS: dict[str, Callable[[argparse.Namespace, bool], InteractionLog]] = {
    "airbnb": _read_airbnb,
    "amazon": _read_amazon,
    "tables": _read_tables,
    "planted": _read_planted,
}


def _passed_on(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The options of a reader that were given; the others have its defaults."""
    return {name: getattr(options, name) for name in names if _given(options, name)}


def pairs(name: str, given: list[str] | None, form: str) -> dict[str, str]:
    """What an option like --columns OURS=THEIRS says; none where it was not given.

    Raises:
        ValueError: If one has another form, or two have the same left side.
    """
    found: dict[str, str] = {}
    for pair in given or []:
        left, sign, right = pair.partition("=")
        if not (left and sign and right):
            raise ValueError(f"{flag(name)} takes {form}, got {pair!r}")
        if left in found:
            raise ValueError(f"{flag(name)} names {left!r} twice: give it once")
        found[left] = right
    return found


def airbnb_files(folder: Path) -> Iterator[Path]:
    """The listings and the reviews of a city.

    Args:
        folder: Where they are.

    Raises:
        ValueError: If one of them is not there.
    """
    if not folder.is_dir():
        raise ValueError(f"--airbnb {folder}: there is no such folder; {AIRBNB_SOURCE}")
    for name in ("listings", "reviews"):
        paths = [folder / (name + ending) for ending in ENDINGS]
        present = [path for path in paths if path.is_file()]
        if not present:
            no_file = " and no ".join(path.name for path in paths)
            raise ValueError(f"--airbnb {folder}: it holds no {no_file}; {AIRBNB_SOURCE}")
        yield present[0]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value.absolute()) if isinstance(value, Path) else value
