"""Every chapter that is listed as being in the form keeps it; tests/browser/test_chapters.py sees it."""

import ast
import builtins
import re

import pytest
from chapter_form.minutes import EXPLORER, size_of
from chapter_form.source import Cell, Chapter, read_chapter
from chapters import every_chapter_in_the_form, sections
from places import REPO

CHECK = re.compile(r"^:::\{check\}.*?^:::", re.MULTILINE | re.DOTALL)
MADE = (ast.Store, ast.Del)
NAMED = (ast.FunctionDef, ast.ClassDef)


def text_of(name: str) -> str:
    """The Markdown of a chapter."""
    return (REPO / f"book/chapters/{name}.md").read_text(encoding="utf-8")


def chapter_of(name: str) -> Chapter:
    """A chapter, taken apart."""
    return read_chapter(text_of(name))


def question_of(name: str) -> str:
    """The section that asks the chapter's question."""
    return list(sections(REPO / f"book/chapters/{name}.md").values())[1]


def names(code: str) -> tuple[set[str], set[str]]:
    """The names that code makes, and those that it uses."""
    made, used = set(), set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name):
            (made if isinstance(node.ctx, MADE) else used).add(node.id)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, NAMED):
            made.add(node.name)
    return made, used


def unknown_names(cells: list[Cell]) -> set[str]:
    """Names that a visible cell uses, and that no visible cell and no label of a fold has made by then."""
    known, unknown = set(dir(builtins)), set()
    for cell in cells:
        if cell.folded:
            known |= set() if cell.in_fold else set(cell.names)
        else:
            made, used = names(cell.code)
            known |= made
            unknown |= used - known
    return unknown


@every_chapter_in_the_form
def test_at_a_glance_says_level_and_counted_minutes(name):
    """Core or deeper; as many minutes as its words, visible lines and explorers ask for."""
    glance = sections(REPO / f"book/chapters/{name}.md")["At a glance"]
    assert re.search(r"^Level: (core|deeper)\.$", glance, re.MULTILINE)
    stated = re.search(r"^Time: (\d+) minutes\b", glance, re.MULTILINE)
    assert int(stated.group(1)) == size_of(chapter_of(name)).stated


@every_chapter_in_the_form
def test_the_question_is_asked_first(name):
    """The guess is the first thing below the question, and the only one of the chapter."""
    assert question_of(name).lstrip().startswith(":::{guess} ")
    assert text_of(name).count("{guess}") == 1


@every_chapter_in_the_form
def test_the_explorer_follows_the_guess(name):
    """One folded cell above the explorer's own loads what it needs; the explorer answers the question."""
    cells = chapter_of(name).cells
    first = next(place for place, cell in enumerate(cells) if EXPLORER.search(cell.code))
    assert first <= 1
    assert all(cell.folded for cell in cells[: first + 1])
    before_by_hand = text_of(name).split("\n## By hand\n")[0]
    assert EXPLORER.search(before_by_hand)


@every_chapter_in_the_form
def test_a_fold_says_what_is_inside(name):
    """Each has a label of its own, and what the label says that it makes, it makes."""
    folds = [cell for cell in chapter_of(name).cells if cell.folded and not cell.in_fold]
    assert [cell.start for cell in folds if not cell.label] == []
    for cell in folds:
        assert set(cell.names) <= names(cell.code)[0], cell.label


@every_chapter_in_the_form
def test_what_is_visible_can_be_read_on_its_own(name):
    """A name that a visible cell uses is made in a visible cell, or stands in a fold's label above it."""
    assert unknown_names(chapter_of(name).cells) == set()


@every_chapter_in_the_form
def test_a_chapter_is_light(name):
    """40 to 80 visible lines, 15 a cell, 72 characters a line; 1,800 words outside of folds, 2,500 in all."""
    chapter = chapter_of(name)
    size = size_of(chapter)
    assert 40 <= size.lines <= 80
    assert size.words <= 1800
    assert size.words + size.folded_words <= 2500
    visible = [cell for cell in chapter.cells if not cell.folded]
    assert [line for cell in visible for line in cell.lines if len(line) > 72] == []
    assert [cell.start for cell in visible if len(cell.code.strip().splitlines()) > 15] == []
    assert [cell.start for cell in chapter.cells if len(cell.lines) > 50] == []


@every_chapter_in_the_form
def test_every_answer_has_a_reason(name):
    """Three to five questions, nothing else in the section; Sphinx wants a reason of each answer."""
    asked = sections(REPO / f"book/chapters/{name}.md")["Check yourself"]
    questions = CHECK.findall(asked)
    assert 3 <= len(questions) <= 5
    assert CHECK.sub("", asked).strip() == ""
    for question in questions:
        answers, reasons = (re.findall(f"^{start}- .+", question, re.MULTILINE) for start in ("", "  "))
        assert len(answers) == len(reasons) >= 2


@every_chapter_in_the_form
def test_a_chapter_ends_in_a_verdict(name):
    """The stamp is the last thing of the summary, and the only one of the chapter."""
    summary = sections(REPO / f"book/chapters/{name}.md")["Summary"].rstrip()
    assert re.search(r"^:::\{verdict\} [a-z ]+\n.+\n:::\Z", summary, re.MULTILINE)
    assert text_of(name).count("{verdict}") == 1


@pytest.mark.parametrize(
    ("code", "unknown"),
    [
        ("print(rows)", {"rows"}),
        ("rows = 1\nprint(rows)", set()),
        ("def say(row):\n    return [one for one in row if one]", set()),
        ("import numpy as np\nnp.ones(table)", {"table"}),
    ],
)
def test_a_name_from_nowhere_is_found(code, unknown):
    """Parameters, imports and a comprehension's variables are made; what a fold makes in silence is not."""
    options = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Load"}}
    hidden = Cell(1, False, ["rows = table = 1"], options)
    assert unknown_names([hidden, Cell(5, False, code.split("\n"))]) == unknown
