"""Verbs of the command line x what is wrong with an option, a data set or a folder of a run."""

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from attnviz.cli import main

from .cases import Case, never, or_error
from .files import (
    AIRBNB,
    TABLE,
    little_memory,
)
from .judge import Answer

QUICK = ("--epochs", "1", "--num-candidates", "3", "--embed-dim", "4", "--num-negatives", "2")
READS = ("--max-reviews", "5")  # the run that cases work on has texts, too
NUM_STAYS = 60


def command(*arguments: object) -> Answer:
    """The command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # of argparse
            code = int(stopped.code or 0)
    return Answer(code, out.getvalue(), err.getvalue())


def stays(**changed: list) -> pd.DataFrame:
    """Rows of a small city; some columns replaced."""
    places = range(NUM_STAYS)
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-01-01", periods=NUM_STAYS)]
    rows = {
        "user": [f"guest{place % 23}" for place in places],
        "item": [f"flat{place % 9}" for place in places],
    }
    return pd.DataFrame(rows | {"time": days, "rating": 5, "review": "Clean and calm."} | changed)


def flats(**changed: list) -> pd.DataFrame:
    """Listings of a small city; some columns replaced."""
    columns = {
        "item": [f"flat{place}" for place in range(9)],
        "tags": ['["Wifi", "Garden"]', '["Wifi"]', "[]"] * 3,
        "price": [f"${40 + place}.00" for place in range(9)],
        "title": [f"Flat {place}" for place in range(9)],
    }
    return pd.DataFrame(columns | changed)


def city(folder: Path, rows: pd.DataFrame | None = None, shelf: pd.DataFrame | None = None) -> Path:
    """A folder with the two files of a city."""
    folder.mkdir()
    AIRBNB.write(folder, stays() if rows is None else rows, flats() if shelf is None else shelf)
    return folder


@cache
def _kept() -> tuple[TemporaryDirectory, Answer]:
    """A folder with a city and its run, made once a process, and what the training said."""
    keep = TemporaryDirectory()
    folder = Path(keep.name)
    return keep, command("train", "--airbnb", city(folder / "city"), "--out", folder / "run", *READS, *QUICK)


def trained() -> Path:
    """The folder of a run; a case works on a copy."""
    keep, answer = _kept()
    if answer.code:
        raise AssertionError(f"the run that cases work on cannot be trained: {answer.err}")
    return Path(keep.name) / "run"


def cases() -> Iterator[Case]:
    """All of this file."""
    yield from _of_counts()
    yield from _of_other_options()
    yield from _of_sources()


def prints(*words: str) -> Callable[[Answer], bool]:
    """Whether it ended well, or with problems that it found, and printed these words."""
    return lambda answer: answer.code in (0, 1) and all(word in answer.out for word in words)


def verb_case(name: str, fault: str, run: Callable[[Path], Any], names: str, right: Callable = never) -> Case:
    """A case of the command line; names are parted by spaces."""
    return Case("verb", name, fault, run, tuple(names.split()), right)


NUMBERS = {"zero": "0", "negative": "-1", "a fraction": "1.5"}
COUNTS = {
    "train": (
        "epochs", "num-negatives", "num-candidates", "max-reviews", "sentences-per-review", "embed-dim"),
    "recommend": ("top-k",),
    "data check": ("rows",),
}  # fmt: skip


def _of_counts() -> Iterator[Case]:
    for verb, options in COUNTS.items():
        for option in options:
            for fault, value in NUMBERS.items():

                def run(folder, verb=verb, option=option, value=value):
                    return command(*_sound(verb, folder), f"--{option}={value}")

                yield verb_case(verb, f"--{option}: {fault}", run, f"--{option} {option.replace('-', '_')}")


def _of_other_options() -> Iterator[Case]:
    for verb, fault, more, names, right in OTHER_OPTIONS:

        def run(folder, verb=verb, more=more):
            trained()  # imports what the command needs
            arguments = _sound(verb, folder)
            with little_memory():
                return command(*arguments, *more)

        yield verb_case(verb, fault, run, names, right)


def _of_sources() -> Iterator[Case]:
    for fault, options, names in SOURCES:

        def run(folder, options=options):
            given = [city(folder / "city") if option == "CITY" else option for option in options]
            return command("data", "check", *given)

        yield verb_case("data check", fault, run, names)


OTHER_OPTIONS = (
    ("train", "--embed-dim: a billion", ("--embed-dim", "1000000000"), "--embed-dim embed_dim", never),
    ("train", "--seed: negative", ("--seed", "-1"), "--seed seed", never),
    ("train", "--seed: a number of 5,000 digits", ("--seed", "9" * 5_000), "--seed seed", never),
    ("train", "--seed: beyond 64 bits", ("--seed", str(2**70)), "--seed seed", never),
    ("train", "--shopper: another word", ("--shopper", "both sides"), "--shopper", never),
    ("train", "--computed: another word", ("--computed", "fame"), "--computed", never),
    ("train", "--values: another word", ("--values", "long"), "--values", never),
    ("train", "--values with --attention self", ("--attention", "self", "--values", "normalised"), "values",
        never),
    ("train", "--dropout with --attention none", ("--attention", "none", "--dropout", "0.5"), "dropout",
        never),
    ("train", "an option that does not exist", ("--heads", "4"), "--heads", never),
    ("train", "--epochs without a number", ("--epochs",), "--epochs", never),
    ("data check", "--rating-threshold: not a number", ("--rating-threshold", "nan"), "rating-threshold",
        never),
    ("data check", "--rating-threshold: infinite", ("--rating-threshold", "inf"), "rating-threshold", never),
    ("data check", "--rating-threshold with labels of choices", ("--implicit", "--rating-threshold", "3"),
        "rating-threshold", never),
    ("data check", "--columns without a sign", ("--columns", "user_id"), "--columns", never),
    ("data check", "--columns: another name", ("--columns", "stars=rating"), "columns", never),
    ("data check", "--columns: no such column", ("--columns", "user_id=who"), "columns", never),
    ("data check", "--columns: one name twice", ("--columns", "user_id=user_id", "user_id=item_id"),
        "columns", never),
    ("data check", "two data sets", ("--airbnb", "."), "--airbnb", never),
    ("recommend", "--top-k: a word", ("--top-k", "many"), "--top-k", never),
    ("recommend", "--top-k: a number of 5,000 digits", ("--top-k", "9" * 5_000), "--top-k", never),
    ("recommend", "--top-k: more than there are", ("--top-k", str(2**70)), "--top-k top_k",
        or_error(prints("flat"))),
    ("recommend", "--top-k: a thousand of nine", ("--top-k", "1000"), "--top-k", prints("flat")),
    ("trees", "--tokens: another word", ("--tokens", "gradient"), "--tokens", never),
)  # fmt: skip
SOURCES = (
    ("--columns beside --airbnb", ("--airbnb", "CITY", "--columns", "user_id=who"), "--columns"),
    (
        "--rating-threshold beside --airbnb",
        ("--airbnb", "CITY", "--rating-threshold", "3"),
        "--rating-threshold",
    ),
    ("--implicit beside --airbnb", ("--airbnb", "CITY", "--implicit"), "--implicit"),
    ("--implicit beside --planted", ("--planted", "--implicit"), "--implicit"),
    ("no data set", (), "--airbnb"),
    ("rows without a shelf", ("--interactions", "rows.csv"), "--items"),
    ("three Amazon files", ("--amazon", "a", "b", "c"), "--amazon"),
    ("no such folder", ("--airbnb", "nowhere"), "nowhere"),
    ("no such Amazon file", ("--amazon", "nowhere.jsonl"), "nowhere.jsonl"),
)


def _sound(verb: str, folder: Path) -> tuple:
    """A command that would work."""
    if verb == "train":
        return ("train", "--airbnb", city(folder / "city"), "--out", folder / "run", *QUICK)
    if verb == "data check":
        rows, shelf = TABLE.write(folder)
        return ("data", "check", "--interactions", rows, "--items", shelf)
    return (verb, trained(), "guest1", *(("flat3",) if verb == "trees" else ()))
