"""Jain and Wallace's experiment: its classifier, what is measured of a text, and the table in the book."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from captum.attr import Saliency
from torch.nn import functional as F

from benchmarks import jain_wallace
from benchmarks.results import read_result
from benchmarks.text_classifier import (
    PADDING,
    UNKNOWN,
    TextClassifier,
    as_numbers,
    fit,
    gradients,
    leave_one_out,
    vocabulary,
    words_of,
)

every_model = pytest.mark.parametrize(("encoder", "attention"), jain_wallace.MODELS)
WORDS = torch.tensor([[2, 3, 4, 5, 6, 7, 3], [5, 2, 6, 3, 4, 0, 0]])  # the second is padded


def classifier(encoder: str = "average", attention: str = "additive") -> TextClassifier:
    """One that was not trained, the same each time."""
    torch.manual_seed(1)
    return TextClassifier(8, encoder=encoder, attention=attention, dim=6).eval()


def test_additive_attention_by_hand():
    """Expect softmax(2 tanh(first number)): of .5 and 0, with a padded word that gets nothing."""
    model = TextClassifier(8, encoder="average", attention="additive", dim=2)
    with torch.no_grad():
        model.additive.weight[:] = torch.tensor([[1.0, 0.0]])
        model.additive.bias[:] = 0
        model.query[:] = 2
    hidden = torch.tensor([[[math.atanh(0.5), 9.0], [0.0, 3.0], [5.0, 5.0]]])
    weights = model.weights(hidden, torch.tensor([[True, True, False]]))
    first = math.e / (math.e + 1)
    torch.testing.assert_close(weights, torch.tensor([[first, 1 - first, 0.0]]))


def test_dot_attention_by_hand():
    """Expect softmax(q · h / sqrt(2)): scores of 1 and 0."""
    model = TextClassifier(8, encoder="average", attention="dot", dim=2)
    with torch.no_grad():
        model.query[:] = torch.tensor([math.sqrt(2), 0.0])
    weights = model.weights(torch.tensor([[[1.0, 9.0], [0.0, 3.0]]]), torch.ones(1, 2, dtype=torch.bool))
    torch.testing.assert_close(weights[0, 0].item(), math.e / (math.e + 1))


@every_model
def test_padding_plays_no_part(encoder, attention):
    """Expect of a padded text the logit, weights and taus that it has alone, and zeros at its padding."""
    model = classifier(encoder, attention)
    logits, weights = model(WORDS)
    alone, own = model(WORDS[1:, :5])
    torch.testing.assert_close(logits[1:], alone)
    torch.testing.assert_close(weights[1:, :5], own)
    for found in (weights, gradients(model, WORDS), leave_one_out(model, WORDS)):
        assert (found[1, 5:] == 0).all()
        assert (found[1, :5] > 0).all()
    taus = [name for name in jain_wallace.read_texts(model, WORDS) if name.startswith(("tau", "significant"))]
    together, apart = (jain_wallace.read_texts(model, one)[taus] for one in (WORDS, WORDS[1:, :5]))
    np.testing.assert_allclose(together.loc[1], apart.loc[0])


@every_model
def test_gradients_are_those_by_the_one_hot_vector(encoder, attention):
    """Expect what Captum's Saliency gives at the word that stands there, with the weights kept."""
    model = classifier(encoder, attention)
    mask, weights = WORDS != PADDING, model(WORDS)[1].detach()
    one_hot = F.one_hot(WORDS, 8).float()
    saliency = Saliency(lambda given: model.with_weights(given @ model.embedding.weight, mask, weights))
    expected = saliency.attribute(one_hot).gather(2, WORDS[..., None])[..., 0]
    torch.testing.assert_close(gradients(model, WORDS), expected.where(mask, 0.0))


def test_leave_one_out_reads_the_text_without_the_word():
    """Expect the change of the probability when the third word is cut out by hand."""
    model = classifier("bilstm", "dot")
    without = torch.tensor([[2, 3, 5, 6, 7, 3]])
    expected = (model(without)[0].sigmoid() - model(WORDS[:1])[0].sigmoid()).abs()
    torch.testing.assert_close(leave_one_out(model, WORDS)[0, 2].float(), expected[0])


def test_other_weights_of_a_text_by_hand():
    """Expect no change where all words say the same, and all the weight moved to a word that says as much."""
    weights = torch.tensor([[0.6, 0.3, 0.1], [1.0, 0.0, 0.0]], dtype=torch.float64)
    values = torch.tensor([[1.0, 1.0, 1.0], [2.0, 2.0, -2.0]], dtype=torch.float64)
    found = jain_wallace.other_weights(weights, values, torch.ones(2, 3, dtype=torch.bool))
    assert found["change"][0] == 0
    assert found["js_adversarial"][1] == pytest.approx(1, abs=1e-3)  # all of it on the second word
    assert found["far_adversarial"].tolist() == [0, 1]
    assert found["change_0.5_to_0.75"].tolist() == [0, pytest.approx(float("nan"), nan_ok=True)]
    assert found["change_0.75_to_1"][1] == found["change"][1]


def test_a_classifier_learns_what_decides():
    """Expect all held-out texts told apart by the one word that decides, which gets the tallest weight."""
    torch.manual_seed(0)
    labels = torch.arange(200) % 2
    words = torch.cat([torch.randint(4, 8, (200, 5)), 2 + labels[:, None]], dim=1)
    texts = jain_wallace.Texts(words, labels.float())
    train, valid, held_out = (texts.at(rows) for rows in torch.arange(200).split([120, 40, 40]))
    model = TextClassifier(8, encoder="average", attention="additive", dim=16)
    fit(model, train, valid, epochs=20, lr=1e-2)
    logits, weights = model(held_out.words)
    assert ((logits > 0) == (held_out.labels == 1)).all()
    assert (weights.argmax(1) == 5).double().mean() > 0.9


def test_words_and_their_numbers():
    """Expect small letters, one apostrophe, no signs; a number for what two texts hold, 1 for other words."""
    texts = [words_of("Don’t buy, NOT good!"), words_of("good 2 buy"), words_of("x" + " very" * 200)]
    assert texts[:2] == [["don't", "buy", "not", "good"], ["good", "buy"]]
    assert len(texts[2]) == 100
    known = vocabulary(texts)
    assert known == {"buy": 2, "good": 3}  # "very" stands in one text only
    made = as_numbers(texts[:2], [0, 1], known)
    assert made.words.tolist() == [[UNKNOWN, 2, UNKNOWN, 3], [3, 2, PADDING, PADDING]]


def test_every_text_is_held_out_once():
    """Expect each of 50 texts, told apart by their lengths, in one held-out part and none of its others."""
    texts, labels = [["good"] * number for number in range(1, 51)], np.arange(50) % 2
    seen: list[int] = []
    for seed in range(5):
        *parts, num_words = jain_wallace.parts_of(texts, labels, seed)
        train, valid, held_out = ((part.words != PADDING).sum(1).tolist() for part in parts)
        assert (len(train), len(valid), len(held_out), num_words) == (35, 5, 10, 3)
        assert sorted(train + valid + held_out) == list(range(1, 51))
        seen += held_out
    assert sorted(seen) == list(range(1, 51))


def test_a_run_measures_every_classifier(monkeypatch):
    """Expect a row a measure for all four, beside the authors' rows; other texts in the file stay."""
    lines = {"fine a b c d": 0.5, "awful e f g": -0.5}
    signs = [(f"{line} {'x' * number}", sign) for number in range(1, 31) for line, sign in lines.items()]
    monkeypatch.setattr(jain_wallace, "signed", lambda name: iter(signs))
    table, _, replace = jain_wallace.measure(texts=("planted",), num_tested=3, epochs=1)
    assert replace == ["texts"]
    counts = table.groupby(["texts", "encoder", "attention"]).size()
    assert len(counts) == 8
    assert (counts["planted"] == 2 + 2 * 3 + 3 + 4).all()  # quality, taus, other weights, bins of the change
    assert table.query("texts == 'planted' and measure == 'tau_gradient'")["number"].le(15).all()


def test_real_texts_need_a_folder(monkeypatch):
    """Expect an end that says what to set, and what goes without."""
    monkeypatch.delenv("ATTNVIZ_REAL_DATA", raising=False)
    with pytest.raises(SystemExit, match="set ATTNVIZ_REAL_DATA .* --texts planted"):
        jain_wallace.labelled("yelp_hat")


def test_the_table_in_the_book_is_whole():
    """Expect all classifiers on all texts, means in their intervals, the authors' rows as they are."""
    table = read_result("jain_wallace")
    assert set(table["texts"]) == set(jain_wallace.SOURCES)
    for _, rows in table.groupby("texts"):
        assert set(rows[["encoder", "attention"]].itertuples(index=False, name=None)) == set(
            jain_wallace.MODELS
        )
    theirs = table[table["texts"] == jain_wallace.SST].dropna(axis=1, how="all").reset_index(drop=True)
    pd.testing.assert_frame_equal(theirs, pd.DataFrame(jain_wallace.published())[theirs.columns])
    ours = table[table["texts"] != jain_wallace.SST].dropna(subset="mean")
    assert (ours["low"] <= ours["mean"]).all()
    assert (ours["mean"] <= ours["high"]).all()
