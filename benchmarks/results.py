"""Result files of the benchmarks: a CSV whose first lines say how to make it again."""

import os
import platform
import shlex
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[1] / "book" / "_results"
PACKAGES = ("torch", "captum", "scikit-learn", "transformers", "numpy", "pandas")


def write_result(name: str, table: pd.DataFrame) -> Path:
    """Write `book/_results/NAME.csv`, complete or not at all: how it was made, then the table."""
    command = shlex.join(["python", *sys.argv])
    versions = " ".join(f"{package}={version(package)}" for package in PACKAGES)
    machine = f"{platform.machine()} {os.cpu_count()} cores, Python {platform.python_version()}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    target = FOLDER / f"{name}.csv"
    partial = target.with_suffix(f".{os.getpid()}.partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# command: {command}\n# versions: {versions}\n# machine: {machine}\n")
        table.to_csv(file, index=False, float_format="%.5f")
    os.replace(partial, target)
    return target


def read_result(name: str) -> pd.DataFrame:
    """The table of `book/_results/NAME.csv`."""
    return pd.read_csv(FOLDER / f"{name}.csv", comment="#")
