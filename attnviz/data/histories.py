"""What each row's shopper chose before, as items with their fields: the shopper's side of a batch."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from .past import history
from .tables import Tables

MAX_CHOSEN = 50


@dataclass(frozen=True)
class Chosen:
    """The histories of a batch: items that its shoppers chose strictly before, latest first.

    Attributes:
        items: (batch, place), positions in the tensors of `fields`; -1 for none.
        fields: For each field that is not text, the values of the different items, as in `Batch.fields`.
        rows: (different item,), their positions in the log's `items`.
    """

    items: Tensor
    fields: dict[str, Tensor]
    rows: Tensor


def no_history() -> Chosen:
    """What a batch says that was not taken from a log.

    Raises:
        ValueError: Always.
    """
    raise ValueError("batch must hold what its shoppers chose before: take it from log.batch")


class ChosenItems:
    """Cuts a batch's histories. Nothing is computed before the first batch that asks.

    Args:
        tables: The log.
        item_fields: For each field but text, the values of all items.
    """

    def __init__(self, tables: Tables, item_fields: dict[str, Tensor]):
        self._tables, self._item_fields = tables, item_fields

    @cached_property
    def _items(self) -> Tensor:
        """(row, place) positions in items, latest first, -1 for none."""
        places = history(self._tables, max_items=MAX_CHOSEN)
        known = pd.Index(self._tables.items["item_id"]).get_indexer(self._tables.past["item_id"])
        return torch.from_numpy(np.where(places >= 0, known[places], -1).astype(np.int32))

    def of(self, rows: Tensor) -> Chosen:
        """The histories of some rows of the log, no wider than the longest of them."""
        items = self._items[rows].long()  # (batch, place)
        longest = int((items >= 0).sum(1).amax()) if len(items) else 0
        different, local = items[:, : max(1, longest)].unique(return_inverse=True)  # sorted: -1 stands first
        num_none = int((different == -1).any())
        different = different[num_none:]
        fields = {name: values[different] for name, values in self._item_fields.items()}
        return Chosen(local - num_none, fields, different)
