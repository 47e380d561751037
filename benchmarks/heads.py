"""What do heads look at that they do not use? Category, which plays no part in a planted shop, as the test.

    python -m benchmarks heads            # writes book/_results/heads.csv

For each model, seed and field, means over the test rows, all as shares of the row's sum over fields:
`weight`, averaged over heads and without the shopper's token; `weight_x_norm`, weight times the length of
what the head makes of the field's vector (after the output projection), summed over heads; `shapley`, the
size of the exact Shapley value against the average product; and `truth`, the size of the planted push.
`largest_head` is the mean over rows of the largest weight that any one head gives the field.
A row `field = category` with a weight and no Shapley value is a field that is looked at and not used.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

import attnviz as av

from .quality import TRIALS

MODELS = {
    "film, both keys": dict(),
    "film, field keys": dict(keys="field"),
    "film, four heads": dict(attention="multihead", num_heads=4),
    "film, four heads, field keys": dict(attention="multihead", num_heads=4, keys="field"),
    "film, self-attention": dict(attention="self", num_heads=4),
}


def share(sizes: Tensor) -> Tensor:
    """Each row (row, field) divided by its sum, then the mean over rows (field,)."""
    return (sizes / sizes.sum(1, keepdim=True).clamp(min=1e-9)).mean(0)


@torch.no_grad()
def look(
    model: av.AttentionRecommender, part: av.data.PlantedShop, train: av.data.PlantedShop
) -> dict[str, Tensor]:
    """What the model looks at and what it uses, each (field,)."""
    batch, reference = (log.batch(slice(None), model.schema) for log in (part, train))
    vectors, args = model.field_vectors(batch)
    weights = model(batch, return_weights=True)[1][:, :, 0]  # (row, head, field), the shopper's row
    values = model.mechanism.head_values(vectors, *args)  # (row, head, field, dim)
    moved = (weights * values.norm(dim=-1)).sum(1)
    fields = slice(-len(model.fields), None)  # without the shopper's token, where there is one
    base = model.baseline_vectors(batch, reference)
    pushes = av.attribute(
        model.logits_from_vectors, vectors, method="shapley", baselines=base, forward_args=args
    )
    return dict(
        weight=share(weights.mean(1)[:, fields]),
        largest_head=weights.amax(1)[:, fields].mean(0),
        weight_x_norm=share(moved[:, fields]),
        shapley=share(pushes.abs()),
        truth=share(torch.tensor(part.truth.push[list(model.fields)].to_numpy()).abs()),
    )


def run(variant: str, seed: int, models: Sequence[str], *, rows: int, trial: int) -> Iterator[dict]:
    """All models on one shop."""
    shop = av.planted_shop(
        variant=variant, seed=seed, num_users=4000, num_items=1500, num_interactions=80_000
    )
    train, valid, test = shop.split()
    few = test.with_interactions(test.interactions.sample(rows, random_state=seed))
    reference = train.with_interactions(train.interactions.sample(2000, random_state=seed))
    labels = torch.tensor(test.interactions["label"].to_numpy())
    for name in models:
        model = av.AttentionRecommender(shop.schema, seed=seed, **MODELS[name])
        av.fit(model, train, valid, seed=seed, progress=False, **TRIALS[trial])
        auc = av.metrics.auc(torch.from_numpy(av.predict(model, test)), labels).item()
        found = look(model, few, reference)
        for place, field in enumerate(model.fields):
            measures = {measure: values[place].item() for measure, values in found.items()}
            yield dict(model=name, auc=auc, field=field) | measures


def measure(
    *,
    variants: tuple[str, ...] = ("additive",),
    models: Annotated[tuple[str, ...], tuple(MODELS)] = tuple(MODELS),
    seeds: int = 5,
    rows: int = 3000,
    trial: int = 1,
) -> pd.DataFrame:
    """All models on a shop of each variant and seed.

    Args:
        variants: Of the planted shop.
        models: Which ones.
        seeds: How many.
        rows: Test rows of a shop that are looked at.
        trial: Which of the learning rates of `quality`.
    """
    torch.set_num_threads(1)
    return pd.DataFrame(
        dict(variant=variant, seed=seed, **row)
        for variant, seed in tqdm([(variant, seed) for variant in variants for seed in range(seeds)])
        for row in run(variant, seed, models, rows=rows, trial=trial)
    )


def summary(table: pd.DataFrame) -> str:
    """Means over the seeds."""
    means = table.drop(columns="seed").groupby(["variant", "field", "model"], sort=False).mean()
    return means.round(3).to_string()
