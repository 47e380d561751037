"""The verb `data check`: what is wrong with somebody's files, by kind and row, and what would be dropped."""

import argparse
from collections import Counter

from ..data.problems import DataProblems
from .options import whole
from .report import tell_notes
from .sources import add_sources, read_source
from .terminal import tell, tell_counts

CLEAN, PROBLEMS = 0, 1


def add_parsers(verbs: "argparse._SubParsersAction") -> None:
    """Add `data check` to the verbs of the command line."""
    data = verbs.add_parser("data", help="look at data: data check")
    checks = data.add_subparsers(required=True, metavar="VERB", title="verbs")
    parser = checks.add_parser(
        "check",
        help="say what is wrong with a data set",
        description="Read a data set as strict=True would, and say what is wrong with it by kind and row, "
        "and what strict=False, which `train` uses, would drop or set to unknown. Nothing is written. The "
        "exit code is 0 when all is well, 1 when there are problems, 2 when the options are wrong or a file "
        "cannot be read.",
    )
    parser.set_defaults(verb=run)
    add_sources(parser)
    parser.add_argument(
        "--rows", type=whole(), metavar="N", default=5, help="rows to show of each kind (default: 5)"
    )


def run(options: argparse.Namespace) -> int:
    """Print what is wrong; 0: nothing, 1: something.

    Raises:
        ValueError: When the options do not fit together, or a file cannot be read.
        OSError: When there is no such file.
    """
    try:
        log = read_source(options, strict=True)
    except DataProblems as error:
        _tell_problems(error, options.rows)
        return PROBLEMS
    tell(f"no problems: {log!r}")
    tell_counts("left out or set to unknown while reading, as is normal for such files", log.dropped)
    tell_notes(log)
    return CLEAN


def _tell_problems(error: DataProblems, num_rows: int) -> None:
    problems = error.problems
    kinds = Counter(zip(problems["table"], problems["kind"], strict=True))
    tell(f"{len(problems):,} problem{'s' * (len(problems) > 1)} of {len(kinds)} kind{'s' * (len(kinds) > 1)}")
    for (table, kind), count in kinds.items():
        rows = problems[(problems["table"] == table) & (problems["kind"] == kind)]
        numbered = rows["row"].notna().all()
        tell("", f"{table}: {kind}: {f'{count:,}' if numbered else 'the whole table'}")
        for row, detail in rows[["row", "detail"]].head(num_rows if numbered else 0).itertuples(index=False):
            tell(f"  {error.row_word(table)} {row}: {detail}")
        if numbered and count > num_rows:
            tell(f"  and {count - num_rows:,} more")
        tell(f"  {rows['repair'].iloc[0]}")
    tell("")
    tell_counts("strict=False would drop or set to unknown", error.dropped)
