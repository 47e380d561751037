"""Does a query over the shopper's history beat a profile made of the same history?

    python -m benchmarks history            # writes book/_results/history.csv
    python -m benchmarks history --airbnb DIR       # DIR holds listings.csv.gz and reviews.csv.gz

All rows of the table have the same model, with keys of content, but for what it knows of a shopper:

- "nothing": her profile is all zeros, so she is like everybody else.
- "profile": the mean of what she chose before (at most 50 items), and how many they are.
- "history": a learned query attends over what she chose before (at most 50 items).
- "history, candidate asks": the product that is scored is the query.
- "both": profile and history side by side.

Profile and history see the same content of the same items, without reviews.
Planted: the shop is given without its users table, so that nobody knows more of a shopper than her choices.
"Best with a users table" is the best guess of one who sees what the shop shows of its users.
Measure: AUC on the last tenth of the rows.
Albany: real stays, without reviews; held-out stays of guests who come back and stay somewhere new, each
ranked against 100 listings that the guest never took. Measure: AUC, the share of them that score lower.
A seed changes the shop (planted), the negatives (Albany), and the model. Of the epochs the one with the
lowest loss on the validation part counts. Rows of an earlier run with the same data, seed and model are
replaced: `--variants --airbnb DIR` runs Albany only.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

import attnviz as av
from attnviz.data.histories import MAX_CHOSEN

from .results import Result

MODELS = {
    "nothing": dict(),
    "profile": dict(),
    "history": dict(shopper="history"),
    "history, candidate asks": dict(shopper="history", asks="candidate"),
    "both": dict(shopper="both"),
}


class Nobody(av.AttentionRecommender):
    """A model whose shoppers are all alike."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.shopper = Zeros()


class Zeros(torch.nn.Module):
    """A shopper of whom nothing is known."""

    def forward(self, batch: av.data.Batch) -> torch.Tensor:
        """Zeros in the place of the profile."""
        return torch.zeros_like(batch.profile)


def trained(
    name: str, schema: av.Schema, parts: tuple[av.InteractionLog, ...], seed: int, epochs: int
) -> av.AttentionRecommender:
    """One of the models, trained on the first part, its epoch chosen on the second."""
    kind = Nobody if name == "nothing" else av.AttentionRecommender
    model = kind(schema, keys="content", seed=seed, **MODELS[name])
    av.fit(model, *parts[:2], loss="binary", epochs=epochs, batch_size=1024, seed=seed, progress=False)
    return model


def planted(variant: str, seed: int, sizes: dict, epochs: int) -> Iterator[dict]:
    """All models on one shop without its users table."""
    shop = av.planted_shop(variant=variant, seed=seed, **sizes)
    log = av.InteractionLog(shop.interactions, shop.items, computed=())
    schema, parts = av.Schema.of(log, max_history=MAX_CHOSEN), log.split()
    test = parts[2]
    labels = test.interactions["label"]
    rows = dict(data=f"planted, {variant}", seed=seed, n=len(test))
    yield rows | dict(model="best with a users table", auc=shop.split()[2].profile_auc())
    for name in MODELS:
        model = trained(name, schema, parts, seed, epochs)
        yield rows | dict(model=name, auc=roc_auc_score(labels, av.predict(model, test)))


def albany(folder: Path, seed: int, epochs: int) -> Iterator[dict]:
    """All models on real stays."""
    city = av.read_airbnb(folder / "listings.csv.gz", folder / "reviews.csv.gz", strict=False)
    log = av.InteractionLog(city.interactions.assign(review=""), city.items, computed=(), implicit=True)
    schema, (train, valid, test) = av.Schema.of(log, max_history=MAX_CHOSEN), log.split()
    returning = test.with_interactions(
        test.interactions[av.recommender.groups_by_history(test) == "returning"]
    )
    candidates = av.recommender.sampled_candidates(returning, num_candidates=100, seed=0)
    parts = tuple(part.sample_negatives(2, own_past=False, seed=seed) for part in (train, valid))
    for name in MODELS:
        model = trained(name, schema, parts, seed, epochs)
        table = av.rank_held_out(model, candidates).set_index("model").loc["model"]
        yield dict(data="Albany", seed=seed, n=len(returning), model=name, auc=table["auc"])


def leads(table: pd.DataFrame) -> pd.DataFrame:
    """Mean AUC over the seeds, and each model's lead over the profile with its interval over seeds."""
    rows = []
    for (data, model), part in table.groupby(["data", "model"], sort=False):
        profile = table[(table["data"] == data) & (table["model"] == "profile")].set_index("seed")["auc"]
        lead = (part.set_index("seed")["auc"] - profile).tolist()
        mean, low, high, _ = av.metrics.bootstrap_interval(lead)
        rows.append(dict(data=data, model=model, auc=part["auc"].mean(), lead=mean, low=low, high=high))
    return pd.DataFrame(rows)


def measure(
    *,
    variants: tuple[str, ...] = ("additive",),
    airbnb: Path | None = None,
    seeds: int = 4,
    epochs: int = 6,
    airbnb_epochs: int = 15,
    num_users: int = 1000,
    num_items: int = 600,
    num_interactions: int = 40_000,
) -> Result:
    """All models on each shop, and on the stays if there are some.

    Args:
        variants: Of the planted shop.
        airbnb: The folder with listings.csv.gz and reviews.csv.gz. None: planted shops only.
        seeds: How many.
        epochs: Of a training on a planted shop.
        airbnb_epochs: Of a training on the stays.
        num_users: Of a planted shop.
        num_items: Of a planted shop.
        num_interactions: Of a planted shop.
    """
    torch.set_num_threads(1)
    sizes = dict(num_users=num_users, num_items=num_items, num_interactions=num_interactions)
    rows: list[dict] = []
    for seed in tqdm(range(seeds)):
        for variant in variants:
            rows += planted(variant, seed, sizes, epochs)
        if airbnb:
            rows += albany(airbnb, seed, airbnb_epochs)
        print(summary(pd.DataFrame(rows)), flush=True)
    return Result(pd.DataFrame(rows), replace=["data", "seed", "model"])


def summary(table: pd.DataFrame) -> str:
    """Each model's lead over the profile."""
    return leads(table).round(4).to_string()
