"""What the files of a folder were: `attnviz.sha256` lists their SHA-256, as `sha256sum --check` reads it."""

import hashlib
import re
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path

from .files import whole

SUMS = "attnviz.sha256"
CURE = "restore it from a copy, or make it again"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def write_sums(folder: Path) -> None:
    """Write folder/attnviz.sha256: the SHA-256 of each file of the folder, without those in folders of it."""
    files = [path for path in folder.iterdir() if path.is_file() and path.name != SUMS]
    with whole(folder / SUMS) as draft:
        draft.write_text(sums_text({path.name: file_sum(path) for path in files}), encoding="utf-8")


def read_sums(folder: Path, *, strict: bool = True) -> dict[str, str]:
    """File name -> SHA-256 of what folder/attnviz.sha256 lists; empty where there is none.

    Args:
        folder: The folder.
        strict: False leaves out a line that is none of ours.

    Raises:
        ValueError: If a line is none of ours, and strict.
    """
    path = folder / SUMS
    lines = path.read_bytes().decode("utf-8", "replace").splitlines() if path.exists() else []
    found = {line: _LINE.fullmatch(line) for line in lines}
    for number, match in enumerate(found.values(), start=1):
        if strict and match is None:
            raise ValueError(f"{path} is damaged, line {number}: {CURE} with all files that it lists")
    return {match[2]: match[1] for match in found.values() if match}


def check_sums(folder: Path, *, but: str | None = None) -> None:
    """Check each file of a folder that `write_tables` or `write_sums` wrote.

    Args:
        folder: The folder.
        but: Files whose names end so are left out. None: none.

    Raises:
        ValueError: If a file, or their list, is missing or not the one that was written.
    """
    sums = read_sums(folder)
    missing = [name for name in sums or [SUMS] if not (folder / name).is_file()]
    if missing:
        listed = f", though {SUMS} lists it" if sums else ""
        raise ValueError(f"{folder / missing[0]} is missing{listed}: {CURE} with all files of its folder")
    for name, expected in sums.items():
        if but and name.endswith(but):
            continue
        with (folder / name).open("rb") as file:
            check_sum(file, expected)


def check_sum(file: BufferedReader, expected: str) -> None:
    """Read a file that was just opened and go back to its start; a ValueError if it has another SHA-256."""
    if hashlib.file_digest(file, "sha256").hexdigest() != expected:
        raise ValueError(
            f"{file.name} is not what was written (its SHA-256 is not the one in {SUMS}): {CURE} with all "
            f"files of its folder; if you changed it on purpose, delete {SUMS}"
        )
    file.seek(0)


def check_listed(file: BufferedReader) -> None:
    """Check a file that was just opened against `attnviz.sha256` beside it, where that lists it."""
    path = Path(file.name)
    sums = read_sums(path.parent)
    if path.name in sums:
        check_sum(file, sums[path.name])


def file_sum(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_text(sums: Mapping[str, str]) -> str:
    """What `attnviz.sha256` holds for file name -> SHA-256."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
