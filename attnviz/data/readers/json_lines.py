"""Files with one JSON object a line, gzipped or not, read as a stream; errors name file and line."""

import gzip
import json
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

_BUFFER = 1 << 20  # bytes
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json_lines(path: str | Path) -> Iterator[tuple[int, dict]]:
    """The objects of the file and the lines they stand in, from 1; blank lines are passed over.

    Whether a file is gzipped is told from its first bytes, not from its name.

    Raises:
        ValueError: When the gzip data is broken or cut off, or a line is not UTF-8, no JSON, or no object.
    """
    for number, line in _lines(path):
        if line.strip():
            yield number, _record(path, number, line)


def _lines(path: str | Path) -> Iterator[tuple[int, bytes]]:
    with _opened(path) as file:
        for number in count(1):
            try:
                line = file.readline()
            except EOFError as error:
                raise _broken(path, number, "the gzip data is cut off; fetch the file again") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise _broken(
                    path, number, f"the gzip data is broken ({error}); fetch the file again"
                ) from error
            if not line:
                return
            yield number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line


def _opened(path: str | Path) -> BinaryIO | gzip.GzipFile:
    with open(path, "rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if zipped else open(path, "rb", buffering=_BUFFER)  # noqa: SIM115


def _record(path: str | Path, number: int, line: bytes) -> dict:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        what = f"not UTF-8 (byte 0x{line[error.start]:02x} at position {error.start}); save the file as UTF-8"
        raise _broken(path, number, what) from error
    except (ValueError, RecursionError) as error:
        raise _broken(path, number, f"no JSON that can be read ({error}){_cut_off(line)}") from error
    if not isinstance(record, dict):
        raise _broken(path, number, f"expected a JSON object {{...}}, got {type(record).__name__}")
    return record


def _cut_off(line: bytes) -> str:
    return "" if line.endswith(b"\n") else "; it is the last line: the file may be cut off"


def _broken(path: str | Path, number: int, what: str) -> ValueError:
    return ValueError(f"{path}, line {number}: {what}")
