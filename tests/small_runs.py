"""Small data sets, and the command line as a user runs it: in a process of its own, or in this one."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from attnviz.cli import main

SMALL = ("--epochs", "1", "--embed-dim", "4")
NUM_ROWS = 400
SENTENCES = ("Clean and calm.", "The bed was hard.", "Great host!", "Near the park.", "Too loud at night.")
ESCAPE = "\x1b[31mRed\nroom"
QUICK = ("--epochs", "2", "--num-candidates", "8", "--embed-dim", "4")


def write_city(folder: Path, num_listings=20, num_stays=300) -> Path:
    """A made-up city whose guests come back now and then; ids are of the length of the real ones."""
    rng = np.random.default_rng(0)
    ids = [str(10**17 + number) for number in range(num_listings)]
    listings = pd.DataFrame({"id": ids, "name": [ESCAPE, *(f"House {n}" for n in range(1, num_listings))]})
    listings["amenities"] = ['["Wifi", "Garden"]' if n % 2 else '["Wifi"]' for n in range(num_listings)]
    kinds = dict(property_type="Home", room_type="Entire home/apt", neighbourhood_cleansed="FIRST WARD")
    listings = listings.assign(**kinds, price=[f"${40 + 10 * n}.00" for n in range(num_listings)])
    reviews = pd.DataFrame({"reviewer_id": rng.integers(500, 650, num_stays)})
    reviews["listing_id"] = rng.choice(ids, num_stays)
    reviews["date"] = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-01-01", periods=num_stays)]
    reviews["comments"] = rng.choice(SENTENCES, num_stays)
    folder.mkdir(parents=True)
    listings.to_csv(folder / "listings.csv.gz", index=False)
    reviews.to_csv(folder / "reviews.csv", index=False)
    return folder


def write_tables(folder: Path, **more) -> list[str]:
    """Ratings of a shop under other column names, and a table of its users."""
    made_up = np.random.default_rng(0)
    rows = pd.DataFrame({"who": made_up.integers(0, 40, NUM_ROWS)})
    rows["what"] = made_up.integers(0, 15, NUM_ROWS)
    rows["when"] = [str(day) for day in pd.date_range("2024-01-01", periods=NUM_ROWS)]
    rows["stars"] = made_up.integers(1, 6, NUM_ROWS)
    rows.assign(**more).to_csv(folder / "rows.csv", index=False)
    items = {"what": range(15), "price": np.arange(15) + 1.5, "tags": "warm|red", "brand": list("abcde") * 3}
    pd.DataFrame(items).to_parquet(folder / "items.parquet")
    pd.DataFrame({"who": range(40), "age": made_up.integers(20, 60, 40)}).to_csv(
        folder / "users.csv", index=False
    )
    named = ("user_id=who", "item_id=what", "timestamp=when", "rating=stars")
    files = ["--interactions", f"{folder}/rows.csv", "--items", f"{folder}/items.parquet"]
    return [*files, "--columns", *named]


def command(*arguments, file_size: int = resource.RLIM_INFINITY, **options) -> subprocess.Popen:
    """The command in a process of its own, that Ctrl-C reaches even when the tests run in the background.

    Args:
        *arguments: What stands behind `attnviz`.
        file_size: Bytes that a file may have, for which a disk is full.
        **options: As `Popen` takes them.
    """

    def listen():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, resource.RLIM_INFINITY))

    arguments = [sys.executable, "-m", "attnviz", *map(str, arguments)]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return subprocess.Popen(arguments, **pipes | options, preexec_fn=listen)


def told(capsys, arguments, code=2) -> str:
    """The one message on stderr with which the command ends; further lines of it are indented."""
    capsys.readouterr()  # what was told before
    assert main([str(argument) for argument in arguments]) == code
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[0].startswith("attnviz: ")
    assert all(line.startswith("  ") for line in lines[1:])
    return "\n".join(lines)
