"""The product files of Amazon 2018 and 2023: titles, tags, prices, categories and brands without junk."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...language.entities import unescape
from .json_lines import parse_json
from .prices import is_range, parse_price

_LARGEST = 2**53
_UNKNOWN_PRICES = ("", "none", "null", "nan", "—", "–", "-")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*+>")
_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_ALT = re.compile(r"(?<![\w-])alt=\"([^\"]*+)\"", re.IGNORECASE)
_SCRIPT = re.compile(r"\bgetTime\(\)|function\s*+\(|[.#][\w-]++\s*+\{")

MISSING = "items: not in the product file"
UNREVIEWED = "items: product without a review in the review file"
REPEATED = "items: repeats another product"
RANGES = "items: price is a range, set to unknown"
PIECES = "items: price is a piece of a web page, set to unknown"
DETAILS = "items: details are no JSON object, not read"


@dataclass(frozen=True)
class ProductFormat:
    """Names of the keys."""

    year: str
    item: str
    tags: str
    category: str
    brand: str

    @property
    def required(self) -> tuple[str, ...]:
        """Keys that tell the format."""
        return self.item, "title", self.tags


PRODUCT_FORMATS = (
    ProductFormat("2018", item="asin", tags="category", category="main_cat", brand="brand"),
    ProductFormat("2023", item="parent_asin", tags="categories", category="main_category", brand="store"),
)


@dataclass(frozen=True)
class _Product:
    item_id: str
    title: str | None = None
    tags: tuple[str, ...] = ()
    price: object = np.nan
    category: str | None = None
    brand: str | None = None


def read_products(
    records: Iterable[tuple[int, Mapping]], format: ProductFormat, reviewed: Iterable[str]
) -> tuple[pd.DataFrame, np.ndarray, dict[str, int]]:
    """The reviewed products as a table of items.

    Args:
        records: Line numbers and products.
        format: Which keys they have.
        reviewed: The ids of the products to keep; those without a record come last, with their id only.

    Returns:
        Columns item_id and those of title, tags, price, category and brand in which anything is known; the
        line of each row (0: none); what was left out or set to unknown, by reason.
    """
    counted: Counter[str] = Counter()
    reviewed = dict.fromkeys(reviewed)
    found = list(_unrepeated(records, format, reviewed, counted))
    known = {product.item_id for _, product in found}
    missing = [_Product(item_id) for item_id in reviewed if item_id not in known]
    counted[MISSING] = len(missing)
    products = [product for _, product in found] + missing
    lines = np.array([line for line, _ in found] + [0] * len(missing), dtype=np.int64)
    return _table(products), lines, dict(counted)


def text_id(value) -> str | None:
    """An id as text; None for what is no id."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def clean_text(value) -> str | None:
    r"""A name in one line without markup; None when nothing is left, or when it is a piece of a program.

    Example:
        >>> clean_text(" Soap &amp;\n<b>Sons</b> "), clean_text("</span></span>"), clean_text(None)
        ('Soap & Sons', None, None)
        >>> clean_text('<img src="logo.png" alt="Handmade"/>')
        'Handmade'
    """
    if not isinstance(value, str) or _SCRIPT.search(value):
        return None
    text = unescape(_MARKUP.sub(_words_of_tag, value))
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(text.split()) or None


def _words_of_tag(tag: re.Match) -> str:
    alt = _ALT.search(tag.group()) if _PICTURE.match(tag.group()) else None
    return f" {alt.group(1)} " if alt else " "


def clean_price(value):
    """The price, and why it is unknown where that is to be counted; what is no price stays as it is.

    Example:
        >>> clean_price("$1,250.00"), clean_price("$5.99 - $9.99")[0], clean_price("cheap")
        ((1250.0, None), nan, ('cheap', None))
    """
    if value is None:
        return np.nan, None
    if not isinstance(value, str):
        return (value if _is_number(value) else f"no price: {type(value).__name__}"), None
    if value.strip().lower() in _UNKNOWN_PRICES:
        return np.nan, None
    if is_range(value):
        return np.nan, RANGES
    if "{" in value or "<" in value:
        return np.nan, PIECES
    return parse_price(value), None


def _is_number(value) -> bool:
    return isinstance(value, float) or (type(value) is int and abs(value) < _LARGEST)


def _unrepeated(records, format, reviewed: Mapping, counted: Counter) -> Iterator[tuple[int, _Product]]:
    seen = set()
    for line, record in records:
        item_id = text_id(record.get(format.item))
        if item_id is None or item_id not in reviewed:
            counted[UNREVIEWED] += 1
            continue
        reasons: Counter[str] = Counter()
        product = _product(record, item_id, format, reasons)
        if repr(product) in seen:
            counted[REPEATED] += 1
            continue
        seen.add(repr(product))
        counted.update(reasons)
        yield line, product


def _product(record: Mapping, item_id: str, format: ProductFormat, counted: Counter) -> _Product:
    price, reason = clean_price(record.get("price"))
    if reason:
        counted[reason] += 1
    title, tags, category, brand = (
        _texts(record.get(key), f"items: {what}", counted)
        for key, what in (
            ("title", "title"),
            (format.tags, "one of the tags"),
            (format.category, "category"),
            (format.brand, "brand"),
        )
    )
    brand = brand or _brand_in_details(record.get("details"), counted)
    return _Product(item_id, _first(title), tags, price, _first(category), _first(brand))


def _texts(values, what: str, counted: Counter) -> tuple[str, ...]:
    """The texts of a value or a list of values, each once; what is none, and is not empty, is counted."""
    values = values if isinstance(values, list) else [values]
    for value in values:
        if isinstance(value, str):
            counted[f"{what} is a piece of a web page, left out"] += bool(_SCRIPT.search(value))
        else:
            counted[f"{what} is no text, left out"] += value is not None
    return tuple(text for text in dict.fromkeys(map(clean_text, values)) if text)


def _first(texts: tuple[str, ...]) -> str | None:
    return texts[0] if texts else None


def _brand_in_details(details, counted: Counter) -> tuple[str, ...]:
    if details is None or (isinstance(details, str) and not details.strip()):
        return ()
    try:
        details = parse_json(details) if isinstance(details, str) else details
    except ValueError:
        details = None
    if isinstance(details, dict):
        return _texts(details.get("Brand"), "items: brand", counted)
    counted[DETAILS] += 1
    return ()


def _table(products: list[_Product]) -> pd.DataFrame:
    columns: dict[str, list] = {
        "item_id": [product.item_id for product in products],
        "title": [product.title for product in products],
        "tags": [list(product.tags) for product in products],
        "price": [product.price for product in products],
        "category": [product.category for product in products],
        "brand": [product.brand for product in products],
    }
    known = {
        name: values
        for name, values in columns.items()
        if any(value not in (None, []) and value == value for value in values)
    }
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in known.items()})
