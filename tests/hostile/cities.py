"""The verb `train` x what is wrong with a city; and what is wrong with names, signals and the machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from .cases import Case, never, or_error
from .files import AMAZON, DAYS, ROWS, SHELF, TABLE
from .judge import Answer
from .readers import DEEP, SHELL, STRANGE
from .verbs import NUM_STAYS, QUICK, city, command, flats, prints, stays, verb_case


def cases() -> Iterator[Case]:
    """All of this file."""
    yield from _of_cities()
    yield from _of_the_machine()


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


def without_home(folder: Path) -> Answer:
    """No HOME, no entry in the list of users, and no folder of our own for the cache."""
    import pwd  # of Unix

    left = {name: value for name, value in os.environ.items() if name not in ("HOME", "ATTNVIZ_CACHE")}
    with (
        mock.patch.dict(os.environ, left, clear=True),
        mock.patch.object(pwd, "getpwuid", side_effect=KeyError("uid not found")),
    ):
        return command("train", "--airbnb", city(folder / "city"), "--out", folder / "run", *QUICK)


def stopped(number: int) -> Callable[[Path], Answer]:
    """A process that gets a signal while it reads."""

    def run(folder: Path) -> Answer:
        pipe = folder / "reviews.jsonl"
        os.mkfifo(pipe)
        arguments = [sys.executable, "-m", "attnviz", "data", "check", "--amazon", pipe]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while (writer := _writer(pipe)) is None and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate()
        if writer is not None:
            os.close(writer)
        return Answer(process.returncode, out, err)

    return run


def _writer(pipe: Path) -> int | None:
    """Somebody who writes to a pipe and says nothing; None as long as nobody reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def _of_the_machine() -> Iterator[Case]:
    yield verb_case("train", "no HOME", without_home, "HOME ATTNVIZ_CACHE", or_error(prints("next:")))
    said = "stopped; nothing was changed"
    yield verb_case("data check", "SIGTERM", stopped(signal.SIGTERM), "SIGTERM", lambda answer: (
        answer.code in (130, 143) and said in answer.err and "Traceback" not in answer.err))  # fmt: skip
    yield verb_case("data check", "Amazon files the wrong way round", _wrong_way, "products.jsonl")


def _wrong_way(folder: Path) -> Answer:
    return command("data", "check", "--amazon", *AMAZON.write(folder)[::-1])
