"""How good is the recommender on planted shops, beside its peers, the best guess and the ceiling?

    python -m benchmarks quality            # writes book/_results/quality.csv
    python -m benchmarks quality --models "film, four heads" --variants soft    # adds rows to it
    python -m benchmarks quality --first-seed 3 --seeds 2                       # adds or replaces rows

Every model gets the same number of tuning trials; the trial and the epoch are chosen on validation rows.
A seed changes the shop, the split and the model.
The best guess from the profile knows how the shop was made and what a shopper shows; the ceiling knows her
labels in the training rows too, as the models can (`PlantedShop.ceiling`).
A tenth of the items is cold: the models see no label of theirs, though their reviews can be read.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import log_loss, roc_auc_score
from tqdm import tqdm

import attnviz as av
from attnviz.data.planted import VARIANTS

from .peers import Matrix, boosted_trees, deep_and_cross, factorisation_machine
from .results import Result

OURS = {
    "film, content keys": dict(keys="content"),
    "film, field keys": dict(keys="field"),
    "film, both keys": dict(),
    "film, normalised values": dict(keys="content", values="normalised"),
    "film, no attention": dict(attention="none"),
    "film, uniform": dict(attention="uniform"),
    "film, four heads": dict(attention="multihead", num_heads=4),
    "film, four heads, content keys": dict(attention="multihead", num_heads=4, keys="content"),
    "film, four heads, field keys": dict(attention="multihead", num_heads=4, keys="field"),
    "film, self-attention": dict(attention="self", num_heads=4),
    "plain, content keys": dict(conditioning="none", keys="content"),
}
PEERS = {
    "boosted trees": boosted_trees,
    "boosted trees, no crossings": partial(boosted_trees, crossed=False),
    "factorisation machine": factorisation_machine,
    "deep and cross": deep_and_cross,
}
BEST, CEILING = "best guess from the profile", "ceiling"
ALL = (BEST, CEILING, *OURS, *PEERS)
RARE = (
    "film, four heads",
    "film, four heads, content keys",
    "film, four heads, field keys",
    "film, self-attention",
    "factorisation machine",
    "boosted trees, no crossings",
)  # only on the first variant, unless they are named
TRIALS = (dict(batch_size=1024, learning_rate=3e-3, weight_decay=1e-4),
          dict(batch_size=1024, learning_rate=6e-3, weight_decay=1e-2),
          dict(batch_size=512, learning_rate=1.5e-3, weight_decay=1e-3))  # fmt: skip


class Parts(NamedTuple):
    """A shop's rows: to learn from, to choose on, to report on, the last apart for known and cold items."""

    train: av.data.PlantedShop
    valid: av.data.PlantedShop
    warm: av.data.PlantedShop
    cold: av.data.PlantedShop


def split_with_cold_items(shop: av.data.PlantedShop, seed: int) -> Parts:
    """Split by time; then take a tenth of the items out of everything but the test rows."""
    items = shop.items["item_id"]
    cold = set(items.sample(frac=0.1, random_state=seed))
    train, valid, test = shop.split()

    def rows(part: av.data.PlantedShop, keep_cold: bool) -> av.data.PlantedShop:
        is_cold = part.interactions["item_id"].isin(cold)
        return part.with_interactions(part.interactions[is_cold == keep_cold])

    return Parts(rows(train, False), rows(valid, False), rows(test, False), rows(test, True))


def our_trial(
    options: dict, parts: Parts, trial: int, seed: int
) -> Callable[[av.InteractionLog], np.ndarray]:
    """Train one of our models; returns its `predict`."""
    model = av.AttentionRecommender(parts.train.schema, seed=seed, **options)
    av.fit(model, parts.train, parts.valid, seed=seed, progress=False, **TRIALS[trial])
    return partial(av.predict, model)


def peer_trial(
    make: Callable, matrices: dict, trial: int, seed: int
) -> Callable[[av.InteractionLog], np.ndarray]:
    """Train a peer on the same content as a flat matrix; returns its predictions."""
    predict = make(matrices["train"], matrices["valid"], trial=trial, seed=seed)
    by_log = {id(matrix.log): matrix for matrix in matrices.values()}
    return lambda log: predict(by_log[id(log)].x)


def labels(log: av.InteractionLog) -> np.ndarray:
    """The labels of a log (row,)."""
    return log.interactions["label"].to_numpy()


def evaluate(name: str, trials: list[Callable], parts: Parts) -> Iterator[dict]:
    """Rows of the table for the trial with the lowest validation loss."""
    losses = [log_loss(labels(parts.valid), predict(parts.valid).astype(float)) for predict in trials]
    best = int(np.argmin(losses))
    for items, log in (("known", parts.warm), ("cold", parts.cold)):
        scores = trials[best](log).astype(float)
        yield dict(model=name, items=items, trial=best, auc=roc_auc_score(labels(log), scores),
                   log_loss=log_loss(labels(log), scores))  # fmt: skip


def run(variant: str, seed: int, sizes: dict, models: Sequence[str], trials: int) -> Iterator[dict]:
    """The chosen models on one shop, beside the best guess and the ceiling."""
    shop = av.planted_shop(variant=variant, seed=seed, **sizes)
    parts = split_with_cold_items(shop, seed)
    guesses = {BEST: lambda log: log.truth.best_probability, CEILING: lambda log: log.ceiling(parts.train)}
    for name in (name for name in guesses if name in models):
        yield from evaluate(name, [guesses[name]], parts)
    for name in (name for name in OURS if name in models):
        yield from evaluate(name, [our_trial(OURS[name], parts, t, seed) for t in range(trials)], parts)
    peers = [name for name in PEERS if name in models]
    matrices = Matrix.of_parts(parts._asdict()) if peers else {}
    for name in peers:
        made = [peer_trial(PEERS[name], matrices, t, seed) for t in range(trials)]
        yield from evaluate(name, made, parts)


def measure(
    *,
    name: str = "quality",
    variants: Annotated[tuple[str, ...], VARIANTS] = VARIANTS,
    models: Annotated[tuple[str, ...], ALL] = (),
    seeds: int = 5,
    first_seed: int = 0,
    trials: Annotated[int, (1, 2, 3)] = 2,
    num_users: int = 4000,
    num_items: int = 1500,
    num_interactions: int = 80_000,
) -> Result:
    """The models on a shop of each variant and seed.

    Args:
        name: Of the result file.
        variants: Of the planted shop.
        models: Which ones; without any all of them, but those that few readers ask for on the first variant
            only.
        seeds: How many.
        first_seed: The first one.
        trials: Of tuning, for each model.
        num_users: Of a shop.
        num_items: Of a shop.
        num_interactions: Of a shop.

    Returns:
        The rows; if variants, models and seeds are the default ones they are the new file, else they replace
        the same rows of the old one.
    """
    torch.set_num_threads(1)
    sizes = dict(num_users=num_users, num_items=num_items, num_interactions=num_interactions)
    jobs = [(variant, first_seed + seed) for variant in variants for seed in range(seeds)]
    table = pd.DataFrame(
        dict(variant=variant, seed=seed, **row)
        for variant, seed in tqdm(jobs)
        for row in run(variant, seed, sizes, models or usual(variant), trials)
    )
    whole = not models and variants == VARIANTS and (first_seed, seeds) == (0, 5)
    return Result(table, name, None if whole else ["variant", "seed", "model", "items"])


def usual(variant: str) -> list[str]:
    """The models of a variant, if none is named."""
    return [name for name in ALL if variant == VARIANTS[0] or name not in RARE]


def summary(table: pd.DataFrame) -> str:
    """AUC over the seeds."""
    by_model = table.groupby(["variant", "items", "model"], sort=False)["auc"]
    return by_model.agg(["mean", "std"]).round(3).to_string()
