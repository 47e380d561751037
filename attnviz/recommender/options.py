"""The options of a recommender: what each may be, and which do not fit together."""

from ..attention.checks import check_count, check_number, check_seed
from ..data.schema import Schema

ATTENTIONS = ("point", "uniform", "multihead", "self", "none")
SEVERAL_HEADS = ("multihead", "self")
KEYS = ("content", "field", "both")
VALUES = ("raw", "normalised")
_WITHOUT = {  # which option has no other value with which attention, and why
    ("self", "keys"): "whose tokens are marked with their fields, and whose contents have to meet",
    ("self", "values"): "whose tokens reach the logit past the weights too, so that no weight bounds them",
    ("none", "keys"): "which has no keys",
    ("none", "values"): "which has no weights that values could be multiplied with",
    ("none", "dropout"): "which has no weights to drop",
}


def check_model(schema: Schema, conditioning: str, seed: int) -> None:
    """Raise a ValueError unless a recommender can be made of this schema, with these options."""
    check_seed(seed)
    if not isinstance(schema, Schema):
        raise ValueError(f"schema must be a Schema, got {type(schema).__name__}: use log.schema")
    if not schema.fields:
        raise ValueError(
            "schema holds no field: the log's items need at least one of tags, price, brand, category, or a "
            "column that fields= names"
        )
    if conditioning not in ("film", "none"):
        raise ValueError(f"conditioning must be 'film' or 'none', got {conditioning!r}")


def check_attention(
    attention: str, *, num_heads: int, embed_dim: int, keys: str, dropout: float, values: str
) -> None:
    """Raise a ValueError unless these options of a recommender are in range and fit together."""
    check_count("num_heads", num_heads)
    check_count("embed_dim", embed_dim)
    check_number("dropout", dropout, least=0, below=1)
    for name, given, known in (
        ("attention", attention, ATTENTIONS),
        ("keys", keys, KEYS),
        ("values", values, VALUES),
    ):
        if given not in known:
            raise ValueError(f"{name} must be one of {known}, got {given!r}")
    if attention not in SEVERAL_HEADS and num_heads != 1:
        raise ValueError(
            f"num_heads must be 1 with attention={attention!r}, got {num_heads}: "
            "attention='multihead' and 'self' have several heads"
        )
    if embed_dim % num_heads:
        raise ValueError(f"num_heads must divide embed_dim={embed_dim}, got {num_heads}")
    if values == "normalised" and embed_dim == 1:
        raise ValueError(
            "embed_dim must be at least 2 with values='normalised', which takes each vector's mean off, got 1"
        )
    _check_effect(attention, keys=(keys, "both"), values=(values, "raw"), dropout=(dropout, 0))


def _check_effect(attention: str, **options: tuple[object, object]) -> None:
    """Raise a ValueError if one of the options, each as given and by default, has no effect here."""
    for name, (given, default) in options.items():
        why = _WITHOUT.get((attention, name))
        if why and given != default:
            raise ValueError(f"{name} must be {default!r} with attention={attention!r}, {why}, got {given!r}")
