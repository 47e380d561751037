"""The text classifier of Jain and Wallace (2019), its gradients, and what cutting a word out does.

An encoder, one attention over its vectors of the words, a linear head.
It is written from the paper, not from its code.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import attnviz as av
from attnviz.attention import attention_scores, masked_softmax

PADDING, UNKNOWN = 0, 1
MOST_WORDS = 100


class Texts(NamedTuple):
    """Texts as numbers of words: words (text, word), padded behind with 0, and labels (text,), 0 or 1."""

    words: Tensor
    labels: Tensor

    def at(self, rows: Tensor) -> "Texts":
        """Some texts, cut to the longest of them."""
        words = self.words[rows]
        return Texts(words[:, : (words != PADDING).sum(1).max()], self.labels[rows])


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, at most `MOST_WORDS`; signs and numbers are none."""
    return re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower().replace("\u2019", "'"))[:MOST_WORDS]


def vocabulary(texts: Iterable[list[str]]) -> dict[str, int]:
    """The number of each word that stands in two texts or more; 0 is padding, 1 any other word."""
    counts = Counter(word for text in texts for word in set(text))
    known = sorted(word for word, count in counts.items() if count > 1)
    return {word: number for number, word in enumerate(known, start=UNKNOWN + 1)}


def as_numbers(texts: list[list[str]], labels: Iterable[int], known: dict[str, int]) -> Texts:
    """Texts for the classifier."""
    rows = [torch.tensor([known.get(word, UNKNOWN) for word in text]) for text in texts]
    words = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PADDING)
    return Texts(words, torch.tensor([float(label) for label in labels]))


class TextClassifier(nn.Module):
    """One logit a text.

    Encoder "bilstm": a vector of each word in its surroundings. "average": a linear map of the word alone,
    with ReLU. Attention "additive": score = v · tanh(W h + b). "dot": score = q · h / sqrt(dim), with one
    learned q. The logit is linear in the weights.
    """

    def __init__(self, num_words: int, *, encoder: str, attention: str, dim: int = 128):
        super().__init__()
        self.embedding = nn.Embedding(num_words, dim, padding_idx=PADDING)
        if encoder == "bilstm":
            self.encoder: nn.Module = nn.LSTM(dim, dim // 2, bidirectional=True, batch_first=True)
        else:
            self.encoder = nn.Sequential(nn.Linear(dim, dim), nn.ReLU())
        self.query = nn.Parameter(torch.randn(dim if attention == "dot" else dim // 2) * dim**-0.5)
        self.additive = nn.Linear(dim, dim // 2) if attention == "additive" else None
        self.head = nn.Linear(dim, 1)

    def hidden(self, embeddings: Tensor, mask: Tensor) -> Tensor:
        """The encoder's vectors (batch, word, dim) of embeddings (batch, word, dim)."""
        if not isinstance(self.encoder, nn.LSTM):
            return self.encoder(embeddings)
        lengths = mask.sum(1).cpu()
        packed = pack_padded_sequence(embeddings, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.encoder(packed)[0], batch_first=True, total_length=mask.shape[1])[0]

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The attention weights (batch, word) over the encoder's vectors; exactly 0 at padding."""
        if self.additive is None:
            scores = attention_scores(self.query.expand(len(hidden), -1), hidden)
        else:
            scores = torch.tanh(self.additive(hidden)) @ self.query
        return masked_softmax(scores, mask)

    def values(self, hidden: Tensor) -> Tensor:
        """The logit of each word if it had all the weight, (batch, word)."""
        return self.head(hidden)[..., 0]

    def with_weights(self, embeddings: Tensor, mask: Tensor, weights: Tensor) -> Tensor:
        """Logits (batch,) of embeddings, with weights that are given."""
        return (weights * self.values(self.hidden(embeddings, mask))).sum(1)

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (batch,) and weights (batch, word) of the numbers of words (batch, word)."""
        mask = words != PADDING
        hidden = self.hidden(self.embedding(words), mask)
        weights = self.weights(hidden, mask)
        return (weights * self.values(hidden)).sum(1), weights


def batches(texts: Texts, size: int) -> list[Tensor]:
    """Rows of texts of nearly the same length, in random order: little padding is read."""
    order = torch.randperm(len(texts.words))
    parts = order[(texts.words[order] != PADDING).sum(1).argsort()].split(size)
    return [parts[place] for place in torch.randperm(len(parts))]


def fit(
    model: TextClassifier, train: Texts, valid: Texts, *, epochs: int, batch_size: int = 32, lr: float = 1e-3
) -> None:
    """Train, and keep the epoch with the least loss on `valid`. Both labels weigh the same in the loss."""
    positive = train.labels.mean()
    scale = (1 - positive) / positive
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=1e-5, amsgrad=True)
    best, kept = torch.inf, {}
    for _ in range(epochs):
        for rows in batches(train, batch_size):
            part = train.at(rows)
            loss = F.binary_cross_entropy_with_logits(model(part.words)[0], part.labels, pos_weight=scale)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            logits = model(valid.words)[0]
            now = F.binary_cross_entropy_with_logits(logits, valid.labels, pos_weight=scale).item()
        if now < best:
            best, kept = now, {name: values.clone() for name, values in model.state_dict().items()}
    model.load_state_dict(kept)
    model.eval()


def without_each(words: Tensor) -> Tensor:
    """One text (word,) without its first, second, ... word: (word, word - 1)."""
    others = ~torch.eye(len(words), dtype=torch.bool)
    return words.expand(len(words), -1)[others].view(len(words), -1)


def gradients(model: TextClassifier, words: Tensor) -> Tensor:
    """The size of the logit's gradient by each word's one-hot vector (batch, word), the weights kept."""
    mask = words != PADDING
    embeddings = model.embedding(words).detach()
    args = (mask, model(words)[1].detach())
    return av.attribute(
        model.with_weights, embeddings, method="gradient_x_input", baselines=0.0, forward_args=args
    ).abs()


@torch.no_grad()
def leave_one_out(model: TextClassifier, words: Tensor) -> Tensor:
    """How far the probability moves (batch, word) when a word is cut out and the text read anew."""
    changes = torch.zeros(words.shape, dtype=torch.float64)
    for row, length in enumerate((words != PADDING).sum(1).tolist()):
        text = words[row, :length]
        own, others = model(text[None])[0], model(without_each(text))[0]
        changes[row, :length] = (others.double().sigmoid() - own.double().sigmoid()).abs()
    return changes
