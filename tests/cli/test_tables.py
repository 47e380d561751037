"""Everybody's own tables: further fields, times of another form, no times, and what a run keeps of them."""

import json

import numpy as np
import pandas as pd
import pytest
from small_runs import NUM_ROWS, SMALL, told, write_tables

from attnviz.cli import main
from attnviz.data import read_table

KINDS = {"stars_of_all": "number", "about": "text", "colour": "category", "extras": "tags"}
FIELDS = [f"{name}={kind}" for name, kind in KINDS.items()]


@pytest.fixture
def shop(tmp_path):
    """Options that name a shop with further columns, whose times are American."""
    days = pd.date_range("2019-05-01 15:54", periods=NUM_ROWS)
    options = write_tables(tmp_path, when=[f"{day.month}/{day.day}/{day:%Y %H:%M}" for day in days])
    items = pd.read_parquet(tmp_path / "items.parquet")
    items = items.assign(stars_of_all=np.arange(15) / 3, about="Soft wool. Made by hand.", colour="red")
    items.assign(extras="lid|bag", unread=1).to_parquet(tmp_path / "items.parquet")
    return options


def read_back(run):
    """The log of a run, as `recommend` reads it."""
    return read_table(run / "log/interactions.parquet", run / "log/items.parquet", fields=KINDS)


def test_further_fields_are_trained_on_kept_and_shown(shop, tmp_path, capsys):
    """The files are gone by then: the columns are in the run, with the kinds that were given."""
    run, form = tmp_path / "run", ("--date-format", "%m/%d/%Y %H:%M")
    assert main(["data", "check", *shop, *form, "--fields", *FIELDS]) == 0
    assert main(["train", *shop, *form, "--fields", *FIELDS, "--out", str(run), *SMALL]) == 0
    printed = capsys.readouterr().out
    assert "note: interactions: 400 labels are read from ratings" in printed
    assert "split by time" in printed
    for path in tmp_path.glob("*.*"):
        path.unlink()
    user = printed.split()[-1]
    assert main(["recommend", str(run), user]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {*KINDS, "tags", "price", "brand"} <= set(lines[2].split())
    assert main(["trees", str(run), user, lines[3].split()[0]]) == 0
    shown = capsys.readouterr().out
    assert "Soft wool." in shown
    assert "lid" in shown
    log = read_back(run)
    assert log.interactions["timestamp"].iloc[0] == pd.Timestamp("2019-05-01 15:54", tz="UTC")
    assert {field.name: field.kind for field in log.fields} == KINDS | {
        "tags": "tags", "price": "number", "brand": "category",
        "popularity": "numbers", "likeness": "numbers",
    }  # fmt: skip
    assert "unread" not in log.items
    assert json.loads((run / "run.json").read_text())["options"]["fields"] == FIELDS


def test_other_fields_are_another_run(shop, tmp_path, capsys):
    """The folder keeps which fields were read."""
    arguments = ["train", *shop, "--date-format", "%m/%d/%Y %H:%M", "--out", str(tmp_path / "run"), *SMALL]
    assert main(arguments) == 0
    assert "--fields: not given there" in told(capsys, [*arguments, "--fields", *FIELDS])


def test_times_that_are_numbers(tmp_path, capsys):
    """The unit says what they count; without it their size does."""
    seconds = 1_500_000_000 + 86_400 * np.arange(NUM_ROWS)
    options = write_tables(tmp_path, when=seconds)
    dates = []
    for name, more in (("unit", ["--time-unit", "s"]), ("size", [])):
        assert main(["train", *options, *more, "--out", str(tmp_path / name), *SMALL]) == 0
        dates.append(capsys.readouterr().out.partition("learn from, 40 from ")[2].split()[0])
    assert dates[0] == dates[1] == str(pd.Timestamp(seconds[320], unit="s").date())


def test_a_table_without_times_is_split_at_random(tmp_path, capsys):
    """It says so, learns, and the run is used and resumed like any other."""
    options = [word for word in write_tables(tmp_path) if word != "timestamp=when"]
    command = ["train", *options, "--out", str(tmp_path / "run"), *SMALL]
    for _ in range(2):
        assert main(command) == 0
        printed = capsys.readouterr().out
        assert "split at random, since there are no times: 222 choices to learn from, 28" in printed
        assert "note: interactions: " in printed
    user = printed.split()[-1]
    assert main(["recommend", str(tmp_path / "run"), user]) == 0
    item = capsys.readouterr().out.splitlines()[3].split()[0]
    assert main(["trees", str(tmp_path / "run"), user, item]) == 0


def test_choices_without_times_are_ranked(tmp_path, capsys):
    """A random split, negatives from the whole catalogue, and a table of the held-out choices."""
    options = [word for word in write_tables(tmp_path) if word not in ("timestamp=when", "rating=stars")]
    assert main(["train", *options, "--implicit", "--out", str(tmp_path / "run"), *SMALL]) == 0
    printed = capsys.readouterr().out
    assert "split at random" in printed
    assert "NDCG@10" in printed
    assert main(["recommend", str(tmp_path / "run"), printed.split()[-1]]) == 0


WRONG = {
    "stars": "--fields takes NAME=KIND, got 'stars'",
    "stars=float": "fields['stars'] must be one of tags, text, number, category, got 'float'",
    "size=number": "'size'",
    "price=number": "'price' is a field without being named here",
}


@pytest.mark.parametrize("field", WRONG)
def test_a_field_that_cannot_be_is_named(field, shop, capsys):
    """The option, the name and what is expected."""
    arguments = ["data", "check", *shop, "--date-format", "%m/%d/%Y %H:%M", "--fields", field]
    assert WRONG[field] in told(capsys, arguments)


def test_a_field_is_named_once(shop, capsys):
    """A second kind would not count."""
    arguments = ["data", "check", *shop, "--fields", "about=text", "about=tags"]
    assert "--fields names 'about' twice" in told(capsys, arguments)


@pytest.mark.parametrize("option", [["--fields", "a=text"], ["--date-format", "%Y"], ["--time-unit", "s"]])
def test_how_tables_are_read_is_said_of_tables_only(option, capsys):
    """It would have no effect elsewhere."""
    assert f"{option[0]}: no effect with --planted" in told(capsys, ["data", "check", "--planted", *option])


def test_times_are_numbers_or_text(shop, capsys):
    """One of both options; and a form that does not fit names the one that does."""
    both = ["--date-format", "%m/%d/%Y", "--time-unit", "s"]
    assert "give one of them" in told(capsys, ["data", "check", *shop, *both])
    assert main(["data", "check", *shop]) == 1
    assert "date_format='%m/%d/%Y %H:%M'" in capsys.readouterr().out
