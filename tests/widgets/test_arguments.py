"""Explorers refuse what they cannot show, by name."""

import pytest
import traitlets

from attnviz.widgets import FieldMatrix, RocSlider, TokenExplorer

WEIGHTS, NAMES = [[[[0.2, 0.8], [0.5, 0.5]]]], ["shopper", "price"]


@pytest.mark.parametrize("bad", ["abc", [["x", "y"]], [[1], [1, 2]], [[1j, 2]], {"tags": 1}])
def test_what_is_no_array_is_named(bad):
    """A ValueError that begins with the argument, not NumPy's."""
    for explorer in (FieldMatrix, TokenExplorer):
        with pytest.raises(ValueError, match="^weights: expected numbers in rows of one length, got "):
            explorer(bad, NAMES)
    with pytest.raises(
        ValueError, match=r"^probabilities\['model'\]: expected numbers in rows of one length"
    ):
        RocSlider({"model": bad}, [0, 1])


@pytest.mark.parametrize("bad", [1.5, "a", None])
def test_an_index_is_a_whole_number(bad):
    """No float; the error names the trait and its range."""
    with pytest.raises(
        traitlets.TraitError, match="^row: expected an index, a whole number from -?[01] to 1"
    ):
        FieldMatrix(WEIGHTS, NAMES, row=bad)


def test_probabilities_have_names():
    """A list of numbers has none."""
    with pytest.raises(ValueError, match="^probabilities: expected {name: numbers}, got list"):
        RocSlider([0.1, 0.9], [0, 1])


def test_names_are_a_list():
    """A number is none."""
    with pytest.raises(ValueError, match="expected a list of texts, got 5"):
        FieldMatrix(WEIGHTS, 5)
