"""The explorers' Python side: what they accept, what they refuse, and the numbers they stand for."""

import base64

import numpy as np
import pandas as pd
import pytest
import torch
import traitlets
from ipywidgets.embed import embed_data

from attnviz.widgets import FieldExplorer, ReasonExplorer

FIELDS = ["tags", "reviews", "price"]


def shelf(**changes) -> dict:
    """The arguments of a field explorer: two shoppers, two products, three fields, four dimensions."""
    generator = np.random.default_rng(0)
    product = {"title": "Scarf", "tags": "wool", "reviews": "Warm.", "price": "25.00"}
    arguments = {
        "query_scores": generator.normal(size=(2, 2, 3)),
        "vectors": generator.normal(size=(2, 2, 3, 4)),
        "head_weight": generator.normal(size=4),
        "head_bias": -0.5,
        "fields": FIELDS,
        "shoppers": ["Ann", "Ben"],
        "products": [product, product | {"title": "Hat"}],
    }
    return arguments | changes


def figure(**changes) -> dict:
    """The arguments of a reason explorer: two cases, three levels, three fields."""
    weights = np.tile([0.2, 0.5, 0.3], (2, 3, 1))
    arguments = {
        "weights": weights,
        "pushes": np.arange(18).reshape(2, 3, 3) - 9.0,
        "fields": FIELDS,
        "level_names": ["bad", "average", "great"],
        "level_label": "Quality of the reviews",
        "cases": ["first", "second"],
        "case": 1,
        "level": 2,
    }
    return arguments | changes


@pytest.mark.parametrize("temperature", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("off", [[], ["reviews"], ["tags", "price"]])
def test_state_is_torch_softmax_of_the_fields_that_are_on(temperature, off):
    """Weights are softmax(score / T) over the fields that are on; the rest follows from a linear head."""
    arguments = shelf()
    explorer = FieldExplorer(**arguments)
    explorer.shopper, explorer.product = 1, 0
    explorer.temperature, explorer.switched_off = temperature, off
    scores = torch.tensor(arguments["query_scores"][1, 0], dtype=torch.float32).double()
    vectors = torch.tensor(arguments["vectors"][1, 0], dtype=torch.float32).double()
    head = torch.tensor(arguments["head_weight"], dtype=torch.float32).double()
    mask = torch.tensor([field in off for field in FIELDS])
    weights = torch.softmax((scores / temperature).masked_fill(mask, -torch.inf), 0)
    logit = torch.nn.functional.linear(weights @ vectors, head) - 0.5
    state = explorer.state()
    np.testing.assert_allclose(state["weights"], weights, rtol=1e-12)
    np.testing.assert_allclose(state["contributions"], weights * (vectors @ head), rtol=1e-9)
    np.testing.assert_allclose(state["logit"], logit, rtol=1e-12)
    np.testing.assert_allclose(state["probability"], torch.sigmoid(logit), rtol=1e-12)
    assert all(state["weights"][FIELDS.index(field)] == 0 for field in off)


def test_state_with_all_fields_off_is_the_bias():
    """Nothing is added up, so the logit is the head's bias."""
    explorer = FieldExplorer(**shelf())
    explorer.switched_off = FIELDS
    state = explorer.state()
    assert state["logit"] == -0.5
    np.testing.assert_array_equal(state["weights"], 0)


def test_numbers_travel_as_little_endian_float32_once():
    """The embedded page holds each array once, in one block, and no text of the shop in it."""
    explorer = FieldExplorer(**shelf())
    embedded = embed_data(views=[explorer])["manager_state"]["state"][explorer.model_id]
    (buffer,) = embedded["buffers"]
    assert buffer["path"] == ["_data"]
    numbers = np.frombuffer(base64.b64decode(buffer["data"]), "<f4")
    place = embedded["state"]["_shapes"]["vectors"]
    got = numbers[place["offset"] :][: np.prod(place["shape"])].reshape(place["shape"])
    np.testing.assert_array_equal(got, shelf()["vectors"].astype(np.float32))
    assert len(numbers) == 12 + 48 + 4 + 1


@pytest.mark.parametrize("widget", [FieldExplorer, ReasonExplorer])
def test_module_is_self_contained(widget):
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert widget._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in widget._esm
    assert "url(" not in widget._css
    assert "@import" not in widget._css


def test_step_starts_at_the_last_one():
    """The slider over the training begins where the training ended."""
    frame = pd.DataFrame({"step": [0, 20, 40], "tags": 0.3, "reviews": 0.5, "price": 0.2})
    explorer = FieldExplorer(**shelf(training_weights=frame))
    assert explorer.step == 2
    assert FieldExplorer(**shelf()).step == 0


def test_accepts_tensors_and_lists():
    """A tensor or a list gives the same numbers as the array."""
    arguments = shelf()
    tensors = FieldExplorer(
        **arguments
        | {"vectors": torch.tensor(arguments["vectors"]), "head_weight": arguments["head_weight"].tolist()}
    )
    assert tensors.state()["logit"] == FieldExplorer(**arguments).state()["logit"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"query_scores": np.zeros((2, 3, 2))},
            r"query_scores: expected shape \(shopper=2, product=2, fi",
        ),
        ({"vectors": np.zeros((2, 2, 3))}, r"vectors: expected shape .*dim\), got \(2, 2, 3\)"),
        ({"vectors": np.zeros((2, 2, 3, 0))}, r"vectors: expected shape .*got \(2, 2, 3, 0\)"),
        ({"head_weight": np.zeros(5)}, r"head_weight: expected shape \(dim=4\), got \(5,\)"),
        ({"head_bias": [1, 2]}, r"head_bias: expected shape \(bias=1\), got \(2,\)"),
        ({"query_scores": np.full((2, 2, 3), np.nan)}, "query_scores: expected finite numbers, got 12"),
        ({"attributions": np.zeros((2, 3))}, "attributions: expected shape"),
        ({"fields": ["tags", "tags", "price"]}, r"fields: expected each name once, got \['tags'\]"),
        ({"fields": "abc"}, "fields: expected a list of texts, got the text 'abc'"),
        (
            {"products": [{"title": "x"}] * 2},
            r"products\[0\]: expected a title .* got no \['tags'",
        ),
        ({"training_weights": pd.DataFrame({"step": [1]})}, r"training_weights: .* got no \['tags'"),
    ],
)
def test_field_explorer_says_what_does_not_fit(change, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        FieldExplorer(**shelf(**change))


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("shopper", 2, "shopper: expected an index from 0 to 1, got 2"),
        ("product", -1, "product: expected an index from 0 to 1, got -1"),
        ("step", 1, "step: expected an index from 0 to 0"),
        ("temperature", 0.0, "temperature: expected a number from 0.1 to 10.0, got 0.0"),
        ("switched_off", ["colour"], r"switched_off: .* got \['colour'\]"),
    ],
)
def test_traits_refuse_what_does_not_exist(trait, value, message):
    """A trait that is set from Python keeps its old value when the new one is refused."""
    explorer = FieldExplorer(**shelf())
    before = getattr(explorer, trait)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, trait, value)
    assert getattr(explorer, trait) == before


def test_traits_of_the_interaction_are_synced():
    """These names are what the browser reads and writes."""
    synced = set(FieldExplorer(**shelf()).traits(sync=True))
    assert {"shopper", "product", "temperature", "switched_off", "step"} <= synced
    assert {"case", "level"} <= set(ReasonExplorer(**figure()).traits(sync=True))


def test_a_change_from_the_browser_reaches_python():
    """A message of the browser sets the trait, as a notebook's kernel gets it."""
    explorer = FieldExplorer(**shelf())
    explorer.set_state({"temperature": 2.0, "switched_off": ["tags"]})
    assert explorer.temperature == 2.0
    assert explorer.state()["weights"][0] == 0


def test_reason_explorer_starts_where_it_is_told_and_follows_its_traits():
    """State is the slice of the arrays at the case and the level."""
    arguments = figure()
    explorer = ReasonExplorer(**arguments)
    assert (explorer.case, explorer.level) == (1, 2)
    np.testing.assert_array_equal(explorer.state()["pushes"], arguments["pushes"][1, 2])
    explorer.case, explorer.level = 0, 1
    np.testing.assert_array_equal(explorer.state()["pushes"], arguments["pushes"][0, 1])
    np.testing.assert_allclose(explorer.state()["weights"], arguments["weights"][0, 1], rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"pushes": np.zeros((3, 2, 3))}, ValueError, r"pushes: expected shape \(case=2, level=3, field=3\)"),
        ({"weights": np.full((2, 3, 3), 20.0)}, ValueError, "weights: expected numbers from 0 to 1, got 20"),
        ({"own": [0, 2.5]}, ValueError, "own: expected places on the slider from 0 to 2, got 0.0 to 2.5"),
        ({"own": [0]}, ValueError, r"own: expected shape \(case=2\), got \(1,\)"),
        ({"whose": "shop"}, ValueError, r"whose must be one of \('model', 'shopper'\), got 'shop'"),
        ({"case": 2}, traitlets.TraitError, "case: expected an index from 0 to 1, got 2"),
        ({"level": 3}, traitlets.TraitError, "level: expected an index from 0 to 2, got 3"),
    ],
)
def test_reason_explorer_says_what_does_not_fit(change, error, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(error, match=message):
        ReasonExplorer(**figure(**change))
