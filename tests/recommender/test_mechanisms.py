"""Every mechanism of the recommender through everything that takes a model."""

import numpy as np
import pytest
import torch

import attnviz as av
from attnviz.data.schema import Schema

MECHANISMS = {
    "point": dict(),
    "uniform": dict(attention="uniform"),
    "multihead": dict(attention="multihead", num_heads=4),
    "multihead, field keys": dict(attention="multihead", num_heads=2, keys="field"),
    "point, content keys": dict(keys="content"),
    "multihead, content keys": dict(attention="multihead", num_heads=2, keys="content"),
    "point, normalised": dict(values="normalised"),
    "multihead, normalised": dict(attention="multihead", num_heads=4, values="normalised"),
    "self": dict(attention="self", num_heads=4),
    "self, plain": dict(attention="self", num_heads=2, conditioning="none"),
}
HEADED = [name for name, options in MECHANISMS.items() if "num_heads" in options]
EXPLAINED = MECHANISMS | {"none": dict(attention="none")}  # without weights, but with all else


@pytest.fixture(scope="module")
def shop():
    return av.planted_shop(num_users=60, num_items=30, num_interactions=400)


def build(shop, name, **options):
    schema = Schema.of(shop, max_sentences=4)
    return av.AttentionRecommender(schema, embed_dim=8, seed=1, **(EXPLAINED[name] | options)).eval()


@pytest.fixture(params=MECHANISMS)
def model(request, shop):
    return build(shop, request.param)


@pytest.fixture
def batch(shop, model):
    return shop.batch(slice(60, 92), model.schema)


def headed(shop, name, **options):
    """A model with heads in float64, its vectors and query."""
    model = build(shop, name, **options).double()
    batch = shop.batch(slice(60, 92), model.schema)
    with torch.no_grad():
        vectors, (query,) = model.float().field_vectors(batch)
    return model.double(), vectors.double(), query.double()


def test_weights_reduce_to_shares_of_the_fields(model, batch):
    """Expect rows that sum to 1 with heads, and (batch, field) rows that sum to 1 without."""
    logits, weights = model(batch, return_weights=True)
    tokens = 6 if model.options["attention"] == "self" else 5
    queries = tokens if tokens == 6 else 1
    assert weights.shape == (32, model.options["num_heads"], queries, tokens)
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]), atol=1e-6, rtol=0)
    reduced = av.reduce_weights(weights)
    assert reduced.shape == (32, 5)
    torch.testing.assert_close(reduced.sum(1), torch.ones(32), atol=1e-6, rtol=0)
    vectors, args = model.field_vectors(batch)
    torch.testing.assert_close(model.attend(vectors, *args)[1], reduced)
    torch.testing.assert_close(model.logits_from_vectors(vectors, *args), logits)


def test_multihead_is_the_torch_module(shop):
    """Expect nn.MultiheadAttention with the same parameters to give the logit and each head's weights."""
    model, vectors, query = headed(shop, "multihead", keys="content")
    module = torch.nn.MultiheadAttention(8, 4, bias=False, batch_first=True, dtype=torch.float64)
    mechanism = model.mechanism
    module.in_proj_weight.data = torch.cat(
        [torch.eye(8, dtype=torch.float64), mechanism.key.weight, mechanism.value.weight]
    ).detach()
    module.out_proj.weight.data = mechanism.output.weight.data
    output, weights = module(query[:, None], vectors, vectors, average_attn_weights=False)
    torch.testing.assert_close(model.logits_from_vectors(vectors, query), model.head(output).flatten())
    torch.testing.assert_close(model.attend(vectors, query)[1], weights[:, :, 0].mean(1))


def test_self_attention_is_the_torch_module_with_a_residual(shop):
    """Expect the head of the mean over tokens of tokens + nn.MultiheadAttention(tokens)."""
    model, vectors, query = headed(shop, "self")
    own = model.mechanism
    module = torch.nn.MultiheadAttention(8, 4, bias=False, batch_first=True, dtype=torch.float64)
    module.in_proj_weight.data = torch.cat([own.query.weight, own.key.weight, own.value.weight]).detach()
    module.out_proj.weight.data = own.output.weight.data
    tokens = torch.cat([query[:, None], vectors], dim=1) + own.place.weight
    seen, weights = module(tokens, tokens, tokens, average_attn_weights=False)
    expected = model.head((tokens + seen).mean(1)).flatten()
    torch.testing.assert_close(model.logits_from_vectors(vectors, query), expected)
    shopper_row = weights.mean(1)[:, 0, 1:]
    torch.testing.assert_close(
        model.attend(vectors, query)[1], shopper_row / shopper_row.sum(1, keepdim=True)
    )


@pytest.mark.parametrize("name", HEADED)
def test_head_values_add_up_to_the_logit(shop, name):
    """Expect sum over heads and fields of weight x value to be what the attention adds."""
    model, vectors, query = headed(shop, name)
    values = model.mechanism.head_values(vectors, query)  # (batch, head, key, dim)
    weights = model.mechanism(vectors, query)[1]  # (batch, head, query, key)
    output = torch.einsum("bhqk,bhkd->bqd", weights, values)
    if model.options["attention"] == "self":
        output = model.mechanism.tokens(vectors, query) + output
    torch.testing.assert_close(
        model.head(output.mean(1)).squeeze(-1), model.logits_from_vectors(vectors, query)
    )


@pytest.mark.parametrize("name", MECHANISMS)
def test_masked_field_has_no_part(shop, name):
    """Expect a masked field's vector not to matter at all, and a mask of True to change nothing."""
    model, vectors, query = headed(shop, name)
    everything = torch.ones(vectors.shape[:2], dtype=torch.bool)
    logits = model.logits_from_vectors(vectors, query)
    torch.testing.assert_close(model.logits_from_vectors(vectors, query, mask=everything), logits)
    mask = everything.clone()
    mask[:, 2] = False
    changed = vectors.clone()
    changed[:, 2] += 100
    before, after = (model.logits_from_vectors(x, query, mask=mask) for x in (vectors, changed))
    torch.testing.assert_close(before, after)
    assert (model.attend(vectors, query, mask=mask)[1][:, 2] == 0).all()
    nothing = model.logits_from_vectors(vectors, query, mask=~everything)
    assert nothing.isfinite().all()


@pytest.mark.parametrize("name", EXPLAINED)
def test_attributions_and_removal_take_every_mechanism(name, shop):
    """Expect complete Shapley values, and what removing all fields in a given order does to the logit."""
    model = build(shop, name)
    batch = shop.batch(slice(60, 92), model.schema)
    vectors, args = model.field_vectors(batch)
    base = model.baseline_vectors(batch, shop.batch(slice(None), model.schema))
    options = dict(baselines=base, forward_args=args)
    shapley = av.attribute(model.logits_from_vectors, vectors, method="shapley", **options)
    gaps = av.completeness_gap(model.logits_from_vectors, vectors, shapley, **options)
    torch.testing.assert_close(gaps, torch.zeros(32), atol=1e-5, rtol=0)
    order = model.attend(vectors, *args)[1].detach() if model.attends else shapley
    everything = torch.ones_like(order, dtype=torch.bool)
    removal = av.Removal(model.logits_from_vectors, vectors, how="mask", mask=everything, forward_args=args)
    removed = av.comprehensiveness(removal, order)
    assert removed.shape == (32,)
    assert removed.isfinite().all()


@pytest.mark.parametrize("name", EXPLAINED)
def test_inside_a_review(name, shop):
    """Expect the model's own logit from its sentences."""
    model = build(shop, name)
    batch = shop.batch(slice(60, 92), model.schema)
    found = av.trees.sentences_of(model, batch)
    torch.testing.assert_close(found.forward_func(found.vectors, *found.forward_args), model(batch))


@pytest.mark.parametrize(
    "name", ["point, normalised", "multihead", "multihead, field keys", "multihead, normalised", "self"]
)
def test_training_file_and_recommendation(name, shop, tmp_path):
    """Expect a logged training, the same predictions from the file, and weights beside each product."""
    model = build(shop, name)
    train, valid, _ = shop.split()
    av.fit(model, train, valid, epochs=1, log_dir=tmp_path / "log", log_every=1, progress=False)
    logged = av.read_weights(tmp_path / "log")
    np.testing.assert_allclose(logged[list(model.fields)].sum(axis=1), 1, atol=1e-5)
    model.save(tmp_path)
    loaded = av.AttentionRecommender.load(tmp_path)
    assert loaded.options == model.options
    np.testing.assert_array_equal(av.predict(loaded, shop), av.predict(model, shop))
    shown = av.recommend(loaded, shop, "David", top_k=3)
    np.testing.assert_allclose(shown[list(model.fields)].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", EXPLAINED)
def test_randomised_is_an_untrained_model(name, shop):
    """Expect every parameter to be drawn again."""
    model = build(shop, name)
    untrained = av.explanation.randomised(model, seed=5)
    for name, parameter in untrained.named_parameters():
        assert (parameter != model.get_parameter(name)).all(), name


@pytest.mark.parametrize("name", HEADED)
def test_what_exists_for_point_attention_only_is_not_there(shop, name):
    """Expect no scores, terms and weights of one's own with several heads, and a shelf that says so."""
    model = build(shop, name)
    for method in ("scores", "terms", "logits_with_weights"):
        assert not hasattr(model.mechanism, method)
    attention = model.options["attention"]
    with pytest.raises(ValueError, match=f"^model must attend with one head .* got '{attention}'"):
        av.recommender.shelf(model, shop, ["Ben"], ["i1"])


def test_marked_keys_are_those_of_content_and_of_the_field(shop):
    """Expect a score of both to be the sum of what content keys and field keys with these parameters give."""
    model = build(shop, "point")
    content, field = (build(shop, "point", keys=keys) for keys in ("content", "field"))
    content.mechanism.key.load_state_dict(model.mechanism.key.key.state_dict())
    field.mechanism.key.load_state_dict(model.mechanism.key.state_dict())
    vectors, (query,) = model.field_vectors(shop.batch(slice(60, 92), model.schema))
    found, *parts = (each.mechanism.scores(vectors, query) for each in (model, content, field))
    torch.testing.assert_close(found, sum(parts))
    assert all(part.std(1).min() > 1e-4 for part in parts)  # both have a say


def test_a_marker_tells_fields_with_the_same_vector_apart(shop):
    """Expect even weights for five equal vectors with content keys, and uneven ones with marked keys."""
    vectors, query = torch.ones(3, 1, 8).expand(3, 5, 8), torch.randn(3, 8)
    same = build(shop, "point", keys="content").attend(vectors, query)[1]
    torch.testing.assert_close(same, torch.full((3, 5), 0.2))
    assert build(shop, "point").attend(vectors, query)[1].std(1).min() > 1e-3


def test_dropout_leaves_the_returned_weights_whole(shop):
    """Expect rows of 1 in training with dropout, for both mechanisms with heads."""
    for name in ("multihead", "self"):
        model = build(shop, name, dropout=0.5).train()
        weights = model(shop.batch(slice(0, 8), model.schema), return_weights=True)[1]
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (dict(attention="multihead", num_heads=3), "num_heads must divide embed_dim=8, got 3"),
        (dict(attention="self", num_heads=0), "num_heads must be a whole number of at least 1, got 0"),
        (dict(attention="uniform", num_heads=2), "num_heads must be 1 with attention='uniform', got 2"),
        (dict(num_heads=4), "num_heads must be 1 with attention='point', got 4: attention='multihead'"),
        (dict(attention="self", keys="field"), "keys must be 'both' with attention='self'"),
        (dict(attention="none", keys="field"), "keys must be 'both' with attention='none', which has no"),
        (
            dict(attention="self", keys="content"),
            "keys must be 'both' with attention='self', whose tokens are",
        ),
        (dict(keys="marked"), r"keys must be one of \('content', 'field', 'both'\), got 'marked'"),
        (dict(attention="none", num_heads=2), "num_heads must be 1 with attention='none', got 2"),
        (
            dict(attention="none", dropout=0.1),
            "dropout must be 0 with attention='none', which has no weights",
        ),
        (dict(attention="none", values="normalised"), "values must be 'raw' with attention='none'"),
        (dict(attention="self", values="normalised"), "values must be 'raw' with attention='self', whose"),
        (dict(values="long"), r"values must be one of \('raw', 'normalised'\), got 'long'"),
        (dict(values="normalised", embed_dim=1), "embed_dim must be at least 2 with values='normalised'"),
        (dict(asks="candidate"), "asks must be 'learned' with shopper='profile'"),
    ],
)
def test_options_that_do_not_fit(options, named, shop):
    """Expect a ValueError that names the option, and the one that it does not fit."""
    with pytest.raises(ValueError, match=f"^{named}"):
        av.AttentionRecommender(shop.schema, **(dict(embed_dim=8) | options))
