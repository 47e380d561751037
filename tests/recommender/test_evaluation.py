"""The ranking of held-out choices against sampled items."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

import attnviz as av
from attnviz.data import popularity, visible_reviews
from attnviz.recommender.evaluation import (
    groups_by_history,
    query_measures,
    rank_held_out,
    ranking_table,
    sampled_candidates,
)

ROW = st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(1, 5))
ROWS = st.lists(ROW, min_size=1, max_size=20, unique=True)
SCORES = st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=8)


def log_of(rows, num_items=12, **options) -> av.InteractionLog:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day"])
    days = pd.to_timedelta(frame.pop("day"), "D")
    frame = frame.assign(timestamp=pd.Timestamp("2025-01-01") + days, review="Good.")
    items = pd.DataFrame({"item_id": range(num_items), "price": range(num_items)})
    return av.InteractionLog(frame, items, **({"implicit": True} | options))


@given(ROWS, st.integers(1, 2), st.integers(0, 3))
def test_candidates_stand_behind_their_choice_and_were_never_chosen(rows, num_candidates, seed):
    """A choice, then its candidates: same user and time, other items, none that the user ever chose."""
    log = log_of(rows)
    table = sampled_candidates(log, num_candidates=num_candidates, seed=seed).interactions
    blocks = [block for _, block in table.groupby(np.arange(len(table)) // (1 + num_candidates))]
    assert len(blocks) == len(log)
    for block, choice in zip(blocks, log.interactions.itertuples(), strict=True):
        assert block["label"].tolist() == [1] + [0] * num_candidates
        assert block["item_id"].iloc[0] == choice.item_id
        assert set(block["user_id"]) == {choice.user_id}
        assert set(block["timestamp"]) == {choice.timestamp}
        ever = set(log.past.loc[log.past["user_id"] == choice.user_id, "item_id"])
        assert not ever & set(block["item_id"].iloc[1:])
        assert block["item_id"].is_unique


def test_a_candidate_sees_no_more_than_its_choice():
    """A review of the day of the choice, or later, is not visible to any row of its block."""
    log = log_of([("a", 0, 1), ("b", 1, 2), ("c", 0, 3), ("a", 1, 5)])
    rows = sampled_candidates(log, num_candidates=3)
    seen = visible_reviews(rows, max_reviews=5)
    times = rows.past["timestamp"].to_numpy()
    for row, positions in enumerate(seen):
        assert (times[positions[positions >= 0]] < rows.interactions["timestamp"].to_numpy()[row]).all()


def test_too_few_items_for_the_candidates():
    """Three items, one chosen: two candidates are there, three are not."""
    log = log_of([("a", 0, 1)], num_items=3)
    assert len(sampled_candidates(log, num_candidates=2)) == 3
    with pytest.raises(ValueError, match="num_candidates must be smaller: 3 items"):
        sampled_candidates(log, num_candidates=3)


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


def test_a_held_out_ranking_stands_beside_popularity():
    """Everybody takes item 0 or 1: popularity ranks them first, an untrained model need not."""
    rng = np.random.default_rng(1)
    rows = [(f"u{n}", int(rng.integers(0, 2)), n // 4) for n in range(80)]
    log = log_of(rows, num_items=30)
    train, held_out = log.split(fractions=(0.5, 0.5))
    model = av.AttentionRecommender(train.schema, embed_dim=4)
    candidates = sampled_candidates(held_out, num_candidates=20)
    table = rank_held_out(model, candidates, top_k=5)
    assert set(table["model"]) == {"model", "popularity", "popularity, 90 days"}
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
