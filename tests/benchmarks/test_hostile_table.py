"""The table of bad inputs in the book is that of its cases."""

import pandas as pd

from benchmarks.hostile import PAGE, in_a_page
from benchmarks.results import read_result


def test_the_table_in_the_book_counts_its_cases():
    """Expect the counts of the cases, and after the mends nothing silent, unclear or with a traceback."""
    shown = pd.read_csv(PAGE, index_col=[0, 1])
    pd.testing.assert_frame_equal(shown, in_a_page(read_result("hostile_cases")), check_names=False)
    after = shown.xs("after", level=1)
    assert not after[["unclear", "silent", "traceback"]].to_numpy().any()
    assert after["all"].ge(shown.xs("before", level=1)["all"]).all()


def test_a_case_counts_from_when_it_was_made():
    """Expect one more afterwards, and zeros where there is none."""
    rows = [("reader", "a", "x", "silent", "right"), ("reader", "a", "y", None, "clear error")]
    table = in_a_page(pd.DataFrame(rows, columns=["group", "source", "fault", "before", "after"]))
    assert table.loc[("reader", "before")].tolist() == [0, 0, 0, 1, 0, 1]
    assert table.loc[("reader", "after")].tolist() == [1, 1, 0, 0, 0, 2]
    assert table.loc[("verb", "after"), "all"] == 0
