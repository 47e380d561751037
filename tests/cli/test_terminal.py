"""What reaches a terminal: text of others is shown and never obeyed, and leaving early is no accident."""

import ast
import os
import shlex
import shutil
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_runs import (
    QUICK,
    command,
    told,
    write_city,
)

import attnviz as av
from attnviz import cli
from attnviz.cli import main, terminal
from attnviz.printable import printable
from attnviz.storage import write_tables

CONTROLS = [chr(code) for code in (*range(32), *range(127, 160))]
INVISIBLE = [*"\u00ad\u200b\u200c\u200d\u2028\u2029\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"]
HOSTILE = "".join(CONTROLS + INVISIBLE) + "\x1b]0;gone\x07\x1b[2J; touch x"


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """A trained run in which every text of others tries to reach the terminal."""
    folder = tmp_path_factory.mktemp("shop")
    city = write_city(folder / "city")
    log = av.read_airbnb(city / "listings.csv.gz", city / "reviews.csv", strict=False)
    hostile = {"item_id": log.items["item_id"] + "\x1b[1m", "title": HOSTILE, "brand": "\x1b]0;x\x07Heath"}
    items = log.items.assign(
        **hostile, tags=[[f"soft\x1b[{n}m\u202e", "warm"] for n in range(len(log.items))]
    )
    rows = log.interactions.assign(review=f"Great {HOSTILE} place.\nCalm.")
    rows = rows.assign(user_id=rows["user_id"] + "\x9b2J", item_id=rows["item_id"] + "\x1b[1m")
    rows.to_parquet(folder / "rows.parquet")
    items.to_parquet(folder / "items.parquet")
    sources = ["--interactions", str(folder / "rows.parquet"), "--items", str(folder / "items.parquet")]
    run = folder / "run \x1b[31m"
    more = ("--shopper", "both", "--max-reviews", "5")
    assert main(["train", *sources, "--implicit", "--out", str(run), *QUICK, *more]) == 0
    return run


def escaped(text: str) -> str:
    """The text, of which a terminal shows every character and obeys line ends only."""
    assert all(line.isprintable() for line in text.split("\n")), ascii(text)
    return text


@given(st.text())
def test_printable_text_is_one_line_and_all_is_shown(text):
    """What prints stays, the rest is what `repr` writes for it."""
    shown = printable(text)
    assert shown.isprintable()
    assert shown == "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


@pytest.mark.parametrize("letter", CONTROLS + INVISIBLE + ["\ud83d", "\ufffe"])
def test_no_control_character_is_left(letter):
    """C0, C1, line ends, characters without a width and those that turn the direction become escapes."""
    assert printable(letter).startswith("\\")
    assert printable(letter).isascii()


def test_there_is_one_door():
    """No verb prints by itself: whatever is printed goes through `terminal`."""
    for path in Path(cli.__file__).parent.glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text()))
        names = {getattr(node, "id", getattr(node, "attr", None)) for node in nodes}
        assert path.name == "terminal.py" or not names & {"print", "stdout", "stderr"}, path.name


@pytest.mark.parametrize("options", [["--top-k", "50"], ["--top-k", "1"]])
def test_recommendations_are_escaped(shop, capsys, options):
    """Titles, ids and what the user chose before."""
    user = pd.read_parquet(shop / "log/interactions.parquet")["user_id"].iloc[0]
    assert main(["recommend", str(shop), user, *options]) == 0
    printed = escaped(capsys.readouterr().out)
    assert r"\x00\x01" in printed
    assert r"\x9b2J chose before" in printed
    assert r"\x1b[1m" in printed


@pytest.mark.parametrize(("columns", "num_tables"), [(80, 2), (100, 1), (300, 1)])
def test_a_table_fits_into_the_terminal(columns, num_tables, capsys, monkeypatch):
    """Titles are cut first; then columns go below, after the id, and all values are there."""
    fields = dict.fromkeys(("tags", "price", "category", "popularity", "likeness"), 0.25)
    table = pd.DataFrame(
        {"item_id": [str(10**17), "7"], "title": ["Light " * 6, "b"], "probability": 0.5} | fields
    )
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    terminal.tell_table(table, keys=("item_id",), text="title")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    headers = [line.split() for line in lines if "item_id" in line]
    assert len(headers) == num_tables
    assert [name for names in headers for name in names if name != "item_id"] == [*table.columns[1:]]
    assert sum(line.count("0.250") for line in lines) == 10
    assert ("…" in lines[1]) == (columns == 100)


def test_a_table_that_no_terminal_shows_is_not_cut(capsys, monkeypatch):
    """A pipe and a file get each row whole."""
    monkeypatch.setenv("COLUMNS", "80")
    table = pd.DataFrame({"item_id": ["a"], "title": ["x" * 40], **{f"field {n}": [0.5] for n in range(30)}})
    terminal.tell_table(table, keys=("item_id",), text="title")
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_trees_are_escaped(shop, capsys):
    """Tags, brands, titles, reviews, sentences and tokens."""
    row = pd.read_parquet(shop / "log/interactions.parquet").iloc[0]
    assert main(["trees", str(shop), row["user_id"], row["item_id"], "--tokens", "norm"]) == 0
    assert r"soft\x1b[" in escaped(capsys.readouterr().out)


def test_trees_for_anybody_are_escaped(shop):
    """`indented` itself, with the texts as they are."""
    log = av.read_table(shop / "log/interactions.parquet", shop / "log/items.parquet", implicit=True)
    row = log.interactions.iloc[0]
    trees = av.weight_trees(av.AttentionRecommender.load(shop), log, row["user_id"], row["item_id"])
    assert any(not text.isprintable() for text in trees["text"])
    escaped(av.trees.indented(trees))


def test_errors_are_escaped(shop, capsys):
    """A user, an item, a folder and an option that are not there."""
    user = pd.read_parquet(shop / "log/interactions.parquet")["user_id"].iloc[0]
    for arguments in (
        ["recommend", shop, "\x1b[31m"],
        ["trees", shop, user, "\u202e"],
        ["recommend", shop / "\x1b[2J\u202e\nattnviz: all is well", user],
        ["recommend", shop, user, "--\x1b[2J"],
        ["train", "--airbnb", shop / "\x1b[2J", "--out", shop / "other"],
        ["data", "check", "--interactions", "\x1b.csv", "--items", "\x1b.csv"],
        ["data", "check", "--interactions", "a", "--items", "b", "--columns", "\x1b"],
    ):
        escaped(told(capsys, arguments))


def test_lines_of_a_message_are_kept(tmp_path, capsys):
    """Each on a line of its own, escaped and indented: a file's name cannot make a message of its own."""
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / "items.csv").write_text("item_id\n1\n")
    sources = ["--interactions", tmp_path / "rows.csv", "--items", tmp_path / "items.csv"]
    lines = told(capsys, ["data", "check", *sources]).split("\n")
    assert lines[0] == "attnviz: columns are missing; rename yours or add them:"
    for name, line in zip(("user_id", "item_id", "label"), lines[1:4], strict=True):
        assert line == f"  - interactions: no column '{name}' (it has 'a', 'b')"
    assert lines[4].startswith("  (interactions from ")
    terminal.tell_error("no file x\nattnviz: all is well\x1b")
    assert capsys.readouterr().err == "attnviz: no file x\n  attnviz: all is well\\x1b\n"


def test_problems_of_data_are_escaped(tmp_path, capsys):
    """Values, file names, column names and counts, in the listing and in the error itself."""
    path = tmp_path / "rows\x1b[2J.csv"
    rows = {"user_id": ["\x1b[31m", "b"], "item_id": ["tea", "\u202e"], "label": [1, 0]}
    pd.DataFrame(rows | {"timestamp": ["\x1b]0;x\x07", "2025-01-01"]}).to_csv(path, index=False)
    pd.DataFrame({"item_id": ["tea"], "price": ["\x9b1m"], "\x1bcolumn": [1]}).to_csv(
        tmp_path / "items.csv", index=False
    )
    assert main(["data", "check", "--interactions", str(path), "--items", str(tmp_path / "items.csv")]) == 1
    escaped(capsys.readouterr().out)
    with pytest.raises(av.data.DataProblems) as error:
        av.read_table(path, tmp_path / "items.csv")
    escaped(str(error.value))
    assert r"rows\x1b[2J.csv" in str(error.value)


def test_a_command_for_copying_is_quoted(tmp_path, capsys):
    """A shell reads back the arguments as they are; a user id is no command, and no option."""
    hostile = pd.DataFrame({"user_id": ["ann; touch x", "-rf", "$(touch x)", "`touch x`", "a\x1b[2Jb"]})
    log = type("Log", (), {"interactions": hostile})
    for size in range(1, 6):
        log.interactions = hostile[:size]
        printed = cli.run_folder.next_command(tmp_path / "my run", log)
        words = shlex.split(printed)
        assert words[:2] == ["attnviz", "recommend"]
        assert words[-2:] == [str(tmp_path / "my run"), hostile["user_id"].iloc[min(size, 4) - 1]]
        assert ("--" in words) == (words[-1] == "-rf")


def test_the_printed_command_works(tmp_path, capsys):
    """What `train` prints at its end shows recommendations when it is run."""
    city = write_city(tmp_path / "city")
    reviews = pd.read_csv(city / "reviews.csv", dtype=str)
    reviews.assign(reviewer_id="-" + reviews["reviewer_id"] + "; touch x").to_csv(
        city / "reviews.csv", index=False
    )
    assert main(["train", "--airbnb", str(city), "--out", str(tmp_path / "a run"), *QUICK]) == 0
    words = shlex.split(capsys.readouterr().out.strip().splitlines()[-1].partition("next: ")[2])
    assert words[-1].endswith("; touch x")
    assert main(words[1:]) == 0


def test_a_table_of_numbers_keeps_its_numbers(capsys):
    """Text is escaped in cells and in names of columns, numbers are printed with three decimals."""
    terminal.tell_table(pd.DataFrame({"a\nb": ["x\ny"], "weight": [0.5]}), keys=())
    assert capsys.readouterr().out == "a\\nb  weight\nx\\ny   0.500\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_a_letter(shop, encoding):
    """Its escape stands there, and the code is 0."""
    items = pd.read_parquet(shop / "log/items.parquet").assign(title="Tee für 東京")
    other = shop.parent / f"run {encoding}"
    if not other.exists():
        shutil.copytree(shop, other)
    write_tables(other / "log", {"items": items})
    user = pd.read_parquet(other / "log/interactions.parquet")["user_id"].iloc[0]
    process = command("recommend", other, user, env=environment(PYTHONIOENCODING=encoding), encoding=encoding)
    printed, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert r"\u6771\u4eac" in printed


def test_a_reader_that_goes_early(shop):
    """As `attnviz recommend ... | head -1`: nothing on stderr, the code of a closed pipe."""
    user = pd.read_parquet(shop / "log/interactions.parquet")["user_id"].iloc[0]
    process = command("recommend", shop, user, env=environment(PYTHONUNBUFFERED="1"))
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


def test_a_full_disk_behind_the_output(shop):
    """One line that says which file is full, and code 2."""
    user = pd.read_parquet(shop / "log/interactions.parquet")["user_id"].iloc[0]
    with open("/dev/full", "w") as full:
        process = command("recommend", shop, user, stdout=full)
        _, errors = process.communicate()
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert "standard output" in errors


def test_sigterm_is_as_it_was_after_the_command(capsys):
    """A program that calls `main` keeps its own answer to SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    assert main(["data", "check"]) == 2
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_without_numbers_is_told(shop, capsys, tmp_path, value):
    """Parameters that are NaN or infinite: every verb says so, and so do the functions."""
    model = av.AttentionRecommender.load(shop)
    log = av.read_table(shop / "log/interactions.parquet", shop / "log/items.parquet", implicit=True)
    row = log.interactions.iloc[0]
    with torch.no_grad():
        model.head.weight[0, 0] = value
    for use in (
        lambda: av.predict(model, log),
        lambda: av.recommend(model, log, row["user_id"]),
        lambda: av.weight_trees(model, log, row["user_id"], row["item_id"]),
    ):
        with pytest.raises(ValueError, match=r"NaN.*head\.weight are not finite"):
            use()
    other = shutil.copytree(shop, tmp_path / "run")
    model.save(other)
    assert "head.weight" in told(capsys, ["recommend", other, row["user_id"]])
    assert "head.weight" in told(capsys, ["trees", other, row["user_id"], row["item_id"]])


def environment(**variables: str) -> dict[str, str]:
    """That of this process, with other variables."""
    return {**os.environ, **variables}
