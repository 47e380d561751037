"""The control without attention: it does what a model does, and says that it has no weights."""

import warnings

import numpy as np
import pytest
import torch

import attnviz as av
from attnviz.data.schema import Schema
from attnviz.recommender.predict import field_weights


@pytest.fixture(scope="module")
def shop():
    return av.planted_shop(num_users=60, num_items=30, num_interactions=400)


def build(shop, **options):
    schema = Schema.of(shop, max_sentences=4)
    return av.AttentionRecommender(schema, **(dict(attention="none", embed_dim=8, seed=1) | options)).eval()


@pytest.fixture
def model(shop):
    return build(shop)


@pytest.fixture
def batch(shop, model):
    return shop.batch(slice(60, 92), model.schema)


def test_only_the_mechanism_differs_from_attention(shop, model):
    """Expect all other parameters to be those of point attention, and those of the network counted."""
    point = build(shop, attention="point", keys="content")
    rest, own = ({n: p.shape for n, p in one.named_parameters() if not n.startswith("mechanism.")} for one in
                 (point, model))  # fmt: skip
    assert rest == own
    layers = (6 * 8 * 8 + 8) + (8 * 8 + 8)  # five fields and the query, side by side; then to the output
    assert sum(parameter.numel() for parameter in model.mechanism.parameters()) == layers


def test_about_as_many_parameters_as_attention(shop):
    """Expect at most a fifth more than point attention has, at the size of the defaults."""
    sizes = [
        sum(parameter.numel() for parameter in build(shop, attention=attention, embed_dim=32).parameters())
        for attention in ("point", "none")
    ]
    assert 1 <= sizes[1] / sizes[0] < 1.2


def test_the_logit_written_out(model, batch):
    """Expect head(B gelu(A (x_1, ..., x_5, q) + a) + b)."""
    vectors, (query,) = model.field_vectors(batch)
    first, _, second = model.mechanism.network
    seen = torch.cat([*vectors.unbind(1), query], dim=1)
    hidden = torch.nn.functional.gelu(seen @ first.weight.T + first.bias)
    expected = (hidden @ second.weight.T + second.bias) @ model.head.weight[0] + model.head.bias
    torch.testing.assert_close(model(batch), expected)
    torch.testing.assert_close(model.logits_from_vectors(vectors, query), expected)


def test_it_knows_which_field_is_which(shop, model, batch):
    """Expect other logits from the fields in another order, where point attention gives the same."""
    vectors, (query,) = model.field_vectors(batch)
    order = [1, 0, 2, 3, 4]
    moved = model.logits_from_vectors(vectors[:, order], query) - model.logits_from_vectors(vectors, query)
    assert (moved.abs() > 1e-7).all()
    point = build(shop, attention="point", keys="content")
    logits = (point.logits_from_vectors(x, query) for x in (vectors, vectors[:, order]))
    torch.testing.assert_close(*logits)


def test_gradients_reach_every_parameter_and_every_field(shop):
    """Expect a gradient in each parameter, and from the logit to each field's vector and the query."""
    model = build(shop).train()
    batch = shop.batch(slice(None), model.schema)
    torch.nn.functional.binary_cross_entropy_with_logits(model(batch), batch.labels).backward()
    for name, parameter in model.named_parameters():
        assert torch.is_tensor(parameter.grad), name
        assert parameter.grad.any(), name
    vectors, (query,) = model.field_vectors(batch)
    inputs = vectors.detach().requires_grad_(), query.detach().requires_grad_()
    for gradient in torch.autograd.grad(model.logits_from_vectors(*inputs).sum(), inputs):
        assert (gradient.abs().sum(-1) > 0).all()


def test_a_masked_field_has_no_part(model, batch):
    """Expect a masked field's vector not to matter, NaN included, and a mask of True to change nothing."""
    vectors, (query,) = model.field_vectors(batch)
    mask = torch.ones(vectors.shape[:2], dtype=torch.bool)
    torch.testing.assert_close(model.logits_from_vectors(vectors, query, mask=mask), model(batch))
    mask[:, 2] = False
    changed = vectors.index_fill(1, torch.tensor(2), torch.nan)
    torch.testing.assert_close(*(model.logits_from_vectors(x, query, mask=mask) for x in (vectors, changed)))
    assert model.logits_from_vectors(vectors, query, mask=torch.zeros_like(mask)).isfinite().all()


ASKING = {
    "forward": lambda model, shop, batch: model(batch, return_weights=True),
    "attend": lambda model, shop, batch: model.attend(*_flat(model.field_vectors(batch))),
    "field_weights": lambda model, shop, batch: field_weights(model, shop),
    "shelf": lambda model, shop, batch: av.recommender.shelf(model, shop, ["Ben"], ["i1"]),
    "weight_trees": lambda model, shop, batch: av.weight_trees(model, shop, "Ben", "i1"),
}


def _flat(found):
    vectors, args = found
    return vectors, *args


@pytest.mark.parametrize("ask", ASKING)
def test_who_asks_for_weights_is_told_why_there_are_none(ask, model, shop, batch):
    """Expect a ValueError that names the option and what to do."""
    with pytest.raises(ValueError, match=r"^model has no weights of fields.*attention='none': attribute and"):
        ASKING[ask](model, shop, batch)


def test_a_table_is_right_without_weights(model, shop):
    """Expect the probabilities of `predict`, and no column of a field."""
    table = av.recommend(model, shop, "David", top_k=3)
    assert table.columns.tolist() == ["item_id", "title", "probability"]
    again = av.predict(model, shop.candidates(["David"], table["item_id"].tolist()))
    np.testing.assert_allclose(table["probability"], again, rtol=1e-5)


def test_sentences_keep_their_weights(model, batch):
    """Expect the sentences inside the reviews to be attended over as before."""
    total = model.sentence_weights(batch).sum(1)
    known = (batch.fields["reviews"] >= 0).any(1)
    assert known.any()
    torch.testing.assert_close(total, known.float())


def test_capture_finds_the_sentences_only(model, shop, batch):
    """Expect a whole record of the reviews' encoder, and an error that says so where nothing attends."""
    with torch.no_grad(), av.capture(model, strict=True) as record:
        model(batch)
    assert list(record.weights) == ["encoders.reviews"]
    assert record.missing == {}
    with (
        pytest.raises(RuntimeError, match=r"layers \['mechanism'\] did not attend .*\['encoders.reviews'\]"),
        av.capture(model, ["mechanism"]),
    ):
        model(batch)
    fields = tuple(field for field in shop.schema.fields if field.kind != "text")
    textless = av.AttentionRecommender(
        Schema.from_json({**shop.schema.to_json(), "fields": [vars(f) for f in fields]}), attention="none"
    )
    with (
        pytest.raises(RuntimeError, match="nothing in module attended .* weight a sum"),
        av.capture(textless),
    ):
        textless(shop.batch(slice(0, 4), textless.schema))


def test_training_checkpoint_and_file(shop, tmp_path):
    """Expect a resumed training to end as a whole one, and the same predictions from the file."""
    train, valid, _ = shop.split()
    options = dict(batch_size=64, progress=False)
    whole, resumed = build(shop), build(shop)
    history = av.fit(whole, train, valid, epochs=3, checkpoint=tmp_path / "run", **options)
    assert history["train_loss"].is_monotonic_decreasing
    again = av.fit(resumed, train, valid, epochs=3, checkpoint=tmp_path / "run", resume=True, **options)
    assert again.equals(history)
    whole.save(tmp_path)
    loaded = av.AttentionRecommender.load(tmp_path)
    assert loaded.options == whole.options
    for one in (resumed, loaded):
        np.testing.assert_array_equal(av.predict(one, shop), av.predict(whole, shop))


def test_the_log_holds_no_weights_and_says_so(shop, tmp_path):
    """Expect one warning a training, no column of weights, and the reason when they are read."""
    train, valid, _ = shop.split()
    options = dict(epochs=2, log_every=1, progress=False)
    av.fit(build(shop, attention="point"), train, valid, log_dir=tmp_path / "log", **options)
    assert len(av.read_weights(tmp_path / "log"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        av.fit(build(shop), train, valid, log_dir=tmp_path / "log", **options)
        av.fit(build(shop), train, valid, **options)
    told = [str(one.message) for one in caught if "no weights to log" in str(one.message)]
    assert len(told) == 1
    assert "attention='none'" in told[0]
    with pytest.raises(FileNotFoundError, match="holds no weights, since attention='none' has none"):
        av.read_weights(tmp_path / "log")
