"""One table out of a CSV, JSON lines or Parquet file; errors name the file, the line, and what to do."""

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...storage import check_listed
from ..arguments import require_single_columns
from .json_lines import read_json_lines
from .streams import MAX_BYTES, numbered_lines, opened, require_file

_EXPECTED = "expected a header and a line for each row"


def read_csv(path: str | Path, **limits: int) -> pd.DataFrame:
    """The table in a CSV file, gzipped or not; every cell is text or, when empty, NaN."""
    header = _header(path, limits)
    _require_commas(path, header)
    require_single_columns(str(path), filter(None, header))
    options = dict(dtype=str, keep_default_na=False, na_values=[""], index_col=False)
    try:
        with opened(path, **limits) as file, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(file, **options)
    except UnicodeDecodeError:
        for _ in numbered_lines(path, **limits):  # raises at the line
            pass
        raise
    except pd.errors.EmptyDataError as error:  # blanks only
        raise ValueError(f"{path}: the file is empty; {_EXPECTED}") from error
    except pd.errors.ParserWarning as error:
        raise ValueError(
            f"{path}: the first row has more cells than the header; quote cells that hold a comma"
        ) from error
    except pd.errors.ParserError as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise ValueError(
            f"{path}: no CSV that can be read ({reason}); quote cells that hold a comma, close each quote"
        ) from error


def read_json(path: str | Path, **limits: int) -> pd.DataFrame:
    """The table of the objects in a JSON lines file, gzipped or not."""
    records = [record for _, record in read_json_lines(path, **limits)]
    if not records:
        raise ValueError(f"{path}: the file is empty; expected one JSON object a line")
    keys = set().union(*records)
    _require_size(path, len(records) * len(keys), limits.get("max_bytes", MAX_BYTES))
    return pd.DataFrame(records)


def _header(path: str | Path, limits: dict[str, int]) -> list[str]:
    """The names of the columns: the first line that is not empty."""
    lines = (line for _, line in numbered_lines(path, **limits))
    try:
        names = next((row for row in csv.reader(lines) if row), None)
    except csv.Error as error:
        raise ValueError(f"{path}, line 1: no header of a CSV file ({error})") from error
    if names is None:
        raise ValueError(f"{path}: the file is empty; {_EXPECTED}")
    return names


def _require_commas(path: str | Path, header: list[str]) -> None:
    other = next((mark for mark in ";\t|" if len(header) == 1 and mark in header[0].strip()), None)
    if other:
        raise ValueError(
            f"{path}: separated by {other!r}, not by commas: read it with "
            f"pandas.read_csv(path, sep={other!r}, dtype=str) and pass the DataFrame, or write it with commas"
        )


def read_parquet(path: str | Path, **limits: int) -> pd.DataFrame:
    """The table in a Parquet file; it has no lines, so of the limits only `max_bytes` counts.

    The file is checked where attnviz.sha256 beside it, which `InteractionLog.write` wrote, lists it.
    """
    require_file(path)
    check_listed(path)
    with open(path, "rb") as file:
        with _naming(path):
            stored = pq.ParquetFile(file)
        require_single_columns(str(path), stored.schema_arrow.names)
        _require_size(path, _size(stored.metadata), limits.get("max_bytes", MAX_BYTES))
        with _naming(path):
            return pd.read_parquet(file)


@contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    """What the libraries say of a damaged Parquet file, with its name and what to do."""
    try:
        yield
    except (pa.ArrowException, KeyError, OSError, TypeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ValueError(
            f"{path}: no Parquet file that can be read ({reason}); fetch or write it again"
        ) from error


def _size(metadata: pq.FileMetaData) -> int:
    """Bytes of the table; a value repeated a billion times takes few, so that a cell counts as a byte."""
    groups = (metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    return max(sum(groups), metadata.num_rows * metadata.num_columns)


def _require_size(path: str | Path, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise ValueError(
            f"{path}: the table takes at least {size:,} bytes, more than max_bytes={max_bytes:,}; "
            "pass max_bytes= with a larger number if it may"
        )
