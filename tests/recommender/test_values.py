"""Normalised values: a weight bounds what its field adds to the logit, and all that reads values knows."""

import pytest
import torch
from torch.nn import functional as F

import attnviz as av
from attnviz.data.schema import Schema
from attnviz.explanation.shapley import shapley_point

KINDS = {
    "point": dict(),
    "field keys": dict(keys="field"),
    "uniform": dict(attention="uniform"),
    "multihead": dict(attention="multihead", num_heads=4),
}


@pytest.fixture(scope="module")
def shop():
    return av.planted_shop(num_users=60, num_items=30, num_interactions=400)


def build(shop, name, values="normalised"):
    schema = Schema.of(shop, max_sentences=4)
    return av.AttentionRecommender(schema, embed_dim=8, seed=1, values=values, **KINDS[name]).eval()


def numbers(shop, model):
    """A batch's vectors and query in float64; the model is in float64 then."""
    with torch.no_grad():
        vectors, (query,) = model.field_vectors(shop.batch(slice(60, 92), model.schema))
    model.double()
    return vectors.double(), query.double()


def added(model, vectors, query):
    """What each field adds to the logit through each head, and its weight there (batch, head, field)."""
    weights = model.mechanism(vectors, query)[1][:, :, 0]
    return weights * (model.mechanism.head_values(vectors, query) @ model.head.weight[0]), weights


def longest_step(model):
    """What a field could add with a weight of 1 through each head (head,): sqrt(dim) |r O_h V_h|."""
    readout = model.head.weight[0]
    if model.options["attention"] != "multihead":
        return readout.norm()[None] * 8**0.5
    maps = zip(model.mechanism.output.weight.split(2, 1), model.mechanism.value.weight.split(2), strict=True)
    return torch.stack([(readout @ output @ value).norm() for output, value in maps]) * 8**0.5


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("length", [1e-2, 1.0, 1e3])
def test_a_weight_bounds_what_its_field_adds(name, length, shop):
    """Expect |added| <= weight x a constant of the model, however long the vectors are."""
    model = build(shop, name)
    vectors, query = numbers(shop, model)
    vectors[:, 1] *= length
    step, weights = added(model, vectors, query)
    assert (step.abs() <= weights * longest_step(model)[:, None] * (1 + 1e-9)).all()
    torch.testing.assert_close(
        step.sum((1, 2)) + model.head.bias, model.logits_from_vectors(vectors, query), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("name", KINDS)
def test_raw_values_have_no_such_bound(name, shop):
    """Expect a long vector to break the same bound where values are raw."""
    model = build(shop, name, values="raw")
    vectors, query = numbers(shop, model)
    step, weights = added(model, vectors * 1e3, query)
    assert (step.abs() > weights * longest_step(model)[:, None]).any()


@pytest.mark.parametrize("name", KINDS)
def test_keys_are_made_of_the_vectors_as_they_are(name, shop):
    """Expect the weights of a raw model with the same parameters, of which there are as many."""
    model, raw = build(shop, name), build(shop, name, values="raw")
    assert model.state_dict().keys() == raw.state_dict().keys()
    vectors, query = numbers(shop, model)
    raw.double()
    torch.testing.assert_close(model.attend(vectors, query)[1], raw.attend(vectors, query)[1])
    difference = model.logits_from_vectors(vectors, query) - raw.logits_from_vectors(vectors, query)
    assert (difference.abs() > 1e-6).all()


def test_the_logit_written_out(shop):
    """Expect head(sum_f w_f (x_f - mean) / deviation), in plain sums; keys are K (x_f + z_f)."""
    model = build(shop, "point")
    vectors, query = numbers(shop, model)
    centred = vectors - vectors.mean(-1, keepdim=True)
    values = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    key = model.mechanism.key
    scores = torch.einsum("bd,bfd->bf", query, (vectors + key.field.weight) @ key.weight.T) / 8**0.5
    expected = torch.einsum("bf,bfd->bd", scores.softmax(1), values) @ model.head.weight[0] + model.head.bias
    torch.testing.assert_close(model.logits_from_vectors(vectors, query), expected)


@pytest.mark.parametrize("name", ["point", "field keys", "uniform"])
def test_the_closed_form_is_right(name, shop):
    """Expect from the terms what all coalitions through the model give, and a logit with weights."""
    model = build(shop, name)
    with torch.no_grad():
        vectors, query = numbers(shop, model)
        baselines = vectors.mean(0, keepdim=True).expand_as(vectors)
        (scores, values), (base_scores, base_values) = (
            model.mechanism.terms(x, query, model.head) for x in (vectors, baselines)
        )
        weights = model.attend(vectors, query)[1]
    closed = shapley_point(scores, values, baseline_scores=base_scores, baseline_values=base_values)
    exact = av.attribute(
        model.logits_from_vectors, vectors, baselines=baselines, forward_args=(query,), method="shapley"
    )
    torch.testing.assert_close(closed, exact, atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(
        model.mechanism.logits_with_weights(vectors, weights, model.head),
        model.logits_from_vectors(vectors, query),
    )


def test_shelf_and_trees_show_what_the_weights_multiply(shop):
    """Expect the shelf to give the model's logit, and the tree the norms of the values."""
    model = build(shop, "point")
    found = av.recommender.shelf(model, shop, ["Ben", "Clara"], ["i3", "i5"])
    scores, vectors = torch.tensor(found["query_scores"]), torch.tensor(found["vectors"])
    output = (scores.softmax(-1).unsqueeze(-1) * vectors).sum(2)
    logits = output @ torch.tensor(found["head_weight"]) + found["head_bias"]
    expected = torch.tensor(av.predict(model, shop.candidates(["Ben", "Clara"], ["i3", "i5"])))
    torch.testing.assert_close(logits.sigmoid().flatten(), expected)
    trees = av.weight_trees(model, shop, "Ben", "i3")
    norms = torch.tensor(trees.loc[trees["level"] == "field", "value_norm"].to_numpy())
    batch = shop.candidates(["Ben"], ["i3"]).batch(slice(None), model.schema)
    values = F.layer_norm(model.field_vectors(batch)[0], (8,))[0]
    torch.testing.assert_close(norms.float(), values.norm(dim=-1).detach())
