"""AgreementExplorer's Python side: the numbers of a step by panel, and what it refuses."""

import numpy as np
import pytest
import traitlets

from attnviz.widgets import AgreementExplorer

PANELS = ["trained", "untrained", "shuffled labels"]


def figure(**changes) -> dict:
    """The arguments of an agreement explorer: three panels, two steps, four points."""
    generator = np.random.default_rng(0)
    means = np.array([[0.1, 0.6], [0.5, 0.5], [0.1, 0.4]])
    arguments = {
        "weights": generator.uniform(size=(3, 2, 4)),
        "attributions": generator.normal(size=(3, 2, 4)),
        "panel_names": PANELS,
        "steps": [0, 400],
        "taus": np.stack([means, means - 0.1, means + 0.1], axis=-1),
        "undefined": [[0, 0], [1, 1], [0, 2]],
        "num_cases": 20,
    }
    return arguments | changes


def test_it_starts_at_the_last_step_with_names_shown():
    """State gives each panel's numbers at the step; attributions lose their sign."""
    arguments = figure()
    explorer = AgreementExplorer(**arguments)
    assert (explorer.step, explorer.names_hidden, explorer.panel_order) == (1, False, [0, 1, 2])
    for step in (0, 1):
        explorer.step = step
        state = explorer.state()
        for panel, name in enumerate(PANELS):
            sizes = np.abs(arguments["attributions"][panel, step])
            np.testing.assert_allclose(state["attribution_sizes"][name], sizes, rtol=1e-6)
            np.testing.assert_allclose(state["weights"][name], arguments["weights"][panel, step], rtol=1e-6)
            np.testing.assert_allclose(state["taus"][name], arguments["taus"][panel, step], atol=1e-6)
    assert state["undefined"] == {"trained": 0, "untrained": 1, "shuffled labels": 2}


def test_an_undefined_tau_stays_undefined():
    """A panel whose tau is undefined in all cases has NaN, never 0."""
    taus = figure()["taus"]
    taus[1, :, 0] = np.nan
    state = AgreementExplorer(**figure(taus=taus)).state()
    assert np.isnan(state["taus"]["untrained"]).all()
    assert np.isfinite(state["taus"]["trained"]).all()


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser hides the names and shuffles the panels; state stays by name."""
    explorer = AgreementExplorer(**figure())
    before = explorer.state()["taus"]["trained"]
    explorer.set_state({"names_hidden": True, "panel_order": [2, 0, 1]})
    assert (explorer.names_hidden, explorer.panel_order) == (True, [2, 0, 1])
    np.testing.assert_array_equal(explorer.state()["taus"]["trained"], before)


def test_traits_of_the_interaction_are_synced():
    """These names are what the browser reads and writes."""
    synced = set(AgreementExplorer(**figure()).traits(sync=True))
    assert {"step", "names_hidden", "panel_order", "same_axes"} <= synced


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [1, 2, 3]])
def test_an_order_that_misses_a_panel_is_refused(order):
    """Each panel stands at one place."""
    explorer = AgreementExplorer(**figure())
    with pytest.raises(traitlets.TraitError, match="panel_order: expected each index from 0 to 2 once"):
        explorer.panel_order = order


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"weights": np.zeros((3, 3, 4))},
            r"weights: expected shape \(panel=3, step=2, point\), got \(3, 3, 4\)",
        ),
        ({"weights": np.full((3, 2, 4), 20.0)}, "weights: expected numbers from 0 to 1, got 20"),
        ({"attributions": np.zeros((3, 2, 5))}, r"attributions: expected shape .*point=4\), got \(3, 2, 5\)"),
        ({"taus": np.zeros((3, 2))}, r"taus: expected shape \(panel=3, step=2, mean, low, high=3\)"),
        ({"taus": np.full((3, 2, 3), [0.1, 0.2, 0.3])}, "taus: expected mean, low, high from -1 to 1"),
        ({"taus": np.full((3, 2, 3), 2.0)}, "taus: expected mean, low, high from -1 to 1 .* got 2.0"),
        (
            {"undefined": np.full((3, 2), 21)},
            "undefined: expected counts from 0 to num_cases=20, got 21 to 21",
        ),
        ({"panel_names": ["a", "a", "b"]}, r"panel_names: expected each name once, got \['a'\]"),
        ({"point_fields": ["tags"]}, "point_fields: expected 4 labels"),
    ],
)
def test_it_says_what_does_not_fit(change, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        AgreementExplorer(**figure(**change))


def test_there_are_six_shapes():
    """More fields than shapes are refused, not drawn alike."""
    many = {
        "weights": np.zeros((3, 2, 7)),
        "attributions": np.zeros((3, 2, 7)),
        "point_fields": list("abcdefg"),
    }
    with pytest.raises(ValueError, match="point_fields: expected at most 6 fields, got 7"):
        AgreementExplorer(**figure(**many))


def test_a_step_that_does_not_exist_is_refused():
    """The step is an index, not the number of the training step."""
    with pytest.raises(traitlets.TraitError, match="step: expected an index from 0 to 1, got 400"):
        AgreementExplorer(**figure()).step = 400
