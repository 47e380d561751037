"""The recommender: fields to vectors, a shopper's query that attends over them, a logit."""

from pathlib import Path
from typing import Literal, overload

import torch
from torch import Tensor, nn

from ..attention.heads import reduce_weights
from ..data.features import Batch
from ..data.schema import Schema
from ..storage import read_tensors, write_tensors
from .fields import Film, Plain, TextVector, field_encoders
from .mechanisms import FieldKeys, MarkedKeys, make_mechanism
from .options import check_attention, check_model
from .shopper import Shopper, check_shopper

FILE = "model.safetensors"


class AttentionRecommender(nn.Module):
    """A shopper's query attends over a product's fields, and the sum of what it saw gives a logit.

    x_f = e_f(item) * (1 + G_f u), w = softmax_f(q(u) . K (x_f + z_f) / sqrt(dim)), y = sum_f w_f x_f,
    logit = head(y), where u is the shopper's vector, e_f the vector of what field f holds, and z_f a learned
    marker of the field.

    Args:
        schema: What the model must know of the data; `log.schema`.
        attention: "point", one query over the fields. "uniform": every field has the same weight, frozen.
            "multihead": the query over the fields with several heads.
            "self": the shopper and the fields are tokens that all attend to all, with a residual; the logit
            is of their mean. "none": the control without attention, the fields and the query through a small
            network (`FieldMlp`); whoever asks it for weights is told that there are none.
        num_heads: Of "multihead" and "self"; divides embed_dim. The others have 1.
        embed_dim: Length of a field's vector.
        keys: What a key is made of. "both": K (x_f + z_f), what a field holds and which field it is.
            "content": K x_f, the plainest formula; such a key has to tell from the content which field it
            belongs to, and predicts worse. "field": K z_f, whatever the field holds. "self" marks its tokens
            anyway, and "none" has no keys.
        values: What the weights multiply. "raw": x_f. "normalised": LayerNorm(x_f), of the same length for
            all fields, so that a weight bounds what a field adds to the logit (`Values`); keys are made of
            x_f all the same. Not for "self" and "none".
        conditioning: "film": the shopper scales each field's vector. "none": x_f = e_f(item).
        shopper: What u is: "profile", "history", a query that attends over what she chose before, or "both".
        asks: Who asks the history: "learned", one query for all, or "candidate", the product that is scored.
        dropout: Share of the weights dropped in training. Returned weights are those before it.
        seed: Of the initial parameters.

    Attributes:
        mechanism: How it attends; see `attnviz.recommender.mechanisms`. What only one query with one head has
            (scores, terms) is a method of `Point`.

    Raises:
        ValueError: If an option has an unknown value or is out of range, or does not fit another one.

    Example:
        >>> from attnviz import planted_shop
        >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
        >>> model = AttentionRecommender(shop.schema, embed_dim=8)
        >>> logits, weights = model(shop.batch(slice(0, 4)), return_weights=True)
        >>> logits.shape, weights.shape
        (torch.Size([4]), torch.Size([4, 1, 1, 5]))

    Papers: Perez et al. (2018) for film; Xiao et al. (2017) for attention in a recommender; Song et al.
    (2019) for self-attention over fields.
    Taught in "How is a weight computed?" (the formula), "How does the shopper enter?", "What do heads add?",
    "What if fields interact?" (self-attention) and "Which purchase, which review?" (the history).
    """

    def __init__(
        self,
        schema: Schema,
        *,
        attention: str = "point",
        num_heads: int = 1,
        embed_dim: int = 32,
        keys: str = "both",
        values: str = "raw",
        conditioning: str = "film",
        shopper: str = "profile",
        asks: str = "learned",
        dropout: float = 0.0,
        seed: int = 0,
    ):
        super().__init__()
        check_model(schema, conditioning, seed)
        check_attention(
            attention, num_heads=num_heads, embed_dim=embed_dim, keys=keys, dropout=dropout, values=values
        )
        check_shopper(shopper, asks)
        self.schema = schema
        self.options = dict(attention=attention, num_heads=num_heads, embed_dim=embed_dim, keys=keys,
                            values=values, conditioning=conditioning, shopper=shopper, asks=asks,
                            dropout=dropout, seed=seed)  # fmt: skip
        num_fields = len(schema.fields)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # the order of the parts below decides what each of them draws
            self.shopper = Shopper(schema, embed_dim, knows=shopper, asks=asks)
            self.encoders = field_encoders(schema, embed_dim)
            self.missing = nn.Embedding(num_fields, embed_dim)
            self.query = nn.Sequential(nn.Linear(self.shopper.dim, 64), nn.GELU(), nn.Linear(64, embed_dim))
            key: nn.Module | None = None
            if attention not in ("self", "none"):  # tokens make keys of their own, a network needs none
                key = nn.Linear(embed_dim, embed_dim, bias=False)
            head = nn.Linear(embed_dim, 1)
            film = conditioning == "film"
            condition = Film(self.shopper.dim, num_fields, embed_dim) if film else Plain()
            if isinstance(key, nn.Linear) and keys != "content":
                key = (FieldKeys if keys == "field" else MarkedKeys)(key, num_fields)
            self.mechanism = make_mechanism(
                attention, key, dim=embed_dim, num_heads=num_heads, num_fields=num_fields, dropout=dropout,
                values=values,
            )  # fmt: skip
            self.head, self.condition = head, condition

    @overload
    def forward(self, batch: Batch, return_weights: Literal[False] = False) -> Tensor: ...

    @overload
    def forward(self, batch: Batch, return_weights: Literal[True]) -> tuple[Tensor, Tensor]: ...

    def forward(self, batch: Batch, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Score a batch.

        Args:
            batch: From `log.batch(index, model.schema)`.
            return_weights: Also return the attention weights.

        Returns:
            Logits (batch,); with `return_weights` also the weights (batch, head, query, field), which sum to
            1 over the fields and are those before dropout. For "self" they are (batch, head, 1 + field,
            1 + field), the shopper first; `reduce_weights` drops her.

        Raises:
            ValueError: If weights are asked of attention="none".
        """
        if return_weights:
            self.require_weights()
        shopper = self.shopper(batch)  # (batch, number)
        query = self.query(shopper)  # (batch, dim)
        vectors = self.condition(self.item_vectors(batch), shopper)  # (batch, field, dim)
        output, weights = self.mechanism(vectors, query)  # (batch, dim), (batch, head, query, field)
        logits = self.head(output).squeeze(-1)  # (batch,)
        return (logits, weights) if return_weights else logits

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, in the order of the weights."""
        return tuple(field.name for field in self.schema.fields)

    @property
    def attends(self) -> bool:
        """Whether its fields have weights: all but attention="none" do."""
        return self.options["attention"] != "none"

    def require_weights(self) -> None:
        """Raise a ValueError if the fields have no weights, and say why."""
        if not self.attends:
            raise ValueError(
                "model has no weights of fields, since it is the control with attention='none': "
                "attribute and Removal explain it, or make it with another attention"
            )

    def item_vectors(self, batch: Batch) -> Tensor:
        """The products' vectors e (batch, field, dim), before a shopper scales them."""
        vectors = []
        for place, name in enumerate(self.fields):
            found, known = self.encoders[name](batch.fields[name], batch)  # (batch, dim), (batch,)
            vectors.append(torch.where(known.unsqueeze(-1), found, self.missing.weight[place]))
        return torch.stack(vectors, dim=1)

    def field_vectors(self, batch: Batch) -> tuple[Tensor, tuple[Tensor]]:
        """What the attention sees, as one float tensor, so that explainers need not know of tags or text.

        Returns:
            The vectors x (batch, field, dim), and the further arguments of `logits_from_vectors`: (query,),
            with query (batch, dim).
        """
        shopper = self.shopper(batch)
        return self.condition(self.item_vectors(batch), shopper), (self.query(shopper),)

    def baseline_vectors(self, batch: Batch, reference: Batch) -> Tensor:
        """The average product for each shopper, the default baseline of attributions.

        Args:
            batch: Its shoppers.
            reference: Its products are averaged, field by field.

        Returns:
            (batch, field, dim).
        """
        average = self.item_vectors(reference).mean(0, keepdim=True)  # (1, field, dim)
        return self.condition(average.expand(len(batch), -1, -1), self.shopper(batch))

    def logits_from_vectors(self, vectors: Tensor, query: Tensor, mask: Tensor | None = None) -> Tensor:
        """The logits (batch,) of vectors (batch, field, dim); where mask is False a field takes no part."""
        return self.head(self.mechanism(vectors, query, mask)[0]).squeeze(-1)

    def attend(self, vectors: Tensor, query: Tensor, *, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The output (batch, dim) and the weights (batch, field) of vectors (batch, field, dim).

        The weights are those of `reduce_weights`: the mean over heads, the shopper's row, without herself.

        Raises:
            ValueError: With attention="none".
        """
        self.require_weights()
        output, weights = self.mechanism(vectors, query, mask)
        return output, reduce_weights(weights)

    def sentence_weights(self, batch: Batch, field: str = "reviews") -> Tensor:
        """The weights (batch, sentence) inside a text field: 0 for no sentence, the others sum to 1."""
        return self.text_encoder(field).attend(batch.fields[field], batch)[1]

    def text_encoder(self, field: str = "reviews") -> TextVector:
        """What reads a text field.

        Raises:
            ValueError: If the model has no such text field.
        """
        encoder = self.encoders[field] if field in self.fields else None
        if not isinstance(encoder, TextVector):
            texts = [known.name for known in self.schema.fields if known.kind == "text"]
            raise ValueError(f"field must be a text field of the model, one of {texts}, got {field!r}")
        return encoder

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder: one safetensors file, complete or not at all."""
        described = {"options": self.options, "schema": self.schema.to_json()}
        write_tensors(Path(folder) / FILE, self.state_dict(), described)

    @classmethod
    def load(cls, folder: str | Path) -> "AttentionRecommender":
        """Read a model that `save` wrote. Nothing is unpickled.

        Raises:
            FileNotFoundError: If there is no model in the folder.
            ValueError: If the file is not one of ours, not what was written, or holds another model than its
                options and schema say.
        """
        source = Path(folder) / FILE
        if not source.is_file():
            raise FileNotFoundError(
                f"folder {str(folder)!r} holds no {FILE}: give a folder that save() wrote"
            )
        parameters, values = read_tensors(source)
        if not {"options", "schema"} <= values.keys():
            raise ValueError(f"{source} was not written by AttentionRecommender.save: give another folder")
        try:
            model = cls(Schema.from_json(values["schema"]), **values["options"])
            model.load_state_dict(parameters)
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            told = " ".join(str(error).split())
            raise ValueError(
                f"{source} holds options, a schema or parameters that do not fit together "
                f"({type(error).__name__}: {told}): save the model again with this version of attnviz"
            ) from error
        return model.eval()
