"""Peers of the recommender on the same content: a flat matrix of shopper and product."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional as F

import attnviz as av

Predict = Callable[[np.ndarray], np.ndarray]
TEXT_COMPONENTS = 32


@dataclass(frozen=True)
class Matrix:
    """A log's rows as numbers: profile, tags, brand, category, price, and components of the mean sentence."""

    log: av.InteractionLog
    x: np.ndarray  # (row, number) float32
    y: np.ndarray  # (row,)

    @classmethod
    def of_parts(cls, parts: dict[str, av.InteractionLog]) -> dict[str, "Matrix"]:
        """One matrix a part; the components of the text are those of the training rows."""
        read = {name: _read(log) for name, log in parts.items()}
        components = PCA(TEXT_COMPONENTS, whiten=True, random_state=0).fit(read["train"][1])

        def matrix(log: av.InteractionLog, numbers: np.ndarray, text: np.ndarray) -> "Matrix":
            x = np.hstack([numbers, components.transform(text)]).astype(np.float32)
            return cls(log, x, log.interactions["label"].to_numpy().copy())

        return {name: matrix(log, *read[name]) for name, log in parts.items()}


def _read(log: av.InteractionLog) -> tuple[np.ndarray, np.ndarray]:
    batch = log.batch(slice(None), log.schema)
    columns = [batch.profile, batch.fields["price"].unsqueeze(1)]
    columns += [
        _hot(batch.fields[name], len(log.schema.vocabularies[name])) for name in log.schema.vocabularies
    ]
    known = (batch.fields["reviews"] >= 0).unsqueeze(-1)
    sentences = batch.sentences[batch.fields["reviews"].clamp(min=0)] * known  # (row, sentence, text_dim)
    text = sentences.sum(1) / known.sum(1).clamp(min=1)
    return torch.cat(columns, dim=1).numpy(), text.numpy()


def _hot(positions: Tensor, size: int) -> Tensor:
    return F.one_hot(positions.reshape(len(positions), -1) + 1, size + 1).sum(1)[:, 1:].float()


def logistic_regression(train: Matrix, valid: Matrix, *, trial: int, seed: int) -> Predict:
    """A weight a number; no shopper meets a product in it."""
    model = LogisticRegression(C=(1.0, 0.01, 100.0)[trial], max_iter=500).fit(train.x, train.y)
    return lambda x: model.predict_proba(x)[:, 1]


def boosted_trees(train: Matrix, valid: Matrix, *, trial: int, seed: int) -> Predict:
    """Gradient boosting on histograms, stopped early on the validation rows."""
    model = HistGradientBoostingClassifier(
        learning_rate=(0.1, 0.2, 0.05)[trial], max_iter=400, early_stopping=True, random_state=seed
    )
    model.fit(train.x, train.y, X_val=valid.x, y_val=valid.y)
    return lambda x: model.predict_proba(x)[:, 1]


class _Factors(nn.Module):
    def __init__(self, num_numbers: int, num_factors: int):
        super().__init__()
        self.linear = nn.Linear(num_numbers, 1)
        self.factors = nn.Linear(num_numbers, num_factors, bias=False)
        nn.init.normal_(self.factors.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        squares = (x**2) @ (self.factors.weight.T**2)
        return (self.linear(x) + 0.5 * (self.factors(x) ** 2 - squares).sum(1, keepdim=True)).squeeze(-1)


def factorisation_machine(train: Matrix, valid: Matrix, *, trial: int, seed: int) -> Predict:
    """Rendle (2010): all pairs of numbers, through factors."""
    torch.manual_seed(seed)
    return _train(_Factors(train.x.shape[1], 16), train, valid, learning_rate=(3e-3, 1e-2, 1e-3)[trial])


def mlp(train: Matrix, valid: Matrix, *, trial: int, seed: int) -> Predict:
    """Two hidden layers."""
    torch.manual_seed(seed)
    width = train.x.shape[1]
    layers = (
        nn.Linear(width, 128),
        nn.GELU(),
        nn.Dropout(0.1),
        nn.Linear(128, 64),
        nn.GELU(),
        nn.Linear(64, 1),
    )
    return _train(
        nn.Sequential(*layers, nn.Flatten(0)), train, valid, learning_rate=(3e-3, 1e-2, 1e-3)[trial]
    )


def _train(
    model: nn.Module, train: Matrix, valid: Matrix, *, learning_rate: float, epochs: int = 15
) -> Predict:
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-2)
    steps = epochs * -(-len(train.y) // 1024)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=learning_rate, total_steps=steps)
    x, y = torch.from_numpy(train.x), torch.from_numpy(train.y).float()
    x_valid, y_valid = torch.from_numpy(valid.x), torch.from_numpy(valid.y).float()
    best = (float("inf"), {})
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(y)).split(1024):
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(model(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            loss = F.binary_cross_entropy_with_logits(model(x_valid), y_valid).item()
        if loss < best[0]:
            best = (loss, copy.deepcopy(model.state_dict()))
    model.load_state_dict(best[1])

    def predict(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.from_numpy(x)).sigmoid().numpy()

    return predict
