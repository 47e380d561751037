"""How long a chapter takes to read: 130 words or 4 visible lines of code a minute, and 5 minutes an explorer.

What it counts is printed by `PYTHONPATH=book/_ext python -m chapter_form.minutes CHAPTER.md ...`.
"""

import re
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from .source import Chapter, read_chapter

WORDS_A_MINUTE = 130
LINES_A_MINUTE = 4
MINUTES_AN_EXPLORER = 5
EXPLORER = re.compile(r"\bav\.widgets\.(?!Claim\b)\w+\(")

OPTION = re.compile(r"^:[\w-]+:.*$|^\([\w-]+\)=$")
ROLE = re.compile(r"\{[\w:]+\}`([^`<]+?)(?: *<[^`>]*>)?`")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Size:
    """What a chapter asks of a reader."""

    words: int  # that stand outside of folds
    folded_words: int
    lines: int  # of visible code
    explorers: int

    @property
    def minutes(self) -> float:
        """To read it, solving no exercise."""
        reading = self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE
        return reading + MINUTES_AN_EXPLORER * self.explorers

    @property
    def stated(self) -> int:
        """What *At a glance* says: the next multiple of five."""
        return 5 * ceil(self.minutes / 5)


def count_words(line: str) -> int:
    """The words of a line of Markdown as they are read: a formula has as many as it has parts.

    Example:
        >>> count_words("- a {term}`weight <weights>` is [not](why.md) a *reason* |")
        6
    """
    if OPTION.match(line):
        return 0
    shown = LINK.sub(r"\1", ROLE.sub(r"\1", line))
    return sum(any(letter.isalnum() for letter in word) for word in shown.split())


def size_of(chapter: Chapter) -> Size:
    """Count."""
    visible = [cell for cell in chapter.cells if not cell.folded]
    return Size(
        words=sum(count_words(line) for line, folded in chapter.prose if not folded),
        folded_words=sum(count_words(line) for line, folded in chapter.prose if folded),
        lines=sum(bool(line.strip()) for cell in visible for line in cell.lines),
        explorers=sum(len(EXPLORER.findall(cell.code)) for cell in chapter.cells if not cell.in_fold),
    )


def main(paths: list[str]) -> None:
    """Print the size of each chapter."""
    for path in paths:
        size = size_of(read_chapter(Path(path).read_text(encoding="utf-8")))
        print(f"{Path(path).stem}: {size.words} words and {size.folded_words} in folds, {size.lines} lines, "
              f"{size.explorers} explorers: {size.minutes:.1f} minutes, stated as {size.stated}")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
