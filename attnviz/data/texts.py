"""The sentences that the text fields of each row hold: reviews of the past, and what items say themselves."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..language.sentences import split_sentences
from .fields import REVIEWS
from .past import visible_reviews
from .schema import Schema
from .tables import Tables


@dataclass(frozen=True)
class Texts:
    """All sentences that the rows of a log may read, and where each text field has which.

    Attributes:
        sentences: The different sentences.
        of_rows: Text field -> (row, sentence) positions in `sentences`, -1 for none: what depends on the row.
        of_items: Text field -> (item, sentence) likewise: what depends on the item only.
        review_of: (row, sentence), for each position of the reviews the row of `past` that it is from.
    """

    sentences: list[str]
    of_rows: dict[str, Tensor]
    of_items: dict[str, Tensor]
    review_of: Tensor


def read_texts(tables: Tables, schema: Schema) -> Texts:
    """Cut all texts of the schema's fields into sentences, as many of each as the schema reads."""
    number: dict[str, int] = {}
    of_rows, of_items = {}, {}
    review_of = torch.empty(len(tables), 0, dtype=torch.int32)
    for field in schema.fields:
        if field.name == REVIEWS:
            of_rows[REVIEWS], review_of = _reviews(tables, schema, number)
        elif field.kind == "text":
            of_items[field.name] = _own_texts(tables, field.name, schema.max_sentences, number)
    return Texts(list(number), of_rows, of_items, review_of)


def _reviews(tables: Tables, schema: Schema, number: dict[str, int]) -> tuple[Tensor, Tensor]:
    """(row, sentence) positions in the numbered sentences, and in past; -1 for none."""
    reviews = visible_reviews(tables, max_reviews=schema.max_reviews)  # (row, review), positions in past
    read = np.unique(reviews[reviews >= 0])
    by_review = np.full((len(tables.past), schema.sentences_per_review), -1, dtype=np.int64)
    for place, text in zip(read, tables.past["review"].to_numpy()[read], strict=True):
        for column, sentence in enumerate(split_sentences(text)[: schema.sentences_per_review]):
            by_review[place, column] = number.setdefault(sentence, len(number))
    by_row = np.where(reviews[..., None] >= 0, by_review[reviews], -1).reshape(len(reviews), -1)
    owner = np.where(by_row >= 0, reviews.repeat(schema.sentences_per_review, axis=1), -1).astype(np.int32)
    order = (by_row < 0).argsort(axis=1, kind="stable")  # sentences first, then none
    kept = order[:, : schema.max_sentences]
    places, owners = (torch.from_numpy(np.take_along_axis(of, kept, axis=1)) for of in (by_row, owner))
    return places, owners


def _own_texts(tables: Tables, name: str, max_sentences: int, number: dict[str, int]) -> Tensor:
    """(item, sentence) positions in the numbered sentences, -1 for none."""
    texts = tables.items[name]
    if name == "title":
        texts = texts.where(texts != tables.items["item_id"], "")  # which a missing title was made of
    rows = [
        [number.setdefault(sentence, len(number)) for sentence in split_sentences(text)[:max_sentences]]
        for text in texts
    ]
    return padded(rows)


def padded(rows: list[list[int]]) -> Tensor:
    """Lists of different lengths as one tensor (row, place), -1 for none; one place at least.

    Example:
        >>> padded([[3], [], [1, 2]]).tolist()
        [[3, -1], [-1, -1], [1, 2]]
    """
    width = max(1, max(map(len, rows), default=0))
    return torch.tensor([row + [-1] * (width - len(row)) for row in rows])
