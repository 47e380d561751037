"""What is wrong with the tables of a log: by kind and row, as one error and as a table."""

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..printable import printable

FIRST_ROWS = 3
_MOST_BITS = 4096  # of a number that is written out
_SHORT = reprlib.Repr()
_SHORT.maxother = 200  # characters of a date and the like
PROBLEM_COLUMNS = ("table", "kind", "row", "detail", "repair")


@dataclass(frozen=True)
class Problem:
    """Rows with one kind of problem; no rows: a problem of the table as a whole.

    Attributes:
        kind: What is wrong.
        rows: Positions in the table.
        column: The column whose values show it, or None.
        repair: What strict=False does about it, or what to do.
    """

    kind: str
    rows: np.ndarray
    column: str | None
    repair: str


@dataclass
class Findings:
    """The problems of one table, the rows that are left without them, and notes on how they were read."""

    table: str
    source: pd.DataFrame
    kept: np.ndarray = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self):
        """Start with all rows."""
        self.kept = np.ones(len(self.source), dtype=bool)

    def drop(self, kind: str, bad: np.ndarray, column: str, advice: str = "") -> None:
        """Note the bad rows; each row is counted under the first kind that drops it."""
        self._note(kind, bad, column, "drops these rows", advice)
        self._count(kind, bad & self.kept)
        self.kept &= ~bad

    def blank(self, kind: str, bad: np.ndarray, column: str, advice: str = "") -> None:
        """Note bad values that can be unknown without losing their row."""
        self._note(kind, bad, column, f"keeps these rows and sets {printable(column)} to unknown", advice)
        self._count(kind, bad)

    def whole(self, kind: str, advice: str) -> None:
        """Note a problem of the whole table, which strict=False does not repair."""
        self.problems.append(Problem(kind, np.empty(0, dtype=np.int64), None, advice))

    @property
    def is_unusable(self) -> bool:
        """Whether the table has a problem that strict=False does not repair."""
        return any(not len(problem.rows) for problem in self.problems)

    def kept_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows that are left, numbered from 0; a table that loses nothing is not copied."""
        if self.kept.all():
            return table
        # Column by column: a mask over the whole table would first copy long texts once more.
        left = {name: column[self.kept] for name, column in table.items()}
        return pd.DataFrame(left).reset_index(drop=True)

    def detail(self, problem: Problem, row: int) -> str:
        """The value that shows the problem, such as "price='cheap'"."""
        return f"{printable(problem.column)}={_shown(self.source[problem.column].iloc[row])}"

    def _count(self, kind: str, bad: np.ndarray) -> None:
        if bad.any():
            self.dropped[f"{self.table}: {kind}"] = int(bad.sum())

    def _note(self, kind: str, bad: np.ndarray, column: str, repair: str, advice: str) -> None:
        rows = np.flatnonzero(bad)
        if len(rows):
            cure = f"; {advice}" if advice else ""
            self.problems.append(Problem(kind, rows, column, f"strict=False {repair}{cure}"))


class DataProblems(ValueError):
    """The tables of a log have problems. The message shows the first rows of each kind.

    Args:
        findings: What was found in each table.
        note: A sentence for the end of the message: which files the tables come from.
        numbers: Table -> the number in its file of each row, where that is not its position.
        counted: What the reader of the files itself left out, by reason.

    Attributes:
        dropped: {"table: reason": count}, what strict=False would drop or set to unknown.
    """

    def __init__(
        self,
        findings: list[Findings],
        *,
        note: str = "",
        numbers: Mapping[str, np.ndarray] | None = None,
        counted: Mapping[str, int] | None = None,
    ):
        self.findings = [found for found in findings if found.problems]
        self.numbers = dict(numbers or {})
        self.dropped = dict(counted or {})
        for found in findings:
            self.dropped.update(found.dropped)
        super().__init__(self._message() + (f"\n({note})" if note else ""))

    @property
    def problems(self) -> pd.DataFrame:
        """One line a problem: table, kind, row (NA: the whole table), detail, repair."""
        lines = [
            (found.table, problem.kind, self._number(found, row), found.detail(problem, row), problem.repair)
            for found in self.findings
            for problem in found.problems
            for row in problem.rows
        ]
        whole = [
            (found.table, problem.kind, pd.NA, "", problem.repair)
            for found in self.findings
            for problem in found.problems
            if not len(problem.rows)
        ]
        return problem_table(lines + whole)

    def row_word(self, table: str) -> str:
        """What a number in the column row counts: "line" of a file, or "row" of a table."""
        return "line" if table in self.numbers else "row"

    def _message(self) -> str:
        lines = [self._line(found, problem) for found in self.findings for problem in found.problems]
        text = "the tables have problems:\n- " + "\n- ".join(lines)
        if any(found.is_unusable for found in self.findings):
            return text
        return text + "\nCorrect them, or pass strict=False and read the counts in .dropped"

    def _line(self, found: Findings, problem: Problem) -> str:
        if not len(problem.rows):
            return f"{found.table}: {problem.kind}; {problem.repair}"
        word = self.row_word(found.table)
        first = ", ".join(
            f"{word} {self._number(found, row)} ({found.detail(problem, row)})"
            for row in problem.rows[:FIRST_ROWS]
        )
        count = f"{len(problem.rows):,} row{'s' * (len(problem.rows) > 1)}"
        return f"{found.table}: {problem.kind}: {count}, first {first}; {problem.repair}"

    def _number(self, found: Findings, row: int) -> int:
        return int(self.numbers[found.table][row] if found.table in self.numbers else row)


def problem_table(lines: list[tuple]) -> pd.DataFrame:
    """Problems as a table, also when there are none."""
    return pd.DataFrame(lines, columns=list(PROBLEM_COLUMNS)).astype({"row": "Int64"})


def _shown(value, width: int = 40) -> str:
    """The value in at most `width` characters; time and depth do not grow with the value."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return f"a number of {value.bit_length():,} bits"
    text = repr(value[:width]) if isinstance(value, str) else _SHORT.repr(value)
    cut = isinstance(value, str) and len(value) > width
    return text if len(text) <= width and not cut else text[: width - 3] + "..."
