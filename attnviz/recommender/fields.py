"""From a field's content to its vector: one small module a kind of field."""

import torch
from torch import Tensor, nn

from ..attention.attention import point_attention
from ..data.features import Batch
from ..data.fields import STANDARD
from ..data.schema import Schema


class TagsVector(nn.Module):
    """The mean of the tags' learned vectors."""

    def __init__(self, num_tags: int, embed_dim: int):
        super().__init__()
        self.embedding = nn.Embedding(num_tags, embed_dim)

    def forward(self, tags: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Tags (batch, tag) to vectors (batch, dim) and whether there is any (batch,)."""
        known = tags >= 0
        vectors = self.embedding(tags.clamp(min=0)) * known.unsqueeze(-1)  # (batch, tag, dim)
        return vectors.sum(1) / known.sum(1, keepdim=True).clamp(min=1), known.any(1)


class CategoryVector(nn.Module):
    """A learned vector for each known value."""

    def __init__(self, num_values: int, embed_dim: int):
        super().__init__()
        self.embedding = nn.Embedding(num_values, embed_dim)

    def forward(self, value: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Values (batch,) to vectors (batch, dim) and whether each is known (batch,)."""
        return self.embedding(value.clamp(min=0)), value >= 0


class NumberVector(nn.Module):
    """A small network of one standardised number."""

    def __init__(self, embed_dim: int):
        super().__init__()
        self.network = nn.Sequential(nn.Linear(1, embed_dim), nn.GELU(), nn.Linear(embed_dim, embed_dim))

    def forward(self, number: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Numbers (batch,) to vectors (batch, dim) and whether each is known (batch,)."""
        return self.network(number.nan_to_num(0.0).unsqueeze(-1)), ~number.isnan()


class NumbersVector(nn.Module):
    """A small network of several standardised numbers, and of which of them are unknown."""

    def __init__(self, num_numbers: int, embed_dim: int):
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(2 * num_numbers, embed_dim), nn.GELU(), nn.Linear(embed_dim, embed_dim)
        )

    def forward(self, numbers: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Numbers (batch, number) to vectors (batch, dim) and whether any of each row is known (batch,)."""
        unknown = numbers.isnan()
        seen = torch.cat([numbers.nan_to_num(0.0), unknown.to(numbers)], dim=1)
        return self.network(seen), ~unknown.all(1)


class TextVector(nn.Module):
    """A learned query attends over the sentences of a product's reviews, or of another text."""

    def __init__(self, text_dim: int, embed_dim: int):
        super().__init__()
        self.query = nn.Embedding(1, embed_dim)
        self.key = nn.Linear(text_dim, embed_dim, bias=False)
        self.value = nn.Linear(text_dim, embed_dim)

    def forward(self, sentence: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sentences (batch, sentence), positions in the batch's, to vectors and whether there is any."""
        vectors, _ = self.attend(sentence, batch)
        return vectors, (sentence >= 0).any(1)

    def attend(self, sentence: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """The field's vectors (batch, dim) and the sentences' weights (batch, sentence)."""
        known, place = sentence >= 0, sentence.clamp(min=0)
        query = self.query.weight.expand(len(sentence), -1)
        if not len(batch.sentences):
            return torch.zeros_like(query), torch.zeros(sentence.shape)
        keys, values = (
            self.key(batch.sentences)[place],
            self.value(batch.sentences)[place],
        )  # (batch, sentence, dim)
        return point_attention(query, keys, values, mask=known)

    def project(self, sentences: Tensor) -> Tensor:
        """Each sentence's key and value, side by side (..., 2 dim), from its vector (..., text_dim).

        The value's bias is not in it: it is the same for all sentences, and `pool` adds it.
        """
        return torch.cat([self.key(sentences), sentences @ self.value.weight.T], dim=-1)

    def pool(self, projected: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """What `attend` gives, from projected sentences (batch, sentence, 2 dim) and which there are."""
        keys, values = projected.chunk(2, dim=-1)
        query = self.query.weight.expand(len(projected), -1)
        pooled, weights = point_attention(query, keys, values, mask=known)
        return pooled + self.value.bias, weights


class Film(nn.Module):
    """The shopper scales each field's vector: x_f = e_f * (1 + G_f u).

    Paper: Perez et al. (2018). Taught in "How does the shopper enter?"
    """

    def __init__(self, shopper_dim: int, num_fields: int, embed_dim: int):
        super().__init__()
        self.scale = nn.Linear(shopper_dim, num_fields * embed_dim, bias=False)

    def forward(self, vectors: Tensor, shopper: Tensor) -> Tensor:
        """Vectors (batch, field, dim) as they are for these shoppers (batch, number)."""
        return vectors * (1 + self.scale(shopper).view_as(vectors))


class Plain(nn.Module):
    """Every shopper sees the same vectors: x_f = e_f."""

    def forward(self, vectors: Tensor, shopper: Tensor) -> Tensor:
        """Vectors (batch, field, dim) as they are."""
        return vectors


class FieldEncoders(nn.ModuleDict):
    """One encoder a field, found by the field's name.

    Modules know names such as "type" and "values" as their own, so the module of a further field is called
    "own NAME".
    """

    def __getitem__(self, name: str) -> nn.Module:
        """The encoder of a field."""
        return super().__getitem__(self._module(name))

    def __setitem__(self, name: str, encoder: nn.Module) -> None:
        """Put an encoder in the place of a field's."""
        super().__setitem__(self._module(name), encoder)

    @staticmethod
    def _module(name: str) -> str:
        return name if name in STANDARD else f"own {name}"


def field_encoders(schema: Schema, embed_dim: int) -> FieldEncoders:
    """One encoder a field, in the order of the schema."""
    made: dict[str, nn.Module] = {}
    for field in schema.fields:
        if field.kind == "text":
            made[field.name] = TextVector(schema.text_dim, embed_dim)
        elif field.kind == "number":
            made[field.name] = NumberVector(embed_dim)
        elif field.kind == "numbers":
            made[field.name] = NumbersVector(len(schema.numbers[field.name]), embed_dim)
        else:
            kind = TagsVector if field.kind == "tags" else CategoryVector
            made[field.name] = kind(max(1, len(schema.vocabularies[field.name])), embed_dim)
    return FieldEncoders(made)
