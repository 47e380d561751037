import importlib.util
import os
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import REPO

import attnviz as av
from attnviz.data.readers.yelp_hat import Spans

MADE_UP = REPO / "data" / "made_up_reviews"
SOUP, SLOW = "The soup was great & hot.", "Slow, <b>cold</b> food."


def spans(text: str, *marked: int) -> str:
    """One <span> a word, active where marked, and the empty one at the end, as the files have it."""
    words = [
        f'<span class="active">{escape(word)}</span>' if place in marked else f"<span>{escape(word)}</span>"
        for place, word in enumerate(text.split())
    ]
    return " ".join([*words, "<span></span>"])


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Input.label": ["1", "1", "1", "0", "0"],
            "Input.text": [SOUP, SOUP, SOUP, SLOW, SLOW],
            "Answer.Q1Answer": ["yes", "yes", "idk", "no", None],
            "Answer.html_output": [
                spans(SOUP, 3), spans(SOUP, 1, 3, 5), spans(SOUP).replace("<span>", '<span class="">', 1),
                spans(SLOW, 0, 1), spans(SLOW, 0),
            ],
            "WorkerId": ["a", "b", "c", "a", "b"],
        }
    )  # fmt: skip


def written(folder: Path, table: pd.DataFrame) -> Path:
    path = folder / "ham.csv.gz"
    table.to_csv(path, index=False)
    return path


def test_words_and_marks_are_read(tmp_path):
    """Reviews in the file's order; entities are characters; a word that looks like markup is a word."""
    marked = av.data.read_yelp_hat(written(tmp_path, rows()))
    assert len(marked) == 2
    assert marked.dropped == {}
    soup, slow = (row for _, row in marked.reviews.iterrows())
    assert (soup["review_id"], soup["label"], slow["review_id"], slow["label"]) == ("0", 1, "1", 0)
    assert soup["words"] == ["The", "soup", "was", "great", "&", "hot."]
    assert slow["words"] == ["Slow,", "<b>cold</b>", "food."]
    assert soup["marks"].tolist() == [[0, 0, 0, 1, 0, 0], [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 0]]
    assert slow["marks"].tolist() == [[1, 1, 0], [1, 0, 0]]
    assert (soup["answers"], slow["answers"]) == (["yes", "yes", "idk"], ["no", ""])


BROKEN = {
    "nested": "<span>a <span>b</span></span>",
    "another tag": '<span>a</span> <img src="x"> <span>b</span>',
    "text outside": "<span>a</span> b",
    "not closed": "<span>a</span> <span>b",
    "closed twice": "<span>a</span></span> <span>b</span>",
    "another class": '<span class="on">a</span> <span>b</span>',
    "another attribute": '<span onclick="alert(1)">a</span> <span>b</span>',
    "empty cell": None,
}


@pytest.mark.parametrize("cell", BROKEN.values(), ids=BROKEN)
def test_anything_but_one_span_a_word_is_reported_with_its_row(tmp_path, cell):
    """Strict names the row; otherwise this annotation alone is dropped and counted."""
    table = rows()
    table.loc[1, "Answer.html_output"] = cell
    path = written(tmp_path, table)
    with pytest.raises(av.data.DataProblems, match=r"not one <span> a word: 1 row, first row 1 "):
        av.data.read_yelp_hat(path)
    marked = av.data.read_yelp_hat(path, strict=False)
    assert marked.dropped == {"annotations: not one <span> a word": 1}
    assert [len(marks) for marks in marked.reviews["marks"]] == [2, 2]


def test_other_words_and_labels_are_reported(tmp_path):
    """An annotator with other words than the text, a label that is no label, and one that changes."""
    table = rows()
    table.loc[2, "Answer.html_output"] = spans("The soup was great & cold.", 3)
    table.loc[0, "Input.label"] = "positive"
    table.loc[4, "Input.label"] = "1"
    path = written(tmp_path, table)
    with pytest.raises(av.data.DataProblems) as error:
        av.data.read_yelp_hat(path)
    found = error.value.problems.set_index("kind")["row"].to_dict()
    assert found == {
        "label is not 0 or 1": 0,
        "label is not that of the review's first row": 4,
        "words are not those of Input.text": 2,
    }
    marked = av.data.read_yelp_hat(path, strict=False)
    assert sum(marked.dropped.values()) == 3
    assert [marks.sum() for marks in marked.reviews["marks"]] == [3, 2]


def test_a_file_without_columns_or_rows_says_so(tmp_path):
    """The file and the missing columns are named; nothing left is an error, strict or not."""
    with pytest.raises(ValueError, match=r"ham\.csv\.gz: no column 'Answer\.html_output'; .*Yelp-HAT"):
        av.data.read_yelp_hat(written(tmp_path, rows().drop(columns="Answer.html_output")))
    with pytest.raises(ValueError, match="no annotation is left"):
        av.data.read_yelp_hat(written(tmp_path, rows().assign(**{"Input.label": "2"})), strict=False)


WORDS = st.text(min_size=1).filter(lambda word: word.split() == [word])


@given(marked=st.lists(st.tuples(WORDS, st.booleans()), min_size=1))
def test_every_word_survives_the_spans(marked):
    """Words of any characters come back as they went into the HTML, with their marks."""
    active = {True: ' class="active"', False: ""}
    found = Spans.of(" ".join(f"<span{active[mark]}>{escape(word)}</span>" for word, mark in marked))
    assert not found.broken
    assert list(zip(found.words, found.marks, strict=True)) == marked


def test_the_recipe_makes_the_reviews_that_are_shipped(tmp_path):
    """Twelve made-up reviews and three made-up people, in the form that the reader takes, half good."""
    spec = importlib.util.spec_from_file_location("prepare", MADE_UP / "prepare.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    recipe.main(tmp_path)
    assert (tmp_path / "reviews.csv").read_text() == (MADE_UP / "reviews.csv").read_text()
    reviews = av.data.read_yelp_hat(MADE_UP / "reviews.csv").reviews
    assert reviews["label"].tolist() == [1, 0] * 6
    for _, review in reviews.iterrows():
        assert review["marks"].shape == (3, len(review["words"]))
        assert review["marks"].any(1).all()


def test_facts_of_the_real_file():
    """Part 1 has 300 reviews by three people each, and no problem."""
    folder = os.environ.get("ATTNVIZ_REAL_DATA")
    if not folder:
        pytest.skip("REAL DATA NOT TESTED: set ATTNVIZ_REAL_DATA to the folder that holds yelp_hat/")
    marked = av.data.read_yelp_hat(Path(folder) / "yelp_hat" / "ham_part1.csv.gz")
    assert len(marked) == 300
    assert marked.dropped == {}
    assert {marks.shape for marks in marked.reviews["marks"]} == {(3, 50)}
    assert marked.reviews["label"].value_counts().to_dict() == {0: 155, 1: 145}
    assert sum(int(marks.sum()) for marks in marked.reviews["marks"]) == 11_499
    assert np.mean([len(words) for words in marked.reviews["words"]]) == 50
