"""The benchmark of encoders gives a model the vectors that its row names."""

import numpy as np
import pandas as pd
import torch

import attnviz as av
from benchmarks.encoders import auc_row, with_encoder


def test_centred_vectors_reach_the_batches():
    """A centred log's sentences are the plain ones less the training log's mean, of length 1."""
    shop = av.planted_shop(num_users=60, num_items=30, num_interactions=300)
    plain = shop.split()[0].batch(slice(None), shop.schema).sentences
    parts = shop.split()[:2]
    with_encoder(parts, shop.schema, "minilm, centred")
    centred = parts[0].batch(slice(None), shop.schema).sentences
    assert torch.allclose(centred.norm(dim=1), torch.ones(len(centred)), atol=1e-5)
    assert not torch.allclose(centred, plain, atol=1e-2)
    with_encoder(parts, shop.schema, "minilm")
    assert torch.equal(parts[0].batch(slice(None), shop.schema).sentences, plain)


def test_intervals_are_those_of_shoppers():
    """Ten shoppers with a hundred rows each, alike within a shopper: wider than by row."""
    users = pd.Series(np.repeat(np.arange(10), 100))
    labels = torch.tensor((users % 2).to_numpy())
    scores = labels + torch.tensor((users % 3).to_numpy())
    by_row, by_user = auc_row(scores.double(), labels), auc_row(scores.double(), labels, users)
    assert by_user["auc"] == by_row["auc"]
    assert by_user["high"] - by_user["low"] > 2 * (by_row["high"] - by_row["low"])
