import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.data import InteractionLog, history, popularity, visible_reviews

ROW = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from("xy"),
    st.integers(1, 6),
    st.integers(0, 1),
    st.sampled_from(["", " \n", "Good.", "Bad."]),
)
ROWS = st.lists(ROW, min_size=1, max_size=25, unique_by=lambda row: row[:3])


def log_of(rows, past=None) -> InteractionLog:
    items = pd.DataFrame({"item_id": ["x", "y"]})
    return InteractionLog(table(rows), items, past=None if past is None else table(past), implicit=True)


def table(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day", "label", "review"])
    return frame.assign(timestamp=pd.Timestamp("2025-01-01") + pd.to_timedelta(frame.pop("day"), "D"))


def brute_force(log, width, allowed) -> np.ndarray:
    """For each row, scan the whole past: the latest allowed rows, later positions first among equal times."""
    found = np.full((len(log), width), -1)
    for number, row in enumerate(log.interactions.itertuples()):
        seen = [p for p in log.past.itertuples() if p.timestamp < row.timestamp and allowed(p, row)]
        seen = sorted(seen, key=lambda p: (p.timestamp, p.Index), reverse=True)[:width]
        found[number, : len(seen)] = [p.Index for p in seen]
    return found


@settings(deadline=None)
@given(ROWS, ROWS, st.integers(1, 4), st.booleans())
def test_visible_reviews_are_earlier_and_by_others(rows, past, width, own_past):
    """Exactly the latest non-blank reviews of the item, strictly earlier, never by the row's own user."""
    log = log_of(rows, None if own_past else past)
    expected = brute_force(
        log, width, lambda p, row: p.item_id == row.item_id and p.user_id != row.user_id and p.review.strip()
    )
    np.testing.assert_array_equal(visible_reviews(log, max_reviews=width), expected)


@settings(deadline=None)
@given(ROWS, ROWS, st.integers(1, 4), st.booleans())
def test_history_is_what_the_user_chose_before(rows, past, width, own_past):
    """Exactly the user's latest rows with label 1, strictly earlier."""
    log = log_of(rows, None if own_past else past)
    expected = brute_force(log, width, lambda p, row: p.user_id == row.user_id and p.label == 1)
    np.testing.assert_array_equal(history(log, max_items=width), expected)


def test_a_part_of_a_log_reads_the_whole_past():
    """The test part sees the reviews that were written in the train part's time."""
    log = log_of([("a", "x", 1, 1, "Good."), ("b", "x", 2, 1, ""), ("c", "x", 3, 1, "")])
    part = log.with_interactions(log.interactions[2:])
    assert visible_reviews(part, max_reviews=3).tolist() == [[0, -1, -1]]


def test_a_user_who_wrote_everything_sees_nothing():
    """A long run of one's own reviews is skipped whole, down to the other writer before it."""
    own = [("a", "x", day, 1, "Mine.") for day in range(2, 400)]
    log = log_of([("b", "x", 1, 1, "Good."), *own])
    seen = visible_reviews(log, max_reviews=2)
    assert (seen[1:] == [0, -1]).all()


@pytest.mark.parametrize("wrong", [0, -1])
def test_widths_below_one_raise(wrong):
    """The error names the argument and the value."""
    log = log_of([("a", "x", 1, 1, "")])
    with pytest.raises(ValueError, match=f"max_reviews must be a whole number of at least 1, got {wrong}"):
        visible_reviews(log, max_reviews=wrong)
    with pytest.raises(ValueError, match=f"max_items must be a whole number of at least 1, got {wrong}"):
        history(log, max_items=wrong)


@settings(deadline=None)
@given(ROWS, ROWS, st.sampled_from([None, 1, 2]))
def test_popularity_counts_choices_that_are_strictly_earlier(rows, past, days):
    """A scan of the whole past: label 1, the same item, earlier, and inside the window when there is one."""
    log = log_of(rows, past)
    start = pd.Timedelta(days or 1000, "D")
    expected = [
        sum(
            p.label == 1 and p.item_id == row.item_id and row.timestamp - start <= p.timestamp < row.timestamp
            for p in log.past.itertuples()
        )
        for row in log.interactions.itertuples()
    ]
    assert popularity(log, days=days).tolist() == expected


def test_popularity_of_no_days_is_refused():
    """A window of 0 days holds nothing that is strictly earlier."""
    with pytest.raises(ValueError, match="days must be a whole number of at least 1, got 0"):
        popularity(log_of([("a", "x", 1, 1, "")]), days=0)
