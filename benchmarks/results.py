"""Result files of the benchmarks: a CSV whose first lines say how to make it again."""

import os
import platform
import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from attnviz.storage import whole

FOLDER = Path(__file__).parents[1] / "book" / "_results"
PACKAGES = ("torch", "captum", "scikit-learn", "transformers", "numpy", "pandas")


class Result(NamedTuple):
    """A table that is not written as the benchmark's name says, or not over the whole file."""

    table: pd.DataFrame
    name: str | None = None  # of the file; None: the benchmark's
    replace: list[str] | None = None  # as in `write_result`


def write_result(name: str, table: pd.DataFrame, *, replace: list[str] | None = None) -> Path:
    """Write `book/_results/NAME.csv`, complete or not at all: how it was made, then the table.

    Args:
        name: Of the file.
        table: The rows.
        replace: Columns. The rows are added to those in the file and take the place of those with the same
            values in these columns; the file's own header stays above, so that it lists every command.
    """
    target, header = FOLDER / f"{name}.csv", _header()
    if replace and target.exists():
        old = read_result(name)
        is_new = pd.MultiIndex.from_frame(old[replace]).isin(pd.MultiIndex.from_frame(table[replace]))
        if not is_new.all():  # else the file may have other columns
            table = pd.concat([old[~is_new], table], ignore_index=True)
        above = [line for line in target.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        header = above if header == above[-len(header) :] else above + header
    with whole(target) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(header) + "\n")
        table.to_csv(file, index=False, float_format="%.5f")
    return target


def _header() -> list[str]:
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    versions = " ".join(f"{package}={version(package)}" for package in PACKAGES)
    machine = f"{platform.machine()} {os.cpu_count()} cores, Python {platform.python_version()}"
    return [f"# command: {command}", f"# versions: {versions}", f"# machine: {machine}"]


def read_result(name: str) -> pd.DataFrame:
    """The table of `book/_results/NAME.csv`."""
    return pd.read_csv(FOLDER / f"{name}.csv", comment="#")
