import pandas as pd
import pytest

from attnviz.data import InteractionLog
from attnviz.data.checks import find_problems
from attnviz.data.problems import DataProblems

ITEMS = pd.DataFrame({"item_id": ["tea", "pot", "pot"], "price": [4.5, "cheap", 1.0]})
ROWS = pd.DataFrame(
    {
        "user_id": ["ann", "ann", "bob", None],
        "item_id": ["tea", "cup", "tea", "pot"],
        "timestamp": ["2025-01-01", "soon", "2025-01-03", "2025-01-04"],
        "label": [1, 0, 0, 0],
    }
)


def test_every_problem_is_found_with_its_row():
    """One line a problem, in the order of the tables; a row with two problems has two lines."""
    found = find_problems(ROWS, ITEMS)
    kinds = found["kind"].str.split(" (", regex=False).str[0]
    assert list(zip(found["table"], kinds, found["row"], found["detail"], strict=True)) == [
        ("items", "duplicated item_id", 2, "item_id='pot'"),
        ("items", "unreadable price", 1, "price='cheap'"),
        ("interactions", "missing user_id", 3, "user_id=nan"),
        ("interactions", "unparsable time", 1, "timestamp='soon'"),
        ("interactions", "unknown item", 1, "item_id='cup'"),
    ]
    assert found["repair"].str.startswith("strict=False").all()


def test_tables_without_problems_give_an_empty_table():
    """The columns are there, with their types, when there is nothing to say."""
    found = find_problems(ROWS[:1], ITEMS[:1], implicit=True)
    assert found.empty
    assert list(found) == ["table", "kind", "row", "detail", "repair"]
    assert found["row"].dtype == "Int64"


def test_the_error_of_a_log_says_what_would_be_dropped():
    """The counts of a strict error are those of the log that strict=False makes."""
    with pytest.raises(DataProblems) as error:
        InteractionLog(ROWS, ITEMS)
    assert error.value.dropped == InteractionLog(ROWS, ITEMS, strict=False).dropped
    assert len(error.value.problems) == 5


def test_a_problem_of_the_whole_table_has_no_row():
    """One class only: reported with the rows' problems, and strict=False does not repair it."""
    found = find_problems(ROWS[1:], ITEMS)
    assert found["kind"].iloc[-1] == "one class only, every label is 0"
    assert pd.isna(found["row"].iloc[-1])
    with pytest.raises(DataProblems, match="one class only") as error:
        InteractionLog(ROWS[1:], ITEMS, strict=False)
    assert "pass strict=False" not in str(error.value)


def test_rows_may_be_named_by_their_line():
    """A reader that knows the lines of its file names them, in the message and in the table."""
    with pytest.raises(DataProblems) as error:
        InteractionLog(ROWS, ITEMS)
    named = DataProblems(error.value.findings, numbers={"interactions": [11, 12, 13, 14]}, note="from x.json")
    assert "missing user_id: 1 row, first line 14 (user_id=nan)" in str(named)
    assert "duplicated item_id: 1 row, first row 2 " in str(named)
    assert str(named).endswith("(from x.json)")
    assert named.problems["row"].tolist() == [2, 1, 14, 12, 12]


def nested(depth: int) -> list:
    """A list in a list in a list."""
    inner: list = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    "tags",
    [nested(950), [5] * 10**6, 10**5000, -(10**5000), "\x1b[31m" * 10**6, {"a": nested(950)}],
    ids=range(6),
)
def test_values_are_shown_whatever_they_hold(tags):
    """Deep lists, numbers of thousands of digits and megabytes of text: at most 40 printable characters."""
    items = pd.DataFrame({"item_id": ["tea"], "tags": pd.Series([tags], dtype=object)})
    detail = find_problems(ROWS[:1], items, implicit=True)["detail"].tolist()
    assert len(detail) == 1
    assert detail[0].startswith("tags=")
    assert len(detail[0]) <= len("tags=") + 40
    assert detail[0].isprintable()


@pytest.mark.parametrize("length", [37, 38, 39, 1000])
def test_long_texts_are_cut_with_dots(length):
    """A text that fits with its quotes is shown whole."""
    items = pd.DataFrame({"item_id": ["tea"], "price": ["x" * length]})
    (detail,) = find_problems(ROWS[:1], items, implicit=True)["detail"]
    assert detail == ("price='" + "x" * 38 + "'" if length == 38 else detail)
    assert detail.endswith("..." if length > 38 else "'")
