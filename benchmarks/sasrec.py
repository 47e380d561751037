"""A small SASRec: causal self-attention over what a user took, in their order, says what she takes next.

Paper: Kang and McAuley (2018), Self-attentive sequential recommendation; here with a softmax over all items
in the place of one negative a step, which Klenitskiy and Vasilev (2023) found to be stronger.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .shelf_queries import Queries

LENGTH, BATCH_SIZE, EPOCHS, PATIENCE = 12, 128, 40, 3


class SASRec(nn.Module):
    """Two layers of causal self-attention; an item's score is the product of its vector and the last state.

    Args:
        num_items: Of the catalogue.
        dim: Length of an item's vector.
    """

    def __init__(self, num_items: int, dim: int):
        super().__init__()
        self.items = nn.Embedding(num_items + 1, dim, padding_idx=num_items)
        self.places = nn.Embedding(LENGTH, dim)
        nn.init.normal_(self.items.weight, std=dim**-0.5)
        layer = nn.TransformerEncoderLayer(
            dim, 1, 4 * dim, dropout=0.2, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 2, nn.LayerNorm(dim), enable_nested_tensor=False)

    def forward(self, taken: Tensor) -> Tensor:
        """Scores of the next item (user, place, item), from what was taken so far (user, place)."""
        width = taken.shape[1]
        causal = torch.ones(width, width, dtype=torch.bool).triu(1)  # True: does not see
        states = self.items(taken) + self.places.weight[:width]
        return self.layers(states, mask=causal) @ self.items.weight[:-1].T


def fit_sasrec(train: list[np.ndarray], valid: Queries, num_items: int, *, dim: int, seed: int) -> SASRec:
    """Train until the validation loss stops falling; the best epoch counts.

    Args:
        train: For each user the positions of her items, oldest first.
        valid: Those with a history count.
        num_items: Of the catalogue.
        dim: Of the model.
        seed: Of parameters, order and dropout.
    """
    known = valid.taken[:, 0] >= 0
    chosen = torch.from_numpy(valid.item[known])
    sequences = padded([items[-LENGTH - 1 :] for items in train if len(items) > 1], LENGTH + 1, num_items)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SASRec(num_items, dim)
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
        best, state, waited = np.inf, model.state_dict(), 0
        for _ in range(EPOCHS):
            model.train()
            for rows in torch.randperm(len(sequences)).split(BATCH_SIZE):
                taken, following = sequences[rows, :-1], sequences[rows, 1:]
                loss = F.cross_entropy(
                    model(taken).flatten(0, 1), following.flatten(), ignore_index=num_items
                )
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            missed = F.cross_entropy(next_scores(model, valid.taken[known]), chosen).item()
            waited = 0 if missed < best else waited + 1
            if missed < best:
                best, state = missed, {name: value.clone() for name, value in model.state_dict().items()}
            if waited == PATIENCE:
                break
    model.load_state_dict(state)
    return model.eval()


@torch.no_grad()
def next_scores(model: SASRec, taken: np.ndarray) -> Tensor:
    """Scores (query, item) after histories (query, place), latest first, -1 for none; 0 after nothing."""
    model.eval()
    num_items = model.items.padding_idx
    histories = [row[row >= 0][:LENGTH][::-1] for row in taken]
    scores = torch.zeros(len(histories), num_items)
    lengths = torch.tensor([len(history) for history in histories], dtype=torch.int64)
    for rows in torch.arange(len(histories))[lengths > 0].split(1024):
        states = model(padded([histories[row] for row in rows], LENGTH, num_items))
        scores[rows] = states[torch.arange(len(rows)), lengths[rows] - 1]
    return scores


def padded(sequences: list, width: int, filler: int) -> Tensor:
    """Sequences as rows (sequence, place), filled up behind."""
    rows = np.full((len(sequences), width), filler)
    for row, items in zip(rows, sequences, strict=True):
        row[: len(items)] = items
    return torch.from_numpy(rows)
