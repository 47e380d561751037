import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.data import InteractionLog, on_offer_since, planted_shop

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 2)),
    min_size=1,
    max_size=30,
    unique=True,
)
MISSING = "negatives: too few items on offer that the user did not take"


def log_of(rows, num_items=6) -> InteractionLog:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day"])
    frame = frame.assign(
        timestamp=pd.Timestamp("2025-01-01") + pd.to_timedelta(frame.pop("day"), "D"), review="Good."
    )
    return InteractionLog(frame, pd.DataFrame({"item_id": range(num_items)}), implicit=True)


def of_one_time(log, sampled):
    """For each user and time: the sampled rows, and of the log's choices those before, at and after it."""
    for (user, time), group in sampled.interactions.groupby(["user_id", "timestamp"]):
        hers = log.interactions[log.interactions["user_id"] == user]
        times = (hers["timestamp"] < time, hers["timestamp"] == time, hers["timestamp"] > time)
        yield group, time, *(set(hers["item_id"][when]) for when in times)


def repeats(log):
    """Whether anybody takes an item again."""
    return log.interactions.duplicated(["user_id", "item_id"]).any()


@settings(deadline=None)
@given(ROWS, st.integers(1, 4), st.sampled_from([0, 0.5, 0.8, 1]), st.booleans(), st.integers(0, 3))
def test_negatives_were_not_taken_and_are_all_counted(rows, num_negatives, on_offer, own_past, seed):
    """No negative is taken then or for the first time later; an earlier one if asked, in a log with repeats.

    No row occurs twice, and each missing negative is counted.
    """
    log = log_of(rows)
    sampled = log.sample_negatives(num_negatives, on_offer=on_offer, own_past=own_past, seed=seed)
    table = sampled.interactions
    positives, negatives = table[table["label"] == 1], table[table["label"] == 0]
    pd.testing.assert_frame_equal(positives.reset_index(drop=True), log.interactions)
    for group, _, before, now, later in of_one_time(log, sampled):
        drawn = set(group["item_id"][group["label"] == 0])
        assert not drawn & (now | (later - before))
        assert (own_past and repeats(log)) or not drawn & before
    assert not table.duplicated(["user_id", "item_id", "timestamp"]).any()
    assert len(negatives) + sampled.dropped.get(MISSING, 0) == num_negatives * len(log)
    assert (negatives["review"] == "").all()


@settings(deadline=None)
@given(ROWS, st.integers(1, 4), st.integers(0, 3))
def test_negatives_were_on_offer(rows, num_negatives, seed):
    """With on_offer=1, each negative was on offer at its row's time, and as many as there were are drawn."""
    log = log_of(rows)
    since = dict(zip(log.items["item_id"], on_offer_since(log), strict=True))
    sampled = log.sample_negatives(num_negatives, on_offer=1, seed=seed)
    for group, time, before, now, later in of_one_time(log, sampled):
        shelf = {item for item, start in since.items() if start <= time.to_numpy()}
        assert set(group["item_id"]) <= shelf
        hers = now | (later - before if repeats(log) else later | before)
        wanted = num_negatives * (group["label"] == 1).sum()
        assert (group["label"] == 0).sum() == min(wanted, len(shelf - hers))


def test_what_was_taken_before_is_drawn_like_any_other_item():
    """3,000 users took 0, 1 and 0 again: what they had is drawn beside the later ones as often as others.

    Six items are on offer: at the second time five were not taken then, one of which is hers, and at the
    third time five, too. Two are drawn for each row, so each is there in two rows of five.
    """
    users = [f"u{number}" for number in range(3000)]
    others = [("x", item, 0) for item in range(6)]
    log = log_of(others + [row for user in users for row in ((user, 0, 0), (user, 1, 1), (user, 0, 2))])
    table = log.sample_negatives(2, on_offer=1).interactions
    negatives = table[(table["label"] == 0) & (table["user_id"] != "x")]
    days = (negatives["timestamp"] - pd.Timestamp("2025-01-01", tz="UTC")).dt.days
    for day, hers in ((1, "0"), (2, "1")):
        counts = negatives["item_id"][days == day].value_counts()
        assert hers in counts
        assert len(counts) == 5
        assert abs(counts - 1200).max() < 5 * np.sqrt(3000 * 0.4 * 0.6)


def test_where_nobody_takes_an_item_again_her_own_are_no_negatives():
    """A further user's repeat, of all things, brings the others' earlier items among the negatives."""
    rows = [(f"u{number}", item, item) for number in range(100) for item in (0, 1)]
    for more, expected in (([], 0), ([("x", 2, 0), ("x", 2, 1)], 100)):
        table = log_of(rows + more, num_items=3).sample_negatives(2, on_offer=1).interactions
        negatives = table[(table["label"] == 0) & (table["user_id"] != "x")]
        assert (negatives["item_id"] == "0").sum() == expected


@settings(deadline=None)
@given(ROWS, ROWS, st.sampled_from([0, 0.8, 1]), st.integers(0, 3))
def test_the_future_changes_no_training_row(rows, future, on_offer, seed):
    """Whatever is taken after the last training row, the training rows and their negatives are the same."""
    later = [(user, item, day + 10) for user, item, day in future]
    alone = log_of(rows)
    whole = log_of(rows + later)
    last = alone.interactions["timestamp"].max()
    part = whole.with_interactions(whole.interactions[whole.interactions["timestamp"] <= last])
    options = dict(num_negatives=3, on_offer=on_offer, seed=seed)
    expected, found = (log.sample_negatives(**options).interactions for log in (alone, part))
    pd.testing.assert_frame_equal(found, expected)


def test_what_the_user_takes_later_in_the_same_part_is_no_negative():
    """Of two items on offer, one of which she takes on the next day, the other is always drawn."""
    rows = [("b", 1, 0), ("b", 2, 0), ("a", 0, 1), ("a", 1, 2)]
    for seed in range(5):
        table = log_of(rows).sample_negatives(1, on_offer=1, seed=seed).interactions
        assert "1" not in table[(table["user_id"] == "a") & (table["label"] == 0)]["item_id"].tolist()


def test_a_share_of_the_negatives_comes_from_the_whole_catalogue():
    """A thousand rows, a catalogue of 1,000 items of which ten were ever taken: a fifth of the draws."""
    log = log_of([(f"u{n}", n % 10, n // 100) for n in range(1000)], num_items=1000)
    negatives = log.sample_negatives(4).interactions.query("label == 0")
    unknown = (negatives["item_id"].astype(int) >= 10).mean()
    assert abs(unknown - 0.2 * 0.99) < 5 * np.sqrt(0.2 * 0.8 / 4000)


def test_negatives_follow_their_row():
    """A row's negatives stand right after it, with its user and time."""
    log = log_of([("a", 0, 0), ("b", 1, 1), ("a", 2, 2)])
    table = log.sample_negatives(2, on_offer=0).interactions
    assert table["label"].tolist() == [1, 0, 0] * 3
    assert table["user_id"].tolist() == list("aaabbbaaa")
    assert (table.groupby(np.arange(9) // 3)["timestamp"].nunique() == 1).all()


def test_a_user_who_took_everything_gets_none():
    """Six items taken leave nothing to draw: 12 negatives are missing, and said to be."""
    log = log_of([("a", item, 0) for item in range(6)])
    sampled = log.sample_negatives(2)
    assert len(sampled) == 6
    assert sampled.dropped == {MISSING: 12}
    assert log.dropped == {}


def test_all_untaken_items_are_drawn_equally_often():
    """3,000 users took item 3 of 6: each other item gets about a fifth of the negatives."""
    log = log_of([(f"u{user}", 3, 0) for user in range(3000)])
    negatives = log.sample_negatives(2, on_offer=0).interactions.query("label == 0")
    counts = negatives["item_id"].value_counts()
    assert "3" not in counts
    assert abs(counts - 1200).max() < 5 * np.sqrt(6000 * 0.2 * 0.8)


def test_rows_of_one_time_share_the_items_fairly():
    """Two rows of one user and time: the first one's negative is any free item equally often."""
    log = log_of([(f"u{user}", item, 0) for user in range(3000) for item in (0, 1)])
    negatives = log.sample_negatives(1, on_offer=0).interactions.query("label == 0")["item_id"]
    for counts in (negatives[::2].value_counts(), negatives[1::2].value_counts()):
        assert abs(counts - 750).max() < 5 * np.sqrt(3000 * 0.25 * 0.75)


def test_sampling_follows_its_seed():
    """The same seed gives the same negatives, another seed others."""
    log = log_of([("a", item, 0) for item in range(3)], num_items=1000)
    first, again, other = (log.sample_negatives(on_offer=0.5, seed=seed).interactions for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_only_choices_are_given_negatives():
    """Logs with labels of their own, or with negatives already, are refused."""
    log = log_of([("a", 0, 0)])
    with pytest.raises(ValueError, match="num_negatives must be a whole number of at least 1, got 0"):
        log.sample_negatives(0)
    with pytest.raises(ValueError, match="on_offer must be a number of at least 0 and at most 1, got 4"):
        log.sample_negatives(on_offer=4)
    with pytest.raises(ValueError, match="5 rows with label 0 already"):
        log.sample_negatives(on_offer=0).sample_negatives()
    rated = InteractionLog(log.interactions.loc[[0, 0]].assign(label=[0, 1], item_id=["1", "2"]), log.items)
    with pytest.raises(ValueError, match="implicit logs only"):
        rated.sample_negatives()


def test_candidates_are_every_user_with_every_item():
    """Two users and six items give twelve rows, just after the past, of the log's own types."""
    log = log_of([("a", 0, 0), ("b", 1, 1)])
    rows = log.candidates(["b", "a"]).interactions
    assert rows["user_id"].tolist() == list("bbbbbbaaaaaa")
    assert rows["item_id"].tolist() == list("012345012345")
    assert (rows["timestamp"] > log.past["timestamp"].max()).all()
    assert rows.dtypes.equals(log.interactions.dtypes)


def test_candidates_of_one_user_some_items_and_a_time():
    """A str is one user; a time without a zone is UTC."""
    rows = log_of([("a", 0, 0), ("b", 1, 1)]).candidates("a", ["3"], at="2025-05-01").interactions
    assert rows["item_id"].tolist() == ["3"]
    assert rows["timestamp"][0] == pd.Timestamp("2025-05-01", tz="UTC")


def test_candidates_must_be_in_the_log():
    """A mistyped user or item is named."""
    log = log_of([("a", 0, 0)])
    with pytest.raises(ValueError, match="users: 1 of 1 are not in the log, first 'z'"):
        log.candidates("z")
    with pytest.raises(ValueError, match="items: 1 of 2 are not in the log, first '9'"):
        log.candidates("a", ["1", "9"])


def test_shuffled_labels_are_the_same_labels_elsewhere():
    """All else stays, the past included; the same seed gives the same labels; nothing is left to learn."""
    shop = planted_shop(num_users=300, num_items=50, num_interactions=5000)
    shuffled = shop.shuffle_labels(seed=1)
    labels, others = shop.interactions["label"], shuffled.interactions["label"]
    assert labels.sum() == others.sum()
    assert others.equals(shop.shuffle_labels(seed=1).interactions["label"])
    assert not others.equals(shop.shuffle_labels(seed=2).interactions["label"])
    assert abs(np.corrcoef(labels, others)[0, 1]) < 0.05
    assert shuffled.interactions.drop(columns="label").equals(shop.interactions.drop(columns="label"))
    assert shuffled.past is shop.past
    assert shuffled.schema is shop.schema
    assert abs(shuffled.profile_auc() - 0.5) < 0.05 < shop.profile_auc() - 0.5
    np.testing.assert_array_equal(shuffled.truth.probability, shop.truth.probability)
    split = shop.split()[1].shuffle_labels()
    assert split.dropped == shop.dropped


def test_labels_that_are_all_the_same_cannot_be_shuffled():
    """An implicit log needs negatives first, and the message says so."""
    log = log_of([("a", 0, 0), ("b", 1, 0)])
    with pytest.raises(ValueError, match=r"labels 0 and 1.*sample_negatives\(\)"):
        log.shuffle_labels()
    assert log.sample_negatives(1, on_offer=0).shuffle_labels().interactions["label"].sum() == 2
