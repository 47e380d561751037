"""Samples per second of `fit` over a bare loop, with and without a log of the weights.

    python -m benchmarks training            # writes book/_results/training.csv

The bare loop has the tensors of all rows at hand and does the least: cut a batch, forward, backward, step,
and score the validation rows once an epoch. It logs nothing, and knows no checkpoint and no early stopping.
First it is checked that all end with the same loss and the same parameters.
Then the contenders take turns, and the median of the rounds counts; a ratio is the median of their ratios.
Everything runs on one thread, as `fit` does by default.
"""

import tempfile
import time
from collections.abc import Callable

import pandas as pd
import torch
from torch.nn import functional as F
from tqdm import tqdm

import attnviz as av

BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 1024, 3e-3, 1e-4


def rows_of(data: av.data.Batch, rows: torch.Tensor) -> av.data.Batch:
    """Some rows of it."""
    fields = {name: values[rows] for name, values in data.fields.items()}
    return av.data.Batch(fields, data.sentences, data.profile[rows], data.labels[rows])


def bare_loop(
    model: av.AttentionRecommender, train: av.data.Batch, valid: av.data.Batch, *, epochs: int
) -> float:
    """Train the model; returns the last epoch's validation loss."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    total_steps = epochs * -(-len(train) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LEARNING_RATE, total_steps=total_steps)
    for epoch in range(epochs):
        model.train()
        torch.manual_seed(epoch)
        for rows in torch.randperm(len(train)).split(BATCH_SIZE):
            batch = rows_of(train, rows)
            loss = F.binary_cross_entropy_with_logits(model(batch), batch.labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            parts = [rows_of(valid, rows) for rows in torch.arange(len(valid)).split(BATCH_SIZE)]
            logits = torch.cat([model(part) for part in parts])
    return F.binary_cross_entropy_with_logits(logits, valid.labels).item()


def new_model(schema: av.Schema) -> av.AttentionRecommender:
    """The model that all contenders train."""
    return av.AttentionRecommender(schema, seed=0)


def contenders(
    train: av.InteractionLog, valid: av.InteractionLog, epochs: int, folder: str
) -> dict[str, Callable]:
    """Each trains a new model and returns it with its last validation loss."""
    schema = train.schema
    tensors = train.batch(slice(None), schema), valid.batch(slice(None), schema)

    def bare() -> tuple[av.AttentionRecommender, float]:
        model = new_model(schema)
        return model, bare_loop(model, *tensors, epochs=epochs)

    def ours(**options) -> tuple[av.AttentionRecommender, float]:
        model = new_model(schema)
        history = av.fit(model, train, valid, epochs=epochs, progress=False, **options)
        return model, history["valid_loss"].iloc[-1]

    return {
        "bare loop": bare,
        "fit": ours,
        "fit, log_dir": lambda: ours(log_dir=tempfile.mkdtemp(dir=folder)),
        "fit, checkpoint": lambda: ours(checkpoint=f"{tempfile.mkdtemp(dir=folder)}/run.safetensors"),
    }


def check_same(found: dict[str, tuple[av.AttentionRecommender, float]]) -> None:
    """Stop unless all contenders reached the same loss and the same parameters."""
    bare, bare_loss = found["bare loop"]
    for model, loss in found.values():
        torch.testing.assert_close(loss, bare_loss, rtol=0, atol=1e-4)
        for own, other in zip(model.parameters(), bare.parameters(), strict=True):
            torch.testing.assert_close(own, other, rtol=0, atol=2e-3)


def seconds(run: Callable) -> float:
    """How long one run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(*, rounds: int = 7, epochs: int = 2, seed: int = 0) -> pd.DataFrame:
    """Check and time.

    Args:
        rounds: How often the contenders take turns.
        epochs: Of a training.
        seed: Of the shop.
    """
    torch.set_num_threads(1)
    train, valid, _ = av.planted_shop(seed=seed).split()
    with tempfile.TemporaryDirectory() as folder:
        runs = contenders(train, valid, epochs, folder)
        check_same({name: run() for name, run in runs.items()})
        times = pd.DataFrame({name: seconds(run) for name, run in runs.items()} for _ in tqdm(range(rounds)))
    ratios = times[["bare loop"]].to_numpy() / times
    table = pd.DataFrame(
        dict(
            samples_per_second=epochs * len(train) / times.median(),
            ratio=ratios.median(),
            lowest=ratios.min(),
            highest=ratios.max(),
        )
    )
    table = table.rename_axis("contender").reset_index()
    return table.assign(rows=len(train), epochs=epochs, rounds=rounds, seed=seed)
