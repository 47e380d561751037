"""What the figures with a claim share."""

import json

import numpy as np
import pytest
import torch
from explorers import ALL
from pages import field_explorer

from attnviz.widgets import AgreementExplorer, Claim, RemovalExplorer, WeightTriangle
from attnviz.widgets.shared.checks import check_share

WITH_CLAIM = [make for make in ALL if make is not field_explorer]


@pytest.mark.parametrize("widget", [AgreementExplorer, RemovalExplorer, WeightTriangle])
def test_module_is_self_contained(widget):
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert widget._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in widget._esm
    assert "url(" not in widget._css
    assert "@import" not in widget._css


@pytest.mark.parametrize("make", WITH_CLAIM)
def test_the_browser_gets_the_claim_of_every_explorer(make):
    """Share, statement and rule in one place; numbers of other libraries become JSON's."""
    claim = Claim(np.float32(0.5), "it holds.", "the first one.")
    meta = make(claim=claim)._meta
    assert json.loads(json.dumps(meta))["claim"] == {
        "holds": 0.5,
        "statement": "it holds.",
        "rule": "the first one.",
    }
    assert not {"holds", "statement", "rule"} & set(meta)


@pytest.mark.parametrize("make", WITH_CLAIM)
def test_an_explorer_without_a_claim_says_so(make):
    """None goes to the browser, and nothing else changes."""
    without, with_claim = make(claim=None)._meta, make()._meta
    assert without == with_claim | {"claim": None}


def test_an_explorer_that_has_no_claim_of_its_own():
    """FieldExplorer shows one prediction, and claims nothing."""
    assert field_explorer()._meta["claim"] is None


@pytest.mark.parametrize("make", WITH_CLAIM)
def test_a_claim_is_a_claim(make):
    """A number or a dict in its place is refused."""
    for wrong in (0.93, {"holds": 0.93}):
        with pytest.raises(TypeError, match=r"claim: expected an attnviz\.widgets\.Claim or None, got"):
            make(claim=wrong)


@pytest.mark.parametrize("holds", [93, 20, 74.0, -0.1, float("nan"), np.float64(61)])
def test_a_claim_holds_in_a_share_of_the_cases(holds):
    """Percent, negative numbers and NaN are refused, with the argument's name."""
    with pytest.raises(ValueError, match=f"holds: expected numbers from 0 to 1, got {float(holds)}"):
        Claim(holds)


@pytest.mark.parametrize("holds", [0, 1, 0.88, np.float32(0.25), torch.tensor(0.5)])
def test_a_share_of_any_library_is_taken(holds):
    """It goes to the browser as a plain float."""
    sent = Claim(holds).as_dict()["holds"]
    assert type(sent) is float
    assert sent == float(holds)


def test_a_claim_may_have_no_share():
    """A figure without cases says its statement alone."""
    assert Claim(statement="tau is high.", rule="all points").as_dict() == {
        "holds": None,
        "statement": "tau is high.",
        "rule": "all points",
    }


def test_probabilities_are_torchs_and_do_not_overflow():
    """The same probabilities as torch, 0 and 1 at the far ends."""
    logits = np.array([[[0.5, -1000.0, 1000.0, -3.0], [0.5, 0.0, -0.5, 3.0]]])
    explorer = RemovalExplorer([[[0, 1, 2], [2, 1, 0]]], logits)
    with np.errstate(all="raise"):
        for removed in range(4):
            explorer.removed = removed
            want = torch.sigmoid(torch.tensor(logits[0, :, removed]))
            np.testing.assert_allclose(explorer.state()["probabilities"], want, atol=1e-15)


def test_a_share_may_miss_by_rounding_only():
    """Softmax in float32 may end a hair outside 0 to 1; percent may not."""
    check_share("weights", np.array([-1e-7, 1 + 1e-7]))
    with pytest.raises(ValueError, match="holds: expected numbers from 0 to 1, got 93.0 to 93.0"):
        check_share("holds", np.array(93.0))
