"""Tokens below a sentence: shares of the language model's weights that sum to 1, text as it stands."""

import numpy as np
import pandas as pd
import pytest
import torch

import attnviz as av
from attnviz.language.encoder import MAX_TOKENS
from attnviz.language.reading import Inside
from attnviz.trees.tokens import METHODS, token_shares, with_tokens


def toy() -> Inside:
    """Two layers, one head, two tokens; the last layer looks at token 1, whose values are short."""
    first, last = torch.eye(2), torch.tensor([[0.25, 0.75], [0.75, 0.25]])
    norms = torch.tensor([[[1.0, 1.0]], [[3.0, 1.0]]])
    return Inside(["a", "b"], ["a", "b"], [0, 1], torch.stack([first, last])[:, None], norms)


@pytest.mark.parametrize(
    ("method", "shares"),
    [
        ("weight", [0.5, 0.5]),  # the mean of the two rows
        ("norm", [0.75, 0.25]),  # 3 * 0.5 against 1 * 0.5
        ("rollout", [0.5, 0.5]),  # rows (0.625, 0.375) and (0.375, 0.625)
    ],
)
def test_shares_of_a_toy(method, shares):
    """Worked out by hand."""
    np.testing.assert_allclose(token_shares(toy(), method=method), shares, atol=1e-6)


def sentence(text: str, **values) -> pd.DataFrame:
    row = dict(tree="candidate", level="sentence", element="s", parent="candidate", text=text, weight=1.0)
    return pd.DataFrame([{**row, "value_norm": 2.0, "push": np.nan, **values}])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "text",
    ["Warm wool.", "</script><img src=x onerror=alert(1)>", "wool " * 200],
    ids=["plain", "hostile", "long"],
)
def test_tokens_sum_to_one_whatever_the_text(method, text):
    """A row a token that the encoder reads, under the sentence, whose own row stays as it was."""
    trees = with_tokens(sentence(text), "minilm", method=method)
    tokens = trees[1:]
    pd.testing.assert_frame_equal(trees[:1], sentence(text))
    assert 3 <= len(tokens) <= MAX_TOKENS
    assert tokens["weight"].between(0, 1).all()
    assert tokens["weight"].sum() == pytest.approx(1, abs=1e-5)
    assert (tokens["parent"] == "s").all()
    assert tokens["element"].is_unique
    assert tokens["push"].isna().all()
    assert tokens["text"].iloc[[0, -1]].tolist() == ["[CLS]", "[SEP]"]


def test_other_levels_are_left_alone():
    """Only a sentence has tokens."""
    trees = sentence("Warm.", level="review")
    pd.testing.assert_frame_equal(with_tokens(trees, "minilm"), trees)


def test_an_unknown_way_is_named():
    """The message says what may stand there."""
    message = r"method \(tokens of weight_trees\) must be one of .*norm.*got 'gradient'"
    with pytest.raises(ValueError, match=message):
        with_tokens(sentence("Warm."), "minilm", method="gradient")
    with pytest.raises(ValueError, match=message):
        token_shares(toy(), method="gradient")


def test_explain_goes_down_to_the_tokens():
    """Under each sentence the tokens sum to 1, and path weights multiply down to them."""
    shop = av.planted_shop(num_users=50, num_items=20, num_interactions=200)
    model = av.AttentionRecommender(shop.schema, embed_dim=8)
    row = shop.interactions.iloc[-1]
    plain = av.weight_trees(model, shop, row.user_id, row.item_id)
    trees = av.weight_trees(model, shop, row.user_id, row.item_id, tokens="norm")
    pd.testing.assert_frame_equal(trees[trees["level"] != "token"].reset_index(drop=True), plain)
    np.testing.assert_allclose(trees.groupby("parent")["weight"].sum(), 1, atol=1e-5)
    below = trees[trees["level"] == "token"].groupby("parent")["path_weight"].sum()
    above = plain.set_index("element")["path_weight"]
    assert set(below.index) == set(plain.loc[plain["level"] == "sentence", "element"])
    np.testing.assert_allclose(below, above[below.index], atol=1e-6)
