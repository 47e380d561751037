"""A trained model's file: safetensors with a description, written whole or not at all, never unpickled."""

import json
import os
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor


def write_model(target: Path, parameters: dict[str, Tensor], described: dict) -> None:
    """Write parameters and what json can say of the model; the folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.partial")
    save_file(parameters, partial, metadata={"attnviz": json.dumps(described)})
    os.replace(partial, target)


def read_model(source: Path) -> tuple[dict[str, Tensor], dict]:
    """The parameters and the description.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not one of ours.
    """
    if not source.is_file():
        raise FileNotFoundError(
            f"folder {str(source.parent)!r} holds no {source.name}: give a folder that save() wrote"
        )
    with safe_open(source, framework="pt") as stored:
        described = (stored.metadata() or {}).get("attnviz")
        if described is None:
            raise ValueError(
                f"{source} was not written by AttentionRecommender.save: it has no 'attnviz' entry"
            )
        return {name: stored.get_tensor(name) for name in stored.keys()}, json.loads(described)  # noqa: SIM118
