"""A training's checkpoint: one safetensors file, written whole or not at all, read only if it fits."""

import hashlib
import json
from pathlib import Path

import pandas as pd
from torch import Tensor

from ..data.log import InteractionLog
from ..storage import read_tensors, write_tensors
from .model import AttentionRecommender


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
            raise ValueError(f"checkpoint {error}: delete it and train anew") from error
        if "fingerprint" not in stored:
            raise ValueError(f"checkpoint {self.path} was not written by fit(): give another path")
        found = stored["fingerprint"]
        other = [name for name in self.fingerprint if found.get(name) != self.fingerprint[name]]
        if other:
            raise ValueError(
                f"checkpoint {self.path} belongs to another training (different {', '.join(other)}): "
                "give another path, or delete the file"
            )
        return tensors, stored["values"]


def fingerprint(
    model: AttentionRecommender, train: InteractionLog, valid: InteractionLog, plan: dict
) -> dict[str, str]:
    """What must be the same for a training to go on: the model's options and schema, the plan, the rows."""
    return {
        "model options": _digest(json.dumps(model.options)),
        "schema": _digest(json.dumps(model.schema.to_json())),
        "training options": json.dumps(plan),
        "train": _rows_digest(train),
        "valid": _rows_digest(valid),
    }


def _rows_digest(log: InteractionLog) -> str:
    return _digest(pd.util.hash_pandas_object(log.interactions, index=False).to_numpy().tobytes())


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:16]
