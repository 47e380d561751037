"""The verb `data check`: what is wrong with somebody's files, by kind and row, and what would be dropped."""

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ..data.log import InteractionLog
from ..data.problems import DataProblems
from ..data.readers.airbnb import read_airbnb
from ..data.readers.amazon import read_amazon
from ..data.readers.table import read_table

CLEAN, PROBLEMS = 0, 1
AIRBNB_FILES = ("listings", "reviews")
ENDINGS = (".csv.gz", ".csv")


def add_parsers(verbs: "argparse._SubParsersAction") -> None:
    """Add `data check` to the verbs of the command line."""
    data = verbs.add_parser("data", help="look at data: data check")
    checks = data.add_subparsers(required=True, metavar="VERB", title="verbs")
    parser = checks.add_parser(
        "check",
        help="say what is wrong with a data set",
        description="Read a data set as strict=True would, and say what is wrong with it by kind and row, "
        "and what strict=False would drop or set to unknown. Nothing is written. The exit code is 0 when "
        "all is well, 1 when there are problems, 2 when the options are wrong or a file cannot be read.",
    )
    parser.set_defaults(verb=run, after_stop=lambda options: "nothing was changed")
    _add_sources(parser.add_argument)
    add = parser.add_argument
    add("--columns", nargs="+", default=[], metavar="OURS=THEIRS",
        help="our column name and yours, such as user_id=reviewer or interactions.item_id=id")  # fmt: skip
    add("--rating-threshold", type=float, metavar="R", default=4.0, help="smallest rating that is label 1")
    add("--implicit", action="store_true", help="the rows are choices without ratings: all labels are 1")
    add("--rows", type=int, metavar="N", default=5, help="rows to show of each kind (default: 5)")


def _add_sources(add: Callable) -> None:
    add("--interactions", type=Path, metavar="FILE", help="a CSV or Parquet file, with --items")
    add("--items", type=Path, metavar="FILE", help="a CSV or Parquet file, with --interactions")
    add("--users", type=Path, metavar="FILE", help="a CSV or Parquet file of what is known of the users")
    add("--airbnb", type=Path, metavar="DIR",
        help="a folder with listings.csv.gz and reviews.csv.gz of Inside Airbnb")  # fmt: skip
    add("--amazon", type=Path, nargs="+", metavar="FILE",
        help="the review file and perhaps the product file of Amazon 2018 or 2023")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print what is wrong; 0: nothing, 1: something.

    Raises:
        ValueError: When the options do not fit together, or a file cannot be read.
        OSError: When there is no such file.
    """
    if options.rows < 1:
        raise ValueError(f"--rows must be 1 or more, got {options.rows}")
    try:
        log = _read(options)
    except DataProblems as error:
        _tell_problems(error, options.rows)
        return PROBLEMS
    print(f"no problems: {log!r}")
    _tell_counts("left out or set to unknown while reading, as is normal for such files", log.dropped)
    return CLEAN


def _read(options: argparse.Namespace) -> InteractionLog:
    tables = options.interactions or options.items or options.users
    if sum(map(bool, (tables, options.airbnb, options.amazon))) != 1:
        raise ValueError(
            "name one data set: --interactions FILE --items FILE, --airbnb DIR, or --amazon FILE"
        )
    if options.airbnb:
        return read_airbnb(*airbnb_files(options.airbnb))
    if options.amazon:
        if len(options.amazon) > 2:
            raise ValueError(f"--amazon takes one or two files, got {len(options.amazon)}")
        return read_amazon(*options.amazon, rating_threshold=options.rating_threshold)
    if not (options.interactions and options.items):
        raise ValueError("--interactions FILE and --items FILE must both be given")
    return read_table(
        options.interactions,
        options.items,
        options.users,
        columns=_columns(options.columns),
        rating_threshold=options.rating_threshold,
        implicit=options.implicit,
    )


def _columns(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if not all(pair.partition("="))]
    if wrong:
        raise ValueError(f"--columns takes OURS=THEIRS, got {wrong[0]!r}")
    return dict(pair.split("=", 1) for pair in pairs)


def airbnb_files(folder: Path, source: str = "") -> list[Path]:
    """The listings and the reviews of a city.

    Args:
        folder: Where they are.
        source: Where such files are to be had, for the error.

    Raises:
        ValueError: If one of them is not there.
    """
    hint = f"; {source}" if source else ""
    if not folder.is_dir():
        raise ValueError(f"--airbnb {folder}: there is no such folder{hint}")
    found = []
    for name in AIRBNB_FILES:
        paths = [folder / (name + ending) for ending in ENDINGS]
        present = [path for path in paths if path.is_file()]
        if not present:
            no_file = " and no ".join(path.name for path in paths)
            raise ValueError(f"--airbnb {folder}: it holds no {no_file}{hint}")
        found.append(present[0])
    return found


def _tell_problems(error: DataProblems, num_rows: int) -> None:
    problems = error.problems
    kinds = Counter(zip(problems["table"], problems["kind"], strict=True))
    print(
        f"{len(problems):,} problem{'s' * (len(problems) > 1)} of {len(kinds)} kind{'s' * (len(kinds) > 1)}"
    )
    for (table, kind), count in kinds.items():
        rows = problems[(problems["table"] == table) & (problems["kind"] == kind)]
        numbered = rows["row"].notna().all()
        print(f"\n{table}: {kind}: {f'{count:,}' if numbered else 'the whole table'}")
        for row, detail in rows[["row", "detail"]].head(num_rows if numbered else 0).itertuples(index=False):
            print(f"  {error.row_word(table)} {row}: {detail}")
        if numbered and count > num_rows:
            print(f"  and {count - num_rows:,} more")
        print(f"  {rows['repair'].iloc[0]}")
    print()
    _tell_counts("strict=False would drop or set to unknown", error.dropped)


def _tell_counts(title: str, counts: dict[str, int]) -> None:
    if counts:
        print(f"{title}:")
    for reason, count in counts.items():
        print(f"  {count:,} ({reason})")
