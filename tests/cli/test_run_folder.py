"""The folder of a run: damaged files in it, folders that are none, and places that cannot be written to."""

import json
import os
import shutil
from pathlib import Path

import pytest
from small_runs import (
    QUICK,
    SMALL,
    command,
    told,
    write_city,
    write_tables,
)

from attnviz.cli import main
from attnviz.cli.run_folder import require_free

FILES = (
    "run.json",
    "model.safetensors",
    "log/interactions.parquet",
    "log/items.parquet",
    "log/users.parquet",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A run with all files that there can be."""
    folder = tmp_path_factory.mktemp("whole")
    options = [*write_tables(folder), "--users", f"{folder}/users.csv"]
    assert main(["train", *options, "--out", str(folder / "run"), *SMALL]) == 0
    return folder / "run"


@pytest.fixture
def run(trained, tmp_path) -> Path:
    return shutil.copytree(trained, tmp_path / "run")


def remove(path: Path) -> None:
    path.unlink()


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


FAULTS = {
    "missing": remove,
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "something else": lambda path: path.write_bytes(b"\x1b[2J\xff\x00 not what it was"),
    "a folder": replace_by_a_folder,
    "a list": lambda path: path.write_text("[1, 2]"),
    "deep": lambda path: path.write_text("[" * 100_000),
    "no object": lambda path: path.write_text('{"implicit": 1, "options": []}'),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(run, name, fault, capsys):
    """Both verbs end with one line and code 2; only the users may be away: then the model does not fit."""
    FAULTS[fault](run / name)
    for arguments in (["recommend", run, "1"], ["trees", run, "1", "1"]):
        line = told(capsys, arguments)
        assert Path(name).stem in line or str(run) in line


def test_files_of_another_run_are_told(run, tmp_path, capsys):
    """A model of other fields, and a log without users."""
    other = tmp_path / "other"
    assert main(["train", "--airbnb", str(write_city(tmp_path / "city")), "--out", str(other), *QUICK]) == 0
    capsys.readouterr()
    shutil.copy(other / "model.safetensors", run)
    assert "its model and its log are of different runs" in told(capsys, ["recommend", run, "1"])


@pytest.mark.parametrize("place", ["nowhere", "a file", "empty", "/proc", "/dev/null", ""])
def test_what_is_no_run(place, tmp_path, capsys):
    """A place that is not there, a file, an empty folder: each is told with how to make a run."""
    (tmp_path / "a file").write_text("")
    (tmp_path / "empty").mkdir()
    assert "holds no trained model; attnviz train --help" in told(
        capsys, ["recommend", tmp_path / place, "ann"]
    )


def test_a_run_that_is_none_of_ours_is_left_alone(tmp_path, capsys):
    """A folder with a log of weights but without a note of what was trained."""
    (tmp_path / "tensorboard").mkdir()
    with pytest.raises(ValueError, match=r"holds 'tensorboard', and no run\.json of ours: give a new"):
        require_free(tmp_path, {"epochs": 1})
    (tmp_path / "tensorboard").rmdir()
    (tmp_path / ".run.json.lock").touch()
    require_free(tmp_path, {"epochs": 1})
    require_free(tmp_path / "nowhere", {"epochs": 1})


def test_a_folder_of_other_files_is_refused(tmp_path, capsys):
    """Before anything is read: the data set is not there either. Nor is a run.json of somebody else taken."""
    for name in ("rows.csv", "items.csv", "notes.txt", "more.txt"):
        (tmp_path / name).touch()
    line = told(capsys, ["train", "--airbnb", tmp_path / "none", "--out", tmp_path])
    assert "holds 'items.csv', 'more.txt', 'notes.txt' and more, and no run.json of ours: give a new" in line
    (tmp_path / "run.json").write_text('{"implicit": true, "options": {}}')
    line = told(capsys, ["train", "--airbnb", tmp_path / "none", "--out", tmp_path])
    assert "run.json is not what `attnviz train` wrote" in line


@pytest.mark.parametrize("place", ["/proc/run", "/dev/null/run", "file/run", "file"])
def test_a_place_that_cannot_be_written_to(place, tmp_path, capsys):
    """It is named before any training, and nothing is left there."""
    (tmp_path / "file").write_text("")
    line = told(capsys, ["train", *write_tables(tmp_path), "--out", tmp_path / place, *SMALL])
    assert place in line
    assert (tmp_path / "file").read_text() == ""


def test_a_disk_that_is_full(tmp_path):
    """No byte more than 100 in a file: one line on stderr, and no half file in the folder."""
    process = command("train", *write_tables(tmp_path), "--out", tmp_path / "run", *SMALL, file_size=100)
    _, errors = process.communicate()
    assert process.returncode == 2
    assert len(errors.splitlines()) == 1, errors
    assert not list((tmp_path / "run").glob(".*partial"))


def test_no_home_folder(run, tmp_path, capsys, monkeypatch):
    """Where there is nothing to keep sentence vectors in, the variable that names a folder is told."""

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("ATTNVIZ_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    city = write_city(tmp_path / "city")
    line = told(capsys, ["train", "--airbnb", city, "--out", tmp_path / "other", *QUICK])
    assert "set the environment variable ATTNVIZ_CACHE" in line


def test_the_note_says_what_was_trained(run):
    """The options as plain values, and whether the rows are choices without labels."""
    note = json.loads((run / "run.json").read_text())
    assert note["implicit"] is False
    assert note["options"]["epochs"] == 1
    assert os.path.isabs(note["options"]["interactions"])


def test_no_byte_of_the_note_may_change(run, capsys):
    """Any one of them changed: `recommend` and `train` name the file."""
    note = (run / "run.json").read_bytes()
    for place in range(0, len(note)):
        changed = bytearray(note)
        changed[place] ^= 1
        (run / "run.json").write_bytes(changed)
        with pytest.raises(ValueError, match=r"run\.json is (damaged|not what)"):
            require_free(run, {})
    assert "run.json is" in told(capsys, ["recommend", run, "1"])


def test_data_that_has_moved_goes_on(trained, tmp_path, capsys):
    """The same files in another place are the same data: a finished training is not done again."""
    shutil.copytree(trained.parent, tmp_path / "moved")
    files = tmp_path / "moved"
    note = json.loads((files / "run/run.json").read_text())["options"]
    model = (files / "run/model.safetensors").read_bytes()
    options = ["--interactions", files / "rows.csv", "--items", files / "items.parquet"]
    options += ["--users", files / "users.csv", "--columns", *note["columns"], "--out", files / "run", *SMALL]
    assert main(["train", *map(str, options)]) == 0
    assert (files / "run/model.safetensors").read_bytes() == model
    (files / "rows.csv").write_text((files / "rows.csv").read_text().replace("1\n", "5\n"))
    before = (files / "run/run.json").read_text()
    assert "belongs to another training" in told(capsys, ["train", *options])
    assert (files / "run/run.json").read_text() == before
