"""What looks as if it attends and is not in the record: named, with a reason, and nothing else is named."""

import gc
import re
import warnings
import weakref

import by_hand
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.overrides import handle_torch_function, has_torch_function_unary

from attnviz.recording import capture

X = torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(0))


class Beside(nn.Module):
    """An attention that is seen, and a part that is asked about."""

    def __init__(self, other: nn.Module):
        super().__init__()
        self.seen, self.other = nn.MultiheadAttention(8, 2, batch_first=True), other

    def forward(self, x):
        return self.other(self.seen(x, x, x, need_weights=False)[0])


def missing(other: nn.Module, **options) -> dict[str, str]:
    """What is missing beside an attention that is seen."""
    module = Beside(other)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.no_grad(), capture(module, **options) as record:
            module(X)
    assert "seen" in record.calls or options
    return record.missing


class Does(nn.Module):
    """Whatever a function of its input does."""

    def __init__(self, does):
        super().__init__()
        self.does, self.layer = does, nn.Linear(8, 8)

    def forward(self, x):
        return self.does(self, x)


def gate(module, x):
    return x * torch.sigmoid(module.layer(x))


def squeeze_and_excite(module, x):
    return x * torch.sigmoid(module.layer(x.mean(1, keepdim=True)))


def mean_of_known(module, x):
    known = (x[..., :1] > -9).to(x)
    return (x * known.expand_as(x)).sum(1) / known.sum(1)


def entropy(module, x):
    p = module.layer(x).softmax(-1)
    return -(p * p.log()).sum(-1)


def classes(module, x):
    return module.layer(x).reshape(2, 3, 2, 8).softmax(-1)


def similar(module, x):
    return F.normalize(x, dim=-1) @ F.normalize(x, dim=-1).mT


def rms_norm_of_gated(module, x):
    x = x * torch.sigmoid(module.layer(x)[..., :1])
    return x * x.pow(2).mean(-1, keepdim=True).rsqrt()


@pytest.mark.parametrize(
    "does",
    [gate, squeeze_and_excite, mean_of_known, entropy, classes, similar, rms_norm_of_gated],
    ids=lambda does: does.__name__,
)
def test_what_does_not_attend_is_not_named(does):
    """Gates, means over what is known, entropies, class probabilities, similarities, norms: no word."""
    assert missing(Does(does)) == {}


def unseen_kernel(module, x):
    return torch.from_numpy(x.detach().numpy()[:, ::-1].copy())


class SomeAttention(Does):
    """By its name, its heads and its parts an attention."""

    def __init__(self, does):
        super().__init__(does)
        self.num_heads = 2
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(8, 8) for _ in range(3))


class PlainAttention(Does):
    """By its name alone an attention."""


def exponentials(module, x):
    weights = torch.exp(module.layer(x)[..., :1]) * (x[..., :1] > -1)
    weights = weights / (weights.sum(1, keepdim=True) + 1e-8)
    return x.mT @ weights


def sigmoid_heads(module, x):
    weights = torch.sigmoid(x[:, None] @ x[:, None].mT).expand(-1, 2, -1, -1).clone()
    return weights @ x[:, None], weights


def squared(module, x):
    return (F.relu(x @ x.mT) ** 2) @ x


def sigmoid_attention(module, x):
    return torch.sigmoid(x @ x.mT) @ x


def flash(module, x):
    q = x[:, None]
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, q, q)[0]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (SomeAttention(unseen_kernel), "nothing that it computes could be seen"),
        (PlainAttention(unseen_kernel), "nothing that it computes could be seen"),
        (Does(exponentials), r"weights a sum .* by exp and a division .*write torch\.softmax\("),
        (Does(sigmoid_heads), "by a sigmoid, which is no softmax"),
        (SomeAttention(squared), "no softmax of its own weights a sum"),
        (Does(sigmoid_attention), "by a sigmoid, which is no softmax"),
        (Does(flash), "calls _scaled_dot_product_flash_attention_for_cpu, a fused kernel"),
        (by_hand.XCA(), r"softmax of \(2, 2, 4, 4\)"),
        (by_hand.LinearAttention(), "linear attention has no weights"),
        (by_hand.Pool(), r"softmax of \(2, 6\) over axis 1, not made of a product"),
    ],
    ids=[
        "kernel",
        "plain",
        "exponentials",
        "sigmoid heads",
        "squared",
        "sigmoid",
        "flash",
        "channels",
        "linear",
        "additive",
    ],
)
def test_what_attends_is_named_with_the_reason(other, reason):
    """By what it calls, or by its name, heads and parts."""
    found = missing(other)
    assert list(found) == ["other"]
    assert re.search(reason, found["other"])


def test_layers_bound_what_can_be_missing():
    """Who asks for one part is not told of another; numbers count all, so that all are told."""
    assert missing(by_hand.Pool(), layers=["seen"]) == {}
    assert list(missing(by_hand.Pool(), layers=[0])) == ["other"]


def test_strict_raises_and_the_warning_points_here():
    """One says it, the other stops; both name the module and the reason."""
    module = Beside(by_hand.Pool())
    with pytest.warns(UserWarning, match="not whole.*'other': it weights a sum") as heard, capture(module):
        module(X)
    assert heard[0].filename == __file__
    with pytest.raises(RuntimeError, match="not whole.*'other'"), capture(module, strict=True):
        module(X)
    with capture(module, softmax=["other"], strict=True) as record:
        module(X)
    assert record.missing == {}


@pytest.mark.parametrize("heads", [None, [0]])
def test_gradients_of_a_softmax_that_is_vouched_for(heads):
    """The gradient of sum(output) for a weight of additive pooling is the sum of its vector, by hand."""
    module = by_hand.Pool()
    with capture(module, heads=heads, softmax=[""], gradients=True) as record:
        output = module(X)
    (gradient,) = torch.autograd.grad(output.sum(), record.weights[""])
    torch.testing.assert_close(gradient, X.sum(-1)[:, None, None])
    torch.testing.assert_close(output, module(X))


def test_a_softmax_over_another_axis_than_the_last():
    """AFM normalises over axis 1 of (batch, pair, 1): the pairs are the keys."""
    module = by_hand.AFM()
    with capture(module, softmax=[""], dtype=torch.float64) as record:
        module(X)
    assert record.weights[""].shape == (2, 1, 1, 15)
    torch.testing.assert_close(record.weights[""], module.told.double())


@pytest.mark.parametrize(
    ("softmax", "kind", "message"),
    [
        ("pool", TypeError, "softmax must be a list of names"),
        ([0], TypeError, "softmax must be a list of names"),
        (["poll"], ValueError, r"softmax: module has no 'poll'; it has, for example, \['pool'"),
        (
            ["words"],
            RuntimeError,
            r"softmax: \['words'\] called no softmax of their own: .*exp and a division",
        ),
    ],
)
def test_wrong_vouching_says_what_is_wrong(softmax, kind, message):
    """A name that is not there, or of a module without a softmax of its own."""
    module = by_hand.NRMS()
    with pytest.raises(kind, match=message), capture(module, softmax=softmax):
        module(X)


@pytest.mark.parametrize("softmax", [(), ("",)])
def test_exponentials_that_are_divided_after_the_sum(softmax):
    """They are not noticed; the error says that there may be such, and what to write."""

    def pool(module, x):
        weights = torch.exp(x[..., :1])
        return (weights * x).sum(1) / weights.sum(1)

    module = Does(pool)
    message = r"by exp and a division are not seen as a softmax: write torch\.softmax\("
    with pytest.raises(RuntimeError, match=message) as raised, capture(module, softmax=softmax):
        module(X)
    assert ("fused" in str(raised.value)) is not bool(softmax)


def test_windows_are_not_taken_whoever_vouches():
    """Axes that cannot be (batch, head, query, key) stay an error."""

    class Windows(nn.Module):
        def __init__(self):
            super().__init__()
            self.num_heads = 4

        def forward(self, x):
            return torch.rand(2, 6, 4, 3).softmax(-1)

    module = Windows()
    with (
        pytest.raises(ValueError, match=r"softmax: '' cannot be taken: .*window"),
        capture(module, softmax=[""]),
    ):
        module(X)


def test_a_function_may_say_of_itself_that_it_gives_weights():
    """The way of our own `masked_softmax`, open to others: PyTorch's protocol and one attribute."""

    def sparse(scores):
        if has_torch_function_unary(scores):
            return handle_torch_function(sparse, (scores,), scores)
        return F.relu(scores) / F.relu(scores).sum(-1, keepdim=True)

    sparse.gives_attention_weights = True
    module = Does(lambda module, x: sparse(module.layer(x).exp()) @ torch.ones(8, 1))
    with capture(module, strict=True) as record:
        module(X)
    assert record.weights[""].shape == (2, 1, 6, 8)


KNOWN = torch.tensor([True, True, True, True, False, False])


def masked_after(weights):
    weights = weights * KNOWN
    return weights / weights.sum(-1, keepdim=True)


def masked_queries(weights):
    return weights.masked_fill(~KNOWN[:, None], 0.0)


def best_two(weights):
    best, places = weights.topk(2)
    return torch.zeros_like(weights).scatter(-1, places, best)


def doubled(weights):
    return weights * 2


def doubled_in_place(weights):
    weights.flatten().mul_(2)
    return weights


def doubled_through_a_view(weights):
    weights.flatten().mul_(2)
    return weights.flatten(0, 1).unflatten(0, (2, 2))


def written_to(weights):
    weights[..., 0] = 0
    return weights


def mixed_heads(weights):
    return F.linear(weights.movedim(1, -1), torch.tensor([[1.0, 0.5], [0.0, 1.0]])).movedim(-1, 1)


CHANGES = [
    masked_after,
    masked_queries,
    best_two,
    doubled,
    doubled_in_place,
    doubled_through_a_view,
    written_to,
    mixed_heads,
]


class Changes(nn.Module):
    """Attention that does something to its weights before it uses and returns them."""

    def __init__(self, change, *, summed: bool = False):
        super().__init__()
        self.change, self.summed, self.num_heads = change, summed, 2

    def forward(self, x):
        heads = x.unflatten(-1, (2, 4)).transpose(1, 2)
        self.told = (heads @ heads.mT).softmax(-1)
        used = self.change(self.told)
        if self.summed:
            return (used[..., None] * heads[:, :, None]).sum(-2), used
        return used @ heads, used


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_softmax_that_is_changed_before_the_sum_is_missing(change, inference, summed):
    """Not recorded as it was before the change, neither by itself nor when the user vouches."""
    if inference and change in (doubled_in_place, doubled_through_a_view):
        pytest.skip("inference mode does not count writes through a view")
    for softmax in ((), ("other",)):
        module = Beside(Changes(change, summed=summed))
        module.eval()
        with (
            torch.inference_mode(inference),
            torch.no_grad(),
            pytest.warns(UserWarning, match="not whole"),
            capture(module, softmax=softmax) as record,
        ):
            module(X)
        assert record.missing == {"other": "its softmax is changed before it weights the sum"}
        assert list(record.calls) == ["seen"]


@pytest.mark.parametrize("change", [masked_after, best_two, doubled], ids=lambda change: change.__name__)
def test_additive_pooling_that_is_changed_cannot_be_vouched_for(change):
    """Its softmax, of no product, is followed as well; beside a seen attention it takes nothing away."""

    def pool(module, x):
        weights = change(module.layer(x)[..., 0].softmax(-1))
        return weights[:, None] @ module.seen(x, x, x)[0]

    module = Does(pool)
    module.seen = nn.MultiheadAttention(8, 2, batch_first=True)
    with pytest.warns(UserWarning, match="changed before"), capture(module, softmax=[""]) as record:
        module(X)
    assert list(record.calls) == ["seen"]
    assert list(record.missing) == [""]


def test_a_softmax_of_no_product_that_is_changed_takes_no_record_away():
    """It is missing, and cannot be vouched for; the attention of the same module stays."""

    def mixed(module, x):
        weights = doubled(module.layer(x)[..., 0].softmax(-1))
        return weights[:, None] @ F.scaled_dot_product_attention(x, x, x)

    module = Does(mixed)
    with pytest.warns(UserWarning, match="changed before"), capture(module) as record:
        module(X)
    assert list(record.calls) == list(record.missing) == [""]


@pytest.mark.parametrize(
    "change",
    [
        lambda weights: weights * torch.ones(6, dtype=torch.bool),
        lambda weights: F.dropout(weights, 0.5, inplace=True),
        lambda weights: weights.double().float().flatten(0, 1).unflatten(0, (2, 2)),
        lambda weights: weights.nan_to_num(),
    ],
    ids=["mask of ones", "dropout", "cast and reshape", "no NaN"],
)
def test_what_leaves_the_weights_as_they_are_is_no_change(change):
    """The softmax is in the record."""
    module = Changes(change)
    with torch.no_grad(), capture(module, strict=True) as record:
        module(X)
    heads = X.unflatten(-1, (2, 4)).transpose(1, 2)
    torch.testing.assert_close(record.weights[""], (heads @ heads.mT).softmax(-1))


def test_a_softmax_that_would_be_refused_is_not_offered():
    """Of two softmaxes one has windows: neither is recorded, nor is vouching advised."""

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.num_heads = 4

        def forward(self, x):
            x = self.windows(x)
            return (x @ x.mT).softmax(-1) @ x

        def windows(self, x):
            scores = (x[:, :, None] @ x[:, :, None].mT).expand(2, 6, 4, 3)
            return x + scores.softmax(-1).sum((-2, -1))[..., None]

    reason = missing(Both())["other"]
    assert "window" in reason
    assert "take it with" not in reason


def test_a_record_keeps_neither_model_nor_flow():
    """What is missing is plain text: the model can go."""
    module = by_hand.NRMS()
    gone = weakref.ref(module)
    with pytest.warns(UserWarning, match="not whole"), torch.no_grad(), capture(module) as record:
        module(X)
    del module
    gc.collect()
    assert gone() is None
    assert list(record.missing) == ["pool"]
