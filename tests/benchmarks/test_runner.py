"""`python -m benchmarks`: what it lists, the options of each benchmark, and what a run leaves."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from places import REPO

from benchmarks import results, runner

KNOWN = runner.benchmarks()


def small(measure, **others) -> ModuleType:
    """A benchmark that lies in no file."""
    module = ModuleType("small", "Is one more than none?")
    module.measure = measure
    vars(module).update(others)
    return module


def count(
    *,
    seeds: int = 5,
    rate: float = 0.5,
    models: Annotated[tuple[str, ...], ("point", "self")] = ("point",),
    again: bool = False,
    folder: Path | None = None,
) -> pd.DataFrame:
    """Count.

    Args:
        seeds: How many,
            in 100% of all cases.
        rate: How fast.
        models: Which ones.
        again: Once more.
        folder: Where.
    """
    return pd.DataFrame({"model": models, "seeds": seeds, "rate": rate, "again": again})


def test_options_are_the_parameters():
    """Types, choices and defaults from the signature, and the help from the docstring."""
    parser = runner.parser_of("small", small(count))
    given = vars(parser.parse_args(["--seeds", "2", "--models", "self", "point", "--again", "--folder", "x"]))
    assert given == dict(seeds=2, rate=0.5, models=["self", "point"], again=True, folder=Path("x"))
    assert vars(parser.parse_args([])) == dict(seeds=5, rate=0.5, models=("point",), again=False, folder=None)
    assert "How many, in 100% of all cases." in " ".join(parser.format_help().split())


@pytest.mark.parametrize("wrong", [["--models", "other"], ["--seeds", "two"], ["--seed", "2"], ["more"]])
def test_wrong_options_are_refused(wrong, capsys):
    """A choice, a number, a cut-off name, a word: exit code 2, and the option is named."""
    with pytest.raises(SystemExit) as stopped:
        runner.parser_of("small", small(count)).parse_args(wrong)
    assert stopped.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_a_run_prints_its_summary_and_writes_its_table(tmp_path, monkeypatch, capsys):
    """The table gets the module's name, or that of its Result; one with `replace` keeps the first."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    runner.write("small", small(count, summary=lambda table: f"{len(table)} rows"), count(seeds=3))
    assert capsys.readouterr().out.splitlines() == ["1 rows", str(tmp_path / "small.csv")]
    assert results.read_result("small")["seeds"].tolist() == [3]
    for seeds in (3, 4):
        result = results.Result(count(seeds=seeds), name="other", replace=["seeds"])
        runner.write("small", small(count), result)
    assert results.read_result("other")["seeds"].tolist() == [3, 4]


@pytest.mark.parametrize("name", KNOWN)
def test_every_benchmark_has_options_with_a_help(name):
    """Only keywords, each of them in the docstring, and a first line that says what is asked."""
    module = import_module(f"benchmarks.{name}")
    parameters = inspect.signature(module.measure).parameters
    assert {option.kind for option in parameters.values()} <= {inspect.Parameter.KEYWORD_ONLY}
    assert set(runner.described(module.measure)) == set(parameters)
    assert KNOWN[name]
    runner.parser_of(name, module)


def test_the_command_lists_them_and_names_what_is_unknown():
    """Each name stands at the beginning of a line; a wrong name is answered with the right ones."""
    command = [sys.executable, "-m", "benchmarks"]
    listed = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(KNOWN)
    assert {"quality", "reasons", "interplay"} <= set(KNOWN)
    assert not {"results", "peers", "runner"} & set(KNOWN)
    wrong = subprocess.run([*command, "qality"], cwd=REPO, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "NAME must be one of" in wrong.stderr
    assert "'qality'" in wrong.stderr


def test_a_picture_lies_beside_the_table(tmp_path, monkeypatch):
    """It is drawn from what the file holds, and the same table gives the same bytes."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    drawn = []

    def draw(table):
        drawn.append(table)
        return plt.figure(figsize=(1, 1))

    module = small(count, draw=draw)
    for _ in range(2):
        runner.write("small", module, count(seeds=3))
        drawn.append((tmp_path / "small.svg").read_bytes())
    assert drawn[0]["seeds"].tolist() == [3]
    assert drawn[1] == drawn[3]
