"""How a table is read: options of `read_table` x what they cannot mean, and the limits of all readers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attnviz as av

from .cases import Case, never
from .files import PARQUET, READERS, ROWS, SHELF, YELP_HAT, Reader
from .readers import Right, read

STARRED = SHELF.assign(stars=[4.5, 3.0], colour=["green", "white"], extras=["lid|bag", ""])
KINDS = {"stars": "number", "colour": "category", "extras": "tags"}
SECONDS = [1_735_689_600 + 86_400 * day for day in range(4)]
UNTIMED = ROWS.drop(columns="time")
US, GERMAN = "%m/%d/%Y %H:%M", "%d.%m.%Y"


def first_day(log: av.InteractionLog) -> str:
    """The first row's day."""
    return f"{log.interactions['timestamp'][0]:%Y-%m-%d}"


def starts(day: str) -> Right:
    """Whether the first row is of this day."""
    return lambda log: first_day(log) == day


def timed(times: list, **options: Any) -> Callable[[], av.InteractionLog]:
    """A log with these times."""
    return lambda: read(ROWS.assign(time=times), **options)


def starred(**changed: Any) -> Callable[[], av.InteractionLog]:
    """A log with further fields; some columns or kinds replaced."""
    columns = {name: value for name, value in changed.items() if name in STARRED}
    kinds = changed.get("kinds", KINDS)
    return lambda: read(ROWS, STARRED.assign(**columns), fields=kinds)


def again(folder: Path) -> av.InteractionLog:
    """Further fields, and no times, written and read back."""
    read(UNTIMED, STARRED, fields=KINDS).write(folder)
    return av.read_table(folder / "interactions.parquet", folder / "items.parquet", fields=KINDS)


def is_whole(log: av.InteractionLog) -> bool:
    """Whether it has all fields and no times."""
    values = [log.items[name].tolist() for name in KINDS]
    fits = values == [[4.5, 3.0], ["green", "white"], [["lid", "bag"], []]]
    return fits and not log.has_times and {field.name for field in log.fields} >= set(KINDS)


# what is wrong: how to read, what a message may name, what is right
OPTIONS: dict[str, tuple[Callable[[], Any], str, Right]] = {
    "American dates": (timed(["5/25/2019 15:54"] * 4, date_format=US), "date_format", starts("2019-05-25")),
    "German dates": (timed(["25.5.2019"] * 4, date_format=GERMAN), "date_format", starts("2019-05-25")),
    "dates of another format": (timed(["2019-05-25"] * 4, date_format=US), "timestamp", never),
    "a date that does not say its format": (timed(["5/25/2019"] * 4), "timestamp", never),
    "date_format without a year": (timed(["5/25"] * 4, date_format="%m/%d"), "date_format", never),
    "date_format of a number": (timed(["5/25"] * 4, date_format=3), "date_format", never),
    "seconds": (timed(SECONDS, time_unit="s"), "time_unit", starts("2025-01-01")),
    "seconds that say nothing": (timed(SECONDS), "timestamp", starts("2025-01-01")),
    "time_unit=a word": (timed(SECONDS, time_unit="minutes"), "time_unit", never),
    "time_unit of words": (timed(["soon"] * 4, time_unit="s"), "timestamp", never),
    "time_unit that leaves the calendar": (timed([10**18] * 4, time_unit="s"), "timestamp", never),
    "time_unit and date_format": (timed(SECONDS, time_unit="s", date_format=US), "date_format", never),
    "further fields": (starred(), "fields", lambda log: len(log.fields) == 8),
    "a field of words that is a number": (starred(stars=["good", "bad"]), "stars", never),
    "a field that is infinite": (starred(stars=[float("inf"), 1]), "stars", never),
    "a field of an unknown kind": (starred(kinds={"stars": "float"}), "stars", never),
    "a field that is not there": (starred(kinds={"size": "number"}), "size", never),
    "a field that has a name of ours": (starred(kinds={"price": "number"}), "price", never),
    "fields of a list": (starred(kinds=["stars"]), "fields", never),
    "no times, read for a split by time": (lambda: read(UNTIMED).split(), "by", never),
    "no times, read for a split by row": (
        lambda: read(UNTIMED).split("row", (0.5, 0.5)), "by", lambda parts: len(parts) == 2),
    "no times": (lambda: read(UNTIMED), "notes",
                 lambda log: not log.has_times and any("time" in note for note in log.notes)),
    "some times are missing": (timed([*SECONDS[:3], None]), "timestamp", never),
    "labels and the threshold that read them": (
        lambda: read(ROWS, rating_threshold=2), "rating_threshold",
        lambda log: log.interactions["label"].tolist() == [1, 0, 1, 1] and "2" in " ".join(log.notes)),
}  # fmt: skip
LIMITS = {
    "a file beyond max_bytes": {"max_bytes": 50},
    "a line beyond max_line_bytes": {"max_line_bytes": 20},
    "max_bytes=0": {"max_bytes": 0},
    "max_line_bytes=1.5": {"max_line_bytes": 1.5},
}


def cases() -> Iterator[Case]:
    """All of this file."""
    for fault, (run, names, right) in OPTIONS.items():
        yield Case("reader", "read_table, options", fault, lambda folder, run=run: run(), (names,), right)
    yield Case("reader", "read_table, options", "what was written", again, ("fields",), is_whole)
    for reader in (*(one for one in READERS if one is not PARQUET), YELP_HAT):
        for fault, limits in LIMITS.items():
            yield _of_limits(reader, fault, limits)
        yield _of_limits(reader, "limits that it keeps", {"max_bytes": 2_000, "max_line_bytes": 1_000}, len)


def _of_limits(reader: Reader, fault: str, limits: dict[str, Any], right: Right = never) -> Case:
    def run(folder: Path) -> Any:
        result = reader.read(*reader.write(folder), **limits)
        return getattr(result, "reviews", result)

    return Case("reader", f"{reader.name}, limits", fault, run, tuple(limits), right)
