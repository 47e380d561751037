import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from attnviz.explanation import forward as forward
from attnviz.explanation.attribution import attribute, completeness_gap

METHODS = [
    "ablation", "deeplift", "gradient_shap", "gradient_x_input", "integrated_gradients", "kernel_shap",
    "shapley", "shapley_sampling",
]  # fmt: skip
COMPLETE = ["shapley", "shapley_sampling", "integrated_gradients", "kernel_shap"]


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
        self.squash = nn.Tanh()

    def forward(self, vectors, context=None, scale=1.0):
        context = torch.ones_like(vectors[:, 0]) if context is None else context
        weights = torch.einsum("bd,bfd->bf", context, self.key(vectors)).softmax(-1)
        output = torch.einsum("bf,bfd->bd", weights, vectors)
        return scale * self.head(self.squash(output)).squeeze(-1)


class Linear(nn.Module):
    """A sum of terms, with a parameter so that it is like any model."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, vectors, coefficients=1.0):
        return self.scale * (vectors * coefficients).sum((1, 2))


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
    """In a sum of terms, each field's share is its own term's change; gradient x input knows no baseline."""
    vectors, baselines, _ = example()
    coefficients = torch.randn(4, 3, dtype=torch.float64)
    values = attribute(
        Linear(), vectors, method=method, baselines=baselines, forward_args=(coefficients[None],)
    )
    change = vectors if method == "gradient_x_input" else vectors - baselines
    torch.testing.assert_close(values, (coefficients * change).sum(-1), atol=1e-5, rtol=1e-5)


CAPTUM_ROW = {
    "ablation": ("FeatureAblation", ("feature_mask",)),
    "deeplift": ("DeepLift", ()),
    "gradient_shap": ("GradientShap", ("n_samples",)),
    "gradient_x_input": ("InputXGradient", ()),
    "integrated_gradients": ("IntegratedGradients", ("n_steps",)),
    "shapley_sampling": ("ShapleyValueSampling", ("feature_mask", "n_samples")),
}


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Input Tensor 0 did not already")
@pytest.mark.parametrize("method", CAPTUM_ROW)
def test_equals_captum_by_hand(method):
    """Each row is what Captum gives for it alone, with its own defaults of all else and the same seed."""
    import captum.attr

    model, (vectors, baselines, context) = Attention(), example()
    name, wanted = CAPTUM_ROW[method]
    fields = torch.arange(4)[None, :, None].expand(1, 4, 3).contiguous()
    options = {"feature_mask": fields, "n_samples": 16, "n_steps": 20}
    options = {key: options[key] for key in wanted}
    expected = []
    for row in range(7):
        torch.manual_seed(5)
        np.random.seed(5)  # noqa: NPY002
        if method != "gradient_x_input":
            options["baselines"] = baselines[row : row + 1]
        explained = getattr(captum.attr, name)(model).attribute(
            vectors[row : row + 1].clone(), additional_forward_args=(context[row : row + 1], 2.0), **options
        )
        expected.append(explained[:, :, 0] if "feature_mask" in wanted else explained.sum(-1))
    values = attribute(
        model, vectors, method=method, baselines=baselines, forward_args=(context, 2.0), num_steps=20,
        num_samples=16, seed=5,
    )  # fmt: skip
    torch.testing.assert_close(values, torch.cat(expected).detach().double(), atol=1e-6, rtol=1e-6)


def drawn_by_kernel_shap(model, vectors, baselines, context, *, num_samples):
    """The attributions, and the coalitions (coalition, field) that were scored, the same in all rows."""
    seen = []

    def score(mixed, context):
        seen.append(mixed.detach())
        return model(mixed, context)

    values = attribute(
        score, vectors, method="kernel_shap", baselines=baselines, forward_args=(context,),
        num_samples=num_samples,
    )  # fmt: skip
    mixed = torch.cat(seen).view(-1, *vectors.shape)
    present = (mixed == vectors).all(-1)  # (coalition, batch, field)
    assert (present == present[:, :1]).all()
    assert torch.equal(mixed, torch.where(present[..., None], vectors, baselines))
    return values, present[:, 0]


def test_kernel_shap_is_a_weighted_regression():
    """With the coalitions that were drawn, expect NumPy's least squares with ends that weigh a billion."""
    model, (vectors, baselines, context) = Attention(), example(field=6)
    values, present = drawn_by_kernel_shap(model, vectors, baselines, context, num_samples=40)
    assert present[0].sum() == 0
    assert present[1].sum() == 6
    assert len(present) == 42
    mixed = torch.where(present[:, None, :, None], vectors, baselines)
    scores = model(mixed.flatten(0, 1), context.repeat(42, 1)).detach().view(42, 7).numpy()
    weights = np.where(np.isin(present.sum(1), (0, 6)), 1e9, 1.0)[:, None] ** 0.5
    inputs = np.concatenate([np.ones((42, 1)), present.double().numpy()], axis=1)
    solved = np.linalg.lstsq(weights * inputs, weights * scores, rcond=None)[0]
    torch.testing.assert_close(values, torch.tensor(solved[1:].T), atol=1e-6, rtol=1e-6)


def test_kernel_shap_equals_captum_on_the_same_coalitions():
    """Captum's KernelShap, made to take our coalitions, fits the same numbers up to its float32."""
    from captum.attr import KernelShap

    model, (vectors, baselines, context) = Attention(), example(field=6)
    values, present = drawn_by_kernel_shap(model, vectors, baselines, context, num_samples=40)
    fields = torch.arange(6)[None, :, None].expand(1, 6, 3).contiguous()

    def ours(*given, **named):
        yield from present[:, None].long()

    for row in range(7):
        explainer = KernelShap(model)
        explainer.perturb_func = ours
        expected = explainer.attribute(
            vectors[row : row + 1], baselines=baselines[row : row + 1], n_samples=len(present),
            additional_forward_args=(context[row : row + 1],), feature_mask=fields,
        )  # fmt: skip
        torch.testing.assert_close(values[row], expected[0, :, 0].double(), atol=1e-4, rtol=1e-4)


def test_kernel_shap_draws_coalitions_as_often_as_captum_weighs_them():
    """Sizes 1 to 15 of 16 fields come in shares of 1 / (size (16 - size)), and each field equally often."""
    model, (vectors, baselines, context) = Attention(), example(batch=1, field=16)
    _, present = drawn_by_kernel_shap(model, vectors, baselines, context, num_samples=20_000)
    drawn = present[2:]
    wanted = torch.tensor([1 / (size * (16 - size)) for size in range(1, 16)])
    shares = drawn.sum(1).bincount(minlength=16)[1:] / len(drawn)
    torch.testing.assert_close(shares, wanted / wanted.sum(), atol=0.01, rtol=0)
    torch.testing.assert_close(drawn.float().mean(0), torch.full((16,), 0.5), atol=0.015, rtol=0)


@given(field=st.integers(1, 6), seed=st.integers(0, 2**16))
@settings(max_examples=25, deadline=None)
def test_kernel_shap_of_all_coalitions_is_exact(field, seed):
    """With 2^field - 2 samples or more it is the Shapley values, in float64 to 1e-10."""
    model, (vectors, baselines, context) = Attention(), example(3, field, seed=seed)
    given = dict(baselines=baselines, forward_args=(context,))
    values = attribute(model, vectors, method="kernel_shap", num_samples=max(1, 2**field - 2), **given)
    torch.testing.assert_close(values, attribute(model, vectors, **given), atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize("num_samples", [1, 4, 12, 61])
def test_kernel_shap_is_complete_whatever_it_drew(num_samples):
    """Shares sum to the score minus the baseline's score, also with fewer coalitions than fields."""
    model, (vectors, baselines, _) = Attention(), example(field=6)
    values = attribute(model, vectors, method="kernel_shap", baselines=baselines, num_samples=num_samples)
    gap = completeness_gap(model, vectors, values, baselines=baselines)
    torch.testing.assert_close(gap, torch.zeros_like(gap), atol=1e-12, rtol=0)


@pytest.mark.parametrize("method", ["kernel_shap", "shapley_sampling"])
def test_random_methods_come_near_the_exact_values(method):
    """With many draws, still fewer than all coalitions of 12 fields, they estimate Shapley values."""
    model, (vectors, baselines, _) = Attention(), example(field=12)
    exact = attribute(model, vectors, baselines=baselines)
    errors = [
        (attribute(model, vectors, method=method, baselines=baselines, num_samples=count) - exact)
        .abs()
        .mean()
        for count in (20, 2000)
    ]
    assert errors[1] < 0.25 * errors[0]


@pytest.mark.parametrize("method", ["gradient_shap", "kernel_shap", "shapley_sampling"])
def test_random_methods_are_seeded(method):
    """The same seed gives the same values, another seed others, and global generators are left alone."""
    model, (vectors, baselines, _) = Attention(), example()

    def run(seed):
        return attribute(model, vectors, method=method, baselines=baselines, num_samples=6, seed=seed)

    torch.manual_seed(1)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    first = run(0)
    assert (np.random.get_state()[1] == before[0]).all()  # noqa: NPY002
    assert (torch.get_rng_state() == before[1]).all()
    torch.testing.assert_close(run(0), first, rtol=0, atol=0)
    assert (run(1) - first).abs().max() > 1e-4


@pytest.mark.parametrize("method", COMPLETE)
def test_complete_methods_leave_no_gap(method):
    """Shares of the four sum to the score minus the baseline's score."""
    model, (vectors, baselines, context) = Attention(), example()
    values = attribute(model, vectors, method=method, baselines=baselines, forward_args=(context,))
    gap = completeness_gap(model, vectors, values, baselines=baselines, forward_args=(context,))
    torch.testing.assert_close(gap, torch.zeros_like(gap), atol=1e-6, rtol=0)


def test_deeplift_hands_differences_through_activations():
    """Where a score is a sum of activations, DeepLIFT is complete; through attention it is not."""

    class Activations(nn.Module):
        def __init__(self):
            super().__init__()
            self.squash = nn.Tanh()

        def forward(self, vectors):
            return self.squash(vectors).sum((1, 2))

    vectors, baselines, _ = example()
    values = attribute(Activations(), vectors, method="deeplift", baselines=baselines)
    torch.testing.assert_close(values, (vectors.tanh() - baselines.tanh()).sum(-1))
    values = attribute(Attention(), vectors, method="deeplift", baselines=baselines)
    assert completeness_gap(Attention(), vectors, values, baselines=baselines).abs().max() > 0.01


def test_deeplift_of_a_method_without_activation_modules():
    """Through a softmax that is called as a function, it is gradient times difference."""

    class Plain(Attention):
        def score(self, vectors):
            weights = self.key(vectors).sum(-1).softmax(-1)
            return self.head(torch.einsum("bf,bfd->bd", weights, vectors)).squeeze(-1)

    model, (vectors, baselines, _) = Plain(), example()
    gradient = torch.autograd.functional.jacobian(lambda x: model.score(x).sum(), vectors)
    values = attribute(model.score, vectors, method="deeplift", baselines=baselines)
    torch.testing.assert_close(values, (gradient * (vectors - baselines)).sum(-1))


def test_deeplift_of_a_softmax_module_does_not_mix_rows():
    """Captum's rule for nn.Softmax takes a mean over the batch, so rows go in one by one."""

    class WithModule(Attention):
        def __init__(self):
            super().__init__()
            self.softmax = nn.Softmax(-1)

        def forward(self, vectors):
            weights = self.softmax(self.key(vectors).sum(-1))
            return self.head(torch.einsum("bf,bfd->bd", weights, vectors)).squeeze(-1)

    model, (vectors, baselines, _) = WithModule(), example()
    together = attribute(model, vectors, method="deeplift", baselines=baselines)
    rows = [
        attribute(model, vectors[[i]], method="deeplift", baselines=baselines[[i]])
        for i in range(len(vectors))
    ]
    torch.testing.assert_close(together, torch.cat(rows))


def test_deeplift_of_a_plain_function():
    """A function that belongs to no module has no activations to change, and the message says so."""
    with pytest.raises(ValueError, match="forward_func must be an nn.Module or a method of one"):
        attribute(lambda vectors: vectors.sum((1, 2)), example()[0], method="deeplift", baselines=0.0)


@pytest.mark.parametrize("method", METHODS)
def test_one_field(method):
    """A single field takes the whole difference (in a linear score also by gradients)."""
    vectors, baselines, _ = example(field=1)
    baselines = torch.zeros_like(baselines)
    values = attribute(Linear(), vectors, method=method, baselines=baselines)
    torch.testing.assert_close(values, vectors.sum(-1), atol=1e-6, rtol=1e-6)


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


class FirstThree(Attention):
    """Does not read the last field."""

    def forward(self, vectors):
        return super().forward(vectors[:, :3])


@pytest.mark.parametrize("method", METHODS)
def test_dummy_field_gets_nothing(method):
    """A field that the score does not read has share 0, and so has one that equals its baseline.

    Not so with a regression on random coalitions, which only comes near to it; here it has them all.
    """
    vectors, baselines, _ = example()
    baselines[:, 2] = vectors[:, 2]
    values = attribute(FirstThree(), vectors, method=method, baselines=baselines)
    zeros = slice(3, None) if method == "gradient_x_input" else slice(2, None)
    torch.testing.assert_close(values[:, zeros], torch.zeros_like(values[:, zeros]), atol=1e-6, rtol=0)
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
        monkeypatch.setattr(forward, "NUMBERS_AT_ONCE", bound)
        torch.testing.assert_close(run(slice(None)), together)


@pytest.mark.parametrize("method", METHODS)
def test_memory_is_bounded(method, monkeypatch):
    """No forward pass gets more numbers than the bound, whatever the batch."""
    monkeypatch.setattr(forward, "NUMBERS_AT_ONCE", 4 * 3 * 64)
    seen = []

    class Score(Linear):
        def forward(self, vectors):
            seen.append(len(vectors))
            return super().forward(vectors)

    vectors, baselines, _ = example(batch=200)
    attribute(Score(), vectors, method=method, baselines=baselines, num_steps=16, num_samples=16)
    assert max(seen) <= 64


@pytest.mark.parametrize("method", METHODS)
def test_shared_argument_as_long_as_a_part(method, monkeypatch):
    """A tensor without rows is passed whole, also when a part of the batch has as many rows as it has."""
    monkeypatch.setattr(forward, "NUMBERS_AT_ONCE", 1)
    vectors, baselines, _ = example()
    shared = torch.ones(1, dtype=torch.float64)

    class Score(Linear):
        def forward(self, vectors, shared):
            assert shared.shape == (1,)
            return super().forward(vectors, shared)

    attribute(Score(), vectors, method=method, baselines=baselines, forward_args=(shared,))


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
    for num_steps in (2, 50):
        values = attribute(
            model, vectors, method="integrated_gradients", baselines=baselines, num_steps=num_steps
        )
        gaps.append(completeness_gap(model, vectors, values, baselines=baselines).abs().max())
    assert gaps[1] < 1e-6 < gaps[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "shaply"}, r"method must be one of \['ablation', 'deeplift', .*\], got 'shaply'"),
        ({"num_samples": 0}, "num_samples must be a whole number of at least 1, got 0"),
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
