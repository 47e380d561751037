"""The recommender: its formula and its gaps."""

import numpy as np
import pandas as pd
import pytest
import torch

import attnviz as av
from attnviz.data.schema import Schema
from attnviz.explanation.shapley import shapley_point


@pytest.fixture(scope="module")
def shop():
    return av.planted_shop(num_users=60, num_items=30, num_interactions=400)


@pytest.fixture(params=[("content", "film"), ("field", "film"), ("content", "none"), ("field", "none")])
def model(request, shop):
    keys, conditioning = request.param
    return av.AttentionRecommender(shop.schema, keys=keys, conditioning=conditioning, embed_dim=8, seed=1)


@pytest.fixture(scope="module")
def batch(shop):
    return shop.batch(slice(0, 32), shop.schema)


def test_weights_are_shares_of_the_fields(model, batch):
    """Expect (batch, head, query, field) weights that sum to 1 to 1e-6."""
    logits, weights = model(batch, return_weights=True)
    assert logits.shape == (32,)
    assert weights.shape == (32, 1, 1, 5)
    torch.testing.assert_close(weights.sum(-1), torch.ones(32, 1, 1), atol=1e-6, rtol=0)


def test_logit_is_the_formula_written_out(model, batch):
    """Expect head(sum_f softmax(q . K x_f / sqrt(dim)) x_f), computed here with plain matrix products."""
    vectors, (query,) = model.field_vectors(batch)
    key = model.mechanism.key
    if model.options["keys"] == "field":
        keys = (key.field.weight @ key.key.weight.T).expand(32, -1, -1)
    else:
        keys = vectors @ key.weight.T
    scores = torch.einsum("bd,bfd->bf", query, keys) / 8**0.5
    output = torch.einsum("bf,bfd->bd", scores.softmax(1), vectors)
    expected = output @ model.head.weight[0] + model.head.bias
    torch.testing.assert_close(model(batch), expected)
    torch.testing.assert_close(model.logits_from_vectors(vectors, query), expected)
    torch.testing.assert_close(model.mechanism.scores(vectors, query), scores)


def test_uniform_attention_has_the_mean_of_the_vectors(shop, batch):
    """Expect weights of 1/5 and head(mean of x), whatever the shopper asks."""
    model = av.AttentionRecommender(shop.schema, attention="uniform", embed_dim=8)
    logits, weights = model(batch, return_weights=True)
    torch.testing.assert_close(weights, torch.full_like(weights, 0.2))
    vectors, _ = model.field_vectors(batch)
    torch.testing.assert_close(logits, model.head(vectors.mean(1)).squeeze(-1))


def test_point_terms_give_the_logit_and_the_exact_shapley_values(model, shop, batch):
    """Expect bias + sum of weight x value, and from the terms alone what all coalitions through it give."""
    with torch.no_grad():
        vectors, (query,) = model.field_vectors(batch)
        vectors, query = vectors.double(), query.double()
        baselines = model.baseline_vectors(batch, batch).double()
        model.double()
        (scores, values), (base_scores, base_values) = (
            model.mechanism.terms(x, query, model.head) for x in (vectors, baselines)
        )
        expected = (scores.softmax(1) * values).sum(1) + model.head.bias
        torch.testing.assert_close(model.logits_from_vectors(vectors, query), expected)
    closed = shapley_point(scores, values, baseline_scores=base_scores, baseline_values=base_values)
    exact = av.attribute(
        model.logits_from_vectors, vectors, baselines=baselines, forward_args=(query,), method="shapley"
    )
    torch.testing.assert_close(closed, exact, atol=1e-6, rtol=1e-6)


def test_logits_with_weights(model, batch):
    """Expect the model's own logit with its own weights, and with all the weight on one field its value."""
    logits, weights = model(batch, return_weights=True)
    vectors, (query,) = model.field_vectors(batch)
    torch.testing.assert_close(
        model.mechanism.logits_with_weights(vectors, weights[:, 0, 0], model.head), logits
    )
    only_third = torch.eye(5)[2].expand(32, 5)
    _, values = model.mechanism.terms(vectors, query, model.head)
    found = model.mechanism.logits_with_weights(vectors, only_third, model.head)
    torch.testing.assert_close(found, values[:, 2] + model.head.bias)


def test_randomised_is_an_untrained_model(model):
    """Expect each parameter drawn again, so that a copy with the same options has forgotten all."""
    untrained = av.explanation.randomised(model, seed=5)
    assert untrained.options == model.options
    for name, parameter in untrained.named_parameters():
        assert (parameter != model.get_parameter(name)).all(), name


def test_film_scales_each_field_by_the_shopper(shop, batch):
    """Expect x = e * (1 + G u), and x = e for conditioning none."""
    model = av.AttentionRecommender(shop.schema, embed_dim=8, seed=1)
    plain = av.AttentionRecommender(shop.schema, embed_dim=8, seed=1, conditioning="none")
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("condition")})
    e, _ = plain.field_vectors(batch)
    scale = 1 + (batch.profile @ model.condition.scale.weight.T).reshape(32, 5, 8)
    torch.testing.assert_close(model.field_vectors(batch)[0], e * scale)


def test_baseline_is_the_average_product_for_the_same_shopper(model, shop):
    """Expect the mean over the products of the vectors that this shopper would have for each of them."""
    items = shop.items["item_id"].tolist()
    for user in ("David", "Henry"):
        candidates = shop.candidates([user], items).batch(slice(None), shop.schema)
        expected = model.field_vectors(candidates)[0].mean(0)
        made = model.baseline_vectors(candidates, candidates)
        torch.testing.assert_close(made, expected.expand_as(made))


def test_masked_field_has_no_part(model, batch):
    """Expect a masked field's vector not to matter at all."""
    vectors, (query,) = model.field_vectors(batch)
    mask = torch.tensor([[True, True, False, True, True]]).expand(32, -1)
    changed = vectors.clone()
    changed[:, 2] += 100
    before, after = (model.logits_from_vectors(x, query, mask=mask) for x in (vectors, changed))
    torch.testing.assert_close(before, after)
    weights = model.attend(vectors, query, mask=mask)[1]
    assert (weights[:, 2] == 0).all()


def test_every_gap_has_a_prediction():
    """Expect a finite probability for no history, no review, no tags, no price, no brand, and all of them."""
    rows = pd.DataFrame({
        "user_id": ["ann", "bob", "ann", "eve"], "item_id": ["tea", "tea", "cup", "bare"],
        "timestamp": pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"], utc=True),
        "label": [1, 0, 1, 0], "review": ["Good.", "", "", ""],
    })  # fmt: skip
    items = pd.DataFrame({
        "item_id": ["tea", "cup", "bare"], "title": ["Tea", "Cup", "Bare"],
        "tags": [["green"], ["white"], []], "price": [4.0, 5.0, np.nan],
        "brand": ["Leaf", "Clay", None], "category": ["drink", None, None],
    })  # fmt: skip
    log = av.InteractionLog(rows, items)
    model = av.AttentionRecommender(log.schema, embed_dim=8)
    probabilities = av.predict(model, log)
    assert np.isfinite(probabilities).all()
    vectors, _ = model.field_vectors(log.batch(slice(None), log.schema))
    missing = [place for place, name in enumerate(model.fields) if name != "popularity"]  # never missing
    torch.testing.assert_close(
        vectors[3, missing], model.missing.weight[missing]
    )  # eve has no history: film leaves the vectors alone


def test_unseen_values_are_missing_values(shop):
    """Expect a brand outside the vocabulary to get the vector of a missing brand."""
    model = av.AttentionRecommender(Schema.of(shop, max_vocabulary=3), embed_dim=8, conditioning="none")
    batch = shop.batch(slice(None), model.schema)
    unknown = batch.fields["brand"] < 0
    assert unknown.any()
    vectors = model.field_vectors(batch)[0][unknown, 3]
    torch.testing.assert_close(vectors, model.missing.weight[3].expand_as(vectors))


def test_sentence_weights_sum_to_one_where_there_are_sentences(model, shop):
    """Expect weights inside the review field that add up, and zeros for items without a review."""
    batch = shop.batch(slice(None), shop.schema)
    weights = model.sentence_weights(batch)
    has_text = (batch.fields["reviews"] >= 0).any(1)
    assert has_text.any()
    assert not has_text.all()
    torch.testing.assert_close(weights.sum(1), has_text.float(), atol=1e-6, rtol=0)


def test_predictions_do_not_depend_on_the_batch(model, shop):
    """Expect one row alone to score as it does among all the others."""
    whole = av.predict(model, shop)
    alone = model(shop.batch(np.array([17]), shop.schema)).sigmoid()
    np.testing.assert_allclose(alone.detach().numpy(), whole[17:18], rtol=1e-5)


def test_same_seed_same_parameters(shop):
    """Expect seeds to decide the parameters, and the global generator to be left alone."""
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    models = [av.AttentionRecommender(shop.schema, seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(before, torch.random.get_rng_state())
    first, again, other = (torch.cat([p.flatten() for p in model.parameters()]) for model in models)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    "option", [dict(attention="odd"), dict(num_heads=3), dict(keys="odd"), dict(conditioning="odd")]
)
def test_unknown_options(option, shop):
    """Expect a ValueError that names the option and what it may be."""
    with pytest.raises(ValueError, match=rf"^{next(iter(option))} must be (one of|1 with|'\w+' or)"):
        av.AttentionRecommender(shop.schema, **option)


@pytest.mark.parametrize(
    "option",
    [dict(dropout=2), dict(dropout=1.0), dict(dropout=-0.1), dict(dropout="a"), dict(dropout=float("nan")),
     dict(embed_dim=0), dict(embed_dim=8.0), dict(embed_dim=True), dict(num_heads=0), dict(num_heads=2.0),
     dict(attention="multihead", embed_dim=8, num_heads=3), dict(seed=1.5), dict(seed="a"), dict(seed=-1)],
)  # fmt: skip
def test_options_out_of_range_are_refused_when_the_model_is_made(option):
    """Expect a ValueError that names the option: never a model that fails, or hides it, in training."""
    shop = av.planted_shop(num_users=20, num_items=10, num_interactions=50)
    with pytest.raises(ValueError, match=f"^{list(option)[-1]} must "):
        av.AttentionRecommender(shop.schema, **option)
    with pytest.raises(ValueError, match="^schema must be a Schema, got PlantedShop: use log.schema"):
        av.AttentionRecommender(shop)


def test_a_schema_without_fields_is_refused():
    """Expect a ValueError that says which columns make a field."""
    rows = pd.DataFrame(
        {"user_id": ["a", "b"], "item_id": ["x", "x"], "timestamp": ["2025-01-01"] * 2, "label": [0, 1]}
    )
    log = av.InteractionLog(rows, pd.DataFrame({"item_id": ["x"]}), computed=())
    with pytest.raises(ValueError, match="^schema holds no field"):
        av.AttentionRecommender(log.schema)
