"""Measures of rows of different lengths: padding of any content in any place changes no value."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from scipy.spatial import distance
from sklearn import metrics

from attnviz.metrics.agreement import average_precision, jensen_shannon, top_k_overlap
from attnviz.metrics.kendall import kendall_tau
from attnviz.metrics.plausibility import top_words

NUMBERS = st.sampled_from([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0])
JUNK = st.sampled_from([0.0, 9.0, -9.0, math.inf, -math.inf, math.nan])


@st.composite
def padded(draw, values=NUMBERS):
    """Two tables (batch, field), their mask, and the rows without padding as lists."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 9)))
    mask = draw(hnp.arrays(bool, shape))
    tables = [draw(hnp.arrays(np.float64, shape, elements=values)) for _ in range(2)]
    rows = [[table[row][mask[row]] for row in range(shape[0])] for table in tables]
    junk = draw(hnp.arrays(np.float64, shape, elements=JUNK))
    return *[torch.tensor(np.where(mask, table, junk)) for table in tables], torch.tensor(mask), rows


def over_rows(measure, rows, *, least):
    """The measure of each pair of rows, NaN where a row is too short for it."""
    return [measure(x, y) if len(x) >= least else math.nan for x, y in zip(*rows, strict=True)]


@given(padded())
@settings(deadline=None)
def test_kendall_tau_and_its_p_value_equal_scipy_on_rows_without_padding(example):
    """With ties and constant rows, as SciPy's "auto" has it; NaN for a row of no or one field."""
    a, b, mask, rows = example
    found = kendall_tau(a, b, mask=mask, return_p_value=True)
    np.testing.assert_allclose(
        found.tau, over_rows(lambda x, y: stats.kendalltau(x, y).statistic, rows, least=2), atol=1e-12
    )
    np.testing.assert_allclose(
        found.p_value, over_rows(lambda x, y: stats.kendalltau(x, y).pvalue, rows, least=2), atol=1e-12
    )


@pytest.mark.parametrize("field", [2, 3, 10, 33, 34, 60])
def test_p_values_of_orders_without_ties_equal_scipy(field):
    """Exact for 33 fields, normal for 34; and orders that turn no, one, two or all pairs round."""
    a = torch.arange(field, dtype=torch.float64).expand(8, -1)
    b = torch.stack([torch.randperm(field, generator=torch.Generator().manual_seed(row)) for row in range(8)])
    nearly = torch.arange(field)
    b[:4] = torch.stack([nearly, nearly.flip(0), nearly.roll(1), torch.cat([nearly[:2].flip(0), nearly[2:]])])
    expected = [stats.kendalltau(x, y).pvalue for x, y in zip(a, b, strict=True)]
    found = kendall_tau(a, b.double(), return_p_value=True).p_value
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-300)


def test_p_values_of_long_rows_with_ties_equal_scipy():
    """Ties of two and more in both, where the variance has all its terms."""
    a, b = torch.randint(7, (2, 20, 50), generator=torch.Generator().manual_seed(0)).double()
    expected = [stats.kendalltau(x, y).pvalue for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(kendall_tau(a, b, return_p_value=True).p_value, expected, rtol=1e-9)


def test_p_values_are_even_where_nothing_agrees():
    """Of random orders a share of x, or a little less, has a p-value of at most x."""
    a, b = torch.rand(2, 4000, 12, generator=torch.Generator().manual_seed(1))
    p_value = kendall_tau(a, b, return_p_value=True).p_value
    for level in (0.05, 0.2, 0.5):
        assert level - 0.06 < (p_value <= level).double().mean().item() < level + 0.01


def test_zeros_that_pad_both_rows_look_like_agreement():
    """The reason for the mask: of unrelated rows of 3 to 12 words, padded to 12, tau is far above 0."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.rand(2, 2000, 12, generator=generator)
    mask = torch.arange(12) < torch.randint(3, 13, (2000, 1), generator=generator)
    assert kendall_tau(a * mask, b * mask).mean().item() > 0.3
    assert abs(kendall_tau(a * mask, b * mask, mask=mask).mean().item()) < 0.02


@given(padded(), st.integers(1, 4))
@settings(deadline=None)
def test_top_k_overlap_equals_sets_of_rows_without_padding(example, k):
    """NaN for a constant row, and for one with fewer than k fields."""
    a, b, mask, rows = example

    def top(row):
        return set(sorted(range(len(row)), key=lambda place: -row[place])[:k])

    def overlap(x, y):
        return math.nan if len({*x}) == 1 or len({*y}) == 1 else len(top(x) & top(y)) / k

    if k > a.shape[1]:
        with pytest.raises(ValueError, match="top_k must be a whole number from 1 to"):
            top_k_overlap(a, b, top_k=k, mask=mask)
    else:
        np.testing.assert_allclose(
            top_k_overlap(a, b, top_k=k, mask=mask), over_rows(overlap, rows, least=max(k, 1))
        )


@pytest.mark.filterwarnings("ignore:invalid value encountered")
@given(padded())
@settings(deadline=None)
def test_jensen_shannon_equals_scipy_on_rows_without_padding(example):
    """NaN for a row without a field; one field alone has all of both, which is 0."""
    a, b, mask, rows = example

    def divergence(x, y):
        return distance.jensenshannon(np.abs(x), np.abs(y), base=2) ** 2

    found = jensen_shannon(a, b, mask=mask)
    np.testing.assert_allclose(found, over_rows(divergence, rows, least=1), atol=1e-12)


@given(padded())
@settings(deadline=None)
def test_average_precision_equals_scikit_learn_on_rows_without_padding(example):
    """Padding is neither ranked nor wanted; NaN where no field is wanted."""
    scores, values, mask, rows = example

    def precision(x, y):
        return metrics.average_precision_score(y > 0, x) if (y > 0).any() else math.nan

    found = average_precision(scores, values > 0, mask=mask)
    np.testing.assert_allclose(found, over_rows(precision, rows, least=1), atol=1e-12)


@given(padded(values=st.sampled_from([-math.inf, 0.0, 1.0])), st.integers(0, 9))
@settings(deadline=None)
def test_top_words_are_those_of_rows_without_padding(example, count):
    """A word with a score of minus infinity is still a word, and padding none."""
    scores, _, mask, rows = example
    chosen = top_words(scores, count, mask=mask)
    for row, alone in enumerate(rows[0]):
        expected = sorted(range(len(alone)), key=lambda place: -alone[place])[:count]
        assert chosen[row][mask[row]].nonzero().squeeze(1).tolist() == sorted(expected)


@pytest.mark.parametrize(
    "measure",
    [
        lambda a, b, mask: kendall_tau(a, b, mask=mask),
        lambda a, b, mask: top_k_overlap(a, b, mask=mask),
        lambda a, b, mask: jensen_shannon(a, b, mask=mask),
        lambda a, b, mask: average_precision(a, b > 0, mask=mask),
    ],
)
def test_a_mask_that_does_not_fit_is_named(measure):
    """A mask that broadcasts would count for other rows; numbers are no mask."""
    a = torch.rand(2, 3)
    for mask in (torch.ones(1, 3, dtype=torch.bool), torch.ones(2, 3), torch.ones(2, 1, dtype=torch.bool)):
        with pytest.raises(ValueError, match=r"mask must be bool \(batch, field\) = \(2, 3\)"):
            measure(a, a, mask)
    with pytest.raises(ValueError, match="mask must be a torch.Tensor, got list"):
        measure(a, a, [[True] * 3] * 2)


def test_no_measure_needs_the_default_device():
    """What a measure makes lies where its arguments do: with another default device nothing changes."""
    a, b = torch.rand(2, 5, 6, generator=torch.Generator().manual_seed(0))
    mask = torch.arange(6) < torch.tensor([[6], [5], [4], [2], [0]])

    def all_measures():
        return [
            *kendall_tau(a, b, mask=mask, return_p_value=True),
            top_k_overlap(a, b, mask=mask, top_k=2),
            jensen_shannon(a, b),
            average_precision(a, b > 0.5, mask=mask),
            top_words(a, 2),
        ]

    expected = all_measures()
    with torch.device("meta"):
        found = all_measures()
    torch.testing.assert_close(found, expected, equal_nan=True)
