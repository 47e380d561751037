"""Jain and Wallace (2019) on our own texts: do weights agree with gradients, and would other weights do?

    ATTNVIZ_REAL_DATA=FOLDER python -m benchmarks jain_wallace   # writes book/_results/jain_wallace.csv
    python -m benchmarks jain_wallace --texts planted            # without real data

Is a text good or bad? Reviews of Yelp (FOLDER/yelp_hat) by their label, of All_Beauty
(FOLDER/amazon2018_all_beauty) by 4 or 5 stars against 1 or 2, and planted ones by what they say of the
aspects that count; each text once. Four classifiers: encoder "bilstm" or "average", attention "additive" or
"dot". Five trainings, each with its own seed and its own fifth of the texts held out, an eighth of the others
for early stopping. Of each, at most `num_tested` held-out texts are measured. Texts of fewer than five words
are left out: no tau of four words is significant.

tau_gradient: Kendall's tau between the weights and the gradients; as in the paper, a gradient is the size of
that by the word's one-hot vector, with the weights kept as they are. tau_leave_one_out: between the weights
and how far the probability moves when the word is cut out. tau_between: between these two.
significant_*: the share with p < .05.
change: the median over 100 permutations of the weights of how far the probability moves;
change_LOW_to_HIGH: of texts with the largest weight in these bounds.
js_adversarial: how far, in bits, the weights can go while the probability moves by .01 at most. It is exact,
for the logit is linear in them. far_adversarial: the share above .6 nats, of the ln 2 = .69 nats there are.
std is over texts; of accuracy and f1, the mean of both labels' F1, over trainings. Intervals draw whole
trainings again, of which there are only five. The rows "SST, published" are the authors' own.
"""

import os
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch import Tensor
from tqdm import tqdm

import attnviz as av
from attnviz.data.planted import deciding_sentiment
from attnviz.data.readers.json_lines import read_json_lines
from attnviz.plots.style import INK, LINE, LINES, MUTED, make_axes

from .results import Result
from .text_classifier import (
    PADDING,
    TextClassifier,
    Texts,
    as_numbers,
    fit,
    gradients,
    leave_one_out,
    vocabulary,
    words_of,
)

TEXTS = ("planted", "all_beauty", "yelp_hat")
MODELS = tuple(product(("average", "bilstm"), ("additive", "dot")))
FOLDS, LEAST_WORDS, EPSILON, FAR = 5, 5, 0.01, 0.6 / np.log(2)
EDGES = (0, 0.25, 0.5, 0.75, 1)
SST = "SST, published"
SOURCES = {SST: SST, "planted": "planted", "all_beauty": "All_Beauty", "yelp_hat": "Yelp"}
COLOURS = (MUTED, *LINES[:3])
COMPARED = {"tau_gradient": "weights and gradients", "tau_leave_one_out": "weights and leave-one-out"}
# Mean, standard deviation and share significant over the test texts of SST, from what the authors keep beside
# their code: github.com/successar/AttentionExplanation, commit 752b779, graph_outputs/CorrStats_kendalltau.
# Row "al" there is what GradientPval_kendalltau has of weights and gradients, so "ag" is leave-one-out.
PUBLISHED = {
    ("bilstm", "additive"): {"gradient": (0.3512, 0.2109, 0.49), "leave_one_out": (0.2913, 0.1912, 0.36)},
    ("bilstm", "dot"): {"gradient": (0.0735, 0.2049, 0.09), "leave_one_out": (0.0636, 0.2004, 0.07)},
    ("average", "additive"): {"gradient": (0.6058, 0.2012, 0.85), "leave_one_out": (0.6226, 0.1547, 0.88)},
    ("average", "dot"): {"gradient": (0.3473, 0.2169, 0.50), "leave_one_out": (0.3140, 0.1751, 0.42)},
}


def labelled(name: str) -> tuple[list[list[str]], np.ndarray]:
    """The texts of a source, each once and as words, and their labels (text,), 0 or 1."""
    once = {tuple(words_of(text)): sign for text, sign in signed(name) if sign != 0}
    chosen = {words: sign for words, sign in once.items() if len(words) >= LEAST_WORDS}
    return [list(words) for words in chosen], np.array([int(sign > 0) for sign in chosen.values()])


def signed(name: str) -> Iterator[tuple[str, float]]:
    """Texts, each with a number above 0 if it is good, below 0 if it is bad."""
    if name == "planted":
        shop = av.planted_shop(num_users=500, num_items=600, num_interactions=8000)
        yield from ((text, deciding_sentiment(text)[0]) for text in shop.past["review"])
    elif name == "all_beauty":
        for _, row in read_json_lines(real_data("amazon2018_all_beauty/All_Beauty_5.json.gz")):
            yield row.get("reviewText", ""), row["overall"] - 3
    else:
        reviews = av.data.read_yelp_hat(real_data("yelp_hat/ham_part1.csv.gz")).reviews
        yield from zip(map(" ".join, reviews["words"]), reviews["label"] - 0.5, strict=True)


def real_data(path: str) -> Path:
    """A file of the real data."""
    if not (folder := os.environ.get("ATTNVIZ_REAL_DATA")):
        raise SystemExit("set ATTNVIZ_REAL_DATA to the folder that holds yelp_hat, or give --texts planted")
    return Path(folder) / path


def parts_of(texts: list[list[str]], labels: np.ndarray, seed: int) -> tuple[Texts, Texts, Texts, int]:
    """The texts of one training: to train on, for early stopping, held out; and how many words there are."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels)
    others, held_out = list(folds)[seed]
    train, valid = train_test_split(others, test_size=1 / 8, random_state=seed, stratify=labels[others])
    known = vocabulary(texts[row] for row in train)
    parts = [
        as_numbers([texts[row] for row in rows], labels[rows], known) for rows in (train, valid, held_out)
    ]
    return *parts, len(known) + 2


def read_texts(model: TextClassifier, words: Tensor) -> pd.DataFrame:
    """All that is measured of each of some texts (batch, word)."""
    mask = words != PADDING
    with torch.no_grad():
        weights = model(words)[1].double()
        values = model.values(model.hidden(model.embedding(words), mask)).double()
    by_gradient, by_removal = gradients(model, words).double(), leave_one_out(model, words)
    pairs = {
        "gradient": (weights, by_gradient),
        "leave_one_out": (weights, by_removal),
        "between": (by_gradient, by_removal),
    }
    found: dict[str, Tensor] = {}
    for name, pair in pairs.items():
        tau, p = av.metrics.kendall_tau(*pair, mask=mask, return_p_value=True)
        found |= {f"tau_{name}": tau, f"significant_{name}": (p < 0.05).double().where(~p.isnan(), torch.nan)}
    return pd.DataFrame(
        {name: one.numpy() for name, one in (found | other_weights(weights, values, mask)).items()}
    )


def other_weights(weights: Tensor, values: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """What permuted and adversarial weights do to each text, from weights and values (batch, word)."""

    def logits(given: Tensor) -> Tensor:
        return (given * values).sum(1)

    own = logits(weights)[:, None]
    permuted = own + av.permuted_weights(logits, weights, mask=mask)  # (batch, permutation)
    change = (permuted.sigmoid() - own.sigmoid()).abs().median(1).values
    furthest = av.adversarial_weights(logits, weights, epsilon=EPSILON, num_steps=0, mask=mask)
    found = {
        "change": change,
        "js_adversarial": furthest.distance,
        "far_adversarial": (furthest.distance > FAR).double(),
    }
    largest = weights.amax(1)
    for low, high in pairwise(EDGES):
        inside = (largest > low) & (largest <= high)
        found[f"change_{low}_to_{high}"] = change.where(inside, torch.nan)
    return found


def train_and_read(
    data: tuple[list[list[str]], np.ndarray],
    seed: int,
    *,
    encoder: str,
    attention: str,
    num_tested: int,
    epochs: int,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """One training: what is measured of the held-out texts, and how good the classifier is."""
    train, valid, held_out, num_words = parts_of(*data, seed)
    torch.manual_seed(seed)
    model = TextClassifier(num_words, encoder=encoder, attention=attention)
    fit(model, train, valid, epochs=epochs)
    with torch.no_grad():
        answers = (model(held_out.words)[0] > 0).float()
    quality = dict(
        accuracy=(answers == held_out.labels).float().mean().item(),
        f1=f1_score(held_out.labels, answers, average="macro"),
    )
    chosen = torch.randperm(len(held_out.words), generator=torch.Generator().manual_seed(seed))[:num_tested]
    by_length = chosen[(held_out.words[chosen] != PADDING).sum(1).argsort()]
    tables = [read_texts(model, held_out.at(rows).words) for rows in by_length.split(25)]
    return pd.concat(tables).assign(seed=seed), quality


def rows_of(
    name: str, encoder: str, attention: str, *, num_tested: int = 100, epochs: int = 12
) -> list[dict]:
    """Five trainings of one classifier on one source of texts: a row a measure."""
    data, rows = labelled(name), []
    options = dict(encoder=encoder, attention=attention, num_tested=num_tested, epochs=epochs)
    parts, qualities = zip(*(train_and_read(data, seed, **options) for seed in range(FOLDS)), strict=True)
    texts, quality = pd.concat(parts), pd.DataFrame(qualities).assign(seed=range(FOLDS))
    for table in (quality, texts):
        for measured, values in table.drop(columns="seed").items():
            mean, low, high, _ = av.metrics.bootstrap_interval(values, groups=table["seed"])
            row = dict(texts=name, encoder=encoder, attention=attention, measure=measured, mean=mean)
            rows.append(row | dict(low=low, high=high, std=values.std(), number=int(values.count())))
    return rows


def published() -> Iterator[dict]:
    """The authors' rows."""
    for (encoder, attention), compared in PUBLISHED.items():
        model = dict(texts=SST, encoder=encoder, attention=attention)
        for name, (mean, std, significant) in compared.items():
            yield dict(**model, measure=f"tau_{name}", mean=mean, std=std)
            yield dict(**model, measure=f"significant_{name}", mean=significant)


def measure(*, texts: tuple[str, ...] = TEXTS, num_tested: int = 100, epochs: int = 12) -> Result:
    """Train four classifiers on each source of texts, five times, and measure.

    Args:
        texts: The sources: planted, all_beauty, yelp_hat.
        num_tested: The most held-out texts of a training that are measured.
        epochs: The most passes over the texts of a training.
    """
    torch.set_num_threads(1)
    rows = list(published())
    for name, model in tqdm(list(product(texts, MODELS)), mininterval=10):
        rows += rows_of(name, *model, num_tested=num_tested, epochs=epochs)
    return Result(pd.DataFrame(rows), replace=["texts"])


def draw(table: pd.DataFrame) -> Figure:
    """Tau with gradients and with leave-one-out: a line a classifier, on it a mark a source of texts."""
    figure, axes = plt.subplots(
        1, 2, figsize=(7.2, 3.6), sharey=True, layout="constrained", facecolor="white"
    )
    for ax, (measured, title) in zip(axes, COMPARED.items(), strict=True):
        make_axes(ax, (7.2, 3.6)).axvline(0, color=LINE)
        rows = table[table["measure"] == measured].set_index(["texts", "encoder", "attention"])
        for place, source in enumerate(SOURCES):
            if source not in rows.index:
                continue
            part = rows.loc[source].loc[list(MODELS)]
            at = [line + 0.18 * (place - 1.5) for line in range(len(MODELS))]
            ax.hlines(at, part["low"], part["high"], color=COLOURS[place], linewidth=1.5)
            ax.plot(part["mean"], at, "Dos^"[place], color=COLOURS[place], label=SOURCES[source])
        ax.set_title(title, loc="left", fontsize=11, color=INK)
        ax.set(xlim=(-0.25, 1), xlabel="Kendall's tau, mean over texts")
    axes[0].set_yticks(
        range(len(MODELS)), [",\n".join(model).replace("bilstm", "BiLSTM") for model in MODELS]
    )
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    return figure
