"""The triangle of weights: the markers, lines and shades lie where a linear head puts them."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from attnviz import plots
from attnviz.plots.triangle import CORNERS

mpl.use("Agg")

FIELDS = ["brand", "tags", "reviews", "price"]
VALUES = [0.5, 2.0, -1.0, 0.25]
OWN = [0.2, 0.1, 0.3, 0.4]
OTHER = [0.2, 0.2, 0.55, 0.05]  # brand is frozen
BIAS = -0.25


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def draw(**changes):
    arguments = {
        "values": VALUES,
        "weights": OWN,
        "furthest": OTHER,
        "fields": FIELDS,
        "bias": BIAS,
    } | changes
    return plots.weight_triangle(**arguments)


def probability_at(point):
    """Of a point of the drawing, by solving for its shares and asking torch for a linear head."""
    shares = np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), [*point, 1.0])
    weights = torch.tensor([0.2, *(0.8 * shares)], dtype=torch.float64)
    logit = torch.nn.functional.linear(weights, torch.tensor(VALUES, dtype=torch.float64)) + BIAS
    return logit.sigmoid().item()


def drawn(ax, style):
    """The lines of a style or marker inside the triangle, each (point, 2)."""
    lines = [line for line in ax.lines if len(line.get_xdata()) < 4]
    return [line.get_xydata() for line in lines if style in (line.get_linestyle(), line.get_marker())]


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_markers_stand_at_the_shares_of_the_free_weight(kind):
    """The model's free weight of .8 is shared 1:3:4, the furthest 4:11:1."""
    ax = draw(values=kind(VALUES), weights=kind(OWN), furthest=kind(OTHER))
    np.testing.assert_allclose(drawn(ax, "o"), [[np.array([1, 3, 4]) / 8 @ CORNERS]], atol=1e-6)
    np.testing.assert_allclose(drawn(ax, "D"), [[np.array([4, 11, 1]) / 16 @ CORNERS]], atol=1e-6)


def test_lines_are_those_of_the_models_probability_and_epsilon():
    """The solid line ends at the model's probability, the dashed ones at epsilon more and less."""
    ax = draw(epsilon=0.05)
    own = probability_at(np.array([1, 3, 4]) / 8 @ CORNERS)
    [solid] = drawn(ax, "-")
    np.testing.assert_allclose([probability_at(end) for end in solid], own, atol=1e-9)
    dashed = [[probability_at(end) for end in line] for line in drawn(ax, "--")]
    np.testing.assert_allclose(dashed, [[own - 0.05] * 2, [own + 0.05] * 2], atol=1e-9)


def test_the_model_lies_on_its_line():
    """The marker lies between the ends of the solid line."""
    ax = draw()
    [[start, end]], [[own]] = drawn(ax, "-"), drawn(ax, "o")
    whole = np.linalg.norm(end - start)
    assert np.linalg.norm(own - start) + np.linalg.norm(end - own) == pytest.approx(whole)


def test_shades_are_bands_of_probability():
    """Random points lie in the band that a linear head gives them, and higher ones are darker."""
    ax = draw()
    [bands] = ax.collections
    edges = 1 / (1 + np.exp(-np.array(bands.levels)))
    shares = np.random.default_rng(0).dirichlet([1, 1, 1], size=200)
    for point in shares @ CORNERS:
        [band] = [i for i, path in enumerate(bands.get_paths()) if path.contains_point(point)]
        assert edges[band] - 1e-6 <= probability_at(point) <= edges[band + 1] + 1e-6
    brightness = bands.get_facecolor()[:, :3].sum(1)
    assert (np.diff(brightness) < 0).all()


def test_numbers_are_the_probabilities():
    """Each corner and each marker carries its probability."""
    corners = [
        f"{name}\np {probability_at(place):.2f}" for name, place in zip(FIELDS[1:], CORNERS, strict=True)
    ]
    marks = [probability_at(np.array(given[1:]) / 0.8 @ CORNERS) for given in (OWN, OTHER)]
    expected = [*corners, f"model p {marks[0]:.2f}", f"furthest p {marks[1]:.2f}"]
    assert [text.get_text() for text in draw().texts] == expected


def test_equal_values_make_one_shade(recwarn):
    """Where all points have the same score there is one band and no line, and nothing warns."""
    ax = draw(values=[0.5, 1.0, 1.0, 1.0])
    ax.figure.canvas.draw()
    [bands] = ax.collections
    assert [path.contains_point(CORNERS.mean(0)) for path in bands.get_paths()] == [True]
    assert drawn(ax, "-") == []
    assert not recwarn.list


def test_extreme_logits_are_drawn(recwarn):
    """A probability of 0 or 1, or an epsilon that reaches beyond them, breaks nothing."""
    ax = draw(values=[0.0, 500.0, -500.0, 0.0], epsilon=0.9)
    ax.figure.canvas.draw()
    assert not recwarn.list


def test_names_are_plain_text_on_the_given_axes():
    """A dollar sign starts no formula, and with `ax` no figure is made."""
    _, ax = plt.subplots()
    names = ["brand", "$x", r"$\frac{$", "<b>"]
    assert draw(fields=names, free=names[1:], title="$y", ax=ax) is ax
    ax.figure.canvas.draw()
    assert plt.get_fignums() == [1]
    assert not any(text.get_parse_math() for text in [*ax.texts, ax._left_title])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": [1.0, 2.0]}, "values must have a column for each of 4 fields"),
        ({"furthest": [np.nan, 0.2, 0.4, 0.4]}, "furthest must be finite"),
        ({"free": ["tags", "price"]}, "free must be three of the fields"),
        ({"free": ["tags", "price", "size"]}, "free must be three of the fields"),
        ({"weights": [1.0, 0.0, 0.0, 0.0]}, "weights must leave some weight"),
    ],
)
def test_errors_name_the_argument(change, message):
    """What was expected and what came stand in the message."""
    with pytest.raises(ValueError, match=message):
        draw(**change)
