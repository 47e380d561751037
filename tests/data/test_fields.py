"""Further columns of the items as fields: what a log, its schema and its batches make of them."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz import InteractionLog, find_problems, read_table
from attnviz.data.schema import Schema
from attnviz.language.encoder import TextEncoder
from attnviz.language.sentences import split_sentences

FIELDS = {"stars": "number", "description": "text", "colour": "category", "extras": "tags"}
ROWS = pd.DataFrame({
    "user_id": ["ann", "bob", "ann", "eve"], "item_id": ["tea", "tea", "cup", "pot"],
    "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"],
    "label": [1, 0, 1, 0], "review": ["Good. Warm.", "", "", ""],
})  # fmt: skip
ITEMS = pd.DataFrame({
    "item_id": ["tea", "cup", "pot"], "title": ["Green tea.", None, "Iron pot."], "price": [4.0, np.nan, 9.0],
    "stars": [-1.5, np.nan, 4.0], "description": ["Good. Grown in the hills.", None, "Warm."],
    "colour": ["green", None, "black"], "extras": [["box"], [], ["lid", "box"]],
})  # fmt: skip


def test_a_further_column_of_each_kind_is_a_field():
    """Expect them after the standard fields, in the given order, with the types of their kinds."""
    log = InteractionLog(ROWS, ITEMS, fields=FIELDS)
    assert [field.name for field in log.fields] == ["reviews", "price", "popularity", "likeness", *FIELDS]
    assert [field.kind for field in log.fields][4:] == list(FIELDS.values())
    assert log.items["description"].tolist() == ["Good. Grown in the hills.", "", "Warm."]
    assert log.items["colour"].tolist() == ["green", None, "black"]
    assert log.schema.vocabularies == {"colour": ["black", "green"], "extras": ["box", "lid"]}
    assert [part.fields for part in log.split(fractions=(0.5, 0.5))] == [log.fields] * 2


def test_texts_have_places_of_their_own_in_shared_sentences():
    """Expect each text's sentences behind its positions, and one vector for a sentence that two share."""
    log = InteractionLog(ROWS, ITEMS, fields={"description": "text", "title": "text"})
    batch = log.batch([1, 0, 3])  # bob may read ann's review of the tea; eve meets the pot
    read = {
        name: [[batch.texts[place] for place in row if place >= 0] for row in batch.fields[name].tolist()]
        for name in ("reviews", "description", "title")
    }
    assert read["reviews"] == [["Good.", "Warm."], [], []]
    assert read["description"] == [split_sentences(ITEMS["description"][0])] * 2 + [["Warm."]]
    assert read["title"] == [["Green tea."], ["Green tea."], ["Iron pot."]]
    assert sorted(batch.texts) == ["Good.", "Green tea.", "Grown in the hills.", "Iron pot.", "Warm."]
    np.testing.assert_allclose(batch.sentences, TextEncoder("minilm").encode(list(batch.texts)), atol=1e-6)
    assert batch.review_of[:, :2].tolist() == [[0, 0], [-1, -1], [-1, -1]]
    assert (log.batch([2]).fields["title"] == -1).all()  # the cup has no title, and its id is none


def test_a_long_text_is_read_to_max_sentences():
    """Expect the first sentences, as many as the schema says."""
    long = ITEMS.assign(description=" ".join(f"Sentence {n}." for n in range(40)))
    log = InteractionLog(ROWS, long, fields={"description": "text"})
    batch = log.batch([0], Schema.of(log, max_sentences=3))
    assert batch.fields["description"].shape == (1, 3)
    assert batch.texts == ("Sentence 0.", "Sentence 1.", "Sentence 2.")


# Of numbers around 1e-200 the squares are 0, and a deviation by them says that all are the same.
THOUSANDTHS = st.integers(-(10**9), 10**9).map(lambda number: number / 1000)


@settings(max_examples=20)
@given(st.lists(THOUSANDTHS, min_size=3, max_size=3), st.booleans())
def test_a_number_is_standardised_on_the_scale_that_the_schema_names(values, positive):
    """Expect (v - mean) / std of the values, or of log(1 + v) for `log_numbers`, and no log of a negative."""
    values = np.abs(values) if positive else np.array(values)
    log = InteractionLog(ROWS, ITEMS.assign(stars=values), fields={"stars": "number"})
    is_log = "stars" in log.schema.log_numbers
    assert not (is_log and values.min() < 0)
    scaled = np.log1p(values) if is_log else values
    expected = (scaled - scaled.mean()) / (scaled.std() if np.ptp(values) else 1)
    batch = log.batch([0, 2, 3])
    np.testing.assert_allclose(batch.fields["stars"], expected, rtol=1e-4, atol=1e-4)


def test_the_scale_is_the_less_skewed_one_and_price_keeps_its_own():
    """Expect a log for counts with a long tail, none for stars; the price has a log whatever it is."""
    items = pd.DataFrame({
        "item_id": list("abcdef"), "price": [1.0, 5, 9, 9, 9, 9], "views": [0, 1, 3, 10, 100, 9000],
        "stars": [1.0, 4, 4.5, 5, 5, 5],
    })  # fmt: skip
    log = InteractionLog(
        ROWS.assign(item_id=list("abca")), items, fields={"views": "number", "stars": "number"}
    )
    assert log.schema.log_numbers == ["price", "views"]
    assert log.schema.scales["stars"] == pytest.approx([items["stars"].mean(), items["stars"].std(ddof=0)])
    assert Schema.from_json(json.loads(json.dumps(log.schema.to_json()))) == log.schema


def test_a_schema_from_before_log_numbers_reads_its_price_as_before():
    """Expect a stored schema without the entry to mean log(1 + price)."""
    stored = InteractionLog(ROWS, ITEMS).schema.to_json()
    del stored["log_numbers"]
    assert Schema.from_json(stored) == InteractionLog(ROWS, ITEMS).schema


BAD = {
    "number": ["five", [3], {"a": 1}, np.inf, -np.inf, 10**400, b"3", pd.Timestamp("2025-01-01"), 1e39],
    "text": [7, 7.5, True, ["a", "b"], {"a": 1}, b"text", pd.Timestamp("2025-01-01")],
    "category": [["a"], {"a": 1}, np.inf, b"red"],
    "tags": ["box", 7, [1], {"a": 1}, ["a", None]],
}


@pytest.mark.parametrize(
    ("kind", "bad"), [(kind, bad) for kind in BAD for bad in BAD[kind]], ids=lambda value: str(value)[:12]
)
def test_a_value_of_another_kind_is_a_problem_with_its_row(kind, bad):
    """Strict names field, kind, column, row and cure; strict=False makes the value unknown and counts it."""
    name = next(name for name in FIELDS if FIELDS[name] == kind)
    items = ITEMS.astype({name: object})
    items.at[2, name] = bad
    with pytest.raises(
        ValueError,
        match=rf"items: field '{name}' \({kind}\): not .*1 row, first row 2 \({name}=.*strict=False",
    ):
        InteractionLog(ROWS, items, fields=FIELDS)
    log = InteractionLog(ROWS, items, fields=FIELDS, strict=False)
    assert list(log.dropped.values()) == [1]
    unknown = {"number": np.nan, "text": "", "category": None, "tags": []}[kind]
    assert log.items[name].tolist()[2] == pytest.approx(unknown, nan_ok=True)
    assert len(log.batch(slice(None))) == 4


@pytest.mark.parametrize(("name", "kind"), [("description", "number"), ("stars", "text"), ("stars", "tags")])
@pytest.mark.parametrize("strict", [True, False])
def test_a_column_of_another_kind_altogether_always_raises(name, kind, strict):
    """A field of which nothing could be read is a mistake, not a field without values."""
    with pytest.raises(ValueError, match=f"items: field '{name}': no value fits the kind '{kind}'; give it"):
        InteractionLog(ROWS, ITEMS, fields={name: kind}, strict=strict)


def test_a_column_without_any_value_is_noted():
    """It is allowed, and said."""
    log = InteractionLog(ROWS, ITEMS.assign(stars=np.nan), fields={"stars": "number"})
    assert log.notes == ["items: field 'stars' has no value in any row"]
    assert "see .notes (1)" in repr(log)


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"weight": "number"}, ValueError, r"items: no column 'weight' \(it has 'item_id'.*it is in fields="),
        ({"stars": "float"}, ValueError, r"fields\['stars'\] must be one of tags, text, .*got 'float'"),
        ({"stars": ["text"]}, ValueError, r"fields\['stars'\] must be one of"),
        ({"price": "number"}, ValueError, "'price' is a field without being named here"),
        ({"reviews": "text"}, ValueError, "'reviews' is a field without being named here"),
        ({"user_id": "category"}, ValueError, "the name 'user_id' is taken; rename your column"),
        ({"item_id": "category"}, ValueError, "the name 'item_id' is taken"),
        ({"label": "number"}, ValueError, "the name 'label' is taken"),
        ({"review": "text"}, ValueError, "the name 'review' is taken"),
        ({"probability": "number"}, ValueError, "the name 'probability' is taken"),
        ({"title": "category"}, ValueError, r"fields\['title'\] must be text, got 'category'"),
        ({"a.b": "number"}, ValueError, r"the name 'a\.b' must be printable text without '\.'"),
        ({"a/b": "number"}, ValueError, "must be printable text"),
        ({"a\x1b[31m": "number"}, ValueError, r"the name 'a\\x1b\[31m' must be printable"),
        ({"": "number"}, ValueError, "must be printable text"),
        ({3: "number"}, TypeError, "a name must be text, got 3"),
        ({"popularity": "number"}, ValueError, r"'popularity' is that of a field which computed= makes"),
        ({"stars": "numbers"}, ValueError, r"must be one of tags, text, number, category, got 'numbers'"),
        (["stars"], TypeError, r"fields must be a dict of column -> kind, .*got \['stars'\]"),
    ],
)  # fmt: skip
def test_names_and_kinds_that_cannot_be(fields, error, words):
    """Expect an error that names the field and what to do."""
    with pytest.raises(error, match=words):
        InteractionLog(ROWS, ITEMS, fields=fields)


def test_a_schema_of_a_field_that_the_log_has_not():
    """A log that was made without fields= is no food for a model that has them."""
    schema = InteractionLog(ROWS, ITEMS, fields=FIELDS).schema
    with pytest.raises(ValueError, match=r"'stars' \(number\), 'description' \(text\).*this log has not"):
        InteractionLog(ROWS, ITEMS).batch([0], schema)


def test_files_are_read_with_further_fields(tmp_path):
    """Cells of a CSV are text: numbers and tags are read out of it, under names of one's own."""
    shelf = ITEMS.rename(columns={"stars": "avg"}).assign(extras=["box", "", "lid|box"])
    shelf.to_csv(tmp_path / "shelf.csv", index=False)
    ROWS.to_csv(tmp_path / "rows.csv", index=False)
    log = read_table(tmp_path / "rows.csv", tmp_path / "shelf.csv", columns={"stars": "avg"}, fields=FIELDS)
    same = InteractionLog(ROWS, ITEMS, fields=FIELDS)
    for name in FIELDS:
        pd.testing.assert_series_equal(log.items[name], same.items[name], check_dtype=False)
    shelf.assign(avg="many").to_csv(tmp_path / "shelf.csv", index=False)
    with pytest.raises(ValueError, match=r"field 'stars': no value fits(?s:.*)shelf\.csv"):
        read_table(tmp_path / "rows.csv", tmp_path / "shelf.csv", columns={"stars": "avg"}, fields=FIELDS)


def test_problems_of_further_fields_are_found_without_a_log():
    """`find_problems` takes the same options."""
    items = ITEMS.astype({"stars": object})
    items.at[0, "stars"] = "many"
    found = find_problems(ROWS, items, fields=FIELDS)
    assert found[["table", "row", "detail"]].values.tolist() == [["items", 0, "stars='many'"]]


@pytest.mark.parametrize("name", ["brand", "category"])
def test_a_list_is_no_brand_and_no_category(name):
    """A list is reported, not turned into its letters."""
    items = ITEMS.assign(**{name: [["a"], "b", None]})
    with pytest.raises(ValueError, match=rf"{name} is not one value: 1 row, first row 0 \({name}=\['a'\]\)"):
        InteractionLog(ROWS, items)
    assert InteractionLog(ROWS, items, strict=False).items[name].tolist() == [None, "b", None]


@pytest.mark.parametrize("dtype", ["category", "string", object])
def test_columns_of_every_dtype_are_read_alike(dtype):
    """Categorical, Arrow-like and object columns of text give the same log."""
    items = ITEMS.astype({"description": dtype, "colour": dtype})
    log, same = (InteractionLog(ROWS, table, fields=FIELDS) for table in (items, ITEMS))
    for name in ("description", "colour"):
        assert log.items[name].tolist() == same.items[name].tolist()


def test_a_number_that_is_always_the_same_is_the_mean():
    """Rounding of the mean is no spread: another value later is not millions of standard deviations away."""
    log = InteractionLog(ROWS, ITEMS.assign(stars=0.1), fields={"stars": "number"})
    assert log.schema.scales["stars"] == [pytest.approx(0.1), 1.0]


def test_a_schema_that_is_none():
    """The error names the argument."""
    with pytest.raises(TypeError, match="schema must be a Schema, such as model.schema, got 'x'"):
        InteractionLog(ROWS, ITEMS).batch([0], "x")
