"""The page "On your own data": each recipe is short, and runs on its own, as it stands there."""

import re
import shlex

import pandas as pd
import pytest
from chapter_form.source import read_chapter
from places import REPO

from attnviz.cli import main

TEXT = (REPO / "book/your-own-data.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
RECIPES = ["A CSV of orders", "A PyTorch model", "A scikit-learn model", "A Hugging Face model"]


def cells(part: str) -> list:
    """The cells of a part of the page."""
    return read_chapter(PARTS[part]).cells


def run(part: str) -> dict:
    """What the cells of a part make, run alone."""
    made: dict = {}
    for cell in cells(part):
        exec(compile(cell.code, f"{part}, line {cell.start}", "exec"), made)
    return made


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_short(name):
    """What is read is about ten lines a cell, two cells at most, none wider than the page."""
    visible = [cell for cell in cells(name) if not cell.folded]
    assert 1 <= len(visible) <= 2
    assert all(len([line for line in cell.lines if line.strip()]) <= 13 for cell in visible)
    assert all(len(line) <= 88 for cell in visible for line in cell.lines)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_what_it_says_and_what_it_does_not(name):
    """And which chapter teaches it."""
    ends = re.findall(r"^- (\*\*It says\*\*|\*\*It does not say\*\*|Taught in) ", PARTS[name], re.MULTILINE)
    assert ends == ["**It says**", "**It does not say**", "Taught in"]


@pytest.mark.parametrize("name", [*RECIPES[1:], "Mistakes, and what you are told"])
def test_a_recipe_runs_alone(name, monkeypatch):
    """A reader who copies one part alone gets no error; its own asserts check what the prose says."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    assert any("assert " in cell.code for cell in cells(name))
    run(name)


def test_the_csv_runs_in_python_and_on_the_command_line(monkeypatch, capsys):
    """Both read the files that the page writes; the commands are those of the page."""
    made = run(RECIPES[0])
    monkeypatch.chdir(made["folder"])
    (block,) = re.findall(r"^```sh\n(.*?)^```", PARTS[RECIPES[0]], re.MULTILINE | re.DOTALL)
    items = pd.read_csv("products.csv")["sku"]
    known = block.replace("CUSTOMER", made["customer"]).replace("SKU", items[0])
    for command in known.replace("\\\n", " ").strip().split("\n"):
        program, *arguments = shlex.split(command)
        assert program == "attnviz"
        assert main(arguments) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "popularity, 90 days" in told
    assert "Weights sum to 1 under each parent" in told
