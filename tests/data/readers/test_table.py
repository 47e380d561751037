import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.data import InteractionLog
from attnviz.data.readers.files import parse_unix_times, read_prices
from attnviz.data.readers.table import read_table
from attnviz.data.readers.tags import parse_tags

RATINGS = pd.DataFrame(
    {
        "who": ["007", "NA", "é"],
        "what": ["1", "2", "1"],
        "stars": [5, 3, 4],
        "when": [1735689600, 1735776000, 1735862400],
        "words": ['Good, "very".', None, "Line\nbreak <b>"],
    }
)
SHELF = pd.DataFrame(
    {"what": ["1", "2"], "name": ["Tea", None], "cost": ["$1,250.00", ""], "labels": ['["a, b", "c"]', "x|y"]}
)
NAMES = {
    "user_id": "who", "item_id": "what", "rating": "stars", "timestamp": "when", "review": "words",
    "title": "name", "price": "cost", "tags": "labels",
}  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", None])
def test_every_source_gives_the_same_log(tmp_path, ending):
    """CSV, gzipped CSV, Parquet and DataFrames are read alike, under other people's column names."""
    sources = [RATINGS, SHELF]
    if ending == "parquet":
        sources = [tmp_path / "ratings.parquet", tmp_path / "shelf.parquet"]
        RATINGS.to_parquet(sources[0])
        SHELF.to_parquet(sources[1])
    elif ending:
        sources = [tmp_path / f"ratings.{ending}", str(tmp_path / f"shelf.{ending}")]
        RATINGS.to_csv(sources[0], index=False)
        SHELF.to_csv(sources[1], index=False)
    log = read_table(*sources, columns=NAMES)
    assert log.interactions["user_id"].tolist() == ["007", "NA", "é"]
    assert log.interactions["label"].tolist() == [1, 0, 1]
    assert log.interactions["timestamp"].dt.strftime("%F").tolist() == [
        "2025-01-01",
        "2025-01-02",
        "2025-01-03",
    ]
    assert log.interactions["review"].tolist() == ['Good, "very".', "", "Line\nbreak <b>"]
    assert log.items["title"].tolist() == ["Tea", "2"]
    assert log.items["price"][0] == 1250.0
    assert log.items["price"].isna().tolist() == [False, True]
    assert log.items["tags"].tolist() == [["a, b", "c"], ["x", "y"]]


def test_rating_threshold_decides_the_label():
    """Ratings 5, 3, 4 with threshold 5: only the first is label 1. A label column of one's own wins."""
    assert read_table(RATINGS, SHELF, columns=NAMES, rating_threshold=5).interactions["label"].tolist() == [
        1,
        0,
        0,
    ]
    labelled = RATINGS.assign(label=[0, 1, 0])
    assert read_table(labelled, SHELF, columns=NAMES).interactions["label"].tolist() == [0, 1, 0]
    assert read_table(RATINGS, SHELF, columns=NAMES, implicit=True).interactions["label"].tolist() == [
        1,
        1,
        1,
    ]


def test_bad_ratings_are_reported():
    """A missing rating, a word and infinity are no ratings; none becomes 0 or 1 in silence."""
    bad = pd.concat([RATINGS, RATINGS.assign(what=["2", "1", "2"], stars=[None, "five", "inf"])])
    log = read_table(bad, SHELF, columns=NAMES, strict=False)
    assert log.dropped == {
        "interactions: no label and no rating": 1,
        "interactions: rating is not a finite number": 2,
    }
    assert log.notes == ["interactions: 3 labels are read from ratings, 1 from rating_threshold=4 up"]
    with pytest.raises(ValueError, match=r"first row 4 \(rating='five'\), row 5 \(rating='inf'\)"):
        read_table(bad, SHELF, columns=NAMES)


def test_a_column_may_have_another_name_in_each_table():
    """'interactions.item_id' and 'items.item_id' name the table that they are about."""
    stays = RATINGS.rename(columns={"what": "listing_id"}).assign(id=[1, 2, 3])
    names = {**NAMES, "interactions.item_id": "listing_id", "items.item_id": "id"}
    del names["item_id"]
    log = read_table(stays, SHELF.rename(columns={"what": "id"}), columns=names)
    assert log.interactions["item_id"].tolist() == ["1", "2", "1"]


def test_users_of_a_csv_are_numbers(tmp_path):
    """Numeric text becomes numbers; a column of words is refused, with its name."""
    users = pd.DataFrame({"who": ["007", "NA", "é"], "age": [30, 40, 50], "visits": [0.5, 1.5, 2]})
    users.to_csv(tmp_path / "users.csv", index=False)
    log = read_table(RATINGS, SHELF, tmp_path / "users.csv", columns=NAMES)
    assert log.users["age"].tolist() == [30, 40, 50]
    users.assign(city="Albany").to_csv(tmp_path / "users.csv", index=False)
    with pytest.raises(ValueError, match=r"'city' are not numbers(?s:.*)users\.csv"):
        read_table(RATINGS, SHELF, tmp_path / "users.csv", columns=NAMES)


def test_errors_name_file_and_column(tmp_path):
    """A missing column, one that is mapped wrongly, an unknown name, a bad cell, an unreadable file."""
    path, shelf = tmp_path / "ratings.csv", tmp_path / "shelf.csv"
    RATINGS.to_csv(path, index=False)
    SHELF.assign(cost=["$1", "from 9"]).to_csv(shelf, index=False)
    with pytest.raises(
        ValueError, match=r"no column 'user_id' .*'who'(?s:.*)interactions from .*ratings\.csv"
    ):
        read_table(path, shelf)
    with pytest.raises(
        ValueError, match=r"columns\['user_id'\]: there is no column 'usr' .*ratings\.csv, has 'who'"
    ):
        read_table(path, shelf, columns={**NAMES, "user_id": "usr"})
    with pytest.raises(ValueError, match="'buyer' is not one of our names .*user_id"):
        read_table(path, shelf, columns={"buyer": "who"})
    with pytest.raises(
        ValueError, match=r"unreadable price: 1 row, first row 1 \(price='from 9'\)(?s:.*)shelf\.csv"
    ):
        read_table(path, shelf, columns=NAMES)
    with pytest.raises(ValueError, match=r"ratings\.txt: expected a file that ends in"):
        read_table(tmp_path / "ratings.txt", shelf)


def test_negative_prices_stay_negative():
    """'-$5.00' is read as -5, which the checks report."""
    assert read_prices(pd.Series(["-$5.00"]))[0].tolist() == [-5.0]


COLUMNS = {
    "a decimal comma": (["1.250,00", "1.300", "12,50", "899", "2.400"], [1250, 1300, 12.5, 899, 2400]),
    "a comma elsewhere": (["1.300", None, "cheap", "7,5", 3], [1300, None, "cheap", 7.5, 3]),
    "points that group": (["1.300", "1.300.000"], [1300, 1300000]),
    "a currency that groups": (["1.300", "1.250 €"], [1300, 1250]),
    "a dollar that groups": (["$1.300", "$7,50"], [1300, 7.5]),
    "a decimal point": (["1.300", "12.50"], [1.3, 12.5]),
    "a decimal point and groups": (["1.300", "$1,250.00"], [1.3, 1250]),
    "a comma before two digits": (["4,500", "12,90", 7], [4.5, 12.9, 7]),
    "a comma behind a zero": (["4,500", "0,900"], [4.5, 0.9]),
    "a comma beside euros": (["4,500 €", "0,95 €", "€1,300"], [4.5, 0.95, 1.3]),
    "a comma beside dollars": (["$4,500", "$12,90"], [4.5, 12.9]),
    "a comma below points that group": (["4,500", "1.300.000"], [4.5, 1300000]),
    "commas that group": (["4,500", "1.300", "1,234,567"], [4500, 1.3, 1234567]),
    "commas that group in India": (["4,500", "1,30,000"], [4500, 130000]),
    "commas that group above a point": (["4,500", "1,234.50"], [4500, 1234.5]),
    "a comma above a point elsewhere": (["4,500 €", "899.99 €"], [4500, 899.99]),
    "a currency whose commas group": (["$4,500", "£8,846", "CHF 1,300.-"], [4500, 8846, 1300]),
}


@pytest.mark.parametrize(("cells", "prices"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_says_what_its_points_and_commas_are(cells, prices):
    """Expect what a person reads who sees the whole column, and no note."""
    read, notes = read_prices(pd.Series(cells, dtype=object))
    assert read.tolist() == prices
    assert notes == []


POINT, COMMA = (
    "if the point groups thousands, write them",
    "if the comma is decimal, write a point in its place",
)
OPEN = {
    "points": (
        ["1.250", "1.300", "12", "899", "2.400"],
        [1.25, 1.3, 12, 899, 2.4],
        [f"3 prices such as '1.250' were read as 1.25; {POINT} without it"],
    ),
    "points, as much for as against": (
        ["1.300", "12,50", "12.50"],
        [1.3, 12.5, 12.5],
        [f"1 price such as '1.300' was read as 1.3; {POINT} without it"],
    ),
    "commas": (
        ["8,846", "9,938", "12"],
        [8846, 9938, 12],
        [f"2 prices such as '8,846' were read as 8846; {COMMA}"],
    ),
    "commas beside euros": (
        ["4,500 €", "7 €"],
        [4500, 7],
        [f"1 price such as '4,500 €' was read as 4500; {COMMA}"],
    ),
    "commas, as much for as against": (
        ["4,500", "12,50", "12.50"],
        [4500, 12.5, 12.5],
        [f"1 price such as '4,500' was read as 4500; {COMMA}"],
    ),
    "both": (
        ["4,500", "1.300"],
        [4500, 1.3],
        [
            f"1 price such as '1.300' was read as 1.3; {POINT} without it",
            f"1 price such as '4,500' was read as 4500; {COMMA}",
        ],
    ),
}


@pytest.mark.parametrize(("cells", "prices", "notes"), OPEN.values(), ids=OPEN)
def test_marks_that_stay_open_are_noted(cells, prices, notes):
    """Nothing in the column, or as much for as against it: read as one price is, which the log says."""
    shelf = pd.DataFrame({"item_id": range(len(cells)), "price": cells})
    rows = {"user_id": [1, 2], "item_id": [0, 1], "timestamp": "2025-01-01", "label": [0, 1]}
    log = read_table(pd.DataFrame(rows), shelf)
    assert log.items["price"].tolist() == prices
    assert log.notes == [f"items: {note}" for note in notes]


@given(st.lists(st.integers(0, 10**6 - 1)), st.sampled_from([",", "."]))
def test_prices_with_three_decimals_are_read_back(thousandths, mark):
    """Any prices of one country, beside one that shows its decimal mark, are what they were."""
    cells = [f"{number // 1000}{mark}{number % 1000:03d}" for number in thousandths]
    read, notes = read_prices(pd.Series([*cells, f"12{mark}90"], dtype=object))
    assert read.tolist() == [*(number / 1000 for number in thousandths), 12.9]
    assert notes == []


@settings(deadline=None)
@given(st.integers(10**8, 9 * 10**9))
def test_unix_times_of_every_unit_are_told_apart(seconds):
    """Seconds, milliseconds, microseconds and nanoseconds of one time give that time."""
    values = pd.Series([seconds, seconds * 10**3, seconds * 10**6, seconds * 10**9])
    expected = [pd.Timestamp(seconds, unit="s", tz="UTC")] * 4
    assert list(parse_unix_times(values)) == expected
    assert list(parse_unix_times(values.astype(str))) == expected


def test_other_times_stay_as_they_are():
    """ISO text and datetimes are not touched, eight digits are a date, a small number is no time."""
    values = pd.Series(["2025-01-31", "20250131", "17", None, pd.Timestamp("2025-01-31")], dtype=object)
    read = parse_unix_times(values).tolist()
    assert read == ["2025-01-31", "20250131", 17, None, pd.Timestamp("2025-01-31")]


TAG = st.text(min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(TAG, max_size=4))
def test_tags_in_json_are_read_back(tags):
    """A JSON list may hold any text."""
    assert parse_tags(pd.Series([json.dumps(tags)])).tolist() == [tags]


@settings(deadline=None)
@given(st.lists(TAG, min_size=1, max_size=4), st.sampled_from([list, tuple]))
def test_tags_that_to_csv_wrote_are_read_back(tags, kind):
    """A column of lists as `DataFrame.to_csv` writes it, whatever the tags hold."""
    assert parse_tags(pd.Series([str(kind(tags))])).tolist() == [tags]


LISTS = {
    "a;b; c": ["a", "b", "c"],
    "a, b;c": ["a, b", "c"],
    "a;b|c": ["a;b", "c"],
    "Salt &amp; pepper, tea": ["Salt &amp; pepper", "tea"],
    "Salt &amp; pepper;tea": ["Salt &amp; pepper", "tea"],
    '{TV,"Cable TV",Internet}': ["TV", "Cable TV", "Internet"],
    "{}": [],
    "{'a'}": ["a"],
    "['grün', \"o'clock\"]": ["grün", "o'clock"],
    "(new) red, blue": ["(new) red", "blue"],
    "one": ["one"],
    ";": [],
}


@pytest.mark.parametrize("text", LISTS)
def test_lists_of_many_kinds(text):
    """What people and programs write, as a person reads it."""
    assert parse_tags(pd.Series([text])).tolist() == [LISTS[text]]


def test_an_error_says_how_to_write_tags():
    """A list that nobody can read."""
    with pytest.raises(
        ValueError, match=r"tags are not a list of str.*write them as 'a\|b\|c', or as a JSON"
    ):
        read_table(RATINGS, SHELF.assign(labels=["['a' 'b']", "a"]), columns=NAMES)


def test_tags_that_are_no_list_stay_as_they_are():
    """A broken JSON list and a number are left to the checks."""
    assert parse_tags(pd.Series(['["a"', 5], dtype=object)).tolist() == ['["a"', 5]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROW = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.datetimes(), TEXT)
ITEM = st.fixed_dictionaries(
    {"tags": st.lists(TAG, max_size=3), "price": st.none() | st.floats(0, 1e9), "brand": st.none() | TEXT}
)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(ROW, min_size=1, max_size=8, unique_by=lambda row: row[:3]),
    st.lists(ITEM, min_size=3, max_size=3),
    st.booleans(),
)
def test_a_written_log_is_read_back(tmp_path_factory, rows, items, with_users):
    """Writing and reading gives the same tables: texts, times to the microsecond, lists, unknown values."""
    folder = tmp_path_factory.mktemp("log")
    interactions = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp", "review"])
    items = pd.DataFrame(items).assign(item_id=list("xyz"), title="Tea")
    users = pd.DataFrame({"user_id": list("abc"), "age": [30, 40, 50]}) if with_users else None
    log = InteractionLog(interactions, items, users, implicit=True)
    log.write(folder)
    paths = [folder / f"{name}.parquet" for name in ("interactions", "items", "users")]
    again = read_table(*paths[: 2 + with_users], implicit=True)
    pd.testing.assert_frame_equal(again.interactions, log.interactions)
    pd.testing.assert_frame_equal(again.items, log.items)
    assert again.fields == log.fields
    assert paths[2].exists() == with_users
    if with_users:
        pd.testing.assert_frame_equal(again.users, log.users)


def test_writing_replaces_the_log_that_was_there(tmp_path):
    """A users table of an earlier log does not stay beside a log without one, nor does any draft."""
    log = read_table(RATINGS, SHELF, columns=NAMES)
    users = pd.DataFrame({"user_id": ["007", "NA", "é"], "age": [1, 2, 3]})
    InteractionLog(log.interactions, log.items, users).write(tmp_path)
    log.write(tmp_path)
    names = ["attnviz.sha256", "interactions.parquet", "items.parquet"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_failed_write_leaves_the_old_files(tmp_path):
    """When one table cannot be written, none is replaced."""
    log = read_table(RATINGS, SHELF, columns=NAMES)
    log.write(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = InteractionLog(log.interactions[::-1], log.items)
    broken.items["title"] = pd.Series([{1, 2}, "text"], dtype=object)  # past the checks
    with pytest.raises(Exception, match="title"):
        broken.write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_ids_keep_their_zeros(tmp_path, ending):
    """'007' and '7' are two items, and each row finds its own."""
    write = {
        "csv": lambda table, path: table.to_csv(path, index=False),
        "jsonl": lambda table, path: table.to_json(path, orient="records", lines=True),
        "parquet": pd.DataFrame.to_parquet,
    }[ending]
    rows = pd.DataFrame({"user_id": ["01", "1"], "item_id": ["007", "7"], "label": [1, 0]})
    write(rows, tmp_path / f"rows.{ending}")
    write(pd.DataFrame({"item_id": ["7", "007"], "brand": ["b", "a"]}), tmp_path / f"shelf.{ending}")
    log = read_table(tmp_path / f"rows.{ending}", tmp_path / f"shelf.{ending}")
    joined = log.interactions.merge(log.items, on="item_id", how="left")
    assert joined[["user_id", "item_id", "brand"]].to_numpy().tolist() == [
        ["01", "007", "a"],
        ["1", "7", "b"],
    ]


def test_zeros_that_one_table_lost_are_told():
    """As numbers in one table and as text in the other: the error says what to keep."""
    rows = pd.DataFrame({"user_id": ["a", "b"], "item_id": ["007", "008"], "label": [1, 0]})
    with pytest.raises(ValueError, match="unknown item: 2 rows.*item_id '007' is not '7': keep the zeros"):
        read_table(rows, pd.DataFrame({"item_id": [7, 8]}))
    with pytest.raises(ValueError, match="unknown item") as error:
        read_table(rows, pd.DataFrame({"item_id": [9, 10]}))
    assert "zeros" not in str(error.value)


COMMAS = "some with a decimal comma.*write 1.250,5 as 1250.5: with a decimal point"


def test_decimal_commas_are_named_and_never_read_as_something_else(tmp_path):
    """In a further field, ratings and users; a point beside a comma may group: unknown, too."""
    rows = pd.DataFrame({"user_id": ["a", "b", "c"], "item_id": ["1", "2", "3"], "label": ["1", "0", "1"]})
    shelf = pd.DataFrame({"item_id": ["1", "2", "3"], "size": ["2,5", "1.250", "3"]})
    shelf.to_csv(tmp_path / "shelf.csv", index=False)
    with pytest.raises(ValueError, match=COMMAS):
        read_table(rows, tmp_path / "shelf.csv", fields={"size": "number"})
    log = read_table(rows, tmp_path / "shelf.csv", fields={"size": "number"}, strict=False)
    assert log.items["size"].fillna(-1).tolist() == [-1, -1, 3]
    reason = "items: field 'size' (number): not a finite number, some with a decimal comma"
    assert log.dropped == {reason: 2}
    with pytest.raises(ValueError, match="no value fits.*write 1.250,5 as 1250.5"):
        read_table(rows, shelf[:1].assign(item_id="1"), fields={"size": "number"}, strict=False)
    rated = rows.drop(columns="label").assign(rating=["4,5", "2", "5"])
    with pytest.raises(ValueError, match=f"rating is not a finite number, {COMMAS}"):
        read_table(rated, shelf[["item_id"]])
    with pytest.raises(ValueError, match=f"columns 'age' are not numbers, {COMMAS}"):
        read_table(
            rows, shelf[["item_id"]], pd.DataFrame({"user_id": ["a", "b", "c"], "age": ["1,5", "2", "3"]})
        )
