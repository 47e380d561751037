"""Training: one visible loop, a log of the weights, and checkpoints that survive a kill."""

import math
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import torch
from torch.nn.utils import clip_grad_norm_
from tqdm.auto import tqdm

from ..attention.checks import check_count
from ..data.log import InteractionLog
from ..storage import alone
from .checkpoint import Checkpoint, TrainingState, fingerprint
from .losses import COUNTED_DAYS, Binary, Softmax, make_loss
from .model import AttentionRecommender
from .plan import Plan
from .predict import logits_of
from .weight_log import WeightLog

_FOLLOW = "leave out epochs and batch_size, which then follow from the rows, or use more rows"
_MORE = "use more rows, or give the items more fields"


def fit(
    model: AttentionRecommender,
    train: InteractionLog,
    valid: InteractionLog,
    *,
    loss: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float = 3e-3,
    weight_decay: float | None = None,
    clip_norm: float | None = None,
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
        valid: Rows to select the epoch on; both labels must occur. With loss="softmax" it may also be choices
            without negatives: each is then found among the whole catalogue, or 1,000 items drawn from it, and
            as many choices are drawn as have 250,000 rows in all.
        loss: "binary": the cross-entropy of each row's label. "softmax": the choice of each row of label 1
            among itself and the rows of label 0 that follow it, as `sample_negatives` lays them out
            (`choice_loss`). None: "softmax" for an implicit log, else "binary".
        epochs: Passes over the training rows, at most. None: as many as `steps_for` says.
        batch_size: Rows a step; with loss="softmax" choices, each with its negatives. None: as many as
            `steps_for` says.
        learning_rate: The highest of the cycle.
        weight_decay: Of AdamW. None: 1e-4, with loss="softmax" 1e-2.
        clip_norm: A gradient of a larger norm is scaled down to it; math.inf: none is. None: math.inf, with
            loss="softmax" 1.
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
        DataFrame, one row an epoch that was run: epoch, train_loss, valid_loss, valid_auc; and beside them,
        the same in each row, what needs no model: constant_loss, the validation loss of the share of label 1
        in training (loss="softmax": of a choice by chance), and popularity_auc, the AUC of counting how often
        the row's item was chosen in the 90 days before (NaN in a log without times). With loss="softmax" an
        AUC is the mean over the choices of the share of the other items that score below the chosen one.

    After loss="softmax" a probability is one among the validation rows: `fit` sets the head's bias, which
    this loss leaves free, so that the mean probability is the share of choices among them. Where `valid` was
    choices alone, that is "chosen, of all items"; else "chosen, among such a sample".

    Raises:
        ValueError: If a log holds one class only or, for loss="softmax", no choices with negatives; an option
            is out of range; or the checkpoint to resume is damaged, or belongs to another model, other
            options or other data.
        BlockingIOError: If another training writes to `checkpoint` or `log_dir` at this moment. With `resume`
            this one waits, and goes on from what the other one left.

    Warns:
        UserWarning: If the best epoch is no better than the constant, or if there is a `log_dir`, but the
            model has no weights to log.

    Example:
        >>> from attnviz import AttentionRecommender, planted_shop
        >>> train, valid, test = planted_shop(num_users=100, num_items=50, num_interactions=2000).split()
        >>> model = AttentionRecommender(train.schema, embed_dim=8)
        >>> history = fit(model, train, valid, epochs=2, progress=False)
        >>> history.columns.tolist(), len(history)
        (['epoch', 'train_loss', 'valid_loss', 'valid_auc', 'constant_loss', 'popularity_auc'], 2)

    Taught in "How do weights move?"
    """
    aim = make_loss(loss, train, valid, seed=seed)
    plan = Plan.of(
        aim.number, aim.name, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate,
        weight_decay=weight_decay, clip_norm=clip_norm, patience=patience, seed=seed,
    )  # fmt: skip
    plan.check()
    check_count("num_threads", num_threads)
    check_count("log_every", log_every)
    state = TrainingState(model, plan, steps_per_epoch=-(-aim.number // plan.batch_size))
    tell = print if progress else _say_nothing
    with alone(checkpoint, log_dir, wait=tell if resume else None), _threads(num_threads):
        store = Checkpoint(checkpoint, fingerprint(model, train, valid, plan)) if checkpoint else None
        if store and resume and store.exists():
            store.restore(state)
        logged = _logged(model, log_dir)
        with WeightLog(log_dir, logged, every=log_every, first_step=state.step) as weight_log:
            left = range(state.epoch, state.epoch if state.is_over() else plan.epochs)
            if not left:
                tell("already trained; nothing left to do")
            shown = progress and bool(left)
            for epoch in tqdm(left, desc="training", unit="epoch", disable=not shown, file=sys.stdout):
                if state.is_over():
                    break
                train_loss = _train_epoch(state, epoch, aim, weight_log)
                row = dict(epoch=epoch, train_loss=train_loss, **_measures(model, aim))
                state.note(row)
                weight_log.epoch(state.step - 1, row)
                if store:
                    store.write(*state.stored())
    model.load_state_dict(state.best)
    model.eval()
    history = pd.DataFrame(state.history)
    follow = epochs is None and batch_size is None
    _compare(history, state.step, tell if left else _say_nothing, advice=_MORE if follow else _FOLLOW)
    return history


def _say_nothing(words: str) -> None:
    pass


def _train_epoch(state: TrainingState, epoch: int, aim: Binary | Softmax, weight_log: WeightLog) -> float:
    """One pass over the training rows; returns the mean loss."""
    model, plan, total = state.model, state.plan, 0.0
    model.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed * 100_003 + epoch)
        for units in torch.randperm(aim.number).split(plan.batch_size):
            batch = aim.train.batch(aim.rows(units), model.schema)
            logits, weights = model(batch, return_weights=True) if model.attends else (model(batch), None)
            loss = aim.loss(logits, batch.labels)
            state.optimizer.zero_grad()
            loss.backward()
            if plan.clip_norm < math.inf:
                clip_grad_norm_(model.parameters(), plan.clip_norm)
            state.optimizer.step()
            state.schedule.step()
            if weights is not None:
                weight_log.weights(state.step, weights)
            state.step += 1
            total += loss.item() * len(units)
    return total / aim.number


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


def _measures(model: AttentionRecommender, aim: Binary | Softmax) -> dict[str, float]:
    """Of the validation rows, and what a constant and counting reach there."""
    logits = logits_of(model, aim.valid)
    aim.settle(model, logits)
    return aim.measures(logits) | aim.beside


def _compare(history: pd.DataFrame, steps: int, tell: Callable[[str], None], *, advice: str) -> None:
    """Say plainly when the best epoch is no better than a constant, or than counting."""
    best = history.loc[history["valid_loss"].idxmin()]
    if best["valid_loss"] >= best["constant_loss"]:
        warnings.warn(
            f"the model is no better than a constant: after {steps:,} steps its validation loss is "
            f"{best['valid_loss']:.4f}, that of a constant {best['constant_loss']:.4f}; {advice}",
            stacklevel=3,
        )
    if best["valid_auc"] <= best["popularity_auc"]:
        tell(
            f"counting the last {COUNTED_DAYS} days orders the validation rows as well as the model: "
            f"AUC {best['popularity_auc']:.3f} against {best['valid_auc']:.3f}"
        )


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
