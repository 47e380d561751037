import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import attnviz.attribution as attribution
from attnviz.attribution import attribute, completeness_gap

METHODS = ["shapley", "integrated_gradients"]


def example(batch=7, field=4, dim=3, seed=0):
    """Vectors, baselines (batch, field, dim) and a context (batch, dim), float64."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(batch, field, dim), (batch, field, dim), (batch, dim)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


class Attention(nn.Module):
    """A small non-linear model with attention in it: fields interact through the softmax."""

    def __init__(self, dim=3):
        super().__init__()
        torch.manual_seed(0)
        self.key, self.head = nn.Linear(dim, dim).double(), nn.Linear(dim, 1).double()

    def forward(self, vectors, context=None, scale=1.0):
        context = torch.ones_like(vectors[:, 0]) if context is None else context
        weights = torch.einsum("bd,bfd->bf", context, self.key(vectors)).softmax(-1)
        return scale * self.head(torch.einsum("bf,bfd->bd", weights, vectors).tanh()).squeeze(-1)


def linear(vectors, coefficients):
    return (vectors * coefficients).sum((1, 2))


def test_shapley_equals_captum():
    """All coalitions at once give what Captum's own enumeration of permutations gives."""
    from captum.attr import ShapleyValues

    model, (vectors, baselines, context) = Attention(), example()
    fields = torch.arange(4)[None, :, None].expand(1, 4, 3).contiguous()
    expected = ShapleyValues(model).attribute(
        vectors, baselines=baselines, additional_forward_args=(context, 2.0), feature_mask=fields
    )[:, :, 0]
    values = attribute(model, vectors, baselines=baselines, forward_args=(context, 2.0))
    torch.testing.assert_close(values, expected.double(), atol=1e-6, rtol=1e-6)  # Captum returns float32


def test_integrated_gradients_equals_the_integral():
    """Captum's quadrature gives the mean gradient along the line, here by a fine midpoint rule."""
    model, (vectors, baselines, context) = Attention(), example()
    steps = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    total = torch.zeros_like(vectors)
    for step in steps:
        point = (baselines + step * (vectors - baselines)).requires_grad_()
        total += torch.autograd.grad(model(point, context).sum(), point)[0]
    expected = ((vectors - baselines) * total / len(steps)).sum(-1)
    values = attribute(
        model, vectors, method="integrated_gradients", baselines=baselines, forward_args=(context,)
    )
    torch.testing.assert_close(values, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_linear_model_gives_its_terms(method):
    """In a sum of terms, each field's share is its own term's change."""
    vectors, baselines, _ = example()
    coefficients = torch.randn(4, 3, dtype=torch.float64)
    values = attribute(
        linear, vectors, method=method, baselines=baselines, forward_args=(coefficients[None],)
    )
    torch.testing.assert_close(values, (coefficients * (vectors - baselines)).sum(-1))


@given(field=st.integers(1, 6), seed=st.integers(0, 2**16))
@settings(max_examples=25, deadline=None)
def test_shapley_is_efficient(field, seed):
    """Shares sum to the score minus the baseline's score: nothing is lost or made up."""
    model, (vectors, baselines, context) = Attention(), example(3, field, seed=seed)
    values = attribute(model, vectors, baselines=baselines, forward_args=(context,))
    gap = completeness_gap(model, vectors, values, baselines=baselines, forward_args=(context,))
    torch.testing.assert_close(gap, torch.zeros(3, dtype=torch.float64), atol=1e-12, rtol=0)


@given(seed=st.integers(0, 2**16))
@settings(max_examples=25, deadline=None)
def test_shapley_is_symmetric(seed):
    """Fields that play the same part get the same share, and relabelled fields keep theirs."""
    model, (vectors, baselines, _) = Attention(), example(seed=seed)
    vectors[:, 1], baselines[:, 1] = vectors[:, 0], baselines[:, 0]
    values = attribute(model, vectors, baselines=baselines)
    torch.testing.assert_close(values[:, 0], values[:, 1])
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(
        attribute(model, vectors[:, order], baselines=baselines[:, order]), values[:, order]
    )


@pytest.mark.parametrize("method", METHODS)
def test_dummy_field_gets_nothing(method):
    """A field that the score does not read, and one that equals its baseline, have share 0."""
    vectors, baselines, _ = example()
    baselines[:, 2] = vectors[:, 2]
    values = attribute(
        lambda vectors: Attention()(vectors[:, :3]), vectors, method=method, baselines=baselines
    )
    torch.testing.assert_close(values[:, 2:], torch.zeros(7, 2, dtype=torch.float64))
    assert values[:, :2].abs().min() > 0


@pytest.mark.parametrize("method", METHODS)
def test_batch_equals_loop(method, monkeypatch):
    """Rows one by one, all at once, or in parts of whatever size: the same values."""
    model, (vectors, baselines, context) = Attention(), example()

    def run(rows):
        return attribute(
            model, vectors[rows], method=method, baselines=baselines[rows], forward_args=(context[rows], 1.0)
        )

    together = run(slice(None))
    torch.testing.assert_close(torch.cat([run(slice(i, i + 1)) for i in range(7)]), together)
    for bound in (1, 50, 2000):
        monkeypatch.setattr(attribution, "_NUMBERS_AT_ONCE", bound)
        torch.testing.assert_close(run(slice(None)), together)


@pytest.mark.parametrize("method", METHODS)
def test_memory_is_bounded(method, monkeypatch):
    """No forward pass gets more numbers than the bound, whatever the batch."""
    monkeypatch.setattr(attribution, "_NUMBERS_AT_ONCE", 4 * 3 * 64)
    seen = []

    def score(vectors):
        seen.append(len(vectors))
        return vectors.sum((1, 2))

    vectors, baselines, _ = example(batch=200)
    attribute(score, vectors, method=method, baselines=baselines, n_steps=16)
    assert max(seen) <= 64


@pytest.mark.parametrize("method", METHODS)
def test_shared_argument_as_long_as_a_part(method, monkeypatch):
    """A tensor without rows is passed whole, also when a part of the batch has as many rows as it has."""
    monkeypatch.setattr(attribution, "_NUMBERS_AT_ONCE", 1)
    vectors, baselines, _ = example()
    shared = torch.ones(1, dtype=torch.float64)

    def score(vectors, shared):
        assert shared.shape == (1,)
        return shared * vectors.sum((1, 2))

    attribute(score, vectors, method=method, baselines=baselines, forward_args=(shared,))


@pytest.mark.parametrize("method", METHODS)
def test_arguments_that_are_none(method):
    """None and other plain values reach the model as they are."""
    model, (vectors, baselines, _) = Attention(), example()
    plain = attribute(model, vectors, method=method, baselines=baselines)
    with_none = attribute(model, vectors, method=method, baselines=baselines, forward_args=(None, 1.0))
    torch.testing.assert_close(plain, with_none)


@pytest.mark.parametrize("method", METHODS)
def test_baselines_broadcast(method):
    """A number, one vector a field, and the full tensor mean the same."""
    model, (vectors, baselines, _) = Attention(), example()
    zeros = torch.zeros_like(vectors)
    expected = attribute(model, vectors, method=method, baselines=zeros)
    for baselines in (0.0, zeros[0], zeros[:1], zeros[:, :1]):
        torch.testing.assert_close(attribute(model, vectors, method=method, baselines=baselines), expected)


@pytest.mark.parametrize("method", METHODS)
def test_leaves_no_trace(method):
    """No gradient on parameters or inputs, inputs unchanged, the result is cut off; also under no_grad."""
    model, (vectors, baselines, _) = Attention(), example()
    vectors.requires_grad_()
    copy = vectors.detach().clone()
    values = attribute(model, vectors, method=method, baselines=baselines)
    assert not values.requires_grad
    assert vectors.grad is None
    assert all(parameter.grad is None for parameter in model.parameters())
    torch.testing.assert_close(vectors.detach(), copy, rtol=0, atol=0)
    with torch.no_grad():
        torch.testing.assert_close(attribute(model, vectors, method=method, baselines=baselines), values)


def test_twelve_fields():
    """The largest number of fields still adds up."""
    model, (vectors, baselines, _) = Attention(), example(2, 12)
    values = attribute(model, vectors, baselines=baselines)
    gap = completeness_gap(model, vectors, values, baselines=baselines)
    assert gap.abs().max() < 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_float32(method):
    """Single precision keeps its dtype and agrees with double precision."""
    model, (vectors, baselines, _) = Attention(), example()
    double = attribute(model, vectors, method=method, baselines=baselines)
    single = attribute(model.float(), vectors.float(), method=method, baselines=baselines.float())
    torch.testing.assert_close(single, double.float(), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_empty_batch(method):
    """No rows, no attributions."""
    vectors, baselines, _ = example(batch=0)
    assert attribute(Attention(), vectors, method=method, baselines=baselines).shape == (0, 4)


def test_completeness_gap_is_what_is_too_much():
    """Attributions that are too large by 1 in each of 4 fields have a gap of 4."""
    model, (vectors, baselines, context) = Attention(), example()
    values = attribute(model, vectors, baselines=baselines, forward_args=(context,)) + 1
    gap = completeness_gap(model, vectors, values, baselines=baselines, forward_args=(context,))
    torch.testing.assert_close(gap, torch.full((7,), 4.0, dtype=torch.float64))


def test_more_steps_close_the_gap():
    """Integrated gradients are complete in the limit."""
    model, (vectors, baselines, _) = Attention(), example()
    gaps = []
    for n_steps in (2, 50):
        values = attribute(
            model, vectors, method="integrated_gradients", baselines=baselines, n_steps=n_steps
        )
        gaps.append(completeness_gap(model, vectors, values, baselines=baselines).abs().max())
    assert gaps[1] < 1e-6 < gaps[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "shaply"}, r"method must be one of \['integrated_gradients', 'shapley'\], got 'shaply'"),
        ({"vectors": torch.zeros(2, 13, 3)}, "13 fields.*at most 12"),
        ({"vectors": torch.zeros(2, 4)}, r"vectors must be float \(batch, field, dim\).*\(2, 4\)"),
        ({"vectors": torch.zeros(2, 4, 3, dtype=torch.long)}, "vectors must be float.*int64"),
        ({"vectors": torch.zeros(2, 0, 3)}, r"vectors must be float.*\(2, 0, 3\)"),
        ({"baselines": torch.zeros(2, 3, 3)}, "baselines must be a number or broadcast"),
        ({"forward_func": lambda vectors: vectors.sum(-1)}, r"forward_func must return.*\(2, 4\)"),
    ],
)
def test_errors_name_the_argument(change, message):
    """What was expected and what came stand in the message."""
    arguments = {"forward_func": lambda vectors: vectors.sum((1, 2)), "vectors": torch.zeros(2, 4, 3)}
    arguments |= {"baselines": 0.0} | change
    with pytest.raises(ValueError, match=message):
        attribute(arguments.pop("forward_func"), arguments.pop("vectors"), **arguments)


def test_gap_of_attributions_of_another_shape():
    """Attributions must fit the vectors."""
    with pytest.raises(ValueError, match=r"attributions must be \(batch, field\) = \(7, 4\), got \(7, 3\)"):
        completeness_gap(Attention(), example()[0], torch.zeros(7, 3), baselines=0.0)
