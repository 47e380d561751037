import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import f1_score, jaccard_score

import attnviz as av
from attnviz.metrics.plausibility import word_scores

TABLES = st.tuples(st.integers(1, 5), st.integers(1, 8))
NUMBERS = st.floats(-5, 5, width=32)
SCORES = TABLES.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=NUMBERS))
PAIRS = TABLES.flatmap(lambda shape: st.tuples(*[hnp.arrays(bool, shape)] * 2))


@given(pair=PAIRS)
def test_f1_and_intersection_over_union_are_those_of_scikit_learn(pair):
    """Row by row the oracle's number; NaN, where it would warn, when nothing is chosen or marked."""
    chosen, marked = pair
    f1, iou = (
        f(*map(torch.from_numpy, pair)) for f in (av.metrics.token_f1, av.metrics.intersection_over_union)
    )
    for row in range(len(chosen)):
        if chosen[row].any() or marked[row].any():
            assert f1[row].item() == pytest.approx(f1_score(marked[row], chosen[row], zero_division=0))
            assert iou[row].item() == pytest.approx(jaccard_score(marked[row], chosen[row], zero_division=0))
        else:
            assert f1[row].isnan()
            assert iou[row].isnan()
    torch.testing.assert_close(iou, f1 / (2 - f1), equal_nan=True)


@given(scores=SCORES, count=st.integers(0, 9), data=st.data())
def test_top_words_are_the_first_of_a_stable_sort(scores, count, data):
    """As many as asked for, or all the row has; none outside scores more; equal ones by place."""
    mask = data.draw(hnp.arrays(bool, scores.shape))
    chosen = av.metrics.top_words(torch.from_numpy(scores), count, mask=torch.from_numpy(mask)).numpy()
    for row in range(len(scores)):
        words = sorted(np.flatnonzero(mask[row]), key=lambda word: -scores[row, word])
        assert set(np.flatnonzero(chosen[row])) == set(words[:count])


def test_a_count_for_each_row():
    """Each row takes its own number of words; told the number of marks, precision equals recall."""
    scores = torch.tensor([[0.1, 0.6, 0.3, 0.0], [0.5, 0.2, 0.3, 0.9]])
    marked = torch.tensor([[True, True, False, False], [False, False, True, True]])
    chosen = av.metrics.top_words(scores, marked.sum(1))
    assert chosen.tolist() == [[False, True, True, False], [True, False, False, True]]
    assert av.metrics.token_f1(chosen, marked).tolist() == [0.5, 0.5]


def test_a_row_without_an_order_chooses_nothing():
    """A NaN among a row's words leaves it empty; a NaN in its padding does not count."""
    scores = torch.tensor([[0.1, torch.nan], [0.1, torch.nan]])
    mask = torch.tensor([[True, True], [True, False]])
    assert av.metrics.top_words(scores, 1, mask=mask).tolist() == [[False, False], [True, False]]


def test_padding_of_minus_infinity_leaves_average_precision_as_it_is():
    """This is how rows of unequal length go into `average_precision`."""
    scores, marked = torch.tensor([[0.2, 0.9, 0.4]]), torch.tensor([[True, False, True]])
    padded = (
        torch.cat([scores, torch.full((1, 2), -torch.inf)], 1),
        torch.cat([marked, marked[:, :2] & False], 1),
    )
    torch.testing.assert_close(
        av.metrics.average_precision(*padded), av.metrics.average_precision(scores, marked)
    )


def test_pieces_of_a_word_are_summed():
    """By hand: [CLS] and padding belong to no word, the third word has two pieces, the second none."""
    scores = torch.tensor([[0.5, 0.1, 0.2, 0.15, 0.05], [1.0, 2.0, -3.0, 0.0, 9.0]])
    word_of = torch.tensor([[-1, 0, 2, 2, -1], [-1, 0, 1, 2, -1]])
    expected = torch.tensor([[0.1, 0.0, 0.35], [2.0, -3.0, 0.0]])
    torch.testing.assert_close(word_scores(scores, word_of, 3), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda t, b: av.metrics.token_f1(t, b),
            r"chosen and marked must both be bool .* got chosen torch.float32",
        ),
        (
            lambda t, b: av.metrics.intersection_over_union(b, b[:1]),
            r"got chosen torch.bool \(2, 3\) .* \(1, 3\)",
        ),
        (lambda t, b: av.metrics.top_words(t, -1), "top_k must be a whole number of at least 0, got -1"),
        (lambda t, b: av.metrics.top_words(t, torch.tensor([1, 2, 3])), r"one a row \(2,\)"),
        (lambda t, b: av.metrics.top_words(t, 1, mask=t), r"mask must be bool \(batch, word\) = \(2, 3\)"),
        (lambda t, b: av.metrics.top_words(t[0], 1), r"scores must be \(batch, word\), got \(3,\)"),
        (lambda t, b: word_scores(t, b.long() + 2, 3), r"from -1 to num_words - 1 = 2, got 3 to 3"),
        (lambda t, b: word_scores(t, b[:1].long(), 3), r"got scores \(2, 3\) and word_of \(1, 3\)"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        call(torch.zeros(2, 3), torch.ones(2, 3, dtype=torch.bool))
