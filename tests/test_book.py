"""Every chapter has the same anatomy, and its source holds no outputs."""

import re
from operator import attrgetter
from pathlib import Path

import rooms
from chapters import CELL, CHAPTERS, every_chapter, every_older_chapter, list_items, sections, toc_files
from places import REPO

import attnviz

BOOK = REPO / "book"
AFTER_THE_QUESTION = [
    "By hand", "In code", "On the data", "Exercises", "Check yourself", "Summary", "Further reading",
]  # fmt: skip


def code_cells(path: Path) -> list[str]:
    """The code of each cell, without its options."""
    options = re.compile(r"\A(:\w[^\n]*\n|---\n.*?---\n)+", re.DOTALL)
    return [options.sub("", body).strip() for body in CELL.findall(path.read_text(encoding="utf-8"))]


def test_the_table_of_contents_is_complete():
    """Each page of the book is in the table of contents, and each entry there is a file."""
    pages = [*BOOK.glob("*.md"), *BOOK.glob("chapters/*.md")]
    assert set(toc_files()) == {page.relative_to(REPO).with_suffix("").as_posix() for page in pages}


@every_chapter
def test_a_chapter_has_the_headings_in_order(path):
    """At a glance, then a question, then the seven parts that lead to its answer."""
    first, question, *rest = sections(path)
    assert first == "At a glance"
    assert question.endswith("?")
    assert rest == AFTER_THE_QUESTION


@every_chapter
def test_the_summary_answers_each_objective(path):
    """As many lines in the summary as objectives at a glance, two at least."""
    parts = sections(path)
    objectives, answers = list_items(parts["At a glance"]), list_items(parts["Summary"])
    assert len(objectives) == len(answers) >= 2


@every_chapter
def test_exercises_have_solutions(path):
    """Two or three exercises, each with the solution that names it."""
    text = path.read_text(encoding="utf-8")
    exercises = re.findall(r"\{exercise(?:-start)?\}[^\n]*\n:label: *(\S+)", text)
    solutions = re.findall(r"\{solution(?:-start)?\} *(\S+)", text)
    assert 2 <= len(exercises) <= 3
    assert solutions == exercises


@every_older_chapter
def test_a_chapter_asks_questions(path):
    """Three to five of them."""
    assert 3 <= len(list_items(sections(path)["Check yourself"])) <= 5


@every_older_chapter
def test_a_chapter_can_be_read_in_one_sitting(path):
    """At most 25 code cells of at most 15 lines, and 2,500 words of prose."""
    cells = code_cells(path)
    assert len(cells) <= 25
    assert [cell for cell in cells if len(cell.splitlines()) > 15] == []
    prose = CELL.sub("", path.read_text(encoding="utf-8"))
    assert len(re.findall(r"\w+", prose)) <= 2500


@every_chapter
def test_every_figure_has_an_alternative_text(path):
    """In its brackets or in `:alt:`; tests/browser/ looks at the pictures that cells draw."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"!\[\s*\]\(", text) == []
    for body in re.findall(r"\{(?:figure|image|mermaid)\}(.*?)^`{3,}", text, re.MULTILINE | re.DOTALL):
        assert ":alt:" in body


@every_chapter
def test_a_source_holds_no_outputs(path):
    """A chapter is text: nothing that an execution left behind, no inlined picture, no hidden error."""
    text = path.read_text(encoding="utf-8")
    for trace in ('"outputs"', "data:image", "execution_count", "raises-exception"):
        assert trace not in text


def test_there_are_no_notebooks():
    """Notebooks are made from the Markdown, never kept beside it."""
    assert list(BOOK.rglob("*.ipynb")) == []


def test_every_citation_is_in_the_bibliography():
    """`{cite}` names a key of references.bib; Sphinx checks it too, but much later."""
    bibliography = (BOOK / "references.bib").read_text(encoding="utf-8")
    keys = set(re.findall(r"^@\w+\{(.+?),", bibliography, re.MULTILINE))
    text = "".join(path.read_text(encoding="utf-8") for path in CHAPTERS)
    cited = re.findall(r"\{cite(?::\w+)?\}`(.+?)`", text)
    assert {key.strip() for group in cited for key in group.split(",")} <= keys


def test_each_step_of_a_reviews_way_has_its_function():
    """Every name that the architecture page links to exists in the package and is on an API page."""
    page = (BOOK / "architecture.md").read_text(encoding="utf-8")
    api = "".join(path.read_text(encoding="utf-8") for path in (BOOK / "api").glob("*.md"))
    names = re.findall(r"\{py:\w+\}`attnviz\.(.+?)`", page)
    assert len(names) >= 9
    for name in names:
        assert callable(attrgetter(name)(attnviz))
        assert f"attnviz.{name}\n" in api or name.startswith("plots.")


def test_every_room_says_what_it_is_for():
    """The architecture page shows the first line of each room's docstring: a sentence."""
    for room in rooms.room_arrows(rooms.module_arrows()):
        assert rooms.sentence_of(room).endswith(".")
