"""Readers of other people's files x what is wrong with a file."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

import attnviz as av

from .cases import Case, never, or_error

DAYS = [f"2025-01-0{day}" for day in (1, 2, 3, 4)]
TEXTS = ["Good tea.", "Good pot.", "Fine tea.", "Warm pot."]
TITLES = ["Good tea", "Good pot"]
ROWS = pd.DataFrame(
    {"user": ["ann", "ann", "bob", "eve"], "item": ["tea", "pot"] * 2, "time": DAYS, "rating": [5, 1, 4, 2]}
).assign(review=TEXTS)
SHELF = pd.DataFrame(
    {"item": ["tea", "pot"], "tags": ['["green", "leaf"]', '["clay", "hand"]'], "price": ["$4.50", "$9.00"]}
).assign(title=TITLES)
Damage = Callable[[Path], Any]


class Reader(NamedTuple):
    """A reader, the files that it takes, and what its columns are called: our role -> their name."""

    name: str
    read: Callable[..., Any]
    files: tuple[str, ...]
    columns: dict[str, str]
    roles: tuple[str, ...] = ("user", "item", "time", "rating", "review", "title", "tags", "price")

    def write(self, folder: Path, rows: pd.DataFrame = ROWS, shelf: pd.DataFrame = SHELF) -> list[Path]:
        """Files with these rows and this shelf."""
        of_shelf = self.columns | {"item": self.columns.get("id", self.columns["item"])}
        tables = [rows.rename(columns=self.columns), shelf.rename(columns=of_shelf)]
        paths = [folder / name for name in self.files]
        for path, table in zip(paths, tables, strict=True):
            write_table(table, path)
        return paths


def write_table(table: pd.DataFrame, path: Path) -> None:
    """In the format that the ending says."""
    if path.suffix == ".parquet":
        table.astype(str).to_parquet(path, index=False)
    elif ".csv" in path.name:
        table.to_csv(path, index=False)
    else:
        lines = "".join(json.dumps(row) + "\n" for row in table.to_dict("records")).encode()
        path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)


class Airbnb(Reader):
    """Listings come first, and have three more columns."""

    def write(self, folder: Path, rows: pd.DataFrame = ROWS, shelf: pd.DataFrame = SHELF) -> list[Path]:
        kinds = dict.fromkeys(("property_type", "room_type", "neighbourhood_cleansed"), "Home")
        shelf = pd.DataFrame(kinds, index=shelf.index).join(shelf)
        return super().write(folder, rows.drop(columns="rating"), shelf)


class Amazon(Reader):
    """Times are milliseconds; one that is no date stays as it is."""

    def write(self, folder: Path, rows: pd.DataFrame = ROWS, shelf: pd.DataFrame = SHELF) -> list[Path]:
        stamps = {day: 1_735_689_600_000 + 86_400_000 * place for place, day in enumerate(DAYS)}
        return super().write(folder, rows.assign(time=[stamps.get(t, t) for t in rows["time"]]), shelf)


class YelpHat(Reader):
    """One file: three people and a text, one <span> a word."""

    def write(self, folder: Path, rows: pd.DataFrame = ROWS, shelf: pd.DataFrame = SHELF) -> list[Path]:
        path = folder / self.files[0]
        spans = [" ".join(f"<span>{escape(word)}</span>" for word in text.split()) for text in rows["review"]]
        table = {"Answer.html_output": spans, "Answer.Q1Answer": "yes", "Input.label": "1"}
        write_table(pd.DataFrame(table).assign(**{"Input.text": rows["review"]}), path)
        return [path]


OURS = {"user": "user_id", "item": "item_id", "time": "timestamp"}
TABLE = Reader("read_table", av.read_table, ("rows.csv", "shelf.csv"), OURS)
PARQUET = TABLE._replace(name="read_table (Parquet)", files=("rows.parquet", "shelf.csv"))
AIRBNB = Airbnb(
    "read_airbnb",
    lambda reviews, listings, **limits: av.read_airbnb(listings, reviews, **limits),
    ("reviews.csv.gz", "listings.csv.gz"),
    {"user": "reviewer_id", "item": "listing_id", "id": "id", "time": "date", "review": "comments",
     "title": "name", "tags": "amenities"},
    tuple(role for role in TABLE.roles if role != "rating"),
)  # fmt: skip
AMAZON = Amazon(
    "read_amazon",
    av.read_amazon,
    ("reviews.jsonl.gz", "products.jsonl"),
    {"user": "user_id", "item": "parent_asin", "time": "timestamp", "review": "text", "tags": "categories"},
    tuple(role for role in TABLE.roles if role != "tags"),
)
YELP_HAT = YelpHat("read_yelp_hat", av.data.read_yelp_hat, ("ham.csv.gz",), {}, ())
READERS = (TABLE, PARQUET, AIRBNB, AMAZON)


def recode(change: Callable[[bytes], bytes]) -> Damage:
    """Changes the content of a file, zipped or not."""

    def damage(path: Path) -> None:
        zipped = path.suffix == ".gz"
        content = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
        path.write_bytes(gzip.compress(change(content)) if zipped else change(content))

    return damage


def flip(place: float) -> Damage:
    """Flips one bit at this share of the file."""

    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(place * (len(content) - 1))] ^= 4
        path.write_bytes(content)

    return damage


def cut(path: Path) -> None:
    """Leaves the first two thirds of the file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def folder_in_place(path: Path) -> None:
    """Puts a folder where the file was."""
    path.unlink()
    path.mkdir()


def picture(path: Path) -> None:
    """Puts a picture in the file's place."""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)


def twice(path: Path) -> None:
    """Gives each row a second value under a name that there is."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        pq.write_table(table.append_column(table.column_names[-1], table.columns[0]), path)
        return

    def change(content: bytes) -> bytes:
        head, *lines = content.decode().splitlines()
        if head.startswith("{"):
            more = ', "text": "Other.", "title": "Cup"}'
            return "".join(line[:-1] + more + "\n" for line in (head, *lines)).encode()
        return "\n".join([f"{head},{head.rsplit(',', 1)[1]}", *(f"{line},Other" for line in lines)]).encode()

    recode(change)(path)


def zeros(path: Path) -> None:
    """A gzip of a gigabyte of zeros."""
    path.write_bytes(gzip.compress(bytes(1 << 26), 1) * 16)


def with_nul(content: bytes) -> bytes:
    """A NUL in a word, as the format writes one."""
    return content.replace(b"Good", b"Go\\u0000od" if content.startswith(b"{") else b"Go\0od")


def sound(result: Any) -> bool:
    """Whether all texts were read; without the NUL would do, too."""
    if isinstance(result, av.InteractionLog):
        found = [*result.interactions["review"], *result.items["title"]]
        return [text.replace("\0", "") for text in found] == TEXTS + TITLES
    return [" ".join(words).replace("\0", "") for words in result.reviews["words"]] == TEXTS


FAULTS: dict[
    str, tuple[Damage, str]
] = {  # what it does, and a piece of the names of the files that it is for
    "no such file": (Path.unlink, ""),
    "a folder in place of a file": (folder_in_place, ""),
    "empty file": (lambda path: path.write_bytes(b""), ""),
    "cut off": (cut, "gz parquet"),
    "a picture": (picture, ""),
    "the same column twice": (twice, ""),
    "UTF-16": (recode(lambda text: text.decode().encode("utf-16")), "csv json"),
    "Latin-1": (recode(lambda text: text.replace(b"Good", b"G\xf6\xf6d")), "csv json"),
    "flipped bit": (flip(0.6), "gz"),
    "flipped bit in the footer": (flip(0.97), "parquet"),
    "flipped bit at the end": (flip(1.0), "parquet"),
    "a gigabyte of zeros": (zeros, "gz"),
    "byte order mark": (recode(lambda text: b"\xef\xbb\xbf" + text), "csv json"),
    "CRLF": (recode(lambda text: text.replace(b"\n", b"\r\n")), "csv json"),
    "NUL in a text": (recode(with_nul), "csv json"),
}
HARMLESS = ("byte order mark", "CRLF", "NUL in a text")
MEMORY = 1 << 28


@contextmanager
def little_memory() -> Iterator[None]:
    """MEMORY bytes, and no more, beside what is taken: nobody may unpack all that a small file holds."""
    import resource  # of Unix

    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def cases() -> Iterator[Case]:
    """All of this file."""
    for reader in (*READERS, YELP_HAT):
        for place, file in enumerate(reader.files[:1] if reader is PARQUET else reader.files):
            for fault, (damage, kinds) in FAULTS.items():
                if not kinds or any(kind in file for kind in kinds.split()):
                    yield _of_file(reader, place, fault, damage)


def _of_file(reader: Reader, place: int, fault: str, damage: Damage) -> Case:
    def run(folder: Path) -> Any:
        paths = reader.write(folder)
        damage(paths[place])
        with little_memory() if damage is zeros else nullcontext():
            return reader.read(*paths)

    file = reader.files[place]
    right = or_error(sound) if fault == "NUL in a text" else sound if fault in HARMLESS else never
    return Case("reader", f"{reader.name}, {file}", fault, run, (file,), right)
