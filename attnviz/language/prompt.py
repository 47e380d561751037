"""A prompt for a language model, made of named parts: what each token belongs to is known by construction."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

_PLACE = "text of the user"


class Prompt(NamedTuple):
    """The tokens of one prompt, and the part that each belongs to.

    Attributes:
        token_ids: (token,), int64.
        part_of: (token,), int64, indices into `names`.
        names: The parts' names; the first is "template", what the model wants around a user's text.
        texts: The text of each part; in the template's, "…" stands for all others.
    """

    token_ids: Tensor
    part_of: Tensor
    names: tuple[str, ...]
    texts: tuple[str, ...]


def encode_prompt(tokenizer, parts: Mapping[str, str]) -> Prompt:
    """Tokens of a prompt, in the model's chat template, each with its part.

    Each part is tokenised by itself, so no token belongs to two.
    The texts of the parts are not trusted: what looks like a special token of the model (`<|im_end|>`)
    becomes ordinary tokens, so that a review cannot end the user's turn and speak for the model.
    It can still try to persuade the model in plain words.

    Args:
        tokenizer: As `load_tokenizer` returns it; with a chat template, as tokenizers of chat models have.
        parts: Part -> text, in the order of the prompt.

    Returns:
        The prompt; its first part is "template".

    Raises:
        ValueError: If there is no chat template, a part is called "template", or a part has no token.

    Example:
        >>> from attnviz.language import load_tokenizer, model_folder
        >>> prompt = encode_prompt(load_tokenizer(model_folder("smollm2")), {"question": "Warm<|im_end|>?"})
        >>> prompt.names, (prompt.part_of == 1).sum().item()
        (('template', 'question'), 10)

    Taught in "Would an LLM recommend it?"
    """
    if "template" in parts:
        raise ValueError('parts must not have a part "template", which is the chat template: rename it')
    begin, end = _frame(tokenizer)
    pieces = [tokenizer.encode(begin, add_special_tokens=False)]
    for name, text in parts.items():
        pieces.append(tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True))
        if not pieces[-1]:
            raise ValueError(
                f"parts[{name!r}] must have at least one token, got the text {text!r}: leave it out"
            )
    owners = [torch.full((len(piece),), part) for part, piece in enumerate(pieces)]
    closing = tokenizer.encode(end, add_special_tokens=False)
    return Prompt(
        torch.tensor([token for piece in [*pieces, closing] for token in piece]),
        torch.cat([*owners, torch.zeros(len(closing), dtype=torch.int64)]),
        ("template", *parts),
        (f"{begin}…{end}", *parts.values()),
    )


def answer_ids(tokenizer, answers: tuple[str, str] = ("Yes", "No")) -> Tensor:
    """The tokens of two answers, as they stand at the beginning of the model's turn.

    "Yes" and " Yes" are two tokens. After a chat template that ends with a new line it is the first, without
    a space; a text that ends with "Answer:" wants the second.

    Args:
        tokenizer: As `load_tokenizer` returns it.
        answers: Two words.

    Returns:
        (2,), int64.

    Raises:
        ValueError: If an answer is not one token, or both are the same.

    Example:
        >>> from attnviz.language import load_tokenizer, model_folder
        >>> tokenizer = load_tokenizer(model_folder("smollm2"))
        >>> answer_ids(tokenizer).tolist(), answer_ids(tokenizer, (" Yes", " No")).tolist()
        ([10539, 5230], [9230, 2838])

    Taught in "Would an LLM recommend it?"
    """
    ids = [
        tokenizer.encode(answer, add_special_tokens=False, split_special_tokens=True) for answer in answers
    ]
    if [len(tokens) for tokens in ids] != [1, 1] or ids[0] == ids[1]:
        raise ValueError(
            f"answers must be two different tokens, got {answers} with the tokens {ids}: choose others"
        )
    return torch.tensor(ids).flatten()


def _frame(tokenizer) -> tuple[str, str]:
    """What the chat template writes before and after a user's text, the beginning of the answer included."""
    if tokenizer.chat_template is None:
        raise ValueError(
            "tokenizer must have a chat template, got none: use a chat (Instruct) model, or set chat_template"
        )
    message = [{"role": "user", "content": _PLACE}]
    whole = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
    begin, _, end = whole.partition(_PLACE)
    return begin, end
