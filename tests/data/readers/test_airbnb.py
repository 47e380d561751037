import os
from pathlib import Path

import pandas as pd
import pytest

from attnviz.data import history
from attnviz.data.readers.airbnb import read_airbnb
from attnviz.data.readers.table import read_table

LISTINGS = pd.DataFrame(
    {
        "id": ["11", "1234567890123456789", "13"],
        "name": ["Loft & garden", "Room", None],
        "amenities": ['["Wifi", "Garden, shared"]', '["Wifi", "Wifi"]', "[]"],
        "property_type": ["Entire loft", "Private room in home", "Entire home"],
        "room_type": ["Entire home/apt", "Private room", "Entire home/apt"],
        "neighbourhood_cleansed": ["FIRST WARD", "SECOND WARD", None],
        "price": ["$93.00", "$1,250.00", None],
        "host_id": ["1", "1", "2"],
    }
)
REVIEWS = pd.DataFrame(
    {
        "listing_id": ["11", "1234567890123456789", "11"],
        "id": ["1", "2", "3"],
        "date": ["2024-01-05", "2024-02-06", "2024-03-07"],
        "reviewer_id": ["501", "502", "501"],
        "comments": ["Great!<br/>Clean &amp; calm <br /> x < 3", None, "<b>NA</b>"],
    }
)


def written(folder, listings=LISTINGS, reviews=REVIEWS) -> tuple[Path, Path]:
    paths = folder / "listings.csv.gz", folder / "reviews.csv"
    listings.to_csv(paths[0], index=False)
    reviews.to_csv(paths[1], index=False)
    return paths


def test_stays_and_listings_are_read(tmp_path):
    """Each review is a stay with label 1; markup is gone, other text stays; long ids keep every digit."""
    log = read_airbnb(*written(tmp_path))
    assert log.implicit
    assert log.interactions["user_id"].tolist() == ["501", "502", "501"]
    assert log.interactions["item_id"].tolist() == ["11", "1234567890123456789", "11"]
    assert log.interactions["label"].tolist() == [1, 1, 1]
    assert log.interactions["review"].tolist() == ["Great!\nClean & calm\nx < 3", "", "<b>NA</b>"]
    assert log.interactions["timestamp"][0] == pd.Timestamp("2024-01-05", tz="UTC")
    assert log.items["title"].tolist() == ["Loft & garden", "Room", "13"]
    assert log.items["tags"].tolist() == [
        ["Wifi", "Garden, shared", "Entire loft", "Entire home/apt", "FIRST WARD"],
        ["Wifi", "Private room in home", "Private room", "SECOND WARD"],
        ["Entire home", "Entire home/apt"],
    ]
    assert log.items["price"][:2].tolist() == [93.0, 1250.0]
    assert log.items["price"].isna()[2]
    assert [field.name for field in log.fields] == ["tags", "reviews", "price", "popularity", "likeness"]


def test_hosts_are_kept_for_the_likeness(tmp_path):
    """A host is no field unless fields= names it, is written and read back, and may be absent."""
    paths = written(tmp_path, LISTINGS.assign(host_id=["7", None, "7"]))
    log = read_airbnb(*paths)
    assert log.items["host_id"].tolist() == ["7", None, "7"]
    assert "host_id" not in [field.name for field in log.fields]
    log.write(tmp_path / "log")
    tables = [tmp_path / "log" / f"{name}.parquet" for name in ("interactions", "items")]
    assert read_table(*tables, implicit=True).items["host_id"].tolist() == ["7", None, "7"]
    asked = read_airbnb(*paths, fields={"host_id": "category"}, computed=["item"])
    assert [field.name for field in asked.fields] == ["tags", "reviews", "price", "item", "host_id"]
    assert asked.schema.vocabularies["host_id"] == ["7"]
    assert asked.schema.vocabularies["item"] == asked.items["item_id"].tolist()


def test_problems_raise_or_are_counted(tmp_path):
    """An unknown listing, a second review of that day, a bad date, price and amenity list."""
    more = REVIEWS.assign(listing_id=["99", "13", "11"], date=["2024-01-05", "?", "2024-03-07"])
    listings = LISTINGS.assign(price=["cheap", "$2.00", None], amenities=['["Wifi"', "[1]", "[]"])
    paths = written(tmp_path, listings, pd.concat([REVIEWS, more]))
    with pytest.raises(
        ValueError, match=r"(?s)unknown item: 1 row, first row 3 \(item_id='99'\).*reviews\.csv"
    ):
        read_airbnb(*paths)
    log = read_airbnb(*paths, strict=False)
    assert len(log) == 3
    assert {kind.split(" (")[0]: count for kind, count in log.dropped.items()} == {
        "items: unreadable price": 1,
        "items: tags are not a list of str": 2,
        "interactions: unknown item": 1,
        "interactions: unparsable time": 1,
        "interactions: duplicate of an earlier row": 1,
    }


def test_the_wrong_file_is_named_with_its_missing_columns(tmp_path):
    """Swapped files, and the short files of the same site, give one line with file and columns."""
    listings, reviews = written(tmp_path)
    with pytest.raises(
        ValueError,
        match=r"reviews\.csv: no column 'name', 'amenities'.* has the columns of reviews: read_airbnb takes",
    ) as error:
        read_airbnb(reviews, listings)
    assert "\n" not in str(error.value)
    REVIEWS[["listing_id", "date"]].to_csv(reviews, index=False)
    with pytest.raises(
        ValueError, match=r"reviews\.csv: no column 'reviewer_id', 'comments'; the detailed reviews"
    ):
        read_airbnb(listings, reviews)


@pytest.mark.parametrize(
    ("amenities", "tags"),
    [
        ('{TV,"Cable TV",Wifi}', ["TV", "Cable TV", "Wifi"]),
        ('{"Children\u2019s books, toys",Heating,Heating}', ["Children\u2019s books, toys", "Heating"]),
        ("{}", []),
        ("[]", []),
        ('["Body soap: L\\u2019Occitane", "TV"]', ["Body soap: L\u2019Occitane", "TV"]),
        (' ["TV"] ', ["TV"]),
    ],
)
def test_amenities_of_all_years(tmp_path, amenities, tags):
    """Lists of JSON as today, and of PostgreSQL as before 2020."""
    paths = written(tmp_path, LISTINGS.assign(amenities=amenities))
    kinds = ["Entire loft", "Entire home/apt", "FIRST WARD"]
    assert read_airbnb(*paths).items["tags"][0] == [*tags, *kinds]


@pytest.mark.parametrize(
    "cell", ["[" * 100_000, "[" + "1" * 5000 + "]", '["TV"', "{" + "a" * 200_000 + "}", '"TV"', '{"a": "b"']
)
def test_amenities_that_cannot_be_read_are_reported(tmp_path, cell):
    """Deep brackets, a long number, a list that is cut off, a huge cell, a text: no traceback."""
    paths = written(tmp_path, LISTINGS.assign(amenities=[cell, "[]", "[]"]))
    with pytest.raises(ValueError, match=r"tags are not a list of str: 1 row, first row 0 \(tags="):
        read_airbnb(*paths)
    assert read_airbnb(*paths, strict=False).dropped == {"items: tags are not a list of str": 1}


def test_two_columns_of_one_name(tmp_path):
    """Which of them is meant nobody knows: an error, and no silent id.1."""
    listings, reviews = written(tmp_path, LISTINGS.rename(columns={"host_id": "price"}))
    with pytest.raises(
        ValueError, match=r"listings\.csv\.gz: more than one column is named 'price'; rename or leave out"
    ):
        read_airbnb(listings, reviews)


def test_facts_of_albany():
    """The counts of the real city: listings, reviews, guests, and how few later guests have a history."""
    folder = os.environ.get("ATTNVIZ_REAL_DATA")
    if not folder:
        pytest.skip("REAL DATA NOT TESTED: set ATTNVIZ_REAL_DATA to the folder that holds airbnb_albany/")
    city = Path(folder) / "airbnb_albany"
    log = read_airbnb(city / "listings.csv.gz", city / "reviews.csv.gz")
    users = log.interactions.groupby("user_id")["item_id"].nunique()
    assert (len(log.items), len(log), len(users), (users > 1).sum()) == (461, 27_864, 23_153, 1_886)
    assert log.dropped == {}
    train, later = log.split(fractions=(0.8, 0.2))
    assert (len(train), len(later)) == (22_272, 5_592)
    later_users = later.interactions["user_id"]
    assert (~later_users.isin(train.interactions["user_id"])).groupby(later_users).any().sum() == 4_281
    # 12 of the stays that are not a guest's first fall on the day of the first: they have no history either.
    assert (history(later)[:, 0] == -1).sum() == 4_281 + 12
