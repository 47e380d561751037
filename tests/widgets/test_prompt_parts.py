"""PromptParts' Python side: what it shows for each layer, way and case, and what it refuses."""

import numpy as np
import pytest
import torch
import traitlets

from attnviz.widgets import PromptParts

PARTS = ["template", "history", "reviews", "question"]


def figure(**changes) -> dict:
    """Two cases, three layers, four parts; nobody can remove the template."""
    generator = np.random.default_rng(0)
    removal = generator.normal(size=(2, 4))
    removal[:, 0] = np.nan
    arguments = {
        "attention": generator.dirichlet([5, 1, 1, 1], size=(2, 3)),
        "pushes": {"removal": removal, "gradient × input": generator.normal(size=(2, 4)) * [5, 1, 1, 1]},
        "scores": [0.8, -0.4],
        "parts": PARTS,
        "texts": [["<begin>", "She liked: hat\n", "Reviews: Soft.\n", "Yes or No?"]] * 2,
        "cases": ["Ann: scarf", "Ben: scarf"],
        "fixed": ["template"],
        "case": 1,
    }
    return arguments | changes


@pytest.mark.parametrize("layer", range(4))
@pytest.mark.parametrize("way", [0, 1])
@pytest.mark.parametrize("case", [0, 1])
def test_it_shows_the_numbers_of_case_layer_and_way(case, way, layer):
    """Layer 0 is the mean of all, as torch computes it; the parts named are found without the template."""
    arguments = figure()
    explorer = PromptParts(**arguments)
    explorer.case, explorer.way, explorer.layer = case, way, layer
    state = explorer.state()
    layers = torch.tensor(arguments["attention"][case])
    attention = layers.mean(0) if layer == 0 else layers[layer - 1]
    pushes = list(arguments["pushes"].values())[way][case]
    np.testing.assert_allclose(state["attention"], attention, rtol=1e-5)
    np.testing.assert_allclose(state["pushes"], pushes, rtol=1e-5)
    assert state["named_by_attention"] == PARTS[1:][attention[1:].argmax()]
    assert state["named_by_push"] == PARTS[1:][np.abs(pushes[1:]).argmax()]
    assert state["probability"] == pytest.approx(torch.tensor(arguments["scores"][case]).sigmoid().item())


def test_the_template_is_never_named():
    """It has most of the attention and the largest push, and is the same in every prompt."""
    attention = np.tile([0.9, 0.02, 0.05, 0.03], (2, 3, 1))
    pushes = {"gradient": np.tile([9.0, 0.1, -0.2, -0.5], (2, 1))}
    state = PromptParts(**figure(attention=attention, pushes=pushes)).state()
    assert (state["named_by_attention"], state["named_by_push"]) == ("reviews", "question")


def test_fixed_parts_are_never_named():
    """With the question fixed too, it is left out; nothing fixed, and the template is named."""
    attention = np.tile([0.9, 0.02, 0.05, 0.03], (2, 3, 1))
    pushes = {"gradient": np.tile([9.0, 0.1, -0.2, -0.5], (2, 1))}
    arguments = figure(attention=attention, pushes=pushes)
    state = PromptParts(**arguments | {"fixed": ["template", "question"]}).state()
    assert (state["named_by_attention"], state["named_by_push"]) == ("reviews", "reviews")
    assert PromptParts(**arguments | {"fixed": []}).state()["named_by_push"] == "template"


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the traits, as a notebook's kernel gets it."""
    explorer = PromptParts(**figure())
    assert {"case", "way", "layer", "part"} <= set(explorer.traits(sync=True))
    explorer.set_state({"case": 0, "layer": 3, "way": 1, "part": 2})
    assert explorer.state()["score"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"attention": np.ones((2, 4))}, ValueError, r"attention: expected shape \(case=2, layer, part=4\)"),
        (
            {"attention": np.full((2, 3, 4), 25)},
            ValueError,
            "attention: expected numbers from 0 to 1, got 25",
        ),
        ({"pushes": {"removal": np.ones((2, 3))}}, ValueError, r"pushes\['removal'\]: expected shape"),
        ({"pushes": {}}, ValueError, "pushes: expected at least one label"),
        ({"scores": [1.0]}, ValueError, r"scores: expected shape \(case=2\)"),
        ({"texts": [["a", "b", "c", "d"]]}, ValueError, "texts: expected 2 labels"),
        ({"texts": [["a", "b", "c"]] * 2}, ValueError, r"texts\[0\]: expected 4 labels"),
        ({"parts": ["a", "b", "b", "c"]}, ValueError, r"parts: expected each name once, got \['b'\]"),
        ({"fixed": ["colour"]}, ValueError, r"fixed: expected some of \['template'"),
        ({"fixed": PARTS}, ValueError, "fixed: expected some of .* but not all"),
        ({"case": 2}, traitlets.TraitError, "case: expected an index from 0 to 1, got 2"),
        ({"layer": 4}, traitlets.TraitError, "layer: expected a number from 0 to 3, got 4. It has 3 layers"),
        ({"way": 2}, traitlets.TraitError, "way: expected an index from 0 to 1, got 2"),
        ({"part": -1}, traitlets.TraitError, "part: expected an index from 0 to 3, got -1"),
    ],
)
def test_it_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        PromptParts(**figure(**change))
