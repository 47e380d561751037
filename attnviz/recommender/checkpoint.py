"""What a training must store to go on after a kill, in one file that is read only if it fits."""

import copy
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from ..data.log import InteractionLog
from ..storage import read_tensors, write_tensors
from .model import AttentionRecommender
from .plan import Plan


class TrainingState:
    """Model, optimizer and what is known so far; everything that a checkpoint must hold.

    Attributes:
        epoch: How many epochs are done.
        step: How many steps are done.
        history: A row an epoch, with the entry valid_loss.
        best: The parameters of the epoch with the lowest validation loss.
    """

    def __init__(self, model: AttentionRecommender, plan: Plan, *, steps_per_epoch: int):
        self.model, self.plan = model, plan
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=plan.learning_rate, total_steps=plan.epochs * steps_per_epoch
        )
        self.epoch, self.step = 0, 0
        self.history: list[dict[str, float]] = []
        self.best = copy.deepcopy(model.state_dict())

    def note(self, row: dict[str, float]) -> None:
        """An epoch is done: keep its parameters if they are the best so far."""
        if row["valid_loss"] < min((past["valid_loss"] for past in self.history), default=float("inf")):
            self.best = copy.deepcopy(self.model.state_dict())
        self.history.append(row)
        self.epoch += 1

    def is_over(self) -> bool:
        """Whether the validation loss has not improved for `patience` epochs."""
        losses = [row["valid_loss"] for row in self.history]
        return bool(losses) and len(losses) - 1 - losses.index(min(losses)) >= self.plan.patience

    def stored(self) -> tuple[dict[str, Tensor], dict]:
        """All tensors and all plain values that a resumed training needs."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        optimizer = self.optimizer.state_dict()
        for place, moments in optimizer["state"].items():
            tensors |= {f"optimizer.{place}.{name}": value for name, value in moments.items()}
        values = dict(epoch=self.epoch, step=self.step, history=self.history)
        return tensors, values | dict(groups=optimizer["param_groups"], schedule=self.schedule.state_dict())

    def restore(self, tensors: dict[str, Tensor], values: dict) -> None:
        """Take up what `stored` gave."""
        self.epoch, self.step, self.history = values["epoch"], values["step"], values["history"]
        self.best = _under("best.", tensors)
        for parameters in (self.best, _under("model.", tensors)):  # both must fit
            self.model.load_state_dict(parameters)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer.", tensors).items():
            place, kind = name.split(".")
            moments.setdefault(int(place), {})[kind] = value
        self.optimizer.load_state_dict({"state": moments, "param_groups": values["groups"]})
        self.schedule.load_state_dict(values["schedule"])


class Checkpoint:
    """A file that holds tensors, plain values, and the fingerprint of the training that they belong to."""

    def __init__(self, path: str | Path, fingerprint: dict[str, str]):
        self.path, self.fingerprint = Path(path), fingerprint

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.is_file()

    def write(self, tensors: dict[str, Tensor], values: dict) -> None:
        """Put a new file in the place of the old one."""
        write_tensors(self.path, tensors, {"values": values, "fingerprint": self.fingerprint})

    def read(self) -> tuple[dict[str, Tensor], dict]:
        """The tensors and values.

        Raises:
            ValueError: If the file is damaged, or belongs to another training.
        """
        try:
            tensors, stored = read_tensors(self.path)
        except ValueError as error:
            raise ValueError(f"checkpoint {error}, or delete it and train anew") from error
        found = stored.get("fingerprint")
        if not isinstance(found, dict) or "values" not in stored:
            raise ValueError(f"checkpoint {self.path} was not written by fit(): give another path")
        names = self.fingerprint | found
        other = [name for name in names if found.get(name) != self.fingerprint.get(name)]
        if other:
            raise ValueError(
                f"checkpoint {self.path} belongs to another training (different {', '.join(other)}): "
                "give another path, or delete the file"
            )
        return tensors, stored["values"]

    def restore(self, state: TrainingState) -> None:
        """Let a state take up what the file holds.

        Raises:
            ValueError: As `read`, and if the content is no state of this training.
        """
        tensors, values = self.read()
        try:
            state.restore(tensors, values)
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            told = " ".join(str(error).split())
            raise ValueError(
                f"checkpoint {self.path} holds no state of this training ({type(error).__name__}: {told}): "
                "delete it and train anew"
            ) from error


def fingerprint(
    model: AttentionRecommender, train: InteractionLog, valid: InteractionLog, plan: Plan
) -> dict[str, str]:
    """What must be the same for a training to go on: the model's options and schema, the plan, the tables."""
    return {
        "model options": _digest(json.dumps(model.options)),
        "schema": _digest(json.dumps(model.schema.to_json())),
        "training options": json.dumps(asdict(plan)),
        **_table_digests("train", train),
        **_table_digests("valid", valid),
    }


def _table_digests(part: str, log: InteractionLog) -> dict[str, str]:
    tables = {**log.known_tables(), "past": log.past}
    return {f"{part} {name}": _table_digest(table) for name, table in tables.items() if table is not None}


def _table_digest(table: pd.DataFrame) -> str:
    objects = [name for name in table if pd.api.types.is_object_dtype(table[name])]  # tags are lists
    plain = table.assign(**{name: table[name].map(json.dumps) for name in objects})
    rows = pd.util.hash_pandas_object(plain, index=False).to_numpy()
    return _digest(json.dumps(list(table)).encode() + rows.tobytes())


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:16]


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
