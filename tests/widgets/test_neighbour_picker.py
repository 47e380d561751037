"""NeighbourPicker's Python side: cosines, their order, and what it refuses."""

import numpy as np
import pytest
import torch
import traitlets
from sklearn.decomposition import PCA

from attnviz.widgets import NeighbourPicker

TEXTS = ["soft", "gentle", "rough", "late", "early"]


def figure(**changes) -> dict:
    """The arguments of a picker: five texts with seeded vectors."""
    vectors = np.random.default_rng(0).normal(size=(5, 8))
    return {"vectors": vectors, "texts": TEXTS, "count": 2} | changes


@pytest.mark.parametrize("chosen", range(5))
def test_state_is_torchs_cosine_in_order(chosen):
    """Nearest first in one list, farthest first in the other; the text itself is in neither."""
    arguments = figure()
    picker = NeighbourPicker(**arguments)
    picker.chosen = chosen
    vectors = torch.tensor(arguments["vectors"])
    cosines = torch.cosine_similarity(vectors[chosen : chosen + 1], vectors, dim=1)
    state = picker.state()
    np.testing.assert_allclose(state["cosines"], cosines, atol=1e-6)
    others = sorted((i for i in range(5) if i != chosen), key=lambda i: -cosines[i])
    assert state["nearest"] == [TEXTS[i] for i in others[:2]]
    assert state["farthest"] == [TEXTS[i] for i in others[::-1][:2]]


def test_length_does_not_matter():
    """A vector and its double have the same neighbours; only the cosines and a map travel."""
    arguments = figure()
    double = NeighbourPicker(**arguments | {"vectors": arguments["vectors"] * [[1], [2], [3], [4], [5]]})
    one = NeighbourPicker(**arguments)
    np.testing.assert_allclose(double.state()["cosines"], one.state()["cosines"], atol=1e-6)
    assert len(one._data) == 4 * 5 * (5 + 2)


def test_the_map_is_scikit_learns_principal_components():
    """Places agree with PCA of the unit vectors but for a mirror, and so does the share that they keep."""
    arguments = figure()
    picker = NeighbourPicker(**arguments)
    unit = arguments["vectors"] / np.linalg.norm(arguments["vectors"], axis=1, keepdims=True)
    pca = PCA(n_components=2).fit(unit)
    found, want = picker._arrays["places"], pca.transform(unit)
    np.testing.assert_allclose(np.abs(found), np.abs(want), atol=1e-5)
    np.testing.assert_allclose(found[0] * found, want[0] * want, atol=1e-5)
    assert picker._meta["kept"] == pytest.approx(pca.explained_variance_ratio_.sum(), abs=1e-6)


def test_the_map_of_alike_texts_is_a_point():
    """Vectors that point the same way have one place, and nothing is lost."""
    picker = NeighbourPicker(**figure(vectors=np.ones((5, 8))))
    np.testing.assert_allclose(picker._arrays["places"], 0, atol=1e-6)
    assert picker._meta["kept"] == 1


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert NeighbourPicker._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in NeighbourPicker._esm
    assert "url(" not in NeighbourPicker._css


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vectors": np.zeros((4, 8))}, r"vectors: expected shape \(text=5, dim\), got \(4, 8\)"),
        ({"vectors": np.zeros((5, 8))}, "vectors: expected vectors with a direction, got zero for text 0"),
        ({"texts": ["soft"] * 5}, r"texts: expected each name once, got \['soft'\]"),
        ({"kinds": ["good"]}, "kinds: expected 5 labels"),
        ({"opinions": [1, 0]}, r"opinions: expected shape \(text=5\), got \(2,\)"),
        (
            {"opinions": [1, 0, 2, 0, 0]},
            r"opinions: expected 1, -1 or 0 for each text, got \[0.0, 1.0, 2.0\]",
        ),
        ({"count": 3}, "count: expected 1 to 2 neighbours for 5 texts, got 3"),
    ],
)
def test_it_says_what_does_not_fit(change, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        NeighbourPicker(**figure(**change))


def test_only_a_text_that_exists_can_be_chosen():
    """An index beyond the texts is refused, and the old one stays."""
    picker = NeighbourPicker(**figure(chosen=3))
    with pytest.raises(traitlets.TraitError, match="chosen: expected an index from 0 to 4, got 5"):
        picker.chosen = 5
    assert picker.chosen == 3
