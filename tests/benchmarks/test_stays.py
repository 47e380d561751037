"""The stored figures of "What about real stays?": whole, and without a word from the files."""

import json
import re

import pandas as pd
from places import REPO

from benchmarks import stays

CHAPTER = (REPO / "book/chapters/real-stays.md").read_text(encoding="utf-8")
FILE = pd.read_csv(REPO / "book/_results/stays.csv", comment="#", dtype=str)


def test_every_figure_of_the_chapter_is_stored():
    """And none that the chapter does not show any more."""
    assert set(re.findall(r'albany\("([a-z ]+)"', CHAPTER)) == set(FILE["figure"])


def test_nothing_of_a_listing_or_a_guest_is_stored_but_numbers():
    """The only texts are dates; rows and columns have names that the chapter's code holds or makes."""
    values = FILE["value"].map(json.loads)
    texts = values[values.map(lambda value: isinstance(value, str))]
    assert texts.map(lambda text: bool(re.fullmatch(r"(\d\d )?[A-Z][a-z]+ \d{4}", text))).all()
    kinds = "(guest|listing) \\d(, (guest|listing) \\d)*(, \\w+)?", "(new|returning|repeat), .+", "model − .+"
    ours = re.compile("|".join([*kinds, "\\d+", "(ndcg|hit_rate|auc)_(low|high)"]))
    names = {*FILE["row"], *FILE["column"]}
    assert [
        name for name in names if not ours.fullmatch(name) and name not in CHAPTER + "tags reviews price"
    ] == []


def test_cells_run_and_what_they_show_is_kept():
    """In their order; the chapter's own `albany`, which reads the file, is put aside."""
    sources = [
        "import pandas as pd\ndef albany(figure, computed, within=0.0):\n    raise LookupError",
        "table = albany('one', pd.DataFrame({'x': {'a': 0.1234567, 'b': 2}}), within=1)\ndisplay(table)",
    ]
    figures = stays.shown(sources)
    assert list(figures) == ["one"]
    rows = stays.long_form("one", figures["one"]).values.tolist()
    assert rows == [["one", "a", "x", "0.123457"], ["one", "b", "x", "2.0"]]
