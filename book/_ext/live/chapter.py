"""A chapter as a notebook: plain Markdown, folded code and solutions, and a cell that finds the course."""

import re
from pathlib import Path

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .blocks import Blocks, Part, caption
from .words import Book, Words

FIGURE = re.compile(r"^ *:?name:? +(fig-\S+)", re.MULTILINE)
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
FIRST = """\
from importlib.util import find_spec

if find_spec("attnviz") is None:
    raise ModuleNotFoundError(
        "This notebook needs the package attnviz and its course. "
        "In a checkout of attnviz, `make lab` installs both and opens every chapter. "
        "Or run `pip install -e 'CHECKOUT[llm,book]'` in an environment of your own with Python 3.11.5 "
        "or newer, and start this notebook again."
    )
import attnviz

print("The course, with its results and models:", attnviz.course_folder())"""


def notebook_of(path: Path, book: Book) -> NotebookNode:
    """Make the notebook of a chapter.

    Args:
        path: The chapter in MyST Markdown.
        book: Where its links lead.

    Returns:
        A notebook without outputs. Its code cells are the chapter's, after one of our own that says what is
        missing; the stub of an exercise is a comment, so that all cells can be run.
    """
    text = path.read_text(encoding="utf-8")
    words = Words(book, {name: number for number, name in enumerate(FIGURE.findall(text), 1)})
    blocks = Blocks(words, path.parent)
    cells: list[NotebookNode] = []
    for cell in read_myst_markdown_notebook(text).cells:
        if cell.cell_type == "markdown":
            cells += markdown_cells(blocks.parts(cell.source))
        else:
            cells += code_cells(cell, words)
    if words.cited:
        cells.append(new_markdown_cell(f"## References\n\n{words.references()}"))
    cells.insert(1, new_code_cell(FIRST, metadata={"tags": ["find-the-course"]}))
    return whole_notebook(cells)


def whole_notebook(cells: list[NotebookNode]) -> NotebookNode:
    """A valid notebook whose cells are numbered, so that it is the same each time it is made."""
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return notebook


def markdown_cells(parts: list[Part]) -> list[NotebookNode]:
    """One cell a part; a solution is a collapsed heading, which the next heading ends."""
    cells = []
    for part in parts:
        if part.begins == "" and part.text and not part.text.startswith("#"):
            part.text = f"#### After the solution\n\n{part.text}"
        if part.text:
            metadata = {"jp-MarkdownHeadingCollapsed": True} if part.begins == "solution" else {}
            cells.append(new_markdown_cell(part.text, metadata=metadata))
            if part.pictures:
                cells[-1]["attachments"] = part.pictures
    return cells


def code_cells(cell: NotebookNode, words: Words) -> list[NotebookNode]:
    """The cell, after the label of its fold and before the caption of its figure."""
    tags, more = cell.metadata.get("tags", []), cell.metadata.get("mystnb", {})
    cells = []
    metadata: dict = {"tags": tags} if tags else {}
    if {"hide-input", "remove-input", "hide-cell"} & set(tags):
        metadata["jupyter"] = {"source_hidden": True}
        if label := more.get("code_prompt_show"):
            cells.append(new_markdown_cell(f"*Folded code:* {label}"))
    source = cell.source if "skip-execution" not in tags else commented(cell.source)
    cells.append(new_code_cell(source, metadata=metadata))
    if said := more.get("figure", {}).get("caption"):
        number = words.figures.get(more["figure"].get("name"))
        cells.append(new_markdown_cell(caption(words.plain(said), number)))
    return cells


def commented(source: str) -> str:
    """Code that the reader has to finish before it runs."""
    return "\n".join(
        ["# Finish these lines, without the first #:", *(f"# {line}" for line in source.split("\n"))]
    )
