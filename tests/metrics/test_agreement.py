"""Agreement, against SciPy, scikit-learn, sets in plain Python and what must hold of any order."""

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

TABLES = st.tuples(st.integers(1, 4), st.integers(2, 8)).flatmap(
    lambda shape: st.tuples(
        *[hnp.arrays(np.float64, shape, elements=st.integers(-3, 3).map(float)) for _ in range(2)]
    )
)


@given(TABLES)
@settings(deadline=None)
def test_kendall_tau_equals_scipy(tables):
    """With ties and with constant rows it is SciPy's tau-b, NaN included."""
    a, b = tables
    expected = [stats.kendalltau(x, y, variant="b").statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(kendall_tau(torch.tensor(a), torch.tensor(b)), expected, atol=1e-12)


@given(TABLES)
@settings(deadline=None)
def test_kendall_tau_is_about_order_only(tables):
    """It is symmetric, keeps its value under growing functions and changes its sign under falling ones."""
    a, b = map(torch.tensor, tables)
    tau = kendall_tau(a, b)
    torch.testing.assert_close(kendall_tau(b, a), tau, equal_nan=True)
    torch.testing.assert_close(kendall_tau(a.exp() + 5, b**3), tau, equal_nan=True)
    torch.testing.assert_close(kendall_tau(-a, b), -tau, equal_nan=True)


def test_kendall_tau_of_infinite_values():
    """Minus infinity, as masked scores have it, is only a very small value."""
    a = torch.tensor([[1.0, 2.0, -torch.inf, -torch.inf]])
    torch.testing.assert_close(kendall_tau(a, a), torch.ones(1))


def test_undefined_rows_are_nan():
    """A constant row, a NaN and a single field have no order."""
    a = torch.tensor([[0.2, 0.2, 0.2], [0.1, torch.nan, 0.3]])
    b = torch.tensor([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]])
    for measure in (kendall_tau, top_k_overlap):
        assert measure(a, b).isnan().all()
        assert measure(b, a).isnan().all()
        assert measure(a[:, :1], b[:, :1]).isnan().all()


def test_dtype_is_that_of_the_tables():
    """float32 in, float32 out; whole numbers give floats."""
    a = torch.tensor([[3, 1, 2]])
    for measure in (kendall_tau, top_k_overlap):
        assert measure(a, a).dtype == torch.float32
        assert measure(a.double(), a.double()).dtype == torch.float64


@given(TABLES, st.integers(1, 8))
@settings(deadline=None)
def test_top_k_overlap_equals_sets(tables, k):
    """It is the size of the common part of two sets, made in plain Python."""
    k = min(k, tables[0].shape[1])

    def top(row):
        return set(sorted(range(len(row)), key=lambda i: -row[i])[:k])

    expected = [
        math.nan if len({*x}) == 1 or len({*y}) == 1 else len(top(x) & top(y)) / k
        for x, y in zip(*tables, strict=True)
    ]
    np.testing.assert_allclose(top_k_overlap(*map(torch.tensor, tables), top_k=k), expected)


def test_top_k_overlap_takes_the_first_of_equal_fields():
    """A tie for the first place goes to the field that comes first."""
    a, b = torch.tensor([[0.4, 0.4, 0.2]]), torch.tensor([[0.0, 1.0, 0.0]])
    assert top_k_overlap(a, b).item() == 0
    assert top_k_overlap(a, b.flip(1)[:, [1, 0, 2]]).item() == 1


def test_top_k_overlap_at_random_is_k_of_n():
    """Two tables of noise overlap by chance: top_k / field."""
    a, b = torch.rand(2, 20_000, 5, generator=torch.Generator().manual_seed(0))
    for k in range(1, 6):
        assert top_k_overlap(a, b, top_k=k).mean().item() == pytest.approx(k / 5, abs=0.01)


@pytest.mark.filterwarnings("ignore:invalid value encountered")
@given(TABLES)
@settings(deadline=None)
def test_jensen_shannon_equals_scipy(tables):
    """It is the square of SciPy's distance to base 2, of absolute values, undefined rows included."""
    a, b = tables
    expected = distance.jensenshannon(np.abs(a), np.abs(b), base=2, axis=1) ** 2
    np.testing.assert_allclose(jensen_shannon(torch.tensor(a), torch.tensor(b)), expected, atol=1e-12)


@given(TABLES, st.floats(1e-3, 1e3))
@settings(deadline=None)
def test_jensen_shannon_is_about_shares_only(tables, factor):
    """It is symmetric, lies in [0, 1], does not change with the scale or the sign, and is 0 to itself."""
    a, b = map(torch.tensor, tables)
    divergence = jensen_shannon(a, b)
    torch.testing.assert_close(jensen_shannon(b, a), divergence, equal_nan=True)
    torch.testing.assert_close(jensen_shannon(-factor * a, b), divergence, equal_nan=True)
    defined = divergence[~divergence.isnan()]
    assert ((defined >= 0) & (defined <= 1)).all()
    assert jensen_shannon(a, a).nan_to_num(0.0).max() == 0


def test_jensen_shannon_of_extremes():
    """Values whose sum would overflow are shares like any others; infinite ones and NaN are undefined."""
    a = torch.tensor([[3e38, 3e38], [1e-40, 1e-40], [torch.inf, 1.0], [torch.nan, 1.0], [0.0, 0.0]])
    b = torch.ones(5, 2)
    torch.testing.assert_close(
        jensen_shannon(a, b), torch.tensor([0.0, 0.0, *[torch.nan] * 3]), equal_nan=True
    )
    torch.testing.assert_close(jensen_shannon(b, a), jensen_shannon(a, b), equal_nan=True)
    assert jensen_shannon(torch.tensor([[3, 1]]), torch.tensor([[3, 1]])).dtype == torch.float32


@given(TABLES)
@settings(deadline=None)
def test_average_precision_equals_scikit_learn(tables):
    """With ties it is scikit-learn's, row by row; undefined where no field is wanted."""
    scores, wanted = tables[0], tables[1] > 0
    expected = [
        metrics.average_precision_score(row, values) if row.any() else math.nan
        for row, values in zip(wanted, scores, strict=True)
    ]
    found = average_precision(torch.tensor(scores), torch.tensor(wanted))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_average_precision_by_hand():
    """One wanted field: 1 / its place. A NaN among the scores is undefined."""
    scores = torch.tensor([[0.1, 0.4, 0.3, 0.2]] * 4 + [[torch.nan, 0.4, 0.3, 0.2]])
    wanted = torch.eye(4, dtype=torch.bool)[[0, 1, 2, 3, 1]]
    found = average_precision(scores, wanted)
    torch.testing.assert_close(found, torch.tensor([1 / 4, 1, 1 / 2, 1 / 3, torch.nan]), equal_nan=True)


def test_average_precision_errors():
    """The message names the argument."""
    with pytest.raises(ValueError, match=r"scores and wanted must both be \(batch, field\)"):
        average_precision(torch.zeros(2, 3), torch.zeros(2, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="wanted must be bool.*int64"):
        average_precision(torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.long))


@pytest.mark.parametrize("measure", [kendall_tau, top_k_overlap, jensen_shannon])
@pytest.mark.parametrize("shapes", [((2, 3), (2, 4)), ((3,), (3,)), ((2, 3, 1), (2, 3, 1))])
def test_tables_of_other_shapes(measure, shapes):
    """Both shapes stand in the message."""
    a, b = map(torch.zeros, shapes)
    with pytest.raises(ValueError, match=r"a and b must both be \(batch, field\)"):
        measure(a, b)


@pytest.mark.parametrize("k", [0, 4, -1])
def test_k_out_of_range(k):
    """The message says the range: there are 3 fields."""
    with pytest.raises(ValueError, match="top_k must be a whole number from 1 to 3"):
        top_k_overlap(torch.zeros(2, 3), torch.zeros(2, 3), top_k=k)
