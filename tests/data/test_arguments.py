"""Arguments of a log's functions: what is no whole number, share, seed or row is named, never rounded."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnviz import planted_shop
from attnviz.data import InteractionLog, Schema, history, popularity, visible_reviews
from attnviz.data.arguments import row_positions
from attnviz.recommender.evaluation import sampled_candidates


@pytest.fixture(scope="module")
def shop():
    return planted_shop(num_users=50, num_items=20, num_interactions=200)


@given(st.integers(1, 20), st.data())
def test_an_index_means_what_it_means_to_numpy(num_rows, data):
    """Slices of any step, positions from either end and masks give the rows that numpy gives."""
    bound = st.none() | st.integers(-25, 25)
    index = data.draw(
        st.builds(slice, bound, bound, st.none() | st.integers(-3, 3).filter(bool))
        | st.lists(st.integers(-num_rows, num_rows - 1))
        | st.lists(st.booleans(), min_size=num_rows, max_size=num_rows)
    )
    numpy_index = index if isinstance(index, slice) else np.array(index, dtype=None if index else int)
    expected = np.arange(num_rows)[numpy_index]
    assert row_positions(index, num_rows).tolist() == expected.tolist()
    if not isinstance(index, slice) and index:
        assert row_positions(torch.tensor(index), num_rows).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("index", "error", "words"),
    [
        ([0.5], TypeError, r"got float64 \(0\.5\)"),
        ([1.0, 2.0], TypeError, r"got float64 \(1\.0\)"),
        (torch.tensor([float("nan")]), TypeError, r"got float32 \(nan\)"),
        (["1"], TypeError, "got <U1"),
        ([None], TypeError, "got object"),
        (3, TypeError, "got 0 axes"),
        ([[1, 2]], TypeError, "got 2 axes"),
        ([[1], [2, 3]], TypeError, r"got \[\[1\], \[2, 3\]\]"),
        (slice(0.0, 3.0), TypeError, "slice of whole numbers"),
        (slice(0, 3, 0), TypeError, "step other than 0"),
        ([0, 200], IndexError, "positions of 200 rows, got 200"),
        ([-201], IndexError, "got -201"),
        ([True, False], ValueError, "a bool for each of 200 rows, got 2"),
    ],
    ids=str,
)
def test_an_index_that_names_no_rows(shop, index, error, words):
    """Expect an error that begins with the argument."""
    with pytest.raises(error, match=f"^index must.*{words}"):
        shop.batch(index)


@pytest.mark.parametrize(
    "fractions", [(float("nan"), 0.5), (0.5, float("inf")), ("a", "b"), "ab", 0.5, (1.5, -0.5)]
)
@pytest.mark.parametrize("by", ["time", "user", "row"])
def test_fractions_that_are_no_shares(shop, by, fractions):
    """Expect them to be named and shown; NaN passed in silence."""
    with pytest.raises(ValueError, match="fractions must be 2 or more numbers above 0 that sum to 1, got"):
        shop.split(by=by, fractions=fractions)


@pytest.fixture(scope="module")
def stays(shop):
    chosen = shop.interactions[shop.interactions["label"] == 1]
    return InteractionLog(chosen, shop.items, implicit=True)


@pytest.mark.parametrize("bad", [2.5, 2.0, "2", None, True, float("nan"), -1], ids=repr)
def test_what_should_be_a_whole_number(shop, stays, bad):
    """Expect a name and the value from every function that counts or draws."""
    calls = {
        "num_negatives": lambda: stays.sample_negatives(bad),
        "max_reviews": lambda: visible_reviews(shop, max_reviews=bad),
        "max_items": lambda: history(shop, max_items=bad),
        "max_sentences": lambda: Schema.of(shop, max_sentences=bad),
        "max_vocabulary": lambda: Schema.of(shop, max_vocabulary=bad),
        "num_users": lambda: planted_shop(num_users=bad),
    }
    if bad is not None:
        calls |= {
            "num_candidates": lambda: sampled_candidates(stays, num_candidates=bad),
            "days": lambda: popularity(shop, days=bad),
        }
    for name, call in calls.items():
        with pytest.raises(ValueError, match=f"^{name} must be .*of at least 1.*got {bad}|got {bad!r}"):
            call()
    for seeded in (
        lambda: stays.sample_negatives(seed=bad),
        lambda: sampled_candidates(stays, seed=bad),
        lambda: shop.shuffle_labels(bad),
        lambda: shop.split(by="user", seed=bad),
        lambda: shop.split(by="row", seed=bad),
        lambda: planted_shop(seed=bad),
    ):
        with pytest.raises(ValueError, match="^seed must be"):
            seeded()


@pytest.mark.parametrize("bad", [float("nan"), 1.5, "0.5", None, True])
def test_a_share_of_what_was_on_offer(stays, bad):
    """Expect a number from 0 to 1."""
    with pytest.raises(ValueError, match="on_offer must be a number of at least 0 and at most 1, got"):
        stays.sample_negatives(on_offer=bad)


@pytest.mark.parametrize("at", ["soon", 5, float("nan"), pd.NaT])
def test_candidates_at_no_time(shop, at):
    """A number is no time, and neither is a word."""
    with pytest.raises(ValueError, match="at must be a datetime or ISO 8601 text such as"):
        shop.candidates("Ben", at=at)


def test_candidates_of_what_is_no_id(shop):
    """Expect the argument's name."""
    with pytest.raises(TypeError, match="users must be an id as text, or several, got 7"):
        shop.candidates(7)
    with pytest.raises(ValueError, match="items: 1 of 1 are not in the log, first 'tea'"):
        shop.candidates("Ben", "tea")
