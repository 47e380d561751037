"""From when on an item could have been chosen."""

import numpy as np
import pandas as pd
import pytest

from attnviz.data import DataProblems, InteractionLog, never_chosen, on_offer_since, popularity

START = np.datetime64("2025-01-01", "us")


def log_of(rows, available_from=None, num_items=4, **options) -> InteractionLog:
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "day"])
    frame = frame.assign(timestamp=START + pd.to_timedelta(frame.pop("day"), "D"))
    items = pd.DataFrame({"item_id": range(num_items)})
    if available_from is not None:
        items = items.assign(available_from=available_from)
    return InteractionLog(frame, items, implicit=True, **options)


def days(log) -> list[float]:
    return ((on_offer_since(log) - START) / np.timedelta64(1, "D")).tolist()


def test_a_choice_shows_that_an_item_was_there():
    """A column that is later than the first choice is wrong, and gives way; NaN where nothing is known."""
    given = ["2025-01-03", "2025-01-09", "2024-12-31", None]
    log = log_of([("a", 0, 4), ("b", 1, 4), ("b", 0, 6)], given)
    np.testing.assert_equal(days(log), [2, 4, -1, np.nan])


def test_only_what_is_known_at_the_end_of_a_part_counts():
    """An item whose first choice comes after the part is not on offer in it."""
    log = log_of([("a", 0, 1), ("a", 0, 2), ("a", 0, 3), ("b", 1, 9)])
    part = log.with_interactions(log.interactions[:3])
    np.testing.assert_equal(days(part)[1:], [np.nan] * 3)


def test_new_items_are_as_frequent_on_the_shelf_as_among_the_choices():
    """An item a day, ten choices a day: counted by hand over all rows, the shares agree."""
    rng = np.random.default_rng(0)
    rows = [(f"u{n}", int(rng.integers(0, 1 + n // 10)), n / 10) for n in range(1000)]
    log = log_of(rows, num_items=100)
    since, first = on_offer_since(log), log.interactions.groupby("item_id")["timestamp"].min()
    first = first.reindex(log.items["item_id"]).to_numpy("datetime64[us]")
    shelf, choices = [], []
    for row in log.interactions.itertuples():
        time = row.timestamp.to_numpy()
        others = (since <= time) & (log.items["item_id"] != row.item_id).to_numpy()
        if others.any():
            shelf.append((first[others] >= time).mean())
            choices.append(first[int(row.item_id)] >= time)
    assert np.mean(shelf) == pytest.approx(np.mean(choices), abs=0.005)
    assert 0.05 < np.mean(choices) < 0.15


def test_a_time_that_cannot_be_read_is_unknown_and_counted():
    """Strict logs refuse it, others keep the item and count the time."""
    rows, given = [("a", 0, 1)], ["2024-01-01", "soon", None, None]
    with pytest.raises(DataProblems, match="unparsable time.*row 1.*available_from='soon'"):
        log_of(rows, given)
    log = log_of(rows, given, strict=False)
    assert list(log.dropped.values()) == [1]
    assert log.items["available_from"].isna().tolist() == [False, True, True, True]


def test_never_chosen_is_a_popularity_of_zero():
    """The first row of each item, and rows of the same moment, are 1; all later ones 0."""
    log = log_of([("a", 0, 1), ("b", 0, 1), ("c", 0, 2), ("a", 1, 3)])
    assert never_chosen(log).tolist() == [1, 1, 0, 1]
    assert ((popularity(log) == 0) == never_chosen(log)).all()
