"""Measures of what a method says of a row's fields, against what is true of them; all (row, answer).

An answer is a field, or a pair of which either says all that both say: `answers_of` joins the two.
"""

import pandas as pd
import torch
from torch import Tensor

import attnviz as av

CHANCE_DRAWS = 20


def answers_of(fields: list[str], pairs: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """Which answer a field belongs to: a table (field, answer) of 1 and 0, in the order of the fields.

    `numbers @ table` adds up what a pair's two fields have: weights, pushes, gates.
    """
    own = {field: field for field in fields}
    own |= {field: " or ".join(pair) for pair in pairs for field in pair}
    columns = {answer: [float(own[field] == answer) for field in fields] for answer in own.values()}
    return pd.DataFrame(columns, index=fields)


def in_order(table: pd.DataFrame, answers: pd.DataFrame) -> Tensor:
    """A table (row, field) as the answers' (row, answer); a field that is not there has 0."""
    return torch.tensor(table.to_numpy() @ answers.loc[table.columns].to_numpy())


def wanted(truth: Tensor) -> Tensor:
    """For average precision: the fewest answers that hold half of what is positive, bool (row, answer)."""
    shares, order = truth.clamp(min=0).sort(dim=1, descending=True, stable=True)
    before = shares.cumsum(1) - shares
    needed = (before < shares.sum(1, keepdim=True) / 2) & (shares > 0)
    return torch.zeros_like(needed).scatter(1, order, needed)


def measures(scores: Tensor, truth: Tensor) -> dict[str, float]:
    """Means over the rows where a measure is defined."""
    scores = scores.double()
    rows = dict(
        top1=av.metrics.top_k_overlap(scores, truth),
        tau_b=av.metrics.kendall_tau(scores, truth),
        average_precision=av.metrics.average_precision(scores, wanted(truth)),
    )
    return {name: values.nanmean().item() for name, values in rows.items()}


def null_share(scores: Tensor, place: int) -> float:
    """The mean share that goes to category, which plays no part and stands at this place."""
    shares = scores.abs() / scores.abs().sum(1, keepdim=True)
    return shares[:, place].mean().item()


def controls(truth: Tensor, seed: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Scores and truth of what knows nothing of a shopper."""
    many = truth.repeat(CHANCE_DRAWS, 1)
    chance = torch.rand(many.shape, generator=torch.Generator().manual_seed(seed))
    return {"chance": (chance, many), "same for all": (truth.mean(0, keepdim=True).expand_as(truth), truth)}


def spread_or_mean(method: str, told: Tensor, shoppers: int) -> Tensor:
    """What a method says of shoppers (shopper, answer), from shelves in rows that go shopper by shopper."""
    shelves = told.view(shoppers, -1, told.shape[1])  # (shopper, product, answer)
    return shelves.mean(1) if "weight" in method else shelves.std(1)
