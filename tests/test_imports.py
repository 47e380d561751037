"""The arrows between the modules point one way, and `import attnviz` stays light."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import attnviz

PACKAGE = Path(attnviz.__file__).parent

# What each module may import of ours. A name stands for the module and all that lies under it.
ALONE = (
    "agreement", "attention", "calibration", "capture_record", "flow", "forward", "listening", "masks",
    "model_file", "pretrained", "ranking", "vector_cache",
)  # fmt: skip
LAYERS = {
    "gguf_models": {"vector_cache"},
    "pretrained": {"gguf_models"},
    "inside": {"pretrained"},
    "capture": {"capture_record", "listening"},
    "prompting": {"data"},
    "answering": {"prompting"},
    "text": {"gguf_models", "pretrained", "vector_cache"},
    "data": {"data", "text", "vector_cache"},
    "data_check": {"data"},
    "fields": {"attention", "data"},
    "mechanisms": {"attention"},
    "weight_log": {"mechanisms"},
    "recommender": {"attention", "data", "fields", "mechanisms", "model_file", "shopper"},
    "shopper": {"attention", "data", "fields"},
    "sentences": {"data", "recommender"},
    "serving": {"data", "mechanisms", "recommender"},
    "checkpoint": {"data", "recommender"},
    "evaluation": {"agreement", "data", "ranking", "recommender", "serving"},
    "training": {"checkpoint", "data", "ranking", "recommender", "serving", "weight_log"},
    "shapley": {"forward"},
    "captum_methods": {"forward"},
    "attribution": {"captum_methods", "forward", "shapley"},
    "token_level": {"flow", "inside", "text"},
    "trees": {"attribution", "data", "mechanisms", "recommender", "shopper", "text", "token_level"},
    "plausibility": {"masks"},
    "sanity": {"masks"},
    "removal": {"forward", "masks"},
    "faithfulness": {"forward", "removal"},
    "orders": {"forward", "removal", "shapley"},
    "adversarial": {"agreement", "masks", "sanity"},
    "plots": {"plots"},
    "widgets": {"widgets"},
}
TOP = ("__init__", "__main__")  # these two may import all others

HEAVY = (
    "captum", "transformers", "sentence_transformers", "matplotlib", "torchmetrics", "tensorboard", "sklearn",
    "ipywidgets", "anywidget", "IPython", "jupyter_client", "jupyter_core", "traitlets",
)  # fmt: skip


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.stem not in TOP or path.parent != PACKAGE)


def topic(path: Path) -> str:
    """`attnviz/data/log.py` -> `data`, `attnviz/text.py` -> `text`."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def our_imports(path: Path, root: Path = PACKAGE) -> set[str]:
    """The topics that a module imports, wherever in the file it does so."""
    package = ["attnviz", *path.relative_to(root).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            base += node.module.split(".") if node.module else []
            names = [".".join([*base, name.name]) for name in node.names]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("attnviz.")}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_lies_below_it(path):
    """Attention and text lie below data, data below the recommender, that below training."""
    name = topic(path)
    assert name in LAYERS or name in ALONE, f"say in this test what {name} may import of ours"
    assert our_imports(path) <= LAYERS.get(name, set())


def test_the_parser_of_this_test_sees_every_form_of_import(tmp_path):
    """Relative, absolute, and inside a function: all are found."""
    path = tmp_path / "data" / "x.py"
    path.parent.mkdir()
    path.write_text(
        "from ..text import a\nimport attnviz.plots\nfrom . import log\nfrom .. import agreement\n"
        "def f():\n    from attnviz.ranking import auc\n"
    )
    assert our_imports(path, tmp_path) == {"text", "plots", "data", "agreement", "ranking"}


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
