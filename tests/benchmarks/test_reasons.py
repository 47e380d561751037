"""The benchmarks of reasons: answers of pairs, removals, what is asked of whom, when the tallest lifts."""

import pandas as pd
import pytest
import torch

import attnviz as av
from benchmarks import judging, reasons, tallest

FIELDS = ["tags", "reviews", "price", "brand", "category"]


def small_shop(**options):
    return av.planted_shop(num_users=60, num_items=30, num_interactions=900, **options)


@pytest.fixture
def few(monkeypatch):
    """Ten shoppers, shelves of four, six other products."""
    for name, value in (("SHOPPERS", 10), ("SHELF", 4), ("OTHER_PRODUCTS", 6)):
        monkeypatch.setattr(reasons, name, value)


def test_a_pair_is_one_answer_and_the_others_are_their_own():
    """What its two fields have is added; without pairs nothing changes."""
    joined = judging.answers_of(FIELDS, (("tags", "brand"),))
    told = torch.tensor([[0.3, 0.2, 0.1, 0.35, 0.05]], dtype=torch.float64)
    found = told @ torch.tensor(joined.to_numpy())
    assert list(joined) == ["tags or brand", "reviews", "price", "category"]
    assert torch.allclose(found, torch.tensor([[0.65, 0.2, 0.1, 0.05]], dtype=torch.float64))
    alone = judging.answers_of(FIELDS, ())
    assert list(alone) == FIELDS
    assert (alone.to_numpy() == torch.eye(5).numpy()).all()


def test_the_wanted_hold_half():
    """The fewest answers with half of what is positive: none of a row that has nothing."""
    truth = torch.tensor([[0.5, 0.3, 0.2], [0.4, 0.35, 0.25], [-1.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
    expected = [[True, False, False], [True, True, False], [False, False, True], [False, False, False]]
    assert judging.wanted(truth).tolist() == expected


@pytest.mark.parametrize(("variant", "pair"), [("soft", None), ("twins", [0, 3])])
def test_a_removal_is_the_logit_with_the_average_in_its_place(few, variant, pair):
    """Expect what a forward pass says with the average product's vectors; twins go together."""
    shop = small_shop(variant=variant)
    case = reasons.case_of(shop, 0)
    model = av.AttentionRecommender(shop.schema, seed=1)
    found = reasons.removals(model, case)
    batch, shelf = (log.batch(slice(None), shop.schema) for log in (case.one, case.everything))
    with torch.no_grad():
        vectors, args = model.field_vectors(batch)
        average = model.baseline_vectors(batch, shelf)
        without = vectors.clone()
        without[:, pair or 0] = average[:, pair or 0]
        moved = model.logits_from_vectors(vectors, *args) - model.logits_from_vectors(without, *args)
    assert found.shape == (10, 4 if pair else 5)
    assert torch.allclose(found[:, 0], moved.abs(), atol=1e-6)


def test_all_questions_of_raw_values_and_some_of_normalised(few, monkeypatch):
    """Shapley values name the model's push and true pushes the shopper's; in additive gates are one truth."""
    small = [small_shop(variant=variant) for variant in ("additive", "twins")]
    monkeypatch.setattr(av, "planted_shop", lambda **_: small.pop(0))
    table = reasons.measure(
        variants=("additive", "twins"), models=("film", "film, normalised"), seeds=(0,)
    ).table
    asked = table.groupby(["model", "owner"])["question"].agg(set)
    assert asked["film", "model"] == {"priority", "push", "lift", "removal"}
    assert asked["film", "shopper"] == {"priority", "priority as spread", "push", "lift"}
    assert asked["film, normalised", "model"] == {"priority", "push", "removal"}
    assert asked["film, normalised", "shopper"] == {"priority"}
    exact = table.query("owner == 'model' and question == 'push' and method == 'Shapley'")
    known = table.query("owner == 'shopper' and question == 'push' and method == 'true pushes'")
    assert (pd.concat([exact, known])["top1"] == 1).all()
    gates = table.query("variant == 'additive' and method == 'gates'")
    assert gates["question"].tolist() == ["priority as spread"]
    assert gates["top1"].item() == 1
    guesses = table.query("method == 'best guess' and variant == 'additive' and looked_at == 'one product'")
    assert guesses.groupby("question")["top1"].mean().nunique() == 3  # each question has a guess of its own


def test_how_often_the_tallest_lifts_most():
    """Rows by hand: three of ann and one of bob have the reviews tallest; above one half all of them lift."""
    rows = pd.DataFrame({
        "user_id": ["ann", "ann", "ann", "bob", "cem"],
        "probability": [0.9, 0.6, 0.2, 0.3, 0.7],
        "tallest": ["reviews"] * 4 + ["price"],
        "lifts_most": ["reviews", "reviews", "price", "price", "reviews"],
    })  # fmt: skip
    table = pd.DataFrame(tallest.shares(rows)).set_index(["tallest", "above"])
    assert table.loc[(True, 0.0), ["rows", "shoppers", "lift_most"]].tolist() == [4, 2, 0.5]
    assert table.loc[(True, 0.0), ["low", "high"]].tolist() == pytest.approx(
        [0, 2 / 3]
    )  # bob alone, ann alone
    assert table["lift_most"].loc[True].tolist() == [0.5, 1, 1]
    assert table["rows"].loc[False].tolist() == [1, 1, 0]
    means = tallest.over_seeds(pd.DataFrame([*tallest.shares(rows)] * 2).assign(variant="soft"))
    assert means.query("tallest and above == 0.5")[["rows", "lift_most"]].iloc[0].tolist() == [4, 1]
