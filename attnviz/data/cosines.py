"""How alike two items' tags are: the cosine of their tags, each weighted by how rare it is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

_PAIRS_AT_ONCE = 1 << 16


class TagCosines:
    """Cosines of the tags of pairs of items.

    A tag that is on n of all N items weighs log(N / n): one that all have weighs nothing. An item's tags are
    a vector of these weights.

    Args:
        tags: (item,), the tags of each, as the items table has them.

    Example:
        >>> cosines = TagCosines([["wifi", "lake"], ["wifi", "lake"], ["wifi"], ["sauna", "lake"]])
        >>> cosines.of(np.array([0, 0, 0]), np.array([1, 2, 3])).round(2)
        array([1.  , 0.71, 0.14])
    """

    def __init__(self, tags: Sequence[Sequence[str]]):
        known = (
            pd.Series(list(tags), dtype=object).map(lambda one: list(dict.fromkeys(one))).explode().dropna()
        )
        item, (tag, vocabulary) = known.index.to_numpy(np.int64), pd.factorize(known)
        order = np.lexsort((tag, item))
        self._item, self._tag, self._size = item[order], tag[order], np.int64(max(1, len(vocabulary)))
        weight = np.log(len(tags) / np.bincount(tag, minlength=self._size).clip(min=1))[self._tag]
        norm = np.sqrt(np.bincount(self._item, weight**2, minlength=len(tags)))[self._item]
        self._weight = np.divide(weight, norm, out=np.zeros_like(weight), where=norm > 0)
        self._keys = self._item * self._size + self._tag
        self._start = np.searchsorted(self._item, np.arange(len(tags) + 1))

    def of(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The cosines (pair,) of two items each, in [0, 1]; 0 where they share no tag that weighs."""
        number = np.int64(len(self._start))
        pair, pairs = pd.factorize(first * number + second)
        found = np.empty(len(pairs))
        for start in range(0, len(pairs), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            found[part] = self._dots(*np.divmod(pairs[part], number))
        return found[pair]

    def _dots(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        if not len(self._keys):
            return np.zeros(len(first))
        size = np.diff(self._start)[first]
        pair = np.repeat(np.arange(len(first)), size)
        place = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size) + self._start[first][pair]
        wanted = second[pair] * self._size + self._tag[place]
        other = np.searchsorted(self._keys, wanted).clip(max=len(self._keys) - 1)
        products = np.where(self._keys[other] == wanted, self._weight[place] * self._weight[other], 0.0)
        return np.bincount(pair, products, minlength=len(first))
