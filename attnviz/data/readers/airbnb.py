"""Inside Airbnb: stays, which are choices without ratings, and their reviews."""

import json
from pathlib import Path

import pandas as pd

from ..log import InteractionLog
from .files import log_from_files, parse_prices, plain_text, read_file, require_columns

LISTING_COLUMNS = ("id", "name", "amenities", "property_type", "room_type", "neighbourhood_cleansed", "price")
REVIEW_COLUMNS = ("listing_id", "reviewer_id", "date", "comments")
DETAILED = "the detailed {name}.csv.gz of a city at insideairbnb.com/get-the-data has them"


def read_airbnb(listings: str | Path, reviews: str | Path, *, strict: bool = True) -> InteractionLog:
    """Read the stays of a city from the files of Inside Airbnb (CC BY 4.0).

    A review is a stay: user = reviewer, item = listing, label 1, time = the review's date. There is no hour:
    reviews of one day do not see each other. Tags are the amenities, the property type, the room type and the
    neighbourhood. Prices and tags are those of the day the city was collected, later than most stays. Taught
    in chapter 2.

    Args:
        listings: Path of the detailed listings.csv or listings.csv.gz.
        reviews: Path of the detailed reviews.csv or reviews.csv.gz.
        strict: True raises on any problem. False drops and counts: a review of a listing that is not in the
            listings, a second review of one guest, listing and day, an unreadable date or price.

    Returns:
        An implicit log: all labels are 1, and `sample_negatives` adds the others.

    Raises:
        ValueError: When a file is another one (columns are missing), or, when strict, on any problem.

    Example:
        >>> log = read_airbnb("listings.csv.gz", "reviews.csv.gz")  # doctest: +SKIP
        >>> train, valid, test = log.split()  # doctest: +SKIP
    """
    listing_table, review_table = read_file(listings), read_file(reviews)
    require_columns(str(listings), listing_table, LISTING_COLUMNS, DETAILED.format(name="listings"))
    require_columns(str(reviews), review_table, REVIEW_COLUMNS, DETAILED.format(name="reviews"))
    files = {"interactions": str(reviews), "items": str(listings)}
    tables = {"interactions": _stays(review_table), "items": _items(listing_table)}
    return log_from_files(files, tables, implicit=True, strict=strict)


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


def _items(listings: pd.DataFrame) -> pd.DataFrame:
    kinds = listings[["property_type", "room_type", "neighbourhood_cleansed"]].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "item_id": listings["id"],
            "title": listings["name"],
            "tags": [_tags(*row) for row in zip(listings["amenities"], kinds, strict=True)],
            "price": parse_prices(listings["price"]),
        }
    )


def _tags(amenities, kinds):
    """Amenities and kinds without repeats; what is no JSON list of texts stays as it is, to be reported."""
    if isinstance(amenities, str):
        try:
            amenities = json.loads(amenities)
        except json.JSONDecodeError:
            return amenities
    elif pd.isna(amenities):
        amenities = []
    if not isinstance(amenities, list) or not all(isinstance(tag, str) for tag in amenities):
        return amenities
    return list(dict.fromkeys([*amenities, *(kind for kind in kinds if isinstance(kind, str))]))
