"""A model of further fields: it learns from each kind, explains each, and is stored and read again."""

import numpy as np
import pandas as pd
import pytest
import torch

import attnviz as av
from attnviz.data.schema import Schema
from attnviz.metrics.ranking import auc

FIELDS = {"type": "category", "values": "number", "description": "text", "title": "text", "keys": "tags"}
WORDS = ("Warm and soft.", "Cold and hard.")


def shop_of(num_rows: int = 400) -> av.InteractionLog:
    """Twenty items whose description alone says what is liked; names that modules have for themselves."""
    rng = np.random.default_rng(0)
    liked = np.arange(20) % 2
    items = pd.DataFrame({
        "item_id": [f"i{n}" for n in range(20)], "title": [f"Thing {n}." for n in range(20)],
        "type": rng.permutation(["a", "b"] * 10), "values": rng.normal(size=20),
        "description": [f"{WORDS[1 - one]} Made by hand." for one in liked], "keys": [["x"]] * 20,
    })  # fmt: skip
    item = rng.integers(0, 20, num_rows)
    rows = pd.DataFrame({
        "user_id": [f"u{n}" for n in rng.integers(0, 30, num_rows)], "item_id": [f"i{n}" for n in item],
        "timestamp": pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(num_rows), "h"),
        "label": liked[item],
    })  # fmt: skip
    return av.InteractionLog(rows, items, fields=FIELDS)


@pytest.fixture(scope="module")
def trained():
    log = shop_of()
    train, valid, _ = log.split()
    model = av.AttentionRecommender(log.schema, embed_dim=8, shopper="both", seed=0)
    av.fit(model, train, valid, epochs=6, batch_size=32, learning_rate=0.01, progress=False)
    return model, log


def test_a_description_is_learned_from(trained):
    """The description decides the held-out rows: the AUC is 1, and 0 where the two texts change places."""
    model, log = trained
    test = log.split()[2]
    labels = torch.tensor(test.interactions["label"].to_numpy())
    assert auc(torch.tensor(av.predict(model, test)), labels) > 0.99
    other = {f"{one} Made by hand.": f"{two} Made by hand." for one, two in (WORDS, WORDS[::-1])}
    items = test.items.assign(description=test.items["description"].map(other))
    exchanged = av.InteractionLog(test.interactions, items, fields=FIELDS)
    assert auc(torch.tensor(av.predict(model, exchanged)), labels) < 0.01


def test_it_is_stored_and_read_again(trained, tmp_path):
    """The same probabilities, whatever the fields are called."""
    model, log = trained
    model.save(tmp_path)
    again = av.AttentionRecommender.load(tmp_path)
    assert again.schema == model.schema
    np.testing.assert_array_equal(av.predict(again, log), av.predict(model, log))


def test_a_field_called_title_does_not_hide_the_titles(trained):
    """The weight of the title stands beside it."""
    model, log = trained
    table = av.recommend(model, log, "u1", top_k=2)
    assert table["title"].str.startswith("Thing").all()
    weights = table[["type", "values", "description", "title (weight)", "keys"]]
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_the_log_of_weights_has_the_names_of_fields_as_they_are(tmp_path):
    """Spaces and signs in a name survive TensorBoard."""
    log = shop_of(60)
    named = log.items.rename(columns={"values": "price, net (€)"})
    log = av.InteractionLog(
        log.interactions, named, fields={"price, net (€)": "number", "type": "category"}, computed=()
    )
    model = av.AttentionRecommender(log.schema, embed_dim=4)
    av.fit(model, *log.split()[:2], epochs=1, log_dir=tmp_path, log_every=1, progress=False)
    assert set(av.read_weights(tmp_path)) == {"step", "price, net (€)", "type"}


def test_standard_fields_draw_the_same_parameters_beside_further_ones():
    """A further field comes last: the parameters of the standard fields' encoders stay what they were."""
    shop = av.planted_shop(num_users=20, num_items=10, num_interactions=60)
    more = av.InteractionLog(
        shop.interactions, shop.items.assign(stars=1.0), shop.users, fields={"stars": "number"}, computed=()
    )
    models = [av.AttentionRecommender(schema, embed_dim=4) for schema in (shop.schema, more.schema)]
    for name in models[0].fields:
        one, two = (model.encoders[name].state_dict() for model in models)
        assert one.keys() == two.keys()
        assert all(torch.equal(one[key], two[key]) for key in one)
    assert list(models[0].state_dict()) == [key for key in models[1].state_dict() if "own stars" not in key]


def test_words_of_a_product_hold_its_own_texts():
    """`describe` and `prompt_parts` show a description as it stands, and the title once."""
    log = shop_of(40)
    words = av.data.describe(log, ["i1"])[0]
    assert words["description"] == "Warm and soft. Made by hand."
    parts = av.data.prompt_parts(log)[0]
    assert parts["title"].startswith("Product: Thing")
    assert parts["description"].startswith("Description: ")


def test_a_schema_of_texts_only_reads_no_history(trained):
    """A history needs something beside text, and says so."""
    log = trained[1]
    texts = av.InteractionLog(log.interactions, log.items, fields={"description": "text"})
    assert Schema.of(texts).profile == ["history length"]
    with pytest.raises(ValueError, match="a field beside text"):
        av.AttentionRecommender(texts.schema, shopper="history")
