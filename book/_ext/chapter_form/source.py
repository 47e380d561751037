"""The Markdown of a chapter as a reader meets it: which lines are prose, which are code, which are folded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from .folds import split_label

OPTION = re.compile(r"^:([\w-]+):[ \t]*(.*)$")
FENCE = re.compile(r"^(`{3,}|:{3,})(?:\{([\w:-]+)\})?[ \t]*(.*)$")
FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
FOLDING = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
DROPPED = {"mermaid", "figure", "image", "math"}


@dataclass
class Cell:
    """A code cell: its lines, its options, the line of the chapter that it starts in."""

    start: int
    in_fold: bool
    lines: list[str] = field(default_factory=list)
    options: dict = field(default_factory=dict)

    @property
    def code(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @property
    def label(self) -> str:
        """What stands on its fold, names and all."""
        return self.options.get("mystnb", {}).get("code_prompt_show", "")

    @property
    def names(self) -> list[str]:
        """What its label says that it makes."""
        return split_label(self.label)[1]

    @property
    def folded(self) -> bool:
        """Whether a reader sees its code only after a click."""
        return self.in_fold or bool(FOLDING & set(self.options.get("tags", [])))


@dataclass
class Chapter:
    """Code cells, and the lines of prose with whether they are folded."""

    cells: list[Cell]
    prose: list[tuple[str, bool]]


def read_chapter(text: str) -> Chapter:
    """Take a chapter apart. A solution, a dropdown, and the reasons of a question are folded."""
    cells, prose = [], []
    for number, line, opened, folded in _lines(text):
        if opened and opened[-1] == "code-cell":
            if line is None:
                cells.append(Cell(number, folded))
            else:
                cells[-1].lines.append(line)
        elif line and not DROPPED & set(opened):
            reason = "check" in opened and line.startswith(" ")
            prose.append((line, folded or reason))
    for cell in cells:
        cell.lines, cell.options = split_options(cell.lines)
        if isinstance(tags := cell.options.get("tags"), str):
            cell.options["tags"] = [tag.strip() for tag in tags.strip(" []").split(",")]
    return Chapter(cells, prose)


def _lines(text: str) -> Iterator[tuple[int, str | None, list[str], bool]]:
    """Each line inside its directives, and whether it is folded; None is the line that opens a cell."""
    front = FRONT_MATTER.match(text)
    skipped = front.group().count("\n") if front else 0
    opened: list[tuple[str, str]] = []
    in_solution = False
    for number, line in enumerate(text.split("\n")[skipped:], skipped + 1):
        names = [name for _, name in opened]
        in_cell = bool(names) and names[-1] == "code-cell"
        if opened and line.strip() == opened[-1][0]:
            opened.pop()
        elif not in_cell and (found := FENCE.match(line)):
            fence, name, argument = found.groups()
            opened.append((fence, name or "code"))
            in_solution = name == "solution-start" or (in_solution and name != "solution-end")
            folded = in_solution or "dropdown" in names
            shown = None if name == "code-cell" else _argument(name, argument)
            yield number, shown, [*names, name or "code"], folded
        else:
            yield number, line, names, in_solution or "dropdown" in names


def _argument(name: str, argument: str) -> str:
    """What a reader sees of a directive's first line."""
    return argument if name in ("guess", "check", "verdict", "dropdown", "admonition") else ""


def split_options(body: list[str]) -> tuple[list[str], dict]:
    """What stands in a directive without its options, and the options, in either form.

    Example:
        >>> split_options([":tags: [hide-input]", "ann = 1"])
        (['ann = 1'], {'tags': '[hide-input]'})
    """
    if body and body[0].strip() == "---":
        end = body.index("---", 1)
        return body[end + 1 :], yaml.safe_load("\n".join(body[1:end])) or {}
    options = {}
    while body and (found := OPTION.match(body[0])):
        options[found[1]], body = found[2].strip().strip('"'), body[1:]
    return body, options
