"""How labels and times are read: words, ratings, other ways to write a date, and none at all."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import attnviz as av
from attnviz import InteractionLog, read_table
from attnviz.data import history, never_chosen, on_offer_since, popularity, visible_reviews
from attnviz.recommender.evaluation import groups_by_history, rank_held_out, sampled_candidates

ITEMS = pd.DataFrame({"item_id": ["tea", "pot", "cup"], "price": [4.5, 20.0, 3.0]})
ROWS = pd.DataFrame({
    "user_id": ["ann", "ann", "bob", "eve"], "item_id": ["tea", "pot", "tea", "cup"],
    "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"], "label": [1, 0, 1, 0],
    "review": ["Good.", "", "", "Bad."],
})  # fmt: skip


@pytest.mark.parametrize(
    "labels",
    [
        [True, False, True, False],
        ["yes", "No", "YES", " no "],
        ["True", "FALSE", "true", "false"],
        ["1", "0", "1", "0"],
        [1.0, 0.0, 1.0, 0.0],
        ["1.0", False, "yes", 0],
        pd.array([True, False, True, False], dtype="boolean"),
        pd.Categorical(["yes", "no", "yes", "no"]),
    ],
    ids=str,
)
def test_words_for_labels_are_read(labels):
    """Expect 1, 0, 1, 0 of each."""
    assert InteractionLog(ROWS.assign(label=labels), ITEMS).interactions["label"].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "bad", ["maybe", "10", 2, -1, 0.5, np.inf, [1], "y", pytest.param(10**2000, id="6,644 bits")]
)
def test_other_labels_are_shown(bad):
    """Expect the row, the value and what is read."""
    rows = ROWS.astype({"label": object})
    rows.at[2, "label"] = bad
    with pytest.raises(
        ValueError, match=r"label is not 0 or 1: 1 row, first row 2 \(label=.*true and false, yes and no"
    ) as error:
        InteractionLog(rows, ITEMS)
    assert (repr(bad) if bad != 10**2000 else "6,644 bits") in str(error.value)


def test_ratings_label_the_rows_that_have_no_label():
    """A label wins over a rating; the log says how many ratings it read, and the threshold."""
    rows = ROWS.assign(label=[1, None, 0, None], rating=[1, 3, 5, 2])
    log = InteractionLog(rows, ITEMS, rating_threshold=2.5)
    assert log.interactions["label"].tolist() == [1, 1, 0, 0]
    assert log.notes == ["interactions: 2 labels are read from ratings, 1 from rating_threshold=2.5 up"]
    assert InteractionLog(ROWS.assign(rating=5), ITEMS).notes == []
    assert InteractionLog(rows.drop(columns="label"), ITEMS, implicit=True).interactions["label"].sum() == 4
    with pytest.raises(ValueError, match="rating_threshold must be a finite number, got nan"):
        InteractionLog(rows, ITEMS, rating_threshold=np.nan)


@pytest.mark.parametrize(
    ("threshold", "told"),
    [
        (9, "every label is 0; no rating reaches rating_threshold=9; the largest is 5: give a smaller"),
        (0, "every label is 1; the smallest rating, 1, reaches rating_threshold=0: give a larger"),
    ],
)
def test_a_threshold_beyond_all_ratings_is_told(threshold, told):
    """The advice is about the threshold where ratings make the labels, and not where labels do."""
    rated = ROWS.drop(columns="label").assign(rating=["1", "5", "3", "5"])
    with pytest.raises(ValueError, match=told):
        InteractionLog(rated, ITEMS, rating_threshold=threshold)
    with pytest.raises(ValueError, match="every label is 0; pass implicit=True"):
        InteractionLog(rated.assign(label=0), ITEMS, rating_threshold=threshold)


@pytest.mark.parametrize("table", ["interactions", "items"])
def test_a_second_column_of_one_name_is_an_error(table, tmp_path):
    """In a table and in the head of a file, where pandas would call the second 'price.1' in silence."""
    twice = {"interactions": ROWS, "items": ITEMS}
    last = list(twice[table])[1]
    twice[table] = pd.concat([twice[table], twice[table][[last]]], axis=1)
    with pytest.raises(ValueError, match=f"{table}: more than one column is named '{last}'; rename"):
        InteractionLog(*twice.values())
    with pytest.raises(ValueError, match=f"{table}, a DataFrame: more than one column is named '{last}'"):
        read_table(*twice.values())
    for name, content in twice.items():
        content.to_csv(tmp_path / f"{name}.csv", index=False)
    with pytest.raises(ValueError, match=rf"{table}\.csv: more than one column is named '{last}'; rename"):
        read_table(tmp_path / "interactions.csv", tmp_path / "items.csv")


AMERICAN = ["5/25/2019 15:54", "5/26/2019 1:00", "12/1/2019 23:59", "1/2/2020 0:00"]


@pytest.mark.parametrize("read", [InteractionLog, read_table])
def test_times_of_another_form_are_read_with_a_format(read):
    """The error suggests the format that reads all of them, and the format reads them."""
    rows = ROWS.assign(timestamp=AMERICAN)
    with pytest.raises(ValueError, match="date_format='%m/%d/%Y %H:%M' reads '5/25/2019 15:54'"):
        read(rows, ITEMS)
    log = read(rows, ITEMS, date_format="%m/%d/%Y %H:%M")
    assert log.interactions["timestamp"].dt.strftime("%F %R").tolist() == [
        "2019-05-25 15:54", "2019-05-26 01:00", "2019-12-01 23:59", "2020-01-02 00:00",
    ]  # fmt: skip


def test_a_time_that_no_form_fits_is_shown_with_an_example():
    """Expect the first bad value and how a format is written; a wrong format names itself."""
    with pytest.raises(ValueError, match="say how 'soon' is written with date_format="):
        InteractionLog(ROWS.assign(timestamp="soon"), ITEMS)
    with pytest.raises(ValueError, match=r"not as date_format='%d.%m.%Y' has it.*timestamp='2025-01-01'"):
        InteractionLog(ROWS, ITEMS, date_format="%d.%m.%Y")
    mixed = ROWS.assign(timestamp=[pd.Timestamp("2025-01-01"), "3.1.2025", None, 5])
    log = InteractionLog(mixed, ITEMS, date_format="%d.%m.%Y", strict=False)
    assert log.interactions["timestamp"].dt.strftime("%F").tolist() == ["2025-01-01", "2025-01-03"]


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
@pytest.mark.parametrize("cells", [int, float, str])
def test_numbers_are_times_when_their_unit_is_said(unit, factor, cells):
    """The refusal names the cure, and the cure works, for numbers and for text of digits."""
    seconds = [1735689600, 1735776000, 1735862400, 5]  # 5: five seconds after 1970, no date
    rows = ROWS.assign(timestamp=[cells(n * factor) for n in seconds])
    if cells is not str:
        with pytest.raises(
            ValueError, match=r"unparsable time.*such as time_unit='s' \(seconds since 1970\)"
        ):
            InteractionLog(rows, ITEMS)
    expected = [pd.Timestamp(n, unit="s", tz="UTC") for n in seconds]
    assert list(InteractionLog(rows, ITEMS, time_unit=unit).interactions["timestamp"]) == expected
    assert list(read_table(rows, ITEMS, time_unit=unit).interactions["timestamp"]) == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"date_format": "%H:%M"}, "date_format must be a format with a year, such as .*got '%H:%M'"),
        ({"date_format": "mixed"}, "must be a format with a year"),
        ({"date_format": 3}, "must be a format with a year"),
        ({"date_format": "%Y-%Q"}, "date_format '%Y-%Q' cannot be used: 'Q' is a bad directive"),
        ({"time_unit": "days"}, "time_unit must be one of s, ms, us, ns, got 'days'"),
        ({"time_unit": "s", "date_format": "%Y"}, "give one of them"),
        ({"implicit": "no"}, "implicit must be True or False, got 'no'"),
        ({"strict": "no"}, "strict must be True or False, got 'no'"),
    ],
)
def test_options_that_cannot_be(options, words):
    """Each is named with what it should be."""
    with pytest.raises(ValueError, match=words):
        InteractionLog(ROWS, ITEMS, **options)


def untimed(num_rows: int = 60, **options) -> InteractionLog:
    """A log without times: six users, twelve items, reviews that nobody may read."""
    rng = np.random.default_rng(3)
    pairs = pd.DataFrame({"pair": rng.permutation(72)[:num_rows]})
    rows = pd.DataFrame({
        "user_id": "u" + (pairs["pair"] // 12).astype(str), "item_id": "i" + (pairs["pair"] % 12).astype(str),
        "label": rng.integers(0, 2, num_rows), "review": "Good.",
    })  # fmt: skip
    items = pd.DataFrame({"item_id": [f"i{n}" for n in range(12)], "price": np.arange(12.0) + 1})
    return InteractionLog(rows, items.assign(available_from="2025-01-01"), **options)


def choices() -> InteractionLog:
    """The same as an implicit log."""
    log = untimed()
    return InteractionLog(log.interactions.drop(columns=["label", "timestamp"]), log.items, implicit=True)


def test_without_times_nothing_of_the_past_is_read():
    """Expect no review, no history, an empty profile, no field of reviews, and a note that says so."""
    log = untimed()
    assert not log.has_times
    assert "without times nothing says what came before" in log.notes[0]
    assert [field.name for field in log.fields] == ["price"]
    assert (visible_reviews(log, max_reviews=3) == -1).all()
    assert (history(log) == -1).all()
    batch = log.batch(slice(None))
    assert (batch.profile == 0).all()
    assert (batch.chosen().items == -1).all()
    assert batch.texts == ()
    again = InteractionLog(log.interactions, log.items)  # its own tables: a column of times without any
    pd.testing.assert_frame_equal(again.interactions, log.interactions)


def test_without_times_what_needs_them_says_so():
    """Expect errors of what counts earlier choices, and of a time to look at."""
    log = choices()
    for ask in (popularity, never_chosen, on_offer_since):
        with pytest.raises(ValueError, match="the log has no times"):
            ask(log)
    with pytest.raises(ValueError, match="at must be None for a log without times, got '2025-01-01'"):
        log.candidates("u1", at="2025-01-01")
    with pytest.raises(ValueError, match=r"interactions and past must both have times.*only past has"):
        InteractionLog(log.interactions, log.items, past=ROWS.assign(item_id="i1"), implicit=True)


def test_without_times_a_split_is_random():
    """By time is refused with what to do instead; by row and by user deal every row out once, seeded."""
    log = untimed()
    with pytest.raises(ValueError, match="by='time' needs times.*use by='user' or by='row'"):
        log.split()
    pairs = ["user_id", "item_id"]
    whole = log.interactions[pairs].sort_values(pairs, ignore_index=True)
    for by in ("row", "user"):
        parts = log.split(by=by, fractions=(0.5, 0.3, 0.2), seed=2)
        together = pd.concat([part.interactions[pairs] for part in parts])
        pd.testing.assert_frame_equal(together.sort_values(pairs, ignore_index=True), whole)
        again = log.split(by=by, fractions=(0.5, 0.3, 0.2), seed=2)
        for one, two in zip(parts, again, strict=True):
            pd.testing.assert_frame_equal(one.interactions, two.interactions)
    assert [len(part) for part in log.split(by="row", fractions=(0.5, 0.3, 0.2))] == [30, 18, 12]
    assert not log.split(by="row", seed=1)[0].interactions.equals(log.split(by="row", seed=2)[0].interactions)


@settings(max_examples=20)
@given(st.integers(0, 99), st.sampled_from(["row", "user"]))
def test_without_times_training_negatives_know_nothing_of_the_held_out_part(seed, by):
    """Expect the same training rows whatever the held-out rows are; none was taken in the training part."""
    log = choices()
    train = log.split(by=by, seed=seed, fractions=(0.5, 0.5))[0]
    negatives = train.sample_negatives(1, seed=seed).interactions
    alone = InteractionLog(train.interactions, log.items, implicit=True)
    pd.testing.assert_frame_equal(negatives, alone.sample_negatives(1, seed=seed).interactions)
    assert not negatives.duplicated(["user_id", "item_id"]).any()
    assert negatives["label"].mean() <= 0.5 or train.sample_negatives(1, seed=seed).dropped


def test_without_times_candidates_were_not_taken_in_an_earlier_part():
    """Expect the whole catalogue less what the user took in this part or the ones before it."""
    log = choices()
    test = log.split(by="row", seed=0)[2]
    rows = sampled_candidates(test, num_candidates=None).interactions
    taken = log.interactions.groupby("user_id")["item_id"].agg(set)
    for choice, beside in rows.groupby((rows["label"] == 1).cumsum()):
        user = beside["user_id"].iloc[0]
        others = set(beside["item_id"].iloc[1:])
        assert others == set(log.items["item_id"]) - taken[user], choice


def test_without_times_a_model_is_trained_and_ranked():
    """Expect the whole way to work, and a ranking by the model only."""
    parts = [part.sample_negatives(2) for part in choices().split(by="row", fractions=(0.6, 0.2, 0.2))[:2]]
    model = av.AttentionRecommender(parts[0].schema, embed_dim=4)
    av.fit(model, *parts, epochs=1, progress=False)
    held_out = sampled_candidates(choices().split(by="row", fractions=(0.6, 0.2, 0.2))[2])
    table = rank_held_out(model, held_out)
    assert table["model"].tolist() == ["model"]
    assert set(groups_by_history(held_out)) == {"no times"}
    recommended = av.recommend(model, choices(), "u1", top_k=3)
    assert torch.tensor(recommended["probability"].to_numpy()).isfinite().all()


def test_a_repeated_pair_without_times_is_a_duplicate():
    """Two rows of one user and item cannot be told apart, and could stand on both sides of a split."""
    rows = pd.concat([ROWS, ROWS[:1]]).drop(columns="timestamp")
    with pytest.raises(ValueError, match=r"duplicate of an earlier row \(user, item; there are no times\)"):
        InteractionLog(rows, ITEMS)
