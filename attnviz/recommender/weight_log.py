"""The log of the weights while a model trains: TensorBoard event files, written and read back."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from torch import Tensor

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

from ..attention.heads import reduce_weights

_WEIGHT = "weight/"


class WeightLog:
    """Writes each field's mean weight every few steps, loss and AUC every epoch; nothing without a folder."""

    def __init__(
        self, log_dir: str | Path | None, fields: tuple[str, ...], *, every: int, first_step: int = 0
    ):
        self.log_dir, self.fields, self.every, self.first_step = log_dir, fields, every, first_step
        self.writer: SummaryWriter | None = None

    def __enter__(self) -> "WeightLog":
        return self

    def __exit__(self, *error: object) -> None:
        if self.writer:
            self.writer.close()

    def weights(self, step: int, weights: Tensor) -> None:
        """Log the means over the batch of `reduce_weights` of weights (batch, head, query, field)."""
        if step % self.every == 0:
            means = reduce_weights(weights.detach()).mean(0).tolist()
            self._write({_WEIGHT + field: mean for field, mean in zip(self.fields, means, strict=True)}, step)

    def epoch(self, step: int, row: dict[str, float]) -> None:
        """Log an epoch's losses and AUC; step is its last."""
        names = ("train_loss", "valid_loss", "valid_auc")
        self._write({name.replace("_", "/"): row[name] for name in names}, step)

    def _write(self, scalars: dict[str, float], step: int) -> None:
        """Write to a file that begins with the first entry: a training that is over leaves the log alone."""
        if self.log_dir is None:
            return
        if self.writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(self.log_dir), purge_step=self.first_step or None)
        for tag, value in scalars.items():
            self.writer.add_scalar(tag, value, step)


def read_weights(log_dir: str | Path) -> pd.DataFrame:
    """Read the mean weights of a training back from its TensorBoard folder.

    Args:
        log_dir: The folder that was given to `fit`.

    Returns:
        DataFrame step and one column a field: the field's mean weight in the batch of that step (0 to 1).

    Raises:
        FileNotFoundError: If the folder holds no log of weights.

    Taught in chapter 7.
    """
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    if not Path(log_dir).is_dir():
        raise FileNotFoundError(
            f"log_dir {str(log_dir)!r} is not a folder: give the folder that fit() logged to"
        )
    # What a stopped training logged after its last checkpoint is replaced: no reason for a warning.
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    events = EventAccumulator(str(log_dir), size_guidance={"scalars": 0}).Reload()
    tags = [tag for tag in events.Tags()["scalars"] if tag.startswith(_WEIGHT)]
    if not tags:
        raise FileNotFoundError(
            f"log_dir {str(log_dir)!r} holds no weights: give the folder that fit() logged to"
        )
    columns = {
        tag.removeprefix(_WEIGHT): pd.Series({entry.step: entry.value for entry in events.Scalars(tag)})
        for tag in tags
    }
    # Files of one second are read in the order of their names, which need not be that of the steps.
    return pd.DataFrame(columns).rename_axis("step").sort_index().reset_index()
