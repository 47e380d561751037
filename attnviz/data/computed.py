"""The fields that are made of numbers which no column holds: what each is computed with, and its scale."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from . import counts, likeness
from .fields import LIKENESS, POPULARITY
from .tables import Tables

_SCALED_BY = 20_000  # rows


class Numbers(NamedTuple):
    """The numbers of a field: their names, and what computes them (row, number)."""

    names: tuple[str, ...]
    compute: Callable[[Tables, int], np.ndarray]


NUMBERS = {
    POPULARITY.name: Numbers(counts.NAMES, lambda tables, _: counts.popularity_numbers(tables)),
    LIKENESS.name: Numbers(
        likeness.NAMES, lambda tables, most: likeness.likeness_numbers(tables, max_items=most)
    ),
}


def number_scales(tables: Tables, name: str, max_history: int) -> dict[str, list[float]]:
    """Mean and deviation of each number of a field, over the rows of the log's past or 20,000 of them.

    Each row's numbers are those before it, and a scale is two figures of all rows together: it says nothing
    of any one row, held out or not.
    """
    step = -(-len(tables.past) // _SCALED_BY)
    rows = tables.with_interactions(tables.past.iloc[:: max(1, step)])
    values = NUMBERS[name].compute(rows, max_history).astype(np.float64)
    return {one: _scale(column) for one, column in zip(NUMBERS[name].names, values.T, strict=True)}


def scaled_numbers(tables: Tables, name: str, scales: dict[str, list[float]], max_history: int) -> Tensor:
    """A field's numbers (row, number), standardised, in the order of `scales`; NaN for unknown."""
    values = torch.from_numpy(NUMBERS[name].compute(tables, max_history))
    places = [NUMBERS[name].names.index(one) for one in scales]
    mean, std = torch.tensor(list(scales.values()), dtype=torch.float32).T
    return (values[:, places] - mean) / std


def _scale(column: np.ndarray) -> list[float]:
    known = column[~np.isnan(column)]
    return [float(known.mean()), float(known.std()) or 1.0] if len(known) else [0.0, 1.0]
