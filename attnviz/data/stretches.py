"""Things that happened, sorted by what they are of and by time: what came before a moment is a stretch."""

import numpy as np
import pandas as pd

DAY = 86_400_000_000  # microseconds


def microseconds(times: pd.Series) -> np.ndarray:
    """Times as int64 microseconds since 1970; a missing one is the smallest int64."""
    return times.to_numpy("datetime64[us]").astype(np.int64)


class Stretches:
    """Things of some groups with their times, of which those before a moment can be counted.

    All that is before is strictly before.

    Args:
        group: (thing,), whole numbers from 0.
        time: (thing,), microseconds.

    Example:
        >>> found = Stretches(np.array([0, 0, 1]), np.array([0, DAY, DAY]))
        >>> group, time = np.array([0, 0, 1]), np.array([DAY, 2 * DAY, DAY])
        >>> found.count(group, time), found.count(group, time, days=1)
        (array([1, 2, 0]), array([1, 1, 0]))
        >>> found.faded(group, time, half_life=1)
        array([0.5 , 0.75, 0.  ])
        >>> found.days_since_last(group, time)
        array([ 1.,  1., nan])
    """

    def __init__(self, group: np.ndarray, time: np.ndarray):
        order = np.lexsort((time, group))
        self._group, self._time = group[order].astype(np.int64), time[order]
        self._moments = np.unique(time)
        self._keys = self._key(self._group, self._time)
        self._faded: dict[float, np.ndarray] = {}

    def count(self, group: np.ndarray, time: np.ndarray, *, days: float | None = None) -> np.ndarray:
        """How many things of these groups came before these times, in the last days or (None) ever."""
        first = self._first(group) if days is None else self._after(group, time - int(days * DAY))
        return self._after(group, time) - first

    def faded(self, group: np.ndarray, time: np.ndarray, *, half_life: float) -> np.ndarray:
        """The same count where a thing that is `half_life` days old counts half."""
        if half_life not in self._faded:
            self._faded[half_life] = self._fade(half_life)
        last, known = self._last(group, time)
        if not len(self._time):
            return np.zeros(len(group))
        age = np.where(known, time - self._time[last], 0) / DAY
        return np.where(known, self._faded[half_life][last] * 0.5 ** (age / half_life), 0.0)

    def days_since_last(self, group: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Days since the last thing of these groups before these times; NaN where there is none."""
        last, known = self._last(group, time)
        if not len(self._time):
            return np.full(len(group), np.nan)
        return np.where(known, (time - self._time[last]) / DAY, np.nan)

    def _fade(self, half_life: float) -> np.ndarray:
        """(thing,), the faded count at each thing's time, itself included.

        Each pass doubles how many things before are in it: of a sum of powers of 2 nothing is lost so.
        """
        total, place = np.ones(len(self._time)), np.arange(len(self._time))
        first = np.searchsorted(self._group, self._group)
        step = 1
        while (later := place[place - step >= first]).size:
            age = (self._time[later] - self._time[later - step]) / DAY
            added = total[later - step] * 0.5 ** (age / half_life)
            total[later] += added
            step *= 2
        return total

    def _key(self, group: np.ndarray, time: np.ndarray) -> np.ndarray:
        return group * np.int64(len(self._moments) + 1) + np.searchsorted(self._moments, time)

    def _after(self, group: np.ndarray, time: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._keys, self._key(group, time))

    def _first(self, group: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._group, group)

    def _last(self, group: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The last thing before, as a place, and whether there is one."""
        after = self._after(group, time)
        return np.maximum(after - 1, 0), after > self._first(group)
