"""Measures of a ranking, against scikit-learn, torchmetrics and every order of a tie."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from attnviz.metrics.ranking import auc, hit_rate, log_loss, ndcg


def lists(queries=40, candidates=21, seed=0, distinct=5):
    """Scores with many ties and one or more taken products a query."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(distinct, (queries, candidates), generator=generator).float()
    labels = (torch.rand(queries, candidates, generator=generator) < 0.1).long()
    labels[:, seed % candidates] = 1
    return scores, labels


@given(st.lists(st.tuples(st.integers(-50, 50), st.booleans()), min_size=2))
@settings(deadline=None)
def test_auc_equals_scikit_learn(samples):
    """With ties and with logits far outside [0, 1] it is scikit-learn's value."""
    scores, labels = map(np.array, zip(*samples, strict=True))
    value = auc(torch.tensor(scores).float(), torch.tensor(labels).long())
    if labels.min() == labels.max():
        assert value.isnan()
    else:
        assert value.item() == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-6)


def test_auc_sees_the_order_of_large_logits():
    """Logits that a sigmoid rounds to 1 still have an order."""
    assert auc(torch.tensor([30.0, 40.0, 50.0, 60.0]), torch.tensor([0, 0, 1, 1])) == 1


def test_auc_of_a_constant_score():
    """A score that says nothing has one half."""
    assert auc(torch.zeros(10), torch.tensor([1, 0] * 5)) == 0.5


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=1))
@settings(deadline=None)
def test_log_loss_equals_scikit_learn(samples):
    """It is scikit-learn's value."""
    probabilities, labels = map(np.array, zip(*samples, strict=True))
    value = log_loss(torch.tensor(probabilities), torch.tensor(labels).long())
    assert value.item() == pytest.approx(metrics.log_loss(labels, probabilities, labels=[0, 1]), rel=1e-5)


def test_log_loss_stays_finite():
    """A certain and wrong probability costs 100, not infinity."""
    assert log_loss(torch.tensor([0.0]), torch.tensor([1])) == 100


@pytest.mark.parametrize("k", [1, 3, 10, 21, 50])
@pytest.mark.parametrize("seed", range(3))
def test_ndcg_equals_scikit_learn(k, seed):
    """With ties, query by query, it is scikit-learn's value."""
    scores, labels = lists(seed=seed)
    expected = [
        metrics.ndcg_score(taken[None], row[None], k=k) for row, taken in zip(scores, labels, strict=True)
    ]
    np.testing.assert_allclose(ndcg(scores, labels, top_k=k), expected, atol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 10, 21, 50])
@pytest.mark.parametrize("seed", range(3))
def test_hit_rate_equals_torchmetrics_without_ties(k, seed):
    """With distinct scores it is torchmetrics' value."""
    from torchmetrics.functional.retrieval import retrieval_hit_rate

    scores, labels = lists(seed=seed)
    scores = scores + torch.rand(scores.shape, generator=torch.Generator().manual_seed(seed))
    expected = [
        retrieval_hit_rate(row, taken, top_k=min(k, 21)) for row, taken in zip(scores, labels, strict=True)
    ]
    torch.testing.assert_close(hit_rate(scores, labels, top_k=k), torch.stack(expected))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6),
    st.integers(1, 6),
)
@settings(deadline=None, max_examples=50)
def test_hit_rate_is_the_mean_over_all_orders_of_a_tie(candidates, k):
    """Every order of the candidates counts the same; a stable sort decides the ties within one order."""
    hits = [
        any(taken for _, taken in sorted(order, key=lambda pair: -pair[0])[:k])
        for order in itertools.permutations(candidates)
    ]
    scores, labels = zip(*candidates, strict=True)
    value = hit_rate(torch.tensor([scores]).float(), torch.tensor([labels]).long(), top_k=k).item()
    assert np.isnan(value) if not any(labels) else value == pytest.approx(np.mean(hits), abs=1e-5)


@pytest.mark.parametrize("place", [0, 50, 100])
def test_constant_score_is_chance(place):
    """Wherever the taken product stands in the table, a constant score hits with k / candidates."""
    labels = torch.zeros(1, 101, dtype=torch.long)
    labels[0, place] = 1
    assert hit_rate(torch.zeros(1, 101), labels, top_k=10).item() == pytest.approx(10 / 101, abs=1e-6)
    assert ndcg(torch.zeros(1, 101), labels, top_k=10).item() == pytest.approx(0.0450, abs=1e-4)


@pytest.mark.parametrize("measure", [ndcg, hit_rate])
def test_query_without_a_taken_product_is_undefined(measure):
    """It is NaN, and the other queries keep their value."""
    value = measure(torch.tensor([[2.0, 1.0], [2.0, 1.0]]), torch.tensor([[1, 0], [0, 0]]))
    assert value[0] == 1
    assert value[1].isnan()


@pytest.mark.parametrize("measure", [ndcg, hit_rate])
def test_perfect_and_worst(measure):
    """The taken product first gives 1, behind place k gives 0."""
    labels = torch.tensor([[1, 0, 0], [0, 0, 1]])
    assert measure(torch.tensor([[3.0, 2.0, 1.0]] * 2), labels, top_k=2).tolist() == [1, 0]


def test_returns_a_single_tensor_value():
    """Measures of a whole sample return a tensor without dimensions, as torchmetrics does."""
    for measure in (auc, log_loss):
        assert measure(torch.tensor([0.2, 0.7]), torch.tensor([0, 1])).shape == ()


@pytest.mark.parametrize("measure", [auc, log_loss, ndcg, hit_rate])
@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ([0.5, 0.5], [0, 1, 1], "scores and labels must both be"),
        ([], [], "not empty"),
        ([0.5, 0.5], [0, 2], r"labels must be 0 or 1, got \[0, 2\]"),
        ([0.5, float("nan")], [0, 1], "scores must be numbers, got 1 NaN"),
    ],
)
def test_wrong_input(measure, scores, labels, message):
    """The message names the argument and what came."""
    scores, labels = torch.tensor(scores), torch.tensor(labels)
    if measure is log_loss:
        message = message.replace("scores", "probabilities")
    if measure in (ndcg, hit_rate):
        scores, labels = scores[None], labels[None]
    with pytest.raises(ValueError, match=message):
        measure(scores, labels)


def test_logits_are_no_probabilities():
    """A logit outside [0, 1] is refused, with the remedy."""
    with pytest.raises(ValueError, match=r"probabilities must lie in \[0, 1\], got -1 to 2.*sigmoid"):
        log_loss(torch.tensor([-1.0, 2.0]), torch.tensor([0, 1]))


@pytest.mark.parametrize("measure", [ndcg, hit_rate])
def test_k_below_one(measure):
    """A list has at least one place."""
    with pytest.raises(ValueError, match="top_k must be a whole number of at least 1, got 0"):
        measure(torch.zeros(1, 2), torch.tensor([[0, 1]]), top_k=0)
