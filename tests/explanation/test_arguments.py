"""What does not fit is refused by name, with what was expected and what came, before anything is computed."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from attnviz.explanation import (
    Removal,
    adversarial_weights,
    aopc,
    attribute,
    coalitions,
    completeness_gap,
    comprehensiveness,
    deletion_curve,
    permuted_weights,
    random_order,
    randomised,
    shapley_point,
    uniform_weights,
)

VECTORS, SCORES = torch.rand(2, 3, 4), torch.rand(2, 3)
WEIGHTS = SCORES.softmax(1)


def total(vectors):
    return vectors.sum((1, 2))


def weighted(weights):
    return weights @ torch.tensor([1.0, 2.0, 3.0])


def bad(table, value):
    """The table with one entry of row 1 changed."""
    table = table.clone()
    table[1].view(-1)[0] = value
    return table


REMOVAL = Removal(total, VECTORS, baselines=0.0)
MASK = torch.tensor([[True, True, False], [True, True, True]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: attribute(total, bad(VECTORS, math.nan), baselines=0.0), "vectors must be finite.*row 1"),
        (lambda: attribute(total, bad(VECTORS, math.inf), baselines=0.0), "vectors must be finite.*row 1"),
        (lambda: attribute(total, VECTORS.numpy(), baselines=0.0), "vectors must be a torch.Tensor"),
        (lambda: attribute(total, VECTORS, baselines=math.nan), "baselines must be finite"),
        (lambda: attribute(total, VECTORS, baselines=True), "baselines must be a number or a torch.Tensor"),
        (lambda: attribute(total, VECTORS, baselines=None), "baselines must be a number or a torch.Tensor"),
        (lambda: attribute(total, VECTORS, baselines=[0.0]), "baselines must be a number or a torch.Tensor"),
        (lambda: attribute(total, VECTORS, baselines=0.0, num_steps=1.5), "num_steps must be a whole number"),
        (lambda: attribute(total, VECTORS, baselines=0.0, num_samples=True), "num_samples must be a whole"),
        (lambda: attribute(total, VECTORS, baselines=0.0, seed="a"), "seed must be a whole number"),
        (lambda: attribute(total, VECTORS, baselines=0.0, method=["shapley"]), "method must be one of"),
        (lambda: attribute(None, VECTORS, baselines=0.0), "forward_func must be callable"),
        (
            lambda: attribute(total, VECTORS, baselines=0.0, forward_args=SCORES),
            "forward_args must be a tuple",
        ),
        (
            lambda: attribute(lambda v: total(v).long(), VECTORS, baselines=0.0),
            "float tensor, got torch.int64",
        ),
        (lambda: attribute(lambda v: total(v).tolist(), VECTORS, baselines=0.0), "float tensor, got list"),
        (
            lambda: attribute(lambda v: total(v)[:, None], VECTORS, baselines=0.0),
            r"got torch.float32 \(2, 1\)",
        ),
        (
            lambda: completeness_gap(total, VECTORS, bad(SCORES, math.nan), baselines=0.0),
            "attributions must be finite, got 1 NaN or infinite, first in row 1",
        ),
        (lambda: completeness_gap(total, VECTORS, SCORES[:, :1], baselines=0.0), r"attributions must be \(b"),
        (
            lambda: completeness_gap(total, VECTORS, [[1]], baselines=0.0),
            "attributions must be a torch.Tensor",
        ),
        (lambda: Removal(total, bad(VECTORS, math.nan), baselines=0.0), "vectors must be finite"),
        (lambda: Removal(total, VECTORS, baselines=math.inf), "baselines must be finite"),
        (
            lambda: Removal(total, VECTORS, how="sample", baselines=torch.full((1, 2, 3, 4), math.nan)),
            "baselines must be finite",
        ),
        (lambda: Removal(total, VECTORS, baselines=0.0, mask=[[1]]), "mask must be a torch.Tensor"),
        (lambda: REMOVAL.logits(torch.ones(1, 2, 3)), "present must be bool"),
        (lambda: REMOVAL.logits(torch.ones(1, 1, 3) > 0), "present must be bool"),
        (lambda: comprehensiveness(total, SCORES), "removal must be a Removal, got function"),
        (lambda: comprehensiveness(REMOVAL, SCORES.tolist()), "ranking_scores must be a torch.Tensor"),
        (lambda: comprehensiveness(REMOVAL, SCORES[:, :1]), r"ranking_scores must be \(batch, element\)"),
        (lambda: comprehensiveness(REMOVAL, SCORES[:1]), r"ranking_scores must be \(batch, element\)"),
        (lambda: comprehensiveness(REMOVAL, SCORES, top_k="2"), "top_k must be a whole number"),
        (lambda: deletion_curve(REMOVAL, np.ones((2, 3))), "ranking_scores must be a torch.Tensor"),
        (lambda: aopc([[1.0, 2.0]]), "curve must be a torch.Tensor"),
        (lambda: aopc(torch.ones(2, 3).long()), "curve must hold float numbers"),
        (lambda: random_order(SCORES > 0), "ranking_scores must hold float numbers"),
        (lambda: random_order(SCORES, seed=1.5), "seed must be a whole number"),
        (lambda: permuted_weights(weighted, bad(WEIGHTS, math.nan)), "weights must be finite.*row 1"),
        (lambda: permuted_weights(weighted, -WEIGHTS), "weights must be at least 0"),
        (
            lambda: permuted_weights(weighted, WEIGHTS, num_permutations=1.5),
            "num_permutations must be a whole",
        ),
        (lambda: permuted_weights(weighted, WEIGHTS, seed=None), "seed must be a whole number"),
        (lambda: permuted_weights(None, WEIGHTS), "forward_with_weights must be a function"),
        (lambda: permuted_weights(lambda w: weighted(w).numpy(), WEIGHTS), "float tensor, got ndarray"),
        (lambda: uniform_weights(weighted, WEIGHTS, mask=MASK), "weights must be .* 0 where mask is False"),
        (
            lambda: adversarial_weights(lambda w: weighted(w) * math.nan, WEIGHTS),
            "logits of forward_with_weights must be finite, got 2",
        ),
        (lambda: adversarial_weights(weighted, bad(WEIGHTS, math.inf)), "weights must be finite"),
        (lambda: adversarial_weights(weighted, WEIGHTS, epsilon="a"), "epsilon must be a number above 0"),
        (
            lambda: adversarial_weights(weighted, WEIGHTS, epsilon=math.nan),
            "epsilon must be a number above 0",
        ),
        (lambda: adversarial_weights(weighted, WEIGHTS, num_steps=1.5), "num_steps must be a whole number"),
        (lambda: adversarial_weights(weighted, WEIGHTS, seed=True), "seed must be a whole number"),
        (lambda: randomised(None), "model must be an nn.Module"),
        (lambda: randomised(nn.Linear(2, 1), modules="weight"), "modules a tuple of names, got .* and str"),
        (lambda: randomised(nn.Linear(2, 1), seed=1.5), "seed must be a whole number"),
        (
            lambda: shapley_point(
                SCORES.long(), SCORES.long(), baseline_scores=SCORES, baseline_values=SCORES
            ),
            "scores must hold float numbers",
        ),
        (
            lambda: shapley_point(
                SCORES, bad(SCORES, math.nan), baseline_scores=SCORES, baseline_values=SCORES
            ),
            "values must be finite",
        ),
        (
            lambda: shapley_point(SCORES, SCORES, baseline_scores=0.0, baseline_values=SCORES),
            "baseline_scores must be a torch.Tensor, got float",
        ),
        (lambda: next(coalitions(2.0, 2)), "field must be a whole number"),
        (lambda: next(coalitions(2, 0)), "size must be a whole number"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("method", ["shapley", "kernel_shap", "ablation", "shapley_sampling"])
def test_a_row_without_a_logit_has_no_attributions(method):
    """It is NaN, as the docstring says, with a warning, and the other row is what it is alone."""

    def score(vectors):
        return total(vectors).where(vectors[:, 0, 0] != VECTORS[0, 0, 0], torch.nan)

    with pytest.warns(
        UserWarning, match=f"attribution of 1 of {len(VECTORS)} rows is NaN, since forward_func"
    ):
        found = attribute(score, VECTORS, baselines=0.0, method=method)
    assert found[0].isnan().any()
    torch.testing.assert_close(found[1:], attribute(total, VECTORS[1:], baselines=0.0, method=method))


@pytest.mark.parametrize(
    "layer", [nn.Dropout(0.2), nn.MultiheadAttention(4, 2, dropout=0.2)], ids=["layer", "attention"]
)
def test_a_module_that_drops_at_random_is_warned_of(layer):
    """In training mode each call gives other logits; after eval(), and without dropout, nothing is said."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def score(self, vectors):
            return total(vectors)

    model = Model().train()
    with pytest.warns(UserWarning, match=r"drops at random .* call its eval\(\)"):
        attribute(model.score, VECTORS, baselines=0.0)
    with pytest.warns(UserWarning, match="drops at random"):
        Removal(model.score, VECTORS, baselines=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attribute(model.eval().score, VECTORS, baselines=0.0)
