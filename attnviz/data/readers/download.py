"""The raw files from where their collectors keep them, with pooch: whole and checked, or not there."""

import gzip
import re
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...language.cache import default_cache_dir

_AMAZON = "https://mcauleylab.ucsd.edu/public_datasets/data"
_SHA256 = re.compile("(sha256:)?[0-9a-fA-F]{64}")
_TIMEOUT = 30  # seconds without an answer
_BLOCK = 1 << 20  # bytes


@dataclass(frozen=True)
class Source:
    """Where the files of a data set are.

    Attributes:
        files: Addresses of the two files, in the order in which the reader takes them.
        category: What a category looks like.
        example: One of them.
        page: The page that lists them.
    """

    files: tuple[str, str]
    category: str
    example: str
    page: str


SOURCES = {
    "amazon2018": Source(
        (
            f"{_AMAZON}/amazon_v2/categoryFilesSmall/{{category}}_5.json.gz",
            f"{_AMAZON}/amazon_v2/metaFiles2/meta_{{category}}.json.gz",
        ),
        category=r"\w+",
        example="All_Beauty",
        page="https://nijianmo.github.io/amazon/",
    ),
    "amazon2023": Source(
        (
            f"{_AMAZON}/amazon_2023/raw/review_categories/{{category}}.jsonl.gz",
            f"{_AMAZON}/amazon_2023/raw/meta_categories/meta_{{category}}.jsonl.gz",
        ),
        category=r"\w+",
        example="All_Beauty",
        page="https://amazon-reviews-2023.github.io/",
    ),
    "airbnb": Source(
        (
            "https://data.insideairbnb.com/{category}/data/listings.csv.gz",
            "https://data.insideairbnb.com/{category}/data/reviews.csv.gz",
        ),
        category=r"[\w-]+(/[\w-]+)*/\d{4}-\d{2}-\d{2}",
        example="united-states/ny/albany/2025-10-05",
        page="https://insideairbnb.com/get-the-data/",
    ),
}

# Address -> "sha256:...". The collectors publish none, and Inside Airbnb moves its older files away.
HASHES: dict[str, str] = {}


def download(
    name: str,
    category: str,
    *,
    folder: str | Path | None = None,
    hashes: Mapping[str, str] | None = None,
    progress: bool = True,
) -> tuple[Path, Path]:
    """Fetch the two files of a category from their official addresses.

    What is there already is not fetched again, and a file comes under its name only when it is whole. Respect
    the terms of those who collected the data: Inside Airbnb is under CC BY 4.0, the Amazon reviews are for
    research. See the page "On your own data".

    Args:
        name: "amazon2018" (users and products with 5 reviews or more), "amazon2023" or "airbnb".
        category: As the official page names it: "All_Beauty"; for Airbnb the place and the day of the
            address, "united-states/ny/albany/2025-10-05".
        folder: Where to put them; default: data/NAME/CATEGORY in the folder of the environment variable
            ATTNVIZ_CACHE, or in ~/.cache/attnviz.
        hashes: File name -> its sha256, to be sure that everybody in a course has the same files.
        progress: Show a progress bar.

    Returns:
        The two paths: reviews and products (Amazon), listings and reviews (Airbnb), as the readers take them.

    Raises:
        ValueError: When there is no such name, no such category can be, a hash is of no file of these or no
            sha256, a file is not the expected one, or there is no home folder and none is given.
        ConnectionError: When a file cannot be fetched; the message says how to do it by hand.

    Warns:
        UserWarning: When no hash is known of a fetched file; it says the hash that the file has.

    Example:
        >>> log = read_amazon(*download("amazon2023", "All_Beauty"))  # doctest: +SKIP
    """
    source = source_of(name, category)
    folder = default_cache_dir() / "data" / name / category if folder is None else Path(folder)
    first, second = (address.format(category=category) for address in source.files)
    _require_hashes(hashes or {}, (_file_name(first), _file_name(second)))
    return (
        _fetch(first, folder, _known_hash(first, hashes), progress),
        _fetch(second, folder, _known_hash(second, hashes), progress),
    )


def source_of(name: str, category: str) -> Source:
    """The source of that name, once the category is found to be of its form.

    Raises:
        ValueError: If there is no such source, or the category is none.
    """
    if not isinstance(name, str) or name not in SOURCES:
        raise ValueError(f"name must be one of {', '.join(map(repr, SOURCES))}, got {name!r}")
    source = SOURCES[name]
    if not isinstance(category, str) or not re.fullmatch(source.category, category, re.ASCII):
        raise ValueError(
            f"category must look like {source.example!r}, got {category!r}; {source.page} lists what there is"
        )
    return source


def _require_hashes(hashes: Mapping[str, str], names: tuple[str, str]) -> None:
    for name, digest in hashes.items():
        if name not in names:
            raise ValueError(f"hashes: {name!r} is none of the files {names[0]!r} and {names[1]!r}")
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ValueError(f"hashes[{name!r}] must be a sha256, 64 hexadecimal digits, got {digest!r}")


def _known_hash(address: str, hashes: Mapping[str, str] | None) -> str | None:
    given = (hashes or {}).get(_file_name(address))
    return f"sha256:{given.removeprefix('sha256:').lower()}" if given else HASHES.get(address)


def _fetch(address: str, folder: Path, known_hash: str | None, progress: bool) -> Path:
    import pooch
    from requests.exceptions import RequestException

    path = folder / _file_name(address)
    missing = not path.exists()
    try:
        pooch.retrieve(
            address, known_hash, fname=path.name, path=folder, downloader=_whole_gzip(address, progress)
        )
    except RequestException as error:
        raise ConnectionError(_by_hand(address, path, error)) from error
    except ValueError as error:
        raise ValueError(
            f"{address} gives another file than expected, and it was not kept: {error}"
        ) from error
    if missing and known_hash is None:
        digest = pooch.file_hash(str(path), alg="sha256")
        warnings.warn(
            f"no hash is known of {address}; the file is a whole gzip file, its sha256 is {digest}. "
            f"Pass hashes={{{path.name!r}: {digest!r}}} to be told when the file at that address changes",
            stacklevel=3,
        )
    return path


def _whole_gzip(address: str, progress: bool):
    """A downloader for pooch that refuses a file which is cut off, or a page that says sorry."""
    import pooch

    # Without "identity" a server may send the file unpacked, under its name for packed data.
    fetch = pooch.HTTPDownloader(
        progressbar=progress, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}
    )

    def downloader(url: str, output_file: str, owner) -> None:
        fetch(url, output_file, owner)
        try:
            with gzip.open(output_file) as file:
                if not file.read(_BLOCK):
                    raise EOFError("it is empty")
                while file.read(_BLOCK):
                    pass
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"it is not a whole gzip file ({error}); try again") from error

    return downloader


def _by_hand(address: str, path: Path, error: Exception) -> str:
    answer = getattr(error, "response", None)
    reason = "no connection, or it broke" if answer is None else f"the server says {answer.status_code}"
    return (
        f"{address} could not be fetched ({reason}). Is there a network, and a category of that name? "
        f"You can also fetch this address by hand, on any machine, and put the file at {path}; "
        "call download again and it is found there."
    )


def _file_name(address: str) -> str:
    return address.rsplit("/", 1)[1]
