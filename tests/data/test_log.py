import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from flips import POSITIONS, after_a_flip
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.data import InteractionLog, Schema, read_table
from attnviz.storage import SUMS

ITEMS = pd.DataFrame(
    {"item_id": ["tea", "pot", "cup"], "price": [4.5, 20.0, None], "tags": [["green"], [], ["blue", "small"]]}
)


def rows(**changes) -> pd.DataFrame:
    table = {
        "user_id": ["ann", "ann", "bob", "eve"],
        "item_id": ["tea", "pot", "tea", "cup"],
        "timestamp": ["2025-01-01", "2025-01-02T10:00:00+01:00", "2025-01-03", "2025-01-04"],
        "label": [1, 0, 1, 0],
        "review": ["Good.", None, "", "Too small."],
    }
    return pd.DataFrame({**table, **changes})


def test_columns_have_the_promised_types():
    """Ids are str, times UTC, labels int, a missing review is ''."""
    log = InteractionLog(rows(user_id=[7, 7, 8, 9]), ITEMS)
    table = log.interactions
    assert list(table) == ["user_id", "item_id", "timestamp", "label", "review"]
    assert table["user_id"].tolist() == ["7", "7", "8", "9"]
    assert table["timestamp"].dt.tz is not None
    assert table["timestamp"][1] == pd.Timestamp("2025-01-02 09:00", tz="UTC")
    assert table["label"].dtype == np.int64
    assert table["review"].tolist() == ["Good.", "", "", "Too small."]


def test_float_ids_beside_a_missing_one_match_whole_numbers():
    """The id 17.0, a float only because another id is missing, is item '17'."""
    items = pd.DataFrame({"item_id": [17, 18]})
    log = InteractionLog(rows(item_id=[17.0, 18.0, None, 17.0]), items, strict=False)
    assert log.interactions["item_id"].tolist() == ["17", "18", "17"]
    assert log.dropped == {"interactions: missing item_id": 1}


def test_input_tables_are_not_changed():
    """The reader's own tables stay as they were."""
    given_rows, given_items = rows(), ITEMS.copy(deep=True)
    InteractionLog(given_rows, given_items)
    pd.testing.assert_frame_equal(given_rows, rows())
    pd.testing.assert_frame_equal(given_items, ITEMS)


def test_optional_columns_may_be_absent():
    """Without any content there is no field; a missing title is the item_id."""
    bare = pd.DataFrame({"item_id": ["tea", "pot", "cup"]})
    log = InteractionLog(rows().drop(columns="review"), bare, computed=())
    assert log.fields == ()
    assert log.items["title"].tolist() == ["tea", "pot", "cup"]


def test_fields_are_those_that_the_tables_have():
    """Tags and price are columns, reviews are text in the past, whatever rows a part holds."""
    log = InteractionLog(rows(), ITEMS)
    assert [field.name for field in log.fields] == ["tags", "reviews", "price", "popularity", "likeness"]
    assert log.with_interactions(log.interactions[1:2]).fields == log.fields


PROBLEMS = {
    "unknown item": {"item_id": ["tea", "pot", "tea", "plate"]},
    "missing user_id": {"user_id": ["ann", "ann", "bob", None]},
    "unparsable time": {"timestamp": ["2025-01-01", "2025-01-02", "2025-01-03", "yesterday"]},
    "NaN label": {"label": [1, 0, 1, None]},
    "label is not 0 or 1": {"label": [1, 0, 1, 5]},
    "duplicate of an earlier row": {
        "user_id": ["ann", "ann", "bob", "bob"],
        "item_id": ["tea", "pot", "tea", "tea"],
        "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-03"],
    },
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_bad_row_raises_or_is_dropped_and_counted(kind):
    """Strict names the kind, the row and what strict=False does; strict=False drops row 3 and counts it."""
    table = rows(**PROBLEMS[kind])
    with pytest.raises(
        ValueError, match=f"interactions: {kind}.*1 row, first row 3 .*strict=False drops these"
    ):
        InteractionLog(table, ITEMS)
    log = InteractionLog(table, ITEMS, strict=False)
    assert len(log) == 3
    assert [key.startswith(f"interactions: {kind}") for key in log.dropped] == [True]
    assert list(log.dropped.values()) == [1]


def test_one_error_reports_every_kind():
    """A row with three problems is reported under each of them, in one error."""
    with pytest.raises(ValueError, match="unknown item") as error:
        InteractionLog(
            rows(item_id=["tea"] * 3 + ["x"], label=[1, 0, 1, 7], timestamp=["2025"] * 3 + ["?"]), ITEMS
        )
    assert all(
        kind in str(error.value) for kind in ("unknown item", "label is not 0 or 1", "unparsable time")
    )


def test_only_the_first_rows_are_shown_and_long_values_are_cut():
    """Ten bad rows show three, and a long value does not flood the message."""
    many = pd.concat([rows(), *[rows(label="x" * 500)] * 10], ignore_index=True)
    with pytest.raises(ValueError, match="label is not 0 or 1: 40 rows, first row 4 .*row 6 ") as error:
        InteractionLog(many, ITEMS)
    assert "row 7 " not in str(error.value)
    assert len(str(error.value)) < 1000


def test_numbers_are_not_times():
    """Seconds and milliseconds cannot be told apart, so a number is no time."""
    with pytest.raises(ValueError, match="unparsable time.*4 rows"):
        InteractionLog(rows(timestamp=[1, 2, 3, 4]), ITEMS)
    mixed = pd.Series(
        [pd.Timestamp("2025-01-01"), 5, "2025-01-03", pd.Timestamp("2025-01-04", tz="UTC")], dtype=object
    )
    assert len(InteractionLog(rows(timestamp=mixed), ITEMS, strict=False)) == 3


@pytest.mark.parametrize(
    ("column", "bad", "kind"),
    [
        ("price", -1.0, "negative price"),
        ("price", "cheap", "unreadable price"),
        ("price", float("inf"), "unreadable price"),
        ("tags", "green", "tags are not a list of str"),
        ("tags", [1], "tags are not a list of str"),
    ],
)
def test_a_bad_value_of_an_item_becomes_unknown(column, bad, kind):
    """An item with a bad price or tag list is kept, without the value, and counted."""
    items = ITEMS.astype({column: object})
    items.at[1, column] = bad
    with pytest.raises(ValueError, match=f"items: {kind}: 1 row, first row 1 .*sets {column} to unknown"):
        InteractionLog(rows(), items)
    log = InteractionLog(rows(), items, strict=False)
    assert (len(log), len(log.items)) == (4, 3)
    assert log.items[column][1] == [] if column == "tags" else np.isnan(log.items[column][1])
    assert log.dropped == {f"items: {kind}": 1}


def test_duplicated_items_and_users_keep_the_first():
    """A second row of one id is dropped and counted."""
    items = pd.concat([ITEMS, ITEMS.iloc[:1].assign(price=9.0)])
    users = pd.DataFrame({"user_id": ["ann", "bob", "eve", "ann"], "age": [1, 2, 3, 4]})
    with pytest.raises(
        ValueError, match=r"(?s)items: duplicated item_id: 1 row.*users: duplicated user_id: 1 row"
    ):
        InteractionLog(rows(), items, users)
    log = InteractionLog(rows(), items, users, strict=False)
    assert log.dropped == {"items: duplicated item_id": 1, "users: duplicated user_id": 1}
    assert log.items["price"][0] == 4.5
    assert log.users["age"].tolist() == [1, 2, 3]


def test_users_table_must_know_every_user_by_finite_numbers():
    """A user who is absent from users, or whose profile has a gap, takes their rows along."""
    users = pd.DataFrame({"user_id": ["ann", "bob"], "age": [30, np.nan]})
    log = InteractionLog(rows(), ITEMS, users, strict=False)
    assert log.interactions["user_id"].unique().tolist() == ["ann"]
    assert log.dropped == {
        "users: a number of the profile is missing or infinite": 1,
        "interactions: user is not in the users table": 2,
    }
    with pytest.raises(ValueError, match="'city' are not numbers"):
        InteractionLog(rows(), ITEMS, users.assign(city="Albany"), strict=False)


@pytest.mark.parametrize("strict", [True, False])
def test_what_cannot_be_repaired_always_raises(strict):
    """Missing columns (all named at once), an empty table, no row left, one class."""
    with pytest.raises(ValueError, match=r"(?s)interactions: no column 'label'.*items: no column 'item_id'"):
        InteractionLog(rows().drop(columns="label"), ITEMS.drop(columns="item_id"), strict=strict)
    with pytest.raises(ValueError, match="empty table: interactions"):
        InteractionLog(rows()[:0], ITEMS, strict=strict)
    with pytest.raises(ValueError, match="one class only, every label is 1"):
        InteractionLog(rows(label=1), ITEMS, strict=strict)


def test_no_row_left_after_dropping_raises():
    """A log of bad rows only is not an empty log."""
    with pytest.raises(ValueError, match="no row is left"):
        InteractionLog(rows(item_id="plate"), ITEMS, strict=False)


def test_implicit_log_needs_no_label():
    """Stays and purchases are all label 1."""
    log = InteractionLog(rows().drop(columns="label"), ITEMS, implicit=True)
    assert log.interactions["label"].tolist() == [1, 1, 1, 1]


def test_past_is_checked_like_the_interactions():
    """A bad row of the past is reported under its own name."""
    with pytest.raises(ValueError, match="past: unknown item"):
        InteractionLog(rows(), ITEMS, past=rows(item_id="plate"))
    log = InteractionLog(rows()[:2], ITEMS, past=rows())
    assert (len(log), len(log.past)) == (2, 4)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", None, ""]),
            st.sampled_from(["tea", "pot", "plate", None]),
            st.sampled_from(["2025-01-01", "2025-01-02", "soon", None]),
            st.sampled_from([0, 1, 2, None, "x"]),
        ),
        max_size=12,
    )
)
def test_every_row_is_kept_or_counted(noise):
    """Rows in = rows kept + sum of dropped, and what is kept passes the strict check."""
    columns = ["user_id", "item_id", "timestamp", "label"]
    table = pd.concat(
        [rows()[columns], pd.DataFrame(noise, columns=columns, dtype=object)], ignore_index=True
    )
    log = InteractionLog(table, ITEMS, strict=False)
    assert len(table) == len(log) + sum(log.dropped.values())
    pd.testing.assert_frame_equal(InteractionLog(log.interactions, log.items).interactions, log.interactions)


EXTRA = {
    "lists of different things": [[1, "a"], {"b": 2}, None],
    "empty dicts": [{}, {}, {}],
    "mixed objects": [1, "a", object()],
    "sets": [{1}, set(), {2}],
}


@pytest.mark.parametrize("name", ["notes", "reviews"])
@pytest.mark.parametrize("kind", EXTRA)
def test_write_leaves_out_what_nothing_reads(kind, name, tmp_path):
    """A column of the items that Parquet may not hold stops nothing; the log comes back without it."""
    users = pd.DataFrame({"user_id": ["ann", "bob", "eve"], "age": [1, 2, 3]})
    items = ITEMS.assign(**{name: EXTRA[kind]}, available_from=["2024-01-01", None, "2024-01-02"])
    log = InteractionLog(rows(), items, users)
    log.write(tmp_path)
    found = read_table(*(tmp_path / f"{table}.parquet" for table in ("interactions", "items", "users")))
    pd.testing.assert_frame_equal(found.interactions, log.interactions)
    pd.testing.assert_frame_equal(found.items, log.items.drop(columns=name), check_dtype=False)
    pd.testing.assert_frame_equal(found.users, log.users)
    assert found.fields == log.fields
    assert log.items[name].tolist() == EXTRA[kind]


@given(POSITIONS, st.sampled_from(["interactions.parquet", "items.parquet", SUMS]))
def test_a_flipped_bit_in_a_written_log(written, position, name):
    """It is an error that names the file, or the log is the one that was written."""
    folder, log = written
    tables = [folder / f"{table}.parquet" for table in ("interactions", "items")]
    found, error = after_a_flip(folder / name, position, lambda: read_table(*tables))
    if error:
        assert str(folder) in error
    else:
        pd.testing.assert_frame_equal(found.interactions, log.interactions)
        pd.testing.assert_frame_equal(found.items, log.items)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a log, and the log."""
    folder, log = tmp_path_factory.mktemp("log"), InteractionLog(rows(), ITEMS)
    log.write(folder)
    return folder, log


def test_a_path_is_refused_with_the_way_to_read_it():
    """Tables are DataFrames; files have a reader."""
    with pytest.raises(TypeError, match="items must be a DataFrame, got str; attnviz.read_table reads files"):
        InteractionLog(rows(), "items.csv", implicit=True)


def test_parts_share_the_schema_of_the_whole_and_features_are_made_once(monkeypatch):
    """The schema is read off the whole log, even when a part asks first; features are cached."""
    made = []

    class Features:
        def __init__(self, log, schema):
            made.append((len(log), schema))

        def batch(self, index):
            return index

    monkeypatch.setattr("attnviz.data.log.Schema.of", lambda log: f"schema of {len(log)} rows")
    monkeypatch.setattr("attnviz.data.log.Features", Features)
    log = InteractionLog(rows(), ITEMS)
    part = log.with_interactions(log.interactions[:1]).with_interactions(log.interactions[2:])
    assert part.schema == log.schema == "schema of 4 rows"
    other = "another schema"
    assert [part.batch(3), part.batch(4), part.batch(5, other), log.batch(6)] == [3, 4, 5, 6]
    assert made == [(2, log.schema), (2, other), (4, log.schema)]


def test_equal_schemas_share_their_features(monkeypatch):
    """Models that were loaded four times from one file make one set of features; another schema its own."""
    made = []
    monkeypatch.setattr("attnviz.data.log.Features", lambda tables, schema: made.append(schema) or Cut())
    log = InteractionLog(rows(), ITEMS)
    for _ in range(4):
        log.batch([0], Schema.from_json(json.loads(json.dumps(log.schema.to_json()))))
    assert made == [log.schema]
    log.batch([0], replace(log.schema, max_reviews=1))
    assert len(made) == 2


class Cut:
    """Features of which nothing is asked."""

    def batch(self, index):
        return index


class CountingLog(InteractionLog):
    """A subclass with state of its own and a truth, as planted data has."""

    def __init__(self, secret, *tables):
        super().__init__(*tables)
        self.secret = secret

    @property
    def truth(self):
        return self.secret * self.interactions["label"]


def test_with_interactions_keeps_class_state_and_past():
    """A part is of the same class, has the truth of its own rows, and still reads the whole past."""
    log = CountingLog(3, rows(), ITEMS)
    part = log.with_interactions(log.interactions[2:])
    assert type(part) is CountingLog
    assert part.truth.tolist() == [3, 0]
    assert part.past is log.past
    assert part.interactions.index.tolist() == [0, 1]
    assert len(log) == 4


def test_with_interactions_may_change_the_past():
    """Another past replaces the whole one."""
    log = InteractionLog(rows(), ITEMS)
    part = log.with_interactions(log.interactions[2:], past=log.interactions[:2])
    assert (len(part), len(part.past), len(log.past)) == (2, 2, 4)
