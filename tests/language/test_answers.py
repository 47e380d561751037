"""Scores, weights and attributions of prompts, with a small random Llama."""

import copy

import pytest
import torch
from small_chat import small_model, small_tokenizer

from attnviz.language.answers import answer_attention, answer_attribution, answer_scores, scores_without
from attnviz.language.prompt import Prompt, answer_ids, encode_prompt

TOKENIZER = small_tokenizer()
ANSWERS = answer_ids(TOKENIZER)
PARTS = {"history": "warm scarf\n", "price": "No price at all\n", "question": "say Yes or No"}
TEXTS = [PARTS, {"question": "Yes"}, PARTS | {"history": "a scarf, and another scarf, and a warm one\n"}]


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def eager():
    return small_model(eager=True)


@pytest.fixture(scope="module")
def prompt():
    return encode_prompt(TOKENIZER, PARTS)


def score_of(model, prompt: Prompt) -> float:
    """The score by the book: the next token's log-probabilities."""
    with torch.no_grad():
        log_p = model(prompt.token_ids[None]).logits[0, -1].log_softmax(0)
    return (log_p[ANSWERS[0]] - log_p[ANSWERS[1]]).item()


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_a_score_is_the_difference_of_two_log_probabilities(model, batch_size):
    """Whatever stands beside it in the batch, and in whatever order."""
    prompts = [encode_prompt(TOKENIZER, parts) for parts in TEXTS]
    scores = answer_scores(model, prompts, ANSWERS, batch_size=batch_size)
    torch.testing.assert_close(scores, torch.tensor([score_of(model, p) for p in prompts]), atol=1e-4, rtol=0)


def test_answers_the_other_way_round_have_the_opposite_score(model, prompt):
    """No against Yes is minus Yes against No."""
    there, back = (answer_scores(model, [prompt], ids) for ids in (ANSWERS, ANSWERS.flip(0)))
    torch.testing.assert_close(there, -back)


def test_weights_of_the_parts_are_sums_over_their_tokens(eager, prompt):
    """As the model returns them; they sum to 1."""
    found = answer_attention(eager, prompt)
    with torch.no_grad():
        layers = eager(prompt.token_ids[None], output_attentions=True).attentions
    assert found.shape == (2, 4, 4)
    torch.testing.assert_close(found.sum(-1), torch.ones(2, 4))
    for part in range(4):
        for layer in range(2):
            expected = layers[layer][0, :, -1][:, prompt.part_of == part].sum(1)
            torch.testing.assert_close(found[layer, :, part], expected)


def test_without_weights_it_raises(model, prompt):
    """A fused kernel returns none; that is said, and no zeros come out."""
    with pytest.raises(ValueError, match="model must return its weights, got none"):
        answer_attention(model, prompt)


@pytest.mark.parametrize("group", [[], ["history"], ["price"], ["history", "question"], list(PARTS)])
def test_a_removal_is_an_attention_mask_of_0(model, prompt, group):
    """All tokens in their places, and a mask over the parts: the model's own way to hide them."""
    mask = torch.tensor([name not in group for name in prompt.names])[prompt.part_of].long()[None]
    with torch.no_grad():
        logits = model(
            prompt.token_ids[None], attention_mask=mask, position_ids=torch.arange(mask.shape[1])[None]
        ).logits[0, -1]
    expected = logits[ANSWERS[0]] - logits[ANSWERS[1]]
    found = scores_without(model, prompt, ANSWERS, [["price"], group])
    torch.testing.assert_close(found[1], expected, atol=1e-4, rtol=0)


def test_a_removed_part_says_nothing(model, prompt):
    """Other tokens in the place of the removed ones make no difference; in another place they do."""
    groups = [[], ["price"], ["history", "price"]]
    scores = scores_without(model, prompt, ANSWERS, groups)
    other = torch.where(prompt.part_of == prompt.names.index("price"), 70, prompt.token_ids)
    changed = scores_without(model, prompt._replace(token_ids=other), ANSWERS, groups)
    torch.testing.assert_close(changed[1:], scores[1:], atol=1e-4, rtol=0)
    assert (changed[0] - scores[0]).abs() > 1e-3
    assert (scores[1:] - scores[0]).abs().min() > 1e-3


@pytest.mark.parametrize("group", [["colour"], ["template"]])
def test_only_parts_beside_the_template_can_be_removed(model, prompt, group):
    """The error names the parts that can."""
    with pytest.raises(ValueError, match=r"removed must hold names of \['history', 'price', 'question'\]"):
        scores_without(model, prompt, ANSWERS, [group])


def test_gradient_x_input_is_the_slope_when_a_part_grows(model, prompt):
    """The part's vectors times 1 + h, by central differences."""
    found, gap = answer_attribution(model, prompt, ANSWERS)
    model = copy.deepcopy(model).double()
    vectors = model.get_input_embeddings()(prompt.token_ids)[None].detach()

    def score(factors):
        with torch.no_grad():
            logits = model(inputs_embeds=vectors * factors[None, :, None]).logits[0, -1]
        return logits[ANSWERS[0]] - logits[ANSWERS[1]]

    for part in range(4):
        step = 2e-3 * (prompt.part_of == part).double()
        slope = (score(1 + step) - score(1 - step)) / 4e-3
        assert found[part].item() == pytest.approx(slope.item(), abs=3e-3, rel=1e-2)
    assert gap != gap


def test_integrated_gradients_sum_to_the_way_from_the_baseline(model, prompt):
    """The template has none, and sum and gap are the score less that of a prompt of new lines."""
    line = TOKENIZER.encode("\n")[0]
    found, gap = answer_attribution(
        model, prompt, ANSWERS, method="integrated_gradients", baseline_id=line, num_steps=200
    )
    bare = prompt._replace(token_ids=torch.where(prompt.part_of > 0, line, prompt.token_ids))
    way = score_of(model, prompt) - score_of(model, bare)
    assert found[0] == 0
    assert found.sum().item() + gap == pytest.approx(way, abs=1e-3)
    assert abs(gap) < 0.05 * max(abs(way), 1)


@pytest.mark.parametrize(
    ("method", "message"),
    [("lime", "method must be"), ("integrated_gradients", "baseline_id must be a token")],
)
def test_a_method_that_cannot_be_is_refused(model, prompt, method, message):
    """The error says what can."""
    with pytest.raises(ValueError, match=message):
        answer_attribution(model, prompt, ANSWERS, method=method)
