"""The shopper's side of a batch: what she chose strictly before, latest first, when somebody asks."""

import numpy as np
import pandas as pd
import pytest
import torch

from attnviz import InteractionLog
from attnviz.data import Batch
from attnviz.data import histories as chosen
from attnviz.data.histories import MAX_CHOSEN


def log_of(rows: list[tuple], num_items: int = 4) -> InteractionLog:
    """(user, item number, day, label) rows; item n has the price n + 1 and the tag t{n}."""
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp", "label"])
    frame["item_id"] = "i" + frame["item_id"].astype(str)
    frame["timestamp"] = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(frame["timestamp"], unit="D")
    items = pd.DataFrame({
        "item_id": [f"i{n}" for n in range(num_items)],
        "tags": [[f"t{n}"] for n in range(num_items)],
        "price": np.arange(num_items) + 1.0,
    })  # fmt: skip
    return InteractionLog(frame, items)


def item_rows(batch: Batch) -> list[list[int]]:
    """For each row of the batch its history as positions in the log's items, without the padding."""
    found = batch.chosen()
    return [[int(found.rows[place]) for place in row if place >= 0] for row in found.items.tolist()]


def test_a_history_is_what_was_chosen_strictly_before_latest_first():
    """Not what was looked at (label 0), not what has the same time, not another shopper's."""
    rows = [
        ("ann", 0, 0, 1),
        ("ann", 1, 1, 0),
        ("ben", 3, 1, 1),
        ("ann", 2, 2, 1),
        ("ann", 1, 2, 1),
        ("ann", 3, 3, 0),
    ]
    batch = log_of(rows).batch(slice(None))
    assert item_rows(batch) == [[], [0], [], [0], [0], [1, 2, 0]]


def test_fields_are_those_of_the_items():
    """The values of the different items, each once, in the form that a batch's own fields have."""
    log = log_of([("ann", 2, 0, 1), ("ann", 2, 1, 1), ("ann", 0, 2, 0), ("ben", 1, 2, 1)])
    whole, batch = log.batch(slice(None)), log.batch([2])
    found = batch.chosen()
    assert found.rows.tolist() == [2]
    assert found.items.tolist() == [[0, 0]]
    for field in ("tags", "price"):
        torch.testing.assert_close(found.fields[field][0], whole.fields[field][0])


def test_at_most_fifty_the_latest():
    """Of sixty purchases the last fifty, latest first."""
    rows = [("ann", n % 7, n, 1) for n in range(60)] + [("ann", 0, 60, 0)]
    (found,) = item_rows(log_of(rows, 7).batch([60]))
    assert found == [n % 7 for n in range(59, 59 - MAX_CHOSEN, -1)]


def test_the_order_and_company_of_the_rows_do_not_matter():
    """A row has the same history in every batch."""
    log = log_of([("ann", n % 4, n, 1) for n in range(6)] + [("ben", n % 4, n, n % 2) for n in range(6)])
    whole = item_rows(log.batch(slice(None)))
    assert item_rows(log.batch([11, 3, 7])) == [whole[11], whole[3], whole[7]]


def test_nothing_is_computed_for_a_model_that_does_not_ask(monkeypatch):
    """A batch is cut without a look at the history; the first call looks, and only that one."""
    looks = []
    real = chosen.history
    monkeypatch.setattr(chosen, "history", lambda *args, **named: looks.append(1) or real(*args, **named))
    log = log_of([("ann", 0, 0, 1), ("ann", 1, 1, 0)])
    batch = log.batch(slice(None))
    assert looks == []
    assert item_rows(batch) == item_rows(log.batch(slice(None))) == [[], [0]]
    assert looks == [1]


def test_a_batch_of_unknown_origin_says_so():
    """Made by hand, it has no histories; an empty one would be wrong in silence."""
    empty = torch.zeros(1, 0)
    with pytest.raises(ValueError, match="take it from log.batch"):
        Batch({}, empty, empty, torch.zeros(1)).chosen()
