"""What could be known before an interaction: an item's reviews, a user's history."""

from typing import Protocol

import numpy as np
import pandas as pd

from ..attention.checks import check_count
from .times import has_times


class Rows(Protocol):
    """What these functions read of a log: the rows asked about, and those that may be read."""

    @property
    def interactions(self) -> pd.DataFrame:
        """Who met which item when."""

    @property
    def past(self) -> pd.DataFrame:
        """Rows like these, of which only what is earlier is read."""


def visible_reviews(tables: Rows, *, max_reviews: int) -> np.ndarray:
    """The most recent reviews of each row's item that the row may see.

    A review is visible when it is not blank, was written strictly before the row's
    time, and by another user. Of reviews at the same time, the later row of `past`
    counts as the more recent. Where a log has no times, none is visible. Taught in "What is true here?"

    Args:
        tables: An InteractionLog.
        max_reviews: How many reviews a row gets at most, 1 or more.

    Returns:
        Integer array (len(log), max_reviews): positions of rows of `log.past`, most
        recent first, padded with -1.

    Raises:
        ValueError: When max_reviews is below 1.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> rows = pd.DataFrame({
        ...     "user_id": ["ann", "bob", "eve"], "item_id": ["tea"] * 3,
        ...     "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03"],
        ...     "label": [1, 0, 1], "review": ["Good.", "Bad.", "Fine."]})
        >>> log = InteractionLog(rows, pd.DataFrame({"item_id": ["tea"]}))
        >>> visible_reviews(log, max_reviews=2)
        array([[-1, -1],
               [ 0, -1],
               [ 1,  0]])
    """
    check_count("max_reviews", max_reviews)
    written = tables.past["review"].str.strip().ne("").to_numpy(dtype=bool)
    order, first, after = _earlier_rows(tables.past, tables.interactions, "item_id", written)
    writer, reader = _shared_codes(tables.past["user_id"], tables.interactions["user_id"])
    item = _codes(tables.past["item_id"])[order]
    before_run = _position_before_run(item, writer[order])
    return _walk_back(order, first, after - 1, max_reviews, skip=(writer[order], reader, before_run))


def history(tables: Rows, *, max_items: int = 20) -> np.ndarray:
    """What each row's user chose before: rows with label 1, strictly earlier; none where there are no times.

    Args:
        tables: An InteractionLog.
        max_items: How many earlier rows a row gets at most, 1 or more.

    Returns:
        Integer array (len(log), max_items): positions of rows of `log.past`, most
        recent first, padded with -1.

    Raises:
        ValueError: When max_items is below 1.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> rows = pd.DataFrame({
        ...     "user_id": ["ann"] * 3, "item_id": ["tea", "pot", "cup"],
        ...     "timestamp": ["2025-01-01", "2025-01-02", "2025-01-03"],
        ...     "label": [1, 0, 1]})
        >>> log = InteractionLog(rows, pd.DataFrame({"item_id": ["tea", "pot", "cup"]}))
        >>> history(log, max_items=2)
        array([[-1, -1],
               [ 0, -1],
               [ 0, -1]])
    """
    check_count("max_items", max_items)
    chosen = tables.past["label"].to_numpy() == 1
    order, first, after = _earlier_rows(tables.past, tables.interactions, "user_id", chosen)
    return _walk_back(order, first, after - 1, max_items)


def popularity(tables: Rows, *, days: int | None = None) -> np.ndarray:
    """How often each row's item was chosen before: rows with label 1, strictly earlier, by anybody.

    Args:
        tables: An InteractionLog.
        days: Count the last days before the row's time only; None: all that is earlier.

    Returns:
        Integer array (len(log),), 0 or more.

    Raises:
        ValueError: When days is below 1, or the log has no times.

    Example:
        >>> import pandas as pd
        >>> from attnviz.data import InteractionLog
        >>> rows = pd.DataFrame({
        ...     "user_id": ["ann", "bob", "eve"], "item_id": ["tea"] * 3,
        ...     "timestamp": ["2025-01-01", "2025-01-02", "2025-03-01"], "label": [1, 0, 1]})
        >>> log = InteractionLog(rows, pd.DataFrame({"item_id": ["tea"]}))
        >>> popularity(log), popularity(log, days=30)
        (array([0, 1, 1]), array([0, 1, 0]))
    """
    if not has_times(tables.interactions):
        raise ValueError(
            "the log has no times, so that nothing is known to be earlier: give it a column timestamp"
        )
    chosen = tables.past["label"].to_numpy() == 1
    _, first, after = _earlier_rows(tables.past, tables.interactions, "item_id", chosen)
    if days is None:
        return after - first
    check_count("days", days)
    window = tables.interactions["timestamp"] - pd.Timedelta(days, "D")
    rows = tables.interactions.assign(timestamp=window)
    return after - _earlier_rows(tables.past, rows, "item_id", chosen)[2]


def _codes(values: pd.Series) -> np.ndarray:
    return pd.factorize(values)[0]


def _shared_codes(past: pd.Series, rows: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    codes = _codes(pd.concat([past, rows], ignore_index=True))
    return codes[: len(past)], codes[len(past) :]


def _earlier_rows(
    past: pd.DataFrame, rows: pd.DataFrame, column: str, taking_part: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Past rows sorted by (column, time), and each row's stretch [first, after) of them.

    The stretch holds the rows with the same value in column, strictly earlier in time. A missing time is
    earlier than none, and none is earlier than it.
    """
    past_group, row_group = _shared_codes(past[column], rows[column])
    past_time, row_time = past["timestamp"], rows["timestamp"]
    times, time_code = np.unique(
        pd.concat([past_time, row_time]).to_numpy("datetime64[us]"), return_inverse=True
    )
    past_key = past_group * np.int64(len(times)) + time_code[: len(past_group)]
    row_start = row_group * np.int64(len(times))
    positions = np.flatnonzero(taking_part)
    order = positions[np.argsort(past_key[positions], kind="stable")]
    first = np.searchsorted(past_key[order], row_start)
    after = np.searchsorted(past_key[order], row_start + time_code[len(past_group) :])
    return order, first, after


def _position_before_run(item: np.ndarray, writer: np.ndarray) -> np.ndarray:
    """For each sorted review: the nearest one before it by another writer or item."""
    starts = np.ones(len(item), dtype=bool)
    starts[1:] = (item[1:] != item[:-1]) | (writer[1:] != writer[:-1])
    return np.flatnonzero(starts)[np.cumsum(starts) - 1] - 1


def _walk_back(
    order: np.ndarray,
    first: np.ndarray,
    place: np.ndarray,
    width: int,
    skip: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """Positions order[place], order[place - 1], ... down to first, -1 padded."""
    found = np.full((len(first), width), -1, dtype=np.int64)
    if not len(order):
        return found
    for column in range(width):
        if skip is not None:
            writer, reader, before_run = skip
            own = (place >= first) & (writer[place] == reader)
            place = np.where(own, before_run[place], place)
        inside = place >= first
        found[inside, column] = order[place[inside]]
        place = np.maximum(place - 1, -1)
    return found
