"""Training: one visible loop, a log of the weights, and checkpoints that survive a kill."""

import copy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from ..data.log import InteractionLog
from ..metrics.ranking import auc, log_loss
from .checkpoint import Checkpoint, fingerprint
from .model import AttentionRecommender
from .predict import predict
from .weight_log import WeightLog


@dataclass(frozen=True)
class _Plan:
    """The options of one training, as `fit` takes them."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int
    seed: int


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
        log_dir: A folder for TensorBoard: each field's mean weight, loss, AUC; see `read_weights`.
        log_every: Steps between two entries of the weights.
        checkpoint: A file that is written after each epoch, complete or not at all.
        resume: Go on from `checkpoint` where there is one; a finished training returns at once.
        progress: Show a progress bar.

    Returns:
        DataFrame epoch, train_loss, valid_loss, valid_auc: one row an epoch that was run.

    Raises:
        ValueError: If a log holds one class only, an option is out of range, or the checkpoint to resume
            belongs to another model, other options or other data.

    Example:
        >>> from attnviz import AttentionRecommender, planted_shop
        >>> train, valid, test = planted_shop(num_users=100, num_items=50, num_interactions=2000).split()
        >>> model = AttentionRecommender(train.schema, embed_dim=8)
        >>> history = fit(model, train, valid, epochs=2, progress=False)
        >>> history.columns.tolist(), len(history)
        (['epoch', 'train_loss', 'valid_loss', 'valid_auc'], 2)

    Taught in chapter 7.
    """
    plan = _Plan(epochs, batch_size, learning_rate, weight_decay, patience, seed)
    _check(plan, train, valid, num_threads=num_threads, log_every=log_every)
    run = _Run(model, train, plan)
    store = Checkpoint(checkpoint, fingerprint(model, train, valid, vars(plan))) if checkpoint else None
    if store and resume and store.exists():
        run.restore(store)
    weight_log = WeightLog(log_dir, model.fields, every=log_every, first_step=run.step)
    with _threads(num_threads), weight_log:
        for epoch in tqdm(
            range(run.epoch, epochs), desc="training", unit="epoch", disable=not progress, file=sys.stdout
        ):
            if run.is_over():
                break
            train_loss = run.train_epoch(epoch, weight_log)
            run.validate(epoch, train_loss, valid, weight_log)
            if store:
                store.write(*run.state())
    model.load_state_dict(run.best)
    model.eval()
    return pd.DataFrame(run.history)


class _Run:
    """Model, optimizer and what is known so far; everything that a checkpoint must hold."""

    def __init__(self, model: AttentionRecommender, train: InteractionLog, plan: _Plan):
        self.model, self.train, self.plan = model, train, plan
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
        )
        self.steps_per_epoch = -(-len(train) // plan.batch_size)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=plan.learning_rate, total_steps=plan.epochs * self.steps_per_epoch
        )
        self.epoch, self.step, self.history = 0, 0, []
        self.best = copy.deepcopy(model.state_dict())

    def train_epoch(self, epoch: int, weight_log: WeightLog) -> float:
        """One pass over the training rows; returns the mean loss."""
        self.model.train()
        total = 0.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.plan.seed * 100_003 + epoch)
            for rows in torch.randperm(len(self.train)).split(self.plan.batch_size):
                batch = self.train.batch(rows, self.model.schema)
                logits, weights = self.model(batch, return_weights=True)
                loss = F.binary_cross_entropy_with_logits(logits, batch.labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.schedule.step()
                weight_log.weights(self.step, weights)
                self.step += 1
                total += loss.item() * len(rows)
        return total / len(self.train)

    def validate(self, epoch: int, train_loss: float, valid: InteractionLog, weight_log: WeightLog) -> None:
        """Score the validation rows and keep the parameters if they are the best so far."""
        labels = torch.tensor(valid.interactions["label"].to_numpy())
        probabilities = torch.from_numpy(predict(self.model, valid))
        row = dict(
            epoch=epoch,
            train_loss=train_loss,
            valid_loss=float(log_loss(probabilities, labels)),
            valid_auc=float(auc(probabilities, labels)),
        )
        if row["valid_loss"] < min((past["valid_loss"] for past in self.history), default=float("inf")):
            self.best = copy.deepcopy(self.model.state_dict())
        self.history.append(row)
        self.epoch = epoch + 1
        weight_log.epoch(self.step - 1, row)

    def is_over(self) -> bool:
        """Whether the validation loss has not improved for `patience` epochs."""
        losses = [row["valid_loss"] for row in self.history]
        return bool(losses) and len(losses) - 1 - losses.index(min(losses)) >= self.plan.patience

    def state(self) -> tuple[dict[str, Tensor], dict]:
        """All tensors and all plain values that a resumed run needs."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        for place, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{place}.{name}": value for name, value in moments.items()}
        groups = self.optimizer.state_dict()["param_groups"]
        schedule = self.schedule.state_dict()
        return tensors, dict(
            epoch=self.epoch, step=self.step, history=self.history, groups=groups, schedule=schedule
        )

    def restore(self, store: Checkpoint) -> None:
        """Take up the state that `store` holds."""
        tensors, values = store.read()
        self.epoch, self.step, self.history = values["epoch"], values["step"], values["history"]
        self.model.load_state_dict(_under("model.", tensors))
        self.best = _under("best.", tensors)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer.", tensors).items():
            place, kind = name.split(".")
            moments.setdefault(int(place), {})[kind] = value
        self.optimizer.load_state_dict({"state": moments, "param_groups": values["groups"]})
        self.schedule.load_state_dict(values["schedule"])


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _check(plan: _Plan, train: InteractionLog, valid: InteractionLog, **counts: int) -> None:
    for name, value in (vars(plan) | counts).items():
        if name not in ("seed", "weight_decay") and not value > 0:
            raise ValueError(f"{name} must be above 0, got {value}")
    for name, log in (("train", train), ("valid", valid)):
        if log.interactions["label"].nunique() < 2:
            advice = "add negatives with sample_negatives()" if log.implicit else "use more rows"
            raise ValueError(f"{name} must hold labels 0 and 1, but all labels are the same: {advice}")
