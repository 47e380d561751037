"""RocSlider's Python side: counts at a threshold, against scikit-learn."""

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_score, roc_auc_score

from attnviz.widgets import RocSlider


def figure(**changes) -> dict:
    """The arguments of a slider: two judges, fifty rows, some ties and both ends of the scale."""
    generator = np.random.default_rng(0)
    labels = generator.integers(2, size=50)
    noisy = np.clip(0.4 * labels + generator.normal(0.3, 0.3, size=50), 0, 1).round(2)
    arguments = {
        "probabilities": {"model": noisy, "best guess": generator.random(50)},
        "labels": labels,
        "threshold": 0.5,
    }
    return arguments | changes


@pytest.mark.parametrize("judge", [0, 1])
@pytest.mark.parametrize("threshold", [0.0, 0.07, 0.29, 0.5, 0.58, 1.0])
def test_state_is_scikit_learns_confusion_matrix(threshold, judge):
    """A row is named from the threshold on, its own value included, whatever the rounding."""
    arguments = figure()
    slider = RocSlider(**arguments)
    slider.threshold, slider.judge = threshold, judge
    probabilities, labels = list(arguments["probabilities"].values())[judge], arguments["labels"]
    named = probabilities >= threshold
    (true_negatives, false_positives), (missed, true_positives) = confusion_matrix(labels, named)
    state = slider.state()
    found = [
        state[name] for name in ("true_negatives", "false_positives", "false_negatives", "true_positives")
    ]
    assert found == [true_negatives, false_positives, missed, true_positives]
    assert state["tpr"] == pytest.approx(named[labels == 1].mean())
    assert state["fpr"] == pytest.approx(named[labels == 0].mean())
    if named.any():
        assert state["precision"] == pytest.approx(precision_score(labels, named))


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=40))
def test_auc_is_scikit_learns_with_ties(rows):
    """The area under the curve counts a tie one half."""
    scores, labels = np.array([score for score, _ in rows]) / 20, [int(label) for _, label in rows]
    if len(set(labels)) == 2:
        slider = RocSlider(probabilities={"one": scores}, labels=labels)
        assert slider.state()["auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-6)


def test_nothing_named_has_no_precision():
    """With no row named, precision is undefined, and says so."""
    slider = RocSlider(**figure(probabilities={"shy": np.full(50, 0.1)}))
    assert np.isnan(slider.state()["precision"])
    assert slider.state()["auc"] == 0.5


def test_the_page_does_not_grow_with_the_rows():
    """Counts travel, not rows."""
    few, many = figure(), figure()
    many["probabilities"] = {name: np.tile(values, 100) for name, values in many["probabilities"].items()}
    many["labels"] = np.tile(many["labels"], 100)
    assert len(RocSlider(**many)._data) == len(RocSlider(**few)._data) == 4 * (2 * 2 * 101 + 2)


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert RocSlider._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in RocSlider._esm
    assert "url(" not in RocSlider._css


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.ones(50)}, r"labels: expected 0 and 1, and both of them, got \[1.0\]"),
        ({"labels": [0, 1, 1]}, r"probabilities\['model'\]: expected shape \(row=3\), got \(50,\)"),
        ({"probabilities": {"logits": np.full(50, -2.0)}}, r"probabilities\['logits'\]: expected numbers fr"),
        ({"probabilities": {}}, "probabilities: expected at least one label"),
    ],
)
def test_it_says_what_does_not_fit(change, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        RocSlider(**figure(**change))


def test_a_threshold_is_a_hundredth_from_0_to_1():
    """Between two positions of the slider the nearer one is taken; beyond its ends is an error."""
    slider = RocSlider(**figure())
    slider.threshold = 0.333
    assert slider.threshold == 0.33
    with pytest.raises(traitlets.TraitError, match="threshold: expected a number from 0 to 1, got -1.5"):
        slider.threshold = -1.5
