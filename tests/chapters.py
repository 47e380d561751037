"""The chapters of the book, in order, and which of them are in the form that CONTRIBUTING describes."""

import re
from pathlib import Path

import pytest
import yaml
from places import REPO

# A chapter in the form is added here; tests/test_form.py and tests/browser/test_chapters.py then hold it.
IN_THE_FORM = [
    "because-of-the-reviews",
    "what-is-true",
    "how-is-a-weight-computed",
    "words-to-vectors",
    "how-does-the-shopper-enter",
    "is-it-any-good",
    "what-were-its-ancestors",
    "how-do-weights-move",
    "what-is-wrong-here",
]

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def toc_files() -> list[str]:
    """The pages of the table of contents, in order."""
    toc = yaml.safe_load((REPO / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


CHAPTERS = [REPO / f"{file}.md" for file in toc_files() if file.startswith("book/chapters/")]
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
every_older_chapter = pytest.mark.parametrize(
    "path", [path for path in CHAPTERS if path.stem not in IN_THE_FORM], ids=lambda path: path.stem
)
every_chapter_in_the_form = pytest.mark.parametrize("name", IN_THE_FORM)


def sections(path: Path) -> dict[str, str]:
    """The text under each second-level heading; code cells hold no headings."""
    text = CELL.sub("", path.read_text(encoding="utf-8"))
    parts = re.split(r"^## +(.+?)\s*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def list_items(text: str) -> list[str]:
    """The items of the lists in a section."""
    return re.findall(r"^(?:[-*]|\d+\.) +(.+)$", text, re.MULTILINE)
