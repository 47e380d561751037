"""Every chapter is a notebook too: plain Markdown, the same code, and nothing of the reader's is lost."""

import ast
import json
import re
import subprocess
import sys

import jupytext
import make_notebooks
import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from live.blocks import Blocks
from live.chapter import FIRST, notebook_of
from live.words import Book, Words
from places import REPO

BOOK = Book(REPO / "book")
CHAPTERS = [path for paths in make_notebooks.chapters().values() for path in paths]
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
# A role, a fence of a directive, an option, a target; a link without words, or to a page that is no notebook.
HTML = REPO / "_build/html"
RAW = re.compile(
    r"\{[\w:-]+\}`|^\s*(?:`{3,}\{|:{3,})|^:[\w-]+:|^\([\w-]+\)=|\[\]\(|\]\([^)]*\.md[#)]", re.MULTILINE
)
INLINE_CODE = re.compile(r"(?<![`}])(`+)(?!`).+?(?<!`)\1(?!`)")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Every notebook as it is read from its file."""
    folder = tmp_path_factory.mktemp("notebooks")
    assert make_notebooks.write(folder, make_notebooks.notebooks()) == []
    return {path.stem: nbformat.read(path, as_version=4) for path in folder.glob("*.ipynb")}


def plain(text: str, figures=()) -> str:
    """What becomes of a piece of MyST."""
    return Blocks(Words(BOOK, dict(figures)), REPO / "book/chapters").plain(text)


@every_chapter
def test_a_notebook_is_valid_and_holds_no_raw_myst(opened, path):
    """JupyterLab takes it, and a reader meets no role, fence, option or dead link; its title stands first."""
    notebook = opened[path.stem]
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert RAW.findall(INLINE_CODE.sub("", cell.source)) == [], cell.source
    assert notebook.cells[0].source.startswith(f"# {BOOK.chapters[path.name]}\n")
    links = re.findall(r"\]\(([\w-]+)\.ipynb\)", "".join(cell.source for cell in notebook.cells))
    assert set(links) <= opened.keys()


@every_chapter
def test_a_notebook_has_the_chapters_code(opened, path):
    """After a cell of our own come the cells that the book executes, which compile; stubs are comments."""
    ours, *cells = [cell for cell in opened[path.stem].cells if cell.cell_type == "code"]
    assert ours.source == FIRST
    sources = [cell for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    for cell, source in zip(cells, sources, strict=True):
        tree = ast.parse(TransformerManager().transform_cell(cell.source))
        if "skip-execution" in source.metadata.get("tags", []):
            assert tree.body == []
            assert source.source in "\n".join(line.removeprefix("# ") for line in cell.source.split("\n"))
        else:
            assert cell.source == source.source


@every_chapter
def test_folds_and_solutions_are_collapsed(opened, path):
    """A cell that the book folds is folded; each solution is a closed heading that the next heading ends."""
    cells = opened[path.stem].cells
    for cell in cells:
        folded = bool({"hide-input", "hide-cell"} & set(cell.metadata.get("tags", [])))
        assert cell.metadata.get("jupyter", {}).get("source_hidden", False) == folded
    closed = [cell.source for cell in cells if cell.metadata.get("jp-MarkdownHeadingCollapsed")]
    solutions = re.findall(r"\{solution-start\}", path.read_text(encoding="utf-8"))
    assert [text.split("\n")[0] for text in closed] == [
        f"#### Solution {n + 1}" for n in range(len(solutions))
    ]
    assert "#### After the solution" not in "".join(cell.source for cell in cells)


@every_chapter
@pytest.mark.skipif(not (HTML / "book/chapters").exists(), reason="the book is not built: make book")
def test_a_built_page_offers_its_notebook(opened, path):
    """Its link, and the theme's button, lead to the very notebook."""
    page = HTML / "book/chapters" / f"{path.stem}.html"
    links = re.findall(r'href="([^"]+\.ipynb)"', page.read_text(encoding="utf-8"))
    to_file = {(page.parent / link).resolve() for link in links if "_sources" in link}
    assert len(to_file) == 1
    assert nbformat.read(to_file.pop(), as_version=4) == opened[path.stem]


def test_the_first_page_leads_to_every_chapter(opened):
    """In the order of the book."""
    links = re.findall(r"\((\S+)\.ipynb\)", opened["start"].cells[0].source)
    assert links == [path.stem for path in CHAPTERS]
    assert opened.keys() == {"start", *links}


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("a {term}`weight`, {term}`two <weight>`", "a weight, two"),
        ("{math}`x_1` and `{term}` in ``{math}`x` ``", "$x_1$ and `{term}` in ``{math}`x` ``"),
        ("{cite:t}`jain2019attention` and more", "Jain and Wallace (2019) and more"),
        ("{cite}`jain2019attention,vaswani2017attention`", "(Jain and Wallace, 2019; Vaswani et al., 2017)"),
        ("*[](what-is-true.md)*", "*[What is true here?](what-is-true.ipynb)*"),
        ("[words](what-is-true.md#x), [net](https://a.b)", "[words](what-is-true.ipynb), [net](https://a.b)"),
        ("[](../glossary.md), [own](../api/data.md)", "Glossary, own"),
        ("see {numref}`fig-a`; {py:func}`attnviz.fit`; {abbr}`AUC`", "see Figure 1; `attnviz.fit`; AUC"),
        ("```python\na {term}`b`\n```", "```python\na {term}`b`\n```"),
        ("(target)=\n% a comment\ntext", "text"),
        (":::{note}\nMind {term}`this`.\n:::", "> **Note**\n>\n> Mind this."),
        (
            "::::{new-thing} A *title*\n:::{tip}\nIn it.\n:::\n::::",
            "> **A *title***\n>\n> > **Tip**\n> >\n> > In it.",
        ),
        ("```{dropdown} More\n$x$\n```", "<details>\n<summary>More</summary>\n\n$x$\n\n</details>"),
        ("```{mermaid}\n:alt: A to B\nA --> B\n```", "```mermaid\nA --> B\n```"),
        (":::{not-shown}\nThe truth.\n:::", "> **What the picture does not show**\n>\n> The truth."),
        (
            ":::{verdict} say nothing\nBe {term}`still <x>`.\n:::",
            "> **Verdict: say nothing.**\n>\n> Be still.",
        ),
        (
            ":::{guess} Is {math}`x` it?\n:right: 2\n:veil: .av-cell\n\n- Yes\n- No\n:::",
            "**Guess first. Is $x$ it?**\n\n- Yes\n- No\n\n"
            "<details>\n<summary>What is right</summary>\n\nNo\n\n</details>",
        ),
        (
            ":::{check} Is it?\n:right: 1\n\n- Yes\n  - It is,\n    today.\n- No\n  - It is.\n:::",
            "**1.** Is it?\n\n- **a** Yes\n- **b** No\n\n"
            "<details>\n<summary>The answer, with reasons</summary>\n\n"
            "- **a** Right: It is, today.\n- **b** Not: It is.\n\n</details>",
        ),
    ],
)
def test_myst_becomes_markdown(myst, markdown):
    """Roles, links, callouts, and the parts of a chapter's form; what is unknown stands as its words."""
    assert plain(myst, {"fig-a": 1}) == markdown


def test_a_chapter_of_all_parts(tmp_path):
    """The label of a fold, captions and a picture, an exercise and its solution, and the works cited."""
    (tmp_path / "dot.svg").write_text("<svg/>")
    path = tmp_path / "new.md"
    path.write_text(
        "# New?\n\nSee {numref}`fig-b`, {cite:t}`jain2019attention`.\n\n"
        "```{code-cell} ipython3\n---\ntags: [hide-input]\nmystnb:\n  code_prompt_show: The model → m\n"
        '  figure:\n    caption: "A {term}`weight`"\n    name: fig-a\n---\nm = 1\n```\n\n'
        "```{figure} dot.svg\n:alt: A dot\n:name: fig-b\n\nA dot.\n```\n\n"
        "```{exercise-start} Add\n:label: add\n```\nHow?\n```{exercise-end}\n```\n\n"
        "```{solution-start} add\n:class: dropdown\n```\n```{code-cell} ipython3\nm + 1\n```\nSo.\n"
        "```{solution-end}\n```\n\n## Next\n"
    )
    cells = notebook_of(path, BOOK).cells
    assert [cell.source for cell in cells if cell.source != FIRST] == [
        "# New?\n\nSee Figure 2, Jain and Wallace (2019).",
        "*Folded code:* The model → m",
        "m = 1",
        "**Figure 1.** A weight",
        "![A dot](attachment:dot.svg)\n\n**Figure 2.** A dot.\n\n### Exercise 1: Add\n\nHow?",
        "#### Solution 1",
        "m + 1",
        "So.",
        "## Next",
        "## References\n\n- Jain and Wallace (2019). *Attention is not Explanation*.",
    ]
    assert cells[5].attachments == {"dot.svg": {"image/svg+xml": "PHN2Zy8+"}}


def test_the_first_cell_says_what_to_install(tmp_path):
    """Without attnviz, its last line names what is missing and how to get it."""
    command = [sys.executable, "-I", "-S", "-c", FIRST]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 1
    assert (
        "This notebook needs the package attnviz and its course. In a checkout" in run.stderr.splitlines()[-1]
    )
    assert "`make lab`" in run.stderr.splitlines()[-1]


def test_a_readers_work_is_kept(tmp_path):
    """What she has run stays, and is named when the chapter is newer; the rest follows the chapters."""
    first, second = ({name: _notebook(text) for name in ("a.ipynb", "b.ipynb")} for text in ("old", "new"))
    assert make_notebooks.write(tmp_path, first) == []
    worked = json.loads((tmp_path / "a.ipynb").read_text())
    worked["cells"][0]["source"] = ["mine"]
    (tmp_path / "a.ipynb").write_text(json.dumps(worked))

    assert make_notebooks.write(tmp_path, first) == []
    for _ in range(2):
        assert make_notebooks.write(tmp_path, second) == ["a.ipynb"]
        assert "mine" in (tmp_path / "a.ipynb").read_text()
        assert "new" in (tmp_path / "b.ipynb").read_text()

    (tmp_path / "a.ipynb").unlink()
    assert make_notebooks.write(tmp_path, second) == []
    assert "new" in (tmp_path / "a.ipynb").read_text()


def _notebook(text: str):
    return make_notebooks.whole_notebook([nbformat.v4.new_markdown_cell(text)])
