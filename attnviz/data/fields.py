"""The fields of a product: what an item shows, by name and kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

Kind = Literal["tags", "text", "number", "category", "numbers"]
_OF_COLUMNS = tuple(kind for kind in get_args(Kind) if kind != "numbers")


@dataclass(frozen=True)
class Field:
    """One kind of content that an item shows: its name and how it is read."""

    name: str
    kind: Kind


REVIEWS = "reviews"
HOST = "host_id"  # of the items: whose each is
FIELDS = (
    Field("tags", "tags"),
    Field(REVIEWS, "text"),
    Field("price", "number"),
    Field("brand", "category"),
    Field("category", "category"),
)
COMPUTED = (Field("popularity", "numbers"), Field("likeness", "numbers"), Field("item", "category"))
POPULARITY, LIKENESS, ITEM = COMPUTED
STANDARD = frozenset(field.name for field in FIELDS + COMPUTED)
_COLUMNS = ("user_id", "item_id", "timestamp", "label", "rating", "review", "available_from")
_RESULTS = ("probability", "step", "instruction", "question")  # columns and parts of what is made of a log


def own_fields(fields: Mapping[str, str] | None) -> tuple[Field, ...]:
    """Further columns of the items as fields, in their order.

    Args:
        fields: Column of the items -> "tags", "text", "number" or "category"; None: no further one.

    Raises:
        TypeError: When it is no mapping, or a name is no text.
        ValueError: When a kind is another word, or a name is taken or cannot be used.

    Example:
        >>> own_fields({"stars": "number", "description": "text"})[1]
        Field(name='description', kind='text')
        >>> own_fields({"stars": "float"})
        Traceback (most recent call last):
        ValueError: fields['stars'] must be one of tags, text, number, category, got 'float'
    """
    if fields is not None and not isinstance(fields, Mapping):
        raise TypeError(
            f"fields must be a dict of column -> kind, such as {{'stars': 'number'}}, got {fields!r}"
        )
    given = dict(fields or {})
    return tuple(_own_field(name, kind) for name, kind in given.items())


def computed_fields(computed: Iterable[str] | None) -> tuple[Field, ...] | None:
    """The fields that are made from the rows of a log, in the order of `COMPUTED`; None: nothing was asked.

    Args:
        computed: Some of "popularity", "likeness" and "item", or None.

    Raises:
        TypeError: When it is a text, or nothing that can be gone through.
        ValueError: When one has another name.

    Example:
        >>> computed_fields(["item", "popularity"])
        (Field(name='popularity', kind='numbers'), Field(name='item', kind='category'))
        >>> computed_fields(["fame"])
        Traceback (most recent call last):
        ValueError: computed must hold some of popularity, likeness, item, got 'fame'
    """
    if computed is None:
        return None
    names = [field.name for field in COMPUTED]
    if isinstance(computed, str) or not isinstance(computed, Iterable):
        raise TypeError(f"computed must be a list of some of {', '.join(names)}, got {computed!r}")
    asked = list(computed)
    for name in asked:
        if name not in names:
            raise ValueError(f"computed must hold some of {', '.join(names)}, got {name!r}")
    return tuple(field for field in COMPUTED if field.name in asked)


def is_of_items(field: Field) -> bool:
    """Whether a field's content is in the items, short enough to be read of all of what a shopper chose."""
    return field.kind != "text" and field not in COMPUTED


def _own_field(name: str, kind: str) -> Field:
    _require_name(name)
    if kind not in _OF_COLUMNS:
        raise ValueError(f"fields[{name!r}] must be one of {', '.join(_OF_COLUMNS)}, got {kind!r}")
    if name == "title" and kind != "text":
        raise ValueError(f"fields['title'] must be text, got {kind!r}")
    return Field(name, cast(Kind, kind))


def _require_name(name: str) -> None:
    if not isinstance(name, str):
        raise TypeError(f"fields: a name must be text, got {name!r}; rename the column")
    if name in {field.name for field in COMPUTED}:
        raise ValueError(
            f"fields: the name {name!r} is that of a field which computed= makes; rename your column"
        )
    if name in STANDARD:
        raise ValueError(
            f"fields: {name!r} is a field without being named here, where a log has it: leave it out of "
            "fields=, or rename your column"
        )
    if name in _COLUMNS or name in _RESULTS or name.startswith("history "):
        raise ValueError(f"fields: the name {name!r} is taken; rename your column")
    if not name.strip() or name != name.strip() or not name.isprintable() or set(name) & {".", "/"}:
        raise ValueError(
            f"fields: the name {name!r} must be printable text without '.', '/' and spaces at its ends; "
            "rename the column"
        )
