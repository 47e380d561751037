"""The bytes of a text file as a stream, unpacked and checked; errors name file and line."""

import gzip
import io
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from ...attention.checks import check_count

MAX_BYTES = 2**32
MAX_LINE_BYTES = 2**24
_BLOCK = 2**16  # bytes
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class CheckedBytes(io.RawIOBase):
    """A file as it is read: unpacked where it is gzipped (told from its first bytes), counted, without NUL.

    Nothing is read beyond a limit, so a small gzip file of a terabyte of zeros does no harm.

    Args:
        path: The file.
        max_bytes: The most bytes, unpacked.
        max_line_bytes: The most bytes of a line.

    Raises:
        ValueError: When it is a folder, and while it is read: when the gzip data is broken or cut off, a
            limit is passed, or there is a NUL byte.
    """

    def __init__(self, path: str | Path, *, max_bytes: int = MAX_BYTES, max_line_bytes: int = MAX_LINE_BYTES):
        super().__init__()
        for name, limit in (("max_bytes", max_bytes), ("max_line_bytes", max_line_bytes)):
            check_count(name, limit)
        self._path, self._max_bytes, self._max_line_bytes = path, max_bytes, max_line_bytes
        self._line, self._line_bytes, self._bytes = 1, 0, 0
        self._file = _opened(path)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer) -> int:
        """Fill the buffer as far as one line may reach; returns the number of bytes, 0 at the end."""
        view = memoryview(buffer)[: self._max_line_bytes]
        try:
            size = self._file.readinto(view) or 0
        except EOFError as error:
            raise self._broken("the gzip data is cut off; fetch the file again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self._broken(f"the gzip data is broken ({error}); fetch the file again") from error
        self._check(bytes(view[:size]))
        return size

    def close(self) -> None:
        """Close the file, too."""
        if not self.closed:
            self._file.close()
        super().close()

    def _check(self, block: bytes) -> None:
        first, _, _ = block.partition(b"\n")
        if b"\0" in block:
            self._line += block.count(b"\n", 0, block.index(b"\0"))
            raise self._broken("not UTF-8 text (a NUL byte); save the file as UTF-8")
        self._bytes += len(block)
        if self._bytes > self._max_bytes:
            raise self._broken(f"the file has more than {_size('max_bytes', self._max_bytes)}")
        if self._line_bytes + len(first) > self._max_line_bytes:
            raise self._broken(f"the line has more than {_size('max_line_bytes', self._max_line_bytes)}")
        ends = block.count(b"\n")
        self._line += ends
        self._line_bytes = len(block) - block.rfind(b"\n") - 1 if ends else self._line_bytes + len(block)

    def _broken(self, what: str) -> ValueError:
        return broken(self._path, self._line, what)


def opened(path: str | Path, **limits: int) -> io.BufferedReader:
    """A file as `CheckedBytes`, buffered; limits: `max_bytes` and `max_line_bytes`."""
    return io.BufferedReader(CheckedBytes(path, **limits), _BLOCK)


def numbered_lines(path: str | Path, **limits: int) -> Iterator[tuple[int, str]]:
    """The lines of the file with their numbers, from 1, without a byte order mark.

    Raises:
        ValueError: When a line is not UTF-8; and as `CheckedBytes`.
    """
    with opened(path, **limits) as file:
        for number in count(1):
            line = file.readline()
            if not line:
                return
            yield number, _decoded(path, number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line)


def broken(path: str | Path, number: int, what: str) -> ValueError:
    """An error that names file and line."""
    return ValueError(f"{path}, line {number}: {what}")


def require_file(path: str | Path) -> None:
    """Raise a ValueError when the path is a folder."""
    if Path(path).is_dir():
        raise ValueError(f"{path}: it is a folder; expected a file")


def _opened(path: str | Path) -> io.FileIO | gzip.GzipFile:
    require_file(path)
    with open(path, "rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if zipped else open(path, "rb", buffering=0)  # noqa: SIM115


def _decoded(path: str | Path, number: int, line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        what = f"not UTF-8 (byte 0x{line[error.start]:02x} at position {error.start}); save the file as UTF-8"
        raise broken(path, number, what) from error


def _size(name: str, limit: int) -> str:
    return f"{limit:,} bytes; pass {name}= with a larger number if it may"
