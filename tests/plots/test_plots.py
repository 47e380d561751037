from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.text import Text

from attnviz import plots
from attnviz.plots import style

mpl.use("Agg")

FIELDS = ["tags", "reviews", "price"]
HOSTILE = ["$x", r"$\frac{$", "a_b^c\n$$", "<script>alert(1)</script>", "%s {0} \x00 \ud83d", "x" * 500]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def trajectory(**fields):
    return pd.DataFrame({"step": [0, 20, 40], **fields})


def draw_all(names, title=None):
    """Each kind of picture with these names."""
    values = np.linspace(0.1, 0.9, len(names))
    yield plots.field_weights(values, names, title=title)
    yield plots.attribution_bars(values - 0.5, names, title=title)
    yield plots.attention_heatmap(np.outer(values, values), names, names, title=title)
    unicode_names = [name for name in names if name.isascii()]  # pandas takes no half an emoji
    yield plots.weight_trajectory(trajectory(**dict.fromkeys(unicode_names, 0.5)), title=title)


def bar_widths(ax):
    return [bar.get_width() for bar in ax.patches]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def tick_names(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


@pytest.mark.parametrize(
    "kind", [list, np.array, torch.tensor, lambda x: torch.tensor(x, requires_grad=True)]
)
def test_field_weights_draws_the_weights(kind):
    """A bar a field in the given order from the top, as long as its weight, with its number."""
    ax = plots.field_weights(kind([0.5, 0.3, 0.2]), FIELDS)
    np.testing.assert_allclose(bar_widths(ax), [0.5, 0.3, 0.2], rtol=1e-6)
    assert tick_names(ax) == FIELDS
    assert texts(ax) == ["0.50", "0.30", "0.20"]
    bottom, top = ax.get_ylim()
    assert bottom > top


def test_field_weights_of_a_batch():
    """The bar is the mean, the line goes from one quantile to the other, and both are explained."""
    weights = np.random.default_rng(0).dirichlet([1, 2, 3], size=500)
    ax = plots.field_weights(weights, FIELDS, middle=0.5)
    np.testing.assert_allclose(bar_widths(ax), weights.mean(0))
    [lines] = ax.collections
    ends = np.array([segment[:, 0] for segment in lines.get_segments()])
    np.testing.assert_allclose(ends, np.quantile(weights, [0.25, 0.75], axis=0).T)
    assert "mean of 500" in ax.get_xlabel()
    assert "middle 50%" in ax.get_xlabel()


def test_field_weights_shows_the_even_weight():
    """The dotted line stands at 1 / number of fields."""
    ax = plots.field_weights([0.5, 0.3, 0.2], FIELDS)
    [even] = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert even.get_xdata()[0] == pytest.approx(1 / 3)


def test_attribution_bars_have_sign_and_colour():
    """To the right and blue when the score was raised, to the left and orange when it was lowered."""
    ax = plots.attribution_bars([0.5, -1.25, 0.0], FIELDS)
    assert bar_widths(ax) == [0.5, -1.25, 0.0]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches[:2]] == [style.RAISES, style.LOWERS]
    assert texts(ax) == ["+0.50", "−1.25", "0.00"]
    low, high = ax.get_xlim()
    assert low == -high


def test_attribution_bars_of_a_batch():
    """The bar is the mean of the products."""
    ax = plots.attribution_bars([[1.0, -1.0, 0.0], [0.0, -3.0, 0.0]], FIELDS)
    np.testing.assert_allclose(bar_widths(ax), [0.5, -2.0, 0.0])
    assert "mean of 2" in ax.get_xlabel()


def test_heatmap_shows_each_weight():
    """Rows go down, columns to the right, each cell has its number, and white is 0."""
    weights = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])
    ax = plots.attention_heatmap(weights, ["head 1", "head 2"], FIELDS)
    assert texts(ax) == ["0.90", "0.10", "0.00", "0.20", "0.30", "0.50"]
    assert [text.get_position() for text in ax.texts[:2]] == [(0.5, 0.5), (1.5, 0.5)]
    assert ax.yaxis_inverted()
    assert tick_names(ax) == ["head 1", "head 2"]
    [mesh] = ax.collections
    assert mesh.get_clim() == pytest.approx((0, 0.9))
    assert to_hex(mesh.cmap(0.0)) == "#ffffff"


def test_heatmap_numbers_can_be_read():
    """Numbers are white on dark cells and dark on light ones, with a contrast of 4.4 or more."""

    def luminance(color):
        parts = np.array(mpl.colors.to_rgb(color))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    weights = np.linspace(0, 1, 101)[None]
    ax = plots.attention_heatmap(weights, ["row"], [str(i) for i in range(101)])
    for value, text in zip(weights[0], ax.texts, strict=True):
        light, dark = sorted([luminance(text.get_color()), luminance(style.SEQUENTIAL(value))], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.4, value


def test_heatmaps_share_a_scale_when_asked():
    """With the same `largest`, two pictures colour the same weight alike."""
    ax = plots.attention_heatmap([[0.1, 0.2]], ["a"], ["b", "c"], largest=1.0)
    assert ax.collections[0].get_clim() == (0, 1)


def test_heatmap_of_zeros_and_of_many_cells():
    """All zeros are drawn white; 401 cells or more carry no numbers."""
    assert plots.attention_heatmap(np.zeros((2, 2)), ["a", "b"], ["c", "d"]).texts[0].get_text() == "0.00"
    assert not plots.attention_heatmap(np.zeros((1, 401)), ["a"], [str(i) for i in range(401)]).texts


def test_trajectory_names_each_line_at_its_end():
    """A line a field through its values, no legend box, the name with the last value."""
    frame = trajectory(reviews=[0.3, 0.5, 0.6], tags=[0.3, 0.2, 0.3], price=[0.4, 0.3, 0.1])
    ax = plots.weight_trajectory(frame)
    for line, field in zip(ax.lines[:3], ["reviews", "tags", "price"], strict=True):
        np.testing.assert_allclose(line.get_xydata(), frame[["step", field]])
    assert ax.get_legend() is None
    assert sorted(texts(ax)) == ["price 0.10", "reviews 0.60", "tags 0.30"]


def test_trajectory_names_do_not_cover_each_other():
    """Fields that end at the same weight get names one above the other."""
    ax = plots.weight_trajectory(trajectory(a=[0.2] * 3, b=[0.2] * 3, c=[0.201] * 3, d=[0.199] * 3))
    ax.figure.canvas.draw()
    boxes = sorted((Text.get_window_extent(text) for text in ax.texts), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8).map(sorted), st.floats(0.01, 0.3))
def test_names_move_apart_and_no_further(values, gap):
    """Places keep their order and the gap, and stay where they are when there was room."""
    places = style.move_apart(np.array(values), gap)
    assert (np.diff(places) >= gap - 1e-9).all()
    if (np.diff(values) >= gap).all():
        np.testing.assert_allclose(places, values, atol=1e-9)


def test_lines_differ_for_the_colour_blind():
    """No two of the line colours look alike with a red-green deficiency (deuteranopia)."""
    to_lms = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    deuteranopia = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    seen = [
        np.linalg.inv(to_lms) @ deuteranopia @ to_lms @ np.array(mpl.colors.to_rgb(color)) ** 2.2
        for color in style.LINES
    ]
    seen = np.clip(seen, 0, 1) ** (1 / 2.2)
    distances = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 0.2


@pytest.mark.parametrize("title", [None, *HOSTILE])
def test_hostile_names_are_only_text(title, recwarn):
    """A dollar sign starts no formula, nothing crashes, and long names are cut."""
    for ax in draw_all(HOSTILE, title):
        ax.figure.canvas.draw()
        labels = [*ax.get_yticklabels(), *ax.get_xticklabels(), *ax.texts, ax.title, ax._left_title]
        foreign = [label for label in labels if "$" in label.get_text() or "<" in label.get_text()]
        assert foreign
        assert not any(label.get_parse_math() or label.get_usetex() for label in foreign)
        assert max(len(label.get_text()) for label in labels) <= 120


def test_draws_on_the_given_axes():
    """With `ax` no figure is made."""
    _, axes = plt.subplots(1, 4)
    plots.field_weights([0.5, 0.3, 0.2], FIELDS, ax=axes[0])
    plots.attribution_bars([0.5, 0.3, 0.2], FIELDS, ax=axes[1])
    plots.attention_heatmap(np.eye(3), FIELDS, FIELDS, ax=axes[2])
    assert plots.weight_trajectory(trajectory(a=[0.5] * 3), ax=axes[3]) is axes[3]
    assert len(plt.get_fignums()) == 1
    assert [len(ax.patches) for ax in axes[:2]] == [3, 3]


def test_page_is_white_in_a_dark_style():
    """The picture reads the same whatever style is on: white page, dark ink."""
    with plt.style.context("dark_background"):
        for ax in draw_all(FIELDS, "Title"):
            assert to_hex(ax.figure.get_facecolor()) == "#ffffff"
            assert to_hex(ax.get_facecolor()) == "#ffffff"
            labels = [*ax.get_yticklabels(), *ax.get_xticklabels(), ax._left_title, ax.xaxis.label]
            assert {to_hex(label.get_color()) for label in labels} <= {style.INK, style.MUTED}


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.field_weights([0.5, 0.5], FIELDS), "weights must have a column for each of 3 fields"),
        (lambda: plots.field_weights([0.5, 0.3, np.nan], FIELDS), "weights must be finite, got 1 NaN"),
        (lambda: plots.field_weights(np.zeros((2, 2, 3)), FIELDS), "weights must have a column"),
        (
            lambda: plots.field_weights([0.5, 0.3, 0.2], FIELDS, middle=80),
            r"middle must be a share in \[0, 1\]",
        ),
        (lambda: plots.attribution_bars(np.zeros((0, 3)), FIELDS), "attributions must have a column"),
        (lambda: plots.attention_heatmap(np.eye(3), ["a"], FIELDS), "weights must be 1 rows"),
        (lambda: plots.attention_heatmap(-np.eye(3), FIELDS, FIELDS), "of at least 0"),
        (lambda: plots.weight_trajectory(pd.DataFrame({"tags": [1.0]})), "a column 'step'"),
        (lambda: plots.weight_trajectory(pd.DataFrame({"step": [1.0]})), "one a field"),
    ],
)
def test_errors_name_the_argument(draw, message):
    """What was expected and what came stand in the message, and nothing was drawn."""
    with pytest.raises(ValueError, match=message):
        draw()


def test_sixth_line_is_dashed():
    """More fields than colours: the colours come again, dashed."""
    ax = plots.weight_trajectory(trajectory(**{f"field {i}": [0.1 * i] * 3 for i in range(6)}))
    assert [line.get_linestyle() for line in ax.lines[:6]] == ["-"] * 5 + ["--"]
    assert ax.lines[5].get_color() == ax.lines[0].get_color()
