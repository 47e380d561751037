"""Permuted and uniform weights against plain loops, and models that forget."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from attnviz.explanation.sanity import permuted_weights, randomised, uniform_weights


def example(batch=6, field=4, seed=0):
    """Weights (batch, field) that sum to 1, and values (batch, field), float64."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randn(2, batch, field, generator=generator, dtype=torch.float64)
    return (2 * draws[0]).softmax(1), draws[1]


def with_values(values):
    return lambda weights: (weights * values).sum(1)


def test_permutations_reach_all_orders_and_no_other():
    """With 3 fields, each change is one of the 6 that can be listed, each about equally often."""
    weights, values = example(batch=2, field=3)
    changes = permuted_weights(with_values(values), weights, num_permutations=3000)
    assert changes.shape == (2, 3000)
    for row in range(2):
        own = weights[row] @ values[row]
        listed = torch.stack(
            [weights[row, list(order)] @ values[row] - own for order in itertools.permutations(range(3))]
        )
        gaps = (changes[row][:, None] - listed).abs()
        assert gaps.min(1).values.max() < 1e-12
        shares = gaps.argmin(1).bincount(minlength=6) / 3000
        torch.testing.assert_close(shares, torch.full((6,), 1 / 6), atol=0.03, rtol=0)


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_permuted_weights_stay_the_same_numbers(seed):
    """Each row keeps its weights, padding keeps its own, and the same seed gives the same changes."""
    weights, values = example(seed=seed)
    mask = torch.rand(6, 4, generator=torch.Generator().manual_seed(seed)) < 0.7
    weights = weights * mask
    seen = []

    def record(given):
        seen.append(given)
        return (given * values).sum(1)

    first = permuted_weights(record, weights, num_permutations=5, seed=seed, mask=mask)
    for given_weights in seen[1:]:
        assert (given_weights.sort(1).values == weights.sort(1).values).all()
        assert (given_weights[~mask] == 0).all()
    again = permuted_weights(with_values(values), weights, num_permutations=5, seed=seed, mask=mask)
    torch.testing.assert_close(again, first)


def test_nothing_happens_where_weights_are_even_or_values_are_equal():
    """Even weights stay even in any order, and fields that say the same may swap."""
    _, values = example()
    even = torch.full((6, 4), 0.25, dtype=torch.float64)
    same = torch.ones(6, 4, dtype=torch.float64)
    torch.testing.assert_close(permuted_weights(with_values(values), even), torch.zeros(6, 100).double())
    torch.testing.assert_close(uniform_weights(with_values(values), even), torch.zeros(6).double())
    weights, _ = example()
    torch.testing.assert_close(permuted_weights(with_values(same), weights), torch.zeros(6, 100).double())


def test_uniform_weights_give_the_mean():
    """The logit becomes the mean of the values of what is no padding."""
    weights, values = example()
    mask = torch.arange(4) < torch.tensor([[4], [3], [2], [1], [4], [4]])
    weights = weights * mask / (weights * mask).sum(1, keepdim=True)
    change = uniform_weights(with_values(values), weights, mask=mask)
    for row, count in enumerate([4, 3, 2, 1, 4, 4]):
        expected = values[row, :count].mean() - weights[row] @ values[row]
        torch.testing.assert_close(change[row], expected)


class Model(nn.Module):
    """Two layers, and an embedding."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        self.names = nn.Embedding(5, 2)


def test_randomised_forgets_and_leaves_the_model_alone():
    """Every parameter is another one, the same for the same seed, and the model is as it was."""
    model = Model()
    before = {name: value.clone() for name, value in model.named_parameters()}
    state = torch.get_rng_state()
    other = randomised(model, seed=3)
    assert (torch.get_rng_state() == state).all()
    for name, value in other.named_parameters():
        assert (model.get_parameter(name) == before[name]).all()
        assert (value != before[name]).all()
        assert (randomised(model, seed=3).get_parameter(name) == value).all()
        assert (randomised(model, seed=4).get_parameter(name) != value).all()
    assert not other.training


def test_randomised_modules_only():
    """Only what lies in the named modules changes."""
    model = Model()
    other = randomised(model, modules=("body.2", "names"))
    changed = {name for name, value in other.named_parameters() if (value != model.get_parameter(name)).any()}
    assert changed == {"body.2.weight", "body.2.bias", "names.weight"}
    assert (randomised(model, modules=()).names.weight == model.names.weight).all()


def test_randomised_has_the_spread_of_a_new_model():
    """What a trained model holds does not matter to the copy."""
    model = nn.Linear(100, 100)
    nn.init.constant_(model.weight, 50.0)
    assert randomised(model).weight.std().item() == pytest.approx(
        nn.Linear(100, 100).weight.std().item(), rel=0.1
    )


def test_randomised_errors():
    """A name that is not there, and a parameter that nobody can draw again."""
    with pytest.raises(ValueError, match=r"modules must be among .*'body.0'.*got \['head'\]"):
        randomised(Model(), modules=("head",))

    class Raw(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

    with pytest.raises(ValueError, match=r"'0' \(Raw\) has parameters of its own but no reset_parameters"):
        randomised(nn.Sequential(Raw()))


@pytest.mark.parametrize("function", [permuted_weights, uniform_weights])
def test_errors_name_the_argument(function):
    """What was expected and what came stand in the message."""
    weights, values = example()
    with pytest.raises(
        ValueError, match=r"weights must be float \(batch, field\), got torch.float64 \(24,\)"
    ):
        function(with_values(values), weights.flatten())
    with pytest.raises(ValueError, match=r"mask must be bool \(batch, field\) = \(6, 4\)"):
        function(with_values(values), weights, mask=torch.ones(6, 4))
    with pytest.raises(ValueError, match=r"forward_with_weights must return logits \(batch,\) = \(6,\)"):
        function(lambda weights: weights, weights)


def test_number_of_permutations():
    """At least one."""
    weights, values = example()
    with pytest.raises(ValueError, match="num_permutations must be a whole number of at least 1, got 0"):
        permuted_weights(with_values(values), weights, num_permutations=0)
