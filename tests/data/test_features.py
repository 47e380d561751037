"""From tables to tensors: what a batch holds is what the shopper could know, and nothing else."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from attnviz import InteractionLog, planted_shop
from attnviz.data.features import Features, history_profile
from attnviz.data.schema import Schema
from attnviz.language.encoder import TextEncoder


@pytest.fixture(scope="module")
def shop():
    return planted_shop(num_users=50, num_items=20, num_interactions=300)


@pytest.fixture
def bare():
    """Three items: one complete, one without anything, one with a price only; users have no table."""
    rows = pd.DataFrame({
        "user_id": ["ann", "bob", "ann", "eve"], "item_id": ["tea", "tea", "cup", "pot"],
        "timestamp": pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"], utc=True),
        "label": [1, 0, 1, 0], "review": ["Good. Warm.", "", "", ""],
    })  # fmt: skip
    items = pd.DataFrame({
        "item_id": ["tea", "cup", "pot"], "title": ["Tea", "Cup", "Pot"],
        "tags": [["green", "loose"], [], []], "price": [4.0, np.nan, 9.0], "brand": ["Leaf", None, None],
    })  # fmt: skip
    return InteractionLog(rows, items)


def test_batch_holds_what_the_tables_say(bare):
    """Expect vocabularies, missing values and sentences to be found in the tensors, row by row."""
    batch = bare.batch(slice(None), bare.schema)
    assert batch.fields["tags"].tolist() == [[0, 1], [0, 1], [-1, -1], [-1, -1]]
    assert batch.fields["brand"].tolist() == [0, 0, -1, -1]
    logs = np.log1p([4.0, 9.0])
    expected = (logs - logs.mean()) / logs.std()
    np.testing.assert_allclose(
        batch.fields["price"].numpy(), [expected[0], expected[0], np.nan, expected[1]], rtol=1e-6
    )
    assert (batch.fields["reviews"] >= 0).sum(1).tolist() == [
        0,
        2,
        0,
        0,
    ]  # only bob may read ann's two sentences
    places = batch.fields["reviews"][1, :2]
    assert [batch.texts[place] for place in places] == ["Good.", "Warm."]
    read = batch.sentences[places].numpy()
    np.testing.assert_allclose(read, TextEncoder("minilm").encode(["Good.", "Warm."]), atol=1e-6)
    assert batch.labels.tolist() == [1, 0, 1, 0]


def test_profile_from_the_history(bare):
    """Expect zeros before the first choice, and afterwards the mean of what was chosen before."""
    batch = bare.batch(slice(None), bare.schema)
    assert (batch.profile[[0, 1, 3]] == 0).all()
    names = bare.schema.profile
    ann = dict(zip(names, batch.profile[2].tolist(), strict=True))
    assert ann["history length"] == pytest.approx(np.log(2))
    assert ann["tags green"] == pytest.approx(1 - 1 / 3)
    assert ann["brand Leaf"] == pytest.approx(1 - 1 / 3)


def test_history_profile_is_a_mean():
    """Expect the plain mean of the items' rows, however they are padded."""
    profiles = torch.tensor([[1.0, 0.0], [3.0, 4.0]])
    made = history_profile(profiles, torch.tensor([[1, 0, -1], [1, -1, -1], [-1, -1, -1]]))
    expected = torch.tensor([[2.0, 2.0, 1.0986123], [3.0, 4.0, 0.6931472], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(made, expected)


def test_profile_from_a_users_table(shop):
    """Expect each number standardised over the shop's users."""
    batch = shop.batch(slice(0, 10), shop.schema)
    table = shop.users.set_index("user_id")
    expected = ((table - table.mean()) / table.std(ddof=0)).loc[shop.interactions["user_id"][:10]]
    np.testing.assert_allclose(batch.profile.numpy(), expected.to_numpy(), atol=1e-5)


def test_any_index_gives_the_same_rows(shop):
    """Expect slices, arrays and tensors of positions to agree, in their order."""
    features = Features(shop, shop.schema)
    whole, some = features.batch(slice(None)), features.batch(torch.tensor([7, 3]))
    again = features.batch(np.array([7, 3]))
    torch.testing.assert_close(some.profile, whole.profile[[7, 3]])
    torch.testing.assert_close(some.profile, again.profile)
    for row, place in enumerate((7, 3)):
        mine, theirs = some.fields["reviews"][row], whole.fields["reviews"][place]
        torch.testing.assert_close(some.sentences[mine[mine >= 0]], whole.sentences[theirs[theirs >= 0]])


def test_limits_of_the_text(shop):
    """Expect at most max_sentences sentences, of at most max_reviews reviews."""
    schema = Schema.of(shop, max_reviews=1, max_sentences=3, sentences_per_review=2)
    batch = shop.batch(slice(None), schema)
    assert batch.fields["reviews"].shape[1] <= 3
    assert ((batch.fields["reviews"] >= 0).sum(1) <= 2).all()


def test_schema_survives_json(shop):
    """Expect equality after a trip through JSON text."""
    assert Schema.from_json(json.loads(json.dumps(shop.schema.to_json()))) == shop.schema


def test_no_text_at_all():
    """Expect a log without reviews to have no text field, and its batches no sentences."""
    rows = pd.DataFrame(
        {
            "user_id": ["a", "b"],
            "item_id": ["x", "x"],
            "timestamp": ["2025-01-01", "2025-01-02"],
            "label": [0, 1],
        }
    )
    log = InteractionLog(rows, pd.DataFrame({"item_id": ["x"], "price": [1.0]}))
    batch = log.batch(slice(None), log.schema)
    assert list(batch.fields) == ["price", "popularity", "likeness"]
    assert batch.sentences.shape == (0, 384)


def test_without_a_text_field_no_encoder_is_asked_for(shop):
    """Expect the batch of a schema without reviews, though its encoder is not on this machine."""
    schema = Schema.of(shop)
    fields = tuple(field for field in schema.fields if field.kind != "text")
    batch = Features(shop, replace(schema, fields=fields, encoder="nowhere/none")).batch([0, 1])
    assert set(batch.fields) == {field.name for field in fields}
    assert batch.sentences.shape == (0, schema.text_dim)


def test_a_batch_says_which_review_each_sentence_is_from():
    """Latest review first, no more than are read; a sentence that two reviews share has each of them once."""
    times = pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"], utc=True)
    rows = pd.DataFrame({
        "user_id": ["ann", "bob", "eve", "joe"], "item_id": ["tea"] * 4, "timestamp": times,
        "label": [1, 0, 1, 0], "review": ["Warm. Soft.", "", "Soft. Green. Too dear.", ""],
    })  # fmt: skip
    log = InteractionLog(rows, pd.DataFrame({"item_id": ["tea"]}))
    schema = Schema.of(log, sentences_per_review=2, max_sentences=3)
    batch = log.batch([0, 1, 3], schema)
    assert batch.review_of.tolist() == [[-1, -1, -1], [0, 0, -1], [2, 2, 0]]
    read = [[batch.texts[place] for place in row if place >= 0] for row in batch.fields["reviews"].tolist()]
    assert read == [[], ["Warm.", "Soft."], ["Soft.", "Green.", "Warm."]]
