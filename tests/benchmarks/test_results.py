"""The file in which a benchmark leaves its numbers for the book."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
from places import REPO

SOURCE = REPO / "benchmarks" / "results.py"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The benchmarks' module, writing into a folder of the test."""
    spec = importlib.util.spec_from_file_location("results", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FOLDER", tmp_path / "_results")
    return module


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


def comments(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]


def test_a_result_says_how_to_make_it_again(results, monkeypatch):
    """Command, versions and machine stand above the rows, and no other file is left."""
    monkeypatch.setattr(results.sys, "argv", ["benchmarks", "speed", "--seeds", "2"])
    rows = table(model=["point", "self"], auc=[0.75, 0.5])
    path = results.write_result("speed", rows)
    assert comments(path)[0] == "# command: python -m benchmarks speed --seeds 2"
    assert [line.split(":")[0] for line in comments(path)] == ["# command", "# versions", "# machine"]
    pd.testing.assert_frame_equal(results.read_result("speed"), rows)
    assert list(path.parent.iterdir()) == [path]


def test_rows_take_the_place_of_those_with_the_same_key(results, monkeypatch):
    """`replace` keeps the other rows, lists both commands, and lists the same command once."""
    results.write_result("speed", table(model=["point", "self"], seed=[0, 0], auc=[0.75, 0.5]))
    monkeypatch.setattr(results.sys, "argv", ["benchmarks", "speed", "--more"])
    again = table(model=["self", "self"], seed=[0, 1], auc=[0.25, 1.0])
    for _ in range(2):
        path = results.write_result("speed", again, replace=["model", "seed"])
    expected = table(model=["point", "self", "self"], seed=[0, 0, 1], auc=[0.75, 0.25, 1.0])
    pd.testing.assert_frame_equal(results.read_result("speed"), expected)
    commands = [line for line in comments(path) if line.startswith("# command")]
    assert len(commands) == 2
    assert commands[1] == "# command: python -m benchmarks speed --more"
    results.write_result("speed", again)
    pd.testing.assert_frame_equal(results.read_result("speed"), again)
