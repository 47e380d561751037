"""An id that is not in the log is answered with those that look like it."""

import pandas as pd
import pytest

from attnviz import InteractionLog
from attnviz.data.known import require_item, require_user

ROWS = pd.DataFrame(
    {
        "user_id": ["Müller", "Meyer", "ann"],
        "item_id": ["B00ABC", "B00ABD", "tea"],
        "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03"],
        "label": [1, 0, 1],
    }
)
LOG = InteractionLog(ROWS, ROWS[["item_id"]])


@pytest.mark.parametrize(
    ("asked", "like"),
    [
        ("müller", "'Müller'"),
        (" ann", "'ann'"),
        ("Mayer", "'Meyer'"),
        ("\x1b[31m", "'Müller'"),
        ("", "'Müller'"),
    ],
)
def test_users_that_look_alike_are_named(asked, like):
    """Other case, blanks and letters that differ; where nothing is alike, the first one."""
    with pytest.raises(ValueError, match="is not in the log") as error:
        require_user(LOG, asked)
    assert f"user {asked!r} is not in the log: give one of its user_ids, such as {like}" in str(error.value)


def test_items_that_look_alike_are_named():
    """Several, the most alike first."""
    with pytest.raises(ValueError, match="such as 'B00ABC', 'B00ABD'"):
        require_item(LOG, "B00ABCX")
    require_item(LOG, "tea")


def test_users_of_the_table_and_of_the_past_are_known():
    """Somebody who is in the table, but never chose anything; and a log without that table."""
    table = pd.DataFrame({"user_id": ["Müller", "Meyer", "ann", "new"], "age": [1, 2, 3, 4]})
    require_user(InteractionLog(ROWS, ROWS[["item_id"]], table), "new")
    require_user(LOG, "ann")
    with pytest.raises(ValueError, match="user 'new' is not in the log"):
        require_user(LOG, "new")
