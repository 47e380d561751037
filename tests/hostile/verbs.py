"""Verbs of the command line x what is wrong with an option, a data set or a folder of a run."""

import io
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pandas as pd

from attnviz.cli import main

from .cases import Case, never
from .files import (
    AIRBNB,
    AMAZON,
    DAYS,
    ROWS,
    SHELF,
    TABLE,
    little_memory,
)
from .judge import Answer
from .readers import DEEP, SHELL, STRANGE

QUICK = ("--epochs", "1", "--num-candidates", "3", "--embed-dim", "4", "--num-negatives", "2")
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
def trained() -> Path:
    """The folder of a run, made once; a case works on a copy."""
    folder = Path(_KEEP.name)
    answer = command("train", "--airbnb", city(folder / "city"), "--out", folder / "run", *QUICK)
    if answer.code:
        raise AssertionError(answer.err)
    return folder / "run"


_KEEP = TemporaryDirectory()


def cases() -> Iterator[Case]:
    """All of this file."""
    yield from _of_options()
    yield from _of_cities()
    yield from _of_the_machine()


def prints(*words: str) -> Callable[[Answer], bool]:
    """Whether it ended well, or with problems that it found, and printed these words."""
    return lambda answer: answer.code in (0, 1) and all(word in answer.out for word in words)


def verb_case(name: str, fault: str, run: Callable[[Path], Any], names: str, right: Callable = never) -> Case:
    """A case of the command line; names are parted by spaces."""
    return Case("verb", name, fault, run, tuple(names.split()), right)


# ---- options ----------------------------------------------------------------------------------------------

NUMBERS = {"zero": "0", "negative": "-1", "a fraction": "1.5"}
COUNTS = {
    "train": ("epochs", "num-negatives", "num-candidates", "max-reviews", "sentences-per-review",
     "embed-dim"),
    "recommend": ("top-k",),
    "data check": ("rows",),
}  # fmt: skip


def _of_options() -> Iterator[Case]:
    for verb, options in COUNTS.items():
        for option in options:
            for fault, value in NUMBERS.items():

                def run(folder, verb=verb, option=option, value=value):
                    return command(*_sound(verb, folder), f"--{option}={value}")

                yield verb_case(verb, f"--{option}: {fault}", run, f"--{option} {option.replace('-', '_')}")
    for verb, fault, more, names, right in OTHER_OPTIONS:

        def run_other(folder, verb=verb, more=more):
            with little_memory():
                return command(*_sound(verb, folder), *more)

        yield verb_case(verb, fault, run_other, names, right)
    for fault, options, names in SOURCES:

        def run_source(folder, options=options):
            given = [city(folder / "city") if option == "CITY" else option for option in options]
            return command("data", "check", *given)

        yield verb_case("data check", fault, run_source, names)


OTHER_OPTIONS = (
    ("train", "--embed-dim: a billion", ("--embed-dim", "1000000000"), "--embed-dim embed_dim", never),
    ("train", "--seed: negative", ("--seed", "-1"), "--seed seed", never),
    ("train", "--seed: a number of 5,000 digits", ("--seed", "9" * 5_000), "--seed seed", never),
    ("train", "--seed: beyond 64 bits", ("--seed", str(2**70)), "--seed seed", never),
    ("train", "--shopper: another word", ("--shopper", "both sides"), "--shopper", never),
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
    ("recommend", "--top-k: more than there are", ("--top-k", str(2**70)), "--top-k top_k", prints("flat")),
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


def trains(*words: str, rows: dict | None = None, shelf: dict | None = None) -> tuple[Callable, Callable]:
    """Trains on a city with other columns; right when it prints these words."""

    def run(folder: Path) -> Answer:
        data = city(folder / "city", stays(**rows or {}), flats(**shelf or {}))
        return command("train", "--airbnb", data, "--out", folder / "run", *QUICK)

    return run, prints(*words)


def first(value: object, column: str) -> dict[str, list]:
    """A value in the first row of a column."""
    table = stays() if column in ("time", "review") else flats()
    return {column: [value, *table[column][1:]]}


def last_user(value: str) -> dict[str, list]:
    """The user of the latest stay, whose id the command prints."""
    return {"user": [*stays()["user"][:-1], value]}


CITIES = {
    "a user of a shell command": trains(f"'{SHELL}'", rows=last_user(SHELL)),
    "a user of escape codes": trains("next:", rows=last_user(STRANGE)),
    "a title of escape codes": trains("next:", shelf=first(STRANGE, "title")),
    "a price that is a word": trains("unreadable price", shelf=first("cheap", "price")),
    "tags of a hundred thousand open brackets": trains("tags", shelf=first(DEEP, "tags")),
    "a review of an entity of 5,000 digits": trains("next:", rows=first(f"&#{'9' * 5_000};", "review")),
    "a day that is none": trains("unparsable time", rows=first("2024-02-31", "time")),
    "one day for all stays": (trains(rows={"time": ["2024-01-01"] * NUM_STAYS})[0], never),
    "one flat": trains("fewer items", rows={"item": ["flat0"] * NUM_STAYS}),
    "all stays of unknown flats": (trains(rows={"item": ["flat99"] * NUM_STAYS})[0], never),
    "no review": trains("next:", rows={"review": [""] * NUM_STAYS}),
}


def _of_cities() -> Iterator[Case]:
    for fault, (run, right) in CITIES.items():
        yield verb_case(
            "train", fault, run, "interactions item user review tags fractions time reviews.csv", right
        )
    yield verb_case(
        "data check", "a user and an item of escape codes", _check_strange, "item", prints("unknown item")
    )
    yield verb_case("data check", "a file name of escape codes", _check_strange_file, "rows.csv")


def _check_strange(folder: Path) -> Answer:
    rows = ROWS.assign(user=[STRANGE] * 4, item=[STRANGE, "tea", "pot", "tea"], time=[*DAYS[:3], STRANGE])
    paths = TABLE.write(folder, rows)
    return command("data", "check", "--interactions", paths[0], "--items", paths[1])


def _check_strange_file(folder: Path) -> Answer:
    rows, shelf = TABLE.write(folder, shelf=SHELF.assign(price="cheap"))
    strange = rows.rename(folder / "\x1b[31mrows.csv")
    return command("data", "check", "--interactions", strange, "--items", shelf, "--columns", "user_id=who")


# ---- the machine ------------------------------------------------------------------------------------------


def without_home(folder: Path) -> Answer:
    """No HOME, no entry in the list of users, and no folder of our own for the cache."""
    left = {name: value for name, value in os.environ.items() if name not in ("HOME", "ATTNVIZ_CACHE")}
    with (
        mock.patch.dict(os.environ, left, clear=True),
        mock.patch.object(pwd, "getpwuid", side_effect=KeyError("uid not found")),
    ):
        return command("train", "--airbnb", city(folder / "city"), "--out", folder / "run", *QUICK)


STOP = """
import os, sys
import attnviz.cli.data_check as check
check._read = lambda options: os.kill(os.getpid(), int(sys.argv[1]))
from attnviz.cli import main
sys.exit(main(["data", "check", "--airbnb", "city"]))
"""


def stopped(number: int) -> Callable[[Path], Answer]:
    """A process that gets a signal while it works."""

    def run(folder: Path) -> Answer:
        done = subprocess.run([sys.executable, "-c", STOP, str(number)], capture_output=True, text=True)
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


def _of_the_machine() -> Iterator[Case]:
    yield verb_case("train", "no HOME", without_home, "HOME ATTNVIZ_CACHE", prints("next:"))
    said = "stopped; nothing was changed"
    yield verb_case("data check", "SIGTERM", stopped(signal.SIGTERM), "SIGTERM", lambda answer: (
        answer.code in (130, 143) and said in answer.err and "Traceback" not in answer.err))  # fmt: skip
    yield verb_case("data check", "Amazon files the wrong way round", _wrong_way, "products.jsonl")


def _wrong_way(folder: Path) -> Answer:
    return command("data", "check", "--amazon", *AMAZON.write(folder)[::-1])
