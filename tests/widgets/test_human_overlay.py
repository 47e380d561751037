"""HumanOverlay's Python side: the numbers it stands for, and what it refuses."""

import numpy as np
import pytest
import torch
import traitlets

import attnviz as av
from attnviz.widgets import HumanOverlay

WORDS = [["good", "soup", "here", "today"], ["slow"]]
MARKS = [[[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], [[1], [1], [0]]]
SCORES = [[[0.7, 0.1, 0.2, 0.0], [-1.0, 3.0, -2.0, 3.0]], [[0.5], [-0.5]]]


def overlay(**changes) -> HumanOverlay:
    arguments = {
        "words": WORDS,
        "marks": MARKS,
        "scores": SCORES,
        "methods": ["attention", "gradient × input"],
        "cases": ["a lunch", "a dinner"],
        "case": 0,
        "count": 2,
    }
    return HumanOverlay(**arguments | changes)


def test_by_hand():
    """Taken: good and here. Each person's share of them, of her own words, and of both together."""
    state = overlay().state()
    assert state["chosen"] == ["good", "here"]
    assert state["votes"].tolist() == [2, 1, 0, 0]
    assert state["precision"] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert state["recall"] == pytest.approx((1 / 2 + 1 / 1) / 2)  # who marked nothing has no recall
    assert state["f1"] == pytest.approx((2 / 4 + 2 / 3 + 0 / 2) / 3)
    assert state["people_f1"] == pytest.approx((2 / 3 + 0 / 2 + 0 / 1) / 3)


def test_equal_scores_come_by_place_and_a_short_review_gives_all_it_has():
    """The first of two equal words comes first; in the second case one word is left to take."""
    explorer = overlay(method=1)
    assert explorer.state()["chosen"] == ["soup", "today"]
    explorer.count = 1
    assert explorer.state()["chosen"] == ["soup"]
    explorer.case, explorer.count = 1, 4
    state = explorer.state()
    assert state["chosen"] == ["slow"]
    assert (state["precision"], state["recall"]) == pytest.approx((2 / 3, 1))


def test_its_numbers_are_those_of_the_package():
    """F1 as `token_f1` has it for the words that `top_words` takes, on random reviews."""
    generator = torch.Generator().manual_seed(0)
    marks, scores = torch.rand(5, 3, 9, generator=generator) < 0.4, torch.randn(5, 1, 9, generator=generator)
    explorer = overlay(
        words=[list("abcdefghi")] * 5, marks=marks, scores=scores, methods=["any"], cases=list("vwxyz")
    )
    for case in range(5):
        for count in range(1, 10):
            explorer.case, explorer.count = case, count
            chosen = av.metrics.top_words(scores[case], count).expand(3, 9)
            assert explorer.state()["f1"] == pytest.approx(
                av.metrics.token_f1(chosen, marks[case]).nanmean().item()
            )


def test_nobody_marked_anything():
    """What is undefined is NaN; F1 is 0, because a word was taken."""
    state = overlay(marks=[np.zeros((3, 4)), np.zeros((3, 1))]).state()
    assert (state["precision"], state["f1"]) == (0, 0)
    assert np.isnan(state["recall"])
    assert np.isnan(state["people_f1"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"marks": [np.zeros((3, 4)), np.zeros((2, 1))]},
            r"marks\[1\]: expected shape \(annotator=3, word=1\)",
        ),
        ({"marks": [np.full((3, 4), 0.5), np.zeros((3, 1))]}, "marks: expected True or False"),
        ({"scores": SCORES[:1]}, "scores: expected one table for each of 2 cases, got 1"),
        ({"scores": [np.full((2, 4), np.nan), np.zeros((2, 1))]}, r"scores\[0\]: expected finite numbers"),
        ({"words": [["good"], "slow"]}, r"words\[1\]: expected a list of texts, got the text 'slow'"),
        ({"methods": ["a", "a"]}, "methods: expected each name once"),
        ({"cases": ["one"]}, "cases: expected 2 labels"),
    ],
)
def test_what_does_not_fit_is_named(changes, message):
    """The error names the argument, the case and what came."""
    with pytest.raises(ValueError, match=message):
        overlay(**changes)


@pytest.mark.parametrize(("trait", "value"), [("count", 0), ("count", 5), ("method", 2), ("case", 2)])
def test_a_trait_out_of_range_is_refused(trait, value):
    """The explorer keeps its state, and says which values there are."""
    explorer = overlay()
    with pytest.raises(traitlets.TraitError, match=f"{trait}: expected"):
        setattr(explorer, trait, value)
