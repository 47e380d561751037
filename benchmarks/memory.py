"""How much memory `read_amazon` takes, beside the tables it gives: at most 3 times their size above import.

    python -m benchmarks memory
    python -m benchmarks memory --repeat data/All_Beauty_5.json.gz

A review file and a product file are made in a temporary folder and read in a process of its own.
With --repeat the reviews of a real file are written again and again under other user ids, so that one round's
reviews do not repeat another's.
This process uses the standard library only: a child's peak is never below the memory of its parent.
"""

import gzip
import json
import random
import subprocess
import sys
import tempfile
from itertools import count, islice
from pathlib import Path

READ = """
import json, os, resource, sys, time
import attnviz
from attnviz.data.readers.amazon import read_amazon

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before, peak_before, start = resident(), peak(), (time.perf_counter(), time.process_time())
log = read_amazon(*sys.argv[1:], strict=False)
seconds, cpu_seconds = time.perf_counter() - start[0], time.process_time() - start[1]
tables = sum(int(table.memory_usage(deep=True).sum()) for table in (log.interactions, log.items))
assert log.past is log.interactions
print(json.dumps({"rows": len(log), "items": len(log.items), "seconds": seconds, "cpu_seconds": cpu_seconds,
                  "tables": tables, "before": before, "peak_before": peak_before, "peak": peak()}))
"""
TEXT = "soft warm the a very it fits well zip broke after two days nice colour for my daughter not as shown"
WORDS = TEXT.split()


def made_up(rng: random.Random):
    """Reviews of 2018, their texts of 1 to 80 words."""
    for number in count():
        yield {
            "overall": float(rng.randint(1, 5)),
            "verified": True,
            "reviewTime": "09 1, 2016",
            "reviewerID": f"A{rng.randrange(10**13):013d}",
            "asin": f"B{rng.randrange(20_000):09d}",
            "reviewText": " ".join(rng.choices(WORDS, k=rng.randint(1, 80))),
            "summary": "Five stars",
            "unixReviewTime": 1_472_688_000 + 86_400 * (number % 700),
        }


def repeated(path: Path):
    """The reviews of a file without end, each round by other users."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        reviews = [json.loads(line) for line in file]
    for turn in count():
        for review in reviews:
            yield {**review, "reviewerID": f"{review['reviewerID']}{turn}"}


def write(folder: Path, reviews, number: int) -> list[Path]:
    """A review file and a product file."""
    paths = [folder / "reviews.json.gz", folder / "meta.json.gz"]
    asins = {}
    with gzip.open(paths[0], "wt", compresslevel=1, encoding="utf-8") as file:
        for review in islice(reviews, number):
            asins[review["asin"]] = None
            file.write(json.dumps(review) + "\n")
    with gzip.open(paths[1], "wt", compresslevel=1, encoding="utf-8") as file:
        for place, asin in enumerate(asins):
            product = {"asin": asin, "title": f"Scarf {place}", "category": ["Clothing", "Scarves", "Wool"]}
            file.write(
                json.dumps({**product, "price": "$12.50", "main_cat": "Clothing", "brand": "Loom"}) + "\n"
            )
    return paths


def measure(*, number: int = 1_000_000, repeat: Path | None = None, seed: int = 0):
    """Make the files and read them in another process; a table of one row.

    Args:
        number: Reviews.
        repeat: A 2018 review file (.json.gz) to repeat. None: made-up reviews.
        seed: Of the made-up reviews.
    """
    reviews = repeated(repeat) if repeat else made_up(random.Random(seed))
    with tempfile.TemporaryDirectory() as folder:
        paths = write(Path(folder), reviews, number)
        command = [sys.executable, "-c", READ, *map(str, paths)]
        out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    import pandas as pd  # only now: see above

    above = out["peak"] - out["before"]
    return pd.DataFrame([{"reviews": number, **out, "above": above, "ratio": above / out["tables"]}])


def summary(table) -> str:
    """Speed, and memory in MiB."""
    out, mega = table.iloc[0], 2**20
    speed, cpu_speed = out["reviews"] / out["seconds"], out["reviews"] / out["cpu_seconds"]
    return "\n".join(
        [
            f"{out['reviews']:,.0f} reviews, {out['rows']:,.0f} rows without repeats",
            f"{out['items']:,.0f} items",
            f"{speed:,.0f} reviews/s, {cpu_speed:,.0f} a second of processor time",
            f"after import {out['before'] / mega:.0f} MiB (its peak {out['peak_before'] / mega:.0f})",
            f"peak while reading {out['peak'] / mega:.0f} MiB, {out['above'] / mega:.0f} above import",
            f"tables {out['tables'] / mega:.0f} MiB; ratio {out['ratio']:.2f} (at most 3)",
        ]
    )
