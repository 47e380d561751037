"""The recommender: fields to vectors, a shopper's query that attends over them, a logit."""

from pathlib import Path

import torch
from torch import Tensor, nn

from ..attention.attention import attention_scores
from ..attention.heads import reduce_weights
from ..data.features import Batch
from ..data.schema import Schema
from ..storage import read_tensors, write_tensors
from .fields import field_encoders
from .mechanisms import make_mechanism
from .shopper import Shopper

FILE = "model.safetensors"


class AttentionRecommender(nn.Module):
    """A shopper's query attends over a product's fields, and the sum of what it saw gives a logit.

    x_f = e_f(item) * (1 + G_f u), w = softmax_f(q(u) . K x_f / sqrt(dim)), y = sum_f w_f x_f,
    logit = head(y), where u is the shopper's vector and e_f the vector of field f.

    Args:
        schema: What the model must know of the data; `log.schema`.
        attention: "point", one query over the fields. "uniform": every field has the same weight, frozen; the
            control that shows what attention adds. "multihead": the query over the fields with several heads.
            "self": the shopper and the fields are tokens that all attend to all, with a residual; the logit
            is of their mean.
        num_heads: Of "multihead" and "self"; divides embed_dim. The others have 1.
        embed_dim: Length of a field's vector.
        keys: "content": a key is K x_f. "field": a key is learned for each field, whatever it holds; not for
            "self", whose point is that contents meet.
        conditioning: "film": the shopper scales each field's vector. "none": x_f = e_f(item).
        shopper: What u is: "profile", "history", a query that attends over what she chose before, or "both".
        asks: Who asks the history: "learned", one query for all, or "candidate", the product that is scored.
        dropout: Share of the weights dropped in training. Returned weights are those before it.
        seed: Of the initial parameters.

    Raises:
        ValueError: If an option has an unknown value.

    Example:
        >>> from attnviz import planted_shop
        >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
        >>> model = AttentionRecommender(shop.schema, embed_dim=8)
        >>> logits, weights = model(shop.batch(slice(0, 4)), return_weights=True)
        >>> logits.shape, weights.shape
        (torch.Size([4]), torch.Size([4, 1, 1, 5]))

    Papers: Perez et al. (2018) for film; Xiao et al. (2017) for attention in a recommender; Song et al.
    (2019) for self-attention over fields. Taught in chapters 3 (the formula), 5 (the shopper), 14 (heads),
    15 (self-attention) and 16 (the history).
    """

    def __init__(
        self,
        schema: Schema,
        *,
        attention: str = "point",
        num_heads: int = 1,
        embed_dim: int = 32,
        keys: str = "content",
        conditioning: str = "film",
        shopper: str = "profile",
        asks: str = "learned",
        dropout: float = 0.0,
        seed: int = 0,
    ):
        super().__init__()
        _check_option("attention", attention, ("point", "uniform", "multihead", "self"))
        several = [heads for heads in range(1, embed_dim + 1) if embed_dim % heads == 0]
        _check_option("num_heads", num_heads, (1,) if attention in ("point", "uniform") else tuple(several))
        _check_option("keys", keys, ("content",) if attention == "self" else ("content", "field"))
        _check_option("conditioning", conditioning, ("film", "none"))
        _check_option("shopper", shopper, ("profile", "history", "both"))
        _check_option("asks", asks, ("learned",) if shopper == "profile" else ("learned", "candidate"))
        if not schema.fields:
            raise ValueError(
                "schema holds no field: the log's items need at least one of tags, price, brand, category"
            )
        self.schema = schema
        self.options = dict(attention=attention, num_heads=num_heads, embed_dim=embed_dim, keys=keys,
                            conditioning=conditioning, dropout=dropout, seed=seed)  # fmt: skip
        if shopper != "profile":  # without these two, checkpoints from before they were there still fit
            self.options |= dict(shopper=shopper, asks=asks)
        self.dropout = dropout
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.shopper = Shopper(schema, embed_dim, knows=shopper, asks=asks)
            self._build(len(schema.fields), self.shopper.dim, embed_dim)

    def _build(self, num_fields: int, shopper_dim: int, embed_dim: int) -> None:
        self.encoders = field_encoders(self.schema, embed_dim)
        self.missing = nn.Embedding(num_fields, embed_dim)
        self.query = nn.Sequential(nn.Linear(shopper_dim, 64), nn.GELU(), nn.Linear(64, embed_dim))
        if self.options["attention"] != "self":
            self.key = nn.Linear(embed_dim, embed_dim, bias=False)
        self.head = nn.Linear(embed_dim, 1)
        if self.options["conditioning"] == "film":
            self.film = nn.Linear(shopper_dim, num_fields * embed_dim, bias=False)
        if self.options["keys"] == "field":
            self.field_keys = nn.Embedding(num_fields, embed_dim)
        self.mechanism = make_mechanism(self.options, num_fields)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, in the order of the weights."""
        return tuple(field.name for field in self.schema.fields)

    def forward(self, batch: Batch, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Score a batch.

        Args:
            batch: From `log.batch(index, model.schema)`.
            return_weights: Also return the attention weights.

        Returns:
            Logits (batch,); with `return_weights` also the weights (batch, head, query, field), which sum to
            1 over the fields and are those before dropout. For "self" they are (batch, head, 1 + field,
            1 + field), the shopper first; `reduce_weights` drops her.
        """
        vectors, (query,) = self.field_vectors(batch)
        output, weights = self._attend(vectors, query)
        logits = self.head(output).squeeze(-1)
        return (logits, weights) if return_weights else logits

    def field_vectors(self, batch: Batch) -> tuple[Tensor, tuple[Tensor]]:
        """What the attention sees, as one float tensor, so that explainers need not know of tags or text.

        Returns:
            The vectors x (batch, field, dim), and the further arguments of `logits_from_vectors`: (query,),
            with query (batch, dim).
        """
        shopper = self.shopper(batch)
        query = self.query(shopper)
        if self.options["attention"] == "uniform":
            query = torch.zeros_like(query)  # all scores 0: the same weight for every field
        return self.condition(self._item_vectors(batch), shopper), (query,)

    def logits_from_vectors(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> Tensor:
        """The logits (batch,) of vectors (batch, field, dim); where mask is False a field gets no weight."""
        return self.head(self._attend(vectors, query, mask)[0]).squeeze(-1)

    def attend(self, vectors: Tensor, query: Tensor, *, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The output (batch, dim) and the weights (batch, field) of vectors (batch, field, dim).

        The weights are those of `reduce_weights`: the mean over heads, the shopper's row, without herself.
        """
        output, weights = self._attend(vectors, query, mask)
        return output, reduce_weights(weights)

    def head_values(self, vectors: Tensor, query: Tensor) -> Tensor:
        """What each field's vector brings through each head, before the weight and after the projection.

        Args:
            vectors: (batch, field, dim), from `field_vectors`.
            query: (batch, dim).

        Returns:
            (batch, head, field, dim); for "self" (batch, head, 1 + field, dim), the shopper first, as in the
            weights. The length `.norm(dim=-1)` times the weight is what a head moves on a field's account.

        Paper: Kobayashi et al. (2020). Taught in chapter 14.
        """
        return self.mechanism.head_values(vectors, query)

    def logits_with_weights(self, vectors: Tensor, weights: Tensor) -> Tensor:
        """The logits (batch,) of vectors (batch, field, dim) with weights (batch, field) of any origin.

        Raises:
            ValueError: If the model has heads of its own ("multihead", "self").
        """
        self._need_point("logits_with_weights")
        return self.head((weights.unsqueeze(-2) @ vectors).squeeze(-2)).squeeze(-1)

    def scores(self, vectors: Tensor, query: Tensor) -> Tensor:
        """The attention scores (batch, field), before softmax.

        Raises:
            ValueError: If the model has heads of its own ("multihead", "self").
        """
        self._need_point("scores")
        return attention_scores(query, self._keys(vectors))

    def point_terms(self, vectors: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
        """What `shapley_point` needs: logit = bias + sum_f softmax(scores)_f values_f.

        Args:
            vectors: (batch, field, dim), from `field_vectors` or `baseline_vectors`.
            query: (batch, dim).

        Returns:
            Attention scores before softmax and head . x_f, each (batch, field).

        Raises:
            ValueError: If the model has heads of its own ("multihead", "self").
        """
        self._need_point("point_terms")
        return self.scores(vectors, query), vectors @ self.head.weight[0]

    def _attend(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        dropout = self.dropout if self.training else 0.0
        return self.mechanism(vectors, self._keys(vectors), query, mask, dropout)

    def _keys(self, vectors: Tensor) -> Tensor | None:
        if self.options["attention"] == "self":
            return None  # its tokens make their own
        if self.options["keys"] == "field":
            return self.key(self.field_keys.weight).expand(len(vectors), -1, -1)
        return self.key(vectors)

    def _need_point(self, name: str) -> None:
        attention = self.options["attention"]
        if attention not in ("point", "uniform"):
            raise ValueError(
                f"{name} needs attention='point' or 'uniform', whose one weight a field is all there is, got "
                f"{attention!r}: use logits_from_vectors with attribute(), or head_values"
            )

    def baseline_vectors(self, batch: Batch, reference: Batch) -> Tensor:
        """The average product for each shopper, the default baseline of attributions.

        Args:
            batch: Its shoppers.
            reference: Its products are averaged, field by field.

        Returns:
            (batch, field, dim).
        """
        average = self._item_vectors(reference).mean(0, keepdim=True)  # (1, field, dim)
        return self.condition(average.expand(len(batch), -1, -1), self.shopper(batch))

    def sentence_weights(self, batch: Batch, field: str = "reviews") -> Tensor:
        """The weights (batch, sentence) inside a text field: 0 for no sentence, the others sum to 1."""
        return self.encoders[field].attend(batch.fields[field], batch)[1]

    def _item_vectors(self, batch: Batch) -> Tensor:
        vectors = []
        for place, name in enumerate(self.fields):
            found, known = self.encoders[name](batch.fields[name], batch)
            vectors.append(torch.where(known.unsqueeze(-1), found, self.missing.weight[place]))
        return torch.stack(vectors, dim=1)  # (batch, field, dim)

    def condition(self, vectors: Tensor, shopper: Tensor) -> Tensor:
        """What the shopper (batch, number) makes of item vectors (batch, field, dim): x = e * (1 + G u)."""
        if self.options["conditioning"] == "none":
            return vectors
        return vectors * (1 + self.film(shopper).view_as(vectors))

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder: one safetensors file, complete or not at all."""
        described = {"options": self.options, "schema": self.schema.to_json()}
        write_tensors(Path(folder) / FILE, self.state_dict(), described)

    @classmethod
    def load(cls, folder: str | Path) -> "AttentionRecommender":
        """Read a model that `save` wrote. Nothing is unpickled.

        Raises:
            FileNotFoundError: If there is no model in the folder.
            ValueError: If the file is not one of ours.
        """
        source = Path(folder) / FILE
        if not source.is_file():
            raise FileNotFoundError(
                f"folder {str(folder)!r} holds no {FILE}: give a folder that save() wrote"
            )
        parameters, values = read_tensors(source)
        if not {"options", "schema"} <= values.keys():
            raise ValueError(f"{source} was not written by AttentionRecommender.save: give another folder")
        model = cls(Schema.from_json(values["schema"]), **values["options"])
        model.load_state_dict(parameters)
        return model.eval()


def _check_option(name: str, value: object, known: tuple) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {known}, got {value!r}")
