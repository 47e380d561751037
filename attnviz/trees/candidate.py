"""The candidate's tree: under a product's fields its tags, its reviews, and the sentences of its texts."""

from collections.abc import Iterator

import pandas as pd
import torch
from torch import Tensor

from ..attention.heads import reduce_weights
from ..data.features import Batch
from ..data.fields import ITEM, REVIEWS, Field
from ..data.log import InteractionLog
from ..data.words import in_words, numbers_in_words
from ..explanation.attribution import attribute
from ..explanation.shapley import MAX_FIELDS
from ..recommender.mechanisms import Point
from ..recommender.model import AttentionRecommender


def element(
    name: str,
    level: str,
    text: str,
    weight: Tensor | float,
    norm: Tensor,
    *,
    push: Tensor | float = torch.nan,
) -> dict:
    """A row of the table of trees."""
    parent, _, _ = name.rpartition("/")
    return dict(tree=name.partition("/")[0], level=level, element=name, parent=parent, text=text,
                weight=float(weight), value_norm=float(norm), push=float(push))  # fmt: skip


def candidate(
    model: AttentionRecommender, row: InteractionLog, batch: Batch, pushes: Tensor
) -> Iterator[dict]:
    """The elements of a product's tree, parents before their children.

    Args:
        model: Where the weights come from.
        row: A log of one row, the product before the shopper.
        batch: This row.
        pushes: (field,), see `pushes`.
    """
    weights, norms = reduce_weights(model(batch, return_weights=True)[1])[0], _norms(model, batch)
    content = row.items.set_index("item_id").loc[row.interactions["item_id"].iloc[0]]
    for place, field in enumerate(model.schema.fields):
        below = list(_below(model, row, batch, field))
        text = _in_words(model, batch, field, content, below)
        name, push = f"candidate/{field.name}", pushes[place]
        yield element(name, "field", text, weights[place], norms[place], push=push)
        yield from below


def _in_words(
    model: AttentionRecommender, batch: Batch, field: Field, content: pd.Series, below: list[dict]
) -> str:
    """What a field of the candidate says, in a line."""
    if field.kind in ("text", "tags"):
        return _counted(field, below)
    if field.kind == "numbers":
        scales = model.schema.numbers[field.name]
        scaled = zip(scales.items(), batch.fields[field.name][0].tolist(), strict=True)
        return numbers_in_words(
            field.name, {name: mean + std * value for (name, (mean, std)), value in scaled}
        )
    return in_words(content.name if field == ITEM else content[field.name])


def _norms(model: AttentionRecommender, batch: Batch) -> Tensor:
    if not isinstance(model.mechanism, Point):  # heads multiply different vectors
        return torch.full((len(model.fields),), torch.nan)
    return model.mechanism.values(model.field_vectors(batch)[0])[0].norm(dim=-1)


def pushes(model: AttentionRecommender, batch: Batch, everything: Batch) -> Tensor:
    """The fields' Shapley values (field,) of a batch of one product, against the average of `everything`.

    They are exact up to `MAX_FIELDS` fields, and sampled for more.
    """
    vectors, args = model.field_vectors(batch)
    average = model.baseline_vectors(batch, everything)
    method = "shapley" if len(model.fields) <= MAX_FIELDS else "shapley_sampling"
    return attribute(model.logits_from_vectors, vectors, method=method, baselines=average, forward_args=args)[
        0
    ]


def _below(model: AttentionRecommender, row: InteractionLog, batch: Batch, field: Field) -> Iterator[dict]:
    """What stands under a field of the candidate."""
    if field.name == REVIEWS:
        yield from _reviews(model, row, batch)
    elif field.kind == "text":
        yield from _sentences(model, batch, field.name)
    elif field.kind == "tags":
        yield from _tags(model, batch, field.name)


def _counted(field: Field, below: list[dict]) -> str:
    """How many reviews, sentences or tags stand directly under a field."""
    direct = sum(one["parent"] == f"candidate/{field.name}" for one in below)
    things = "reviews" if field.name == REVIEWS else {"text": "sentences", "tags": "tags"}[field.kind]
    return f"{direct} {things}"


def _tags(model: AttentionRecommender, batch: Batch, field: str) -> Iterator[dict]:
    known = batch.fields[field][0]
    known = known[known >= 0]
    norms = model.encoders[field].get_parameter("embedding.weight")[known].norm(dim=-1)
    for number, (tag, norm) in enumerate(zip(known.tolist(), norms, strict=True), start=1):
        text = model.schema.vocabularies[field][tag]
        yield element(f"candidate/{field}/tag {number}", "tag", text, 1 / len(known), norm)


def _text(model: AttentionRecommender, batch: Batch, field: str) -> tuple[Tensor, Tensor, list[str]]:
    """The sentences of a text field: their weights (sentence,), their values (sentence, dim), their words."""
    places = batch.fields[field][0]
    places = places[places >= 0]  # (sentence,) in the batch
    weights = model.sentence_weights(batch, field)[0, : len(places)]
    values = model.text_encoder(field).value(batch.sentences[places])
    return weights, values, [batch.texts[place] for place in places]


def _sentences(model: AttentionRecommender, batch: Batch, field: str) -> Iterator[dict]:
    """The sentences that an item's own text holds, in their order."""
    for number, (weight, value, words) in enumerate(zip(*_text(model, batch, field), strict=True), start=1):
        yield element(f"candidate/{field}/sentence {number}", "sentence", words, weight, value.norm())


def _reviews(model: AttentionRecommender, row: InteractionLog, batch: Batch) -> Iterator[dict]:
    """Each review that was read, latest first, and its sentences."""
    weights, values, texts = _text(model, batch, REVIEWS)
    review_of = batch.review_of[0, : len(texts)]
    for number, review in enumerate(dict.fromkeys(review_of.tolist()), start=1):
        own = (review_of == review).nonzero().flatten()
        total = weights[own].sum()
        inside = weights[own] / total if total > 0 else torch.full_like(weights[own], 1 / len(own))
        name, text = f"candidate/{REVIEWS}/review {number}", row.past["review"].iloc[review]
        yield element(name, "review", text, total, (inside @ values[own]).norm())
        for count, (sentence, weight) in enumerate(zip(own, inside, strict=True), start=1):
            norm = values[sentence].norm()
            yield element(f"{name}/sentence {count}", "sentence", texts[sentence], weight, norm)
