import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attnviz.data import InteractionLog

FRACTIONS = st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5), (0.34, 0.33, 0.33)])


def log_of(days, users=None) -> InteractionLog:
    """One item a row, so that every row can be told from the others."""
    frame = pd.DataFrame(
        {
            "user_id": [f"u{user}" for user in (users or range(len(days)))],
            "item_id": [f"i{number}" for number in range(len(days))],
            "timestamp": pd.Timestamp("2025-01-01") + pd.to_timedelta(days, "D"),
        }
    )
    return InteractionLog(frame, frame[["item_id"]], implicit=True)


def parts_or_discard(log, **options):
    try:
        return log.split(**options)
    except ValueError:
        assume(False)  # a part without rows, which has a test of its own


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=3, max_size=60), FRACTIONS)
def test_time_split_keeps_every_row_once_and_in_order(days, fractions):
    """Each row is in one part; every time of a part is before every time of the next one."""
    log = log_of(days)
    parts = parts_or_discard(log, fractions=fractions)
    rows = [item for part in parts for item in part.interactions["item_id"]]
    assert sorted(rows) == sorted(log.interactions["item_id"])
    for part, following in zip(parts[:-1], parts[1:], strict=True):
        assert part.interactions["timestamp"].is_monotonic_increasing
        assert part.interactions["timestamp"].max() < following.interactions["timestamp"].min()
        assert part.past is log.past


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=3, max_size=60), FRACTIONS, st.integers(0, 3))
def test_user_split_keeps_every_row_once_and_users_whole(users, fractions, seed):
    """Each row is in one part, and so is each user."""
    log = log_of(range(len(users)), users)
    parts = parts_or_discard(log, by="user", fractions=fractions, seed=seed)
    rows = [item for part in parts for item in part.interactions["item_id"]]
    assert sorted(rows) == sorted(log.interactions["item_id"])
    owners = [user for part in parts for user in part.interactions["user_id"].unique()]
    assert len(owners) == len(set(owners))


def test_time_split_sizes_are_the_fractions_where_no_times_are_equal():
    """100 different times give 80, 10 and 10 rows."""
    assert [len(part) for part in log_of(range(100)).split()] == [80, 10, 10]


def test_a_time_in_which_the_cut_falls_goes_to_the_later_part():
    """Rows 7 to 9 share a time and the cut is after row 8: all three are in the later part."""
    parts = log_of([0, 1, 2, 3, 4, 5, 6, 7, 7, 7]).split(fractions=(0.8, 0.2))
    assert [len(part) for part in parts] == [7, 3]


def test_user_split_follows_its_seed():
    """The same seed gives the same users, another seed others."""
    log = log_of(range(100))
    first, again, other = (
        log.split("user", seed=seed)[0].interactions["user_id"].tolist() for seed in (0, 0, 1)
    )
    assert first == again != other


def test_split_errors_say_what_to_do():
    """Unknown `by`, fractions that are no shares, and a part that would be empty."""
    log = log_of([0, 0, 0, 0])
    with pytest.raises(ValueError, match="by must be 'time', 'user' or 'row', got 'item'"):
        log.split(by="item")
    with pytest.raises(ValueError, match="sum to 1, got"):
        log.split(fractions=(0.8, 0.1))
    with pytest.raises(ValueError, match="1 times leave a part without rows"):
        log.split()
