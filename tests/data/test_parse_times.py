"""Text as times: ISO 8601, and no more."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.data import InteractionLog
from attnviz.data.columns import parse_times


@given(st.datetimes())
def test_iso_times_are_read_back(time):
    """Any time that Python holds, to the microsecond, as text and as datetimes."""
    expected = [pd.Timestamp(time, tz="UTC")]
    assert parse_times(pd.Series([time.isoformat()])).tolist() == expected
    assert parse_times(pd.Series([time])).tolist() == expected


NO_TIMES = [
    "-0005-01-01", "-5-01-01", "0000-01-01", "10000-01-01", "9999-12-31T23:59:59-05:00",
    "0001-01-01T00:00:00+05:00", "now", "today", "NaT", "", "2018-13-01", "2018-06-17T25:00",
    "1" * 5000, "2018" + "-" * 2**22, " " * 2**22,
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIMES, ids=range(len(NO_TIMES)))
def test_what_is_no_time(text):
    """Years before 1 and after 9999, words that pandas reads as times, impossible dates, pages of text."""
    assert parse_times(pd.Series([text, "2018-06-17"])).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "value", [[1], {"a": 1}, 10**5000, b"2018-06-17", object(), 5.0, True, None, pd.NA], ids=range(9)
)
def test_other_objects_are_no_times(value):
    """Lists, dicts, huge and small numbers beside a time."""
    assert parse_times(pd.Series([value, "2018-06-17"], dtype=object)).isna().tolist() == [True, False]


def test_datetimes_outside_are_no_times():
    """Datetimes of seconds may lie anywhere."""
    times = pd.Series(np.array(["-0005-01-01", "2018-06-17", "20000-01-01"], dtype="datetime64[s]"))
    assert parse_times(times).isna().tolist() == [True, False, True]


def test_a_log_counts_the_year_minus_five():
    """Reported with its row, dropped and counted when not strict."""
    rows = pd.DataFrame(
        {
            "user_id": [1, 2, 3],
            "item_id": "tea",
            "timestamp": ["-0005-01-01", "2025-01-01", "2025-01-02"],
            "label": [1, 0, 1],
        }
    )
    items = pd.DataFrame({"item_id": ["tea"]})
    with pytest.raises(ValueError, match=r"unparsable time .*first row 0 \(timestamp='-0005-01-01'\)"):
        InteractionLog(rows, items)
    log = InteractionLog(rows, items, strict=False)
    assert [list(log.dropped.values()), len(log)] == [[1], 2]
