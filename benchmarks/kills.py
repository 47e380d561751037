"""Kill a training at random moments, resume it, and compare with the training that nobody killed.

    python -m benchmarks kills            # writes book/_results/kills.csv

Each time a new process trains a small model and writes its checkpoint after every epoch.
Meanwhile this process reads the checkpoint again and again: it must be a whole one each time.
The other is killed with SIGKILL, which no program can answer, a random time after a random epoch.
Then the training is resumed from what lies on the disk, and must end with exactly the same parameters.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

import attnviz as av
from attnviz.storage import read_tensors

EPOCHS = 20


def train(path: Path, *, resume: bool) -> torch.Tensor:
    """All parameters of the trained model in one row."""
    shop = av.planted_shop(num_users=200, num_items=100, num_interactions=4000)
    train, valid, _ = shop.split()
    model = av.AttentionRecommender(train.schema, embed_dim=8)
    options = dict(epochs=EPOCHS, patience=EPOCHS, batch_size=256, progress=False)
    av.fit(model, train, valid, checkpoint=path, resume=resume, **options)
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def start(path: Path) -> subprocess.Popen:
    """Train in a new process; returns when its training has begun."""
    code = (
        "import pathlib; from benchmarks import kills; print(flush=True);"
        f"kills.train(pathlib.Path({str(path)!r}), resume=False)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    return process


def epochs_on_disk(path: Path) -> int:
    """How many epochs the checkpoint holds, 0 without one."""
    if not path.exists():
        return 0
    return read_tensors(path)[1]["values"]["epoch"]


def kill_after(epochs: int, pause: float, path: Path) -> dict:
    """Kill a training some seconds after so many epochs are done; what was seen until then."""
    process, reads = start(path), 0
    while (done := epochs_on_disk(path)) < epochs:
        reads += done > 0
        time.sleep(0.002)
    time.sleep(pause)
    os.kill(process.pid, signal.SIGKILL)
    return dict(reads=reads, killed=process.wait() == -signal.SIGKILL)


def measure(*, kills: int = 20, seed: int = 0) -> pd.DataFrame:
    """Kill, resume and compare.

    Args:
        kills: How often.
        seed: Of the moments.
    """
    torch.set_num_threads(1)
    random, rows = np.random.default_rng(seed), []
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        whole = train(Path(folder) / "whole.safetensors", resume=False)
        an_epoch = (time.perf_counter() - began) / EPOCHS
        for kill in tqdm(range(kills)):
            path = Path(folder) / str(kill) / "run.safetensors"
            epochs, pause = int(random.integers(EPOCHS)), float(random.random()) * an_epoch
            row = dict(kill=kill + 1, after_epochs=epochs, seconds_later=pause) | kill_after(
                epochs, pause, path
            )
            row |= dict(epochs_kept=epochs_on_disk(path), of_epochs=EPOCHS)
            rows.append(row | dict(same=torch.equal(train(path, resume=True), whole)))
    return pd.DataFrame(rows).assign(seed=seed)
