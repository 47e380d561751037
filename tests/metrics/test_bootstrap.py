"""Intervals, against SciPy's bootstrap, scikit-learn's AUC and known truths."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics

from attnviz.metrics import bootstrap
from attnviz.metrics.bootstrap import Interval, auc_draws, bootstrap_auc, bootstrap_interval
from attnviz.metrics.ranking import auc


def test_interval_equals_scipy():
    """Low and high are those of SciPy's percentile bootstrap, up to the noise of the draws."""
    values = np.random.default_rng(0).exponential(size=300)
    interval = bootstrap_interval(torch.tensor(values), num_samples=20_000)
    reference = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=1)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(reference.confidence_interval.low, abs=5e-3)
    assert interval.high == pytest.approx(reference.confidence_interval.high, abs=5e-3)


def test_interval_covers_the_truth():
    """Of 200 intervals at level .9 about 180 hold the true mean."""
    samples = torch.randn(200, 60, generator=torch.Generator().manual_seed(0))
    intervals = [bootstrap_interval(sample, level=0.9, num_samples=400) for sample in samples]
    covered = sum(interval.low <= 0 <= interval.high for interval in intervals)
    assert 165 <= covered <= 195


def test_interval_counts_the_undefined():
    """NaN is left out of the mean and of the draws, and counted."""
    values = [0.0, 1.0, math.nan, 0.5, math.nan]
    interval = bootstrap_interval(values)
    assert interval == bootstrap_interval([0.0, 1.0, 0.5])._replace(undefined=2)
    mean, low, high, undefined = bootstrap_interval([math.nan])
    assert undefined == 1
    assert all(map(math.isnan, (mean, low, high)))
    assert bootstrap_interval([]).undefined == 0


def test_interval_is_seeded(monkeypatch):
    """The same seed gives the same interval, in however many parts it is drawn; another seed another."""
    values = torch.rand(50, generator=torch.Generator().manual_seed(0))
    interval = bootstrap_interval(values)
    assert bootstrap_interval(values) == interval
    assert bootstrap_interval(values, seed=1) != interval
    monkeypatch.setattr(bootstrap, "_INDICES_AT_ONCE", 170)
    assert bootstrap_interval(values) == pytest.approx(interval)


def test_interval_of_one_value():
    """One value cannot vary."""
    assert bootstrap_interval([0.3]) == Interval(0.3, 0.3, 0.3, 0)


@pytest.mark.parametrize("wrong", [{"level": 1.0}, {"level": 95}, {"num_samples": 0}])
def test_interval_options_out_of_range(wrong):
    """The message names the option."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        bootstrap_interval([0.1, 0.2], **wrong)


def test_interval_of_a_table():
    """A table is not a list of values."""
    with pytest.raises(ValueError, match=r"values must be \(value,\)"):
        bootstrap_interval(torch.zeros(2, 2))


def test_auc_draws_equals_scikit_learn():
    """Each draw is scikit-learn's AUC of the samples that were drawn, ties and repeats among them."""
    generator = torch.Generator().manual_seed(3)
    scores = torch.randint(6, (40,), generator=generator).float()
    labels = (torch.rand(40, generator=generator) < 0.4).long()
    draws = auc_draws(scores, labels, num_samples=20, seed=7)
    again = torch.Generator().manual_seed(7)
    for value in draws:
        rows = torch.randint(40, (40,), generator=again)
        assert value.item() == pytest.approx(metrics.roc_auc_score(labels[rows], scores[rows]), abs=1e-6)


def test_auc_draws_are_the_same_samples_for_every_model():
    """Scores in the same order have the same draws, so the difference of two models is paired."""
    generator = torch.Generator().manual_seed(0)
    scores, labels = torch.randn(50, generator=generator), torch.tensor([0, 1] * 25)
    assert torch.equal(auc_draws(scores, labels), auc_draws(scores.exp(), labels))
    assert not torch.equal(auc_draws(scores, labels), auc_draws(scores, labels, seed=1))


def test_auc_draws_of_one_label_is_undefined():
    """A draw without both labels has no AUC; with one label all are NaN."""
    assert auc_draws(torch.tensor([0.1, 0.9]), torch.tensor([1, 1]), num_samples=5).isnan().all()
    pair = auc_draws(torch.tensor([0.1, 0.9]), torch.tensor([0, 1]), num_samples=50)
    assert pair.isnan().any()
    assert (pair[~pair.isnan()] == 1).all()


def test_auc_draws_need_a_draw():
    """The message names the argument."""
    with pytest.raises(ValueError, match="num_samples must be a whole number of at least 1, got 0"):
        auc_draws(torch.tensor([0.1, 0.9]), torch.tensor([0, 1]), num_samples=0)


def noisy(samples=300, seed=0):
    """Labels, and scores that tell something of them, with ties."""
    generator = torch.Generator().manual_seed(seed)
    labels = (torch.rand(samples, generator=generator) < 0.4).long()
    return (labels + torch.randn(samples, generator=generator)).round(decimals=1), labels


@pytest.mark.parametrize("level", [0.95, 0.5])
def test_bootstrap_auc_is_the_middle_of_the_draws(level):
    """Expect the AUC of the samples, and NumPy's percentiles of the draws of the same seed."""
    scores, labels = noisy()
    draws = auc_draws(scores, labels, num_samples=150, seed=4)
    found = bootstrap_auc(scores, labels, level=level, num_samples=150, seed=4)
    low, high = np.percentile(draws.double(), [50 - 50 * level, 50 + 50 * level])
    assert found == pytest.approx((auc(scores, labels).item(), low, high, 0))
    assert isinstance(found, Interval)


def test_bootstrap_auc_equals_scipy():
    """Low and high are those of SciPy's paired percentile bootstrap, up to the noise of the draws."""
    scores, labels = noisy()
    found = bootstrap_auc(scores, labels, num_samples=2000)
    reference = stats.bootstrap(
        (labels.numpy(), scores.numpy()), metrics.roc_auc_score, paired=True, vectorized=False,
        method="percentile", n_resamples=2000, rng=1,
    ).confidence_interval  # fmt: skip
    assert found.low == pytest.approx(reference.low, abs=0.01)
    assert found.high == pytest.approx(reference.high, abs=0.01)


def test_bootstrap_auc_counts_the_undefined():
    """Draws of one label only are left out and counted; with one label all are, and nothing is known."""
    scores, labels = torch.tensor([0.1, 0.9]), torch.tensor([0, 1])
    found = bootstrap_auc(scores, labels, num_samples=50)
    assert found == (1, 1, 1, int(auc_draws(scores, labels, num_samples=50).isnan().sum()))
    mean, low, high, undefined = bootstrap_auc(scores, torch.tensor([1, 1]), num_samples=5)
    assert undefined == 5
    assert all(map(math.isnan, (mean, low, high)))


@pytest.mark.parametrize("wrong", [{"level": 1.0}, {"level": 95}, {"num_samples": 0}])
def test_bootstrap_auc_options_out_of_range(wrong):
    """The message names the option."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        bootstrap_auc(*noisy(), **wrong)


@pytest.mark.parametrize("function", [auc_draws, bootstrap_auc])
def test_what_auc_refuses_is_refused(function):
    """Shapes that differ and labels that are none, as by `auc`."""
    with pytest.raises(ValueError, match="scores and labels must both be"):
        function(torch.zeros(3), torch.zeros(2))
    with pytest.raises(ValueError, match="labels must be 0 or 1"):
        function(torch.zeros(2), torch.tensor([0, 2]))


GROUPS = ["ann"] * 5 + ["bob"] + ["cem"] * 2 + ["dora"] * 9


def test_whole_groups_are_drawn_with_all_their_rows():
    """A slow loop over the same draws of shoppers, each with every row, has the same ends."""
    values = torch.rand(17, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    found = bootstrap_interval(values, groups=GROUPS, num_samples=300, seed=5)
    of_group = [values[[place for place, one in enumerate(GROUPS) if one == name]] for name in
                ("ann", "bob", "cem", "dora")]  # fmt: skip
    means = [
        torch.cat([of_group[group] for group in draw]).mean().item()
        for draw in torch.randint(4, (300, 4), generator=torch.Generator().manual_seed(5))
    ]
    assert found.mean == pytest.approx(values.mean().item())
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))


def test_rows_of_their_own_are_the_interval_without_groups():
    """Each row in a group of its own: the same draws, the same ends."""
    values = torch.rand(40, generator=torch.Generator().manual_seed(0))
    assert bootstrap_interval(values, groups=range(40)) == pytest.approx(bootstrap_interval(values))


def test_an_interval_of_shoppers_covers_the_truth_and_one_of_rows_does_not():
    """Twenty shoppers with ten rows each that are nearly alike: rows pretend to know ten times as much."""
    generator = torch.Generator().manual_seed(0)
    groups = torch.arange(20).repeat_interleave(10)
    covered = {"rows": 0, "groups": 0}
    for _ in range(100):
        values = torch.randn(20, generator=generator)[groups] + 0.1 * torch.randn(200, generator=generator)
        for name, given in {"rows": None, "groups": groups}.items():
            interval = bootstrap_interval(values, groups=given, level=0.9, num_samples=200)
            covered[name] += interval.low <= 0 <= interval.high
    assert covered["groups"] > 80
    assert covered["rows"] < 60


def test_auc_draws_of_groups_have_all_their_samples():
    """Each draw is scikit-learn's AUC of the samples of the shoppers that were drawn, some of them twice."""
    scores, labels = torch.arange(17) % 5 / 5, torch.arange(17) % 3 % 2
    labels[5] = 1  # of bob, who has one sample
    places = [[n for n, one in enumerate(GROUPS) if one == name] for name in ("ann", "bob", "cem", "dora")]
    drawn = torch.randint(4, (50, 4), generator=torch.Generator().manual_seed(5)).tolist()
    for value, draw in zip(
        auc_draws(scores, labels, groups=GROUPS, num_samples=50, seed=5), drawn, strict=True
    ):
        rows = [row for group in draw for row in places[group]]
        assert value.item() == pytest.approx(metrics.roc_auc_score(labels[rows], scores[rows]), abs=1e-6)


def test_an_auc_of_shoppers_is_less_sure_than_one_of_rows():
    """Forty shoppers with ten equal rows each: by shopper as of forty rows, by row three times as sure."""
    scores, labels = noisy(40)
    rows = torch.arange(40).repeat_interleave(10)
    by_row = bootstrap_auc(scores[rows], labels[rows])
    by_shopper = bootstrap_auc(scores[rows], labels[rows], groups=rows)
    assert by_shopper == pytest.approx(bootstrap_auc(scores, labels))
    assert 2 < (by_shopper.high - by_shopper.low) / (by_row.high - by_row.low) < 5


def test_undefined_rows_of_groups_are_left_out():
    """A shopper without a defined row is not drawn; the others keep their defined ones."""
    values = [0.1, math.nan, 0.4, math.nan, 0.9]
    groups = np.array(["ann", "ann", "bob", "cem", "dora"])
    found = bootstrap_interval(values, groups=groups)
    assert found == bootstrap_interval([0.1, 0.4, 0.9], groups=["a", "b", "d"])._replace(undefined=2)


@pytest.mark.parametrize("groups", [["a"], ["a", None, "b"], [1.0, math.nan, 2.0], "abcd"])
def test_groups_that_do_not_fit(groups):
    """One name a value, none missing."""
    with pytest.raises(ValueError, match="groups must name one group for each of 3 values"):
        bootstrap_interval([0.1, 0.2, 0.3], groups=groups)
    with pytest.raises(ValueError, match="groups must name one group for each of 3 values"):
        bootstrap_auc(torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0, 1, 1]), groups=groups)


@pytest.mark.parametrize("values", [None, "abc", ["a"], [[1], [1, 2]], [1j, 2.0]])
def test_values_that_are_no_numbers(values):
    """The message names the argument."""
    with pytest.raises(ValueError, match="values must be"):
        bootstrap_interval(values)
    with pytest.raises(ValueError, match="values must be numbers or NaN, got 1 infinite"):
        bootstrap_interval([1.0, math.inf])


def test_numbers_of_a_list_keep_their_digits():
    """A list of floats is float64, not torch's default."""
    assert bootstrap_interval([0.1]).mean == 0.1
