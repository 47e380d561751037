"""Names in the planted shop. They follow from numbers alone: no name is drawn, and none tells anything."""

from collections.abc import Iterable

import pandas as pd

_PEOPLE = (
    "Ada", "Ben", "Clara", "David", "Ella", "Felix", "Grace", "Henry", "Ida", "Jonas", "Kate", "Leo", "Maya",
    "Noah", "Olga", "Paul", "Quinn", "Rosa", "Sam", "Tess", "Umar", "Vera", "Will", "Xenia", "Yusuf", "Zoe",
    "Amir", "Beth", "Carlos", "Diana", "Emil", "Freya", "George", "Hana", "Ivan", "Julia", "Karim", "Lena",
    "Max", "Nina", "Oscar", "Petra", "Rafael", "Sara", "Tom", "Ulla", "Victor", "Wanda", "Yara", "Zack",
    "Akiko", "Boris", "Chloe", "Daniel", "Elena", "Finn", "Gita", "Hugo", "Iris", "Jack", "Kira", "Luis",
    "Mina", "Nils", "Omar", "Priya", "Rita", "Simon", "Tara", "Uri", "Viola", "Wei", "Yoko", "Zara",
    "Alba", "Bruno", "Cora", "Dmitri", "Esther", "Farid", "Greta", "Hassan", "Ingrid", "Joel", "Keiko",
    "Liam", "Marta", "Nadia", "Otto", "Pia", "Ravi", "Sofia", "Theo", "Uma", "Vikram", "Willa", "Anton",
    "Bella", "Cem", "Dora",
)  # fmt: skip
_MODELS = (
    "Ridge", "Harbour", "Summit", "Trail", "Meadow", "Canyon", "Lagoon", "Mesa", "Tundra", "Glacier",
    "Prairie", "Valley", "Cove", "Delta", "Echo", "Falcon", "Heron", "Kestrel", "Lynx", "Otter", "Osprey",
    "Marten", "Swift", "Wren", "Robin", "Badger", "Ibex", "Puffin", "Raven", "Sparrow", "Compass", "Lantern",
    "Beacon", "Anchor", "Nomad", "Pilgrim", "Ranger", "Scout", "Voyager", "Drifter", "Rambler", "Pioneer",
    "Aurora", "Comet", "Solstice", "Equinox", "Dawn", "Dusk", "Monsoon", "Breeze", "Gale", "Drizzle", "Thaw",
    "Frost", "Pebble", "Granite", "Basalt", "Slate", "Amber", "Copper", "Maple",
)  # fmt: skip
_STEP = 19  # between the first models of two kinds of product


def shopper_names(count: int) -> list[str]:
    """Different names for the shoppers, who sign with them: the second Ada is "Ada-2".

    Example:
        >>> names = shopper_names(102)
        >>> names[:3], names[-2:]
        (['Ada', 'Ben', 'Clara'], ['Ada-2', 'Ben-2'])
    """
    turns = [divmod(number, len(_PEOPLE)) for number in range(count)]
    return [_PEOPLE[place] + (f"-{turn + 1}" if turn else "") for turn, place in turns]


def product_names(brands: Iterable[str], categories: Iterable[str]) -> list[str]:
    """Different names for the products: brand, model, and what it is.

    Args:
        brands: The brand of each product.
        categories: The category of each product.

    Example:
        >>> product_names(["Alder", "Alder", "Dune"], ["jacket", "jacket", "tent"])
        ['Alder Ridge jacket', 'Alder Harbour jacket', 'Dune Otter tent']
    """
    kinds = pd.Series(list(zip(brands, categories, strict=True)))
    turns, places = divmod(kinds.groupby(kinds).cumcount(), len(_MODELS))
    places = (places + _STEP * pd.factorize(kinds)[0]) % len(_MODELS)
    return [
        f"{brand} {_MODELS[place]}{f' {turn + 1}' if turn else ''} {category}"
        for (brand, category), place, turn in zip(kinds, places, turns, strict=True)
    ]
