"""Flip one random bit in a file that was written, read it, and see whether anybody notices.

    python -m benchmarks bit_flips             # writes book/_results/bit_flips.csv

A model file, a checkpoint, a table of a log or an event file of a weight log is written, one bit of a copy
is flipped, and the copy is read as its users read it. An error or a warning is `noticed`. Otherwise what was
read is compared with what was written: the `same` content after all (the bit said nothing), or another one,
which nobody saw: `unseen`. The columns `..._before` were measured by `--code before` on the code that had no
digests yet; `--code after`, the default, leaves them as they are.
"""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

import attnviz as av
from attnviz.recommender.checkpoint import Checkpoint
from attnviz.storage import read_tensors

from .results import FOLDER, Result, read_result

FILES = {"model": 60, "checkpoint": 60, "log table": 60, "weight log": 40}
FATES = ("noticed", "same", "unseen")
FINGERPRINT = {"model options": "of this training"}


def write_files(folder: Path) -> dict[str, list[Path]]:
    """A small training and all that it leaves: the files of each kind."""
    shop = av.planted_shop(num_users=60, num_items=30, num_interactions=600)
    train, valid, _ = shop.split()
    model = av.AttentionRecommender(shop.schema, embed_dim=4)
    path, log_dir = folder / "run.safetensors", folder / "weights"
    av.fit(model, train, valid, epochs=2, batch_size=64, log_every=2, checkpoint=path, log_dir=log_dir,
           progress=False)  # fmt: skip
    Checkpoint(folder / "checkpoint.safetensors", FINGERPRINT).write(*_stored(path))
    model.save(folder)
    shop.write(folder / "log")
    return {
        "model": [folder / "model.safetensors"],
        "checkpoint": [folder / "checkpoint.safetensors"],
        "log table": sorted((folder / "log").glob("*.parquet")),
        "weight log": list(log_dir.glob("events*")),
    }


def _stored(path: Path) -> tuple[dict, dict]:
    """Tensors and values of a checkpoint, to be written again with a fingerprint that is known here."""
    tensors, described = read_tensors(path)
    return tensors, described["values"]


def read_model(path: Path) -> tuple:
    """Parameters, options and schema."""
    model = av.AttentionRecommender.load(path.parent)
    return dict(model.state_dict()), model.options, model.schema.to_json()


def read_checkpoint(path: Path) -> tuple:
    """Tensors and values."""
    return Checkpoint(path, FINGERPRINT).read()


def read_log(path: Path) -> tuple:
    """The three tables."""
    log = av.read_table(*(path.with_name(f"{name}.parquet") for name in ("interactions", "items", "users")))
    return log.interactions, log.items, log.users


def read_weight_log(path: Path) -> tuple:
    """The weights."""
    return (av.read_weights(path.parent),)


READERS: dict[str, Callable[[Path], tuple]] = {
    "model": read_model,
    "checkpoint": read_checkpoint,
    "log table": read_log,
    "weight log": read_weight_log,
}


def same(left: object, right: object) -> bool:
    """Whether two contents are equal to the last bit."""
    if isinstance(left, torch.Tensor):
        return left.dtype == right.dtype and left.shape == right.shape and _bytes(left) == _bytes(right)
    if isinstance(left, pd.DataFrame):
        return left.equals(right) and left.dtypes.equals(right.dtypes)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right or (left != left and right != right)


def _bytes(tensor: torch.Tensor) -> bytes:
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


def fate(path: Path, bit: int, read: Callable[[Path], tuple], written: tuple) -> str:
    """Flip a bit of the file, read it, and put the old file back."""
    whole = path.rename(path.with_name("whole"))  # what was read of it may still be mapped into memory
    flipped = bytearray(whole.read_bytes())
    flipped[bit // 8] ^= 1 << bit % 8
    path.write_bytes(flipped)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return "same" if same(read(path), written) else "unseen"
    except Exception:  # whatever is raised, somebody sees it
        return "noticed"
    finally:
        whole.replace(path)


def measure(*, seed: int = 0, code: Annotated[str, ("before", "after")] = "after") -> Result:
    """Flip, read and compare.

    Args:
        seed: Of the bits.
        code: Which columns to fill; the others stay as they are in the file.
    """
    random, rows = np.random.default_rng(seed), []
    with tempfile.TemporaryDirectory() as folder:
        for kind, paths in write_files(Path(folder)).items():
            written, fates = READERS[kind](paths[0]), []
            for number in tqdm(range(FILES[kind]), desc=kind):
                path = paths[number % len(paths)]
                fates.append(
                    fate(path, int(random.integers(path.stat().st_size * 8)), READERS[kind], written)
                )
            rows.append({"kind": kind, "files": FILES[kind]} | {f"{f}_{code}": fates.count(f) for f in FATES})
    return Result(_beside_the_other(pd.DataFrame(rows), code).assign(seed=seed), replace=["kind"])


def _beside_the_other(table: pd.DataFrame, code: str) -> pd.DataFrame:
    """The columns of the other code, from the file, beside those that were measured now."""
    if not (FOLDER / "bit_flips.csv").exists():
        return table
    old = read_result("bit_flips").set_index("kind")
    others = [name for name in old if name.endswith("_after" if code == "before" else "_before")]
    both = table.join(old[others], on="kind")
    return both[["kind", "files", *sorted(both.columns[2:], key=lambda name: name.endswith("_after"))]]
