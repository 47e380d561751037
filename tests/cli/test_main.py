"""The command line: what it prints, what it leaves behind, and how it says that an input is wrong."""

import os
import re
import shlex
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
from places import REPO
from small_runs import (
    QUICK,
    command,
    told,
    write_city,
)

import attnviz as av
from attnviz import cli
from attnviz.cli import main
from attnviz.recommender.checkpoint import Checkpoint


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    return write_city(tmp_path_factory.mktemp("data") / "city")


@pytest.fixture(scope="module")
def trained(city, tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "whole"
    assert main(["train", "--airbnb", str(city), "--out", str(run), *QUICK]) == 0
    return run


def visible(folder: Path) -> set[str]:
    """The files in a folder, without hidden ones and locks."""
    return {path.name for path in folder.iterdir() if path.name[0] != "." and path.suffix != ".lock"}


def test_train_then_recommend(city, tmp_path):
    """As a user runs them; RUN is enough for the second: the city is gone, the working folder another."""
    own = write_city(tmp_path / "gone")
    run = tmp_path / "run"
    process = command("train", "--airbnb", own, "--out", run, *QUICK, "--max-reviews", "5")
    printed, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "300 choices of" in printed
    for words in ("new", "returning, new item", "popularity, 90 days", "NDCG@10", "later snapshot",
                  "by chance", "by counting the last 90 days", "For users who are new: "):  # fmt: skip
        assert words in printed
    assert visible(run) == {"checkpoint.safetensors", "log", "model.safetensors", "run.json", "tensorboard"}
    assert visible(run / "log") == {"attnviz.sha256", "interactions.parquet", "items.parquet"}
    assert {path.stat().st_mode for path in run.glob("*.safetensors")} == {
        (own / "reviews.csv").stat().st_mode
    }
    for path in own.iterdir():
        path.unlink()
    user = printed.split()[-1]
    process = command("recommend", run, user, "--top-k", "3", cwd=tmp_path)
    printed, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    header = next(line for line in printed.splitlines() if "probability" in line)
    shown = ["tags", "reviews", "price", "popularity", "likeness"]
    assert header.split() == ["item_id", "title", "probability", *shown]
    assert "not why the item is here" in printed
    assert "that of being the one chosen of 20 items" in printed


def test_recommend_prints_what_the_package_recommends(trained, capsys):
    """The same listings in the same order, and no control character of a title reaches the terminal."""
    log = av.read_table(trained / "log/interactions.parquet", trained / "log/items.parquet", implicit=True)
    taken = log.interactions.groupby("user_id")["item_id"].agg(set)
    user = next(user for user, items in taken.items() if str(10**17) not in items)
    assert main(["recommend", str(trained), user, "--top-k", "100"]) == 0
    printed = capsys.readouterr().out
    rows = [line.split()[0] for line in printed.splitlines() if line.strip().startswith("1000")]
    model = av.AttentionRecommender.load(trained)
    assert rows == av.recommend(model, log, user, top_k=100)["item_id"].tolist()
    assert r"\x1b[31mRed room" in printed
    assert "\x1b" not in printed


def test_trees_prints_the_trees(city, tmp_path, capsys):
    """As many lines as `weight_trees` has elements, both trees, and no control character of a title."""
    run = tmp_path / "run"
    more = ("--shopper", "history", "--max-reviews", "5")
    assert main(["train", "--airbnb", str(city), "--out", str(run), *QUICK, *more]) == 0
    log = av.read_table(run / "log/interactions.parquet", run / "log/items.parquet", implicit=True)
    red = str(10**17)
    user = log.interactions.loc[log.interactions["item_id"] == red, "user_id"].iloc[0]
    capsys.readouterr()
    assert main(["trees", str(run), user, red]) == 0
    printed = capsys.readouterr().out
    elements = av.weight_trees(av.AttentionRecommender.load(run), log, user, red)["element"]
    assert len(printed.splitlines()) == len(elements) + 3  # two headings, and what a weight says
    assert "the candidate's tree" in printed
    assert "the shopper's tree" in printed
    assert r"\x1b[31mRed room" in printed
    assert "\x1b" not in printed
    assert main(["trees", str(run), user, red, "--tokens", "weight"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert set(printed.splitlines()) < set(lines)
    assert len(lines) - len(printed.splitlines()) > 3
    assert "item 'nothing' is not in the log" in told(capsys, ["trees", run, user, "nothing"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_checkpoint_and_no_half_file(city, tmp_path, number, code):
    """SIGINT or SIGTERM in a training: a code each, one last line, a checkpoint that can be read."""
    run = tmp_path / "run"
    options = ("--epochs", "100000", "--num-candidates", "8")
    process = command("train", "--airbnb", city, "--out", run, *options)
    while not (run / "checkpoint.safetensors").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == code
    assert "Traceback" not in errors
    assert "give the same command again" in errors.strip().splitlines()[-1]
    assert visible(run) == {"checkpoint.safetensors", "run.json", "tensorboard"}
    assert not list(run.glob(".*.partial"))
    with pytest.raises(ValueError, match="belongs to another training"):
        Checkpoint(run / "checkpoint.safetensors", {"schema": "of another model"}).read()


def test_a_stopped_training_goes_on(city, trained, tmp_path, capsys, monkeypatch):
    """Stopped while the second checkpoint is written, then run again: as if it had never been stopped."""
    run, written = tmp_path / "run", Path.write_bytes
    arguments = ["train", "--airbnb", str(city), "--out", str(run), *QUICK]

    def stop_at_the_second(path, content):
        if written(path, content) and (run / "checkpoint.safetensors").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", stop_at_the_second)
    assert main(arguments) == 130
    assert visible(run) == {"checkpoint.safetensors", "run.json", "tensorboard"}
    assert not list(run.glob(".*.partial"))
    monkeypatch.undo()
    capsys.readouterr()
    assert "same train command again" in told(capsys, ["recommend", run, "501"])
    assert main(arguments) == 0
    model = "model.safetensors"
    assert (run / model).read_bytes() == (trained / model).read_bytes()


def test_stopped_before_the_first_epoch(city, tmp_path, capsys, monkeypatch):
    """No checkpoint yet: the line does not promise one."""

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("attnviz.cli.train.fit", stop)
    assert main(["train", "--airbnb", str(city), "--out", str(tmp_path / "run"), *QUICK]) == 130
    assert "no epoch was done yet" in capsys.readouterr().err


def test_other_options_do_not_overwrite_a_training(trained, tmp_path, capsys):
    """The run of other options is refused before any file is read, with what differs and what to do."""
    line = told(capsys, ["train", "--airbnb", tmp_path, "--out", trained, *QUICK, "--epochs", 3])
    assert "--epochs: 2 there, 3 here" in line
    assert "delete that one" in line
    other = shutil.copytree(trained, tmp_path / "without checkpoint")
    (other / "checkpoint.safetensors").unlink()
    assert "--airbnb: " in told(capsys, ["train", "--airbnb", tmp_path, "--out", other, *QUICK])
    (tmp_path / "model.safetensors").write_bytes(b"of somebody else")
    line = told(capsys, ["train", "--airbnb", tmp_path, "--out", tmp_path, *QUICK])
    assert "holds 'model.safetensors'" in line
    assert "no run.json of ours: give a new or an empty folder" in line


def test_wrong_inputs_of_train(city, tmp_path, capsys):
    """A missing folder, an empty one, another table, a cut-off file, bad numbers: one line, code 2."""
    run = tmp_path / "run"
    assert "no such folder" in told(capsys, ["train", "--airbnb", tmp_path / "none", "--out", run])
    (tmp_path / "empty").mkdir()
    assert "holds no listings.csv.gz" in told(capsys, ["train", "--airbnb", tmp_path / "empty", "--out", run])
    other = write_city(tmp_path / "other")
    (other / "reviews.csv").write_text("a,b\n1,2\n")
    assert "no column 'listing_id'" in told(capsys, ["train", "--airbnb", other, "--out", run])
    content = (city / "listings.csv.gz").read_bytes()
    (other / "listings.csv.gz").write_bytes(content[: len(content) // 2])
    assert "listings.csv.gz, line 1: the gzip data is cut off; fetch the file again" in told(
        capsys, ["train", "--airbnb", other, "--out", run]
    )
    assert not run.exists()
    for option in ("--epochs", "--num-negatives", "--max-reviews", "--embed-dim", "--num-candidates"):
        line = told(capsys, ["train", "--airbnb", city, "--out", tmp_path / option, *QUICK, option, 0])
        assert f"argument {option}: must be" in line
    (tmp_path / "file").write_text("")
    assert "file" in told(capsys, ["train", "--airbnb", city, "--out", tmp_path / "file", *QUICK])


def test_fewer_listings_than_asked_for_are_said(city, tmp_path, capsys):
    """Twenty listings cannot give 100 candidates: the ranking runs, and says how many there were."""
    run = tmp_path / "run"
    assert main(["train", "--airbnb", str(city), "--out", str(run), *QUICK, "--num-candidates", "100"]) == 0
    told_text = capsys.readouterr().out
    assert re.search(r"ranked against items on offer .*on average 1\d\.\d\)", told_text)
    assert re.search(r"candidates: fewer items on offer than asked for: [\d,]+", told_text)


def test_the_second_training_into_a_folder_is_refused(city, tmp_path, capsys, monkeypatch):
    """While the first one writes its checkpoint: one line, code 2, and the first one ends as if alone."""
    arguments, lines, write = (
        ["train", "--airbnb", str(city), "--out", str(tmp_path), *QUICK],
        [],
        Checkpoint.write,
    )

    def start_another(self, tensors, values):
        lines.append(told(capsys, arguments))
        write(self, tensors, values)

    monkeypatch.setattr(Checkpoint, "write", start_another)
    assert main(arguments) == 0
    assert len(lines) == 2
    assert all("run.json is being written by another training" in line for line in lines)


@pytest.mark.parametrize("name", ["log/items.parquet", "log/attnviz.sha256", "model.safetensors"])
def test_a_damaged_run_is_not_read(name, city, trained, tmp_path, capsys):
    """One flipped bit: one line, code 2, the file and what to do, which helps."""
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    content = bytearray((run / name).read_bytes())
    content[len(content) // 2] ^= 1
    (run / name).write_bytes(content)
    user = pd.read_parquet(trained / "log/interactions.parquet")["user_id"][0]
    line = told(capsys, ["recommend", run, user])
    assert Path(name).name in line
    assert f"the same train command writes {run} again" in line
    assert main(["train", "--airbnb", str(city), "--out", str(run), *QUICK]) == 0
    assert main(["recommend", str(run), user]) == 0


def test_a_run_without_its_digests_is_not_read(trained, tmp_path, capsys):
    """The list of digests was deleted: nothing is read unchecked."""
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    (run / "log/attnviz.sha256").unlink()
    assert "attnviz.sha256 is missing" in told(capsys, ["recommend", run, "501"])


def test_wrong_inputs_of_recommend(trained, tmp_path, capsys):
    """An unknown guest, a folder without a model, a damaged model: one line, code 2."""
    assert "user 'nobody' is not in the log" in told(capsys, ["recommend", trained, "nobody"])
    assert "holds no trained model" in told(capsys, ["recommend", tmp_path, "501"])
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    assert "no run.json" in told(capsys, ["recommend", tmp_path, "501"])
    log = pd.read_parquet(trained / "log/interactions.parquet")
    assert "--top-k" in told(capsys, ["recommend", trained, log["user_id"][0], "--top-k", 0])


def test_a_wrong_input_shows_no_traceback(tmp_path):
    """The same in a process of its own: nothing on stdout, one line on stderr."""
    process = command("train", "--airbnb", tmp_path / "none", "--out", tmp_path / "run")
    printed, errors = process.communicate()
    assert (process.returncode, printed, len(errors.splitlines())) == (2, "", 1)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ([], ("train", "recommend", "trees")),
        (
            ["train"],
            ("--airbnb DIR", "--amazon FILE", "--interactions FILE", "--planted [SEED]", "--out RUN"),
        ),
        (["recommend"], ("RUN USER",)),
        (["trees"], ("RUN USER ITEM",)),
    ],
)
def test_help_says_what_each_verb_needs(verb, words, capsys):
    """Help goes to stdout and ends with code 0."""
    with pytest.raises(SystemExit) as end:
        main([*verb, "--help"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in words)


@pytest.mark.timeout(1800)
def test_albany(tmp_path):
    """The slow one: all of Albany's text (minutes when no vectors are kept yet), one epoch, the table."""
    data = os.environ.get("ATTNVIZ_REAL_DATA")
    if not data:
        pytest.skip("REAL DATA NOT TESTED: set ATTNVIZ_REAL_DATA to the folder that holds airbnb_albany/")
    run = tmp_path / "albany"
    process = command("train", "--airbnb", Path(data) / "airbnb_albany", "--out", run, "--epochs", "1")
    printed, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "27,864 choices of 23,153 users among 461 items" in printed
    rows = [line for line in printed.splitlines() if line.count("[0.") == 3]
    assert [row.split()[0] for row in rows] == ["new"] * 4 + ["returning,"] * 8
    user = printed.split()[-1]
    process = command("recommend", run, user)
    printed, errors = process.communicate()
    assert process.returncode == 0, errors


def test_the_commands_of_the_readme_are_understood():
    """Each command line that README shows is one that the parser takes."""
    text = (REPO / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [shlex.split(line) for line in text.splitlines() if re.match(r"attnviz [a-z]", line)]
    assert {words[1] for words in commands} == {"data", "train", "recommend", "trees"}
    for words in commands:
        assert cli._parser().parse_args(words[1:]).verb
