"""Two numbers between a score and a probability, beside scikit-learn's."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from attnviz.metrics.calibration import calibrate
from attnviz.metrics.ranking import auc, log_loss


def drawn(count: int, slope: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores, and labels that follow sigmoid(slope · score - 1)."""
    generator = torch.Generator().manual_seed(seed)
    scores = 3 + 2 * torch.randn(count, generator=generator, dtype=torch.float64)
    return scores, torch.bernoulli(torch.sigmoid(slope * scores - 1), generator=generator)


@pytest.mark.parametrize("slope", [0.1, 1.0, 4.0])
def test_it_is_a_logistic_regression_on_platts_targets(slope):
    """A target between 0 and 1 is a row of each class with that weight, for scikit-learn without penalty."""
    scores, labels = drawn(300, slope)
    yes, no = labels.sum().item(), (1 - labels).sum().item()
    targets = np.where(labels == 1, (yes + 1) / (yes + 2), 1 / (no + 2))
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        np.tile(scores, 2)[:, None], np.repeat([1, 0], len(scores)), np.concatenate([targets, 1 - targets])
    )
    fitted = calibrate(scores, labels)
    assert fitted.slope == pytest.approx(oracle.coef_.item(), rel=1e-4)
    assert fitted.intercept == pytest.approx(oracle.intercept_.item(), rel=1e-4)


def test_it_finds_the_line_that_made_the_labels():
    """With many rows, slope 0.5 and intercept -1 come back."""
    fitted = calibrate(*drawn(100_000, 0.5))
    assert (fitted.slope, fitted.intercept) == pytest.approx((0.5, -1.0), abs=0.03)


@given(st.integers(0, 50), st.sampled_from([-2.0, -0.3, 0.0, 0.2, 3.0]))
def test_it_never_turns_the_order_round(seed, slope):
    """Higher scores have probabilities at least as high, also where the labels say the opposite."""
    scores, labels = drawn(40, slope, seed)
    probabilities = calibrate(scores, labels)(scores.sort().values)
    assert (probabilities.diff() >= 0).all()


def test_scores_that_say_the_opposite_get_one_probability():
    """The slope is 0, and the probability is the base rate, drawn to the middle as Platt does."""
    fitted = calibrate(torch.tensor([3.0, 2.0, 1.0, 0.0]), torch.tensor([0, 0, 1, 1]))
    assert fitted.slope == 0
    assert fitted(torch.tensor([9.0])).item() == pytest.approx(0.5)


def test_rows_told_apart_perfectly_have_a_slope_with_an_end():
    """Four rows, and the probabilities stay away from 0 and 1."""
    scores = torch.tensor([-1.0, -0.5, 0.5, 1.0])
    fitted = calibrate(scores, torch.tensor([0, 0, 1, 1]))
    assert math.isfinite(fitted.slope)
    assert fitted(scores).max() < 0.9


def test_it_keeps_the_auc_and_lowers_the_log_loss_of_scores_that_are_too_sure():
    """Scores four times as large as the logits that made the labels."""
    scores, labels = drawn(2000, 0.25)
    fitted = calibrate(scores, labels)
    assert auc(fitted(scores), labels) == auc(scores, labels)
    assert log_loss(fitted(scores), labels) < log_loss(torch.sigmoid(scores), labels) - 0.05


@pytest.mark.parametrize("change", [1e-3, 1e6])
def test_the_scale_of_the_scores_does_not_matter(change):
    """Scores times a number have the same probabilities."""
    scores, labels = drawn(200, 0.5)
    near = calibrate(scores, labels)(scores)
    torch.testing.assert_close(calibrate(scores * change, labels)(scores * change), near, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (
            [1.0, 2.0],
            [1],
            r"scores and labels must both be \(sample\) and not empty, "
            r"got scores \(2,\) and labels \(1,\)",
        ),
        ([], [], "not empty"),
        ([1.0, float("nan")], [1, 0], "scores must be numbers, got 1 NaN"),
        ([1.0, float("inf")], [1, 0], "scores must be finite, got 1 infinite"),
        ([1.0, 2.0], [1, 2], "labels must be 0 or 1, got"),
    ],
)
def test_it_says_what_does_not_fit(scores, labels, message):
    """The error says what was expected."""
    with pytest.raises(ValueError, match=message):
        calibrate(torch.tensor(scores), torch.tensor(labels))
