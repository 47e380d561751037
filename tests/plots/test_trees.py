"""The picture of the two trees: rows, bars as long as weights, products, and lists that are cut."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from small_trees import tree

from attnviz import plots
from attnviz.widgets import HistoryExplorer

mpl.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_it_has_the_rows_of_the_explorer():
    """The heaviest path is open in both, and the same 8 of 12 purchases are drawn."""
    visible = HistoryExplorer([tree()]).state()["visible"]
    texts = [text.get_text() for ax in plots.two_trees(tree()) for text in ax.texts]
    names = [text.partition(":")[0] for text in texts if ":" in text]
    assert names == [name.rpartition("/")[2] for name in visible]
    assert "and 4 more with 0.13 of the weight" in texts


def test_bars_are_weights_and_products_are_written():
    """By hand: .6, then .7 of it, then .25 and .75 of that; deeper bars begin further to the right."""
    ax = plots.tree_bars(tree(), "candidate")
    bars = ax.patches[1::2]  # the others are the tracks behind them
    np.testing.assert_allclose([bar.get_width() for bar in bars], [0.6, 0.7, 0.25, 0.75, 0.3, 0.4])
    levels = np.array([bar.get_x() for bar in bars]) / bars[1].get_x()
    np.testing.assert_allclose(levels, [0, 1, 2, 2, 1, 0])
    assert "0.75 = 0.315 of all" in [text.get_text() for text in ax.texts]


def test_what_is_opened_can_be_chosen():
    """Nothing opened: the fields alone; both pictures of a pair have rows of the same height."""
    first, second = plots.two_trees(tree(purchases=2), opened=[])
    assert [len(ax.patches) for ax in (first, second)] == [4, 4]
    first, second = plots.two_trees(tree(purchases=3))
    assert first.get_ylim() == second.get_ylim()


def test_texts_are_plain():
    """A dollar sign starts no formula; a line break and a long text stay in their row."""
    ax = plots.tree_bars(tree(text=" $x \n" + 99 * "y"), "candidate", title=r"$\frac{$")
    ax.figure.canvas.draw()
    assert all("\n" not in text.get_text() and len(text.get_text()) <= 60 for text in ax.texts)


def test_a_tree_that_is_not_there_is_an_error():
    """It says which trees there are."""
    table = tree()
    with pytest.raises(ValueError, match=r"tree must be one of \['candidate'\].* got 'shopper'"):
        plots.two_trees(table[table["tree"] == "candidate"])
