"""The ranking of whole shelves: windows, measures, the opponents on logs whose answer is known."""

import numpy as np
import pandas as pd
import pytest
import torch

import attnviz as av
from attnviz.data import popularity
from benchmarks import sasrec, shelf, shelf_models, shelf_opponents, shelf_queries
from benchmarks.shelf_queries import Queries

ITEMS = pd.DataFrame(
    {
        "item_id": ["loft", "room", "hut", "tent"],
        "tags": [["wifi", "lift"], ["wifi", "lift"], ["wifi", "lake"], ["lake", "stove"]],
    }
)


def stays(*rows: tuple[str, str, str]) -> av.InteractionLog:
    """An implicit log of (user, item, day of 2025)."""
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
    return av.InteractionLog(table.assign(timestamp="2025-" + table["timestamp"]), ITEMS, implicit=True)


@pytest.fixture
def log() -> av.InteractionLog:
    return stays(
        ("ann", "loft", "01-01"), ("bob", "loft", "01-02"), ("bob", "hut", "01-03"), ("eve", "hut", "01-11"),
        ("ann", "hut", "01-21"), ("ann", "loft", "01-21"), ("joe", "tent", "01-21"), ("eve", "loft", "01-31"),
    )  # fmt: skip


@pytest.fixture
def queries(log) -> Queries:
    return Queries.of(log)


def test_who_returns_does_not_find_her_own_items_and_who_repeats_does(queries):
    """What was taken is off a returning guest's shelf; what is chosen stands on every shelf."""
    assert queries.group.tolist() == [
        "new", "new", "returning", "new", "returning", "repeat", "new", "returning"
    ]  # fmt: skip
    assert queries.shelves["whole"][4].tolist() == [False, True, True, True]
    assert queries.shelves["whole"][5].all()
    for mask in queries.shelves.values():
        assert mask[np.arange(8), queries.item].all()
    assert not queries.shelves["on offer"][:, 1].any()  # nobody ever took the room


def test_windows_follow_each_other_and_their_training_lies_before(monkeypatch):
    """Train, valid and test do not overlap in time, and the windows are the last rows, each once."""
    shop = av.planted_shop(num_users=60, num_items=20, num_interactions=400)
    taken = shop.interactions[shop.interactions["label"] == 1]
    log = av.InteractionLog(taken, shop.items, implicit=True)
    monkeypatch.setattr(shelf_queries, "data_set", lambda name, null: log)
    found = list(shelf_queries.windows("shop", 3))
    for window in found:
        parts = [window.train, window.valid.log, window.test.log]
        for earlier, later in zip(parts, parts[1:], strict=False):
            assert earlier.interactions["timestamp"].max() < later.interactions["timestamp"].min()
    tested = pd.concat([window.test.log.interactions for window in found], ignore_index=True)
    last = log.interactions.sort_values("timestamp", kind="stable", ignore_index=True).tail(len(tested))
    pd.testing.assert_frame_equal(tested, last.reset_index(drop=True))
    assert abs(len(tested) - 0.4 * len(log)) <= 2


def test_counts_are_those_of_the_package_for_each_item(log, queries):
    """Strictly before the day: not those of the same day, nor what is older than the window."""
    for days in (10, 20, None):
        scores = shelf_opponents.popularity(queries, days=days or np.inf)
        for place, item in enumerate(ITEMS["item_id"]):
            rows = log.with_interactions(log.interactions.assign(item_id=item))
            assert scores[:, place].tolist() == popularity(rows, days=days).tolist()


def test_a_choice_counts_half_after_the_half_life(queries):
    """On 21 January the loft was taken 20 and 19 days before, the hut 18 and 10, the tent never."""
    scores = shelf_opponents.decayed(queries, half_life=10)[4]
    expected = [0.5**2 + 0.5**1.9, 0.0, 0.5**1.8 + 0.5, 0.0]
    np.testing.assert_allclose(scores, expected)


def test_neighbours_by_tags_find_the_item_with_the_same_tags(queries):
    """Ann took the loft: the room has the same tags, the hut shares the commonest of them, the tent none."""
    loft, room, hut, tent = shelf_opponents.tag_neighbours(queries)[4]
    assert loft == pytest.approx(1) == room
    assert 0 < hut < 1
    assert tent == 0
    assert (shelf_opponents.tag_neighbours(queries)[0] == 0).all()  # she took nothing yet


def test_neighbours_by_visits_count_users_who_took_both_before(queries):
    """Before 21 January bob took loft and hut; ann did on that day, which counts on the 31st."""
    near = shelf_opponents.covisit_neighbours(queries, damping=0)
    assert near[4].tolist() == [0, 0, 1, 0]  # ann, who took the loft
    assert near[7].tolist() == [2, 0, 0, 0]  # eve, who took the hut
    damped = shelf_opponents.covisit_neighbours(queries, damping=1)[4]
    np.testing.assert_allclose(damped, [0, 0, 1 / (3 * 3), 0])  # two took the loft, two the hut


def test_who_took_nothing_gets_decayed_popularity(queries):
    """The others get the scores, with a weight on the logarithm of it."""
    scores = np.arange(32.0).reshape(8, 4)
    liked = np.log(shelf_opponents.decayed(queries, half_life=10) + shelf_opponents.FEW)
    found = shelf_opponents.mixed(scores, queries, half_life=10, weight=0.5)
    np.testing.assert_allclose(found[0], liked[0])
    np.testing.assert_allclose(found[4], scores[4] + 0.5 * liked[4])


def test_sasrec_learns_the_order_of_a_circle():
    """Everybody goes round 0, 1, 2, 3, 4 from another start: the next one is known from the last."""
    circle = [(np.arange(8) + start) % 5 for start in range(40)]
    rows = pd.DataFrame({"user_id": "ann", "item_id": "loft", "timestamp": ["2025-01-01"] * 5})
    log = av.InteractionLog(rows.drop_duplicates(), ITEMS, implicit=True)
    taken = np.stack([[(last - back) % 5 for back in range(3)] for last in range(5)])
    valid = Queries(log, (taken[:, 0] + 1) % 5, np.full(5, "returning"), taken, {})
    model = sasrec.fit_sasrec(circle, valid, 5, dim=16, seed=0)
    assert sasrec.next_scores(model, taken).argmax(1).tolist() == [1, 2, 3, 4, 0]
    assert (sasrec.next_scores(model, np.full((1, 3), -1)) == 0).all()


def test_sasrec_does_not_see_what_comes_later():
    """The scores at a place are the same, whatever follows."""
    torch.manual_seed(0)
    model = sasrec.SASRec(6, 8).eval()
    with torch.no_grad():
        one, other = model(torch.tensor([[0, 1, 2, 3], [0, 1, 5, 4]]))
    torch.testing.assert_close(one[:2], other[:2])
    assert not torch.allclose(one[2:], other[2:])


def test_the_trial_that_is_best_on_validation_is_kept_group_by_group(queries):
    """One trial knows what new guests take, the other what returning ones do; a repeat guest gets either."""
    knows = np.zeros((8, 4))
    knows[np.arange(8), queries.item] = 1
    new = (queries.group == "new")[:, None]
    trials = (knows * new, knows * ~new)

    def scores(window, *, trial):
        return [trials[trial], trials[trial]]

    opponent = shelf_opponents.Opponent(scores, ({"trial": 0}, {"trial": 1}))
    table = shelf.judged(opponent, shelf_queries.Window("", queries.log, queries, queries), range(1))
    whole = table[(table["part"] == "test") & (table["shelf"] == "whole")]
    assert (whole["ndcg"] == 1).all()
    assert sorted(whole["query"]) == list(range(8))


def test_a_lead_is_paired_with_the_best_opponent_of_each_window():
    """In window 1 counts are best on validation, in window 2 decayed counts: the lead is over these."""
    rows = [
        ("popularity", 1, "valid", 0.5), ("decayed popularity", 1, "valid", 0.4), ("model", 1, "valid", 0.0),
        ("popularity", 2, "valid", 0.1), ("decayed popularity", 2, "valid", 0.2), ("model", 2, "valid", 0.0),
        ("popularity", 1, "test", 0.3), ("decayed popularity", 1, "test", 0.2), ("model", 1, "test", 0.4),
        ("popularity", 2, "test", 0.9), ("decayed popularity", 2, "test", 0.5), ("model", 2, "test", 0.6),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["ranking", "window", "part", "ndcg"]).assign(
        shelf="whole", group="new", query=0, user="ann"
    )
    lead = shelf.against(table, "ndcg", "valid", ["window", "group"])
    assert lead["value"].round(6).tolist() == [0.1, 0.1]
    assert lead["against"].tolist() == ["popularity", "decayed popularity"]
    hardest = shelf.against(table, "ndcg", "test", ["group"])
    assert hardest["value"].round(6).tolist() == [0.1, -0.3]


@pytest.mark.parametrize("recipe", shelf_models.MODELS.values(), ids=shelf_models.MODELS)
def test_every_recipe_fits_together(log, recipe):
    """Each makes a model that predicts."""
    schema = shelf_models.schema_of(log, recipe.without)
    model = av.AttentionRecommender(schema, **shelf_models.OPTIONS | recipe.options)
    assert np.isfinite(av.predict(model, log)).all()


def test_each_question_is_scored_once_and_answers_all_who_ask_it(queries):
    """The scores are those of each query's own rows; the two new guests of one day are one question."""
    log = queries.log
    model = av.AttentionRecommender(log.schema, embed_dim=8)
    which, asked = shelf_models.asked_once(queries)
    assert sum(map(len, asked)) == 4 * len(set(which))
    scores = shelf_models.shelf_scores(model, queries)
    for place, item in enumerate(ITEMS["item_id"]):
        own = av.predict(model, log.with_interactions(log.interactions.assign(item_id=item)))
        np.testing.assert_allclose(scores[:, place], own, atol=1e-6)
    twins = Queries.of(stays(("joe", "loft", "01-01"), ("ann", "tent", "01-01"), ("joe", "hut", "01-02")))
    assert shelf_models.asked_once(twins)[0].tolist() == [0, 0, 1]
