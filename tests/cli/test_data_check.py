import gzip
import json

import pandas as pd
import pytest

from attnviz.cli import main

ROWS = pd.DataFrame(
    {
        "who": ["ann", "ann", "bob", "bob"],
        "what": ["tea", "pot", "tea", "pot"],
        "when": ["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"],
        "stars": [5, 1, 4, 2],
    }
)
SHELF = pd.DataFrame({"what": ["tea", "pot"], "price": ["$4.50", ""]})
COLUMNS = ["--columns", "user_id=who", "item_id=what", "timestamp=when", "rating=stars"]


@pytest.fixture
def tables(tmp_path):
    """Writes two CSV files and gives the options that name them."""

    def write(rows=ROWS, shelf=SHELF) -> list[str]:
        rows.to_csv(tmp_path / "rows.csv", index=False)
        shelf.to_csv(tmp_path / "shelf.csv", index=False)
        sources = ["--interactions", str(tmp_path / "rows.csv"), "--items", str(tmp_path / "shelf.csv")]
        return [*sources, *COLUMNS]

    return write


def check(*options: str) -> int:
    return main(["data", "check", *options])


def test_clean_tables(tables, capsys):
    """Code 0, a line that says what there is, and one of how the labels were read."""
    assert check(*tables()) == 0
    out = capsys.readouterr().out
    assert out == (
        "no problems: InteractionLog(4 interactions, 2 users, 2 items, "
        "fields: price, popularity, likeness; see .notes (1))\n"
        "note: interactions: 4 labels are read from ratings, 1 from rating_threshold=4 up\n"
    )


def test_problems_are_shown_by_kind_and_row(tables, capsys):
    """Code 1; each kind with its count, its first rows and its repair; then what would be dropped."""
    rows = pd.concat([ROWS, ROWS.assign(what="cup"), ROWS[:1].assign(when="soon")])
    assert check(*tables(rows, SHELF.assign(price=["cheap", "$1"])), "--rows", "3") == 1
    assert capsys.readouterr().out == (
        "6 problems of 3 kinds\n"
        "\n"
        "items: unreadable price: 1\n"
        "  row 0: price='cheap'\n"
        "  strict=False keeps these rows and sets price to unknown\n"
        "\n"
        "interactions: unparsable time (not ISO 8601 text or a datetime): 1\n"
        "  row 8: timestamp='soon'\n"
        "  strict=False drops these rows; say how 'soon' is written with date_format=, as in "
        "'%m/%d/%Y %H:%M' for 5/25/2019 15:54\n"
        "\n"
        "interactions: unknown item: 4\n"
        "  row 4: item_id='cup'\n"
        "  row 5: item_id='cup'\n"
        "  row 6: item_id='cup'\n"
        "  and 1 more\n"
        "  strict=False drops these rows\n"
        "\n"
        "strict=False would drop or set to unknown:\n"
        "  1 (items: unreadable price)\n"
        "  1 (interactions: unparsable time (not ISO 8601 text or a datetime))\n"
        "  4 (interactions: unknown item)\n"
    )


def test_one_class_is_a_problem_unless_the_log_is_implicit(tables, capsys):
    """A problem of the whole table has no row."""
    options = tables(ROWS.assign(stars=5))
    assert check(*options) == 1
    assert "interactions: one class only, every label is 1: the whole table\n" in capsys.readouterr().out
    assert check(*options, "--implicit") == 0
    assert check(*tables(), "--rating-threshold", "6") == 1


def test_amazon_files(tmp_path, capsys):
    """Lines of the file are named; repeats are told, but are no problem."""
    review = {"reviewerID": "ann", "asin": "B1", "overall": 5.0, "unixReviewTime": 1529193600}
    reviews = [review, review, {**review, "reviewerID": "bob", "overall": 1.0}]
    path = tmp_path / "r.json.gz"
    path.write_bytes(gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in reviews)))
    assert check("--amazon", str(path)) == 0
    assert "  1 (interactions: repeats another review)\n" in capsys.readouterr().out
    reviews.append({**review, "unixReviewTime": None})
    path.write_text("".join(json.dumps(one) + "\n" for one in reviews))
    assert check("--amazon", str(path)) == 1
    out = capsys.readouterr().out
    assert "  line 4: timestamp=NaT\n" in out
    assert "  1 (interactions: repeats another review)\n" in out


def test_airbnb_folders(tmp_path, capsys):
    """A folder with both files is read; one without is refused."""
    listing = {"id": 1, "name": "Loft", "amenities": "[]", "property_type": "Loft", "room_type": "Entire"}
    pd.DataFrame([{**listing, "neighbourhood_cleansed": "First", "price": "$9.00"}]).to_csv(
        tmp_path / "listings.csv", index=False
    )
    assert check("--airbnb", str(tmp_path)) == 2
    assert "it holds no reviews.csv.gz and no reviews.csv" in capsys.readouterr().err
    stay = {"listing_id": 1, "reviewer_id": 2, "date": "2025-01-01", "comments": "Fine."}
    pd.DataFrame([stay]).to_csv(tmp_path / "reviews.csv.gz", index=False)
    assert check("--airbnb", str(tmp_path)) == 0


WRONG = {
    "no data set": [],
    "two data sets": ["--airbnb", "a", "--amazon", "b"],
    "no items": ["--interactions", "a.csv"],
    "users alone": ["--users", "a.csv"],
    "three files": ["--amazon", "a", "b", "c"],
    "no rows": ["--amazon", "a", "--rows", "0"],
    "planted and another": ["--planted", "--amazon", "a"],
    "a seed that is none": ["--planted", "x"],
    "one column twice": ["--interactions", "a", "--items", "b", "--columns", "user_id=a", "user_id=b"],
    "columns of Amazon": ["--amazon", "a", "--columns", "user_id=who"],
    "choices of Amazon": ["--amazon", "a", "--implicit"],
    "ratings of Airbnb": ["--airbnb", "a", "--rating-threshold", "3"],
    "ratings of choices": ["--interactions", "a", "--items", "b", "--implicit", "--rating-threshold", "3"],
    "no threshold": ["--amazon", "a", "--rating-threshold", "nan"],
    "half a mapping": ["--interactions", "a.csv", "--items", "b.csv", "--columns", "user_id"],
    "no such file": ["--amazon", "/nowhere.json"],
    "no such table": ["--interactions", "/nowhere.csv", "--items", "/nowhere.csv"],
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_options_and_files_are_told_in_one_line(kind, capsys):
    """Code 2, nothing on stdout, one line on stderr."""
    assert check(*WRONG[kind]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("attnviz: ")
    assert err.count("\n") == 1


def test_unreadable_files_are_told_in_one_line(tmp_path, tables, capsys):
    """A wrong column, and a file that is no JSON."""
    assert check(*tables(), "label=liked") == 2
    assert "columns['label']: there is no column 'liked'" in capsys.readouterr().err
    (tmp_path / "bad.json").write_text("{\n")
    assert check("--amazon", str(tmp_path / "bad.json")) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_no_such_option(capsys):
    """Code 2, and where the options are listed."""
    assert check("--nonsense") == 2
    assert "unrecognized arguments: --nonsense (see attnviz --help)" in capsys.readouterr().err


def test_text_of_others_cannot_move_the_cursor(tables, capsys):
    """A control character in a value is shown as its escape."""
    assert check(*tables(ROWS.assign(what="\x1b[2J"))) == 1
    assert "\x1b" not in capsys.readouterr().out
