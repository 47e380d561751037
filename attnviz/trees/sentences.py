"""The sentences of a field as vectors of their own, so that removal and attributions work inside a review."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.features import Batch
from ..recommender.model import AttentionRecommender


class Sentences(NamedTuple):
    """What explains a text field from within.

    Attributes:
        forward_func: `forward_func(vectors, *forward_args, mask=None) -> logits (batch,)`.
        vectors: (batch, sentence, 2 dim), the key and the value that the field makes of each sentence. Both
            are linear in the language model's vector, so it has the same attributions against zero.
        mask: (batch, sentence), bool, False for padding.
        forward_args: Which sentences are known, and the product's other fields and shopper.
        weights: (batch, sentence), the model's weights inside the field; rows without a sentence are 0.
        texts: For each row its sentences in words, in the order of the vectors, without the padding.
    """

    forward_func: Callable[..., Tensor]
    vectors: Tensor
    mask: Tensor
    forward_args: tuple[Tensor, ...]
    weights: Tensor
    texts: list[list[str]]


def sentences_of(model: AttentionRecommender, batch: Batch, *, field: str = "reviews") -> Sentences:
    """Take a text field apart into its sentences; the other fields stay as they are.

    A product whose sentences were all removed is scored as one without a review.

    Args:
        model: A trained model.
        batch: Products and shoppers.
        field: The name of a text field.

    Returns:
        Sentences(forward_func, vectors, mask, forward_args, weights, texts). The first four are what
        `comprehensiveness`, `deletion_curve`, `best_order` and `attribute` take; the texts are for people.

    Raises:
        ValueError: If the model has no such text field, or the batch holds no sentence or not their texts.

    Example:
        >>> from attnviz import comprehensiveness, planted_shop
        >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
        >>> model = AttentionRecommender(shop.schema, embed_dim=8).eval()
        >>> found = sentences_of(model, shop.batch(slice(90, 94)))
        >>> found.texts[0][0]
        'Dreadful: that is the stitching.'
        >>> given = dict(removal="mask", mask=found.mask, forward_args=found.forward_args)
        >>> comprehensiveness(found.forward_func, found.vectors, found.weights, **given).shape
        torch.Size([4])

    Taught in chapter 9.
    """
    kinds = {known.name: known.kind for known in model.schema.fields}
    if kinds.get(field) != "text":
        texts = [name for name, kind in kinds.items() if kind == "text"]
        raise ValueError(f"field must be a text field of the model, one of {texts}, got {field!r}")
    if not len(batch.sentences):
        raise ValueError("batch must hold a sentence, but none of its products has a review before its time")
    if len(batch.texts) != len(batch.sentences):
        raise ValueError(
            f"batch must hold the texts of its {len(batch.sentences)} sentences, got {len(batch.texts)}: "
            "take it from log.batch"
        )
    positions = batch.fields[field]  # (batch, sentence), -1 for none
    with torch.no_grad():
        vectors, (query,) = model.field_vectors(batch)
        scale = model.condition(torch.ones_like(vectors), model.shopper(batch))[:, model.fields.index(field)]
        weights = model.sentence_weights(batch, field)
        projected = model.encoders[field].project(batch.sentences)[positions.clamp(min=0)]
    return Sentences(
        _score_from(model, field),
        projected,
        positions >= 0,
        (positions >= 0, vectors, query, scale),
        weights,
        [[batch.texts[place] for place in row if place >= 0] for row in positions.tolist()],
    )


def _score_from(model: AttentionRecommender, field: str) -> Callable[..., Tensor]:
    place, encoder = model.fields.index(field), model.encoders[field]

    def score(
        sentences: Tensor,
        known: Tensor,
        vectors: Tensor,
        query: Tensor,
        scale: Tensor,
        *,
        mask: Tensor | None = None,
    ) -> Tensor:
        known = known if mask is None else mask
        pooled, _ = encoder.pool(sentences, known)  # (batch, dim)
        found = torch.where(known.any(1, keepdim=True), pooled, model.missing.weight[place]) * scale
        parts = [vectors[:, :place], found.unsqueeze(1), vectors[:, place + 1 :]]
        return model.logits_from_vectors(torch.cat(parts, dim=1), query)

    return score
