import gzip
import html
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.data.problems import DataProblems
from attnviz.data.readers.amazon import read_amazon
from attnviz.data.readers.amazon_products import clean_price, clean_text
from attnviz.data.readers.amazon_reviews import SeenHashes, TextColumn
from attnviz.data.readers.files import without_markup
from attnviz.language import split_sentences


def review_2018(**changes) -> dict:
    return {
        "overall": 5.0, "verified": True, "reviewTime": "06 17, 2018", "reviewerID": "ANN", "asin": "B1",
        "style": {"Size:": " 7 oz"}, "reviewerName": "Ann", "reviewText": "Soft &amp; warm.",
        "summary": "Five", "unixReviewTime": 1529193600, "vote": "3", "image": ["x.jpg"], **changes,
    }  # fmt: skip


def review_2023(**changes) -> dict:
    return {
        "rating": 2.0, "title": "No", "text": "Too small.<br /><br />Sent back &#34;at once&#34;.",
        "images": [], "asin": "B1-RED", "parent_asin": "B1", "user_id": "ANN", "timestamp": 1529193600123,
        "helpful_vote": 0, "verified_purchase": True, **changes,
    }  # fmt: skip


def product_2018(**changes) -> dict:
    return {
        "category": ["Clothing", "Scarves &amp; Wraps", "</span></span></span>", "Scarves & Wraps"],
        "description": ["Warm."], "title": "Scarf &amp; hat", "brand": "\n Loom\n", "main_cat": "Clothing",
        "price": "$25.00", "asin": "B1", **changes,
    }  # fmt: skip


def product_2023(**changes) -> dict:
    return {
        "main_category": "Fashion", "title": "Scarf", "price": 12.5, "store": "Loom", "parent_asin": "B1",
        "categories": ["Clothing", "Scarves"], "details": {"Brand": "Weaver", "Size": "M"}, **changes,
    }  # fmt: skip


def written(path: Path, *records: dict) -> Path:
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    return path


def without(record: dict, *keys: str) -> dict:
    return {key: value for key, value in record.items() if key not in keys}


@pytest.mark.parametrize("ending", ["json.gz", "json"])
def test_reviews_of_2018_are_read(tmp_path, ending):
    """Users, products, seconds, ratings from 4 up; a text that is absent, null or no text is ''."""
    path = written(
        tmp_path / f"r.{ending}",
        review_2018(),
        without(review_2018(reviewerID="BOB", overall=3.0), "reviewText"),
        review_2018(reviewerID="EVE", overall=4, reviewText=None),
        review_2018(reviewerID="KIM", overall="1.0", unixReviewTime="1529193600", reviewText=5),
    )
    log = read_amazon(path)
    assert log.interactions["user_id"].tolist() == ["ANN", "BOB", "EVE", "KIM"]
    assert log.interactions["item_id"].tolist() == ["B1"] * 4
    assert log.interactions["label"].tolist() == [1, 0, 1, 0]
    assert log.interactions["review"].tolist() == ["Soft & warm.", "", "", ""]
    assert log.interactions["timestamp"].unique().tolist() == [pd.Timestamp("2018-06-17", tz="UTC")]
    assert log.items.to_dict("records") == [{"item_id": "B1", "title": "B1"}]
    assert [field.name for field in log.fields] == ["reviews", "popularity", "likeness"]
    assert log.dropped == {"interactions: review is no text, left empty": 1}
    assert not log.implicit


def test_every_review_is_a_choice_where_it_is_asked(tmp_path):
    """Whatever the rating, even none: label 1, and negatives can be drawn."""
    path = written(
        tmp_path / "r.json",
        review_2018(),
        review_2018(reviewerID="BOB", overall=1.0, asin="B2"),
        review_2018(reviewerID="EVE", overall=None),
    )
    log = read_amazon(path, implicit=True)
    assert log.implicit
    assert log.interactions["label"].tolist() == [1, 1, 1]
    assert set(log.sample_negatives(1).interactions["label"]) == {0, 1}


def test_reviews_of_2023_are_read(tmp_path):
    """The product is the parent of the variant, times are milliseconds, <br /> is a new line."""
    path = written(tmp_path / "r.jsonl.gz", review_2023(), review_2023(user_id="BOB", rating=5.0))
    log = read_amazon(path, rating_threshold=5)
    assert log.interactions["item_id"].tolist() == ["B1", "B1"]
    assert log.interactions["label"].tolist() == [0, 1]
    assert log.interactions["timestamp"][0] == pd.Timestamp("2018-06-17T00:00:00.123", tz="UTC")
    assert log.interactions["review"][0] == 'Too small.\n\nSent back "at once".'


def test_the_label_has_a_threshold(tmp_path):
    """Ratings 3 and 5 with threshold 3: one class only, which is told."""
    path = written(tmp_path / "r.json", review_2018(), review_2018(reviewerID="BOB", overall=3.0))
    assert read_amazon(path).interactions["label"].tolist() == [1, 0]
    with pytest.raises(ValueError, match="one class only"):
        read_amazon(path, rating_threshold=3)


def test_exact_repeats_are_normal_and_others_are_problems(tmp_path):
    """A repeat is counted even when strict (votes and styles are not read); another text is a problem."""
    reviews = [
        review_2018(),
        review_2018(reviewerID="BOB", overall=1.0),
        review_2018(style={"Size:": " 9 oz"}, vote="4"),
        review_2018(reviewText="Changed my mind."),
    ]
    assert read_amazon(written(tmp_path / "a.json", *reviews[:3])).dropped == {
        "interactions: repeats another review": 1
    }
    path = written(tmp_path / "b.json", *reviews)
    with pytest.raises(
        DataProblems, match=r"duplicate.*1 row, first line 4 (?s:.*)from .*b\.json\)"
    ) as error:
        read_amazon(path)
    assert "interactions: repeats another review" in error.value.dropped
    log = read_amazon(path, strict=False)
    assert list(log.dropped.values()) == [1, 1]
    assert log.interactions["review"].tolist() == ["Soft & warm."] * 2


def test_values_that_cannot_be_read_are_reported_with_their_lines(tmp_path):
    """Ids, times and ratings that are absent or nonsense; blank lines and repeats do not shift the lines."""
    bad = [
        without(review_2018(), "reviewerID"), review_2018(asin=None), review_2018(asin=[1]),
        without(review_2018(), "unixReviewTime"), review_2018(unixReviewTime="soon"),
        review_2018(unixReviewTime=-5), review_2018(unixReviewTime=10**400), review_2018(unixReviewTime=True),
        review_2018(overall="five"), review_2018(overall=0), review_2018(overall=float("nan")),
        review_2018(overall=10**400),
    ]  # fmt: skip
    other = review_2018(reviewerID="BOB", overall=1.0)
    path = written(tmp_path / "r.json", review_2018(), review_2018(), other, *bad)
    path.write_bytes(b"\n" + path.read_bytes())
    with pytest.raises(DataProblems) as error:
        read_amazon(path)
    found = error.value.problems
    lines = {kind.split(" (")[0]: rows["row"].tolist() for kind, rows in found.groupby("kind")}
    assert lines == {
        "missing user_id": [5],
        "missing item_id": [6, 7],
        "unparsable time": [8, 9, 10, 11, 12],
        "NaN label": [13, 15],
        "label is not 0 or 1": [14, 16],
    } | {kind: rows for kind, rows in lines.items() if kind.startswith("duplicate")}
    log = read_amazon(path, strict=False)
    assert len(log) == 2
    assert sum(log.dropped.values()) == 1 + len(bad)


def test_products_of_2018_are_read(tmp_path):
    """Tags, brand, category and title without markup or repeats; the usual forms of a price."""
    reviews = [review_2018(asin=f"B{n}", overall=float(n % 2 * 4 + 1)) for n in range(8)]
    prices = [
        "$25.00",
        "$1,250.00",
        "",
        "$5.99 - $9.99",
        ".a-box{color:#fff}#buy .x{margin:0}",
        "$1",
        None,
        "$2",
    ]
    products = [product_2018(asin=f"B{n}", price=price) for n, price in enumerate(prices)]
    products[1]["main_cat"] = '<img src="logo.png" class="nav-categ-image" alt="Handmade"/>'
    products[2] |= {"title": "var aPageStart = (new Date()).getTime();", "brand": "", "category": []}
    log = read_amazon(
        written(tmp_path / "r.json.gz", *reviews), written(tmp_path / "meta.json.gz", *products)
    )
    assert list(log.items) == ["item_id", "title", "tags", "price", "category", "brand"]
    first = log.items.iloc[0]
    assert (first["title"], first["brand"], first["category"]) == ("Scarf & hat", "Loom", "Clothing")
    assert first["tags"] == ["Clothing", "Scarves & Wraps"]
    assert log.items["price"].fillna(-1).tolist() == [25, 1250, -1, -1, -1, 1, -1, 2]
    assert log.items["category"][1] == "Handmade"
    assert log.items.iloc[2][["title", "tags", "brand"]].tolist() == ["B2", [], None]
    shown = ["tags", "reviews", "price", "brand", "category"]
    assert [field.name for field in log.fields] == [*shown, "popularity", "likeness"]
    assert log.dropped == {
        "items: price is a range, set to unknown": 1,
        "items: price is a piece of a web page, set to unknown": 1,
        "items: title is a piece of a web page, left out": 1,
    }


def test_products_of_2023_are_read(tmp_path):
    """Prices as numbers or odd texts; where no store is, the brand of the details, a dict or JSON text."""
    prices = [12.5, None, "None", "—", "from 9.99", "12.00", 3]
    reviews = [review_2023(parent_asin=f"B{n}", rating=float(n % 2 * 4 + 1)) for n in range(7)]
    products = [product_2023(parent_asin=f"B{n}", price=price) for n, price in enumerate(prices)]
    products[1]["store"] = None
    products[2] |= {"store": None, "details": json.dumps({"Brand": "Thread"})}
    products[3] |= {"store": None, "details": "{'Brand'"}
    products[4] |= {"store": None, "details": "[]", "categories": None}
    log = read_amazon(
        written(tmp_path / "r.jsonl.gz", *reviews), written(tmp_path / "meta.jsonl.gz", *products)
    )
    assert log.items["price"].fillna(-1).tolist() == [12.5, -1, -1, -1, -1, 12, 3]
    assert log.items["brand"].tolist() == ["Loom", "Weaver", "Thread", None, None, "Loom", "Loom"]
    assert log.items["tags"][4] == []
    assert log.items["category"].unique().tolist() == ["Fashion"]
    assert log.dropped == {
        "items: price is a range, set to unknown": 1,
        "items: details are no JSON object, not read": 2,
    }


def test_reviews_and_products_are_joined(tmp_path):
    """A reviewed product without a record stays; products nobody reviewed and repeats go; all counted."""
    reviews = written(
        tmp_path / "r.jsonl",
        review_2023(),
        review_2023(parent_asin="B2", rating=5.0),
        review_2023(user_id="BOB"),
    )
    meta = written(
        tmp_path / "meta.jsonl",
        product_2023(parent_asin="B9"), product_2023(), product_2023(), product_2023(parent_asin=None),
    )  # fmt: skip
    log = read_amazon(reviews, meta)
    assert log.items["item_id"].tolist() == ["B1", "B2"]
    assert log.items.iloc[1][["title", "tags", "brand"]].tolist() == ["B2", [], None]
    assert log.dropped == {
        "items: product without a review in the review file": 2,
        "items: repeats another product": 1,
        "items: not in the product file": 1,
    }


def test_problems_of_products_name_their_lines(tmp_path):
    """Two different records of one product; a price that is a word, a list, huge, negative, or true."""
    reviews = [review_2018(asin=f"B{n}", overall=float(n % 2 * 4 + 1)) for n in range(1, 7)]
    prices = ["cheap", [1], 10**400, -1.0, True]
    products = [product_2018()] + [product_2018(asin=f"B{n}", price=p) for n, p in enumerate(prices, 2)]
    products += [product_2018(title="Another")]
    paths = written(tmp_path / "r.json", *reviews), written(tmp_path / "m.json", *products)
    with pytest.raises(DataProblems) as error:
        read_amazon(*paths)
    lines = {kind: rows["row"].tolist() for kind, rows in error.value.problems.groupby("kind")}
    assert lines == {"duplicated item_id": [7], "unreadable price": [2, 3, 4, 6], "negative price": [5]}
    log = read_amazon(*paths, strict=False)
    assert log.items["price"].fillna(-1).tolist() == [25] + [-1] * 5
    assert log.items["title"][0] == "Scarf & hat"


def test_a_column_in_which_nothing_is_known_is_left_out(tmp_path):
    """All prices empty and no category: there are no such fields."""
    product = product_2023(price=None, main_category=None, categories=[])
    reviews = written(tmp_path / "r.jsonl", review_2023(), review_2023(user_id="BOB", rating=5.0))
    log = read_amazon(reviews, written(tmp_path / "meta.jsonl", product))
    assert list(log.items) == ["item_id", "title", "brand"]


def test_half_characters_are_replaced(tmp_path):
    """A lone surrogate, which neither UTF-8 nor a table holds, in a review, an id, a title and a tag."""
    half, whole = "cut emoji \ud83d", "\U0001f642"
    reviews = [review_2018(reviewText=half + " and " + whole), review_2018(reviewerID=half, overall=1.0)]
    product = product_2018(title=half, category=[half], brand=half, main_cat=half)
    log = read_amazon(written(tmp_path / "r.json", *reviews), written(tmp_path / "meta.json", product))
    assert log.interactions["review"][0] == "cut emoji \ufffd and " + whole
    assert log.interactions["user_id"][1] == "cut emoji \ufffd"
    assert log.items.iloc[0][["title", "tags", "brand", "category"]].tolist() == [
        "cut emoji \ufffd",
        ["cut emoji \ufffd"],
        "cut emoji \ufffd",
        "cut emoji \ufffd",
    ]
    log.write(tmp_path / "log")


def test_a_missing_key_names_file_and_lines(tmp_path):
    """The format is told from the first lines; a key that none of them has is named, with what they have."""
    path = written(tmp_path / "r.json", without(review_2018(), "overall"))
    with pytest.raises(
        ValueError, match=r"r\.json, lines 1 to 1: no key 'overall', which reviews of 2018 have"
    ):
        read_amazon(path)
    path = written(tmp_path / "r.jsonl", *[without(review_2023(), "user_id")] * 200)
    with pytest.raises(
        ValueError, match=r"r\.jsonl, lines 1 to 100: no key 'user_id', which reviews of 2023"
    ):
        read_amazon(path)
    meta = written(tmp_path / "m.json", without(product_2018(), "asin"))
    reviews = written(tmp_path / "r.json", review_2018())
    with pytest.raises(
        ValueError, match=r"m\.json, lines 1 to 1: no key 'asin', which products of 2018 have"
    ):
        read_amazon(reviews, meta)


def test_files_that_do_not_belong_together(tmp_path):
    """Swapped files, a review file as product file, files of two years, an empty file."""
    old, new = written(tmp_path / "r18", review_2018()), written(tmp_path / "r23", review_2023())
    meta = written(tmp_path / "m23", product_2023())
    for reviews, products, told in [
        (meta, new, "m23 holds products of 2023, expected reviews"),
        (new, new, "r23 holds reviews of 2023, expected products"),
        (old, old, "r18 holds reviews of 2018, expected products"),
    ]:
        with pytest.raises(
            ValueError, match=f"{told}; read_amazon takes the review file first and the product"
        ):
            read_amazon(reviews, products)
    with pytest.raises(ValueError, match="r18 has reviews of 2018, .*m23 has products of 2023; their ids"):
        read_amazon(old, meta)
    with pytest.raises(ValueError, match="nothing: the file is empty"):
        read_amazon(written(tmp_path / "nothing"))


def test_a_bad_line_ends_reading_also_when_not_strict(tmp_path):
    """Broken JSON far behind the first lines, and a truncated gzip file: file and line are named."""
    reviews = [review_2018(reviewerID=f"U{n}", overall=float(n % 5 + 1)) for n in range(30_000)]
    path = written(tmp_path / "r.json.gz", *reviews)
    whole = path.read_bytes()
    path.write_bytes(whole + gzip.compress(b'{"overall": 5.0,\n'))
    with pytest.raises(ValueError, match=r"r\.json\.gz, line 30001: no JSON that can be read"):
        read_amazon(path, strict=False)
    path.write_bytes(whole[:-1000])
    with pytest.raises(ValueError, match=r"r\.json\.gz, line \d{4,5}: the gzip data is cut off"):
        read_amazon(path, strict=False)


def test_many_chunks_give_the_table_of_one_line_at_a_time(tmp_path):
    """40,000 reviews with repeats far apart equal pandas' own reading and drop_duplicates."""
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 30_000, 40_000).tolist()
    reviews = [
        review_2018(reviewerID=f"U{n}", overall=float(n % 5 + 1), reviewText=f"é{n}" * (n % 3)) for n in keys
    ]
    log = read_amazon(written(tmp_path / "r.json", *reviews))
    table = pd.DataFrame(reviews)[["reviewerID", "reviewText", "overall"]].drop_duplicates()
    assert log.interactions["user_id"].tolist() == table["reviewerID"].tolist()
    assert log.interactions["review"].tolist() == table["reviewText"].tolist()
    assert log.interactions["label"].tolist() == (table["overall"] >= 4).astype(int).tolist()
    assert log.dropped == {"interactions: repeats another review": 40_000 - len(table)}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
ODD = st.sampled_from(["", " ", "B1", "$1 - $2", "None", "<b>", "\ud83d", "1e999", "nan", 1e308, 2**63, -1])


@settings(max_examples=50)
@given(st.data())
def test_no_value_breaks_the_reader(tmp_path_factory, data):
    """Whatever JSON stands under a key of either format: it is read, blanked, dropped or told; no crash."""
    review, product = data.draw(
        st.sampled_from([(review_2018(), product_2018()), (review_2023(), product_2023())])
    )
    folder = tmp_path_factory.mktemp("odd")
    odd = [
        {key: data.draw(JSON | ODD | st.just(value), label=key) for key, value in record.items()}
        for record in (review, product)
    ]
    low = {key: 1.0 if key in ("overall", "rating") else value for key, value in review.items()}
    high = {key: 5.0 if key in ("overall", "rating") else value for key, value in review.items()}
    user = "reviewerID" if "reviewerID" in review else "user_id"
    reviews = written(folder / "r.json", low, {**high, user: "BOB"}, odd[0])
    meta = written(folder / "m.json", product, odd[1])
    log = read_amazon(reviews, meta, strict=False)
    assert 2 <= len(log) <= 3
    assert log.items["item_id"].is_unique
    log.write(folder / "log")
    told = None
    try:
        read_amazon(reviews, meta)
    except DataProblems as error:
        told = error.dropped
    assert told in (None, log.dropped)


@given(st.lists(st.lists(st.integers(-4, 4), max_size=12), max_size=12))
def test_a_hash_is_new_once(chunks):
    """Against a set: over any chunks, the first of equal hashes is new and no other."""
    seen, known = SeenHashes(), set()
    for chunk in chunks:
        expected = []
        for value in chunk:
            expected.append(value not in known)
            known.add(value)
        assert seen.first_time(np.array(chunk, dtype=np.int64)).tolist() == expected


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4), max_size=4))
def test_a_text_column_holds_the_texts(chunks):
    """Any text of any script comes back, chunk after chunk."""
    column = TextColumn()
    for chunk in chunks:
        column.extend(chunk)
    assert column.array().to_pylist() == [text for chunk in chunks for text in chunk]


@given(st.text())
def test_clean_text_is_one_line_without_markup(text):
    """Any text gives None, or a text in one line that is not blank and can be written."""
    clean = clean_text(text)
    assert clean is None or (clean == " ".join(clean.split()) and clean.encode())


RANGES = ["$5.99 - $9.99", "from 9.99", "From $9", "$1,005.99 – $2,009.99", "5-9", "from $3.00 to $4.00"]


@pytest.mark.parametrize("text", RANGES)
def test_a_range_is_no_price(text):
    """A range is the price of no product: unknown, with a reason that is counted."""
    price, reason = clean_price(text)
    assert np.isnan(price)
    assert "range" in reason


def test_facts_of_all_beauty():
    """The raw 2018 file without a product file: its counts, and how many of its reviews are repeats."""
    folder = os.environ.get("ATTNVIZ_REAL_DATA")
    if not folder:
        pytest.skip("REAL DATA NOT TESTED: set ATTNVIZ_REAL_DATA to the folder with amazon2018_all_beauty/")
    path = Path(folder) / "amazon2018_all_beauty/All_Beauty_5.json.gz"
    log = read_amazon(path, strict=False)
    duplicates = "interactions: duplicate of an earlier row (user, item, time)"
    assert log.dropped == {"interactions: repeats another review": 1053, duplicates: 55}
    assert len(log) + 1053 + 55 == 5269
    assert log.interactions["user_id"].nunique() == 991
    assert len(log.items) == log.interactions["item_id"].nunique() == 85
    assert [field.name for field in log.fields] == ["reviews", "popularity", "likeness"]
    with pytest.raises(DataProblems, match="55 rows, first line 492 "):
        read_amazon(path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        raw = pd.DataFrame(map(json.loads, file))
    raw = raw.drop_duplicates(["reviewerID", "asin", "unixReviewTime"])
    assert log.interactions["user_id"].tolist() == raw["reviewerID"].tolist()
    first = pd.to_datetime(raw["unixReviewTime"].min(), unit="s", utc=True)
    assert log.interactions["timestamp"].min() == first
    assert log.interactions["label"].sum() == (raw["overall"] >= 4).sum()


def test_a_rating_that_cannot_be_is_reported_as_it_is(tmp_path):
    """Infinite, too large, too small and negative ratings stand in the message; none becomes a label."""
    ratings = [float("inf"), "-inf", 5.5, 0.0, -4, 10**300, 1e400]
    rows = [review_2018(reviewerID=f"U{n}", overall=rating) for n, rating in enumerate(ratings)]
    path = written(tmp_path / "r.json", review_2018(), review_2018(reviewerID="BOB", overall=1.0), *rows)
    with pytest.raises(
        DataProblems, match=r"7 rows, first line 3 \(label='rating inf'\), line 4 \(label='rating -inf'"
    ):
        read_amazon(path)
    log = read_amazon(path, strict=False)
    assert log.interactions["label"].tolist() == [1, 0]
    assert log.dropped == {"interactions: label is not 0 or 1": 7}


def test_what_is_no_text_is_counted(tmp_path):
    """Numbers and lists where titles, tags, categories and brands should be; a deep price is no traceback."""
    deep: list = []
    for _ in range(700):
        deep = [deep]
    product = product_2018(
        title=5, category=["Tea", 7, None, ["x"]], main_cat=True, brand={"a": 1}, price=deep
    )
    reviews = written(tmp_path / "r.json", review_2018(), review_2018(reviewerID="BOB", overall=1.0))
    log = read_amazon(reviews, written(tmp_path / "meta.json", product), strict=False)
    assert log.items.iloc[0][["title", "tags"]].tolist() == ["B1", ["Tea"]]
    assert log.dropped == {
        "items: title is no text, left out": 1,
        "items: one of the tags is no text, left out": 2,
        "items: category is no text, left out": 1,
        "items: brand is no text, left out": 1,
        "items: unreadable price": 1,
    }


@pytest.mark.parametrize("details", ["[" * 100_000, "1" * 5000, '{"Brand": 1, "Brand": 2}', [1]])
def test_details_that_cannot_be_read_are_counted(tmp_path, details):
    """Deep brackets, a number of 5,000 digits, a key twice, a list."""
    reviews = written(tmp_path / "r.json", review_2023(), review_2023(user_id="BOB", rating=5.0))
    meta = written(tmp_path / "meta.json", product_2023(store=None, details=details))
    assert read_amazon(reviews, meta).dropped == {"items: details are no JSON object, not read": 1}


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit", [" ", "<br", "<br ", "<img ", 'alt="', "<", "&", "&#", "function ", ".a", "{", "</"]
)
def test_megabytes_of_markup_are_an_answer_at_once(unit):
    """Four megabytes in a title and in a review, which patterns that go back would read for hours."""
    text = "<img " + unit * (2**22 // len(unit))
    assert isinstance(without_markup(text), str)
    assert clean_text(text) is None or isinstance(clean_text(text), str)
    assert all(split_sentences(text[: 2**20]))


@given(
    st.lists(st.sampled_from(["<br>", "<BR />", "<br", "\n", " ", "a", "&lt;br&gt;", "\u2003"])).map("".join)
)
def test_a_line_break_takes_the_spaces_around_it(text):
    """As the plain pattern says, which is slow on long runs of spaces."""
    expected = html.unescape(re.sub(r"\s*<br\s*/?>\s*", "\n", text, flags=re.IGNORECASE))
    assert without_markup(text) == expected


def test_the_words_of_a_picture():
    """The text that stands for it, not that of an attribute with a longer name."""
    assert clean_text('<img src="a" data-alt="no" ALT="Tea &amp; pot"/>x<br alt="no">') == "Tea & pot x"


def test_limits_can_be_raised(tmp_path):
    """A line that is too long for the given limit, in both files, names the argument."""
    reviews = written(tmp_path / "r.json", review_2018(), review_2018(reviewerID="BOB", overall=1.0))
    meta = written(tmp_path / "m.json", product_2018(title="x" * 5000))
    with pytest.raises(ValueError, match=r"m\.json, line 1: .* pass max_line_bytes="):
        read_amazon(reviews, meta, max_line_bytes=2000)
    with pytest.raises(ValueError, match=r"r\.json, line 1: .* pass max_bytes="):
        read_amazon(reviews, meta, max_bytes=300)
    assert len(read_amazon(reviews, meta, max_line_bytes=10_000)) == 2
