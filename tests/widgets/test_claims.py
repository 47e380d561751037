"""What the figures with a claim share."""

import numpy as np
import pytest
import torch

from attnviz.widgets import AgreementExplorer, RemovalExplorer, WeightTriangle
from attnviz.widgets.shared.claims import check_claim, check_share, sigmoid


@pytest.mark.parametrize("widget", [AgreementExplorer, RemovalExplorer, WeightTriangle])
def test_module_is_self_contained(widget):
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert widget._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in widget._esm
    assert "url(" not in widget._css
    assert "@import" not in widget._css


def test_sigmoid_is_torchs_and_does_not_overflow():
    """The same probabilities as torch, 0 and 1 at the far ends."""
    logits = np.array([-1000.0, -3.0, 0.0, 0.5, 1000.0])
    with np.errstate(all="raise"):
        got = sigmoid(logits)
    np.testing.assert_allclose(got, torch.sigmoid(torch.tensor(logits)), atol=1e-15)


def test_a_claim_may_have_no_share():
    """A figure without cases says its statement alone."""
    assert check_claim(None, "all points", "tau is high.")["holds"] is None


def test_a_share_may_miss_by_rounding_only():
    """Softmax in float32 may end a hair outside 0 to 1; percent may not."""
    check_share("weights", np.array([-1e-7, 1 + 1e-7]))
    with pytest.raises(ValueError, match="holds: expected numbers from 0 to 1, got 93.0 to 93.0"):
        check_share("holds", np.array(93.0))
