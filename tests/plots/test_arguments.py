"""Figures refuse what they cannot draw, by name: text, rows of unequal length, names that are no list."""

import math

import numpy as np
import pytest

from attnviz import plots

FIELDS, TABLE, ROWS = ["tags", "price", "brand"], [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]], ["one", "two"]


@pytest.mark.parametrize("bad", ["abc", [["x", "y", "z"]], [[1], [1, 2]], [[1j, 2, 3]], {"tags": 1}])
@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (lambda bad: plots.field_weights(bad, FIELDS), "weights"),
        (lambda bad: plots.attribution_bars(bad, FIELDS), "attributions"),
        (lambda bad: plots.push_spread(bad, FIELDS), "pushes"),
        (lambda bad: plots.attention_heatmap(bad, ROWS, FIELDS), "weights"),
        (lambda bad: plots.agreement_scatter(TABLE, bad, FIELDS), "attributions"),
        (lambda bad: plots.head_circles(TABLE, bad, FIELDS), "value_norms"),
        (lambda bad: plots.removal_curves(bad, ROWS), "curves"),
        (lambda bad: plots.removal_curves(TABLE, ROWS, low=TABLE, high=bad), "high"),
        (lambda bad: plots.word_marks(FIELDS, bad, TABLE[0]), "marks"),
        (lambda bad: plots.head_grid(bad), "weights"),
        (lambda bad: plots.check_table(bad, ROWS, FIELDS), "holds"),
    ],
)
def test_what_is_no_table_is_named(draw, name, bad):
    """A ValueError that begins with the argument, not NumPy's."""
    with pytest.raises(ValueError, match=f"^{name} must be numbers in rows of one length, got "):
        draw(bad)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.field_weights(TABLE, "abc"), "fields must be a list of names, got 'abc'"),
        (lambda: plots.field_weights(TABLE, None), "fields must be a list of names, got None"),
        (lambda: plots.field_weights(TABLE, FIELDS, middle="a"), r"middle must be a share in \[0, 1\]"),
        (
            lambda: plots.field_weights(TABLE, FIELDS, ax="left"),
            "ax must be a matplotlib Axes or None, got str",
        ),
        (lambda: plots.attention_heatmap(TABLE, "ab", FIELDS), "rows must be a list of names, got 'ab'"),
        (lambda: plots.attention_heatmap(TABLE, ROWS, FIELDS, largest=0), "largest must be a number above 0"),
        (
            lambda: plots.attention_heatmap(TABLE, ROWS, FIELDS, largest=-1),
            "largest must be a number above 0",
        ),
        (lambda: plots.attention_heatmap(TABLE, ROWS, FIELDS, largest=math.nan), "largest must be a number"),
        (lambda: plots.agreement_scatter(TABLE, TABLE, FIELDS, tau=(1,)), r"tau must be \(mean, low, high"),
        (lambda: plots.agreement_scatter(TABLE, TABLE, FIELDS, tau=np.full(4, math.nan)), "tau must be"),
        (lambda: plots.weight_trajectory([1, 2]), "frame must be a DataFrame.*got list"),
    ],
)
def test_what_does_not_fit_is_named(draw, message):
    """A ValueError that begins with the argument: a text is no list of letters."""
    with pytest.raises(ValueError, match=f"^{message}"):
        draw()
