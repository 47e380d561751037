"""Would people have pointed at the same words, and is it these words that the model needs? On Yelp-HAT.

    ATTNVIZ_REAL_DATA=FOLDER python -m benchmarks people     # writes book/_results/people.csv

FOLDER/yelp_hat/ham_part1.csv.gz holds 300 reviews in which three people each marked the words that told them
the sentiment. The model is MiniLM, frozen, with a logistic regression on its pooled vector (the mean over
tokens, length 1). All that is said of a review comes from a head that was trained on nine tenths of the
others; so does the list of words, a logistic regression on which words occur. "Longest words" looks at no
model: its score of a word is the number of letters.

Each method gives every word of a review a score, the sum over its tokens. Attributions point to the answer
that the model gives: a word that speaks against it has a score below 0.
f1 and iou: of two people a and b of a review, the method is told how many words a marked, takes as many, and
is compared with the words of b; the mean over the six pairs. "People" is a herself, so that she and the
methods choose equally many words. ap: average precision of the scores for the words of b, the mean over b.
fall_*: the logit of the model's own answer, less the one without as many words as a person marked on average:
the highest scores, or the words that most people marked. fall_mask: their tokens are masked out of attention
and of the mean. fall_baseline: they are replaced by [MASK].
Intervals are 95% bootstrap intervals over the reviews. "*_over_random" and "fall_*_over_people" are means of
the difference, review by review.
"""

import os
from collections.abc import Callable
from functools import cache
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

import attnviz as av
from attnviz.language.models import load_model, load_tokenizer, model_folder
from attnviz.storage import whole

ROWS, DRAWS, FOLDS, STEPS = 4, 3, 10, 20
KEPT = Path(__file__).parents[1] / "_build" / "people"
INSIDE = (
    "attention, last layer",
    "weight × value norm, last layer",
    "rollout",
    "rollout of weight × value norm",
    "gradient-weighted attention",
)


class Sentiment:
    """MiniLM with one head a review: the head that was trained without it."""

    def __init__(self, words: list[list[str]], labels: np.ndarray):
        self.words, self.labels = words, labels
        self.tokenizer = load_tokenizer(model_folder("minilm"))
        self.model = load_model(model_folder("minilm")).requires_grad_(False)
        table = self.model.get_input_embeddings().weight
        self.missing = table[self.tokenizer.mask_token_id]  # (dim,), what stands where a word was taken away
        self.pooled = torch.cat([self._pooled(*self.tokens(rows)[:2]) for rows in batches(len(words))])
        self.heads, self.biases = self._heads()
        self.logits = (self.pooled * self.heads).sum(1) + self.biases
        self.sides = torch.where(self.logits > 0, 1.0, -1.0)  # the answer that the model gives

    def tokens(self, rows: slice) -> tuple[Tensor, Tensor, Tensor]:
        """Embeddings (batch, token, dim), attention mask (batch, token), word of each token or −1."""
        inputs = self.tokenizer(self.words[rows], is_split_into_words=True, padding=True, return_tensors="pt")
        places = [inputs.word_ids(row) for row in range(len(inputs["input_ids"]))]
        word_of = torch.tensor([[-1 if place is None else place for place in row] for row in places])
        return self.model.get_input_embeddings()(inputs["input_ids"]), inputs["attention_mask"], word_of

    def args(self, rows: slice) -> tuple[Tensor, ...]:
        """What `from_gates` takes beside the gates."""
        return *self.tokens(rows), self.heads[rows], self.biases[rows], self.sides[rows]

    def gates(self, rows: slice) -> Tensor:
        """All gates open, (batch, word, 1)."""
        return torch.ones(len(self.words[rows]), len(self.words[0]), 1)

    def from_embeddings(self, embeddings, attention, heads, biases, sides) -> Tensor:
        """The logit of the answer that the model gave to the whole review, (batch,)."""
        return sides * ((self._pooled(embeddings, attention) * heads).sum(1) + biases)

    def from_gates(self, gates, embeddings, attention, word_of, *head, mask=None) -> Tensor:
        """The same with a gate a word (batch, word, 1): at 1 its tokens stand, at 0 [MASK] stands instead."""
        gate = per_token(gates[:, :, 0], word_of).unsqueeze(-1)  # (batch, token, 1)
        if mask is not None:
            attention = attention * per_token(mask.long(), word_of)
        return self.from_embeddings(gate * embeddings + (1 - gate) * self.missing, attention, *head)

    def _pooled(self, embeddings: Tensor, attention: Tensor) -> Tensor:
        last = self.model(inputs_embeds=embeddings, attention_mask=attention).last_hidden_state
        mask = attention.unsqueeze(-1).to(last.dtype)
        return F.normalize((last * mask).sum(1) / mask.sum(1), dim=-1)  # (batch, dim)

    def _heads(self) -> tuple[Tensor, Tensor]:
        heads, biases = torch.zeros_like(self.pooled), torch.zeros(len(self.pooled))
        for train, held_out in folds(self.labels):
            fit = LogisticRegression(C=10, max_iter=1000).fit(self.pooled[train].numpy(), self.labels[train])
            heads[held_out] = torch.tensor(fit.coef_[0], dtype=torch.float32)
            biases[held_out] = float(fit.intercept_[0])
        return heads, biases


def per_token(values: Tensor, word_of: Tensor) -> Tensor:
    """Values of words (batch, word) at their tokens (batch, token); 1 at a token of no word."""
    return torch.where(word_of < 0, torch.ones_like(values[:1, :1]), values.gather(1, word_of.clamp(min=0)))


def batches(count: int, size: int = ROWS) -> list[slice]:
    """Slices of so many rows."""
    return [slice(start, start + size) for start in range(0, count, size)]


def folds(labels: np.ndarray):
    """Rows to train on, and rows that are held out, ten times."""
    return StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels)


def integrated_gradients(model: Sentiment) -> Tensor:
    """Integrated gradients from [MASK], (review, word)."""
    found = []
    for rows in tqdm(batches(len(model.words)), desc="integrated gradients", mininterval=10):
        gates, args = model.gates(rows), model.args(rows)
        options = dict(method="integrated_gradients", baselines=0.0, forward_args=args, num_steps=STEPS)
        found.append(av.attribute(model.from_gates, gates, **options))
    return torch.cat(found)


def gaps(model: Sentiment, attributions: Tensor) -> Tensor:
    """What the attributions lack of the logit, (review,)."""
    options = [dict(baselines=0.0, forward_args=model.args(rows)) for rows in batches(len(model.words))]
    parts = zip(batches(len(model.words)), options, strict=True)
    return torch.cat(
        [
            av.completeness_gap(model.from_gates, model.gates(rows), attributions[rows], **one)
            for rows, one in parts
        ]
    )


def gradient_x_input(model: Sentiment) -> Tensor:
    """Gradient times token embedding, (review, word)."""
    found = []
    for rows in batches(len(model.words)):
        embeddings, attention, word_of, *head = model.args(rows)
        tokens = av.attribute(
            model.from_embeddings,
            embeddings,
            method="gradient_x_input",
            baselines=0.0,
            forward_args=(attention, *head),
        )
        found.append(av.metrics.word_scores(tokens, word_of, len(model.words[0])))
    return torch.cat(found)


def assert_captum_agrees(model: Sentiment) -> None:
    """Gates give what Captum's LayerIntegratedGradients gives at the embedding layer, summed to words."""
    from captum.attr import LayerIntegratedGradients

    rows = slice(0, 2)
    _, attention, word_of, *head = model.args(rows)
    ids = model.tokenizer(model.words[rows], is_split_into_words=True, padding=True, return_tensors="pt")
    layer = model.model.get_input_embeddings()
    baselines = torch.where(word_of < 0, ids["input_ids"], model.tokenizer.mask_token_id)

    def forward(ids, attention, *head):
        return model.from_embeddings(layer(ids), attention, *head)

    layer.requires_grad_(True)
    tokens = LayerIntegratedGradients(forward, layer).attribute(
        ids["input_ids"], baselines, additional_forward_args=(attention, *head), n_steps=STEPS
    )
    layer.requires_grad_(False)
    theirs = av.metrics.word_scores(tokens.sum(-1).detach(), word_of, len(model.words[0]))
    ours = av.attribute(
        model.from_gates,
        model.gates(rows),
        method="integrated_gradients",
        baselines=0.0,
        forward_args=model.args(rows),
        num_steps=STEPS,
    )
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)


def word_list(model: Sentiment) -> tuple[Tensor, np.ndarray]:
    """Coefficients of a bag of words towards the model's answer, (review, word), and its own answers."""
    texts = [" ".join(words) for words in model.words]
    scores, answers = torch.zeros(len(texts), len(model.words[0])), np.zeros(len(texts), dtype=int)
    for train, held_out in folds(model.labels):
        bag = CountVectorizer(binary=True)
        fit = LogisticRegression(max_iter=1000).fit(
            bag.fit_transform([texts[i] for i in train]), model.labels[train]
        )
        known = dict(zip(bag.get_feature_names_out(), fit.coef_[0], strict=True))
        split = cache(bag.build_analyzer())
        for i in held_out:
            scores[i] = torch.tensor(
                [sum(known.get(part, 0.0) for part in split(word)) for word in model.words[i]]
            )
            answers[i] = fit.predict(bag.transform([texts[i]]))[0]
    return scores * model.sides[:, None], answers


def from_inside(model: Sentiment) -> Tensor:
    """What attention says, (method, review, word): the mean over queries, for the pooled vector is a mean."""
    found: dict[str, list[Tensor]] = {}
    for row, words in enumerate(tqdm(model.words, desc="attention", mininterval=10)):

        def answer(output, row=row) -> Tensor:
            pooled = F.normalize(output.last_hidden_state[0].mean(0), dim=-1)
            return model.sides[row] * (pooled @ model.heads[row])

        inside = av.attention_inside("minilm", " ".join(words), target=answer)
        arriving = av.attention.norm_weighted(inside.weights, inside.value_norms)
        maps = {
            "attention, last layer": inside.weights[-1].mean(0),
            "weight × value norm, last layer": arriving[-1].mean(0),
            "rollout": av.rollout(inside.weights),
            "rollout of weight × value norm": av.rollout(arriving),
            "gradient-weighted attention": av.attention.gradient_weighted(inside.weights, inside.gradients),
        }
        _, _, word_of = model.tokens(slice(row, row + 1))
        for method, one in maps.items():  # one is (query, key)
            found.setdefault(method, []).append(
                av.metrics.word_scores(one.mean(0)[None], word_of, len(words))
            )
    assert tuple(found) == INSIDE
    return torch.stack([torch.cat(rows) for rows in found.values()])


def likeness(scores: Tensor, marks: Tensor, own: bool = False) -> dict[str, Tensor]:
    """f1, iou and ap of scores (review, word) for marks (review, annotator, word); own: a person's marks."""
    measures: dict[str, list[Tensor]] = {"f1": [], "iou": [], "ap": []}
    for a, b in permutations(range(marks.shape[1]), 2):
        one, other = marks[:, a], marks[:, b]
        chosen = one if own else av.metrics.top_words(scores, one.sum(1))
        measures["f1"].append(av.metrics.token_f1(chosen, other))
        measures["iou"].append(av.metrics.intersection_over_union(chosen, other))
        measures["ap"].append(av.metrics.average_precision(one.float() if own else scores, other))
    return {name: torch.stack(values).nanmean(0) for name, values in measures.items()}


@torch.no_grad()
def falls(model: Sentiment, scores: Tensor, counts: Tensor) -> dict[str, Tensor]:
    """How far the logit falls when as many words are taken away as counts (review,) says."""
    left = ~av.metrics.top_words(scores, counts)
    found: dict[str, list[Tensor]] = {"fall_mask": [], "fall_baseline": []}
    for rows in batches(len(model.words), 16):
        gates, args = model.gates(rows), model.args(rows)
        found["fall_mask"].append(model.from_gates(gates, *args, mask=left[rows]))
        found["fall_baseline"].append(model.from_gates(gates * left[rows].unsqueeze(-1), *args))
    return {name: model.logits.abs() - torch.cat(logits) for name, logits in found.items()}


def assert_comprehensiveness_agrees(model: Sentiment, scores: Tensor, counts: Tensor) -> None:
    """The package takes words away one review after the other, and finds the same falls."""
    found = falls(model, scores, counts)
    for row, how in product(range(3), ("mask", "baseline")):
        rows = slice(row, row + 1)
        options = dict(how=how, baselines=0.0, forward_args=model.args(rows))
        removal = av.Removal(model.from_gates, model.gates(rows), **options)
        fall = av.comprehensiveness(removal, scores[rows], top_k=int(counts[row]))
        torch.testing.assert_close(fall, found[f"fall_{how}"][rows], atol=1e-4, rtol=1e-4)


def at_random(model: Sentiment, marks: Tensor, counts: Tensor) -> dict[str, Tensor]:
    """The mean over random scores."""
    shape, generator = (len(marks), marks.shape[2]), torch.Generator().manual_seed(0)
    draws = [torch.rand(shape, generator=generator) for _ in range(DRAWS)]
    found = [likeness(scores, marks) for scores in draws]
    found = [one | falls(model, scores, counts) for one, scores in zip(found, draws, strict=True)]
    return {name: torch.stack([one[name] for one in found]).mean(0) for name in found[0]}


def everything(marks: Tensor) -> dict[str, Tensor]:
    """All words are taken, whatever a marked; scored alike, for the average precision."""
    people = [marks[:, b] for b in range(marks.shape[1])]
    measures = {"f1": av.metrics.token_f1, "iou": av.metrics.intersection_over_union}
    found = {
        name: [measure(torch.ones_like(one), one) for one in people] for name, measure in measures.items()
    }
    found["ap"] = [av.metrics.average_precision(torch.ones(one.shape), one) for one in people]
    return {name: torch.stack(values).nanmean(0) for name, values in found.items()}


def table_of(found: dict[str, dict[str, Tensor]], base: list[tuple]) -> pd.DataFrame:
    """One row a method and measure, with the interval; the differences too."""
    rows = list(base)
    for method, measures in found.items():
        for name, values in measures.items():
            rows.append((method, name, *av.metrics.bootstrap_interval(values)))
            other = "people" if name.startswith("fall") else "random"
            if method != other:
                beyond = values - found[other][name]
                rows.append((method, f"{name}_over_{other}", *av.metrics.bootstrap_interval(beyond)))
    return pd.DataFrame(rows, columns=["method", "measure", "mean", "low", "high", "undefined"])


def kept(name: str, make: Callable[[], Tensor]) -> Tensor:
    """The scores of a method, made once and kept in _build/people; remove that folder to make them anew."""
    path = KEPT / f"{name}.npy"
    if not path.exists():
        scores = make().numpy()
        with whole(path) as draft, draft.open("wb") as file:
            np.save(file, scores)
    return torch.from_numpy(np.load(path))


def measure() -> pd.DataFrame:
    """Score, compare and take away."""
    torch.manual_seed(0)
    path = Path(os.environ["ATTNVIZ_REAL_DATA"]) / "yelp_hat" / "ham_part1.csv.gz"
    reviews = av.data.read_yelp_hat(path).reviews
    model = Sentiment(reviews["words"].tolist(), reviews["label"].to_numpy())
    assert_captum_agrees(model)
    listed, answers = word_list(model)
    integrated = kept("integrated_gradients", lambda: integrated_gradients(model))
    scores = {
        **dict(zip(INSIDE, kept("inside", lambda: from_inside(model)), strict=True)),
        "gradient × input": gradient_x_input(model),
        "integrated gradients": integrated,
        "word list": listed,
        "longest words": torch.tensor([[float(len(word)) for word in words] for words in model.words]),
    }
    marks = torch.tensor(np.stack(reviews["marks"]))  # (review, annotator, word)
    counts = marks.sum((1, 2)).div(marks.shape[1]).round().clamp(min=1)
    assert_comprehensiveness_agrees(model, integrated, counts)
    found = {
        "random": at_random(model, marks, counts),
        "all words": everything(marks),
        "people": likeness(marks.sum(1), marks, own=True) | falls(model, marks.sum(1).float(), counts),
    }
    for method, one in scores.items():
        found[method] = likeness(one, marks) | falls(model, one, counts)
        print(
            f"{method:32}", {name: round(values.mean().item(), 3) for name, values in found[method].items()}
        )
    right = torch.tensor(((model.logits > 0).numpy() == model.labels).astype(float))
    said = np.stack(reviews["answers"]) == np.where(model.labels, "yes", "no")[:, None]
    base = [
        ("model", "accuracy", *av.metrics.bootstrap_interval(right)),
        (
            "word list",
            "accuracy",
            *av.metrics.bootstrap_interval(torch.tensor((answers == model.labels).astype(float))),
        ),
        ("people", "accuracy", *av.metrics.bootstrap_interval(torch.tensor(said.mean(1)))),
        ("people", "marked_share", *av.metrics.bootstrap_interval(marks.double().mean((1, 2)))),
        ("model", "logit", *av.metrics.bootstrap_interval(model.logits.abs())),
        ("integrated gradients", "gap", *av.metrics.bootstrap_interval(gaps(model, integrated).abs())),
    ]
    return table_of(found, base)
