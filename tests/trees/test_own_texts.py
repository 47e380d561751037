"""A text that items hold themselves, taken apart into its sentences like reviews."""

import numpy as np
import pandas as pd
import pytest
import torch

import attnviz as av
from attnviz.trees.sentences import sentences_of

TEXTS = ["Warm. Soft. Made by hand.", "!!!", "", "Cold."]


def described(texts: list[str]) -> av.InteractionLog:
    """Four items with a description and a title each, the first with a review."""
    rows = pd.DataFrame({
        "user_id": ["ann", "ben", "cem", "dan"] * 2, "item_id": [f"i{n % 4}" for n in range(8)],
        "timestamp": pd.date_range("2025-01-01", periods=8), "label": [0, 1] * 4,
        "review": ["Good."] + [""] * 7,
    })  # fmt: skip
    items = pd.DataFrame({
        "item_id": [f"i{n}" for n in range(4)], "title": [f"Thing {n}." for n in range(4)],
        "description": texts, "stars": np.arange(4.0),
    })  # fmt: skip
    fields = {"description": "text", "title": "text", "stars": "number"}
    return av.InteractionLog(rows, items, fields=fields)


def test_a_description_is_scored_from_its_sentences_as_the_model_scores_it():
    """Equal logits with all of them, and those of a product without a description with none."""
    log = described(TEXTS)
    model = av.AttentionRecommender(log.schema, embed_dim=8).eval()
    batch = log.batch(slice(None))
    found = sentences_of(model, batch, field="description")
    assert found.texts == [["Warm.", "Soft.", "Made by hand."], [], [], ["Cold."]] * 2
    assert found.mask.equal(batch.fields["description"] >= 0)
    scored = found.forward_func(found.vectors, *found.forward_args)
    torch.testing.assert_close(scored, model(batch), rtol=1e-5, atol=1e-5)
    nothing = found.forward_func(found.vectors, *found.forward_args, mask=torch.zeros_like(found.mask))
    empty = described([""] * 4).batch(slice(None), model.schema)
    torch.testing.assert_close(nothing, model(empty), rtol=1e-5, atol=1e-5)


def test_a_text_field_without_a_sentence_is_named():
    """Other texts in the batch do not hide that this one is empty; a field that is no text is refused."""
    log = described(TEXTS)
    model = av.AttentionRecommender(log.schema, embed_dim=4)
    with pytest.raises(ValueError, match="none of its products has a sentence in its field 'description'"):
        sentences_of(model, log.batch([1, 2]), field="description")
    with pytest.raises(ValueError, match="none of its products has a review before its time"):
        sentences_of(model, log.batch([0, 1, 2]))
    with pytest.raises(ValueError, match=r"one of \['reviews', 'description', 'title'\], got 'stars'"):
        sentences_of(model, log.batch([0]), field="stars")
