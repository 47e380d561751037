"""Where the reviews have the tallest weight, how often do they lift the score most?

    python -m benchmarks tallest            # writes book/_results/tallest.csv

Every test row of a planted shop, in trainings of the model of "Can we say 'because of the reviews'?", whose
weights stand still when a product's content changes. "Lift most" means: of all fields, their push upwards is
the largest. Pushes are the exact Shapley values of the logit against the average product for the same
shopper.
`tallest` says where the weight of the reviews is the tallest, and where it is not, to compare with; `above`
says how probable the model finds that the shopper takes the product.
A seed changes the shop, the model and the training. A row with a seed has an interval by shopper, the rows of
a shopper drawn together; a row without one is the mean of the seeds, with an interval by seed.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

import attnviz as av

from .reasons import of_fields

ABOVE = (0.0, 0.5, 0.8)
WHICH = ["variant", "tallest", "above"]


def looked_and_lifted(variant: str, seed: int) -> pd.DataFrame:
    """Of each test row: user_id, the model's probability, the field with the tallest weight and lift."""
    shop = av.planted_shop(variant=variant, seed=seed)
    train, valid, test = shop.split()
    model = av.AttentionRecommender(shop.schema, keys="field", seed=seed)
    av.fit(model, train, valid, seed=seed, progress=False)
    told, names = of_fields(model, test, shop.candidates(shop.users["user_id"][0])), np.array(model.fields)
    return pd.DataFrame({
        "user_id": test.interactions["user_id"],
        "probability": av.predict(model, test),
        "tallest": names[told["weight"].argmax(1)],
        "lifts_most": names[told["Shapley"].argmax(1)],
    })  # fmt: skip


def shares(rows: pd.DataFrame) -> Iterator[dict]:
    """How often the reviews lift most, where they have the tallest weight and where not."""
    for above in ABOVE:
        for tallest in (True, False):
            part = rows[(rows["probability"] > above) & ((rows["tallest"] == "reviews") == tallest)]
            lifts = (part["lifts_most"] == "reviews").astype(float).tolist()
            share, low, high, _ = av.metrics.bootstrap_interval(lifts, groups=part["user_id"])
            yield dict(tallest=tallest, above=above, rows=len(part), shoppers=part["user_id"].nunique(),
                       lift_most=share, low=low, high=high)  # fmt: skip


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """The mean of the seeds, and its interval by seed."""
    rows = []
    for which, part in table.groupby(WHICH, sort=False):
        share, low, high, _ = av.metrics.bootstrap_interval(part["lift_most"].tolist())
        counts = part[["rows", "shoppers"]].sum()
        rows.append(dict(zip(WHICH, which, strict=True), **counts, lift_most=share, low=low, high=high))
    return pd.DataFrame(rows)


def measure(*, variants: tuple[str, ...] = ("soft",), seeds: int = 5) -> pd.DataFrame:
    """The shares of each training, and their means.

    Args:
        variants: Of the planted shop.
        seeds: How many.
    """
    torch.set_num_threads(1)
    found = []
    for variant, seed in tqdm([(variant, seed) for variant in variants for seed in range(seeds)]):
        made_by = dict(variant=variant, seed=seed)
        found += [made_by | row for row in shares(looked_and_lifted(variant, seed))]
    table = pd.DataFrame(found)
    return pd.concat([table, over_seeds(table)], ignore_index=True).astype({"seed": "Int64"})


def summary(table: pd.DataFrame) -> str:
    """All rows."""
    return table.round(3).to_string()
