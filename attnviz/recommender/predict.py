"""Using a trained model: probabilities, recommendations, and a shelf for the explorers."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch

from ..attention.checks import check_count
from ..attention.heads import reduce_weights
from ..data.features import Batch
from ..data.log import InteractionLog
from ..data.words import describe
from .mechanisms import Point
from .model import AttentionRecommender

_ROWS_AT_ONCE = 8192


def predict(model: AttentionRecommender, log: InteractionLog) -> np.ndarray:
    """The probability of label 1 for each row of the log.

    Args:
        model: Put into evaluation mode.
        log: Its rows are scored in their order.

    Returns:
        float32 (row,), in [0, 1].

    Taught in chapter 3.
    """
    model.eval()
    with torch.no_grad():
        return torch.cat([model(batch).sigmoid() for batch in _batches(model, log)]).numpy()


def recommend(model: AttentionRecommender, log: InteractionLog, user: str, top_k: int = 10) -> pd.DataFrame:
    """The products with the highest probability for a shopper, without those taken before.

    Args:
        model: A trained model.
        log: Products, shoppers and all that happened so far.
        user: A user_id.
        top_k: How many products.

    Returns:
        DataFrame item_id, title, probability, and each field's weight; highest probability first.
        A weight says where the model looked, not why the product is here: chapter 1.

    Raises:
        ValueError: If the user is unknown or top_k is below 1.

    Taught in chapter 3.
    """
    check_count("top_k", top_k)
    past = log.past[log.past["user_id"] == user]
    if past.empty and (log.users is None or user not in set(log.users["user_id"])):
        raise ValueError(
            f"user {user!r} is not in the log: give one of its user_ids, "
            f"such as {log.past['user_id'].iloc[0]!r}"
        )
    taken = set(past.loc[past["label"] == 1, "item_id"])
    items = [item for item in log.items["item_id"] if item not in taken]
    candidates = log.candidates([user], items)
    table = pd.DataFrame(
        {"item_id": items, "title": log.items.set_index("item_id")["title"].loc[items].to_numpy()}
    )
    table["probability"] = predict(model, candidates)
    table[list(model.fields)] = field_weights(model, candidates)
    return table.nlargest(top_k, "probability").reset_index(drop=True)


def field_weights(model: AttentionRecommender, log: InteractionLog) -> np.ndarray:
    """The attention weights (row, field) of each row of the log, heads averaged."""
    model.eval()
    with torch.no_grad():
        parts = [reduce_weights(model(batch, return_weights=True)[1]) for batch in _batches(model, log)]
    return torch.cat(parts).numpy()


def shelf(
    model: AttentionRecommender, log: InteractionLog, users: Sequence[str], items: Sequence[str]
) -> dict:
    """Everything that `widgets.FieldExplorer` needs of some shoppers and products.

    Args:
        model: A trained model.
        log: Where the shoppers and products are.
        users: user_ids.
        items: item_ids.

    Returns:
        query_scores (shopper, product, field), vectors (shopper, product, field, dim), head_weight (dim,),
        head_bias, fields, shoppers, products: `FieldExplorer(**shelf(...))`.
    """
    if not isinstance(model.mechanism, Point):
        raise ValueError(
            f"model must attend with one head ('point' or 'uniform'), got {model.options['attention']!r}: "
            "HeadsExplorer and FieldMatrix show the others"
        )
    candidates = log.candidates(users, items)
    batch = candidates.batch(slice(None), model.schema)
    model.eval()
    with torch.no_grad():
        vectors, (query,) = model.field_vectors(batch)
        scores = model.mechanism.scores(vectors, query)
    shape = (len(users), len(items), len(model.fields))
    return dict(
        query_scores=scores.numpy().reshape(shape),
        vectors=vectors.numpy().reshape(*shape, -1),
        head_weight=model.head.weight.detach().numpy()[0],
        head_bias=model.head.bias.item(),
        fields=list(model.fields),
        shoppers=list(users),
        products=describe(candidates, items),
    )


def _batches(model: AttentionRecommender, log: InteractionLog) -> Iterator[Batch]:
    for start in range(0, len(log), _ROWS_AT_ONCE):
        yield log.batch(slice(start, start + _ROWS_AT_ONCE), model.schema)
