"""Pictures in SVG files: whatever a name holds, the file is XML."""

from io import BytesIO
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from attnviz import plots

mpl.use("Agg")

FORBIDDEN = "".join(chr(code) for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))
NAMES = [f"soft{FORBIDDEN}ware {number}" for number in range(3)]
NUMBERS = np.linspace(0.1, 0.7, 3)
TREES = pd.DataFrame(
    {
        "tree": ["candidate", "candidate", "shopper"],
        "level": ["field", "tag", "history item"],
        "element": ["candidate/tags", "candidate/tags/tag 1", "shopper/item 1"],
        "parent": ["candidate", "candidate/tags", "shopper"],
        "text": NAMES,
        "weight": NUMBERS,
        "path_weight": NUMBERS,
        "value_norm": NUMBERS,
        "push": NUMBERS,
    }
)

DRAWN = {
    "agreement_scatter": lambda title: plots.agreement_scatter(
        np.eye(3), np.eye(3) - 0.1, NAMES, title=title
    ),
    "attention_heatmap": lambda title: plots.attention_heatmap(np.eye(3), NAMES, NAMES, title=title),
    "attribution_bars": lambda title: plots.attribution_bars(NUMBERS, NAMES, title=title),
    "check_table": lambda title: plots.check_table(np.eye(3), NAMES, NAMES, title=title),
    "field_weights": lambda title: plots.field_weights(NUMBERS, NAMES, title=title),
    "head_circles": lambda title: plots.head_circles(
        np.eye(3), np.eye(3), NAMES, head_names=NAMES, title=title
    ),
    "head_grid": lambda title: plots.head_grid(np.eye(3)[None, None], title=title),
    "push_spread": lambda title: plots.push_spread(np.eye(3), NAMES, title=title),
    "removal_curves": lambda title: plots.removal_curves(
        np.eye(3), NAMES, elements=NAMES[0], label=NAMES[1], title=title
    ),
    "tree_bars": lambda title: plots.tree_bars(TREES, "candidate", title=title),
    "two_trees": lambda title: plots.two_trees(TREES, title=title)[0],
    "weight_trajectory": lambda title: plots.weight_trajectory(
        pd.DataFrame({"step": [0, 1], **dict.fromkeys(NAMES, 0.5)}), title=title
    ),
    "weight_triangle": lambda title: plots.weight_triangle(
        np.ones(3), np.full(3, 1 / 3), np.full(3, 1 / 3), NAMES, free=NAMES, title=title
    ),
    "word_marks": lambda title: plots.word_marks(NAMES, np.ones(3), NUMBERS, title=title),
}


def test_every_plot_is_drawn_here():
    """A new plot is added to the list above."""
    assert set(plots.__all__) == set(DRAWN)


@pytest.mark.parametrize("letters", ["path", "none"])
@pytest.mark.parametrize("name", DRAWN)
def test_the_file_is_xml(name, letters):
    """With letters as paths (their words stand in comments) and with letters as text."""
    saved = BytesIO()
    with plt.rc_context({"svg.fonttype": letters}):
        DRAWN[name](NAMES[0]).figure.savefig(saved, format="svg")
    plt.close("all")
    ElementTree.fromstring(saved.getvalue())
    assert b"soft" in saved.getvalue()
