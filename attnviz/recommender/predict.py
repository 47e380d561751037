"""Using a trained model: probabilities, recommendations, and a shelf for the explorers."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..attention.checks import check_count
from ..attention.heads import reduce_weights
from ..data.features import Batch
from ..data.known import require_user
from ..data.log import InteractionLog
from ..data.words import describe
from .mechanisms import Point
from .model import AttentionRecommender

_ROWS_AT_ONCE = 8192


def predict(model: AttentionRecommender, log: InteractionLog) -> np.ndarray:
    """The probability of label 1 for each row of the log.

    Where negatives were sampled it is one among rows like those that `fit` validated on: after loss="softmax"
    with choices alone to validate on, "chosen, of all items"; else "chosen, among such a sample".

    Args:
        model: Put into evaluation mode.
        log: Its rows are scored in their order.

    Returns:
        float32 (row,), in [0, 1].

    Raises:
        TypeError: If log is none.
        ValueError: If a logit is NaN or infinite, as those of a model whose parameters are.

    Taught in "How is a weight computed?"
    """
    return logits_of(model, log).sigmoid().numpy()


def logits_of(model: AttentionRecommender, log: InteractionLog) -> Tensor:
    """The logit (row,) of each row of the log; raises as `predict`, and sets evaluation mode, too."""
    if not isinstance(log, InteractionLog):
        raise TypeError(f"log must be an InteractionLog, got {type(log).__name__}")
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(batch) for batch in _batches(model, log)])
    require_numbers(model, logits)
    return logits


def require_numbers(model: AttentionRecommender, logits: Tensor) -> None:
    """Raise a ValueError unless all logits (row,) are finite; it names the parameters that are not."""
    bad = int((~logits.isfinite()).sum())
    if not bad:
        return
    state = model.state_dict()
    broken = [name for name, values in state.items() if not values.isfinite().all()]
    largest = max(float(values.abs().max()) for values in state.values() if values.numel())
    why = (
        f"its parameters {', '.join(broken[:3])} are not finite"
        if broken
        else f"its largest parameter is {largest:.3g}, and what it read may hold a number that is not finite"
    )
    raise ValueError(
        f"model gives NaN or an infinite logit for {bad:,} of {len(logits):,} rows: {why}; "
        "train again, with a smaller learning_rate"
    )


def recommend(model: AttentionRecommender, log: InteractionLog, user: str, top_k: int = 10) -> pd.DataFrame:
    """The products with the highest probability for a shopper, without those taken before.

    Args:
        model: A trained model.
        log: Products, shoppers and all that happened so far.
        user: A user_id.
        top_k: How many products.

    Returns:
        DataFrame item_id, title, probability, and each field's weight under its name (that of a field "title"
        under "title (weight)"); highest probability first.
        A weight says where the model looked, not why the product is here (see
        "Can we say 'because of the reviews'?"). A model with attention="none" has no weights, and the table
        no column of any.

    Raises:
        ValueError: If the user is unknown, top_k is below 1, or a logit is not finite.

    Taught in "How is a weight computed?"
    """
    check_count("top_k", top_k)
    require_user(log, user)
    past = log.past[log.past["user_id"] == user]
    taken = set(past.loc[past["label"] == 1, "item_id"])
    items = [item for item in log.items["item_id"] if item not in taken]
    candidates = log.candidates([user], items)
    table = pd.DataFrame(
        {"item_id": items, "title": log.items.set_index("item_id")["title"].loc[items].to_numpy()}
    )
    table["probability"] = predict(model, candidates)
    if model.attends:
        names = [f"{name} (weight)" if name in table else name for name in model.fields]
        table[names] = field_weights(model, candidates)
    return table.nlargest(top_k, "probability").reset_index(drop=True)


def field_weights(model: AttentionRecommender, log: InteractionLog) -> np.ndarray:
    """The attention weights (row, field) of each row of the log, heads averaged.

    Raises:
        ValueError: If the model has attention="none".
    """
    model.require_weights()
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
        head_bias, fields, shoppers, products: `FieldExplorer(**shelf(...))`. The vectors are what the weights
        multiply: normalised, if the model's values are.

    Raises:
        ValueError: If the model does not attend with one head, or users or items are empty or not in the log.
    """
    if not len(users) or not len(items):
        raise ValueError(f"users and items must hold one id at least, got {users!r:.80} and {items!r:.80}")
    model.require_weights()
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
        vectors=model.mechanism.values(vectors).numpy().reshape(*shape, -1),
        head_weight=model.head.weight.detach().numpy()[0],
        head_bias=model.head.bias.item(),
        fields=list(model.fields),
        shoppers=list(users),
        products=describe(candidates, items),
    )


def _batches(model: AttentionRecommender, log: InteractionLog) -> Iterator[Batch]:
    for start in range(0, len(log), _ROWS_AT_ONCE):
        yield log.batch(slice(start, start + _ROWS_AT_ONCE), model.schema)
