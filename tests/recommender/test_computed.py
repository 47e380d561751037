"""Popularity, likeness and the item's own vector as fields of a model, from the log to its explanations."""

import numpy as np
import pandas as pd
import pytest
import torch

import attnviz as av
from attnviz.data import likeness_numbers, popularity_numbers
from attnviz.recommender import sampled_candidates

COMPUTED = ("popularity", "likeness", "item")


def town(**options) -> av.InteractionLog:
    """Stays in a made-up town: a third of the guests come back."""
    rng = np.random.default_rng(0)
    days = pd.to_timedelta(np.sort(rng.integers(0, 300, 240)), "D")
    rows = pd.DataFrame(
        {
            "user_id": [f"u{user}" for user in rng.integers(0, 150, 240)],
            "item_id": [f"i{item}" for item in rng.integers(0, 30, 240) * rng.integers(0, 2, 240)],
            "timestamp": pd.Timestamp("2024-01-01") + days,
        }
    ).drop_duplicates()
    tags = [["wifi", "lake", "sauna"][: 1 + item % 3] for item in range(30)]
    items = {"item_id": [f"i{item}" for item in range(30)], "tags": tags, "host_id": np.arange(30) // 3}
    return av.InteractionLog(rows, pd.DataFrame(items), implicit=True, **options)


@pytest.fixture(scope="module")
def log() -> av.InteractionLog:
    return town(computed=COMPUTED)


@pytest.fixture(scope="module")
def trained(log) -> av.AttentionRecommender:
    model = av.AttentionRecommender(log.schema, embed_dim=8, shopper="both", seed=0)
    train, valid = (part.sample_negatives(2) for part in log.split()[:2])
    av.fit(model, train, valid, epochs=2, progress=False)
    return model


def test_batches_hold_the_numbers_standardised(log):
    """Expect those of the functions, less the mean of the past and over its deviation; NaN stays unknown."""
    rows = sampled_candidates(log.split()[2], num_candidates=5)
    batch = rows.batch(slice(None), log.schema)
    for name, numbers in (("popularity", popularity_numbers), ("likeness", likeness_numbers)):
        scales = np.array(list(log.schema.numbers[name].values()))
        past = pd.DataFrame(numbers(log), dtype=float)
        np.testing.assert_allclose(scales[:, 0], past.mean().fillna(0), atol=1e-6)
        expected = (numbers(rows) - scales[:, 0]) / scales[:, 1]
        np.testing.assert_allclose(batch.fields[name], expected, rtol=1e-4, atol=1e-4)
    ids = log.items["item_id"].to_numpy()[batch.fields["item"]]
    np.testing.assert_array_equal(ids, rows.interactions["item_id"])


def test_a_shopper_without_a_past_has_the_missing_vector(log, trained):
    """Expect the learned vector of a missing field for the likeness, never for the popularity."""
    batch = log.batch(slice(None), trained.schema)
    vectors = trained.item_vectors(batch)
    new = (av.data.history(log) < 0).all(axis=1)
    for name, expected in (("likeness", new), ("popularity", np.zeros(len(log), dtype=bool))):
        place = trained.fields.index(name)
        missing = (vectors[:, place] == trained.missing.weight[place]).all(1)
        np.testing.assert_array_equal(missing, expected)


def test_the_profile_and_the_history_hold_the_items_fields_only(log, trained):
    """A profile without a users table, and a past item, are made of what stands in the items."""
    assert {name.split()[0] for name in log.schema.profile} == {"tags", "history"}
    assert trained.shopper.history.fields == ("tags",)


def test_their_order_decides_nothing(log):
    """The fields stand in one order, whichever is asked for first."""
    assert town(computed=COMPUTED[::-1]).fields == log.fields
    assert [field.name for field in log.fields] == ["tags", *COMPUTED]
    assert [field.name for field in town().fields] == ["tags", "popularity", "likeness"]
    assert [field.name for field in town(computed=()).fields] == ["tags"]


def test_a_saved_model_and_a_written_log_give_the_same(log, trained, tmp_path):
    """Scales are kept in the model, hosts in the log."""
    trained.save(tmp_path)
    log.write(tmp_path)
    paths = (tmp_path / "interactions.parquet", tmp_path / "items.parquet")
    again = av.read_table(*paths, implicit=True, computed=COMPUTED)
    model = av.AttentionRecommender.load(tmp_path)
    assert again.schema == log.schema == model.schema
    np.testing.assert_array_equal(av.predict(model, again), av.predict(trained, log))


def test_a_log_without_the_field_is_refused(trained):
    """The error says how the log is made."""
    with pytest.raises(ValueError, match="the field 'item' .category., which this log has not: .*computed="):
        av.predict(trained, town())


def test_weights_attributions_and_words_have_them(log, trained):
    """The tables, the shelf for the explorer and the trees show each computed field by its name."""
    user = log.interactions["user_id"].iloc[-1]
    table = av.recommend(trained, log, user, top_k=3)
    np.testing.assert_allclose(table[["tags", *COMPUTED]].sum(axis=1), 1, rtol=1e-5)
    shelf = av.recommender.shelf(trained, log, [user], ["i0", "i1"])
    assert shelf["query_scores"].shape == (1, 2, 4)
    assert {"popularity", "likeness", "item"} <= shelf["products"][0].keys()
    batch = log.batch([-1], trained.schema)
    vectors, args = trained.field_vectors(batch)
    pushes = av.attribute(
        trained.logits_from_vectors, vectors, method="shapley", baselines=0.0, forward_args=args
    )
    assert pushes.shape == (1, 4)
    assert torch.isfinite(pushes).all()


def test_trees_say_how_often_it_was_chosen(log, trained):
    """The line of the popularity holds the counts of the past, that of the likeness what she chose."""
    user = log.interactions["user_id"].iloc[-1]
    trees = av.weight_trees(trained, log, user, "i0").set_index("element")["text"]
    ever = int((log.interactions["item_id"] == "i0").sum())
    last = log.interactions["timestamp"].max() - pd.Timedelta("90D")
    lately = int(((log.interactions["item_id"] == "i0") & (log.interactions["timestamp"] > last)).sum())
    assert trees["candidate/popularity"] == f"chosen {lately} times in the last 90 days, {ever} in all"
    assert "like what she chose" in trees["candidate/likeness"]
    assert trees["candidate/item"] == "i0"
