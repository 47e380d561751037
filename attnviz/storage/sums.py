"""What the files of a folder were: `attnviz.sha256` lists their SHA-256, as `sha256sum --check` reads it."""

import hashlib
import re
from collections.abc import Mapping
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
        if not (but and name.endswith(but)):
            _check_sum(folder / name, expected)


def check_listed(source: str | Path) -> None:
    """Check a file if `attnviz.sha256` beside it lists it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not the one that was written, or the list is damaged.
    """
    source = Path(source)
    sums = read_sums(source.parent)
    if source.name in sums:
        _check_sum(source, sums[source.name])


def _check_sum(path: Path, expected: str) -> None:
    if file_sum(path) != expected:
        raise ValueError(
            f"{path} is not what was written (its SHA-256 is not the one in {SUMS}): {CURE} with all "
            f"files of its folder; if you changed it on purpose, delete {SUMS}"
        )


def file_sum(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_text(sums: Mapping[str, str]) -> str:
    """What `attnviz.sha256` holds for file name -> SHA-256."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
