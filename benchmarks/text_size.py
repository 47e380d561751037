"""Does a reader of text take time in proportion to the size of one cell?

    python -m benchmarks text_size      # writes book/_results/text_size.csv, and its picture text_size.svg

Each function that takes other people's text apart is given the inputs that are worst for its patterns, and
each whole reader a small file with one huge cell. The size doubles until one call takes longer than `longest`
seconds. The seconds are of the processor, the least of three calls. An error that is meant for people
(ValueError) is an answer like any other; which one it was stands in the table. The rows `before` were
measured with `--code before` when the patterns could go back: prices were cubic, markup, pictures and spans
quadratic.
"""

import csv
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from tqdm import tqdm

import attnviz as av
from attnviz.data.columns import parse_times
from attnviz.data.readers.amazon_products import clean_price, clean_text
from attnviz.data.readers.files import parse_unix_times, plain_text, read_prices
from attnviz.data.readers.tags import parse_tags
from attnviz.data.readers.yelp_hat import Spans
from attnviz.plots.style import LOWERS, MUTED, RAISES, make_axes

from .results import Result

SMALLEST, ROUNDS = 128, 3
STEEP = {
    "parse_price": "center",
    "plain_text": "right",
    "Spans.of": "left",
}  # named in the picture, and where
ANSWERS = (ValueError, TypeError, RecursionError, OverflowError)

PRICES = {"spaces": " {} x", "digits": "{1}x", "groups": "1{,111}x", "a range": "from {1} x", "sign": "$ {} "}
MARKUP = {
    "spaces": "<{ }>", "line breaks": "{<br >}", "open line breaks": "{<br }", "pictures": '<img {alt="}',
    "open tags": "{<a}", "ampersands": "{&}", "a long number": "&#{9};", "a style": ".{a}", "words": "{ab c}",
    "full stops": "{.}", "quoted stops": '{."}', "a call": "function{ }", "comments": "{<!--}",
}  # fmt: skip
TAGS = {"brackets": "{[}", "commas": "{,}", "a number": "[{1}]", "quotes": '["{\\"}'}
TIMES = {"digits": "{1}", "spaces": "{ }1", "fractions": "2024-01-01T00:00:00.{1}", "dashes": "2024{-}"}
SPANS = {
    "words": "{<span>a</span> }", "open spans": "{<span>}", "one word": "<span>{a}</span>",
    "smaller": "<span>{a<}</span>", "comments": "{<!--}", "attributes": "<span {a=}", "outside": "{a}",
}  # fmt: skip
WORDS = {"words": "{ab }", "one word": "{a}", "spaces": "{ }a"}


def grown(pattern: str, size: int) -> str:
    """The pattern with what stands in braces repeated until it has about `size` characters."""
    before, _, rest = pattern.partition("{")
    unit, _, after = rest.partition("}")
    unit = unit or " "
    return before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def one_cell(read: Callable) -> Callable[[str], object]:
    """A function of columns as a function of one cell."""
    return lambda text: read(pd.Series([text], dtype=object))


def functions(folder: Path) -> Iterator[tuple[str, Callable[[str], object], dict[str, str]]]:
    """Name, function of one text, and patterns that are hard for it."""
    yield "parse_price", one_cell(read_prices), PRICES
    yield "clean_price", clean_price, PRICES
    yield "plain_text", one_cell(plain_text), MARKUP
    yield "clean_text", clean_text, MARKUP
    yield "split_sentences", av.language.split_sentences, MARKUP
    yield "parse_tags", one_cell(parse_tags), TAGS
    yield "parse_times", one_cell(parse_times), TIMES
    yield "parse_unix_times", one_cell(parse_unix_times), TIMES
    yield "Spans.of", Spans.of, SPANS
    encoder = av.TextEncoder("minilm", cache_dir=folder, progress=False)
    encoder.encode([""])  # loads the model
    counter = count()
    yield "TextEncoder", lambda text: encoder.encode([f"{next(counter)} {text}"]), WORDS


def readers(folder: Path) -> Iterator[tuple[str, Callable[[str], object], dict[str, str]]]:
    """Name, function that writes one text into a cell of a file and reads the file, and hard patterns."""
    amazon = partial(read_amazon_with, folder)
    yield "read_amazon, review", partial(amazon, "reviewText"), MARKUP
    yield "read_amazon, title", partial(amazon, "title"), MARKUP
    yield "read_amazon, price", partial(amazon, "price"), PRICES
    yield "read_amazon, details", partial(amazon, "details"), TAGS
    airbnb = partial(read_airbnb_with, folder)
    yield "read_airbnb, comments", partial(airbnb, "comments"), MARKUP
    yield "read_airbnb, amenities", partial(airbnb, "amenities"), TAGS
    yield "read_airbnb, price", partial(airbnb, "price"), PRICES
    table = partial(read_table_with, folder)
    yield "read_table, tags", partial(table, "tags"), TAGS
    yield "read_table, price", partial(table, "price"), PRICES
    yield "read_table, timestamp", partial(table, "timestamp"), TIMES
    yield "read_yelp_hat, html", partial(read_yelp_hat_with, folder), SPANS


def read_amazon_with(folder: Path, key: str, text: str) -> None:
    """Two reviews and a product; one of their values is the text."""
    review = {"reviewerID": "ann", "asin": "b1", "unixReviewTime": 1529193600, "overall": 5, "reviewText": ""}
    product = {"asin": "b1", "title": "Tea", "category": ["Tea"], "price": "$1", "details": ""}
    (review if key in review else product)[key] = text
    reviews = [review, {**review, "reviewerID": "bob", "overall": 1}]
    for name, rows in {"r.json": reviews, "m.json": [product]}.items():
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    av.read_amazon(folder / "r.json", folder / "m.json", strict=False)


def read_airbnb_with(folder: Path, column: str, text: str) -> None:
    """A listing and a stay; one of their cells is the text."""
    listing = dict(id="1", name="Loft", amenities='["Wifi"]', property_type="Loft", room_type="Room")
    listing |= dict(neighbourhood_cleansed="First", price="$1.00")
    stay = dict(listing_id="1", reviewer_id="7", date="2024-01-05", comments="Fine.")
    (stay if column in stay else listing)[column] = text
    av.read_airbnb(write_csv(folder / "l.csv", listing), write_csv(folder / "r.csv", stay), strict=False)


def read_table_with(folder: Path, column: str, text: str) -> None:
    """A product and a choice; one of their cells is the text."""
    product = dict(item_id="tea", title="Tea", tags="green", price="1")
    choice = dict(user_id="ann", item_id="tea", timestamp="2024-01-05", label="1")
    (choice if column in choice else product)[column] = text
    files = write_csv(folder / "c.csv", choice), write_csv(folder / "p.csv", product)
    av.read_table(*files, implicit=True, strict=False)


def read_yelp_hat_with(folder: Path, text: str) -> None:
    """One annotation whose HTML is the text."""
    row = {"Input.label": "1", "Input.text": "a", "Answer.Q1Answer": "yes", "Answer.html_output": text}
    av.data.read_yelp_hat(write_csv(folder / "h.csv", row), strict=False)


def write_csv(path: Path, row: dict[str, str]) -> Path:
    """A file with a header and one row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


def timed(call: Callable[[str], object], text: str) -> tuple[float, str]:
    """The least seconds of some calls, and what came of them."""
    seconds, answer = [], "read"
    while len(seconds) < ROUNDS and sum(seconds) < 0.5:
        start = time.process_time()
        try:
            call(text)
        except ANSWERS as error:
            answer = type(error).__name__
        seconds.append(time.process_time() - start)
    return min(seconds), answer


def measure(*, code: str = "after", function: str = "", largest: int = 2**22, longest: float = 0.5) -> Result:
    """Measure all functions and readers.

    Args:
        code: What the rows are called; rows of the same name in the file are replaced.
        function: Only those whose name begins so.
        largest: Characters of the largest text.
        longest: Seconds of one call beyond which no larger text is tried.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        cases = [*functions(Path(folder)), *readers(Path(folder))]
        cases = [case for case in cases if case[0].startswith(function)]
        for name, call, patterns in tqdm(cases):
            for kind, pattern in patterns.items():
                size, seconds = SMALLEST, 0.0
                while size <= largest and seconds < longest:
                    seconds, answer = timed(call, grown(pattern, size))
                    rows.append((code, name, kind, size, seconds, answer))
                    size *= 2
    columns = ["code", "function", "input", "size", "seconds", "answer"]
    return Result(with_ratios(pd.DataFrame(rows, columns=columns)), replace=["code", "function"])


def with_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """The table with how many times longer the double size took; empty where a call was too short to tell."""
    before = table.groupby(["code", "function", "input"])["seconds"].shift()
    return table.assign(ratio=(table["seconds"] / before).where(before > 1e-3))


def summary(table: pd.DataFrame) -> str:
    """For each function its slowest input: the largest size, its seconds, and the last ratios' median.

    A ratio of 2 is linear, 4 quadratic, 8 cubic.
    """
    groups = table.groupby(["code", "function", "input"])
    ends = groups.agg(size=("size", "last"), seconds=("seconds", "last"), answer=("answer", "last"))
    ends["ratio"] = groups["ratio"].agg(lambda ratios: ratios.dropna().tail(3).median())
    ends["per_mb"] = ends["seconds"] / ends["size"] * 1e6
    worst = ends.reset_index().sort_values("per_mb").groupby(["code", "function"]).tail(1)
    return worst.sort_values(["code", "function"]).round(3).to_string(index=False)


def draw(table: pd.DataFrame) -> Figure:
    """Seconds against size, both in powers of ten: each function with its slowest input, before and after."""
    ax = make_axes(None, (7.2, 4.2))
    ax.set(xscale="log", yscale="log", xlabel="characters in one cell", ylabel="seconds", ylim=(1e-4, 4))
    table = table[table["seconds"] > 1e-4]  # a shorter call cannot be timed
    for code, colour, line in (("before", LOWERS, "--"), ("after", RAISES, "-")):
        for name, rows in table[table["code"] == code].groupby("function"):
            rate = (rows["seconds"] / rows["size"]).groupby(rows["input"]).max()
            worst = rows[rows["input"] == rate.idxmax()]
            ax.plot(worst["size"], worst["seconds"], line, color=colour, linewidth=1)
            if code == "before" and name in STEEP:
                place = worst.iloc[-1][["size", "seconds"]]
                ax.annotate(
                    name, place, xytext=(0, 4), textcoords="offset points", ha=STEEP[name], color=MUTED
                )
    sizes = [2**12, 2**22]
    ax.plot(sizes, [size * 2e-8 for size in sizes], ":", color=MUTED, linewidth=1.5)
    styles = (("before", LOWERS, "--"), ("after", RAISES, "-"), ("in proportion", MUTED, ":"))
    lines = [Line2D([], [], color=colour, linestyle=style, label=label) for label, colour, style in styles]
    ax.legend(handles=lines, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax.figure
