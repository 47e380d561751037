"""What a language model answers to a prompt, where it looked, and which part of the prompt moved it."""

import copy
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .prompt import Prompt


def answer_scores(model, prompts: Sequence[Prompt], answers: Tensor, *, batch_size: int = 8) -> Tensor:
    """How much the model prefers the first answer: log p(first) − log p(second), at the next token.

    It is the logit of "Yes" when there are only two answers. What the model would give to all other tokens
    cancels, so the score says nothing of how willing it is to answer with either.
    What all prompts begin with is read once.

    Args:
        model: As `load_causal_model` returns it.
        prompts: Prompts of any lengths; short ones are padded.
        answers: (2,), as `answer_ids` returns it.
        batch_size: Prompts in one forward pass; like lengths go together.

    Returns:
        Scores (prompt,), float32; above 0 the first answer is the more probable.

    Example:
        >>> from attnviz.language import load_causal_model, load_tokenizer, model_folder
        >>> from attnviz.language import answer_ids, encode_prompt
        >>> folder = model_folder("smollm2")
        >>> tokenizer, model = load_tokenizer(folder), load_causal_model(folder)
        >>> texts = ["Is snow cold? Answer with Yes or No.", "Is fire cold? Answer with Yes or No."]
        >>> prompts = [encode_prompt(tokenizer, {"question": text}) for text in texts]
        >>> snow, fire = answer_scores(model, prompts, answer_ids(tokenizer))
        >>> bool(snow > fire)
        True

    Taught in "Would an LLM recommend it?"
    """
    lengths = torch.tensor([len(prompt.token_ids) for prompt in prompts])
    scores = torch.empty(len(prompts))
    with torch.inference_mode():
        start, cache = _shared_beginning(model, prompts)
        for rows in lengths.argsort(stable=True).split(batch_size):
            token_ids = pad_sequence([prompts[i].token_ids for i in rows], batch_first=True)
            mask = torch.arange(token_ids.shape[1]) < lengths[rows, None]  # (prompt, token)
            inputs: dict[str, Any] = {"input_ids": token_ids[:, start:], "attention_mask": mask.long()}
            if start:
                inputs["past_key_values"] = copy.deepcopy(cache)
                inputs["past_key_values"].batch_repeat_interleave(len(rows))
            scores[rows] = _preference(model, answers, lengths[rows] - start, **inputs)
    return scores


def scores_without(model, prompt: Prompt, answers: Tensor, removed: Sequence[Sequence[str]]) -> Tensor:
    """The score of a prompt when nothing can look at some of its parts.

    It is the score with an attention mask of 0 over these parts. All other tokens keep their places, and
    nothing is tokenised again. The model never saw such gaps in training, as with every removal.
    What stands before a removed part is computed once, and the part itself not at all.

    Args:
        model: As for `answer_scores`.
        prompt: One prompt.
        answers: As for `answer_scores`.
        removed: Groups of parts; the parts of a group are removed together. The empty group removes nothing.

    Returns:
        Scores (group,), as `answer_scores` has them.

    Raises:
        ValueError: If a part is not one of the prompt's, or is the template, which must stay.

    Taught in "Would an LLM recommend it?"
    """
    allowed = prompt.names[1:]
    unknown = sorted({name for group in removed for name in group} - set(allowed))
    if unknown:
        raise ValueError(f"removed must hold names of {list(allowed)}, got {unknown}")
    with torch.inference_mode():
        whole = model(prompt.token_ids[None, :-1], use_cache=True, logits_to_keep=1).past_key_values
        gone = [[prompt.names.index(name) for name in group] for group in removed]
        return torch.cat([_score_without(model, prompt, answers, torch.tensor(g), whole) for g in gone])


def _score_without(model, prompt: Prompt, answers: Tensor, gone: Tensor, whole) -> Tensor:
    """The score (1,) without the parts `gone`, from the keys and values of the prompt but its last token."""
    kept = ~torch.isin(prompt.part_of, gone)
    start = int(kept[:-1].long().cumprod(0).sum())  # the tokens before the first removed one
    cache = copy.deepcopy(whole)
    if start < len(kept) - 1:
        cache.crop(start + 1 - len(kept))  # so many tokens less
    places = kept.nonzero()[:, 0][start:]
    inputs = {"input_ids": prompt.token_ids[None, places], "position_ids": places[None]}
    return _preference(model, answers, torch.tensor([len(places)]), past_key_values=cache, **inputs)


def answer_attention(model, prompt: Prompt) -> Tensor:
    """How much the place of the answer looks at each part: the sum of its weights over the part's tokens.

    A long part has many tokens to collect weight with; and the first token, of the template, often collects
    the most and says nothing.

    Args:
        model: As `load_causal_model(folder, eager=True)` returns it.
        prompt: One prompt.

    Returns:
        Weights (layer, head, part), each in [0, 1]; they sum to 1 over the parts.

    Raises:
        ValueError: If the model returns no weights.

    Taught in "Would an LLM recommend it?"
    """
    with torch.inference_mode():
        output = model(prompt.token_ids[None], output_attentions=True, logits_to_keep=1)
    if not output.attentions or output.attentions[0] is None:
        raise ValueError("model must return its weights, got none: load_causal_model(folder, eager=True)")
    weights = torch.stack([layer[0, :, -1] for layer in output.attentions])  # (layer, head, token)
    return _by_part(weights, prompt)


def answer_attribution(
    model,
    prompt: Prompt,
    answers: Tensor,
    *,
    method: Literal["gradient_x_input", "integrated_gradients"] = "gradient_x_input",
    baseline_id: int | None = None,
    num_steps: int = 8,
) -> tuple[Tensor, float]:
    """What each part adds to the score: attributions to the tokens' vectors, summed over the part's tokens.

    The baseline of integrated gradients is the vector of one token without a meaning of its own, such as the
    new line's, in the place of every token outside the template. (Zeros will not do: a model that divides
    each vector by its length, as this kind does, has no useful gradient near them.)

    Args:
        model: As for `answer_scores`.
        prompt: One prompt.
        answers: As for `answer_scores`.
        method: "gradient_x_input" looks at this prompt only, "integrated_gradients" at num_steps prompts on
            the way from the baseline to it.
        baseline_id: For integrated gradients, the token of the baseline.
        num_steps: Steps of integrated gradients.

    Returns:
        Attributions (part,), signed, in the score's unit, positive where the part speaks for the first
        answer; and the gap: the score less the baseline's score less the sum of the attributions. For
        gradient x input the gap is NaN: it promises no sum.

    Raises:
        ValueError: If method is another word, or integrated gradients get no baseline.

    Paper: Sundararajan et al. (2017). Taught in "Would an LLM recommend it?"
    """
    if method not in ("gradient_x_input", "integrated_gradients"):
        raise ValueError(f"method must be 'gradient_x_input' or 'integrated_gradients', got {method!r}")
    if method == "integrated_gradients" and baseline_id is None:
        raise ValueError(
            "baseline_id must be a token for integrated gradients, got None: the new line's, say"
        )
    from captum.attr import InputXGradient, IntegratedGradients

    def forward(vectors: Tensor) -> Tensor:
        lengths = torch.full((len(vectors),), vectors.shape[1])
        return _preference(model, answers, lengths, inputs_embeds=vectors)

    vectors = model.get_input_embeddings()(prompt.token_ids)[None].detach()  # (1, token, dim)
    if baseline_id is None or method == "gradient_x_input":
        tokens, gap = InputXGradient(forward).attribute(vectors.requires_grad_()), torch.nan
    else:
        baseline = _wordless(model, prompt, baseline_id)
        tokens, gap = IntegratedGradients(forward).attribute(
            vectors, baseline, n_steps=num_steps, internal_batch_size=4, return_convergence_delta=True
        )
        gap = -gap.item()
    return _by_part(tokens[0].detach().sum(-1), prompt), gap


def _wordless(model, prompt: Prompt, baseline_id: int) -> Tensor:
    """The vectors of a prompt with one token in the place of all outside the template, (1, token, dim)."""
    token_ids = torch.where(prompt.part_of > 0, baseline_id, prompt.token_ids)
    return model.get_input_embeddings()(token_ids)[None].detach()


def _shared_beginning(model, prompts: Sequence[Prompt]):
    """How many tokens all prompts begin with, and the keys and values of these, computed once."""
    shortest = min(len(prompt.token_ids) for prompt in prompts)
    beginnings = torch.stack([prompt.token_ids[: shortest - 1] for prompt in prompts])
    start = int((beginnings == beginnings[0]).all(0).cumprod(0).sum())
    if len(prompts) == 1 or start == 0:
        return 0, None
    return start, model(beginnings[:1, :start], use_cache=True, logits_to_keep=1).past_key_values


def _preference(model, answers: Tensor, lengths: Tensor, **inputs: Any) -> Tensor:
    """Logit of the first answer less that of the second after the last token of each row, (row,)."""
    places, which = (lengths - 1).unique(return_inverse=True)
    logits = model(
        **inputs, logits_to_keep=places, use_cache="past_key_values" in inputs
    ).logits  # (row, place, vocabulary)
    first, second = logits[torch.arange(len(lengths)), which][:, answers].unbind(1)
    return first - second


def _by_part(values: Tensor, prompt: Prompt) -> Tensor:
    """Values (..., token) summed to (..., part)."""
    sums = values.new_zeros(*values.shape[:-1], len(prompt.names))
    return sums.index_add(-1, prompt.part_of, values)
