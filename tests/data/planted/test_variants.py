"""The shops "forest" and "twins": what decides there has not the model's form, and is known all the same."""

from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, kruskal
from sklearn.metrics import roc_auc_score

import attnviz as av
from attnviz.data.planted.grammar import sentence_table
from attnviz.data.planted.oracle import DECIDING_FIELDS, Oracle
from attnviz.data.planted.shop import FIELDS
from attnviz.data.planted.world import BEHAVIOURS, BRANDS, SEGMENT_SHARES, VARIANTS

SMALL = dict(num_users=200, num_items=60, num_interactions=3000)
LARGER = dict(num_users=1000, num_items=300, num_interactions=12_000)
ROWS = (0, 500, 1234, 2999)
PAIR = ["tags", "brand"]


@pytest.fixture(scope="module", params=["forest", "twins"])
def shop(request):
    return av.planted_shop(**SMALL, variant=request.param, seed=3)


@pytest.fixture(scope="module")
def twins():
    return av.planted_shop(**SMALL, variant="twins", seed=3)


@pytest.fixture(scope="module")
def forest():
    return av.planted_shop(**SMALL, variant="forest", seed=3)


def yeses(world, gate, utility) -> int:
    """How many trees say yes, asked one question after the other."""
    count = 0
    for fields, thresholds in zip(*world.forest, strict=True):
        answers = [gate[f] * utility[f] > t for f, t in zip(fields, thresholds, strict=True)]
        count += answers == [True, True, True]
    return count


@cache
def asked(shop):
    """The oracle of a shop, and what it sees in each row."""
    oracle = Oracle(shop.world)
    return oracle, oracle.look_up(shop)


def logit_by_hand(shop, row, present, gate) -> float:
    """The logit of a product of which only the fields in `present` are its own; the others are average."""
    oracle, seen = asked(shop)
    own, average = seen.utilities[row], seen.average_utilities[row]
    mixed = [own[i] if name in present else average[i] for i, name in enumerate(DECIDING_FIELDS)]
    if shop.world.variant == "forest":
        return -0.8 + 2.0 * (yeses(shop.world, gate, mixed) - oracle._output_center) / oracle._output_scale
    either = own[0] if {"tags", "brand"} & set(present) else 0.0
    return -0.8 + 2.5 * ((gate[0] + gate[3]) * either + gate[1] * mixed[1] + gate[2] * mixed[2])


def test_pushes_are_the_mean_over_all_orders_of_the_five_fields(shop):
    """Expect each push to be the mean step of the logit over all 120 orders in which fields can arrive."""
    for row in ROWS:
        gate = shop.world.gates[asked(shop)[1].segment[row]]
        steps = dict.fromkeys(FIELDS, 0.0)
        for order in permutations(FIELDS):
            for place, name in enumerate(order):
                after = logit_by_hand(shop, row, order[: place + 1], gate)
                steps[name] += after - logit_by_hand(shop, row, order[:place], gate)
        expected = [steps[name] / 120 for name in FIELDS]
        np.testing.assert_allclose(shop.truth.push.loc[row, list(FIELDS)], expected, atol=1e-9)


def test_the_probability_is_that_of_the_whole_product(shop):
    """Expect the sigmoid of the logit by hand, with all fields there."""
    for row in ROWS:
        gate = shop.world.gates[asked(shop)[1].segment[row]]
        logit = logit_by_hand(shop, row, FIELDS, gate)
        assert shop.truth.probability[row] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_a_better_product_is_never_less_likely(shop):
    """Expect no logit to fall when one utility rises, for every segment, and some to rise for each field."""
    rng, oracle = np.random.default_rng(0), Oracle(shop.world)
    utilities = rng.normal(size=(500, 1, 4))
    for field in range(4):
        better = utilities + np.eye(4)[field] * rng.exponential(size=(500, 1, 1))
        gain = oracle.logit(shop.world.gates, better) - oracle.logit(shop.world.gates, utilities)
        assert gain.min() > -1e-9
        assert gain.max() > 0.1


def test_fields_work_together_in_the_forest(forest):
    """Expect what a field adds to depend on the others: the logit is no sum of four terms."""
    oracle, rng = Oracle(forest.world), np.random.default_rng(0)
    utilities = rng.normal(size=(300, 4))
    for gate in forest.world.gates:
        best = np.where(np.arange(4) == gate.argmax(), 2.0, utilities)
        gain = oracle.logit(gate, best) - oracle.logit(
            gate, np.where(np.arange(4) == gate.argmax(), -2.0, best)
        )
        assert gain.std() > 0.2 * gain.mean()


@pytest.mark.parametrize("variant", ["forest", "twins"])
@pytest.mark.parametrize("seed", range(4))
def test_the_shop_is_as_hard_as_the_others(variant, seed):
    """Expect 33 to 41% positives, an AUC of .86 to .90 of the truth, and .84 to .89 of the best guess."""
    shop = av.planted_shop(**LARGER, variant=variant, seed=seed)
    labels = shop.interactions["label"]
    assert 0.33 < labels.mean() < 0.41
    assert 0.86 < roc_auc_score(labels, shop.truth.probability) < 0.90
    assert 0.84 < shop.profile_auc() < roc_auc_score(labels, shop.truth.probability)


def test_the_best_guess_mixes_the_segments(shop):
    """Expect the chance of each segment by Bayes' rule, and the mean of the four probabilities by it."""
    shown = (
        shop.users.set_index("user_id").loc[shop.interactions["user_id"], list(BEHAVIOURS)].to_numpy(float)
    )
    for row in ROWS:
        likelihood = [np.prod(rate ** shown[row] * np.exp(-rate)) for rate in shop.world.rates]
        posterior = SEGMENT_SHARES * likelihood / (SEGMENT_SHARES * likelihood).sum()
        logits = [logit_by_hand(shop, row, FIELDS, gate) for gate in shop.world.gates]
        expected = sum(p / (1 + np.exp(-logit)) for p, logit in zip(posterior, logits, strict=True))
        assert shop.truth.best_probability[row] == pytest.approx(expected)


def test_a_seed_is_a_shop(shop):
    """Expect the same rows and truth of the same seed, and others of another."""
    variant = shop.world.variant
    again = av.planted_shop(**SMALL, variant=variant, seed=3)
    pd.testing.assert_frame_equal(again.interactions, shop.interactions)
    pd.testing.assert_frame_equal(again.truth.push, shop.truth.push)
    other = av.planted_shop(**SMALL, variant=variant, seed=4)
    assert not np.allclose(other.truth.push, shop.truth.push)


def test_category_goes_with_tags_brand_and_price_and_decides_nothing(shop):
    """Expect a planted null that is no stranger: it goes with price, and with the tags of an item."""
    large = av.planted_shop(**LARGER, variant=shop.world.variant)
    by_category = large.items.groupby("category")
    assert kruskal(*(prices for _, prices in by_category["price"])).pvalue < 1e-6
    tags = large.items.explode("tags")
    assert chi2_contingency(pd.crosstab(tags["category"], tags["tags"])).pvalue < 1e-6
    assert (shop.truth.push["category"] == 0).all()
    assert (shop.truth.priority["category"] == 0).all()


def test_the_deciding_words_are_those_of_the_grammar(shop):
    """Expect the words of every sentence, as in the other shops."""
    assert shop.truth.deciding_words == sentence_table()[1]


def test_a_written_shop_is_read_back(shop, tmp_path):
    """Expect the tables that were written."""
    shop.write(tmp_path)
    read = av.read_table(*(tmp_path / f"{name}.parquet" for name in ("interactions", "items", "users")))
    pd.testing.assert_frame_equal(read.interactions, shop.interactions)
    pd.testing.assert_frame_equal(read.users, shop.users)
    assert read.items["tags"].tolist() == shop.items["tags"].tolist()
    assert read.schema == shop.schema


def test_tags_and_brand_say_the_same(twins):
    """Expect a brand to follow from the tags, the tags from the brand, and affinities from tastes."""
    by_brand = twins.items.assign(tags=twins.items["tags"].map(tuple)).groupby("brand")["tags"].unique()
    assert by_brand.map(len).eq(1).all()
    tags_of = by_brand.map(lambda only: only[0])
    assert tags_of.is_unique
    assert set(tags_of.index) == set(BRANDS)
    for brand, tags in tags_of.items():
        liking = twins.users[[f"taste {tag}" for tag in tags]].mean(axis=1)
        np.testing.assert_allclose(twins.users[f"affinity {brand}"], liking)


def test_without_one_twin_nothing_changes(twins):
    """Expect the same logit while either twin is there, and another one when both are average."""
    oracle = Oracle(twins.world)
    seen = oracle.look_up(twins)
    gates = twins.world.gates[seen.segment]

    def logit_without(*names):
        return oracle.logit(
            gates, np.where(np.isin(DECIDING_FIELDS, names), seen.average_utilities, seen.utilities)
        )

    whole = logit_without()
    np.testing.assert_allclose(logit_without("tags"), whole, atol=1e-9)
    np.testing.assert_allclose(logit_without("brand"), whole, atol=1e-9)
    pair_push = twins.truth.push[PAIR].sum(axis=1)
    np.testing.assert_allclose(whole - logit_without(*PAIR), pair_push, atol=1e-9)
    assert np.abs(pair_push).mean() > 0.5
    np.testing.assert_allclose(logit_without("tags", "price"), logit_without("price"), atol=1e-9)


def test_twins_share_push_and_priority_equally(twins):
    """Expect half of the pair's for each: nothing tells them apart."""
    for table in (twins.truth.push, twins.truth.priority):
        np.testing.assert_allclose(table["tags"], table["brand"], atol=1e-9)
    assert sorted(set(twins.truth.priority[PAIR].sum(axis=1).round(9))) == [0.1, 0.9]


def test_twins_that_disagree_add_up(twins):
    """Expect the best of the good and the worst of the bad: of two that are good, the better one."""
    oracle, gate = Oracle(twins.world), np.array([0.45, 0.05, 0.05, 0.45])

    def logit(tags, brand):
        return oracle.logit(gate, np.array([tags, 0.0, 0.0, brand]))

    assert logit(1.0, 0.4) == pytest.approx(logit(1.0, 1.0)) == pytest.approx(-0.8 + 2.5 * 0.9)
    assert logit(-1.0, -0.4) == pytest.approx(logit(-1.0, 0.0))
    assert logit(1.0, -0.4) == pytest.approx(logit(0.6, 0.0))


@pytest.mark.parametrize("variant", VARIANTS)
def test_pairs_are_named_where_there_are_any(variant):
    """Expect the pair in "twins", and none elsewhere."""
    truth = av.planted_shop(**SMALL, variant=variant).truth
    assert truth.pairs == ((("tags", "brand"),) if variant == "twins" else ())
