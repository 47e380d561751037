"""The log of the weights while a model trains: TensorBoard event files, written and read back."""

import json
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from torch import Tensor

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

from ..attention.heads import reduce_weights
from ..storage import naming

_WEIGHT = "weight/"
_EPOCH = "train/loss"
_START = "attnviz "
CURE = "wait if the training runs, or else give the same fit() again with resume=True or train anew"


class WeightLog:
    """Writes each field's mean weight every few steps, loss and AUC every epoch; nothing without a folder.

    A model without weights has no fields here: its log holds loss and AUC.
    """

    def __init__(
        self, log_dir: str | Path | None, fields: tuple[str, ...], *, every: int, first_step: int = 0
    ):
        self.log_dir, self.fields, self.every, self.first_step = log_dir, fields, every, first_step
        self.writer: SummaryWriter | None = None

    def __enter__(self) -> "WeightLog":
        return self

    def __exit__(self, *error: object) -> None:
        if self.writer:
            with naming(self.writer.log_dir):
                self.writer.close()

    def weights(self, step: int, weights: Tensor) -> None:
        """Log the means over the batch of `reduce_weights` of weights (batch, head, query, field)."""
        if step % self.every == 0:
            means = reduce_weights(weights.detach()).mean(0).tolist()
            self._write({_WEIGHT + field: mean for field, mean in zip(self.fields, means, strict=True)}, step)

    def epoch(self, step: int, row: dict[str, float]) -> None:
        """Log an epoch's losses and AUC; step is its last. What was logged is then in the file."""
        names = ("train_loss", "valid_loss", "valid_auc")
        self._write({name.replace("_", "/"): row[name] for name in names}, step)
        if self.writer:
            with naming(self.writer.log_dir):
                self.writer.flush()

    def _write(self, scalars: dict[str, float], step: int) -> None:
        """Write to a file that begins with the first entry: a training that is over leaves the log alone."""
        if self.log_dir is None:
            return
        if self.writer is None:
            self.writer = self._started()
        with naming(self.writer.log_dir):
            for tag, value in scalars.items():
                self.writer.add_scalar(tag, value, step)

    def _started(self) -> "SummaryWriter":
        """A new file, which says that it replaces what earlier files hold from its first step on."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(str(self.log_dir))
        described = _START + json.dumps({"every": self.every, "fields": self.fields})
        start = SessionLog(status=SessionLog.START, msg=described)
        file: Any = writer.file_writer  # None to a type checker
        file.add_event(Event(session_log=start), self.first_step)
        return writer


@dataclass
class _Part:
    """What one event file holds.

    Attributes:
        began: When, in seconds.
        first: The first step of its training.
        every: Steps between two entries of the weights.
        fields: The fields of each.
        weights: Step -> field -> weight.
        last: The last step of its last whole epoch, -1 before there is one.
    """

    began: float
    first: int
    every: int
    fields: list[str]
    weights: dict[int, dict[str, float]] = field(default_factory=dict)
    last: int = -1


def read_weights(log_dir: str | Path) -> pd.DataFrame:
    """Read the mean weights of a training back from its TensorBoard folder, each entry checked by its CRC.

    A file replaces what earlier files hold from its first step on: the log of a resumed training is that of a
    whole one, and a new training in an old folder replaces the old one.

    Args:
        log_dir: The folder that was given to `fit`.

    Returns:
        DataFrame step and one column a field: the field's mean weight in the batch of that step (0 to 1).

    Raises:
        FileNotFoundError: If the folder holds no log of weights.
        ValueError: If a file is damaged.

    Warns:
        UserWarning: If steps are missing, or the log ends within an epoch: its training runs, or was stopped.

    Taught in "How do weights move?"
    """
    log_dir = Path(log_dir)
    if not log_dir.is_dir():
        raise FileNotFoundError(
            f"log_dir {str(log_dir)!r} is not a folder: give the folder that fit() logged to"
        )
    found = [part for path in sorted(log_dir.glob("*tfevents*")) if (part := _read_part(path))]
    parts = sorted(found, key=lambda part: part.began)
    weights, missing = _joined(parts)
    if not weights:
        why = ", since attention='none' has none" if parts and not parts[-1].fields else ""
        raise FileNotFoundError(
            f"log_dir {str(log_dir)!r} holds no weights{why}: give the folder that fit() logged to"
        )
    if missing:
        warnings.warn(f"log_dir {str(log_dir)!r} is not whole: {'; '.join(missing)}; {CURE}", stacklevel=2)
    return pd.DataFrame.from_dict(weights, orient="index").rename_axis("step").sort_index().reset_index()


def _joined(parts: list[_Part]) -> tuple[dict[int, dict[str, float]], list[str]]:
    """The weights of all parts, given in the order of time, and what is missing of them."""
    joined: dict[int, dict[str, float]] = {}
    missing: list[str] = []
    end = None  # the first step that a later part holds
    for part in reversed(parts):
        whole = (step for step, row in part.weights.items() if len(row) == len(part.fields))
        steps = {step for step in whole if end is None or step < end}
        if end is None and max(steps, default=-1) > part.last:
            missing.append(f"it ends within an epoch, after step {max(steps)}")
        last = max(steps | {part.last}) if end is None else end - 1
        absent = [step for step in range(0, last + 1, part.every) if step >= part.first and step not in steps]
        if absent:
            missing.append(f"{len(absent)} entries of steps {absent[0]} to {absent[-1]} are missing")
        joined |= {step: part.weights[step] for step in steps}
        end = part.first if end is None else min(end, part.first)
    if end:
        missing.append(f"the file with the steps before {end} is missing")
    return joined, missing


def _read_part(path: Path) -> _Part | None:
    """What an event file holds; None if `WeightLog` did not write it."""
    from tensorboard.compat.proto.event_pb2 import Event

    part: _Part | None = None
    for event in map(Event.FromString, _records(path)):
        if event.session_log.msg.startswith(_START):
            described = json.loads(event.session_log.msg.removeprefix(_START))
            part = _Part(event.wall_time, event.step, **described)
        if part is None:
            continue
        for value in event.summary.value:
            if value.tag.startswith(_WEIGHT):
                row = part.weights.setdefault(event.step, {})
                row[value.tag.removeprefix(_WEIGHT)] = value.simple_value
            elif value.tag == _EPOCH:
                part.last = event.step
    return part


def _records(path: Path) -> Iterator[bytes]:
    """Each record of an event file: length, CRC, content, CRC. A last one that is cut off is left out."""
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    content, start = path.read_bytes(), 0
    while start + 12 <= len(content):
        length, length_crc = struct.unpack_from("<QI", content, start)
        record = content[start + 12 : start + 12 + length]
        is_good = masked_crc32c(content[start : start + 8]) == length_crc
        end = start + 12 + length + 4
        if is_good and end > len(content):
            return
        if not is_good or masked_crc32c(record) != struct.unpack_from("<I", content, end - 4)[0]:
            raise ValueError(
                f"{path} is damaged at byte {start}: restore it from a copy, or train again "
                "with another log_dir"
            )
        yield record
        start = end
