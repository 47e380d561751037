"""Do weights and attributions know a shopper's priority and a product's push? On shops that know both.

    python -m benchmarks reasons            # writes book/_results/reasons.csv

Priority, of a shopper: on one product the weight, or the size of an attribution; over a shelf the mean
weight, or the spread (standard deviation) of the attributions.
Push, of one product: its size; and its lift, with sign.
Truth is the shopper's: her gates are her priority, and her true pushes. "Priority as spread" is the spread of
these over a hundred other products. Or truth is the model's: its pushes are the exact Shapley values of its
logit, and its priority is their spread over the hundred other products.
Chance is random scores. "Same for all" gives every shopper the mean truth. "Best guess" knows how the shop
was made, and sees of a shopper her profile only. "True pushes" are what a model without error would find.
A seed changes the shop, the model and the training. Shops, models and training are the package's defaults.
"""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

import attnviz as av
from attnviz.data.planted.oracle import DECIDING_FIELDS, Oracle, shapley_pushes

VARIANTS = ("additive", "soft", "network", "interaction", "forest")  # twins have no top field, but a pair
MODELS = {"film": dict(), "field-keys": dict(keys="field")}
SHOPPERS, SHELF, OTHER_PRODUCTS = 300, 40, 100
CHANCE_DRAWS = 20


def explain(
    model: av.AttentionRecommender, log: av.InteractionLog, gradients: bool = True
) -> dict[str, Tensor]:
    """What each method says of each row, (row, field); pushes against the average product of the shop."""
    batch = log.batch(slice(None), model.schema)
    everything = log.candidates(log.users["user_id"][0]).batch(slice(None), model.schema)
    with torch.no_grad():
        vectors, args = model.field_vectors(batch)
        average = model.baseline_vectors(batch, everything)
        weights = model.attend(vectors, *args)[1]
        scores, values = model.mechanism.terms(vectors, *args, model.head)
        average_scores, average_values = model.mechanism.terms(average, *args, model.head)
    shapley = partial(
        av.explanation.shapley_point, baseline_scores=average_scores, baseline_values=average_values
    )
    found = {
        "weight": weights,
        "weight × norm": weights * vectors.norm(dim=2),
        "Shapley": shapley(scores, values),
    }
    if gradients:
        found["integrated gradients"] = av.attribute(
            model.logits_from_vectors,
            vectors,
            method="integrated_gradients",
            baselines=average,
            forward_args=args,
        )
    return found


def over_shelf(method: str, told: Tensor) -> Tensor:
    """What a method says of shoppers (shopper, field), from rows that go shopper by shopper."""
    shelves = told.view(SHOPPERS, -1, told.shape[1])  # (shopper, product, field)
    return shelves.mean(1) if method.startswith("weight") else shelves.std(1)


def evidence(one: dict[str, Tensor], shelf: dict[str, Tensor]) -> dict[tuple[str, str], dict[str, Tensor]]:
    """By question and what was looked at: each method's scores (shopper, field), the highest first."""
    sizes = {method: told.abs() for method, told in one.items()}
    spreads = {method: over_shelf(method, told) for method, told in shelf.items()}
    priorities = ("priority", "priority as spread")
    return {
        **{(question, "one product"): sizes for question in priorities},
        **{(question, f"shelf of {SHELF}"): spreads for question in priorities},
        ("push", "one product"): sizes,
        ("lift", "one product"): one,
    }


def best_guesses(log: av.data.PlantedShop, fields: list[str]) -> dict[str, Tensor]:
    """By question: the mean truth (row, field) over the segments, by their chances given the profile."""
    oracle = Oracle(log.world)
    seen = oracle.look_up(log)
    chances, gates = oracle.segment_chances(seen), log.world.gates
    pushes = np.stack(
        [shapley_pushes(oracle, gate[None], seen.utilities, seen.average_utilities) for gate in gates], axis=1
    )  # (row, segment, deciding field)
    means = dict(
        priority=chances @ gates,
        push=(chances[:, :, None] * np.abs(pushes)).sum(1),
        lift=(chances[:, :, None] * pushes).sum(1),
    )
    tables = {question: pd.DataFrame(values, columns=DECIDING_FIELDS) for question, values in means.items()}
    return {question: in_order(table, fields) for question, table in tables.items()}


def in_order(table: pd.DataFrame, fields: list[str]) -> Tensor:
    """A table (row, field) in the model's order of the fields; a field that is not there has 0."""
    return torch.tensor(table.reindex(columns=fields, fill_value=0.0).to_numpy())


def wanted(truth: Tensor) -> Tensor:
    """For average precision: the fewest fields that hold half of the (positive) truth, bool (row, field)."""
    shares, order = truth.clamp(min=0).sort(dim=1, descending=True, stable=True)
    before = shares.cumsum(1) - shares
    needed = (before < shares.sum(1, keepdim=True) / 2) & (shares > 0)
    return torch.zeros_like(needed).scatter(1, order, needed)


def measures(scores: Tensor, truth: Tensor) -> dict[str, float]:
    """Means over the rows where a measure is defined."""
    scores = scores.double()
    rows = dict(
        top1=av.metrics.top_k_overlap(scores, truth),
        tau_b=av.metrics.kendall_tau(scores, truth),
        average_precision=av.metrics.average_precision(scores, wanted(truth)),
    )
    return {name: values.nanmean().item() for name, values in rows.items()}


def null_share(scores: Tensor, fields: list[str]) -> float:
    """The mean share that goes to category, which plays no part."""
    shares = scores.abs() / scores.abs().sum(1, keepdim=True)
    return shares[:, fields.index("category")].mean().item()


def controls(truth: Tensor, seed: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Scores and truth of what knows nothing of a shopper."""
    many = truth.repeat(CHANCE_DRAWS, 1)
    chance = torch.rand(many.shape, generator=torch.Generator().manual_seed(seed))
    return {"chance": (chance, many), "same for all": (truth.mean(0, keepdim=True).expand_as(truth), truth)}


def trained(shop: av.data.PlantedShop, options: dict, seed: int) -> tuple[av.AttentionRecommender, dict]:
    """A model with the package's defaults, and how far it is from the truth on test rows."""
    train, valid, test = shop.split()
    model = av.AttentionRecommender(shop.schema, seed=seed, **options)
    av.fit(model, train, valid, seed=seed, progress=False)
    probability = torch.from_numpy(av.predict(model, test)).double()
    true_logit = torch.tensor(test.truth.probability).logit()
    distance = dict(
        auc=av.metrics.auc(probability, torch.tensor(test.interactions["label"].to_numpy())).item(),
        best_auc=test.profile_auc(),
        logit_correlation=torch.corrcoef(torch.stack([probability.logit(), true_logit]))[0, 1].item(),
    )
    return model, distance


def truths(log: av.data.PlantedShop, elsewhere: av.data.PlantedShop, fields: list[str]) -> dict[str, Tensor]:
    """The shoppers' truth by question, (row, field)."""
    push = in_order(log.truth.push, fields)
    spread = over_shelf("true pushes", in_order(elsewhere.truth.push, fields))
    priority = in_order(log.truth.priority, fields)
    return {"priority": priority, "priority as spread": spread, "push": push.abs(), "lift": push}


def judge(
    owner: str, truths_of: dict[str, Tensor], told: dict[tuple, dict], fields: list[str], seed: int
) -> Iterator[dict]:
    """A row for each question that has a truth, and each method and control."""
    for (question, looked_at), by_method in told.items():
        if question not in truths_of:
            continue
        truth = truths_of[question].double()
        pairs = {method: (scores, truth) for method, scores in by_method.items()} | controls(truth, seed)
        for method, (scores, answer) in pairs.items():
            yield dict(owner=owner, question=question, looked_at=looked_at, method=method,
                       **measures(scores, answer), null_share=null_share(scores, fields))  # fmt: skip


def rows_of(
    shop: av.data.PlantedShop, seed: int
) -> tuple[av.data.PlantedShop, av.data.PlantedShop, av.data.PlantedShop]:
    """Of some test shoppers: a test row each, their shelves, and the other products."""
    test = shop.split()[2]
    one = test.with_interactions(test.interactions.drop_duplicates("user_id").head(SHOPPERS))
    chosen = np.random.default_rng(seed).choice(len(shop.items), SHELF + OTHER_PRODUCTS, replace=False)
    products, people = shop.items["item_id"].to_numpy()[chosen], one.interactions["user_id"]
    return one, shop.candidates(people, products[:SHELF]), shop.candidates(people, products[SHELF:])


def run(shop: av.data.PlantedShop, options: dict, seed: int) -> Iterator[dict]:
    """All methods and controls of one model."""
    model, distance = trained(shop, options, seed)
    fields, (one, shelf, elsewhere) = list(model.fields), rows_of(shop, seed)
    on_one, own_elsewhere = explain(model, one), explain(model, elsewhere, gradients=False)["Shapley"]
    told = evidence(on_one, explain(model, shelf))
    own = on_one["Shapley"]
    of_model = {"priority": over_shelf("Shapley", own_elsewhere), "push": own.abs(), "lift": own}
    true = [{"true pushes": in_order(log.truth.push, fields)} for log in (one, shelf)]
    guesses = best_guesses(one, fields)
    more = {
        key: by_method | ({"best guess": guesses[key[0]]} if key[0] in guesses else {})
        for key, by_method in evidence(*true).items()
    }
    told_of_shopper = {key: told[key] | more[key] for key in told}
    for row in judge("shopper", truths(one, elsewhere, fields), told_of_shopper, fields, seed):
        yield row | distance
    for row in judge("model", of_model, told, fields, seed):
        yield row | distance


def measure(
    *,
    variants: Annotated[tuple[str, ...], VARIANTS] = VARIANTS[:3],
    models: Annotated[tuple[str, ...], tuple(MODELS)] = tuple(MODELS),
    seeds: int = 5,
) -> pd.DataFrame:
    """All models on a shop of each variant and seed.

    Args:
        variants: Of the planted shop.
        models: Which ones.
        seeds: How many.
    """
    torch.set_num_threads(1)
    rows = []
    for variant, seed in tqdm([(variant, seed) for seed in range(seeds) for variant in variants]):
        shop = av.planted_shop(variant=variant, seed=seed)
        for name in models:
            rows += [
                dict(variant=variant, seed=seed, model=name) | row for row in run(shop, MODELS[name], seed)
            ]
    return pd.DataFrame(rows)


def summary(table: pd.DataFrame) -> str:
    """Means over the seeds."""
    by = ["variant", "model", "owner", "question", "looked_at", "method"]
    return table.groupby(by, sort=False)[["top1", "tau_b", "null_share"]].mean().round(3).to_string()
