"""Inside Airbnb: stays, which are choices without ratings, and their reviews."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from ..fields import HOST
from ..log import InteractionLog
from .files import log_from_files, plain_text, read_prices, require_columns
from .json_lines import parse_json
from .streams import MAX_BYTES, MAX_LINE_BYTES
from .table_files import read_csv
from .tags import braced_tags

COLUMNS = {
    "listings": ("id", "name", "amenities", "property_type", "room_type", "neighbourhood_cleansed", "price"),
    "reviews": ("listing_id", "reviewer_id", "date", "comments"),
}
DETAILED = "the detailed {}.csv.gz of a city at insideairbnb.com/get-the-data has them"
OTHER = "it has the columns of {}: read_airbnb takes the listings first and the reviews second"


def read_airbnb(
    listings: str | Path,
    reviews: str | Path,
    *,
    fields: Mapping[str, str] | None = None,
    computed: Iterable[str] | None = None,
    strict: bool = True,
    max_bytes: int = MAX_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> InteractionLog:
    """Read the stays of a city from the files of Inside Airbnb (CC BY 4.0).

    A review is a stay: user = reviewer, item = listing, label 1, time = the review's date. There is no hour:
    reviews of one day do not see each other. Tags are the amenities (a JSON list or, in files before 2020,
    `{TV,"Cable TV"}`), the property type, the room type and the neighbourhood. Prices and tags are those of
    the day the city was collected, later than most stays. See the page "On your own data".

    Args:
        listings: Path of the detailed listings.csv or listings.csv.gz.
        reviews: Path of the detailed reviews.csv or reviews.csv.gz.
        fields: Columns of the listings that are further fields: {"host_id": "category", "title": "text"} or
            one of them; None: the host is read for the likeness only.
        computed: As in `InteractionLog`; None: popularity and likeness are fields.
        strict: True raises on any problem. False drops and counts: a review of a listing that is not in the
            listings, a second review of one guest, listing and day, an unreadable date or price.
        max_bytes: The most bytes of a file, unpacked: a small gzip file can hold terabytes.
        max_line_bytes: The most bytes of a line.

    Returns:
        An implicit log: all labels are 1, and `sample_negatives` adds the others.

    Raises:
        ValueError: When a file cannot be read, has two columns of one name, passes a limit or is another one
            (columns are missing), or, when strict, on any problem.

    Example:
        >>> log = read_airbnb("listings.csv.gz", "reviews.csv.gz")  # doctest: +SKIP
        >>> train, valid, test = log.split()  # doctest: +SKIP
    """
    limits = dict(max_bytes=max_bytes, max_line_bytes=max_line_bytes)
    listing_table, review_table = read_csv(listings, **limits), read_csv(reviews, **limits)
    _require_detailed(listings, listing_table, "listings")
    _require_detailed(reviews, review_table, "reviews")
    files = {"interactions": str(reviews), "items": str(listings)}
    prices, notes = read_prices(listing_table["price"])
    tables = {"interactions": _stays(review_table), "items": _items(listing_table, prices)}
    return log_from_files(
        files, tables, notes=notes, fields=fields, computed=computed, implicit=True, strict=strict
    )


def _stays(reviews: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": reviews["reviewer_id"],
            "item_id": reviews["listing_id"],
            "timestamp": reviews["date"],
            "label": 1,
            "review": plain_text(reviews["comments"]),
        }
    )


def _items(listings: pd.DataFrame, prices: pd.Series) -> pd.DataFrame:
    kinds = listings[["property_type", "room_type", "neighbourhood_cleansed"]].to_numpy(dtype=object)
    items = pd.DataFrame(
        {
            "item_id": listings["id"],
            "title": listings["name"],
            "tags": [_tags(*row) for row in zip(listings["amenities"], kinds, strict=True)],
            "price": prices,
        }
    )
    return items.assign(host_id=listings[HOST]) if HOST in listings else items


def _require_detailed(path: str | Path, table: pd.DataFrame, name: str) -> None:
    (other,) = COLUMNS.keys() - {name}
    hint = OTHER.format(other) if set(COLUMNS[other]) <= set(table) else DETAILED.format(name)
    require_columns(str(path), table, COLUMNS[name], hint)


def _tags(amenities, kinds):
    """Amenities and kinds without repeats; what is no list of texts stays as it is, to be reported."""
    found = [] if pd.isna(amenities) else _list(amenities)
    if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
        return amenities
    return list(dict.fromkeys([*found, *(kind for kind in kinds if isinstance(kind, str))]))


def _list(text: str):
    text = text.strip()
    braced = braced_tags(text)
    if braced is not None:
        return braced
    try:
        return parse_json(text)
    except ValueError:
        return None
