"""Opponents of the recommender on the same content: a flat matrix of shopper and product.

The factorisation machine and the deep-and-cross network are those of deepctr-torch:

    pip install --no-deps -r benchmarks/requirements.txt

(Whoever imports it asks PyPI for its newest version; without a network it says so and goes on.)
"""

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional as F

import attnviz as av

Predict = Callable[[np.ndarray], np.ndarray]
TEXT_COMPONENTS = 32
CROSSINGS = 3  # the last columns of a matrix
NUM_BINS = 8


@dataclass(frozen=True)
class Matrix:
    """A log's rows as numbers.

    Profile, log price, tags, brand and category (0 or 1), components of the mean sentence, a linear score of
    it, and three crossings: how far her tastes agree with the tags, her affinity to the brand, her budget
    less the log price.
    """

    log: av.InteractionLog
    x: np.ndarray  # (row, number) float32
    y: np.ndarray  # (row,)

    @classmethod
    def of_parts(cls, parts: dict[str, av.InteractionLog]) -> dict[str, "Matrix"]:
        """One matrix a part; components and score of the text are learned from the training rows."""
        labels = {name: log.interactions["label"].to_numpy().copy() for name, log in parts.items()}
        read = {name: _read(log) for name, log in parts.items()}
        components = PCA(TEXT_COMPONENTS, whiten=True, random_state=0).fit(read["train"][1])
        score = LogisticRegression(max_iter=500).fit(read["train"][1], labels["train"])

        def matrix(log: av.InteractionLog, numbers: np.ndarray, text: np.ndarray) -> np.ndarray:
            texts = components.transform(text), score.decision_function(text)[:, None]
            return np.hstack([numbers, *texts, _crossings(log)]).astype(np.float32)

        return {name: cls(log, matrix(log, *read[name]), labels[name]) for name, log in parts.items()}


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


def _crossings(log: av.InteractionLog) -> np.ndarray:
    """What a shop would cross (row, crossing): tastes × tags, affinity to the brand, budget − price."""
    items, users = log.items.set_index("item_id"), log.users.set_index("user_id")
    tags = items["tags"].str.join("|").str.get_dummies()
    brands = pd.get_dummies(items["brand"])
    item, user = (
        frame.index.get_indexer(log.interactions[name])
        for frame, name in ((items, "item_id"), (users, "user_id"))
    )
    tastes = users[[f"taste {tag}" for tag in tags]].to_numpy()
    affinities = users[[f"affinity {brand}" for brand in brands]].to_numpy()
    return np.column_stack([
        (tastes[user] * tags.to_numpy()[item]).sum(1),
        (affinities[user] * brands.to_numpy()[item]).sum(1),
        users["budget"].to_numpy()[user] - np.log(items["price"].to_numpy()[item]),
    ])  # fmt: skip


def boosted_trees(train: Matrix, valid: Matrix, *, trial: int, seed: int, crossed: bool = True) -> Predict:
    """Gradient boosting on histograms, stopped early on the validation rows."""
    columns = slice(None) if crossed else slice(-CROSSINGS)
    model = HistGradientBoostingClassifier(
        learning_rate=(0.1, 0.05, 0.2)[trial], max_iter=400, early_stopping=True, random_state=seed
    )
    model.fit(train.x[:, columns], train.y, X_val=valid.x[:, columns], y_val=valid.y)
    return lambda x: model.predict_proba(x[:, columns])[:, 1]


def factorisation_machine(train: Matrix, valid: Matrix, *, trial: int, seed: int) -> Predict:
    """Rendle (2010): all pairs of features, through factors. A number is a feature for each of its bins."""
    from deepctr_torch.inputs import SparseFeat
    from deepctr_torch.models import DeepFM

    edges = [_edges(column) for column in train.x.T]

    def bins(x: np.ndarray) -> np.ndarray:
        return np.column_stack([np.searchsorted(e, column) for e, column in zip(edges, x.T, strict=True)])

    features = [SparseFeat(f"f{i}", len(e) + 1, embedding_dim=16) for i, e in enumerate(edges)]
    model = DeepFM(features, features, dnn_hidden_units=(), init_std=0.02, seed=seed)
    return _train(model, bins, train, valid, trial=trial)


def deep_and_cross(train: Matrix, valid: Matrix, *, trial: int, seed: int) -> Predict:
    """DCN-v2 (Wang et al., 2021): two layers of crossings beside a network of two hidden layers."""
    from deepctr_torch.inputs import DenseFeat
    from deepctr_torch.models import DCN

    features = [DenseFeat("x", train.x.shape[1])]
    model = DCN(features, features, cross_parameterization="matrix", dnn_hidden_units=(128, 64),
                dnn_dropout=0.5, init_std=0.05, seed=seed)  # fmt: skip
    center, scale = train.x.mean(0), train.x.std(0) + 1e-6
    return _train(model, lambda x: (x - center) / scale, train, valid, trial=trial)


def _edges(column: np.ndarray) -> np.ndarray:
    values = np.unique(column)
    if len(values) <= NUM_BINS:
        return (values[1:] + values[:-1]) / 2
    return np.unique(np.quantile(column, np.arange(1, NUM_BINS) / NUM_BINS))


def _train(model, prepare: Callable, train: Matrix, valid: Matrix, *, trial: int) -> Predict:
    """Train a model of deepctr-torch; the epoch with the lowest validation loss counts."""
    from deepctr_torch.callbacks import EarlyStopping

    rate, decay = ((3e-3, 3.0), (1e-3, 1.0), (3e-3, 0.1))[trial]
    best = EarlyStopping("val_binary_crossentropy", patience=3, restore_best_weights=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    model.compile(optimizer, "binary_crossentropy", metrics=["binary_crossentropy"])
    with redirect_stdout(io.StringIO()):
        model.fit([prepare(train.x)], train.y, batch_size=1024, epochs=10, verbose=0, callbacks=[best],
                  validation_data=([prepare(valid.x)], valid.y))  # fmt: skip
    model.load_state_dict(best.best_weights)
    return lambda x: model.predict([prepare(x)], batch_size=8192).squeeze(1)
