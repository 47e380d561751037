"""Removal against hand-computed toys, plain loops, and what must hold of any order."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from attnviz.attention.attention import point_attention
from attnviz.explanation import forward as forward
from attnviz.explanation.attribution import attribute
from attnviz.explanation.faithfulness import (
    aopc,
    comprehensiveness,
    deletion_curve,
    insertion_curve,
    sufficiency,
)
from attnviz.explanation.removal import Removal

FOUR = [comprehensiveness, sufficiency, deletion_curve, insertion_curve]


class Attention(nn.Module):
    """Point attention with a head that is not linear; padding gets no weight."""

    def __init__(self, dim=3):
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(dim, 1).double()

    def forward(self, vectors, query, mask=None):
        output, _ = point_attention(query, vectors, vectors, mask=mask)
        return self.head(output.tanh()).squeeze(-1)


def example(batch=6, element=5, dim=3, seed=0):
    """Vectors and baselines (batch, element, dim), queries (batch, dim), ranking scores (batch, element)."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(batch, element, dim), (batch, element, dim), (batch, dim), (batch, element)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def padded(batch=6, element=5):
    """Rows with 5, 4, 3, 2, 1 and 0 elements."""
    return torch.arange(element) < (element - torch.arange(batch))[:, None]


def total(vectors, mask=None):
    """The sum of all numbers of the elements that take part."""
    terms = vectors.sum(2)
    return terms.sum(1) if mask is None else (terms * mask).sum(1)


def by_hand(model, vectors, baselines, query, removed):
    """The logit of one row with the elements in `removed` at their baselines."""
    mixed = vectors.clone()
    for element in removed:
        mixed[element] = baselines[element]
    return model(mixed[None], query[None])[0].item()


def test_hand_computed_toy():
    """Terms 5, 1, -2 of a sum of 4, ranked 2, 0, 1: without the top 2 it is 1 - ... all written out."""
    vectors = torch.tensor([[[5.0], [1.0], [-2.0]]])
    scores = torch.tensor([[0.3, 0.1, 0.6]])
    removal = Removal(total, vectors, baselines=0.0)
    curve = deletion_curve(removal, scores)
    torch.testing.assert_close(curve, torch.tensor([[4.0, 6.0, 1.0, 0.0]]))
    curve = insertion_curve(removal, scores)
    torch.testing.assert_close(curve, torch.tensor([[0.0, -2.0, 3.0, 4.0]]))
    for top_k, without, alone in [(1, -2.0, 6.0), (2, 3.0, 1.0), (3, 4.0, 0.0), (0.5, 3.0, 1.0)]:
        assert comprehensiveness(removal, scores, top_k=top_k).item() == without
        assert sufficiency(removal, scores, top_k=top_k).item() == alone
    assert comprehensiveness(removal, scores, top_k=(1, 2, 3)).item() == pytest.approx(5 / 3)


def test_equals_a_loop_over_rows_and_elements():
    """Batched removal is what replacing vectors one by one gives."""
    model, (vectors, baselines, query, scores) = Attention(), example()
    curve = deletion_curve(Removal(model, vectors, baselines=baselines, forward_args=(query,)), scores)
    for row in range(6):
        order = sorted(range(5), key=lambda element: -scores[row, element])
        for k in range(6):
            expected = by_hand(model, vectors[row], baselines[row], query[row], order[:k])
            assert curve[row, k].item() == pytest.approx(expected, abs=1e-12)


@given(seed=st.integers(0, 2**16), how=st.sampled_from(["baseline", "mask", "sample"]))
@settings(max_examples=30, deadline=None)
def test_all_measures_tell_the_same_story(seed, how):
    """Comprehensiveness and sufficiency are read off the curves, and insertion is deletion backwards."""
    model, (vectors, baselines, query, scores) = Attention(), example(seed=seed)
    samples = torch.stack([baselines, -baselines], dim=1)
    removal = Removal(
        model, vectors, how=how, forward_args=(query,), mask=padded(),
        baselines={"baseline": baselines, "mask": None, "sample": samples}[how],
    )  # fmt: skip
    deleted, inserted = (f(removal, scores) for f in (deletion_curve, insertion_curve))
    for k in range(1, 6):
        falls = comprehensiveness(removal, scores, top_k=k)
        at = torch.tensor([[min(k, 5 - row)] for row in range(5)])
        torch.testing.assert_close(falls[:5], (deleted[:5, :1] - deleted[:5].gather(1, at))[:, 0])
        falls = sufficiency(removal, scores, top_k=k)
        torch.testing.assert_close(falls[:5], (deleted[:5, :1] - inserted[:5].gather(1, at))[:, 0])
    backwards = deletion_curve(removal, -scores)
    for row in range(6):
        there = slice(0, 6 - row)
        torch.testing.assert_close(inserted[row, there], backwards[row, there].flip(0))


@pytest.mark.parametrize("how", ["baseline", "mask", "sample"])
@pytest.mark.parametrize("measure", FOUR)
def test_batch_equals_loop(measure, how, monkeypatch):
    """Rows one by one, all at once, or in parts of whatever size: the same values."""
    model, (vectors, baselines, query, scores) = Attention(), example()
    samples = torch.stack([baselines, -baselines], dim=1)

    def run(rows):
        chosen = {"baseline": baselines[rows], "mask": None, "sample": samples[rows]}[how]
        removal = Removal(
            model, vectors[rows], how=how, baselines=chosen, mask=padded()[rows], forward_args=(query[rows],)
        )
        return measure(removal, scores[rows])

    together = run(slice(None))
    alone = torch.cat([run(slice(row, row + 1)) for row in range(6)])
    torch.testing.assert_close(alone, together, equal_nan=True)
    for bound in (1, 70, 2000):
        monkeypatch.setattr(forward, "NUMBERS_AT_ONCE", bound)
        torch.testing.assert_close(run(slice(None)), together, equal_nan=True)
    assert run(slice(0, 0)).shape == together[:0].shape


@pytest.mark.parametrize("how", ["baseline", "mask"])
def test_padding_never_counts(how):
    """What padding holds and how high it ranks changes nothing, and it is never replaced."""
    model, (vectors, baselines, query, scores) = Attention(), example()
    mask = padded()

    def score(vectors, query, known, mask=None):
        return model(vectors, query, mask=known if mask is None else mask)

    def run(vectors, scores, measure):
        removal = Removal(
            score, vectors, how=how, mask=mask, forward_args=(query, mask),
            baselines=baselines if how == "baseline" else None,
        )  # fmt: skip
        return measure(removal, scores)

    for measure in FOUR:
        expected = run(vectors, scores, measure)
        other = run(vectors.masked_fill(~mask[..., None], 9.0), scores.masked_fill(~mask, torch.inf), measure)
        torch.testing.assert_close(other, expected, equal_nan=True)
        unknown = run(vectors, scores.masked_fill(~mask, torch.nan), measure)
        torch.testing.assert_close(unknown, expected, equal_nan=True)

    def padding_is_whole(vectors):
        assert (vectors[:, 1:] == 7).all()
        return vectors.sum((1, 2))

    sevens = torch.full((1, 3, 2), 7.0)
    only_first = torch.tensor([[True, False, False]])
    comprehensiveness(Removal(padding_is_whole, sevens, baselines=0.0, mask=only_first), torch.rand(1, 3))


def test_rows_with_fewer_elements():
    """A curve ends with a row's last element; a row without any is undefined."""
    vectors, mask = torch.ones(6, 5, 1), padded()
    scores = torch.rand(6, 5, generator=torch.Generator().manual_seed(0))
    removal = Removal(total, vectors, how="mask", mask=mask)
    curve = deletion_curve(removal, scores)
    expected = [[5, 4, 3, 2, 1, 0], [4, 3, 2, 1, 0], [3, 2, 1, 0], [2, 1, 0], [1, 0], [0]]
    for row, values in enumerate(expected):
        assert curve[row, : len(values)].tolist() == values
        assert curve[row, len(values) :].isnan().all()
    falls = comprehensiveness(removal, scores, top_k=3)
    assert falls.tolist()[:5] == [3, 3, 3, 2, 1]
    assert math.isnan(falls[5])
    halves = comprehensiveness(removal, scores, top_k=0.5)
    assert halves.tolist()[:5] == [3, 2, 2, 1, 1]
    assert aopc(curve).tolist()[:5] == [3, 2.5, 2, 1.5, 1]
    assert math.isnan(aopc(curve)[5])


def test_shares_are_not_rounded_up_by_accident():
    """0.7 of 10 is 7, though 0.7 * 10 is 7.000000000000001."""
    removal, scores = Removal(total, torch.ones(1, 10, 1), baselines=0.0), torch.rand(1, 10)
    falls = [comprehensiveness(removal, scores, top_k=k / 10).item() for k in range(1, 11)]
    assert falls == pytest.approx(range(1, 11))


def test_ties_go_to_the_element_that_comes_first():
    """Equal ranking scores are removed from left to right."""
    vectors = torch.tensor([[[1.0], [10.0], [100.0]]])
    curve = deletion_curve(Removal(total, vectors, baselines=0.0), torch.zeros(1, 3))
    assert curve.tolist() == [[111.0, 110.0, 100.0, 0.0]]


def test_an_undefined_ranking_is_undefined():
    """A NaN among a row's ranking scores gives NaN in that row only."""
    vectors, scores = torch.ones(2, 3, 1), torch.rand(2, 3)
    scores[1, 1] = torch.nan
    for measure in FOUR:
        found = measure(Removal(total, vectors, baselines=0.0), scores).reshape(2, -1)
        assert found[0].isfinite().all()
        assert found[1].isnan().all()


def test_removal_by_mask_shares_the_weight_among_the_rest():
    """It equals attention over the product without the element."""
    model, (vectors, _, query, scores) = Attention(), example()
    fall = comprehensiveness(Removal(model, vectors, how="mask", forward_args=(query,)), scores)
    for row in range(6):
        rest = [element for element in range(5) if element != scores[row].argmax()]
        alone = model(vectors[row : row + 1, rest], query[row : row + 1])
        torch.testing.assert_close(fall[row], (model(vectors[[row]], query[[row]]) - alone)[0])


def test_removal_by_sample_is_the_mean_of_removals_by_baseline():
    """Each sampled item stands in as a baseline; one sample for all rows may be given once."""
    model, (vectors, baselines, query, scores) = Attention(), example()
    samples = torch.stack([baselines, 2 * baselines, -baselines], dim=1)

    def fall(baselines, how):
        removal = Removal(model, vectors, how=how, baselines=baselines, forward_args=(query,))
        return comprehensiveness(removal, scores)

    each = [fall(sample, "baseline") for sample in samples.unbind(1)]
    torch.testing.assert_close(fall(samples, "sample"), torch.stack(each).mean(0))
    shared = samples[:1]
    torch.testing.assert_close(fall(shared, "sample"), fall(shared.repeat(6, 1, 1, 1), "sample"))


def test_ablation_is_comprehensiveness_of_one_field():
    """Taking away the top field alone is what ablation says of it."""
    model, (vectors, baselines, query, scores) = Attention(), example()
    given = dict(baselines=baselines, forward_args=(query,))
    ablated = attribute(model, vectors, method="ablation", **given)
    fall = comprehensiveness(Removal(model, vectors, **given), scores)
    torch.testing.assert_close(fall, ablated.gather(1, scores.argmax(1, keepdim=True))[:, 0])


def test_aopc_averages_over_all_orders_alike():
    """The mean fall over all k, over all orders, is that of the mean curve."""
    model, (vectors, baselines, query, _) = Attention(), example(batch=1, element=3)
    removal = Removal(model, vectors, baselines=baselines, forward_args=(query,))
    orders = [torch.tensor([order]).double() for order in itertools.permutations(range(3))]
    curves = torch.cat([deletion_curve(removal, order) for order in orders])
    torch.testing.assert_close(aopc(curves).mean(), aopc(curves.mean(0, keepdim=True))[0])


def test_leaves_no_trace():
    """The result is cut off from the model and the inputs."""
    model, (vectors, baselines, query, scores) = Attention(), example()
    vectors.requires_grad_(), scores.requires_grad_()
    for measure in FOUR:
        found = measure(Removal(model, vectors, baselines=baselines, forward_args=(query,)), scores)
        assert not found.requires_grad
    assert model.head.weight.grad is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"how": "delete"}, r"how must be one of \('baseline', 'mask', 'sample'\), got 'delete'"),
        ({"baselines": None}, "baselines are needed for how='baseline'.*how='mask'"),
        ({"how": "sample"}, r"baselines must be \(batch, sample, element, dim\).*got 0.0"),
        ({"how": "sample", "baselines": torch.zeros(2, 3, 1)}, r"got \(2, 3, 1\)"),
        ({"baselines": torch.zeros(2, 4, 1)}, "baselines must be a number or broadcast"),
        ({"mask": torch.ones(2, 3)}, r"mask must be bool \(batch, element\) = \(2, 3\).*float32"),
        ({"ranking_scores": torch.zeros(2, 4)}, r"ranking_scores must be \(batch, element\) = \(2, 3\)"),
        ({"vectors": torch.zeros(2, 3)}, r"vectors must be float \(batch, field, dim\)"),
        ({"forward_func": lambda vectors: vectors}, "forward_func must return logits"),
        *[({"top_k": k}, "top_k must be a whole number") for k in (0, -1, 0.0, 1.5, True, "2", [1, 0])],
        ({"top_k": []}, "top_k must hold at least one number"),
    ],
)
def test_errors_name_the_argument(change, message):
    """What was expected and what came stand in the message."""
    given = dict(
        forward_func=total, vectors=torch.zeros(2, 3, 1), baselines=0.0, ranking_scores=torch.zeros(2, 3),
        top_k=1,
    )  # fmt: skip
    given |= change
    asked = {name: given.pop(name) for name in ("ranking_scores", "top_k")}
    with pytest.raises(ValueError, match=message):
        comprehensiveness(Removal(**given), **asked)


def test_aopc_of_what_is_no_curve():
    """A curve has a row each and at least two columns."""
    with pytest.raises(ValueError, match=r"curve must be \(batch, removed\).*\(3,\)"):
        aopc(torch.zeros(3))
