"""The planted shop: its truth follows its own words, and does not move."""

import hashlib
import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from attnviz import InteractionLog, planted_shop
from attnviz.data.planted.grammar import ASPECTS, deciding_sentiment, sentence_table, thing_and_opinion
from attnviz.data.planted.oracle import DECIDING_FIELDS, Oracle
from attnviz.data.planted.world import BEHAVIOURS, SEGMENT_SHARES, VARIANTS
from attnviz.language import split_sentences

SMALL = dict(num_users=200, num_items=60, num_interactions=3000)
DIGESTS = {
    "additive": "b3e56d635147a3f9",
    "soft": "c7cfcd4e0d1549d5",
    "interaction": "205d8cb9ae72c348",
    "network": "b3f7d7f8d8ece502",
    "forest": "98076ecbcad17b27",
    "twins": "2f047888c486376f",
}
WORDLESS_DIGESTS = {  # of the shop as it was when its sentences and names were others
    "additive": "9a68e7f77a33fda8",
    "soft": "25601128fc9e070a",
    "interaction": "eacfbebdecb6f790",
    "network": "7c5b5f6e4d4b7d56",
    "forest": "aa95a2cfa529ae56",
    "twins": "f14ac2f51d01bd26",
}


@pytest.fixture(scope="module", params=VARIANTS)
def shop(request):
    return planted_shop(**SMALL, variant=request.param, seed=3)


def items_in_words(shop) -> pd.DataFrame:
    return shop.items.assign(tags=shop.items["tags"].map("|".join))


def digest(*tables) -> str:
    text = "".join(table.to_csv(index=False, float_format="%.4f") for table in tables)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("variant", VARIANTS)
def test_digest_of_a_seed(variant):
    """Expect the tables of this seed, to four decimals, to stay what they are on every machine."""
    shops = (planted_shop(**SMALL, variant=variant, seed=seed) for seed in (0, 1))
    same, other = (digest(shop.interactions, items_in_words(shop), shop.users.round(6)) for shop in shops)
    assert same == DIGESTS[variant] != other


@pytest.mark.parametrize("variant", VARIANTS)
def test_digest_of_what_is_no_word(variant):
    """Expect all but sentences and names to stay: who chose what and when, why, and what reviews speak of.

    The words may be changed, and then only they change: a measurement that was made before still holds for
    what it says of tags, prices and brands, and reviews say the same of the same aspects.
    """
    shop = planted_shop(**SMALL, variant=variant, seed=0)
    table, _ = sentence_table()
    said = {str(table[at]): ASPECTS[at[0]][0] + "-+"[at[1]] for at in np.ndindex(table.shape)}
    rows = shop.interactions.assign(
        user_id=pd.Index(shop.users["user_id"]).get_indexer(shop.interactions["user_id"]),
        review=[" ".join(map(said.get, split_sentences(text))) for text in shop.interactions["review"]],
    )
    items, users = items_in_words(shop).drop(columns="title"), shop.users.drop(columns="user_id").round(6)
    assert digest(rows, items, users, shop.truth.push, shop.truth.priority) == WORDLESS_DIGESTS[variant]


def test_truth_is_aligned_and_follows_the_split(shop):
    """Expect one row of truth an interaction, and a part's truth to be that part of the whole's."""
    train, valid, test = shop.split()
    assert len(shop.truth.push) == len(shop.truth.priority) == len(shop.truth.probability) == len(shop)
    parts = np.concatenate([part.truth.probability for part in (train, valid, test)])
    np.testing.assert_allclose(parts, shop.truth.probability)
    pushes = pd.concat([part.truth.push for part in (train, valid, test)], ignore_index=True)
    pd.testing.assert_frame_equal(pushes, shop.truth.push)


def test_pushes_sum_to_the_distance_from_the_average_product(shop):
    """Expect efficiency of Shapley values on the true logit, and nothing for the planted null."""
    oracle = Oracle(shop.world)
    seen = oracle.look_up(shop)
    gates = shop.world.gates[seen.segment]
    distance = oracle.logit(gates, seen.utilities) - oracle.logit(gates, seen.average_utilities)
    np.testing.assert_allclose(shop.truth.push.sum(axis=1), distance, atol=1e-9)
    assert (shop.truth.push["category"] == 0).all()
    assert (shop.truth.priority["category"] == 0).all()
    np.testing.assert_allclose(shop.truth.priority.sum(axis=1), 1)


@pytest.mark.parametrize(("variant", "strength"), [("additive", 2.5), ("soft", 3.4)])
def test_additive_pushes_have_a_closed_form(variant, strength):
    """Expect strength * gate * (utility - average utility)."""
    shop = planted_shop(**SMALL, variant=variant)
    seen = Oracle(shop.world).look_up(shop)
    gates = shop.world.gates[seen.segment]
    expected = strength * gates * (seen.utilities - seen.average_utilities)
    np.testing.assert_allclose(shop.truth.push[list(DECIDING_FIELDS)], expected, atol=1e-9)


def test_labels_are_drawn_with_the_stated_probability():
    """Expect a calibrated truth: in each fifth of the probabilities, the share of label 1 is their mean."""
    shop = planted_shop(num_users=500, num_items=200, num_interactions=20_000)
    fifth = pd.qcut(shop.truth.probability, 5, labels=False)
    table = pd.DataFrame({"label": shop.interactions["label"], "p": shop.truth.probability}).groupby(fifth)
    distance = (table["label"].mean() - table["p"].mean()).abs()
    assert (distance < 4 * np.sqrt(0.25 / table.size())).all()


def test_no_score_of_what_shows_beats_the_best_one():
    """Expect the best probability to be calibrated, and its AUC to lie below that of the hidden truth."""
    shop = planted_shop(num_users=500, num_items=200, num_interactions=20_000)
    labels = shop.interactions["label"].to_numpy()
    best, true = shop.truth.best_probability, shop.truth.probability
    assert shop.profile_auc() == pytest.approx(roc_auc_score(labels, best))
    assert roc_auc_score(labels, best) < roc_auc_score(labels, true)
    assert abs(best.mean() - labels.mean()) < 0.02


def test_best_probability_by_hand():
    """Expect the mixture over the four segments, written out for one row."""
    shop = planted_shop(**SMALL)
    oracle, row = Oracle(shop.world), 17
    seen = oracle.look_up(shop)
    counts = (
        shop.users.set_index("user_id")
        .loc[shop.interactions["user_id"][row], list(BEHAVIOURS)]
        .to_numpy(float)
    )
    likelihood = [np.prod(rate**counts * np.exp(-rate)) for rate in shop.world.rates]
    posterior = SEGMENT_SHARES * likelihood / (SEGMENT_SHARES * likelihood).sum()
    logits = [-0.8 + 2.5 * gate @ seen.utilities[row] for gate in shop.world.gates]
    expected = sum(p / (1 + np.exp(-logit)) for p, logit in zip(posterior, logits, strict=True))
    assert shop.truth.best_probability[row] == pytest.approx(expected)


def test_price_matters_only_with_good_reviews_in_the_interaction_variant():
    """Expect price to move the logit by its whole part with great reviews, and hardly with bad ones."""
    oracle, gate = Oracle(planted_shop(**SMALL, variant="interaction").world), np.full(4, 0.25)
    great, bad = np.array([0.0, 2.0, 1.0, 0.0]), np.array([0.0, -2.0, 1.0, 0.0])
    no_price = np.array([1.0, 1.0, 0.0, 1.0])
    assert oracle.logit(gate, great) - oracle.logit(gate, great * no_price) == pytest.approx(
        2.5 * 0.25, rel=0.01
    )
    assert oracle.logit(gate, bad) - oracle.logit(gate, bad * no_price) == pytest.approx(0, abs=0.001)


def test_rows_without_readable_reviews_have_an_even_review_utility():
    """Expect the first reviewer of an item, who could read none, to be counted as having read nothing."""
    shop = planted_shop(**SMALL)
    first = ~shop.interactions.duplicated("item_id")
    raw = (0 - Oracle(shop.world)._center[1]) / Oracle(shop.world)._scale[1]
    np.testing.assert_allclose(Oracle(shop.world).look_up(shop).utilities[first, 1], raw)


def test_deciding_words_stand_in_their_sentences():
    """Expect the thing and the opinion to be whole words of a sentence, and nothing of others to decide."""
    sentences, deciding = sentence_table()
    assert set(deciding) == set(sentences.ravel())
    for aspect, rows in zip(ASPECTS, sentences, strict=True):
        for sentence in rows.ravel().tolist():
            spoken = thing_and_opinion(sentence)
            assert deciding[sentence] == (spoken if aspect in ("quality", "comfort") else ())
            assert set(spoken) <= set(re.findall(r"\w+", sentence.lower()))
            assert len(set(spoken)) == 2


def test_sentences_are_sentences():
    """Expect each to be there once, to be one sentence of plain words, and to negate nothing."""
    sentences, _ = sentence_table()
    assert sentences.shape == (4, 2, 75)
    assert len(set(sentences.ravel())) == sentences.size
    for sentence in sentences.ravel().tolist():
        assert split_sentences(sentence) == [sentence]
        assert re.fullmatch(r"[A-Z][A-Za-z, ]+\.", sentence)
        assert not {"not", "no", "never", "nothing", "without"} & set(re.findall(r"\w+", sentence.lower()))


def test_every_thing_is_praised_and_blamed_in_one_aspect_only():
    """Expect the thing to tell the aspect, and the shared adjectives not to."""
    sentences, _ = sentence_table()
    things, opinions = np.vectorize(thing_and_opinion)(sentences)  # (aspect, sentiment, variant)
    for own, other in combinations(things, 2):
        assert not set(own.ravel()) & set(other.ravel())
    for blamed, praised in things:
        assert set(blamed) == set(praised)
    assert (opinions[:, :, :60] == opinions[:1, :, :60]).all()
    assert not set(opinions[:, 0].ravel()) & set(opinions[:, 1].ravel())


def test_an_unknown_sentence_is_named():
    """Expect the sentence in the error."""
    with pytest.raises(ValueError, match="got 'The zip is red.'"):
        thing_and_opinion("The zip is red.")


def test_reviews_are_read_as_they_were_written():
    """Expect each review to be cut into the sentences that were written, and its deciding ones to be read."""
    shop = planted_shop(**SMALL)
    table, _ = sentence_table()
    signs = {str(table[at]): (2 * at[1] - 1) * (at[0] < 2) for at in np.ndindex(table.shape)}
    texts = [text for text in shop.interactions["review"] if text]
    for text in texts:
        read = [signs[sentence] for sentence in split_sentences(text)]  # no other sentence is there
        assert deciding_sentiment(text) == (sum(read), sum(map(abs, read)))
    readings = [deciding_sentiment(text) for text in texts]
    assert len(readings) >= 0.9 * 3 * SMALL["num_items"]
    assert {total for total, _ in readings} >= {-2, 0, 2}


def test_names_are_names_and_different():
    """Expect nobody and nothing to share a name, however many there are; a title says brand and category."""
    shop = planted_shop(num_users=1000, num_items=5000, num_interactions=15_000)
    assert shop.users["user_id"].is_unique
    assert shop.users["user_id"].str.fullmatch("[A-Z][a-z]+(-[0-9]+)?").all()
    assert shop.items["title"].is_unique
    for item in shop.items.itertuples():
        assert re.fullmatch(rf"{item.brand} [A-Z][a-z]+( \d)? {item.category}", item.title)


def test_profile_auc_is_that_of_the_best_guess():
    """Expect scikit-learn's AUC of the best probability, and an error where it is undefined."""
    shop = planted_shop(**SMALL, seed=5)
    labels = shop.interactions["label"]
    assert shop.profile_auc() == pytest.approx(roc_auc_score(labels, shop.truth.best_probability))
    with pytest.raises(ValueError, match="one class"):
        shop.with_interactions(shop.interactions[labels == 1]).profile_auc()


def test_ceiling_by_hand():
    """Expect Bayes' rule, written out for one row of a shopper with labels in the training rows."""
    train, _, test = planted_shop(**SMALL).split()
    user = test.interactions["user_id"].iloc[5]
    hers = np.flatnonzero(train.interactions["user_id"] == user)
    assert len(hers) >= 3
    oracle, counts = Oracle(test.world), test.users.set_index("user_id").loc[user, list(BEHAVIOURS)]
    utilities, label = oracle.look_up(train).utilities, train.interactions["label"].to_numpy()
    chances, chance_now = [], []
    for share, rate, gate in zip(SEGMENT_SHARES, test.world.rates, test.world.gates, strict=True):
        chance = share * np.prod(rate ** counts.to_numpy(float) * np.exp(-rate))
        for row in hers:
            taken = 1 / (1 + np.exp(0.8 - 2.5 * gate @ utilities[row]))
            chance *= taken if label[row] else 1 - taken
        chances.append(chance)
        chance_now.append(1 / (1 + np.exp(0.8 - 2.5 * gate @ oracle.look_up(test).utilities[5])))
    expected = np.dot(chances, chance_now) / sum(chances)
    assert test.ceiling(train)[5] == pytest.approx(expected)


def test_ceiling_is_the_best_guess_for_shoppers_without_a_label():
    """Expect both to be equal on a split by user, where no shopper of the test rows is in the others."""
    train, _, test = planted_shop(**SMALL).split(by="user")
    np.testing.assert_allclose(test.ceiling(train), test.truth.best_probability)


@pytest.mark.parametrize("variant", ["additive", "network", "forest", "twins"])
def test_ceiling_lies_between_the_best_guess_and_the_truth(variant):
    """Expect a lower log-loss, on average over the labels, with a shopper's earlier labels than without."""
    shop = planted_shop(num_users=400, num_items=300, num_interactions=16_000, variant=variant, seed=1)
    train, _, test = shop.split()
    true = test.truth.probability
    guesses = (test.truth.best_probability, test.ceiling(train), true)
    profile, ceiling, least = (-(true * np.log(p) + (1 - true) * np.log1p(-p)).mean() for p in guesses)
    assert least < ceiling < profile


def test_ceiling_wants_other_rows_of_the_same_shop():
    """Expect an error for another shop, for no planted one, and for rows that would tell their own labels."""
    shop = planted_shop(**SMALL)
    train, _, test = shop.split()
    for other in (planted_shop(**SMALL).split()[0], InteractionLog(train.interactions, train.items)):
        with pytest.raises(ValueError, match="^train must hold rows of the same shop"):
            test.ceiling(other)
    with pytest.raises(ValueError, match=f"^train must hold none of these rows.*got {len(test)} of them"):
        test.ceiling(shop)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (dict(num_users=3), "num_users"),
        (dict(num_interactions=10), "num_interactions"),
        (dict(variant="odd"), "variant"),
    ],
)
def test_errors_name_the_argument(change, named):
    """Expect a ValueError that names what is wrong."""
    with pytest.raises(ValueError, match=named):
        planted_shop(**(SMALL | change))
