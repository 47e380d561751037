"""What the planted truth says of any shopper and product: utilities, logits, pushes, the best guess."""

from itertools import combinations, product
from math import factorial
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..past import Rows, visible_reviews
from .grammar import deciding_sentiment
from .world import REVIEWS_PER_ITEM, SEGMENT_SHARES, TAGS_PER_ITEM, World

DECIDING_FIELDS = ("tags", "reviews", "price", "brand")
TWINS = ("tags", "brand")  # of the variant "twins"
_BIAS = -0.8
_STRENGTH = {"additive": 2.5, "soft": 3.4, "interaction": 2.5, "network": 2.5, "forest": 2.0, "twins": 2.5}
_IS_TWIN = np.isin(DECIDING_FIELDS, TWINS)
_SAMPLE_USERS = 300  # enough to standardise the utilities with


class AskedRows(NamedTuple):
    """Rows without a log: those asked for, and those whose reviews could be read."""

    interactions: pd.DataFrame
    past: pd.DataFrame


class Seen(NamedTuple):
    """What a row shows, and the shopper's hidden segment."""

    user: np.ndarray  # (row,)
    segment: np.ndarray  # (row,) hidden
    utilities: np.ndarray  # (row, deciding field), standardised over the shop
    average_utilities: np.ndarray  # (row, deciding field), of an average product for this shopper


class Oracle:
    """The planted truth as functions of rows."""

    def __init__(self, world: World):
        self.world = world
        readings = np.array([[deciding_sentiment(text) for text in texts] for texts in world.review_texts])
        total, count = readings.sum(1).T  # over the item's reviews
        self._item_reviews = total / np.maximum(count, 1)
        # A twin's utility is measured from the average product, so that 0 is a twin that says nothing.
        self._shift = np.where(_IS_TWIN & (world.variant == "twins"), self._raw_average(), 0.0)
        users = np.arange(min(_SAMPLE_USERS, len(world.users))).repeat(len(world.items))
        items = np.tile(np.arange(len(world.items)), len(users) // len(world.items))
        sample = self._raw_utilities(users, items, self._item_reviews[items])
        self._center, self._scale = sample.mean(0), sample.std(0)
        output = self._output(world.gates[world.segment[users]] * self._standardise(sample))
        self._output_center, self._output_scale = output.mean(), output.std()

    def look_up(self, log: Rows) -> Seen:
        """The utilities of the log's rows, with the reviews that the shopper could read at that time."""
        world = self.world
        user = world.users.set_index("user_id").index.get_indexer(log.interactions["user_id"])
        item = world.items.set_index("item_id").index.get_indexer(log.interactions["item_id"])
        raw = self._raw_utilities(user, item, _visible_sentiment(log))
        return Seen(user, world.segment[user], self._standardise(raw), self._average_utilities()[user])

    def logit(self, gates: np.ndarray, utilities: np.ndarray) -> np.ndarray:
        """The true logit.

        Args:
            gates: (..., deciding field), rows sum to 1.
            utilities: (..., deciding field), standardised.

        Returns:
            Logits (...).
        """
        strength = _STRENGTH[self.world.variant]
        if self.world.variant in ("network", "forest"):
            output = self._output(gates * utilities)
            return _BIAS + strength * (output - self._output_center) / self._output_scale
        gated = gates * (_either(utilities) if self.world.variant == "twins" else utilities)
        if self.world.variant == "interaction":  # price matters only when reviews are good
            gated = gated * np.where(np.arange(4) == 2, sigmoid(4 * utilities[..., 1:2]), 1.0)
        return _BIAS + strength * gated.sum(-1)

    def probability(self, log: Rows) -> np.ndarray:
        """The true probability of label 1 of each row (row,)."""
        seen = self.look_up(log)
        return sigmoid(self.logit(self.world.gates[seen.segment], seen.utilities))

    def best_probability(self, seen: Seen, told: np.ndarray | float = 0.0) -> np.ndarray:
        """The probability of label 1 given all that shows: a mixture over the segment's posterior.

        Args:
            seen: The rows (row,).
            told: What else is known of the shoppers, as `log_likelihood` gives it.
        """
        return (self.segment_chances(seen, told) * self._given_segment(seen)).sum(1)

    def log_likelihood(self, seen: Seen, labels: np.ndarray) -> np.ndarray:
        """The log-likelihood of each shopper's labels under each segment, (user, segment)."""
        chance = self._given_segment(seen)
        likelihood = np.zeros((len(self.world.users), len(SEGMENT_SHARES)))
        np.add.at(likelihood, seen.user, np.log(np.where(labels[:, None] == 1, chance, 1 - chance)))
        return likelihood

    def _given_segment(self, seen: Seen) -> np.ndarray:
        return sigmoid(self.logit(self.world.gates, seen.utilities[:, None, :]))  # (row, segment)

    def segment_chances(self, seen: Seen, told: np.ndarray | float = 0.0) -> np.ndarray:
        """The chance of each segment given what the shopper shows, (row, segment); rows sum to 1.

        Args:
            seen: The rows (row,).
            told: What else is known of the shoppers: log-likelihoods (user, segment).
        """
        world = self.world
        log_odds = np.log(SEGMENT_SHARES) + world.counts @ np.log(world.rates).T - world.rates.sum(1) + told
        log_posterior = log_odds[seen.user]
        posterior = np.exp(log_posterior - log_posterior.max(1, keepdims=True))
        return posterior / posterior.sum(1, keepdims=True)

    def _raw_utilities(self, user: np.ndarray, item: np.ndarray, reviews: np.ndarray) -> np.ndarray:
        world = self.world
        tags = (world.tastes[user] * world.item_tags[item]).sum(1) / TAGS_PER_ITEM
        price = world.budgets[user] - world.item_log_price[item]
        brand = world.affinities[user, world.item_brand[item]]
        return np.stack([tags, reviews, price, brand], axis=1) - self._shift[user]

    def _average_utilities(self) -> np.ndarray:
        return self._standardise(self._raw_average() - self._shift)  # (user, deciding field)

    def _raw_average(self) -> np.ndarray:
        world = self.world
        tags = world.tastes @ world.item_tags.mean(0) / TAGS_PER_ITEM
        reviews = np.full(len(tags), self._item_reviews.mean())
        price = world.budgets - world.item_log_price.mean()
        brand = world.affinities[:, world.item_brand].mean(1)
        return np.stack([tags, reviews, price, brand], axis=1)

    def _standardise(self, raw: np.ndarray) -> np.ndarray:
        return (raw - self._center) / self._scale

    def _output(self, gated: np.ndarray) -> np.ndarray:
        if self.world.variant == "forest":  # how many trees say yes: one does if all its answers are yes
            columns = np.ascontiguousarray(np.moveaxis(gated, -1, 0))
            trees = zip(*self.world.forest, strict=True)
            return sum(np.all([columns[f] > t for f, t in zip(*tree, strict=True)], axis=0) for tree in trees)
        first, last = self.world.network
        return np.tanh(gated @ first) @ last


def shapley_pushes(
    oracle: Oracle, gates: np.ndarray, utilities: np.ndarray, average: np.ndarray
) -> np.ndarray:
    """Exact Shapley values of the true logit against the average product for this shopper.

    Args:
        oracle: Gives the logit.
        gates: (row, deciding field).
        utilities: (row, deciding field), of the product.
        average: (row, deciding field), of the average product.

    Returns:
        Pushes (row, deciding field) in logit units. In the additive variants they are
        strength * gate * (utility - average utility).
    """
    num = utilities.shape[1]
    worth = {}  # of each coalition: the logit of a product that has these fields, and is average elsewhere
    for inside in product((False, True), repeat=num):
        worth[inside] = oracle.logit(gates, np.where(inside, utilities, average))
    pushes = np.zeros_like(utilities)
    for size in range(num):
        weight = factorial(size) * factorial(num - size - 1) / factorial(num)
        for field in range(num):
            for coalition in combinations([other for other in range(num) if other != field], size):
                without = tuple(other in coalition for other in range(num))
                with_field = tuple(other in coalition or other == field for other in range(num))
                pushes[:, field] += weight * (worth[with_field] - worth[without])
    return pushes


def _either(utilities: np.ndarray) -> np.ndarray:
    """Give both twins what the two say together: the best that is above 0, and the worst that is below."""
    twins = utilities[..., _IS_TWIN]
    joint = np.maximum(twins.max(-1, keepdims=True), 0) + np.minimum(twins.min(-1, keepdims=True), 0)
    return np.where(_IS_TWIN, joint, utilities)


def _visible_sentiment(log: Rows) -> np.ndarray:
    positions = visible_reviews(log, max_reviews=REVIEWS_PER_ITEM)  # (row, review), -1 where there is none
    readings = np.array([deciding_sentiment(text) if text else (0, 0) for text in log.past["review"]])
    total, count = (readings[positions] * (positions >= 0)[..., None]).sum(1).T
    return total / np.maximum(count, 1)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """The probability of a logit."""
    return 1 / (1 + np.exp(-logits))
