"""Why do keys of content lose to keys of the field? Each kind of key sees one thing more, or one less.

    python -m benchmarks keys            # writes book/_results/keys.csv

- "content": K x_f, the package's default. The key has to tell from the content which field it belongs to.
- "both": K (x_f + z_f), with a marker z_f of the field.
- "both, before FiLM": K (e_f + z_f), of the field's vector before the shopper scales it, so that her tastes,
  which turn the signs of x_f, do not turn the key with it. No option of the package: explainers hold x_f.
- "field": K z_f, whatever the field holds.

One training each, with the second trial of `python -m benchmarks quality`, on shops of its size; lower losses
and a higher AUC are better. `train_loss` is that of the trained model over the training rows.
"""

from typing import Annotated

import pandas as pd
import torch
from sklearn.metrics import log_loss, roc_auc_score
from torch import Tensor, nn
from tqdm import tqdm

import attnviz as av
from attnviz.data.planted import VARIANTS

from .quality import TRIALS, labels, split_with_cold_items

BEFORE = "both, before FiLM"
KEYS = ("content", "both", BEFORE, "field")


class KeysBeforeFilm(nn.Module):
    """Keys of what `item_vectors` found last, made by the keys that the model had."""

    def __init__(self, model: av.AttentionRecommender):
        super().__init__()
        self.key, self.find = model.mechanism.key, model.item_vectors
        model.item_vectors, model.mechanism.key = self.item_vectors, self

    def item_vectors(self, batch: av.data.Batch) -> Tensor:
        """As of the model."""
        self.found = self.find(batch)
        return self.found

    def forward(self, vectors: Tensor) -> Tensor:
        """The keys (batch, field, dim)."""
        return self.key(self.found)


def trained(keys: str, train: av.InteractionLog, valid: av.InteractionLog, seed: int):
    """A recommender with keys of this kind."""
    model = av.AttentionRecommender(train.schema, keys="both" if keys == BEFORE else keys, seed=seed)
    if keys == BEFORE:
        KeysBeforeFilm(model)
    av.fit(model, train, valid, seed=seed, progress=False, **TRIALS[1])
    return model


def measure(
    *,
    variants: Annotated[tuple[str, ...], VARIANTS] = ("additive", "soft", "network"),
    seeds: int = 2,
    num_users: int = 4000,
    num_items: int = 1500,
    num_interactions: int = 80_000,
) -> pd.DataFrame:
    """A row for each kind of key, variant and seed.

    Args:
        variants: Of the planted shop.
        seeds: How many; each changes the shop, the split and the model.
        num_users: Of a shop.
        num_items: Of a shop.
        num_interactions: Of a shop.
    """
    torch.set_num_threads(1)
    sizes = dict(num_users=num_users, num_items=num_items, num_interactions=num_interactions)
    rows = []
    for variant, seed in tqdm([(variant, seed) for variant in variants for seed in range(seeds)]):
        parts = split_with_cold_items(av.planted_shop(variant=variant, seed=seed, **sizes), seed)
        for keys in KEYS:
            model = trained(keys, parts.train, parts.valid, seed)
            loss = {
                name: log_loss(labels(log), av.predict(model, log).astype(float))
                for name, log in (("train", parts.train), ("test", parts.warm))
            }
            auc = roc_auc_score(labels(parts.warm), av.predict(model, parts.warm))
            rows.append(dict(variant=variant, seed=seed, keys=keys, train_loss=loss["train"],
                             test_loss=loss["test"], auc=auc))  # fmt: skip
    return pd.DataFrame(rows)


def summary(table: pd.DataFrame) -> str:
    """Means over the seeds."""
    means = table.groupby(["variant", "keys"], sort=False)[["train_loss", "test_loss", "auc"]].mean()
    return means.round(4).to_string()
