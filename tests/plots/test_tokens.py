"""The picture of all heads: each in its place, as dark as the root of its weights."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from attnviz import plots

mpl.use("Agg")

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 3, 4))


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_each_head_stands_in_its_layer_and_column(kind):
    """Six pictures in two rows of three, each the root of its weights, with row 0 on top."""
    ax = plots.head_grid(kind(WEIGHTS), chosen=(1, 2))
    assert len(ax.images) == 6
    for place, image in enumerate(ax.images):
        layer, head = divmod(place, 3)
        np.testing.assert_allclose(image.get_array(), np.sqrt(WEIGHTS[layer, head]))
        left, right, bottom, top = image.get_extent()
        assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx((head, layer))
        assert left < right
        assert bottom > top
        assert image.get_clim() == (0, 1)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["layer 1", "layer 2"]
    assert ax.patches[0].get_xy() == (1.5, 0.5)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (WEIGHTS[0], r"weights must be \(layer, head, token, token\), got \(3, 4, 4\)"),
        (WEIGHTS[..., :3], r"weights must be \(layer, head, token, token\), got \(2, 3, 4, 3\)"),
        (WEIGHTS * 100, r"weights must lie in \[0, 1\], got "),
        (np.full((1, 1, 2, 2), np.nan), "weights must be finite, got 4 that are not"),
    ],
)
def test_it_says_what_does_not_fit(weights, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        plots.head_grid(weights)
