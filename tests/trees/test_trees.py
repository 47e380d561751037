"""The two trees of a recommendation: weights sum to 1 under each parent and multiply down; text is kept."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import attnviz as av
from attnviz.trees.trees import COLUMNS, with_path_weights

HOSTILE = "</script><img src=x onerror=alert(1)> \u202egnip\u202c {{7*7}}\x00"
DAY = pd.Timedelta(1, "D")
START = pd.Timestamp("2025-01-01", tz="UTC")


def small_log(
    purchases: int = 2, reviews: int = 3, texts: list[str] | None = None, **items
) -> av.InteractionLog:
    """Ann's purchases, and reviews that others wrote of i0; Ben has looked and bought nothing."""
    rows = [("ann", f"i{1 + n % 5}", START + n * DAY, 1, "") for n in range(purchases)]
    rows += [("ben", "i1", START, 0, "")]
    texts = texts or ["Warm and soft. The zip is poor!", "Good.", "Terrible stitching on this one."]
    rows += [(f"w{n}", "i0", START + n * DAY, (n + 1) % 2, texts[n % len(texts)]) for n in range(reviews)]
    table = pd.DataFrame({
        "item_id": [f"i{n}" for n in range(6)], "title": [f"Thing {n}" for n in range(6)],
        "tags": [["wool", "warm", "blue"][: n % 4] for n in range(6)][::-1],
        "price": [np.nan, 5.0, 9.0, 20.0, np.nan, 31.5], "brand": ["Alder", None, "Birch"] * 2,
    })  # fmt: skip
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp", "label", "review"])
    return av.InteractionLog(frame, table.assign(**items))


def model_for(log, **options):
    return av.AttentionRecommender(log.schema, **{"embed_dim": 8, "shopper": "history", **options}).eval()


def check_tree(trees: pd.DataFrame) -> None:
    """What must hold of every result."""
    assert tuple(trees.columns) == COLUMNS
    assert trees["element"].is_unique
    assert ((trees["weight"] >= 0) & (trees["weight"] <= 1)).all()
    np.testing.assert_allclose(trees.groupby("parent")["weight"].sum(), 1, atol=1e-5)
    known = {"candidate", "shopper"}
    for row in trees.itertuples():  # parents stand before their children, in the same tree
        assert row.parent in known
        assert row.element.startswith(f"{row.tree}/")
        known.add(row.element)
    leaves = trees[~trees["element"].isin(trees["parent"])]
    np.testing.assert_allclose(leaves.groupby("tree")["path_weight"].sum(), 1, atol=1e-5)


@given(purchases=st.integers(0, 8), reviews=st.integers(0, 8), seed=st.integers(0, 99))
@settings(max_examples=6)
def test_weights_sum_to_one_under_each_parent_and_multiply_down(purchases, reviews, seed):
    """Whatever there is of purchases and reviews, with any parameters; leaves share a tree out among them."""
    log = small_log(purchases, reviews + 1)
    trees = av.weight_trees(
        model_for(log, seed=seed, shopper="both"), log, "ann" if purchases else "ben", "i0"
    )
    check_tree(trees)
    assert (trees["level"] == "history item").sum() == purchases


@pytest.mark.parametrize(("purchases", "shown"), [(0, 0), (1, 1), (50, 50), (60, 50)])
def test_a_history_of_any_length(purchases, shown):
    """Nobody's history is too short or too long; the latest comes first; the start vector is always there."""
    log = small_log(purchases)
    user = "ann" if purchases else "ben"
    shopper = av.weight_trees(model_for(log), log, user, "i0").query("tree == 'shopper'")
    items = shopper[shopper["level"] == "history item"]
    assert items["text"].tolist() == [f"Thing {1 + n % 5}" for n in range(purchases - 1, -1, -1)][:shown]
    assert items["element"].tolist() == [f"shopper/item {n}" for n in range(1, shown + 1)]
    start = shopper[shopper["level"] == "start"]["weight"].item()
    assert start == 1 if not shown else 0 < start < 1
    assert len(shopper) == 1 + shown * 4  # tags, price, brand of each


@pytest.mark.parametrize("reviews", [0, 1, 200])
def test_any_number_of_reviews(reviews):
    """None: no element below the reviews. Many: as many as the schema lets the model read, latest first."""
    log = small_log(reviews=max(1, reviews))
    item = "i0" if reviews else "i1"
    trees = av.weight_trees(model_for(log), log, "ann", item)
    check_tree(trees)
    found = trees[trees["level"] == "review"]["text"].tolist()
    texts = log.past.loc[log.past["review"] != "", "review"].tolist()
    assert found == (texts[::-1][:5] if reviews else [])
    field = trees.set_index("element").loc["candidate/reviews"]
    assert field["text"] == f"{len(found)} reviews"
    assert field["weight"] > 0  # a product without a review still has a vector for it


def test_sentences_are_the_reviews_own_with_the_models_weights():
    """Each sentence stands under the review that it is from; path below the field = the model's weight."""
    log = small_log(reviews=7)
    model = model_for(log, seed=3)
    trees = av.weight_trees(model, log, "ann", "i0").set_index("element")
    sentences = trees[trees["level"] == "sentence"]
    for row in sentences.itertuples():
        assert row.text in trees.loc[row.parent, "text"]
    batch = log.candidates(["ann"], ["i0"]).batch(slice(None), model.schema)
    with torch.no_grad():
        weights = model.sentence_weights(batch)[0, : len(sentences)]
    below = sentences["path_weight"] / trees.loc["candidate/reviews", "weight"]
    np.testing.assert_allclose(below, weights, atol=1e-6)


def test_a_review_that_is_cut_and_one_of_marks_only():
    """Twelve sentences at most, four of a review; "!!!" holds no sentence and is no element."""
    long = "One. Two. Three. Four. Five."
    log = small_log(reviews=5, texts=[long, "!!!"])
    trees = av.weight_trees(model_for(log), log, "ann", "i0")
    check_tree(trees)
    assert trees[trees["level"] == "review"]["text"].tolist() == [long] * 3
    assert trees[trees["level"] == "sentence"]["text"].tolist() == ["One.", "Two.", "Three.", "Four."] * 3


def test_tags_are_a_mean_and_the_table_says_so():
    """The same weight for each tag; a product without tags has none below."""
    log = small_log()
    model = model_for(log)
    tags = av.weight_trees(model, log, "ann", "i2").query("level == 'tag'")
    assert sorted(tags["text"]) == sorted(log.items["tags"].iloc[2])
    assert len(tags) == 3
    np.testing.assert_allclose(tags["weight"], 1 / 3)
    assert av.weight_trees(model, log, "ann", "i1").query("level == 'tag'").empty


def test_pushes_are_the_exact_shapley_values_of_the_fields():
    """They sum to the logit less the average product's; below the fields, and of purchases, there is none."""
    log = small_log()
    model = model_for(log, shopper="both", seed=1)
    trees = av.weight_trees(model, log, "ann", "i0")
    fields = (trees["level"] == "field") & (trees["tree"] == "candidate")
    assert trees.loc[~fields, "push"].isna().all()
    one, shelf = (log.candidates("ann", items).batch(slice(None), model.schema) for items in (["i0"], None))
    with torch.no_grad():
        average = model.logits_from_vectors(model.baseline_vectors(one, shelf), *model.field_vectors(one)[1])
        gap = (model(one) - average).item()
    assert math.isclose(trees.loc[fields, "push"].sum(), gap, abs_tol=1e-5)


@pytest.mark.parametrize("attention", ["uniform", "multihead", "self"])
def test_every_mechanism_has_its_trees(attention):
    """Heads are averaged, the shopper's own token is left out; several heads see no one vector a field."""
    log = small_log()
    heads = 1 if attention == "uniform" else 2
    trees = av.weight_trees(model_for(log, attention=attention, num_heads=heads), log, "ann", "i0")
    check_tree(trees)
    fields = trees.query("level == 'field' and tree == 'candidate'")
    assert fields["value_norm"].isna().all() == (heads > 1)
    assert fields["push"].notna().all()


def test_an_unknown_price_and_brand_are_told_in_words():
    """Of the candidate and of a past purchase."""
    log = small_log(purchases=1)
    trees = av.weight_trees(model_for(log), log, "ann", "i4").set_index("element")["text"]
    assert trees["candidate/price"] == "unknown"
    assert trees["candidate/brand"] == "unknown"
    assert trees["shopper/item 1/brand"] == "unknown"
    assert trees["shopper/item 1/price"] == "5.00"


def test_hostile_text_is_kept_as_it_is_and_stays_out_of_the_names():
    """Titles, tags, brands, reviews: shown by whoever shows them as text. Names are ours."""
    tags = [[HOSTILE], [], [], [], [], []]
    log = small_log(reviews=1, texts=[HOSTILE], title=[HOSTILE] * 6, tags=tags, brand=HOSTILE)
    trees = av.weight_trees(model_for(log), log, "ann", "i0")
    text = trees.set_index("element")["text"]
    for element in (
        "candidate/tags/tag 1",
        "candidate/brand",
        "candidate/reviews/review 1",
        "shopper/item 1",
    ):
        assert text[element] == HOSTILE
    for column in ("tree", "level", "element", "parent"):
        assert not trees[column].str.contains("[<>{]").any()


def test_a_model_that_reads_no_history_has_one_tree():
    """The profile is no attention, so there is nothing to show of it."""
    log = small_log()
    assert av.weight_trees(model_for(log, shopper="profile"), log, "ann", "i0")["tree"].unique() == [
        "candidate"
    ]


def test_at_cuts_the_past():
    """What happens later is not in the trees."""
    log = small_log(purchases=9, reviews=9)
    early = av.weight_trees(model_for(log), log, "ann", "i0", at=START + 2 * DAY)
    assert early["level"].value_counts()[["history item", "review"]].tolist() == [2, 2]


@pytest.mark.parametrize(("user", "item", "named"), [("eve", "i0", "user 'eve'"), ("ann", "i9", "item 'i9'")])
def test_an_unknown_shopper_or_product_is_named(user, item, named):
    """With the argument's name, and an id that would do."""
    log = small_log()
    with pytest.raises(ValueError, match=f"{named} is not in the log: give one of its .*_ids, such as"):
        av.weight_trees(model_for(log), log, user, item)


def test_path_weights_by_hand():
    """0.6 x 0.5 x 0.2; a second root starts anew."""
    trees = pd.DataFrame({"element": ["a", "a/b", "a/b/c", "x"], "parent": ["r", "a", "a/b", "s"],
                          "weight": [0.6, 0.5, 0.2, 0.7]})  # fmt: skip
    np.testing.assert_allclose(with_path_weights(trees)["path_weight"], [0.6, 0.3, 0.06, 0.7])


def test_an_items_own_text_has_its_sentences_below_it():
    """A description's sentences stand directly under it, weighted as the model weights them, with tokens."""
    described = [f"Number {n}. Made of wool." if n else "Soft. Warm. Blue." for n in range(6)]
    log = small_log(description=described)
    log = av.InteractionLog(log.interactions, log.items, fields={"description": "text"})
    model = model_for(log)
    trees = av.weight_trees(model, log, "ann", "i0", tokens="norm")
    check_tree(trees)
    field = trees[trees["element"] == "candidate/description"]
    assert field["text"].item() == "3 sentences"
    below = trees[trees["parent"] == "candidate/description"]
    assert below["level"].unique().tolist() == ["sentence"]
    assert below["text"].tolist() == ["Soft.", "Warm.", "Blue."]
    batch = log.candidates(["ann"], ["i0"]).batch([0])
    with torch.no_grad():
        weights = model.sentence_weights(batch, "description")[0]
    np.testing.assert_allclose(below["weight"], weights[:3], atol=1e-6)
    tokens = trees[trees["parent"] == "candidate/description/sentence 1"]
    assert tokens["level"].unique().tolist() == ["token"]
    reviews = trees[trees["parent"] == "candidate/reviews"]
    assert reviews["level"].unique().tolist() == ["review"]


def test_more_fields_than_exact_values_allow():
    """Beyond twelve fields the pushes are sampled, and still sum to the logit less the average product's."""
    more = {f"n{number}": np.arange(6.0) * number for number in range(10)}
    log = small_log(**more)
    log = av.InteractionLog(log.interactions, log.items, fields=dict.fromkeys(more, "number"))
    model = model_for(log)
    assert len(model.fields) > 12
    trees = av.weight_trees(model, log, "ann", "i0")
    check_tree(trees)
    shelf = log.candidates(["ann"])
    everything, batch = shelf.batch(slice(None)), shelf.batch([0])
    with torch.no_grad():
        average = model.baseline_vectors(batch, everything)
        gap = model(batch) - model.logits_from_vectors(average, *model.field_vectors(batch)[1])
    assert trees["push"].sum() == pytest.approx(gap.item(), abs=1e-4)
