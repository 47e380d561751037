"""A review's sentences, taken away one by one."""

import dataclasses

import pytest
import torch

import attnviz as av
from attnviz.data.schema import Schema
from attnviz.language.encoder import TextEncoder
from attnviz.trees.sentences import sentences_of


@pytest.fixture(scope="module")
def shop():
    return av.planted_shop(num_users=60, num_items=30, num_interactions=400)


@pytest.fixture(scope="module")
def schema(shop):
    """Six sentences a product at most: 64 sets of them, not the 4,096 of twelve."""
    return Schema.of(shop, max_sentences=6)


@pytest.fixture(scope="module", params=["film", "none"])
def model(request, schema):
    return av.AttentionRecommender(schema, embed_dim=8, seed=1, conditioning=request.param).eval()


@pytest.fixture(scope="module")
def batch(shop, schema):
    return shop.batch(slice(60, 140), schema)


def test_all_sentences_give_the_models_own_logit(model, batch):
    """Nothing removed, nothing changed; products with and without a review."""
    found = sentences_of(model, batch)
    assert found.mask.any(1).any()
    assert not found.mask.any(1).all()
    torch.testing.assert_close(found.forward_func(found.vectors, *found.forward_args), model(batch))
    torch.testing.assert_close(found.weights, model.sentence_weights(batch))


def test_texts_are_those_that_the_vectors_stand_for(model, batch, shop):
    """As many as the mask says, all out of reviews; the language model reads them as these vectors."""
    found = sentences_of(model, batch)
    assert [len(row) for row in found.texts] == found.mask.sum(1).tolist()
    reviews = " ".join(shop.past["review"])
    for row in (0, 1, -1):
        read = torch.from_numpy(TextEncoder("minilm").encode(found.texts[row]))
        with torch.no_grad():
            projected = model.encoders["reviews"].project(read)
        torch.testing.assert_close(found.vectors[row, : len(read)], projected, atol=1e-5, rtol=1e-5)
        assert all(text in reviews for text in found.texts[row])


def test_attributions_are_those_of_the_language_models_vectors(model, batch):
    """Key and value are linear, so gradient x input sums to the same, through the whole model by autograd."""
    found = sentences_of(model, batch)
    values = av.attribute(
        found.forward_func, found.vectors, method="gradient_x_input", baselines=0.0,
        forward_args=found.forward_args,
    )  # fmt: skip
    for row in (0, 3, 79):
        sentences = batch.sentences.clone().requires_grad_()
        model(dataclasses.replace(batch, sentences=sentences))[row].backward()
        by_sentence = (sentences.grad * batch.sentences).sum(1)
        places = batch.fields["reviews"][row]
        places = places[places >= 0]
        assert len(places.unique()) == len(places)
        torch.testing.assert_close(values[row, : len(places)], by_sentence[places], atol=1e-6, rtol=1e-4)


def test_removal_by_mask_is_the_product_without_the_sentence(model, batch):
    """The same logit as that of a batch in which the top sentence was never read."""
    found = sentences_of(model, batch)
    fall = av.comprehensiveness(found.removal(), found.weights)
    unread = batch.fields["reviews"].clone()
    unread[torch.arange(len(unread)), found.weights.argmax(1)] = -1
    without = model(dataclasses.replace(batch, fields=batch.fields | {"reviews": unread}))
    has_text = found.mask.any(1)
    torch.testing.assert_close(fall[has_text], (model(batch) - without)[has_text], atol=1e-5, rtol=1e-5)
    assert fall[~has_text].isnan().all()


def test_all_removed_is_a_product_without_a_review(model, batch):
    """The last point of each deletion curve is the logit with the vector of a missing field."""
    found = sentences_of(model, batch)
    curve = av.explanation.deletion_curve(found.removal(), found.weights)
    last = curve.gather(1, found.mask.sum(1, keepdim=True))[:, 0]
    nothing = batch.fields | {"reviews": torch.full_like(batch.fields["reviews"], -1)}
    torch.testing.assert_close(last, model(dataclasses.replace(batch, fields=nothing)), atol=1e-5, rtol=1e-5)


def test_removal_by_baseline_is_one_sentence_at_a_time(model, batch):
    """Expect the fall of the top sentence to be what the model's own logit loses with its baseline there."""
    found = sentences_of(model, batch)
    fall = av.comprehensiveness(found.removal(how="baseline", baselines=0.0), found.weights)
    top, row = found.weights.argmax(1), torch.arange(len(found.weights))
    without = found.vectors.clone()
    without[row, top] = 0
    expected = model(batch) - found.forward_func(without, *found.forward_args)
    has_text = found.mask.any(1)
    torch.testing.assert_close(fall[has_text], expected[has_text], atol=1e-5, rtol=1e-5)
    assert fall[~has_text].isnan().all()


def test_best_order_and_attributions_take_sentences(model, batch):
    """The best order beats the weights; integrated gradients are complete, and padding gets nothing."""
    found = sentences_of(model, batch)
    removal = found.removal()
    best = av.explanation.best_order(removal)
    areas = [
        av.explanation.aopc(av.explanation.deletion_curve(removal, order)).nan_to_num(0.0)
        for order in (best, found.weights)
    ]
    assert (areas[0] >= areas[1] - 1e-5).all()
    assert (areas[0] > areas[1] + 1e-4).any()
    shared = dict(baselines=0.0, forward_args=found.forward_args)
    values = av.attribute(found.forward_func, found.vectors, method="integrated_gradients", **shared)
    gap = av.completeness_gap(found.forward_func, found.vectors, values, **shared)
    torch.testing.assert_close(gap, torch.zeros_like(gap), atol=1e-4, rtol=0)
    assert (values[~found.mask] == 0).all()


def test_errors(model, shop, batch):
    """A field that holds no text, a batch without any review, and one that somebody built without texts."""
    with pytest.raises(
        ValueError, match=r"field must be a text field of the model, one of \['reviews'\], got 'price'"
    ):
        sentences_of(model, batch, field="price")
    with pytest.raises(ValueError, match="batch must hold a sentence"):
        sentences_of(model, shop.batch(slice(0, 1), model.schema))
    with pytest.raises(ValueError, match="batch must hold the texts of its .* take it from log.batch"):
        sentences_of(model, dataclasses.replace(batch, texts=()))
