"""Make the chapters' notebooks in `_build/notebooks`: `make lab`. What a reader changed stays."""

import hashlib
import json
from pathlib import Path

import nbformat
import yaml
from live.chapter import notebook_of, whole_notebook
from live.words import Book
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from attnviz.storage import whole

ROOT = Path(__file__).parents[2]
MADE = ".made.json"  # the digest of each notebook as we wrote it
START = "start.ipynb"


def chapters(root: Path = ROOT) -> dict[str, list[Path]]:
    """The chapters of each part of the book, in the order of the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    parts = {
        part["caption"]: [root / f"{one['file']}.md" for one in part["chapters"]] for part in toc["parts"]
    }
    ours = {name: [path for path in paths if path.parent.name == "chapters"] for name, paths in parts.items()}
    return {name: paths for name, paths in ours.items() if paths}


def notebooks(root: Path = ROOT) -> dict[str, NotebookNode]:
    """Every chapter as a notebook, by the name of its file, and one that leads to them."""
    book, parts = Book(root / "book"), chapters(root)
    made = {
        path.with_suffix(".ipynb").name: notebook_of(path, book) for paths in parts.values() for path in paths
    }
    lines = ["# attnviz: is attention a reason?", "", "Open a chapter; *Run → Run All Cells* runs it."]
    for part, paths in parts.items():
        lines += ["", f"## {part}", ""]
        lines += [f"- [{book.chapters[path.name]}]({path.stem}.ipynb)" for path in paths]
    return {START: whole_notebook([new_markdown_cell("\n".join(lines))]), **made}


def write(folder: Path, made: dict[str, NotebookNode]) -> list[str]:
    """Write notebooks where a reader works with them.

    Returns:
        The names of those that the reader has changed and that we would write otherwise now; they stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / MADE
    before = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    after, kept = {}, []
    for name, notebook in made.items():
        text, path = nbformat.writes(notebook) + "\n", folder / name
        after[name] = digest(text)
        if path.exists() and digest(path.read_text(encoding="utf-8")) not in (before.get(name), after[name]):
            kept += [name] if before.get(name) != after[name] else []
            after[name] = before.get(name, "")
            continue
        with whole(path) as draft:
            draft.write_text(text, encoding="utf-8")
    with whole(record) as draft:
        draft.write_text(json.dumps(after, indent=1), encoding="utf-8")
    return kept


def digest(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    """Write all notebooks, and name those that stay as the reader left them."""
    folder = ROOT / "_build" / "notebooks"
    for name in write(folder, notebooks()):
        print(f"{folder / name} holds your work and stays; the chapter is newer: rename yours to get it")
    print(f"notebooks of the chapters: {folder}")


if __name__ == "__main__":
    main()
