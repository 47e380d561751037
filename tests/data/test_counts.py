"""The numbers of the field "popularity", beside loops over the whole past."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.data import InteractionLog, popularity
from attnviz.data.counts import HALF_LIVES, NAMES, WINDOWS, popularity_numbers

START = pd.Timestamp("2024-01-01", tz="UTC")
ROW = st.tuples(
    st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from([0, 1, 2, 29, 30, 31, 90, 400]),
    st.integers(0, 1),
)  # fmt: skip
ROWS = st.lists(ROW, min_size=1, max_size=20, unique_by=lambda row: row[:3])
ITEMS = pd.DataFrame({"item_id": list("xyz"), "available_from": [None, "2024-01-02", "2024-01-31"]})


def table(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day", "label"])
    return frame.assign(timestamp=START + pd.to_timedelta(frame.pop("day"), "D"))


def log_of(rows, past=None, items=ITEMS) -> InteractionLog:
    return InteractionLog(table(rows), items, past=None if past is None else table(past), implicit=True)


def by_hand(log, row) -> list[float]:
    """One row's numbers, before log(1 + number), from all choices strictly before it."""
    chosen = log.past[(log.past["label"] == 1) & (log.past["timestamp"] < row.timestamp)]
    ages = (row.timestamp - chosen["timestamp"]) / pd.Timedelta(1, "D")
    nothing = pd.Series(pd.NaT, index=log.items.index, dtype="datetime64[us, UTC]")
    available = log.items.get("available_from", nothing)
    shelf = set(chosen["item_id"]) | set(log.items.loc[available <= row.timestamp, "item_id"])
    counts, means = [], []
    for weights in [*(ages <= days for days in WINDOWS), ages >= 0, *(0.5 ** (ages / h) for h in HALF_LIVES)]:
        counts.append(weights[chosen["item_id"] == row.item_id].sum())
        means.append(weights.sum() / max(1, len(shelf)))
    own = ages[chosen["item_id"] == row.item_id]
    since = available[log.items["item_id"] == row.item_id].iloc[0]
    known = [own.max(), (row.timestamp - since) / pd.Timedelta(1, "D") if since <= row.timestamp else np.nan]
    against = np.log1p(counts) - np.log1p(means)
    return [*np.log1p(counts), *against, np.log1p(own.min()), np.log1p(np.fmax(*known))]


@settings(deadline=None)
@given(ROWS, ROWS, st.booleans(), st.booleans())
def test_numbers_are_those_of_a_loop_over_the_past(rows, past, own_past, with_days):
    """Expect every count, fading, mean and age of a loop that looks at all rows before each row."""
    log = log_of(rows, None if own_past else past, ITEMS if with_days else ITEMS[["item_id"]])
    expected = [by_hand(log, row) for row in log.interactions.itertuples()]
    np.testing.assert_allclose(popularity_numbers(log), np.array(expected), rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(ROWS, ROWS, st.sampled_from([1, 30, 90]))
def test_what_comes_at_the_same_time_or_later_changes_nothing(rows, more, day):
    """Rows up to a day have the same numbers, whatever the past holds from this day on."""
    early = [row for row in rows if row[2] < day]
    asked = [*early, ("a", "x", day, 1), ("b", "y", day, 0)]
    late = [row for row in more if row[2] >= day]
    asked, past = list(dict.fromkeys(asked)), early or [("c", "z", 0, 0)]
    known = {row[:3] for row in past}
    numbers = [
        popularity_numbers(log_of(asked, [*past, *(row for row in added if row[:3] not in known)]))
        for added in ([], late)
    ]
    np.testing.assert_array_equal(*numbers)


def test_counts_are_those_of_popularity():
    """The windows are the ones that `popularity` counts, to the microsecond."""
    days = np.random.default_rng(0).integers(0, 500, 300)
    log = log_of(list(dict.fromkeys(("abc"[d % 3], "xyz"[d % 7 % 3], int(d), int(d % 5 > 0)) for d in days)))
    found = pd.DataFrame(np.expm1(popularity_numbers(log)), columns=NAMES)
    for days in WINDOWS:
        np.testing.assert_allclose(found[f"last {days} days"], popularity(log, days=days), atol=1e-4)
    np.testing.assert_allclose(found["all time"], popularity(log), rtol=1e-5)


def test_fading_loses_nothing_over_centuries():
    """A thousand years of choices: the recent ones count as they do alone, no overflow, no NaN."""
    times = ["1025-01-01", "1025-01-02", "2025-01-01", "2025-01-31"]
    rows = pd.DataFrame({"user_id": list("abcd"), "item_id": "x", "timestamp": times})
    log = InteractionLog(rows, ITEMS[:1], implicit=True)
    faded = np.expm1(popularity_numbers(log)[:, NAMES.index("half-life 30 days")])
    np.testing.assert_allclose(faded, [0, 0.5 ** (1 / 30), 0, 0.5], atol=1e-6)


def test_a_log_without_times_has_no_such_field():
    """Nothing is known to be earlier: the field is left out by default, and refused where it is asked for."""
    rows = table([("a", "x", 1, 1)]).drop(columns="timestamp")
    assert InteractionLog(rows, ITEMS[["item_id"]], implicit=True).fields == ()
    with pytest.raises(ValueError, match="computed: popularity and likeness need times, which this log has"):
        InteractionLog(rows, ITEMS, implicit=True, computed=["likeness", "popularity"])
    (item,) = InteractionLog(rows, ITEMS, implicit=True, computed=["item"]).fields
    assert item.name == "item"
