"""The sentences of a field as vectors of their own, so that removal and attributions work inside a review."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.features import Batch
from ..data.fields import REVIEWS
from ..explanation.removal import Removal
from ..recommender.fields import TextVector
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

    def removal(self, *, how: str = "mask", baselines: Tensor | float | None = None) -> Removal:
        """These sentences for every measure of removal, such as `best_order(found.removal())`.

        Args:
            how: As for `Removal`. "mask": the field is made of the sentences that are left.
            baselines: As for `Removal`; "mask" needs none.
        """
        return Removal(
            self.forward_func, self.vectors, how=how, baselines=baselines, mask=self.mask,
            forward_args=self.forward_args,
        )  # fmt: skip


def sentences_of(model: AttentionRecommender, batch: Batch, *, field: str = "reviews") -> Sentences:
    """Take a text field apart into its sentences; the other fields stay as they are.

    A product whose sentences were all removed is scored as one without a text in this field.

    Args:
        model: A trained model.
        batch: Products and shoppers.
        field: The name of a text field.

    Returns:
        Sentences(forward_func, vectors, mask, forward_args, weights, texts). Its `removal()` is what
        `comprehensiveness`, `deletion_curve` and `best_order` take; `attribute` takes forward_func, vectors
        and forward_args; the texts are for people.

    Raises:
        ValueError: If the model has no such text field, or the batch holds no sentence or not their texts.

    Example:
        >>> from attnviz import comprehensiveness, planted_shop
        >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
        >>> model = AttentionRecommender(shop.schema, embed_dim=8).eval()
        >>> found = sentences_of(model, shop.batch(slice(90, 94)))
        >>> found.texts[0][0]
        'After a month of use I find the finish awful.'
        >>> comprehensiveness(found.removal(), found.weights).shape
        torch.Size([4])

    Taught in "Does removal matter?"
    """
    encoder = model.text_encoder(field)
    _check_sentences(batch, field)
    positions = batch.fields[field]  # (batch, sentence), -1 for none
    with torch.no_grad():
        vectors, (query,) = model.field_vectors(batch)
        scale = model.condition(torch.ones_like(vectors), model.shopper(batch))[:, model.fields.index(field)]
        weights = model.sentence_weights(batch, field)
        projected = encoder.project(batch.sentences)[positions.clamp(min=0)]
    return Sentences(
        _score_from(model, field, encoder),
        projected,
        positions >= 0,
        (positions >= 0, vectors, query, scale),
        weights,
        [[batch.texts[place] for place in row if place >= 0] for row in positions.tolist()],
    )


def _check_sentences(batch: Batch, field: str) -> None:
    if not (batch.fields[field] >= 0).any():
        none = "a review before its time" if field == REVIEWS else f"a sentence in its field {field!r}"
        raise ValueError(f"batch must hold a sentence, but none of its products has {none}")
    if len(batch.texts) != len(batch.sentences):
        raise ValueError(
            f"batch must hold the texts of its {len(batch.sentences)} sentences, got {len(batch.texts)}: "
            "take it from log.batch"
        )


def _score_from(model: AttentionRecommender, field: str, encoder: TextVector) -> Callable[..., Tensor]:
    place = model.fields.index(field)

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
