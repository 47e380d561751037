"""What `capture` does with the models of other people: the same outputs, and their own weights or none.

Oracles: the same model with eager attention that returns its weights; the model without `capture`.
"""

import warnings

import pytest
import torch
from architecture import flat
from architectures import ARCHITECTURES
from capture_table import ALONE, EQUAL, PATH, REFUSED, answer, table, tried

from attnviz.recording import capture

NAMES = [architecture.name for architecture in ARCHITECTURES]
EACH = pytest.mark.parametrize("place", range(len(NAMES)), ids=NAMES)
PARTIAL = {
    "LED, asked for weights": (2, 1),
    "ProphetNet": (1, 2),
    "VisionEncoderDecoder, Swin v2": (2, 2),
    "Deformable DETR": (1, 2),
    "Mask2Former": (5, 2),
    "Qwen3-Next": (1, 1),
    "XCiT's cross-covariance beside attention": (1, 1),
    "sdpa, then flex": (1, 1),
    "NRMS": (1, 1),
}
WITHOUT_GRADIENTS = ("generates", "flex")  # PyTorch has none for flex on a CPU
TOLERANCE = {torch.float32: dict(atol=2e-5, rtol=1e-4), torch.bfloat16: dict(atol=2e-2, rtol=2e-2)}


@EACH
def test_outputs_inside_are_those_outside(place):
    """Every tensor that a model returns, padding included, is the same to the last bit."""
    one = tried(place)
    assert len(one.inside) == len(one.outside) > 0
    for inside, outside in zip(one.inside, one.outside, strict=True):
        torch.testing.assert_close(inside, outside, atol=0, rtol=0, equal_nan=True)


@EACH
def test_weights_are_the_models_own_or_the_reason_is_said(place):
    """Each matrix that the eager model returns is in the record; what is missing has a reason."""
    one, architecture = tried(place), ARCHITECTURES[place]
    if answer(one, architecture) == REFUSED:
        assert all(one.missing.values())
        assert not one.error or one.error.startswith(
            ("nothing in module attended", "nothing is in the record")
        )
        return
    seen = [call for calls in one.seen.values() for call in calls]
    assert seen
    assert all(call.dim() == 4 for call in seen)
    if architecture.told is None:
        return
    with torch.no_grad():
        told = architecture.own_weights()
    assert told
    for own in told:
        alike = [k for k, call in enumerate(seen) if close(call, own)]
        assert alike, f"no recorded weights are those of {tuple(own.shape)}"
        seen.pop(alike[0])


def close(seen: torch.Tensor, own: torch.Tensor) -> bool:
    """Equal to the tolerance of their type."""
    return seen.shape == own.shape and torch.allclose(seen, own, **TOLERANCE[own.dtype])


@EACH
def test_outputs_are_the_same_with_gradients(place):
    """Made of the weights in the record, the output is the model's own to the tolerance of its type."""
    one, architecture = tried(place), ARCHITECTURES[place]
    if one.error or any(words in architecture.name for words in WITHOUT_GRADIENTS):
        return
    model = architecture.model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outside = flat(architecture.call(model))
        with capture(model, **architecture.options, gradients=True) as record:
            inside = flat(architecture.call(model))
    assert record.missing == one.missing
    for made, wanted in zip(inside, outside, strict=True):
        torch.testing.assert_close(made, wanted, **TOLERANCE[architecture.dtype], check_dtype=True)


@pytest.mark.parametrize(("name", "counts"), PARTIAL.items())
def test_a_partial_record_says_what_is_missing(name, counts):
    """Modules in the record, modules missing: a warning, and an error with strict=True."""
    place = NAMES.index(name)
    one, architecture = tried(place), ARCHITECTURES[place]
    assert (len(one.seen), len(one.missing)) == counts
    model = architecture.model()
    with (
        torch.no_grad(),
        pytest.warns(UserWarning, match="the record is not whole"),
        capture(model) as record,
    ):
        architecture.call(model)
    assert record.missing == one.missing
    with (
        torch.no_grad(),
        pytest.raises(RuntimeError, match="not whole"),
        capture(model, strict=True) as record,
    ):
        architecture.call(model)
    assert record.missing == one.missing


@EACH
def test_advice_can_be_followed(place):
    """Where a softmax is offered, it can be taken, and is not missing any more; nothing else is advised."""
    one, architecture = tried(place), ARCHITECTURES[place]
    offered = [name for name, reason in one.missing.items() if f"softmax=[{name!r}]" in reason]
    assert "output_attentions" not in one.error + str(one.missing)
    if not offered:
        return
    model = architecture.model()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with capture(model, softmax=offered) as record:
            architecture.call(model)
    assert set(offered) <= record.calls.keys()
    assert record.missing.keys() == one.missing.keys() - set(offered)
    assert all(call.dim() == 4 for name in offered for call in record.calls[name])
    rows = torch.cat([call.sum(-1).flatten() for name in offered for call in record.calls[name]])
    torch.testing.assert_close(rows, torch.ones_like(rows))


def test_the_list_is_long_and_has_all_three_answers():
    """At least 60 architectures; a bfloat16 model, training, caches and a module called twice among them."""
    assert len(NAMES) == len(set(NAMES)) >= 60
    answers = {answer(tried(place), one) for place, one in enumerate(ARCHITECTURES)}
    assert answers == {EQUAL, REFUSED, ALONE}


def test_our_own_recommender_is_captured_without_a_word():
    """No option, no warning, nothing missing, with each kind of attention."""
    places = [place for place, name in enumerate(NAMES) if name.startswith("AttentionRecommender")]
    assert len(places) >= 4
    for place in places:
        architecture = ARCHITECTURES[place]
        model = architecture.model()
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("error")
            with capture(model, strict=True):
                architecture.call(model)


def test_gradients_of_our_own_recommender():
    """With one query, the logit is a sum of weight times value: the value is the weight's gradient."""
    architecture = ARCHITECTURES[NAMES.index("AttentionRecommender, point")]
    model = architecture.model()
    with capture(model, ["mechanism"], gradients=True) as record:
        logits = architecture.call(model)
    (gradient,) = torch.autograd.grad(logits.sum(), record.weights["mechanism"])
    vectors, (query,) = model.field_vectors(architecture.inputs["batch"])
    values = model.mechanism.terms(vectors, query, model.head)[1]
    torch.testing.assert_close(gradient[:, 0, 0], values)


def test_the_table_in_the_book_is_what_is_true():
    """Write it again with `python tests/recording/capture_table.py`."""
    assert PATH.read_text(encoding="utf-8") == table()


def test_the_attention_of_timm_where_it_is_installed():
    """It needs torchvision, which does not go with every torch; `by_hand.Block` is the same by hand."""
    timm = pytest.importorskip("timm", exc_type=ImportError)
    model = timm.create_model("vit_tiny_patch16_224", depth=1).eval()
    with torch.no_grad(), capture(model, strict=True) as record:
        model(torch.zeros(1, 3, 224, 224))
    assert record.weights["blocks.0.attn"].shape == (1, 3, 197, 197)
