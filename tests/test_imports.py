"""The arrows between the modules point one way, and `import attnviz` stays light."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import rooms

import attnviz

PACKAGE = Path(attnviz.__file__).parent

# The floors of the house, lowest first: a room may import rooms of lower floors only.
FLOORS = (
    {"storage", "printable", "attention", "recording", "plots", "widgets"},
    {"language", "metrics"},
    {"data", "explanation"},
    {"recommender"},
    {"trees"},
    {"cli"},
)
ALONE = {"plots", "widgets"}  # they take arrays, whoever made them

HEAVY = (
    "captum", "transformers", "sentence_transformers", "matplotlib", "torchmetrics", "tensorboard", "sklearn",
    "ipywidgets", "anywidget", "IPython", "jupyter_client", "jupyter_core", "traitlets",
)  # fmt: skip


MODULES = rooms.module_arrows(PACKAGE, faces=True)
ROOMS = rooms.room_arrows(MODULES)


def allowed(room: str) -> set[str]:
    """The rooms of the floors below; none for a picture, and no shop for a language model."""
    floor = next((place for place, names in enumerate(FLOORS) if room in names), None)
    assert floor is not None, f"say in FLOORS where {room} lies"
    return set() if room in ALONE else set().union(*FLOORS[:floor]) - ALONE


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_lies_below_it(room):
    """Attention lies below the measures, data below the recommender, that below the trees."""
    assert ROOMS[room] <= allowed(room)


def test_every_room_is_on_one_floor():
    """FLOORS names each room of the package once, and no other."""
    named = [room for floor in FLOORS for room in floor]
    assert sorted(named) == sorted(ROOMS)


def test_a_language_model_knows_no_shop():
    """`language` imports no `data`."""
    assert "data" not in ROOMS["language"]


def test_nobody_goes_through_the_face():
    """A module names the room that it takes something from, never the package; all may read its version."""
    known = {*ROOMS, "__version__"}
    for name, path in rooms.modules(PACKAGE).items():
        if name not in rooms.FACE:
            assert {one.split(".")[0] for one in rooms.imported_names(path, PACKAGE)} <= known, name


def test_the_face_of_a_room_counts_for_the_rule(tmp_path):
    """What the `__init__` of a room imports is an arrow of the room, though none of `make rooms`."""
    package = tmp_path / "attnviz"
    for name in ("language", "data"):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").touch()
    (package / "language/__init__.py").write_text("from ..data import Schema\n")
    assert rooms.module_arrows(package)["language"] == set()
    assert rooms.module_arrows(package, faces=True)["language"] == {"data"}


@pytest.mark.parametrize("arrows", [MODULES, ROOMS], ids=["modules", "rooms"])
def test_there_are_no_circles(arrows):
    """No module and no room reaches itself."""
    assert rooms.circles(arrows) == []


def test_the_reader_sees_every_form_of_import(tmp_path):
    """Relative, absolute, and inside a function: all are found."""
    package = tmp_path / "attnviz"
    for name in ("data/x", "data/log", "text", "plots", "agreement", "ranking"):
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (package / "data/x.py").write_text(
        "from ..text import a\nimport attnviz.plots\nfrom . import log\nfrom .. import agreement\n"
        "def f():\n    from attnviz.ranking import auc\n"
    )
    arrows = rooms.module_arrows(package)
    assert arrows["data.x"] == {"text", "plots", "data.log", "agreement", "ranking"}
    assert rooms.room_arrows(arrows)["data"] == {"text", "plots", "agreement", "ranking"}


def test_circles_and_floors_of_a_small_house():
    """A and b import each other and stand on c: one circle, which counts as one, so two floors."""
    house = {"a": {"b"}, "b": {"a", "c"}, "c": set()}
    assert rooms.circles(house) == [{"a", "b"}]
    assert rooms.floors(house) == 2
    assert rooms.floors({"a": {"b"}, "b": {"c"}, "c": set()}) == 3


def test_import_attnviz_loads_nothing_heavy():
    """A fresh interpreter that has imported attnviz has none of the heavy libraries in `sys.modules`."""
    code = f"import sys, json, attnviz; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == []


@pytest.mark.parametrize("name", attnviz.__all__)
def test_every_public_name_is_there(name):
    """`from attnviz import *` would work, lazy modules included."""
    assert getattr(attnviz, name) is not None
    assert name in dir(attnviz)


def test_an_unknown_name_is_an_attribute_error():
    """The lazy `__getattr__` does not hide a spelling mistake."""
    with pytest.raises(AttributeError, match="no attribute 'plotz'"):
        attnviz.plotz  # noqa: B018
