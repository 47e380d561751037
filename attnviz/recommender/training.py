"""Training: one visible loop, a log of the weights, and checkpoints that survive a kill."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import torch
from torch.nn import functional as F
from tqdm.auto import tqdm

from ..attention.checks import check_count, check_number, check_seed
from ..data.log import InteractionLog
from ..metrics.ranking import auc, log_loss
from ..storage import alone
from .checkpoint import Checkpoint, Plan, TrainingState, fingerprint
from .model import AttentionRecommender
from .predict import predict
from .weight_log import WeightLog


def fit(
    model: AttentionRecommender,
    train: InteractionLog,
    valid: InteractionLog,
    *,
    epochs: int = 10,
    batch_size: int = 1024,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-4,
    patience: int = 3,
    seed: int = 0,
    num_threads: int = 1,
    log_dir: str | Path | None = None,
    log_every: int = 20,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
) -> pd.DataFrame:
    """Train the model in place: AdamW, a one-cycle learning rate, early stopping on validation data.

    The same seeds give the same parameters. At the end the model holds the parameters of its best epoch.

    Args:
        model: Trained in place.
        train: Rows to learn from; both labels must occur.
        valid: Rows to select the epoch on; both labels must occur.
        epochs: Passes over the training rows, at most.
        batch_size: Rows a step.
        learning_rate: The highest of the cycle.
        weight_decay: Of AdamW.
        patience: Epochs without a better validation loss before training stops.
        seed: Of the order of the rows, and of dropout; each epoch draws its own from seed * 100003 + epoch.
        num_threads: Threads that torch may use here. Vectors this small train fastest on one, and one gives
            the same parameters on every number of cores; a large `embed_dim` may gain from more.
        log_dir: A folder for TensorBoard: each field's mean weight, loss, AUC; see `read_weights`. With
            attention="none" loss and AUC only.
        log_every: Steps between two entries of the weights.
        checkpoint: A file that is written after each epoch, complete or not at all.
        resume: Go on from `checkpoint` where there is one; a finished training returns at once. The model's
            options, those here, and all tables of both logs must be the same.
        progress: Show a progress bar.

    Returns:
        DataFrame epoch, train_loss, valid_loss, valid_auc: one row an epoch that was run.

    Raises:
        ValueError: If a log holds one class only, an option is out of range, or the checkpoint to resume is
            damaged, or belongs to another model, other options or other data.
        BlockingIOError: If another training writes to `checkpoint` or `log_dir` at this moment. With `resume`
            this one waits, and goes on from what the other one left.

    Warns:
        UserWarning: If there is a `log_dir`, but the model has no weights to log.

    Example:
        >>> from attnviz import AttentionRecommender, planted_shop
        >>> train, valid, test = planted_shop(num_users=100, num_items=50, num_interactions=2000).split()
        >>> model = AttentionRecommender(train.schema, embed_dim=8)
        >>> history = fit(model, train, valid, epochs=2, progress=False)
        >>> history.columns.tolist(), len(history)
        (['epoch', 'train_loss', 'valid_loss', 'valid_auc'], 2)

    Taught in chapter 7.
    """
    plan = Plan(epochs, batch_size, learning_rate, weight_decay, patience, seed)
    _check(plan, train, valid, num_threads=num_threads, log_every=log_every)
    state = TrainingState(model, plan, steps_per_epoch=-(-len(train) // batch_size))
    tell = print if progress else _say_nothing
    with alone(checkpoint, log_dir, wait=tell if resume else None), _threads(num_threads):
        store = Checkpoint(checkpoint, fingerprint(model, train, valid, plan)) if checkpoint else None
        if store and resume and store.exists():
            store.restore(state)
        logged = _logged(model, log_dir)
        with WeightLog(log_dir, logged, every=log_every, first_step=state.step) as weight_log:
            left = range(state.epoch, state.epoch if state.is_over() else epochs)
            if not left:
                tell("already trained; nothing left to do")
            shown = progress and bool(left)
            for epoch in tqdm(left, desc="training", unit="epoch", disable=not shown, file=sys.stdout):
                if state.is_over():
                    break
                train_loss = _train_epoch(state, epoch, train, weight_log)
                row = dict(epoch=epoch, train_loss=train_loss, **_measures(model, valid))
                state.note(row)
                weight_log.epoch(state.step - 1, row)
                if store:
                    store.write(*state.stored())
    model.load_state_dict(state.best)
    model.eval()
    return pd.DataFrame(state.history)


def _say_nothing(words: str) -> None:
    pass


def _train_epoch(state: TrainingState, epoch: int, train: InteractionLog, weight_log: WeightLog) -> float:
    """One pass over the training rows; returns the mean loss."""
    model, total = state.model, 0.0
    model.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(state.plan.seed * 100_003 + epoch)
        for rows in torch.randperm(len(train)).split(state.plan.batch_size):
            batch = train.batch(rows, model.schema)
            logits, weights = model(batch, return_weights=True) if model.attends else (model(batch), None)
            loss = F.binary_cross_entropy_with_logits(logits, batch.labels)
            state.optimizer.zero_grad()
            loss.backward()
            state.optimizer.step()
            state.schedule.step()
            if weights is not None:
                weight_log.weights(state.step, weights)
            state.step += 1
            total += loss.item() * len(rows)
    return total / len(train)


def _logged(model: AttentionRecommender, log_dir: str | Path | None) -> tuple[str, ...]:
    """The fields whose weights are logged."""
    if model.attends:
        return model.fields
    if log_dir is not None:
        warnings.warn(
            f"log_dir {str(log_dir)!r} gets loss and AUC only, since attention='none' has no weights to log",
            stacklevel=3,
        )
    return ()


def _measures(model: AttentionRecommender, valid: InteractionLog) -> dict[str, float]:
    labels = torch.tensor(valid.interactions["label"].to_numpy())
    probabilities = torch.from_numpy(predict(model, valid))
    return dict(
        valid_loss=float(log_loss(probabilities, labels)), valid_auc=float(auc(probabilities, labels))
    )


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check(plan: Plan, train: InteractionLog, valid: InteractionLog, **counts: int) -> None:
    counts |= dict(epochs=plan.epochs, batch_size=plan.batch_size, patience=plan.patience)
    for name, value in counts.items():
        check_count(name, value)
    check_number("learning_rate", plan.learning_rate, above=0)
    check_number("weight_decay", plan.weight_decay, least=0)
    check_seed(plan.seed)
    for name, log in (("train", train), ("valid", valid)):
        if log.interactions["label"].nunique() < 2:
            advice = "add negatives with sample_negatives()" if log.implicit else "use more rows"
            raise ValueError(f"{name} must hold labels 0 and 1, but all labels are the same: {advice}")
