"""The furthest weights against brute force over the whole triangle, and against random ones."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sanity import example, with_values

from attnviz.explanation.adversarial import adversarial_weights
from attnviz.metrics.agreement import jensen_shannon


def triangle(steps=120):
    """All weights of three fields in steps of 1/120: (point, 3)."""
    first, second = torch.meshgrid(torch.arange(steps + 1), torch.arange(steps + 1), indexing="ij")
    points = torch.stack([first, second, steps - first - second], dim=-1).flatten(0, 1)
    return points[points[:, 2] >= 0].double() / steps


def is_allowed(found, weights, logits, epsilon):
    """Each row is a point of the simplex, and its probability is as near as it claims to be."""
    assert (found.weights >= 0).all()
    torch.testing.assert_close(found.weights.sum(1), torch.ones_like(found.change))
    change = logits(found.weights).sigmoid() - logits(weights).sigmoid()
    torch.testing.assert_close(found.change, change)
    torch.testing.assert_close(found.distance, jensen_shannon(weights, found.weights))
    return bool((change.abs() <= epsilon).all())


@given(seed=st.integers(0, 2**16), epsilon=st.sampled_from([1e-3, 0.01, 0.1, 0.6]))
@settings(max_examples=40, deadline=None)
def test_linear_head_equals_brute_force(seed, epsilon):
    """No point of a fine grid over the triangle that is allowed lies further away."""
    weights, values = example(4, 3, seed=seed)
    logits = with_values(values)
    found = adversarial_weights(logits, weights, epsilon=epsilon, num_steps=0)
    assert is_allowed(found, weights, logits, epsilon)
    points = triangle()
    for row in range(4):
        change = (points @ values[row]).sigmoid() - (weights[row] @ values[row]).sigmoid()
        near = points[change.abs() <= epsilon]
        if len(near):
            furthest = jensen_shannon(weights[row].expand_as(near), near).max()
            assert found.distance[row] >= furthest - 1e-3


def test_linear_head_reaches_a_known_corner():
    """With a wide epsilon all weights are allowed, and the furthest is all on the field with the least."""
    weights, values = example(5, 6)
    found = adversarial_weights(with_values(values), weights, epsilon=0.999, num_steps=0)
    assert (found.weights.argmax(1) == weights.argmin(1)).all()
    torch.testing.assert_close(found.weights.amax(1), torch.ones(5).double(), atol=2e-4, rtol=0)


@pytest.mark.parametrize("field", [2, 5, 12])
def test_linear_head_is_not_beaten_by_random_weights(field):
    """Of 20,000 random weights, none that is allowed lies further away."""
    weights, values = example(3, field)
    found = adversarial_weights(with_values(values), weights, epsilon=0.05, num_steps=0)
    generator = torch.Generator().manual_seed(1)
    drawn = (6 * torch.randn(20_000, field, generator=generator, dtype=torch.float64)).softmax(1)
    for row in range(3):
        near = ((drawn @ values[row]).sigmoid() - (weights[row] @ values[row]).sigmoid()).abs() <= 0.05
        far = jensen_shannon(weights[row].expand_as(drawn), drawn)
        assert far[near].max() <= found.distance[row] + 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_result_is_allowed_for_a_model_that_is_not_linear(dtype):
    """The search stays within epsilon, and random steps only take it further."""
    weights, values = example(50, 4)
    weights, values = weights.to(dtype), values.to(dtype)

    def logits(weights):
        return 3 * ((weights * values).sum(1) * 2).tanh() + (weights**2).sum(1)

    start = adversarial_weights(logits, weights, epsilon=0.02, num_steps=0)
    found = adversarial_weights(logits, weights, epsilon=0.02, num_steps=200)
    assert is_allowed(start, weights, logits, 0.02)
    assert is_allowed(found, weights, logits, 0.02)
    assert (found.distance >= start.distance).all()
    assert found.distance.mean() > start.distance.mean() + 0.02
    again = adversarial_weights(logits, weights, epsilon=0.02, num_steps=200)
    assert (again.weights == found.weights).all()


def test_batch_equals_loop():
    """For a linear head each row is found as if it were alone."""
    weights, values = example()
    together = adversarial_weights(with_values(values), weights, num_steps=0)
    for row in range(6):
        alone = adversarial_weights(with_values(values[[row]]), weights[[row]], num_steps=0)
        torch.testing.assert_close(alone.weights[0], together.weights[row])


def test_padding_gets_nothing():
    """With a mask, a row is attacked as if its padding were not there."""
    weights, values = example(field=5)
    mask = torch.arange(5) < 3
    mask = mask.expand(6, 5)
    weights = weights * mask / (weights * mask).sum(1, keepdim=True)
    for steps in (0, 30):
        found = adversarial_weights(with_values(values), weights, num_steps=steps, mask=mask)
        assert (found.weights[:, 3:] == 0).all()
        torch.testing.assert_close(found.weights.sum(1), torch.ones(6).double())
    alone = adversarial_weights(with_values(values[:, :3]), weights[:, :3], num_steps=0)
    found = adversarial_weights(with_values(values), weights, num_steps=0, mask=mask)
    torch.testing.assert_close(found.weights[:, :3], alone.weights)


def test_frozen_fields_keep_their_weight():
    """Found over the shares of three fields, no point of the slice with the other two frozen lies further."""
    weights, values = example(4, 5, seed=3)
    free = weights[:, :3].sum(1, keepdim=True)

    def whole(shares):
        return torch.cat([shares * free, weights[:, 3:]], dim=1)

    found = adversarial_weights(
        lambda shares: (whole(shares) * values).sum(1), weights[:, :3] / free, epsilon=0.02, num_steps=0
    )
    distance = jensen_shannon(weights, whole(found.weights))
    torch.testing.assert_close(distance, found.distance * free[:, 0])
    points = triangle()
    for row in range(4):
        all_points = torch.cat([points * free[row], weights[row, 3:].expand(len(points), 2)], dim=1)
        change = (all_points @ values[row]).sigmoid() - (weights[row] @ values[row]).sigmoid()
        near = all_points[change.abs() <= 0.02]
        assert distance[row] >= jensen_shannon(weights[row].expand_as(near), near).max() - 1e-3


def test_one_field_has_no_other_weights():
    """A weight of 1 cannot move."""
    found = adversarial_weights(lambda weights: weights[:, 0], torch.ones(2, 1))
    torch.testing.assert_close(found.weights, torch.ones(2, 1))
    assert (found.distance == 0).all()


def test_equal_values_leave_all_weights_free():
    """Where all fields say the same, the weights say nothing: the furthest corner is allowed."""
    weights = torch.tensor([[0.7, 0.2, 0.1]])
    found = adversarial_weights(lambda weights: weights.sum(1), weights, epsilon=1e-4)
    torch.testing.assert_close(found.weights, torch.tensor([[0.0, 0.0, 1.0]]), atol=2e-4, rtol=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": torch.ones(2, 3)}, "weights must be at least 0 and sum to 1"),
        ({"weights": torch.tensor([[1.5, -0.5]])}, "weights must be at least 0"),
        ({"epsilon": 0.0}, "epsilon must be a number above 0 and below 1"),
        ({"num_steps": -1}, "num_steps must be a whole number of at least 0"),
        ({"weights": torch.ones(3)}, r"weights must be float \(batch, field\)"),
    ],
)
def test_errors_name_the_argument(change, message):
    """What was expected and what came stand in the message."""
    given = {"weights": torch.full((2, 4), 0.25)} | change
    with pytest.raises(ValueError, match=message):
        adversarial_weights(lambda weights: weights[:, 0], given.pop("weights"), **given)
