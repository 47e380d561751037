"""The best order and chance, against all orders one by one."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_faithfulness import Attention, example, padded

from attnviz.explanation import forward as forward
from attnviz.explanation.faithfulness import aopc, deletion_curve
from attnviz.explanation.reference_orders import best_curve, best_order, random_curve, random_order
from attnviz.explanation.removal import Removal


def all_curves(removal, orders):
    """Deletion curves (order, batch, removed) of orders, each a tuple of elements, first removed first."""
    batch, element, _ = removal.vectors.shape
    curves = []
    for order in orders:
        scores = torch.zeros(element, dtype=torch.float64)
        scores[list(order)] = torch.arange(element, 0, -1).double()
        curves.append(deletion_curve(removal, scores.expand(batch, -1)))
    return torch.stack(curves)


@given(element=st.integers(1, 5), seed=st.integers(0, 2**16), how=st.sampled_from(["baseline", "mask"]))
@settings(max_examples=30, deadline=None)
def test_best_and_random_equal_all_orders(element, seed, how):
    """Of all n! orders the best one has the largest area, best_curve the floor, random_curve the mean."""
    model, (vectors, baselines, query, _) = Attention(), example(3, element, seed=seed)
    chosen = baselines if how == "baseline" else None
    removal = Removal(model, vectors, how=how, baselines=chosen, forward_args=(query,))
    curves = all_curves(removal, itertools.permutations(range(element)))
    order = best_order(removal)
    assert order.sort(1).values.tolist() == [list(range(1, element + 1))] * 3
    area = aopc(deletion_curve(removal, order))
    torch.testing.assert_close(area, torch.stack([aopc(curve) for curve in curves]).amax(0))
    torch.testing.assert_close(best_curve(removal), curves.amin(0))
    torch.testing.assert_close(random_curve(removal), curves.mean(0))


def test_padding_never_counts():
    """A padded row has the best order and the curves of the row without its padding."""
    model, (vectors, _, query, _) = Attention(), example()
    removal = Removal(model, vectors, how="mask", forward_args=(query,), mask=padded())
    order, floor, mean = (f(removal) for f in (best_order, best_curve, random_curve))
    for row in range(5):
        known, here = slice(0, 5 - row), slice(row, row + 1)
        alone = Removal(model, vectors[here, known], how="mask", forward_args=(query[here],))
        torch.testing.assert_close(order[here, known], best_order(alone))
        assert (order[row, 5 - row :] == 0).all()
        for found, curve in [(floor, best_curve), (mean, random_curve)]:
            torch.testing.assert_close(found[here, : 6 - row], curve(alone))
            assert found[row, 6 - row :].isnan().all()


def test_best_is_not_greedy():
    """Two elements that only hurt together: greedy removes the third first, the best order the two."""
    logits = {
        (): 10.0,
        (0,): 10.0,
        (1,): 10.0,
        (2,): 9.0,
        (0, 1): 0.0,
        (0, 2): 9.0,
        (1, 2): 9.0,
        (0, 1, 2): 0.0,
    }

    def score(vectors):
        removed = [tuple(row.flatten().logical_not().nonzero().flatten().tolist()) for row in vectors]
        return torch.tensor([logits[row] for row in removed])

    removal = Removal(score, torch.ones(1, 3, 1), baselines=0.0)
    order = best_order(removal)
    assert order.tolist() == [[3.0, 2.0, 1.0]]
    assert best_curve(removal).tolist() == [[10.0, 9.0, 0.0, 0.0]]
    assert deletion_curve(removal, order).tolist() == [[10.0, 10.0, 0.0, 0.0]]


def test_no_order_lies_below_the_floor():
    """For 20 random orders of 7 elements, at every step."""
    model, (vectors, baselines, query, _) = Attention(), example(4, 7)
    removal = Removal(model, vectors, baselines=baselines, forward_args=(query,))
    floor = best_curve(removal)
    for seed in range(20):
        curve = deletion_curve(removal, random_order(vectors[:, :, 0], seed=seed))
        assert (curve >= floor - 1e-12).all()


def test_twelve_elements():
    """The largest number still gives an order that reaches at least what the sum of its parts says."""
    terms = torch.randn(2, 12, 1, generator=torch.Generator().manual_seed(0))
    order = best_order(Removal(lambda vectors: vectors.sum((1, 2)), terms, baselines=0.0))
    assert (order.argsort(1) == terms[:, :, 0].argsort(1)).all()


@pytest.mark.parametrize("function", [best_order, best_curve, random_curve])
def test_batch_equals_loop(function, monkeypatch):
    """Rows one by one, all at once, or in parts of whatever size: the same values."""
    model, (vectors, baselines, query, _) = Attention(), example()

    def run(rows):
        chosen = dict(baselines=baselines[rows], forward_args=(query[rows],), mask=padded()[rows])
        return function(Removal(model, vectors[rows], **chosen))

    together = run(slice(None))
    alone = torch.cat([run(slice(row, row + 1)) for row in range(6)])
    torch.testing.assert_close(alone, together, equal_nan=True)
    for bound in (1, 500, 3000):
        monkeypatch.setattr(forward, "NUMBERS_AT_ONCE", bound)
        torch.testing.assert_close(run(slice(None)), together, equal_nan=True)
    assert run(slice(0, 0)).shape == together[:0].shape


def test_random_order_is_seeded_and_even():
    """The same seed gives the same orders, and each element goes first equally often."""
    scores = torch.zeros(30_000, 3)
    order = random_order(scores)
    assert (random_order(scores) == order).all()
    assert (random_order(scores, seed=1) != order).any()
    shares = random_order(scores, seed=2).argmax(1).bincount(minlength=3) / len(scores)
    torch.testing.assert_close(shares, torch.full((3,), 1 / 3), atol=0.01, rtol=0)


def test_too_many_elements():
    """The message says what to use instead."""
    with pytest.raises(ValueError, match="13 elements.*at most 12.*random_order"):
        random_curve(Removal(lambda vectors: vectors.sum((1, 2)), torch.zeros(1, 13, 1), baselines=0.0))


@given(element=st.integers(1, 8), seed=st.integers(0, 2**16))
@settings(max_examples=25, deadline=None)
def test_a_wide_beam_is_exact(element, seed):
    """A beam that follows every set finds the area and the floor of the exact search, padding among it."""
    model, (vectors, _, query, _) = Attention(), example(3, element, seed=seed)
    mask = torch.rand(3, element, generator=torch.Generator().manual_seed(seed)) < 0.8
    removal = Removal(model, vectors, how="mask", forward_args=(query,), mask=mask)
    exact, found = (best_order(removal, beam_width=width) for width in (None, 256))
    torch.testing.assert_close(found.sort(1).values, exact.sort(1).values)
    areas = [aopc(deletion_curve(removal, order)) for order in (exact, found)]
    torch.testing.assert_close(areas[1], areas[0], equal_nan=True)
    torch.testing.assert_close(best_curve(removal, beam_width=256), best_curve(removal), equal_nan=True)


def greedy_order(removal):
    """Ranking scores: at each step what leaves the lowest logit goes, one row and one element at a time."""
    batch, element, _ = removal.vectors.shape
    scores = torch.zeros(batch, element, dtype=removal.vectors.dtype)
    for row in range(batch):
        present = torch.ones(1, batch, element, dtype=torch.bool)
        for step in range(element, 0, -1):
            reached = {}
            for place in present[0, row].nonzero().squeeze(1).tolist():
                tried = present.clone()
                tried[0, row, place] = False
                reached[place] = removal.logits(tried)[0, row].item()
            gone = min(reached, key=reached.get)
            present[0, row, gone] = False
            scores[row, gone] = step
    return scores


@given(width=st.integers(1, 6), seed=st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_a_beam_is_never_worse_than_greedy(width, seed):
    """Of seven elements that matter in pairs: however narrow the beam, its area is the greedy one or less."""
    pairs = torch.randn(7, 7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    def score(vectors):
        return ((vectors[..., 0] @ pairs) * vectors[..., 0]).sum(1)

    removal = Removal(score, torch.ones(2, 7, 1, dtype=torch.float64), baselines=0.0)
    order = best_order(removal, beam_width=width)
    greedy, found, best = (
        aopc(deletion_curve(removal, ranked))
        for ranked in (greedy_order(removal), order, best_order(removal))
    )
    assert (found >= greedy - 1e-9).all()
    assert (found <= best + 1e-9).all()
    assert (best_curve(removal, beam_width=width) <= deletion_curve(removal, order) + 1e-9).all()


def test_many_elements_are_searched():
    """Thirty elements without interaction: the best order is known, and scored sets grow with n², not 2^n."""
    terms = torch.randn(2, 30, 1, generator=torch.Generator().manual_seed(0))
    calls = []

    def score(vectors):
        calls.append(len(vectors))
        return vectors.sum((1, 2))

    removal = Removal(score, terms, baselines=0.0)
    assert (best_order(removal).argsort(1) == terms[:, :, 0].argsort(1)).all()
    assert sum(calls) <= 2 * (32 + 1) * 30 * 31 / 2 + 2
    floor = torch.cat([torch.zeros(2, 1), terms[:, :, 0].sort(descending=True).values.cumsum(1)], 1)
    torch.testing.assert_close(best_curve(removal), terms.sum((1, 2))[:, None] - floor, atol=1e-5, rtol=0)


@pytest.mark.parametrize("beam_width", [None, 4])
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_rows_without_finite_logits_have_no_best_order(beam_width, bad):
    """The row is NaN, not in an order of its places, and a warning says so; the other row keeps its own."""

    def score(vectors):
        total = vectors.sum((1, 2))
        return total.where(total != 5, bad)  # the second and the third element of the first row

    removal = Removal(score, torch.tensor([[[1.0], [2.0], [3.0]], [[1.0], [7.0], [9.0]]]), baselines=0.0)
    with pytest.warns(UserWarning, match="best order of 1 of 2 rows is NaN, since forward_func"):
        order = best_order(removal, beam_width=beam_width)
    floor = best_curve(removal, beam_width=beam_width)
    assert order[0].isnan().all()
    assert floor[0].isnan().all()
    assert order[1].tolist() == [1, 2, 3]
    assert floor[1].tolist() == [17, 8, 1, 0]


@pytest.mark.parametrize("beam_width", [None, 4])
def test_a_model_that_is_undefined_without_elements_still_has_a_best_order(beam_width):
    """All removed is the same for every order: NaN there alone, as of an empty softmax, leaves the order."""

    def score(vectors):
        return vectors.sum((1, 2)).where(vectors.any(1).squeeze(1), torch.nan)

    removal = Removal(score, torch.tensor([[[1.0], [3.0], [2.0]]]), baselines=0.0)
    assert best_order(removal, beam_width=beam_width).tolist() == [[1, 3, 2]]
    torch.testing.assert_close(
        best_curve(removal, beam_width=beam_width), torch.tensor([[6.0, 3.0, 1.0, torch.nan]]), equal_nan=True
    )


@pytest.mark.parametrize("width", [0, 1.5, True, "wide"])
def test_a_beam_needs_a_width(width):
    """The message names the option; what is no removal is named too."""
    removal = Removal(lambda vectors: vectors.sum((1, 2)), torch.zeros(1, 3, 1), baselines=0.0)
    for function in (best_order, best_curve):
        with pytest.raises(ValueError, match="beam_width must be a whole number of at least 1"):
            function(removal, beam_width=width)
        with pytest.raises(ValueError, match="removal must be a Removal, got function"):
            function(greedy_order)
