"""The deepest level of a product's tree: the tokens of a sentence, inside the language model that read it."""

from collections.abc import Iterator

import pandas as pd
import torch
from torch import Tensor

from ..attention.rollout import norm_weighted, rollout
from ..language.encoder import MAX_TOKENS
from ..language.reading import Inside, attention_inside

METHODS = ("norm", "weight", "rollout")


def with_tokens(trees: pd.DataFrame, encoder: str, *, method: str = "norm") -> pd.DataFrame:
    """The trees with one level more: below each sentence the tokens that the language model made of it.

    A sentence is encoded for itself, before any shopper asks, so its tokens have the same weights for all.
    They are the language model's own: the recommender got one vector of the sentence and saw none of them.

    Args:
        trees: A row an element, such as `weight_trees` makes them.
        encoder: The language model, `model.schema.encoder`.
        method: See `token_shares`.

    Returns:
        The table with a row of level "token" for each token, below its sentence, with the weights of
        `token_shares`; the value norm is the mean over the heads of the last layer, the push NaN.

    Raises:
        ValueError: If method is unknown.

    Example:
        >>> row = {"level": "sentence", "element": "s", "parent": "r", "text": "Warm wool.", "weight": 1.0}
        >>> tokens = with_tokens(pd.DataFrame([row]), "minilm")[1:]
        >>> tokens["text"].tolist(), round(float(tokens["weight"].sum()), 3)
        (['[CLS]', 'Warm', 'wool', '.', '[SEP]'], 1.0)

    Taught in "Which purchase, which review?"
    """
    _check_method(method)
    rows = []
    for row in trees.to_dict("records"):
        rows.append(row)
        if row["level"] == "sentence":
            rows += _below(row, encoder, method)
    return pd.DataFrame(rows)


def token_shares(inside: Inside, *, method: str = "norm") -> Tensor:
    """How much of a sentence's vector, the mean of its tokens, was looked up at each token.

    Args:
        inside: From `attention_inside`.
        method: "norm": weight x value norm in the last layer. "weight": the weight there. "rollout": through
            all layers. The mean over heads and queries is taken;
            "Which word, in BERT?" says why "norm" is the default.

    Returns:
        (token,), in [0, 1], sums to 1; tokens that the model adds, such as [CLS], have a share too.

    Raises:
        ValueError: If method is unknown.

    Example:
        >>> shares = token_shares(attention_inside("minilm", "The zipper is great."))
        >>> shares.shape, bool(shares[4] > shares[1])  # great, The
        (torch.Size([7]), True)

    Paper: Kobayashi et al. (2020); Abnar and Zuidema (2020).
    Taught in "Which purchase, which review?" and "Which word, in BERT?"
    """
    _check_method(method)
    if method == "rollout":
        table = rollout(inside.weights)
    else:
        last = inside.weights[-1:]  # (1, head, query, key)
        table = (norm_weighted(last, inside.value_norms[-1:]) if method == "norm" else last)[0].mean(0)
    shares = table.mean(0)
    return shares / shares.sum()


def _below(sentence: dict, encoder: str, method: str) -> Iterator[dict]:
    inside = attention_inside(encoder, sentence["text"], max_length=MAX_TOKENS, cut=True)
    norms = inside.value_norms[-1].mean(0)
    parent = sentence["element"]
    shares = token_shares(inside, method=method)
    for number, values in enumerate(zip(inside.tokens, shares, norms, strict=True), 1):
        token, share, norm = values
        yield sentence | dict(level="token", element=f"{parent}/token {number}", parent=parent, text=token,
                              weight=float(share), value_norm=float(norm), push=torch.nan)  # fmt: skip


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise ValueError(f"method (tokens of weight_trees) must be one of {METHODS}, got {method!r}")
