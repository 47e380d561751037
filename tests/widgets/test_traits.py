"""Where the explorers start, and which values their traits take."""

import inspect
import json

import numpy as np
import pytest
import torch
import traitlets
from explorers import ALL
from small_trees import tree

from attnviz import widgets
from attnviz.widgets.shared.traits import Count, Index, Number

EVERY_WIDGET = {"layout", "tabbable", "tooltip"}
UNIFORM = np.full((1, 2, 2), 0.5)
SHORT = {
    "AgreementExplorer": lambda make: make(UNIFORM, UNIFORM, np.zeros((1, 2, 3)), num_cases=1),
    "BaselineSlider": lambda make: make([[[1.0], [2.0]]], [2.0], [[1.0, 0.0]]),
    "FaultSwitches": lambda make: make([[2, 1], [-1, 1]], [[1, 0], [0, 0]], [[1, 1], [2, -1]]),
    "FieldExplorer": lambda make: make([[[0.0, 1.0]]], [[[[1.0], [2.0]]]], [1.0], 0.0),
    "FieldMatrix": lambda make: make(UNIFORM[None], ["shopper", "price"]),
    "HeadsExplorer": lambda make: make(UNIFORM, UNIFORM),
    "HistoryExplorer": lambda make: make([tree()]),
    "HumanOverlay": lambda make: make([["good", "soup"]], [[[1, 0]]], [[[0.7, 0.3]]]),
    "NeighbourPicker": lambda make: make([[1, 0], [3, 4], [0, 1]], ["soft", "gentle", "late"]),
    "PromptParts": lambda make: make(UNIFORM, {"removal": [[1.0, 2.0]]}, [0.5], [["Soft.", "Buy?"]]),
    "ReasonExplorer": lambda make: make(UNIFORM, UNIFORM),
    "RemovalExplorer": lambda make: make([[[0, 1], [1, 0]]], [[[1.0, 0.9, -1.0], [1.0, -0.8, -1.0]]]),
    "RocSlider": lambda make: make({"model": [0.9, 0.2]}, [1, 0]),
    "ShelfExplorer": lambda make: make(UNIFORM, UNIFORM, [[0.9, 0.1]]),
    "TokenExplorer": lambda make: make(UNIFORM[None], ["warm", "scarf"]),
    "WeightTriangle": lambda make: make(*[[[0.5, 0.2, 0.3]]] * 3, bias=0.0, epsilon=0.1),
}


def interactive(explorer) -> dict[str, traitlets.TraitType]:
    """The synced traits that do not belong to every widget."""
    synced = explorer.traits(sync=True)
    return {name: t for name, t in synced.items() if name[0] != "_" and name not in EVERY_WIDGET}


@pytest.mark.parametrize("make", ALL)
def test_the_browser_gets_where_every_trait_starts(make):
    """`start` has each interactive trait with its value, as JSON; a later change leaves it alone."""
    explorer = make()
    traits = interactive(explorer)
    assert traits
    start = {name: getattr(explorer, name) for name in traits}
    assert explorer._meta["start"] == start == json.loads(json.dumps(start))
    explorer.set_state(dict.fromkeys(start.keys() & {"case"}, 0))
    assert explorer._meta["start"] == start


@pytest.mark.parametrize("make", ALL)
def test_every_trait_is_an_argument(make):
    """Keyword-only, with a default; and no argument says where a trait starts in another way."""
    explorer = make()
    cls = next(cls for cls in type(explorer).__mro__ if cls.__name__ in widgets.__all__)
    arguments = inspect.signature(cls).parameters
    for name in interactive(explorer):
        assert arguments[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert arguments[name].default is not inspect.Parameter.empty
    assert not [name for name in arguments if name.startswith("start")]
    if "claim" in arguments:
        assert arguments["claim"].kind is inspect.Parameter.KEYWORD_ONLY
        assert arguments["claim"].default is None


def test_the_short_form_of_every_explorer():
    """The numbers alone, with what they cannot do without: names are counted, state can be asked for."""
    assert {*SHORT, "Claim"} == set(widgets.__all__)
    for name, short in SHORT.items():
        explorer = short(getattr(widgets, name))
        assert explorer._meta["claim"] is None
        assert explorer._meta.get("cases", ["case 1"]) == ["case 1"]
        assert explorer.state()


@pytest.mark.parametrize(
    ("name", "entry", "want"),
    [
        ("ReasonExplorer", "fields", ["field 1", "field 2"]),
        ("ReasonExplorer", "level_names", ["level 1", "level 2"]),
        ("HeadsExplorer", "heads", ["head 1", "head 2"]),
        ("ShelfExplorer", "products", ["product 1", "product 2"]),
        ("RemovalExplorer", "order_names", ["order 1", "order 2"]),
        ("AgreementExplorer", "panel_names", ["panel 1"]),
        ("AgreementExplorer", "steps", [0, 1]),
        ("BaselineSlider", "stops", ["baseline 1", "baseline 2"]),
        ("FaultSwitches", "shoppers", ["shopper 1", "shopper 2"]),
        ("FieldExplorer", "products", [{"title": "product 1", "fields": ["", ""]}]),
        ("HumanOverlay", "methods", ["method 1"]),
        ("PromptParts", "parts", ["part 1", "part 2"]),
        ("WeightTriangle", "free", [0, 1, 2]),
        ("NeighbourPicker", "count", 1),
    ],
)
def test_what_is_not_named_is_counted(name, entry, want):
    """From 1 on, by the word for one of them."""
    assert SHORT[name](getattr(widgets, name))._meta[entry] == want


@pytest.mark.parametrize("make", ALL)
def test_a_value_out_of_range_changes_nothing(make):
    """Just inside both ends is taken, beyond them refused by name; Python and browser keep their state."""
    explorer = make()
    for name, trait in interactive(explorer).items():
        if not isinstance(trait, Index):
            continue
        ends = trait.first, trait.last(explorer._length_of(trait.of))
        for value in ends:
            setattr(explorer, name, value)
        for wrong in (ends[0] - 1, ends[1] + 1):
            words = f"{name}: expected {trait.kind} from {ends[0]} to {ends[1]}, got {wrong}"
            with pytest.raises(traitlets.TraitError, match=words):
                setattr(explorer, name, wrong)
            with pytest.raises(traitlets.TraitError, match=words):
                explorer.set_state({name: wrong})
            assert getattr(explorer, name) == ends[1]


class Small(traitlets.HasTraits):
    """Two things, and a share that may be missing."""

    thing, how_many = Index(of="things"), Count(1, of="things", first=1)
    share = Number(None, low=0, high=1, allow_none=True, advice="Give a share.")

    def _length_of(self, of: str) -> int:
        return {"things": 2}[of]


@pytest.mark.parametrize("one", [1, np.int64(1), torch.tensor(1), True])
def test_whole_numbers_of_any_library_are_ints(one):
    """What goes to the browser is JSON's."""
    small = Small(thing=one, how_many=one, share=one)
    assert [type(value) for value in (small.thing, small.how_many, small.share)] == [int, int, float]
    assert (small.thing, small.how_many, small.share) == (1, 1, 1.0)


@pytest.mark.parametrize("wrong", [0.5, "1", None, [1]])
def test_an_index_is_a_whole_number(wrong):
    """Nothing is rounded or read from a text."""
    with pytest.raises(traitlets.TraitError, match="thing"):
        Small(thing=wrong)


@pytest.mark.parametrize("wrong", [1.5, -0.1, float("nan"), "0.5"])
def test_a_number_keeps_to_its_range(wrong):
    """None is taken where it is allowed; NaN and texts are not."""
    assert Small(share=None).share is None
    with pytest.raises(traitlets.TraitError, match="share"):
        Small(share=wrong)
