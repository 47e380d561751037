"""BaselineSlider's Python side: the slice it stands for, what turns, and what it refuses."""

import numpy as np
import pytest
import traitlets

from attnviz.widgets import BaselineSlider


def figure(**changes) -> dict:
    """The arguments of a slider: two cases, three stops with one level between them, two fields."""
    attributions = np.array(
        [
            [[2.0, 1.0], [1.0, 1.0], [0.0, 1.0], [-0.05, 1.0], [-0.1, 1.0]],
            [[1.0, -2.0], [-3.0, -2.0], [1.0, -2.0], [-3.0, -2.0], [1.0, -2.0]],
        ]
    )
    logits = np.array([1.5, -1.0])
    arguments = {
        "attributions": attributions,
        "logits": logits,
        "baseline_logits": logits[:, None] - attributions.sum(-1),
        "fields": ["reviews", "price"],
        "stops": ["nothing", "an average product", "the bestseller"],
        "cases": ["first", "second"],
        "case": 1,
        "level": 2,
    }
    return arguments | changes


def test_it_starts_where_it_was_told_and_follows_its_traits():
    """State is the slice of the arrays at the case and the level; the score stands still."""
    slider = BaselineSlider(**figure())
    assert (slider.case, slider.level) == (1, 2)
    np.testing.assert_array_equal(slider.state()["attributions"], [1.0, -2.0])
    slider.case, scores = 0, []
    for slider.level in range(5):
        state = slider.state()
        scores.append(state["logit"])
        assert state["attributions"].sum() == pytest.approx(
            state["logit"] - state["baseline_logit"], abs=1e-6
        )
    assert scores == [1.5] * 5


@pytest.mark.parametrize(
    ("level", "name"),
    [
        (0, "nothing"),
        (1, "a mixture of nothing and an average product, 1 : 1"),
        (2, "an average product"),
        (3, "a mixture of an average product and the bestseller, 1 : 1"),
        (4, "the bestseller"),
    ],
)
def test_a_level_is_a_stop_or_lies_between_two(level, name):
    """A stop has its own name; a mixture says of what."""
    assert BaselineSlider(**figure(level=level)).state()["baseline"] == name


def test_a_field_turns_when_two_stops_give_it_opposite_signs():
    """2.0 at one stop and −0.1 at another is a turn; −3.0 between the stops is none, nor is a steady sign."""
    slider = BaselineSlider(**figure(case=0))
    assert slider.state()["turned"] == ["reviews"]
    slider.case = 1
    assert slider.state()["turned"] == []
    changed = figure()
    changed["attributions"][0, 4, 0], changed["baseline_logits"][0, 4] = -0.09, 0.59
    assert BaselineSlider(**changed | {"case": 0}).state()["turned"] == []


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert BaselineSlider._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in BaselineSlider._esm
    assert "url(" not in BaselineSlider._css


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"logits": [1.5]}, r"logits: expected shape \(case=2\), got \(1,\)"),
        ({"baseline_logits": np.zeros((2, 3))}, r"baseline_logits: expected shape \(case=2, level=5\)"),
        ({"baseline_logits": np.zeros((2, 5))}, r"attributions: expected sums .* case 1, level 1"),
        ({"stops": ["nothing"]}, "stops: expected at least 2"),
        ({"stops": ["a", "b", "c", "d"]}, "stops: expected at least 2, .* 5 levels .* got 4"),
        ({"stops": ["nothing", "nothing", "c"]}, "stops: expected each name once"),
        ({"fields": ["reviews"]}, r"attributions: expected shape \(case=2, level, field=1\)"),
    ],
)
def test_it_says_what_does_not_fit(change, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        BaselineSlider(**figure(**change))


@pytest.mark.parametrize("change", [{"case": 2}, {"level": 5}, {"level": -1}])
def test_a_trait_out_of_range_is_refused(change):
    """Cases and levels that do not exist raise."""
    slider = BaselineSlider(**figure())
    with pytest.raises(traitlets.TraitError, match="expected an index from 0 to"):
        slider.set_trait(*next(iter(change.items())))
