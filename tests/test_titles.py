"""Chapters are named by their titles, so that to split or to move one renumbers nothing."""

import re
from pathlib import Path

import pytest
from places import REPO

FOLDERS = [REPO / name for name in ("attnviz", "benchmarks", "book", "tests")]
PAGES = [REPO / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
FILES = [
    path
    for path in [*PAGES, *(path for folder in FOLDERS for path in folder.rglob("*"))]
    if path.suffix in (".md", ".py", ".js") and "vendor" not in path.parts and path != Path(__file__)
]
NUMBERED = re.compile(
    r"\b(?:chapter|session)s?(?: +|\n +)\d"  # in a sentence
    r"|\A(?:---\n(?:.|\n)*?---\s+)?# \d|\[\d+ [^\]]+\]\((?:chapters/)?[a-z-]+\.md\)",  # a title, a link
    re.IGNORECASE,
)
TAUGHT = re.compile(r'[Tt]aught\s+in\s+((?:.|\n)*?)(?:\n\s*\n|""")')


def titles() -> set[str]:
    """The title of each chapter, with the quotes that a docstring may hold."""
    texts = [path.read_text(encoding="utf-8") for path in (REPO / "book/chapters").glob("*.md")]
    heads = [re.search(r"^# (.+)$", text, re.MULTILINE)[1] for text in texts]
    return {head.replace("“", "'").replace("”", "'") for head in heads}


def named(said: str) -> set[str]:
    """What stands in quotes after a "Taught in"; the end of a line counts as a blank."""
    return {" ".join(one.split()) for one in re.findall(r'"([^"]+)"', said)}


def test_no_chapter_has_a_number():
    """Neither a sentence nor a title nor a link counts chapters or sessions."""
    texts = {path: path.read_text(encoding="utf-8") for path in FILES}
    hits = {str(path): hit[0] for path, text in texts.items() for hit in NUMBERED.finditer(text)}
    assert hits == {}


@pytest.mark.parametrize(
    "text", ["See chapter 3.", "in chapters\n    16 and 17", "---\na: b\n---\n\n# 3 How?", "[3 How?](how.md)"]
)
def test_a_number_is_found(text):
    """In a sentence, over the end of a docstring's line, in a title, in a link."""
    assert NUMBERED.search(text)


def test_docstrings_name_chapters_that_exist():
    """What stands after "Taught in" is the title of a chapter, word by word, or several."""
    for path in (REPO / "attnviz").rglob("*.py"):
        for said in TAUGHT.findall(path.read_text(encoding="utf-8")):
            assert named(said), f"{path}: Taught in {said}"
            assert named(said) <= titles(), f"{path}: Taught in {said}"
