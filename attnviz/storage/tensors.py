"""Tensors and plain values in one safetensors file, which carries the SHA-256 of its content."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from .files import whole
from .sums import CURE

_OURS = "attnviz"  # the entry of the metadata that holds our values, and a word in it


def write_tensors(target: str | Path, tensors: Mapping[str, Tensor], values: Mapping[str, object]) -> None:
    """Write tensors and plain JSON values to one safetensors file; the same input makes the same bytes."""
    copies = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    described = {"format": _OURS, "sha256": _content_sum(copies, dict(values)), "values": dict(values)}
    with whole(target) as draft:  # one entry: safetensors writes several in any order
        draft.write_bytes(save(copies, {_OURS: json.dumps(described)}))


def read_tensors(source: str | Path) -> tuple[dict[str, Tensor], dict]:
    """The tensors and values that `write_tensors` wrote, checked against their SHA-256.

    Of another program's safetensors file there are no values, and its tensors are not checked.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a whole safetensors file, or not the one that was written.
    """
    if not Path(source).is_file():
        raise FileNotFoundError(f"there is no file {source}")
    try:
        with safe_open(source, framework="pt") as stored:
            # Copies: the file's own memory would change with the file.
            tensors = {name: stored.get_tensor(name).clone() for name in stored.keys()}  # noqa: SIM118
            metadata = stored.metadata() or {}
    except SafetensorError as error:
        raise ValueError(f"{source} is damaged, or no safetensors file ({error}): {CURE}") from error
    # Our name stands in the entry and in its key: one flipped bit cannot make the file another program's.
    if not any(_OURS in text for entry in metadata.items() for text in entry):
        return tensors, {}
    return tensors, _checked_values(source, tensors, metadata)


def _checked_values(source: str | Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> dict:
    try:
        described = json.loads(metadata[_OURS])
        found, values = described["sha256"], described["values"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        kind = type(error).__name__
        raise ValueError(
            f"{source} is damaged: its metadata {_OURS!r} cannot be read ({kind}: {error}): {CURE}"
        ) from error
    if found != _content_sum(tensors, values):
        raise ValueError(f"{source} is damaged (its content has another SHA-256): {CURE}")
    return values


def _content_sum(tensors: Mapping[str, Tensor], values: object) -> str:
    """The SHA-256 of names, types, shapes, values and bytes, whatever order and gaps a file has."""
    names = sorted(tensors)
    shapes = [(name, str(tensors[name].dtype), list(tensors[name].shape)) for name in names]
    digest = hashlib.sha256(json.dumps([shapes, values]).encode())
    for name in names:
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
