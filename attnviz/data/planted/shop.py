"""A shop whose truth is known: why each shopper decides is planted, and so can be asked for."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from ...attention.checks import check_count, check_seed
from ...metrics.ranking import auc
from ..log import InteractionLog
from .oracle import DECIDING_FIELDS, TWINS, AskedRows, Oracle, shapley_pushes, sigmoid
from .world import World, draw_interactions, draw_world

FIELDS = DECIDING_FIELDS + ("category",)


class Truth(NamedTuple):
    """What is true of each interaction; all tables have one row an interaction.

    Attributes:
        priority: DataFrame (interaction, field): how much a field matters to this shopper across the shelf;
            sums to 1. Category is 0: it plays no part. Twins share theirs equally.
        push: DataFrame (interaction, field): what raised or lowered the true logit, against an average
            product for this shopper, in logit units. They sum to the logit minus that of the average product.
            A twin's is its Shapley value, half of what the pair does; see `pairs`.
        probability: (interaction,) the probability that the label was drawn with.
        best_probability: (interaction,) the best guess of it from what a shopper shows.
        deciding_words: For each sentence of a review, the words that decide (none for delivery, packaging).
        pairs: The fields of which either says all that both say: ("tags", "brand") in the variant "twins",
            none elsewhere. To take one away changes nothing while the other is there, so how a pair's push
            and priority are split is a convention. What is true is their sum, as in
            `truth.push[list(pair)].sum(axis=1)`.
    """

    priority: pd.DataFrame
    push: pd.DataFrame
    probability: np.ndarray
    best_probability: np.ndarray
    deciding_words: dict[str, tuple[str, ...]]
    pairs: tuple[tuple[str, str], ...]


class PlantedShop(InteractionLog):
    """An `InteractionLog` that knows the truth of each of its rows. Made by `planted_shop`."""

    _truth: Truth | None

    def __init__(self, world: World, interactions: pd.DataFrame, *, computed: Iterable[str] = ()):
        self.world = world
        super().__init__(interactions, world.items, world.users, computed=computed)

    @property
    def truth(self) -> Truth:
        """The truth of the rows in `interactions`; see `Truth`. Taught in "What is true here?"."""
        if self._truth is None:
            self._truth = self._ask_oracle()
        return self._truth

    def _ask_oracle(self) -> Truth:
        oracle = Oracle(self.world)
        seen = oracle.look_up(self)
        gates = self.world.gates[seen.segment]  # (row, deciding field)
        pushes = shapley_pushes(oracle, gates, seen.utilities, seen.average_utilities)
        return Truth(
            priority=_table(gates),
            push=_table(pushes),
            probability=sigmoid(oracle.logit(gates, seen.utilities)),
            best_probability=oracle.best_probability(seen),
            deciding_words=self.world.deciding_words,
            pairs=(TWINS,) if self.world.variant == "twins" else (),
        )

    def _forget(self) -> None:
        super()._forget()
        self._truth = None

    def profile_auc(self) -> float:
        """The AUC of the best guess from the profile on these rows (0 to 1, higher is better).

        The guess is `truth.best_probability`, the probability of the label given all that a shopper shows:
        tastes, brand affinities, budget, and the posterior of the segment given the behaviour counts.
        It is no ceiling for whoever met these shoppers before: their profiles tell them apart, and what they
        chose tells the segment; `ceiling` counts that in. It is one for rows of `split(by="user")`.

        Raises:
            ValueError: If the rows hold one class only.
        """
        labels = torch.tensor(self.interactions["label"].to_numpy())
        if len(labels.unique()) < 2:
            raise ValueError("the rows hold one class only: the AUC needs rows with label 0 and with label 1")
        return auc(torch.tensor(self.truth.best_probability), labels).item()

    def ceiling(self, train: "PlantedShop") -> np.ndarray:
        """The probability of label 1 given what a shopper shows and what she chose in other rows.

        A mixture over her segment, as `truth.best_probability`, but with the posterior given the behaviour
        counts and the labels of her rows in `train`: posterior times the likelihood of these labels under
        each segment. No model that learned from these rows, and sees profile and product, has a lower
        log-loss on average. For a shopper without rows in `train` it is the best guess from the profile.

        Args:
            train: Rows of the same shop whose labels are known, none of which is one of these.

        Returns:
            Probabilities (row,).

        Raises:
            ValueError: If `train` is not of the same shop, or holds one of these rows.

        Example:
            >>> train, valid, test = planted_shop(num_users=50, num_items=40, num_interactions=900).split()
            >>> test.ceiling(train).shape == test.truth.best_probability.shape
            True

        Taught in "What is true here?"
        """
        self._check_other_rows(train)
        oracle = Oracle(self.world)
        told = oracle.log_likelihood(oracle.look_up(train), train.interactions["label"].to_numpy())
        return oracle.best_probability(oracle.look_up(self), told)

    def _check_other_rows(self, train: "PlantedShop") -> None:
        if not isinstance(train, PlantedShop) or train.world is not self.world:
            raise ValueError("train must hold rows of the same shop: give another part of its split()")
        keys = ["user_id", "item_id", "timestamp"]
        shared = len(self.interactions[keys].merge(train.interactions[keys]))
        if shared:
            raise ValueError(
                f"train must hold none of these rows, whose labels it would give away, got {shared} of them: "
                "give another part of the shop's split()"
            )


def planted_shop(
    *,
    num_users: int = 6000,
    num_items: int = 2000,
    num_interactions: int = 160_000,
    variant: str = "additive",
    computed: Iterable[str] = (),
    seed: int = 0,
) -> PlantedShop:
    """Make a shop in which it is known why each shopper decides.

    A shopper belongs to a segment that decides mostly by tags, reviews, price or brand.
    The segment is hidden; what shows is tastes, brand affinities, a budget, and counts of behaviour.
    In the shops additive and soft, the true logit adds up the four utilities, each times the shopper's gate.
    Category is a planted null: correlated with price and tags, without any effect.
    The first three interactions of each item are a launch, whose shoppers write the item's reviews.

    Args:
        num_users: Shoppers, at least 8.
        num_items: Products, at least 8.
        num_interactions: Rows, at least three an item.
        variant: "additive": a shopper's own field has .85 of the gate. "soft": .6. "interaction": price
            matters only when reviews are good. "network": a small random network of the same gated utilities,
            whose shape is not that of any model in this package. "forest": 100 random trees; each asks
            whether three gated utilities are above thresholds of its own, and says yes if all are; the logit
            follows how many say yes. "twins": all products of a brand have its four tags, no other brand has
            these four, and a shopper likes a brand as she likes its tags: tags and brand say the same, and
            either decides; see `Truth`.
        computed: As in `InteractionLog`, but none unless it is asked for: nobody here decides by popularity,
            and a shopper's tastes are in her profile.
        seed: The same seed gives the same shop.

    Returns:
        The shop, sorted by time.

    Raises:
        ValueError: If a count is too small or the variant is unknown.

    Example:
        >>> shop = planted_shop(num_users=100, num_items=20, num_interactions=500)
        >>> len(shop), [field.name for field in shop.fields]
        (500, ['tags', 'reviews', 'price', 'brand', 'category'])
        >>> shop.truth.priority.round(2).iloc[0].tolist()
        [0.05, 0.85, 0.05, 0.05, 0.0]
        >>> twins = planted_shop(num_users=100, num_items=20, num_interactions=500, variant="twins")
        >>> twins.truth.pairs, twins.truth.priority.round(2).iloc[1].tolist()
        ((('tags', 'brand'),), [0.45, 0.05, 0.05, 0.45, 0.0])

    Taught in "What is true here?"
    """
    _check_counts(num_users, num_items, num_interactions)
    check_seed(seed)
    rng = np.random.default_rng(seed)
    world = draw_world(num_users, num_items, variant, rng)
    interactions = draw_interactions(world, num_interactions, rng)
    probability = Oracle(world).probability(AskedRows(interactions, past=interactions))
    labels = (rng.random(num_interactions) < probability).astype(np.int64)
    return PlantedShop(world, interactions.assign(label=labels), computed=computed)


def _check_counts(num_users: int, num_items: int, num_interactions: int) -> None:
    for name, value, least in (
        ("num_users", num_users, 8),
        ("num_items", num_items, 8),
        ("num_interactions", num_interactions, 3 * num_items),
    ):
        check_count(name, value)
        if value < least:
            raise ValueError(
                f"{name} must be at least {least}, got {value}: each item opens with three reviews"
            )


def _table(deciding: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(deciding, columns=list(DECIDING_FIELDS))
    return frame.assign(category=0.0)
