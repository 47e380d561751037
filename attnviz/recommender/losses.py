"""What a training makes small: each row's label told apart, or each choice found among its negatives.

Both are made of a training and a validation log, and say the same things of them: which rows a step reads,
their loss, and the measures of the validation rows, with those of a constant and of counting beside them.
"""

import math
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from ..data.log import InteractionLog
from ..data.past import popularity
from ..data.sampling import sample_candidates
from ..metrics.calibration import calibrate_constant
from ..metrics.ranking import auc, log_loss
from .model import AttentionRecommender
from .plan import LOSSES
from .ranking import places_of, query_auc

COUNTED_DAYS = 90
SHELF_ITEMS = 1000
SHELF_ROWS = 250_000


def choice_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """The sampled softmax loss: how surprised a softmax over each choice and its negatives is by the choice.

    A constant that is added to all logits of a choice changes nothing: only their order and distances count.

    Args:
        logits: (row,).
        labels: (row,), each choice (1) before its negatives (0), as `sample_negatives` lays them out.

    Returns:
        The mean over the choices, at least 0, in nats, lower is better; log(n) for equal logits of a choice
        and n - 1 negatives.

    Example:
        >>> choice_loss(torch.tensor([0.0, 0.0, 5.0, 1.0]), torch.tensor([1, 0, 1, 0]))
        tensor(0.3556)

    Paper: Bengio and Senécal (2008) for sampled softmax; Klenitskiy and Vasilev (2023) for its lead over the
    binary loss in recommenders. Taught in "What about real stays?"
    """
    table = by_choice(logits, labels)
    return (table.logsumexp(1) - table[:, 0]).mean()


def choice_auc(scores: Tensor, labels: Tensor) -> Tensor:
    """The share of the negatives that score below their choice, a tie counting one half.

    Args:
        scores: (row,).
        labels: (row,), as for `choice_loss`.

    Returns:
        (choice,), in [0, 1], higher is better; NaN for a choice without negatives.

    Example:
        >>> choice_auc(torch.tensor([2.0, 1.0, 2.0, 0.0, 1.0]), torch.tensor([1, 0, 0, 1, 0]))
        tensor([0.7500, 0.0000])
    """
    table = by_choice(scores, labels)
    is_choice = torch.arange(table.shape[1]).expand_as(table) == 0
    return query_auc(table, is_choice.long(), table > -math.inf)


def by_choice(values: Tensor, labels: Tensor) -> Tensor:
    """Values (row,) of choices and their negatives as (choice, place): the choice first, -inf for no row."""
    choice, place = map(torch.from_numpy, places_of(labels.cpu().numpy() == 1))
    table = values.new_full((int(choice.max()) + 1, int(place.max()) + 1), -math.inf)
    table[choice, place] = values
    return table


class Binary:
    """Each row by itself: the cross-entropy of its label."""

    name = "binary"

    def __init__(self, train: InteractionLog, valid: InteractionLog, *, seed: int = 0):
        for name, log in (("train", train), ("valid", valid)):
            _require_two_labels(name, log)
        self.train, self.valid = train, valid
        self.number = len(train)

    def rows(self, units: Tensor) -> Tensor:
        """The rows of these units."""
        return units

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Of the rows of a step."""
        return F.binary_cross_entropy_with_logits(logits, labels)

    def measures(self, logits: Tensor) -> dict[str, float]:
        """Loss and AUC of the validation rows (row,)."""
        labels = labels_of(self.valid)
        return {
            "valid_loss": log_loss(logits.sigmoid(), labels).item(),
            "valid_auc": auc(logits, labels).item(),
        }

    @cached_property
    def beside(self) -> dict[str, float]:
        """The log-loss of the share of label 1 in training, and the AUC of counting, on validation rows."""
        labels, share = labels_of(self.valid), self.train.interactions["label"].mean()
        counted = _counted(self.valid)
        return {
            "constant_loss": log_loss(torch.full((len(labels),), share), labels).item(),
            "popularity_auc": math.nan if counted is None else auc(counted, labels).item(),
        }

    def settle(self, model: AttentionRecommender, logits: Tensor) -> None:
        """Leave the model as it is: its logits are those of probabilities."""


class Softmax:
    """Each choice among its negatives; where the validation choices have none, among the whole shelf."""

    name = "softmax"

    def __init__(self, train: InteractionLog, valid: InteractionLog, *, seed: int = 0):
        _require_two_labels("train", train)
        _require_choices("train", train)
        _require_choices("valid", valid)
        self.train, self._valid, self._seed = train, valid, seed
        starts = np.flatnonzero(train.interactions["label"])
        self._start = torch.from_numpy(starts)
        self._size = torch.from_numpy(np.diff(starts, append=len(train)))
        self.number = len(starts)

    @cached_property
    def valid(self) -> InteractionLog:
        """The validation choices with their negatives, or with the shelf."""
        alone = self._valid.interactions["label"].all()
        return shelf_of_choices(self._valid, seed=self._seed) if alone else self._valid

    def rows(self, units: Tensor) -> Tensor:
        """The rows of these choices, each followed by its negatives."""
        size = self._size[units]
        first = size.cumsum(0) - size
        return torch.arange(int(size.sum())) + (self._start[units] - first).repeat_interleave(size)

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Of the choices of a step."""
        return choice_loss(logits, labels)

    def measures(self, logits: Tensor) -> dict[str, float]:
        """Loss and mean AUC of the validation choices, whose rows have these logits (row,)."""
        labels = labels_of(self.valid)
        return {
            "valid_loss": choice_loss(logits, labels).item(),
            "valid_auc": choice_auc(logits, labels).nanmean().item(),
        }

    @cached_property
    def beside(self) -> dict[str, float]:
        """The loss of equal logits, and the mean AUC of counting, on the validation choices."""
        labels, counted = labels_of(self.valid), _counted(self.valid)
        mean_auc = math.nan if counted is None else choice_auc(counted, labels).nanmean().item()
        return {"constant_loss": choice_loss(torch.zeros(len(labels)), labels).item(),
                "popularity_auc": mean_auc}  # fmt: skip

    def settle(self, model: AttentionRecommender, logits: Tensor) -> None:
        """Set the head's bias, which this loss leaves free, so that probabilities fit the validation rows."""
        constant = calibrate_constant(logits, labels_of(self.valid))
        with torch.no_grad():
            model.head.bias.add_(constant)


def make_loss(
    name: str | None, train: InteractionLog, valid: InteractionLog, *, seed: int
) -> Binary | Softmax:
    """The loss of that name over these logs; None: that of choices for an implicit log.

    Raises:
        ValueError: If there is no such loss, or the logs are not what it needs.
    """
    if name not in (None, *LOSSES):
        raise ValueError(f"loss must be one of {LOSSES}, or None for what fits the log, got {name!r}")
    softmax = train.implicit if name is None else name == "softmax"
    return (Softmax if softmax else Binary)(train, valid, seed=seed)


def shelf_of_choices(
    choices: InteractionLog, *, items: int = SHELF_ITEMS, rows: int = SHELF_ROWS, seed: int = 0
) -> InteractionLog:
    """Choices beside the whole catalogue, bounded in both directions.

    Args:
        choices: An implicit log, all labels 1.
        items: Each choice stands beside all items that its user did not take, or so many drawn from them.
        rows: As many choices are drawn as have about so many rows in all, at least one.
        seed: Of both draws.

    Returns:
        A log of choices (label 1), in their order, each followed by its candidates (label 0).
    """
    beside = min(items, len(choices.items))
    most = max(rows // beside, 1)
    if len(choices) > most:
        drawn = np.random.default_rng(seed).choice(len(choices), most, replace=False)
        choices = choices.with_interactions(choices.interactions.iloc[np.sort(drawn)])
    return sample_candidates(
        choices, None if beside == len(choices.items) else beside, on_offer=False, seed=seed
    )


def labels_of(log: InteractionLog) -> Tensor:
    """The labels (row,)."""
    return torch.tensor(log.interactions["label"].to_numpy())


def _counted(log: InteractionLog) -> Tensor | None:
    """How often each row's item was chosen in the last days before, (row,); None without times."""
    return torch.from_numpy(popularity(log, days=COUNTED_DAYS)).double() if log.has_times else None


def _require_two_labels(name: str, log: InteractionLog) -> None:
    if log.interactions["label"].nunique() < 2:
        advice = "add negatives with sample_negatives()" if log.implicit else "use more rows"
        raise ValueError(f"{name} must hold labels 0 and 1, but all labels are the same: {advice}")


def _require_choices(name: str, log: InteractionLog) -> None:
    """Raise a ValueError unless each row of label 0 has the user and time of the row before it."""
    rows = log.interactions
    keys = pd.DataFrame({name: pd.factorize(rows[name])[0] for name in ("user_id", "timestamp")})
    lost = (rows["label"] == 0).to_numpy() & (keys != keys.shift()).any(axis=1).to_numpy()
    if lost.any():
        raise ValueError(
            f"{name} must be choices, each followed by its negatives, with loss='softmax', the default where "
            f"train is implicit, but row {lost.argmax()} has label 0 and not the user and time of the row "
            "before it: add negatives with sample_negatives(), or give loss='binary'"
        )
