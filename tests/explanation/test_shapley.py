"""The closed form for point attention against all coalitions through the model."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.attention.attention import point_attention
from attnviz.explanation import shapley as shapley
from attnviz.explanation.attribution import attribute
from attnviz.explanation.shapley import shapley_point


def example(batch=6, field=5, dim=4, seed=0, scale=1.0):
    """Vectors and baselines (batch, field, dim), queries (batch, dim), a head (dim,), float64."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(batch, field, dim), (batch, field, dim), (batch, dim), (dim,)]
    vectors, baselines, query, head = [
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes
    ]
    return vectors, baselines, scale * query, head


def terms(vectors, query, head):
    """Attention scores and head values (batch, field), written out."""
    return torch.einsum("bfd,bd->bf", vectors, query) / query.shape[1] ** 0.5, vectors @ head


def closed(vectors, baselines, query, head):
    (scores, values), (base_scores, base_values) = terms(vectors, query, head), terms(baselines, query, head)
    return shapley_point(scores, values, baseline_scores=base_scores, baseline_values=base_values)


def exact(vectors, baselines, query, head):
    def logits(vectors, query):
        return point_attention(query, vectors, vectors)[0] @ head + 3.0

    return attribute(logits, vectors, baselines=baselines, forward_args=(query,))


@given(field=st.integers(1, 7), seed=st.integers(0, 2**16), scale=st.sampled_from([0.0, 1.0, 30.0]))
@settings(max_examples=40, deadline=None)
def test_closed_form_equals_all_coalitions(field, seed, scale):
    """For any number of fields, and for even and very peaked weights."""
    given = example(3, field, seed=seed, scale=scale)
    torch.testing.assert_close(closed(*given), exact(*given), atol=1e-9, rtol=1e-9)


def test_twelve_fields():
    """As many fields as exact values by forward passes allow."""
    given = example(2, 12)
    torch.testing.assert_close(closed(*given), exact(*given), atol=1e-9, rtol=1e-9)


def test_sixteen_fields_share_the_whole_difference():
    """More fields than forward passes could do still add up to logit minus baseline's logit."""
    vectors, baselines, query, head = example(2, 16)
    logits = [point_attention(query, x, x)[0] @ head for x in (vectors, baselines)]
    torch.testing.assert_close(closed(vectors, baselines, query, head).sum(1), logits[0] - logits[1])


def test_one_field_takes_the_difference_of_values():
    """With one field its weight is 1 whatever the scores."""
    scores, values = torch.tensor([[3.0], [-1.0]]), torch.tensor([[2.0], [5.0]])
    shares = shapley_point(scores, values, baseline_scores=-scores, baseline_values=torch.ones(2, 1))
    torch.testing.assert_close(shares, torch.tensor([[1.0], [4.0]]))


def test_hand_computed_toy():
    """Two fields, weights 3/4 and 1/4 in every coalition, values 4 and 8 against 0 and 0: 3 and 2."""
    scores = torch.tensor([[3.0, 1.0]]).log()
    shares = shapley_point(
        scores, torch.tensor([[4.0, 8.0]]), baseline_scores=scores, baseline_values=torch.zeros(2)
    )
    torch.testing.assert_close(shares, torch.tensor([[3.0, 2.0]]))


def test_the_bias_and_a_common_value_cancel():
    """A constant added to all values, as a bias adds it, changes nothing; one added to all scores neither."""
    vectors, baselines, query, head = example()
    (scores, values), (base_scores, base_values) = terms(vectors, query, head), terms(baselines, query, head)
    shares = shapley_point(scores, values, baseline_scores=base_scores, baseline_values=base_values)
    moved = shapley_point(
        scores - 900, values + 7, baseline_scores=base_scores - 900, baseline_values=base_values + 7
    )
    torch.testing.assert_close(moved, shares)


def test_far_apart_scores():
    """Scores 500 apart neither overflow nor give 0 / 0: the mean over all orders, written out."""
    scores, base = torch.tensor([0.0, 500.0, 3.0]), torch.tensor([500.0, 0.0, 2.0])
    values, base_values = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, -1.0, 0.0])

    def logit(inside):
        inside = torch.tensor([field in inside for field in range(3)])
        weights = torch.where(inside, scores, base).softmax(0)
        return weights @ torch.where(inside, values, base_values)

    expected = torch.zeros(1, 3)
    for order in itertools.permutations(range(3)):
        for place, field in enumerate(order):
            expected[0, field] += (logit(order[: place + 1]) - logit(order[:place])) / 6
    shares = shapley_point(scores[None], values[None], baseline_scores=base, baseline_values=base_values)
    torch.testing.assert_close(shares, expected)


def test_masked_fields_get_nothing():
    """A field with a score of minus infinity in both has share 0; the others are as if it were not there."""
    vectors, baselines, query, head = example()
    (scores, values), (base_scores, base_values) = terms(vectors, query, head), terms(baselines, query, head)
    expected = shapley_point(
        scores[:, :4], values[:, :4], baseline_scores=base_scores[:, :4], baseline_values=base_values[:, :4]
    )
    scores[:, 4] = base_scores[:, 4] = -torch.inf
    shares = shapley_point(scores, values, baseline_scores=base_scores, baseline_values=base_values)
    torch.testing.assert_close(shares[:, :4], expected)
    torch.testing.assert_close(shares[:, 4], torch.zeros(6, dtype=torch.float64), atol=1e-12, rtol=0)


def test_blocks_and_batches(monkeypatch):
    """Whatever the bound on memory, and row by row, the same values."""
    given = example()
    together = closed(*given)
    for table, rows in [(1, 1), (20, 2), (50, 4)]:
        monkeypatch.setattr(shapley, "_TABLE", table)
        monkeypatch.setattr(shapley, "_ROWS_AT_ONCE", rows)
        torch.testing.assert_close(closed(*given), together)
    vectors, baselines, query, head = given
    rows = [closed(vectors[[i]], baselines[[i]], query[[i]], head) for i in range(len(vectors))]
    torch.testing.assert_close(torch.cat(rows), together)
    assert closed(vectors[:0], baselines[:0], query[:0], head).shape == (0, 5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": torch.zeros(2, 4)}, r"scores and values must both be \(batch, field\).*\(2, 4\)"),
        ({"scores": torch.zeros(2, 21), "values": torch.zeros(2, 21)}, "1 to 20 fields"),
        (
            {"baseline_values": torch.zeros(4)},
            r"baseline_values must broadcast to scores \(2, 3\), got \(4,\)",
        ),
        ({"scores": torch.tensor([[0.0, 0.0, 601.0]] * 2)}, "at most 600 apart.*601"),
        ({"scores": torch.full((2, 3), -torch.inf)}, "at most 600 apart"),
    ],
)
def test_errors_name_the_argument(change, message):
    """What was expected and what came stand in the message."""
    given = (
        dict.fromkeys(("scores", "values", "baseline_scores", "baseline_values"), torch.zeros(2, 3)) | change
    )
    with pytest.raises(ValueError, match=message):
        shapley_point(given.pop("scores"), given.pop("values"), **given)
