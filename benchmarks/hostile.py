"""How are bad inputs answered?

    python -m benchmarks hostile                  # writes book/_results/hostile*.csv

`tests/hostile` makes the list: readers, verbs and functions, each with what can be wrong with its input.
Its `judge` says what counts as right, as a clear error, as unclear, as silent and as a traceback.
The counts of another `--when` stay in the file, and so do the outcomes of single cases.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import pandas as pd

from attnviz.storage import whole
from tests.hostile.gather import every_case
from tests.hostile.judge import OUTCOMES, judge

from .results import FOLDER, Result, read_result, write_result

GROUPS = ("reader", "verb", "function")
PAGE = FOLDER / "hostile_table.csv"  # as a page of the book shows it
KEY = ["group", "source", "fault"]


def answers() -> pd.DataFrame:
    """A row a case: group, source, fault and outcome."""
    rows = []
    for case in every_case():  # without a progress bar: a second one inside would send escape codes
        with tempfile.TemporaryDirectory() as folder:
            rows.append((case.group, case.source, case.fault, judge(case, Path(folder)).outcome))
    return pd.DataFrame(rows, columns=[*KEY, "outcome"])


def by_case(found: pd.DataFrame, when: str) -> pd.DataFrame:
    """The outcomes of all cases before and after; those of the other time are kept."""
    table = found.rename(columns={"outcome": when})
    other = "before" if when == "after" else "after"
    if (FOLDER / "hostile_cases.csv").exists():
        table = table.merge(read_result("hostile_cases")[[*KEY, other]], how="left", on=KEY)
    return table.reindex(columns=[*KEY, "before", "after"])


def counts(found: pd.DataFrame, when: str) -> pd.DataFrame:
    """How many cases of each group have each outcome, zeros too."""
    every = pd.MultiIndex.from_product([GROUPS, OUTCOMES], names=["group", "outcome"])
    sizes = found.groupby(["group", "outcome"]).size().reindex(every, fill_value=0)
    return sizes.rename("cases").reset_index().assign(when=when)[["when", "group", "outcome", "cases"]]


def in_a_page(cases: pd.DataFrame) -> pd.DataFrame:
    """A row a group and time, a column an outcome; a case counts from the time on when it was made."""
    told = cases.melt(KEY, ["before", "after"], var_name="when", value_name="outcome").dropna()
    rows = pd.MultiIndex.from_product([GROUPS, ("before", "after")], names=["input to", "when"])
    table = pd.crosstab([told["group"], told["when"]], told["outcome"])
    table = table.reindex(rows, fill_value=0).reindex(columns=list(OUTCOMES), fill_value=0)
    return table.assign(all=table.sum(axis=1))


def measure(*, when: Annotated[str, ("before", "after")] = "after") -> Result:
    """Give all bad inputs and count the answers.

    Args:
        when: Before the mends, or after them.
    """
    found = answers()
    cases = by_case(found, when)
    write_result("hostile_cases", cases)
    with whole(PAGE) as draft:
        in_a_page(cases).to_csv(draft)
    return Result(counts(found, when), replace=["when"])


def summary(table: pd.DataFrame) -> str:
    """A row a group, a column an outcome."""
    wide = table.pivot(index="group", columns="outcome", values="cases")
    return wide.loc[list(GROUPS), list(OUTCOMES)].to_string()
