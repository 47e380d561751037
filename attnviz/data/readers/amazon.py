"""Amazon reviews of 2018 and 2023, as the files come: read as a stream, cleaned, and counted."""

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

import pandas as pd

from ..log import InteractionLog
from .amazon_products import PRODUCT_FORMATS, read_products
from .amazon_reviews import REVIEW_FORMATS, read_reviews
from .files import log_from_files
from .json_lines import read_json_lines
from .streams import MAX_BYTES, MAX_LINE_BYTES

_HEAD = 100  # lines that the format is told from
_STARS = (1, 5)
_FORMATS: dict[str, tuple] = {"reviews": REVIEW_FORMATS, "products": PRODUCT_FORMATS}
_ORDER = "read_amazon takes the review file first and the product file second"


def read_amazon(
    reviews: str | Path,
    meta: str | Path | None = None,
    *,
    computed: Iterable[str] | None = None,
    rating_threshold: float = 4.0,
    implicit: bool = False,
    strict: bool = True,
    max_bytes: int = MAX_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> InteractionLog:
    """Read the raw review and product files of Amazon 2018 or 2023, gzipped or not.

    The files are read line by line, and which of the two formats they have is told from their first lines.
    See the page "On your own data". What is done with what these files are known for:

    - A review that repeats another in all that is read here (user, item, time, rating, text) is left out and
      counted. Two reviews of one user, item and time that differ are a problem, see `strict`.
    - Reviews keep their words; `<br />` becomes a new line and `&amp;` its character. A missing text is "".
      What stands in place of a text and is none is left out and counted, in products too.
    - A product is what the reviewed variants have in common (`parent_asin`, 2023; `asin`, 2018).
    - Products that nobody reviewed in this file are left out, repeated ones too, and both are counted. A
      reviewed product that is not in the product file stays, without fields of its own, and is counted.
    - Prices: '$1,250.00' is 1250 and '1.300,50 €' is 1300.5. Empty, 'None' and '—' are unknown. A range
      ('$5.99 - $9.99', 'from 9.99') is not the price of one product, and a piece of a web page is none at
      all: both become unknown and are counted.
    - Tags are the list of categories, without markup; the brand is `brand` (2018), or `store` or the brand in
      `details` (2023). A column in which nothing is known is left out.

    Args:
        reviews: Path of a review file, such as All_Beauty_5.json.gz or All_Beauty.jsonl.gz.
        meta: Path of the product file of the same year, such as meta_All_Beauty.jsonl.gz. None: items have
            no fields but their reviews.
        computed: As in `InteractionLog`; None: popularity and likeness are fields, of the rows with label 1.
        rating_threshold: The smallest rating that counts as label 1.
        implicit: As in `InteractionLog`: True when every review counts as a choice, whatever its rating,
            which then is not read.
        strict: True raises on any problem: a missing id, time or rating, an unreadable or negative price, two
            different reviews of one user, item and time; a rating that is not from 1 to 5. False drops or
            blanks these and counts them.
        max_bytes: The most bytes of a file, unpacked: a small gzip file can hold terabytes.
        max_line_bytes: The most bytes of a line.

    Returns:
        The log. `dropped` holds all counts, those of repeated reviews and products too.

    Raises:
        DataProblems: A ValueError, when strict, on any problem; it names the lines.
        ValueError: When a file is cut off, is not UTF-8, passes a limit, has a line that is no JSON object or
            has a key twice, lacks a key, or is the other one of the two. The message names file and line.

    Paper: Ni, Li and McAuley (2019), Justifying recommendations using distantly-labeled reviews; Hou et al.
    (2024), Bridging language and items for retrieval and recommendation.

    Example:
        >>> log = read_amazon("All_Beauty.jsonl.gz", "meta_All_Beauty.jsonl.gz")  # doctest: +SKIP
        >>> log.dropped  # doctest: +SKIP
        {'interactions: repeats another review': 7276, 'items: not in the product file': 12}
    """
    limits = dict(max_bytes=max_bytes, max_line_bytes=max_line_bytes)
    format, found = _with_format(reviews, "reviews", limits)
    table, lines, counted = read_reviews(found, format)
    ratings = table.pop("rating")
    table["label"] = 1 if implicit else _labels(ratings, rating_threshold)
    files, numbers = {"interactions": str(reviews)}, {"interactions": lines}
    reviewed = table["item_id"][table["item_id"].ne("")].unique()
    items = pd.DataFrame({"item_id": reviewed})
    if meta is not None:
        product_format, found = _with_format(meta, "products", limits)
        _require_one_year(reviews, format, meta, product_format)
        items, numbers["items"], more = read_products(found, product_format, reviewed)
        counted, files["items"] = {**counted, **more}, str(meta)
    counted = {reason: number for reason, number in counted.items() if number}
    tables = {"interactions": table, "items": items}
    return log_from_files(
        files, tables, lines=numbers, counted=counted, computed=computed, implicit=implicit, strict=strict
    )


def _with_format(path, what: str, limits: dict[str, int]):
    """The format that the first lines have, and all records of the file."""
    records = read_json_lines(path, **limits)
    head = list(islice(records, _HEAD))
    if not head:
        raise ValueError(f"{path}: the file is empty; expected one JSON object a line")
    keys = set().union(*(record for _, record in head))
    for kind, formats in _FORMATS.items():
        for format in formats:
            if not keys.issuperset(format.required):
                continue
            if kind != what:
                raise ValueError(f"{path} holds {kind} of {format.year}, expected {what}; {_ORDER}")
            return format, chain(head, records)
    near = min(_FORMATS[what], key=lambda format: len(set(format.required) - keys))
    missing = ", ".join(repr(key) for key in near.required if key not in keys)
    has = ", ".join(f"{key[:40]!r}" for key in sorted(keys)[:20])
    raise ValueError(
        f"{path}, lines {head[0][0]} to {head[-1][0]}: no key {missing}, which {what} of {near.year} have "
        f"(these lines have {has}); {_ORDER}"
    )


def _require_one_year(reviews, format, meta, product_format) -> None:
    if format.year != product_format.year:
        raise ValueError(
            f"{reviews} has reviews of {format.year}, {meta} has products of {product_format.year}; "
            "their ids do not match: pass two files of one year"
        )


def _labels(ratings: pd.Series, threshold: float) -> pd.Series:
    """0 and 1; NaN without a rating, and a few words for one that cannot be, so that both are reported."""
    labels = (ratings >= threshold).astype("int64")
    possible = ratings.between(*_STARS)
    if possible.all():
        return labels
    words = ("rating " + ratings.astype(str)).where(ratings.notna())
    return labels.astype(object).where(possible, words)
