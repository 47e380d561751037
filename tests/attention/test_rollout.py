"""Three ways to add up the attention of layers and heads, against toys by hand."""

import pytest
import torch

from attnviz.attention.rollout import gradient_weighted, norm_weighted, rollout

# Two layers, two heads, two tokens. The means are [[1, 0], [.6, .4]] and [[.5, .5], [.2, .8]].
TOY = torch.tensor(
    [
        [[[1.0, 0.0], [0.8, 0.2]], [[1.0, 0.0], [0.4, 0.6]]],
        [[[0.6, 0.4], [0.0, 1.0]], [[0.4, 0.6], [0.4, 0.6]]],
    ]
)


def test_rollout_of_a_toy():
    """By hand: with the residual [[1, 0], [.3, .7]] and [[.75, .25], [.1, .9]], multiplied second @ first."""
    expected = torch.tensor([[0.75 + 0.25 * 0.3, 0.25 * 0.7], [0.1 + 0.9 * 0.3, 0.9 * 0.7]])
    torch.testing.assert_close(rollout(TOY), expected)
    alone = torch.tensor([[0.5 + 0.5 * 0.6, 0.5 * 0.4], [0.2 + 0.8 * 0.6, 0.8 * 0.4]])
    torch.testing.assert_close(rollout(TOY, residual=0), alone)
    torch.testing.assert_close(rollout(TOY, residual=1), torch.eye(2))


def test_rollout_of_norm_weighted_makes_rows_sum_to_one():
    """By hand, one layer: .8 * 1 and .2 * 4 are equal shares, half of which is the residual's."""
    weighted = norm_weighted(torch.tensor([[[[1.0, 0.0], [0.8, 0.2]]]]), torch.tensor([[[1.0, 4.0]]]))
    torch.testing.assert_close(weighted, torch.tensor([[[[1.0, 0.0], [0.8, 0.8]]]]))
    torch.testing.assert_close(rollout(weighted), torch.tensor([[1.0, 0.0], [0.25, 0.75]]))


def test_norm_weighted_of_a_toy():
    """By hand, two layers and two heads: each weight times the norm of its key in its layer and head."""
    norms = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])
    expected = torch.tensor(
        [
            [[[1.0, 0.0], [0.8, 0.4]], [[3.0, 0.0], [1.2, 2.4]]],
            [[[3.0, 2.4], [0.0, 6.0]], [[2.8, 4.8], [2.8, 4.8]]],
        ]
    )
    torch.testing.assert_close(norm_weighted(TOY, norms), expected)


def test_gradient_weighted_of_a_toy():
    """By hand: layers [[.5, 0], [.4, .1]] and [[0, 0], [.2, .5]]; R = (I + second) @ (I + first)."""
    gradients = torch.tensor(
        [
            [[[1.0, 9.0], [1.0, 1.0]], [[-1.0, 1.0], [-1.0, 0.0]]],
            [[[-1.0, 0.0], [5.0, 1.0]], [[0.0, -2.0], [1.0, -1.0]]],
        ]
    )
    expected = torch.tensor([[1.5, 0.0], [0.2 * 1.5 + 1.5 * 0.4, 1.5 * 1.1]])
    torch.testing.assert_close(gradient_weighted(TOY, gradients), expected)


@pytest.mark.parametrize(
    "function", [rollout, lambda w: norm_weighted(w, w), lambda w: gradient_weighted(w, w)]
)
def test_other_shapes_are_refused(function):
    """Weights are (layer, head, token, token)."""
    with pytest.raises(ValueError, match=r"\(layer, head, token, token\)"):
        function(torch.ones(2, 2, 3))


def test_options_out_of_range_are_refused():
    """The residual is a share, and norms and gradients fit their weights."""
    with pytest.raises(ValueError, match="residual must be a number of at least 0 and at most 1"):
        rollout(TOY, residual=1.5)
    with pytest.raises(ValueError, match="value_norms must be"):
        norm_weighted(TOY, torch.ones(2, 2, 3))
    with pytest.raises(ValueError, match="gradients must be"):
        gradient_weighted(TOY, TOY[:1])


@pytest.mark.parametrize("nothing", [0.0, torch.nan])
def test_rollout_of_tokens_that_may_see_nothing(nothing):
    """A padded token keeps itself, and the others are those of the text without padding."""
    alone = torch.rand(3, 2, 4, 4, generator=torch.Generator().manual_seed(0)).softmax(-1)
    padded = torch.zeros(3, 2, 6, 6)
    padded[..., :4, :4] = alone
    padded[..., 4:, :] = nothing
    rolled = rollout(padded)
    torch.testing.assert_close(rolled[:4, :4], rollout(alone))
    torch.testing.assert_close(rolled[4:], torch.eye(6)[4:])
    torch.testing.assert_close(rolled.sum(1), torch.ones(6))


@pytest.mark.parametrize("nothing", [0.0, torch.nan])
def test_rollout_leaves_out_a_head_that_sees_nothing(nothing):
    """By hand: the first token's row of the second head is nothing, so the first head's counts alone."""
    weights = TOY[:1].clone()
    weights[0, 1, 0] = nothing
    expected = torch.tensor([[1.0, 0.0], [0.5 * 0.6, 0.5 + 0.5 * 0.4]])
    torch.testing.assert_close(rollout(weights), expected)


def test_gradient_weighted_of_tokens_that_may_see_nothing():
    """A row of NaN brings nothing: the same as a row of zeros."""
    weights, gradients = TOY.clone(), TOY.flip(0).clone()
    weights[:, :, 1], gradients[:, :, 1] = torch.nan, torch.nan
    expected = gradient_weighted(weights.nan_to_num(0.0), gradients.nan_to_num(0.0))
    torch.testing.assert_close(gradient_weighted(weights, gradients), expected)
