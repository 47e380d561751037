"""Parts of a log: what a model learns from, and what it is tested on."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from ..attention.checks import check_seed
from .arguments import require_fractions
from .tables import Tables

T = TypeVar("T", bound=Tables)
SHARES = (0.8, 0.1, 0.1)


def split_by_time(tables: T, fractions: Sequence[float] = SHARES) -> tuple[T, ...]:
    """Cut the time-sorted rows at the fractions; rows of one time stay together.

    A time that the cut falls in goes to the later part.
    """
    require_fractions(fractions)
    if not tables.has_times:
        raise ValueError(
            "by='time' needs times, which this log has not: give interactions a column timestamp, or use "
            "by='user' or by='row'"
        )
    rows = tables.interactions.sort_values("timestamp", kind="stable", ignore_index=True)
    times = rows["timestamp"].to_numpy("datetime64[us]")
    places = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
    cuts = np.searchsorted(times, times[np.minimum(places, len(rows) - 1)])
    edges = [0, *cuts, len(rows)]
    _require_rows(np.diff(edges), fractions, f"{len(np.unique(times)):,} times")
    return tuple(
        tables.with_interactions(rows.iloc[start:end])
        for start, end in zip(edges[:-1], edges[1:], strict=True)
    )


def split_by_user(tables: T, fractions: Sequence[float] = SHARES, *, seed: int = 0) -> tuple[T, ...]:
    """Deal the users out at random; all rows of a user go to the same part."""
    require_fractions(fractions)
    check_seed(seed)
    code, users = pd.factorize(tables.interactions["user_id"], sort=True)
    shuffled = np.random.default_rng(seed).permutation(len(users))
    cuts = np.round(np.cumsum(fractions)[:-1] * len(users)).astype(int)
    part = np.searchsorted(cuts, shuffled, side="right")[code]
    sizes = np.bincount(part, minlength=len(fractions))
    _require_rows(sizes, fractions, f"{len(users):,} users")
    return _dealt_out(tables, part, len(fractions))


def split_by_row(tables: T, fractions: Sequence[float] = SHARES, *, seed: int = 0) -> tuple[T, ...]:
    """Deal the rows out at random, each part in the order of the log."""
    require_fractions(fractions)
    check_seed(seed)
    shuffled = np.random.default_rng(seed).permutation(len(tables))
    cuts = np.round(np.cumsum(fractions)[:-1] * len(tables)).astype(int)
    part = np.searchsorted(cuts, shuffled, side="right")
    _require_rows(np.bincount(part, minlength=len(fractions)), fractions, f"{len(tables):,} rows")
    return _dealt_out(tables, part, len(fractions))


def _dealt_out(tables: T, part: np.ndarray, num_parts: int) -> tuple[T, ...]:
    """The rows of each part. Without times the past of a part is what stands in the parts up to it.

    Its reviews and histories are not read then; what was chosen there is not drawn as a negative.
    """
    parts = [tables.with_interactions(tables.interactions[part == number]) for number in range(num_parts)]
    if not tables.has_times:
        for number, one in enumerate(parts):
            one.past = tables.interactions[part <= number].reset_index(drop=True)
    return tuple(parts)


def _require_rows(sizes: np.ndarray, fractions: Sequence[float], units: str) -> None:
    if min(sizes) == 0:
        raise ValueError(
            f"fractions {tuple(fractions)} of {units} leave a part without rows "
            f"(rows a part: {', '.join(str(size) for size in sizes)}); "
            "choose other fractions or a larger log"
        )
