"""Other people's files, read into a log."""

from .airbnb import read_airbnb
from .amazon import read_amazon
from .download import download
from .table import read_table
from .yelp_hat import MarkedReviews, read_yelp_hat

__all__ = [
    "MarkedReviews",
    "download",
    "read_airbnb",
    "read_amazon",
    "read_table",
    "read_yelp_hat",
]
