"""The ranking of held-out choices against sampled items."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

import attnviz as av
from attnviz.data import never_chosen, on_offer_since, popularity, visible_reviews
from attnviz.metrics import bootstrap_interval
from attnviz.recommender.evaluation import (
    groups_by_history,
    query_rows,
    rank_held_out,
    sampled_candidates,
)
from attnviz.recommender.ranking import query_measures, ranking_table

ROW = st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(1, 5))
ROWS = st.lists(ROW, min_size=1, max_size=20, unique=True)
SCORES = st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=8)


def log_of(rows, num_items=12, **options) -> av.InteractionLog:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day"])
    days = pd.to_timedelta(frame.pop("day"), "D")
    frame = frame.assign(timestamp=pd.Timestamp("2025-01-01") + days, review="Good.")
    items = pd.DataFrame({"item_id": range(num_items), "price": range(num_items)})
    return av.InteractionLog(frame, items, **({"implicit": True} | options))


@given(ROWS, st.sampled_from([1, 2, 30, None]), st.booleans(), st.integers(0, 3))
def test_candidates_stand_behind_their_choice_and_were_never_chosen(rows, num_candidates, on_offer, seed):
    """A choice, then all that is left, or as many as asked for: same user and time, none she ever chose."""
    log = log_of(rows)
    candidates = sampled_candidates(log, num_candidates=num_candidates, on_offer=on_offer, seed=seed)
    since = dict(zip(log.items["item_id"], on_offer_since(log), strict=True))
    table = candidates.interactions
    blocks = [block for _, block in table.groupby((table["label"] == 1).cumsum())]
    assert len(blocks) == len(log)
    missing = 0
    for block, choice in zip(blocks, log.interactions.itertuples(), strict=True):
        assert block["item_id"].iloc[0] == choice.item_id
        assert set(block["user_id"]) == {choice.user_id}
        assert set(block["timestamp"]) == {choice.timestamp}
        ever = set(log.past.loc[log.past["user_id"] == choice.user_id, "item_id"])
        time = choice.timestamp.to_numpy()
        shelf = {item for item in log.items["item_id"] if not on_offer or since[item] <= time} - ever
        drawn = set(block["item_id"].iloc[1:])
        assert drawn <= shelf
        assert block["item_id"].is_unique
        assert len(drawn) == min(len(shelf), num_candidates or len(shelf))
        missing += max((num_candidates or 0) - len(shelf), 0)
    assert sum(candidates.dropped.values()) == missing


def test_a_candidate_sees_no_more_than_its_choice():
    """A review of the day of the choice, or later, is not visible to any row of its block."""
    log = log_of([("a", 0, 1), ("b", 1, 2), ("c", 0, 3), ("a", 1, 5)])
    rows = sampled_candidates(log, num_candidates=3)
    seen = visible_reviews(rows, max_reviews=5)
    times = rows.past["timestamp"].to_numpy()
    for row, positions in enumerate(seen):
        assert (times[positions[positions >= 0]] < rows.interactions["timestamp"].to_numpy()[row]).all()


def test_too_few_items_for_the_candidates():
    """Three items, one chosen: of three candidates one is missing, and it is said; no number is refused."""
    log = log_of([("a", 0, 1)], num_items=3)
    assert sampled_candidates(log, num_candidates=2, on_offer=False).dropped == {}
    fewer = sampled_candidates(log, num_candidates=3, on_offer=False)
    assert fewer.dropped == {"candidates: fewer items than asked for": 1}
    with pytest.raises(
        ValueError, match="num_candidates must be a whole number of at least 1, or None for all, got 0"
    ):
        sampled_candidates(log, num_candidates=0)


def test_queries_of_different_lengths_are_measured_as_each_alone():
    """Blocks of 1, 3 and 4 rows, padded: the measures of each block by itself; AUC without others is NaN."""
    labels = np.array([1, 1, 0, 0, 1, 0, 0, 0])
    rows = log_of([("a", item, 1) for item in range(len(labels))]).interactions.assign(label=labels)
    candidates = log_of([("a", 0, 1)]).with_interactions(rows)
    values = np.random.default_rng(0).integers(-2, 3, len(labels)).astype(float)
    (scores, mask), (shaped, _) = query_rows(candidates, values), query_rows(candidates, labels)
    table = query_measures(scores, shaped, mask=mask, top_k=2)
    blocks = np.split(np.arange(len(labels)), np.flatnonzero(labels)[1:])
    for row, block in zip(table.itertuples(), blocks, strict=True):
        if len(block) > 1:
            alone = query_measures(values[None, block], labels[None, block], top_k=2).iloc[0]
            np.testing.assert_allclose([row.ndcg, row.hit_rate, row.auc], alone, atol=1e-6)
        else:
            assert (row.ndcg, row.hit_rate) == (1, 1)
            assert np.isnan(row.auc)


def test_the_age_of_an_item_gives_no_choice_away():
    """Items come one by one, and each is taken as often as any: one bit, "never chosen", knows nothing.

    Among the whole catalogue, most of which was not there yet, the same bit is a strong recommender.
    """
    rng = np.random.default_rng(0)
    rows = [(f"u{n}", int(rng.integers(0, 1 + n // 20)), n / 24) for n in range(2000)]
    log = log_of(rows, num_items=120)
    aucs = {}
    for on_offer in (True, False):
        candidates = sampled_candidates(log, num_candidates=20, on_offer=on_offer)
        labels, mask = query_rows(candidates, candidates.interactions["label"].to_numpy())
        scores = query_rows(candidates, never_chosen(candidates))[0]
        aucs[on_offer] = query_measures(scores, labels, mask=mask)["auc"].mean()
    assert abs(aucs[True] - 0.5) < 0.005
    assert aucs[False] < 0.3


def test_rows_that_are_no_candidates_are_refused():
    """A log that starts with a label 0, or values of another length."""
    log = log_of([("a", 0, 1), ("b", 1, 2)])
    candidates = sampled_candidates(log, on_offer=False)
    with pytest.raises(ValueError, match="must be rows of sampled_candidates"):
        query_rows(candidates, np.zeros(2))
    with pytest.raises(ValueError, match="must be rows of sampled_candidates"):
        query_rows(candidates.with_interactions(candidates.interactions[1:]), np.zeros(len(candidates) - 1))


@given(ROWS)
def test_groups_follow_from_what_was_before(rows):
    """A scan of the past, strictly earlier; rows of one day do not know each other."""
    log = log_of(rows)
    for group, row in zip(groups_by_history(log), log.interactions.itertuples(), strict=True):
        earlier = log.past[(log.past["user_id"] == row.user_id) & (log.past["timestamp"] < row.timestamp)]
        expected = "new" if earlier.empty else "returning"
        assert group == ("repeat" if row.item_id in set(earlier["item_id"]) else expected)


@given(SCORES, st.integers(1, 6))
def test_measures_agree_with_scikit_learn(scores, k):
    """AUC and NDCG of each query as scikit-learn has them, ties included; the hit rate by its definition."""
    scores = np.array(scores)
    labels = np.zeros_like(scores)
    labels[:, 2] = 1
    table = query_measures(scores, labels, top_k=k)
    aucs = [roc_auc_score(*pair) for pair in zip(labels, scores, strict=True)]
    np.testing.assert_allclose(table["auc"], aucs)
    gains = [ndcg_score(label[None], score[None], k=k) for label, score in zip(labels, scores, strict=True)]
    np.testing.assert_allclose(table["ndcg"], gains, atol=1e-6)
    above = (scores > scores[:, [2]]).sum(1)
    tied = (scores == scores[:, [2]]).sum(1)
    np.testing.assert_allclose(table["hit_rate"], np.clip((k - above) / tied, 0, 1), atol=1e-5)


def test_measures_want_one_choice_a_query():
    """Two chosen items, or none, would make the share below the chosen one ambiguous."""
    with pytest.raises(ValueError, match="exactly one 1 in each row"):
        query_measures(np.zeros((1, 3)), np.array([[1, 1, 0]]))
    with pytest.raises(ValueError, match="exactly one 1 in each row"):
        query_measures(np.zeros((1, 3)), np.array([[0, 0, 0]]))


def test_the_table_has_a_row_for_each_group_and_ranking():
    """Means of the group's queries only, intervals around them, known groups first."""
    rng = np.random.default_rng(0)
    labels = np.tile([1, 0, 0, 0], (60, 1))
    scores = {"truth": labels + 0.0, "chance": rng.normal(size=labels.shape)}
    groups = np.array(["zebra"] * 10 + ["returning"] * 20 + ["new"] * 30)
    table = ranking_table(scores, labels, groups, top_k=2)
    assert table[["group", "model", "n"]].values.tolist() == [
        [group, model, n]
        for group, n in (("new", 30), ("returning", 20), ("zebra", 10))
        for model in ("truth", "chance")
    ]
    chance = table.iloc[1]
    expected = query_measures(scores["chance"][groups == "new"], labels[groups == "new"], top_k=2).mean()
    for measure in ("ndcg", "hit_rate", "auc"):
        assert chance[measure] == pytest.approx(expected[measure])
        assert chance[f"{measure}_low"] < chance[measure] < chance[f"{measure}_high"]
        assert table.loc[0, [measure, f"{measure}_low", f"{measure}_high"]].tolist() == [1, 1, 1]


def test_an_interval_over_users_draws_users():
    """Ten users with six stays each, all alike: as wide as that of ten stays, and the mean is that of all."""
    rng = np.random.default_rng(0)
    scores, labels = np.repeat(rng.normal(size=(10, 9)), 6, axis=0), np.tile([1] + [0] * 8, (60, 1))
    users, groups = np.repeat([f"u{n}" for n in range(10)], 6), np.array(["new"] * 60)
    by_user = ranking_table({"model": scores}, labels, groups, users=users).iloc[0]
    by_stay = ranking_table({"model": scores}, labels, groups).iloc[0]
    alone = ranking_table({"model": scores[::6]}, labels[::6], groups[::6]).iloc[0]
    assert by_user["auc"] == by_stay["auc"]
    assert [by_user["auc_low"], by_user["auc_high"]] == pytest.approx([alone["auc_low"], alone["auc_high"]])
    assert by_user["auc_high"] - by_user["auc_low"] > 2 * (by_stay["auc_high"] - by_stay["auc_low"])
    with pytest.raises(ValueError, match="groups and users must name one for each of 60 queries"):
        ranking_table({"model": scores}, labels, groups, users=users[:5])


def test_a_lead_is_paired_query_by_query():
    """Expect the interval of the differences, narrower than that of a ranking where both move together."""
    rng = np.random.default_rng(0)
    labels = np.tile([1] + [0] * 19, (80, 1))
    hard = rng.normal(size=(80, 1)) * labels  # some choices are easy for both, some for neither
    scores = {name: hard + 0.1 * rng.normal(size=labels.shape) for name in ("model", "counting")}
    scores["model"] += 0.05 * labels
    users, groups = np.repeat(np.arange(40), 2), np.array(["new", "returning"] * 40)
    table = ranking_table(scores, labels, groups, users=users, base="model").set_index(["group", "model"])
    for group in ("new", "returning"):
        inside = groups == group
        measured = {name: query_measures(one[inside], labels[inside]) for name, one in scores.items()}
        for measure in ("ndcg", "hit_rate", "auc"):
            difference = (measured["model"] - measured["counting"])[measure]
            expected = bootstrap_interval(difference.tolist(), groups=users[inside])
            lead = [f"{measure}_lead", f"{measure}_lead_low", f"{measure}_lead_high"]
            row = table.loc[(group, "counting")]
            assert row[lead].tolist() == pytest.approx(list(expected[:3]))
            assert table.loc[(group, "model"), lead].tolist() == [0, 0, 0]
        width = row["auc_lead_high"] - row["auc_lead_low"]
        assert width < (row["auc_high"] - row["auc_low"]) / 2
    with pytest.raises(ValueError, match="^base must be one of the scores"):
        ranking_table(scores, labels, groups, base="nothing")


def test_the_held_out_ranking_draws_users():
    """Its intervals are those of `ranking_table` with the users of the choices."""
    rows = [(f"u{n % 3}", n % 7, n // 4) for n in range(80)]
    train, held_out = log_of(rows, num_items=30).split(fractions=(0.5, 0.5))
    candidates = sampled_candidates(held_out, num_candidates=20, on_offer=False)
    table = rank_held_out(av.AttentionRecommender(train.schema, embed_dim=4), candidates)
    labels, mask = query_rows(candidates, candidates.interactions["label"].to_numpy())
    expected = ranking_table(
        {"popularity": query_rows(candidates, popularity(candidates))[0]},
        labels,
        groups_by_history(held_out),
        users=held_out.interactions["user_id"],
        mask=mask,
    )
    found = table[table["model"] == "popularity"].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[expected.columns], expected)


def test_a_held_out_ranking_stands_beside_popularity():
    """Everybody takes item 0 or 1: popularity ranks them first, an untrained model need not."""
    rng = np.random.default_rng(1)
    rows = [(f"u{n}", int(rng.integers(0, 2)), n // 4) for n in range(80)]
    log = log_of(rows, num_items=30)
    train, held_out = log.split(fractions=(0.5, 0.5))
    model = av.AttentionRecommender(train.schema, embed_dim=4)
    candidates = sampled_candidates(held_out, num_candidates=20, on_offer=False)
    table = rank_held_out(model, candidates, top_k=5)
    assert set(table["model"]) == {"model", "popularity", "popularity, 90 days", "never chosen before"}
    assert set(table["n"]) == {40}
    counted = table[table["model"] == "popularity"].iloc[0]
    assert counted["hit_rate"] == 1
    assert counted["auc"] > 0.95
    by_hand = query_measures(
        popularity(candidates).reshape(40, 21),
        candidates.interactions["label"].to_numpy().reshape(40, 21),
        top_k=5,
    )
    assert counted["ndcg"] == pytest.approx(by_hand["ndcg"].mean())
