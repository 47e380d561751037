"""Recommendations and the explorers' shelf."""

import numpy as np
import pytest
import torch

import attnviz as av
from attnviz.data.words import describe
from attnviz.recommender.predict import field_weights, shelf


@pytest.fixture(scope="module")
def shop():
    return av.planted_shop(num_users=60, num_items=30, num_interactions=400)


@pytest.fixture(scope="module")
def model(shop):
    return av.AttentionRecommender(shop.schema, embed_dim=8, seed=1)


def test_recommend_ranks_all_items_not_taken_before(shop, model):
    """Expect the highest probabilities among the items not taken before, with weights that sum to 1."""
    user = shop.interactions.loc[shop.interactions["label"] == 1, "user_id"].iloc[0]
    taken = set(shop.interactions.query("user_id == @user and label == 1")["item_id"])
    table = av.recommend(model, shop, user, top_k=100)
    assert set(table["item_id"]) == set(shop.items["item_id"]) - taken
    assert table["probability"].is_monotonic_decreasing
    np.testing.assert_allclose(table[list(model.fields)].sum(axis=1), 1, atol=1e-5)
    scored = dict(zip(table["item_id"], table["probability"], strict=True))
    item = table["item_id"].iloc[3]
    again = av.predict(model, shop.candidates([user], [item]))[0]
    assert scored[item] == pytest.approx(again, rel=1e-5)


def test_recommend_a_new_shopper():
    """Expect a recommendation to somebody of whom nothing is known but the profile."""
    shop = av.planted_shop(num_users=500, num_items=20, num_interactions=80)
    stranger = next(user for user in shop.users["user_id"] if user not in set(shop.interactions["user_id"]))
    model = av.AttentionRecommender(shop.schema, embed_dim=8)
    assert len(av.recommend(model, shop, stranger, top_k=5)) == 5


def test_recommend_errors(shop, model):
    """Expect errors that name user and top_k."""
    with pytest.raises(ValueError, match="user 'nobody' is not in the log"):
        av.recommend(model, shop, "nobody")
    with pytest.raises(ValueError, match="top_k"):
        av.recommend(model, shop, "Ben", top_k=0)


def test_shelf_recomputes_the_model(shop, model):
    """Expect softmax of the shelf's scores, times its vectors, times its head, to be the model's logit."""
    users, items = ["Ben", "Clara"], ["i3", "i5", "i7"]
    found = shelf(model, shop, users, items)
    scores, vectors = torch.tensor(found["query_scores"]), torch.tensor(found["vectors"])
    output = (scores.softmax(-1).unsqueeze(-1) * vectors).sum(2)
    logits = output @ torch.tensor(found["head_weight"]) + found["head_bias"]
    expected = av.predict(model, shop.candidates(users, items)).reshape(2, 3)
    np.testing.assert_allclose(logits.sigmoid().numpy(), expected, rtol=1e-5)
    weights = field_weights(model, shop.candidates(users, items))
    np.testing.assert_allclose(scores.softmax(-1).numpy().reshape(6, 5), weights, atol=1e-6)
    assert found["products"][0]["title"] == shop.items["title"][3]


def test_describe_says_what_is_missing():
    """Expect plain words for no tags, no review, an unknown price."""
    import pandas as pd

    rows = pd.DataFrame(
        {
            "user_id": ["a", "b"],
            "item_id": ["x", "y"],
            "timestamp": ["2025-01-01"] * 2,
            "label": [0, 1],
            "review": ["Good.", ""],
        }
    )
    items = pd.DataFrame(
        {"item_id": ["x", "y"], "title": ["X", "Y"], "tags": [["red"], []], "price": [1.5, None]}
    )
    log = av.InteractionLog(rows, items)
    likeness = {"likeness": "differs from shopper to shopper"}
    never, once = ({"popularity": f"chosen {times} in all"} | likeness for times in ("0 times", "once"))
    assert describe(log, ["x", "y"]) == [
        {"title": "X", "tags": "red", "reviews": "Good.", "price": "1.50"} | never,
        {"title": "Y", "tags": "no tags", "reviews": "no review", "price": "unknown"} | once,
    ]
