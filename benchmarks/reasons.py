"""Do weights and attributions know a shopper's priority and a product's push? On shops that know both.

    python -m benchmarks reasons            # writes book/_results/reasons.csv
    python -m benchmarks reasons --variants twins --seeds 0 1        # makes some of its rows anew

Priority, of a shopper: on one product the weight, or the size of an attribution; over a shelf the mean
weight, or the spread (standard deviation) of the attributions.
Push, of one product: its size; and its lift, with sign. Removal: the size of what a logit loses or gains when
the average product's field stands in a field's place.
Truth is the shopper's: her gates are her priority, and her true pushes. "Priority as spread" is the spread of
these over a hundred other products; its method "gates" is the first truth, to see how far the two are one.
Or truth is the model's: its pushes are the exact Shapley values of its logit, and its priority is their
spread over the hundred other products.
In the shop "twins" tags and brand are one answer: their weights, pushes and gates are added, and they are
removed together.
Chance is random scores. "Same for all" gives every shopper the mean truth. "Best guess" knows how the shop
was made, and sees of a shopper her profile only. "True pushes" are what a model without error would find.
Of models with normalised values the questions in `OF_NORMALISED` are asked: their vectors have one length, so
weight × norm is the weight.
A seed changes the shop, the model and the training. Shops and training are the package's defaults.
"""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

import attnviz as av
from attnviz.data.planted.oracle import DECIDING_FIELDS, Oracle, shapley_pushes

from .judging import answers_of, controls, in_order, measures, null_share, spread_or_mean
from .results import Result

VARIANTS = ("additive", "soft", "network", "interaction", "forest", "twins")
MODELS = {
    "film": dict(values="raw"),
    "film, normalised": dict(values="normalised"),
    "field-keys": dict(keys="field", values="raw"),
}
WITH_FIELD_KEYS = VARIANTS[:3]
SHOPPERS, SHELF, OTHER_PRODUCTS = 300, 40, 100
ONE, ALL = "one product", f"shelf of {SHELF}"
OF_NORMALISED = (
    ("shopper", "priority", ALL), ("model", "priority", ALL),
    ("model", "push", ONE), ("model", "removal", ONE),
)  # fmt: skip
MADE_BY = ["variant", "seed", "model"]  # one training
Told = dict[str, Tensor]  # by method: (row, answer)


class Case(NamedTuple):
    """A shop, whom is asked about, and what is true of them."""

    train: av.data.PlantedShop
    valid: av.data.PlantedShop
    test: av.data.PlantedShop
    one: av.data.PlantedShop  # a test row for each of some shoppers
    shelf: av.data.PlantedShop  # their shelves
    elsewhere: av.data.PlantedShop  # and they and the other products
    answers: pd.DataFrame  # (field, answer)
    truths: Told  # by question
    known: dict[tuple, Told]  # by question and what was looked at: who knows the shop
    everything: av.data.PlantedShop  # all products, once
    profile_auc: float


def case_of(shop: av.data.PlantedShop, seed: int) -> Case:
    """All of a shop that does not depend on the model."""
    train, valid, test = shop.split()
    one = test.with_interactions(test.interactions.drop_duplicates("user_id").head(SHOPPERS))
    chosen = np.random.default_rng(seed).choice(len(shop.items), SHELF + OTHER_PRODUCTS, replace=False)
    products, people = shop.items["item_id"].to_numpy()[chosen], one.interactions["user_id"]
    shelf, elsewhere = (shop.candidates(people, part) for part in (products[:SHELF], products[SHELF:]))
    answers = answers_of([field.name for field in shop.schema.fields], one.truth.pairs)
    pushes = [in_order(log.truth.push, answers) for log in (one, shelf, elsewhere)]
    gates = in_order(one.truth.priority, answers)
    spread = spread_or_mean("true pushes", pushes[2], len(one))
    truths = {"priority": gates, "priority as spread": spread, "push": pushes[0].abs(), "lift": pushes[0]}
    known = evidence({"true pushes": pushes[0]}, {"true pushes": pushes[1]})
    more = {key: {"best guess": guess} for key, guess in best_guesses(one, answers).items()}
    more["priority as spread", ALL] = {"gates": gates}
    known = {key: told | more.get(key, {}) for key, told in known.items()}
    everything = shop.candidates(shop.users["user_id"][0])
    return Case(
        train, valid, test, one, shelf, elsewhere, answers, truths, known, everything, test.profile_auc()
    )


def best_guesses(log: av.data.PlantedShop, answers: pd.DataFrame) -> dict[tuple, Tensor]:
    """By question and what was looked at: the segments' mean truth, by their chances given the profile."""
    oracle, join = Oracle(log.world), answers.loc[list(DECIDING_FIELDS)].to_numpy()
    seen = oracle.look_up(log)
    chances, gates = oracle.segment_chances(seen), log.world.gates
    pushes = [shapley_pushes(oracle, gate[None], seen.utilities, seen.average_utilities) for gate in gates]
    joined = np.stack(pushes, axis=1) @ join  # (row, segment, answer)
    priority = torch.tensor(chances @ gates @ join)
    push, lift = (torch.tensor((chances[:, :, None] * part).sum(1)) for part in (np.abs(joined), joined))
    return {
        ("priority", ONE): priority,
        ("priority", ALL): priority,
        ("push", ONE): push,
        ("lift", ONE): lift,
    }


def look(
    model: av.AttentionRecommender, log: av.InteractionLog, everything: av.InteractionLog
) -> tuple[Tensor, dict]:
    """The fields' vectors (row, field, dim), and what they are compared with: the average product."""
    batch, average = (rows.batch(slice(None), model.schema) for rows in (log, everything))
    with torch.no_grad():
        vectors, args = model.field_vectors(batch)
        return vectors, dict(baselines=model.baseline_vectors(batch, average), forward_args=args)


def of_fields(model: av.AttentionRecommender, log: av.InteractionLog, everything: av.InteractionLog) -> Told:
    """What each method says of each row's fields (row, field) that needs no more than one look at it."""
    vectors, given = look(model, log, everything)
    args = given["forward_args"]
    with torch.no_grad():
        weights = model.attend(vectors, *args)[1]
        lengths = model.mechanism.values(vectors).norm(dim=2)
        scores, values = model.mechanism.terms(vectors, *args, model.head)
        average = model.mechanism.terms(given["baselines"], *args, model.head)
    pushes = av.explanation.shapley_point(
        scores, values, baseline_scores=average[0], baseline_values=average[1]
    )
    return {"weight": weights, "weight × norm": weights * lengths, "Shapley": pushes}


def explain(model: av.AttentionRecommender, log: av.InteractionLog, case: Case) -> Told:
    """The same of the answers (row, answer)."""
    return {name: joined(told, case) for name, told in of_fields(model, log, case.everything).items()}


def joined(told: Tensor, case: Case) -> Tensor:
    """Of numbers (row, field) those of the answers (row, answer)."""
    return told.double() @ torch.tensor(case.answers.to_numpy())


def integrated_gradients(model: av.AttentionRecommender, case: Case) -> Tensor:
    """Of the one product, against the average one."""
    vectors, given = look(model, case.one, case.everything)
    told = av.attribute(model.logits_from_vectors, vectors, method="integrated_gradients", **given)
    return joined(told, case)


def removals(model: av.AttentionRecommender, case: Case) -> Tensor:
    """How far the one product's logit moves without each answer (row, answer): the average stands there."""
    vectors, given = look(model, case.one, case.everything)
    gone = torch.tensor(case.answers.to_numpy().T).bool()  # (answer, field)
    present = torch.cat([torch.ones_like(gone[:1]), ~gone])[:, None].expand(-1, len(vectors), -1)
    logits = av.Removal(model.logits_from_vectors, vectors, **given).logits(present)  # (1 + answer, row)
    return (logits[0] - logits[1:]).abs().T


def evidence(one: Told, shelf: Told) -> dict[tuple[str, str], Told]:
    """By question and what was looked at: each method's scores (shopper, answer), the highest first."""
    sizes = {method: told.abs() for method, told in one.items()}
    spreads = {method: spread_or_mean(method, told, SHOPPERS) for method, told in shelf.items()}
    return {
        ("priority", ONE): sizes,
        ("priority", ALL): spreads,
        ("priority as spread", ALL): spreads,
        ("push", ONE): sizes,
        ("lift", ONE): one,
        ("removal", ONE): sizes,
    }


def judge(owner: str, truths: Told, told: dict[tuple, Told], null: int, seed: int) -> Iterator[dict]:
    """A row for each question that has a truth, and each method and control."""
    for (question, looked_at), by_method in told.items():
        if question not in truths:
            continue
        truth = truths[question].double()
        pairs = {method: (scores, truth) for method, scores in by_method.items()} | controls(truth, seed)
        for method, (scores, answer) in pairs.items():
            yield dict(owner=owner, question=question, looked_at=looked_at, method=method,
                       **measures(scores, answer), null_share=null_share(scores, null))  # fmt: skip


def trained(case: Case, options: dict, seed: int) -> tuple[av.AttentionRecommender, dict]:
    """A model with the package's defaults, and how far it is from the truth on test rows."""
    model = av.AttentionRecommender(case.train.schema, seed=seed, **options)
    av.fit(model, case.train, case.valid, seed=seed, progress=False)
    probability = torch.from_numpy(av.predict(model, case.test)).double()
    true_logit = torch.tensor(case.test.truth.probability).logit()
    return model, dict(
        auc=av.metrics.auc(probability, torch.tensor(case.test.interactions["label"].to_numpy())).item(),
        profile_auc=case.profile_auc,
        logit_correlation=torch.corrcoef(torch.stack([probability.logit(), true_logit]))[0, 1].item(),
    )


def run(case: Case, options: dict, seed: int) -> Iterator[dict]:
    """All methods and controls of one model."""
    model, distance = trained(case, options, seed)
    one, shelf, elsewhere = (explain(model, log, case) for log in (case.one, case.shelf, case.elsewhere))
    own = one["Shapley"]
    spread = spread_or_mean("Shapley", elsewhere["Shapley"], SHOPPERS)
    of_model = {"priority": spread, "push": own.abs(), "lift": own, "removal": removals(model, case)}
    told = evidence(one | {"integrated gradients": integrated_gradients(model, case)}, shelf)
    told_of_shopper = {key: told[key] | case.known[key] for key in told}
    null = case.answers.columns.get_loc("category")
    for owner, truths, by_key in (("shopper", case.truths, told_of_shopper), ("model", of_model, told)):
        for row in judge(owner, truths, by_key, null, seed):
            key = owner, row["question"], row["looked_at"]
            if options["values"] == "raw" or key in OF_NORMALISED:
                yield row | distance


def measure(
    *,
    variants: Annotated[tuple[str, ...], VARIANTS] = VARIANTS,
    models: Annotated[tuple[str, ...], tuple(MODELS)] = tuple(MODELS),
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4),
) -> Result:
    """All models on a shop of each variant and seed.

    Args:
        variants: Of the planted shop.
        models: Which ones; "field-keys" only in the shops of `WITH_FIELD_KEYS`.
        seeds: Which ones; all take three quarters of an hour, so a run may make some.
    """
    torch.set_num_threads(1)
    rows = []
    for variant, seed in tqdm([(variant, seed) for seed in seeds for variant in variants]):
        case = case_of(av.planted_shop(variant=variant, seed=seed), seed)
        for name in models:
            if name != "field-keys" or variant in WITH_FIELD_KEYS:
                made_by = dict(zip(MADE_BY, (variant, seed, name), strict=True))
                rows += [made_by | row for row in run(case, MODELS[name], seed)]
    return Result(pd.DataFrame(rows), replace=MADE_BY)


def summary(table: pd.DataFrame) -> str:
    """Means over the seeds."""
    by = ["variant", "model", "owner", "question", "looked_at", "method"]
    return table.groupby(by, sort=False)[["top1", "tau_b", "null_share"]].mean().round(3).to_string()
