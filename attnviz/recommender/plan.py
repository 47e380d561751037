"""The options of one training, and those that follow from its rows unless they are given."""

import math
from dataclasses import dataclass
from typing import Any, Self

from ..attention.checks import check_count, check_number, check_seed

LOSSES = ("binary", "softmax")
LEAST_STEPS = 200
_BY_LOSS: dict[str, dict[str, float]] = {
    "binary": {"weight_decay": 1e-4, "clip_norm": math.inf},
    "softmax": {"weight_decay": 1e-2, "clip_norm": 1.0},
}


def steps_for(number: int, loss: str = "binary") -> dict[str, int]:
    """Epochs and batch size that fit the data: about a hundred steps an epoch, and 200 in all at least.

    A batch is the power of two nearest to a hundredth of the rows, or choices: from 32 to 1,024 rows, or to
    256 choices. There are 10 epochs; of choices 5, or 12 if they are fewer than 8,000; and more where these
    are no 200 steps, with which a model would hardly leave its start.

    Args:
        number: Training rows; for loss="softmax" choices, each with its negatives.
        loss: "binary" or "softmax", as of `fit`.

    Returns:
        {"epochs": ..., "batch_size": ...}.

    Example:
        >>> steps_for(128_000), steps_for(2_371)
        ({'epochs': 10, 'batch_size': 1024}, {'epochs': 10, 'batch_size': 32})
        >>> steps_for(22_000, "softmax"), steps_for(40, "softmax")
        ({'epochs': 5, 'batch_size': 256}, {'epochs': 100, 'batch_size': 32})
    """
    most = 1024 if loss == "binary" else 256
    hundredth = max(number / 100, 1)
    below = 2 ** math.floor(math.log2(hundredth))
    nearest = below if hundredth - below <= 2 * below - hundredth else 2 * below
    batch_size = min(max(nearest, 32), most)
    epochs = 10 if loss == "binary" else 5 if number >= 8000 else 12
    steps_an_epoch = math.ceil(number / batch_size)
    return {"epochs": max(epochs, math.ceil(LEAST_STEPS / steps_an_epoch)), "batch_size": batch_size}


@dataclass(frozen=True)
class Plan:
    """The options of one training, as `fit` takes them, none of them None."""

    loss: str
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    clip_norm: float
    patience: int
    seed: int

    @classmethod
    def of(cls, number: int, loss: str, **given: Any) -> Self:
        """The options that were given, and in the place of None what follows from the loss and the rows."""
        follow: dict[str, Any] = steps_for(number, loss) | _BY_LOSS[loss]
        chosen = {name: follow[name] if value is None else value for name, value in given.items()}
        return cls(loss, **chosen)

    def check(self) -> None:
        """Raise a ValueError that names an option out of range."""
        for name in ("epochs", "batch_size", "patience"):
            check_count(name, getattr(self, name))
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("weight_decay", self.weight_decay, least=0)
        if self.clip_norm != math.inf:
            check_number("clip_norm", self.clip_norm, above=0)
        check_seed(self.seed)
