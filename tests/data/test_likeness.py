"""The numbers of the field "likeness", beside loops over what a shopper chose before."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import MultiLabelBinarizer

from attnviz.data import InteractionLog
from attnviz.data.cosines import TagCosines
from attnviz.data.likeness import NAMES, likeness_numbers

START = pd.Timestamp("2024-01-01", tz="UTC")
ROW = st.tuples(st.sampled_from("abc"), st.sampled_from("vwxyz"), st.integers(0, 6), st.integers(0, 3))
ROWS = st.lists(ROW, min_size=1, max_size=20, unique_by=lambda row: row[:3])
ITEMS = pd.DataFrame({
    "item_id": list("vwxyz"), "price": [10.0, np.nan, 30.0, 0.0, 99.0], "host_id": [1, 1, 2, None, 2],
    "brand": ["p", "p", "p", "p", "q"],
    "tags": [["lake", "wifi"], ["wifi", "tv", "wifi"], [], ["lake", "tv", "sauna"], ["sauna", "wifi"]],
})  # fmt: skip


def table(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day", "label"])
    frame["label"] = (frame["label"] > 0).astype(int)  # most rows are choices
    return frame.assign(timestamp=START + pd.to_timedelta(frame.pop("day"), "D"))


def log_of(rows, past=None, items=ITEMS) -> InteractionLog:
    return InteractionLog(table(rows), items, past=None if past is None else table(past), implicit=True)


def cosines_by_sklearn(tags) -> np.ndarray:
    """(item, item); its IDF adds 1, which is taken off again."""
    counts = MultiLabelBinarizer().fit_transform(tags)
    if not counts.size:
        return np.zeros((len(tags), len(tags)))
    idf = TfidfTransformer(smooth_idf=False).fit(counts).idf_ - 1
    return cosine_similarity(counts * idf)


def together(choices: pd.DataFrame, most: int) -> dict[frozenset, int]:
    """How many people took both of two items, less than `most` of her others between."""
    found: dict[frozenset, int] = {}
    for _, own in choices.sort_values("timestamp", kind="stable").groupby("user_id"):
        taken = list(dict.fromkeys(own["item_id"]))
        for (i, one), (j, other) in combinations(enumerate(taken), 2):
            if j - i <= most:
                pair = frozenset((one, other))
                found[pair] = found.get(pair, 0) + 1
    return found


def mean_known(values) -> float:
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else np.nan


def by_hand(log, row, most) -> list[float]:
    """One row's numbers, from all choices strictly before it."""
    chosen = log.past[(log.past["label"] == 1) & (log.past["timestamp"] < row.timestamp)]
    own = chosen[chosen["user_id"] == row.user_id].sort_values("timestamp", kind="stable")
    own = own["item_id"].tolist()[::-1][:most]
    if not own:
        return [np.nan] * len(NAMES)
    items = log.items.reset_index(drop=True)
    place = {item: number for number, item in enumerate(items["item_id"])}
    cosines = cosines_by_sklearn(items["tags"])[place[row.item_id]]
    alike = [cosines[place[item]] for item in own]
    pairs = together(chosen, most)
    also = sum(pairs.get(frozenset((item, row.item_id)), 0) for item in own if item != row.item_id)
    price, host = np.log1p(items.set_index("item_id")["price"]), items.set_index("item_id")["host_id"]
    same = [host[item] == host[row.item_id] for item in own]
    return [
        max(alike), np.mean(alike), alike[0], np.log1p(also), np.log1p(own.count(row.item_id)),
        price[row.item_id] - mean_known(price[own]), np.nan if pd.isna(host[row.item_id]) else np.mean(same),
    ]  # fmt: skip


@settings(deadline=None)
@given(ROWS, ROWS, st.booleans(), st.integers(1, 4))
def test_numbers_are_those_of_a_loop_over_the_past(rows, past, own_past, most):
    """Expect every cosine, count, price and share of a loop that looks at all rows before each row."""
    log = log_of(rows, None if own_past else past)
    expected = [by_hand(log, row, most) for row in log.interactions.itertuples()]
    found = likeness_numbers(log, max_items=most)
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(ROWS, ROWS, st.integers(1, 5))
def test_what_comes_at_the_same_time_or_later_changes_nothing(rows, more, day):
    """Rows up to a day have the same numbers, whatever the past holds from this day on."""
    early = [row for row in rows if row[2] < day] or [("c", "z", 0, 1)]
    asked = list({row[:3]: row for row in [*early, ("a", "x", day, 1), ("b", "y", day, 0)]}.values())
    late = [row for row in more if row[2] >= day]
    numbers = [likeness_numbers(log_of(asked, [*early, *added])) for added in ([], late)]
    np.testing.assert_array_equal(*numbers)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"])), min_size=1, max_size=8))
def test_cosines_are_those_of_scikit_learn(tags):
    """Expect them for each pair of items, of equal ones 1, and 0 where nothing that weighs is shared."""
    one, other = np.divmod(np.arange(len(tags) ** 2), len(tags))
    np.testing.assert_allclose(TagCosines(tags).of(one, other), cosines_by_sklearn(tags).ravel(), atol=1e-7)


@pytest.mark.parametrize(
    ("columns", "maker"),
    [({}, [np.nan, 1.0]), ({"brand": ["p", "q"]}, [np.nan, 0.0]), ({"host_id": [7, 7]}, [np.nan, 1.0])],
)
def test_the_brand_is_the_maker_where_there_is_no_host(columns, maker):
    """Expect host_id before brand, and NaN where the items have neither; without tags no cosine."""
    log = log_of([("a", "v", 1, 1), ("a", "w", 2, 1)], items=pd.DataFrame({"item_id": ["v", "w"]} | columns))
    found = pd.DataFrame(likeness_numbers(log), columns=NAMES)
    expected = maker if columns else [np.nan, np.nan]
    np.testing.assert_array_equal(found["same maker"], expected)
    assert found[["tags, most", "tags, mean", "tags, last", "price, against hers"]].isna().all(axis=None)


def test_candidates_have_the_likeness_of_their_shopper():
    """Sampled candidates and negatives read the past of the log that they come from."""
    log = log_of([("a", "v", 1, 1), ("b", "w", 2, 1), ("a", "x", 3, 1), ("c", "y", 4, 1)])
    shelf = log.candidates("a", ["v", "w"])
    found = pd.DataFrame(likeness_numbers(shelf), columns=NAMES)
    assert np.expm1(found["times taken"]).round().tolist() == [1, 0]
    rows = log.sample_negatives(2, on_offer=0.0)
    known = ~np.isnan(likeness_numbers(rows)).all(axis=1)
    returning = (rows.interactions["user_id"] == "a") & (
        rows.interactions["timestamp"] > START + pd.Timedelta("1D")
    )
    np.testing.assert_array_equal(known, returning)
