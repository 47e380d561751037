"""What the weight says on a real shop: removals as the package does them, and answers that are known."""

import numpy as np
import pandas as pd
import pytest
import torch

import attnviz as av
from benchmarks import shelf_weights
from benchmarks.shelf_queries import NULL, Queries


@pytest.fixture(scope="module")
def queries() -> Queries:
    shop = av.planted_shop(num_users=30, num_items=12, num_interactions=300)
    taken = shop.interactions[shop.interactions["label"] == 1].assign(review="")
    log = av.InteractionLog(taken, shop.items, implicit=True)
    return shelf_weights.drawn(Queries.of(log.split()[2]), 4)


def test_falls_are_those_of_the_package(queries):
    """Of the first item on offer, with the mean vectors of what is on offer as the baseline."""
    log = queries.log
    model = av.AttentionRecommender(log.schema, embed_dim=8, seed=1)
    found = shelf_weights.told(model, queries)
    for query in range(len(log)):
        shelf = log.items["item_id"][queries.shelves["on offer"][query]]
        row = log.interactions.iloc[[query] * len(shelf)].assign(item_id=shelf.to_numpy())
        batch = log.with_interactions(row).batch(slice(None), model.schema)
        with torch.no_grad():
            vectors, args = model.field_vectors(batch)
            logits, weights = model(batch, return_weights=True)
        average = vectors.mean(0, keepdim=True).expand_as(vectors)
        removal = av.Removal(model.logits_from_vectors, vectors, baselines=average, forward_args=args)
        falls = logits[:, None] - removal.logits(~torch.eye(vectors.shape[1], dtype=bool)[:, None].expand(
            -1, len(vectors), -1)).T  # fmt: skip
        first, weights = logits.argmax(), av.reduce_weights(weights)
        torch.testing.assert_close(found["fall"][query], falls[first], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found["weight"][query], weights[first])
        torch.testing.assert_close(found["mean weight"][query], weights.mean(0))
        torch.testing.assert_close(found["spread"][query], falls.std(0, correction=0), atol=1e-5, rtol=1e-4)


def test_as_many_choices_of_each_group_are_drawn(queries):
    """Four of each, or all there are."""
    assert pd.Series(queries.group).value_counts().max() == 4


def test_answers_of_four_choices():
    """Weights name the largest fall in two of four; a stranger's in none; always "price" in three."""
    weight = torch.tensor([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.2, 0.1, 0.7]])
    fall = torch.tensor([[1.0, 2.0, 0.0], [0.5, 1.0, 0.0], [-3.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = {"weight": weight, "fall": fall, "mean weight": weight, "spread": fall.abs()}
    table = shelf_weights.answers(found, np.array(["new"] * 4), ("tags", "price", NULL))
    measured = {measure: table[measure, ""].tolist() for measure, field in table.columns if not field}
    assert measured["tallest is largest fall"] == [0, 0, 1, 1]
    assert measured["tallest is largest change"] == [0, 0, 0, 1]  # in the third the tags matter most: -3
    assert measured["tallest is largest spread"] == [0, 0, 0, 1]
    assert measured["stranger's weights"] == [0, 0, 0, 0]  # those of the choice before
    assert measured["always the same field"] == [1, 1, 1, 0]
    assert measured["fall, tallest"] == [1.0, 0.5, 1.0, 1.0]
    assert measured["fall, random"] == pytest.approx([1.0, 0.5, -2 / 3, 1 / 3])
    assert measured["fall, best"] == [2.0, 1.0, 1.0, 1.0]
    assert table["is tallest", "tags"].mean() == 0.5
    assert table["is true where tallest", "tags"].mean() == 0
    assert table["is true where tallest", "price"].tolist()[2] == 1
    assert table["is true where tallest", "price"].isna().sum() == 3
    null = shelf_weights.null_share(found, ("tags", "price", NULL))
    assert null["null is tallest", ""].tolist() == [0, 0, 0, 1]


def test_means_are_over_the_seeds_first():
    """Two seeds of two choices of one user: a measure that a seed does not define is left out."""
    keys = pd.DataFrame({"group": "new", "window": 0, "query": [0, 1, 0, 1], "user": "ann"})
    table = pd.DataFrame({("true", "tags"): [1.0, 0.0, np.nan, 1.0]})
    row = next(shelf_weights.averaged(table.set_index(pd.MultiIndex.from_frame(keys))))
    assert row == dict(group="new", measure="true", field="tags", value=0.75, low=0.75, high=0.75, n=2)
