"""The roles and links inside a line of MyST, as plain Markdown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pybtex.database import Entry, parse_file
from pybtex.richtext import Text

# Code (or a role, which looks like it), or a link that is no picture.
PIECE = re.compile(
    r"(?:\{([\w:-]+)\})?(?<!`)(`+)(.+?)(?<!`)\2(?!`)|(?<!!)\[([^\]]*)\]\(([^)\s]+)\)", re.DOTALL
)
TARGET = re.compile(r"(.*?)\s*<[^<>]*>", re.DOTALL)
TITLE = re.compile(r"^# +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Book:
    """What a line of a chapter may point to: the other chapters, and the bibliography."""

    folder: Path

    @cached_property
    def chapters(self) -> dict[str, str]:
        """The titles of the chapters by the names of their files."""
        paths = sorted((self.folder / "chapters").glob("*.md"))
        return {path.name: title_of(path) for path in paths}

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The bibliography by key."""
        return parse_file(self.folder / "references.bib").entries


@dataclass
class Words:
    """Makes the words of one chapter plain, and keeps which works they cite."""

    book: Book
    figures: dict[str, int]  # the number of each figure that has a name
    cited: list[str] = field(default_factory=list)

    def plain(self, text: str) -> str:
        """Text without roles: a term is its words, a formula stands in dollars, code stays as it is."""
        return PIECE.sub(self._piece, text)

    def _piece(self, found: re.Match) -> str:
        role, _, content, words, target = found.groups()
        if target is not None:
            return self._link(self.plain(words), target)
        return self._role(role, content) if role else found[0]

    def _link(self, words: str, target: str) -> str:
        """A link to a chapter's notebook or to the network; of one to another page only the words stay."""
        file, _, section = target.partition("#")
        name = Path(file).name
        if name in self.book.chapters and not target.startswith("http"):
            title = self.book.chapters[name]
            return f"[{words or title}]({name.removesuffix('.md')}.ipynb)"
        if target.startswith(("http", "mailto:")):
            return f"[{words}]({target})"
        return words or section or title_of(self.book.folder / "chapters" / file)

    def _role(self, role: str, content: str) -> str:
        if role in ("cite", "cite:p", "cite:t"):
            keys = [key.strip() for key in content.split(",")]
            self.cited += [key for key in keys if key not in self.cited]
            return self._cited(keys, in_text=role == "cite:t")
        if role == "math":
            return f"${content}$"
        if role == "numref" and content in self.figures:
            return f"Figure {self.figures[content]}"
        if role == "doc":
            return self._link("", f"{content}.md")
        if role.startswith("py:"):
            return f"`{content.lstrip('~')}`"
        named = TARGET.fullmatch(content)
        return named[1] if named else content

    def _cited(self, keys: list[str], *, in_text: bool) -> str:
        pairs = [(authors_of(self.book.entries[key]), self.book.entries[key].fields["year"]) for key in keys]
        if in_text:
            return ", ".join(f"{authors} ({year})" for authors, year in pairs)
        return f"({'; '.join(f'{authors}, {year}' for authors, year in pairs)})"

    def references(self) -> str:
        """The works that were cited, as a list."""
        entries = [self.book.entries[key] for key in sorted(self.cited)]
        return "\n".join(
            f"- {authors_of(entry)} ({entry.fields['year']}). *{_shown(entry.fields['title'])}*."
            for entry in entries
        )


def title_of(page: Path) -> str:
    """The title of a page of the book."""
    return TITLE.search(page.read_text(encoding="utf-8"))[1]


def authors_of(entry: Entry) -> str:
    """Last names: one, two, or the first of many."""
    names = [
        _shown(" ".join([*person.prelast_names, *person.last_names])) for person in entry.persons["author"]
    ]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


def _shown(latex: str) -> str:
    return str(Text.from_latex(latex))
