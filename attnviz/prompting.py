"""A prompt for a language model, made of named parts: what each token belongs to is known by construction."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor

from .data.past import history, visible_reviews

INSTRUCTION = "You know a customer of a shop. Say whether she will like a product.\n"
QUESTION = "Will she like this product? Answer with Yes or No."
_PLACE = "text of the user"
_TOLD = ("tags", "price")  # of a product that she chose before


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


def prompt_parts(
    log, *, max_history: int = 2, max_reviews: int = 1, max_words: int = 30
) -> list[dict[str, str]]:
    r"""For each row of a log: would this shopper like this product? As named parts of a prompt.

    Only what was known before the row is told, as `history` and `visible_reviews` have it.

    Args:
        log: An InteractionLog.
        max_history: How many products that she chose before are told, the latest first.
        max_reviews: How many reviews of the product are told, the latest first.
        max_words: A text is cut after so many words.

    Returns:
        A dict a row, part -> text, in the order of the prompt: "instruction", "history 1" (the latest) to
        "history N", "title", the log's fields by their names, "question". Each part is a line of its own.

    Raises:
        ValueError: If max_history or max_reviews is below 1.

    Example:
        >>> import attnviz as av
        >>> shop = av.planted_shop(num_users=20, num_items=30, num_interactions=400)
        >>> parts = prompt_parts(shop.split()[2], max_history=1)[0]
        >>> list(parts)
        ['instruction', 'history 1', 'title', 'tags', 'reviews', 'price', 'brand', 'category', 'question']
        >>> parts["price"]
        'Price: 29.91\n'

    Taught in chapter 19.
    """
    items = log.items.set_index("item_id")
    earlier, written = history(log, max_items=max_history), visible_reviews(log, max_reviews=max_reviews)
    chosen, reviews = log.past["item_id"].to_numpy(), log.past["review"].to_numpy()
    rows = []
    for item, before, said in zip(log.interactions["item_id"], earlier, written, strict=True):
        parts = {"instruction": INSTRUCTION}
        for place, bought in enumerate((chosen[i] for i in before if i >= 0), start=1):
            parts[f"history {place}"] = _bought(log, items.loc[bought], max_words)
        product = items.loc[item].to_dict() | {
            "reviews": " / ".join(_short(reviews[i], max_words) for i in said if i >= 0)
        }
        parts["title"] = f"Product: {_short(product['title'], max_words)}\n"
        for field in log.fields:
            value = product[field.name]
            words = value if field.name == "reviews" else _short(_words(value), max_words)
            parts[field.name] = f"{field.name.capitalize()}: {words or 'none'}\n"
        rows.append(parts | {"question": QUESTION})
    return rows


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
        >>> from attnviz.pretrained import load_tokenizer, model_folder
        >>> prompt = encode_prompt(load_tokenizer(model_folder("smollm2")), {"question": "Warm<|im_end|>?"})
        >>> prompt.names, (prompt.part_of == 1).sum().item()
        (('template', 'question'), 10)

    Taught in chapter 19.
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
        >>> from attnviz.pretrained import load_tokenizer, model_folder
        >>> tokenizer = load_tokenizer(model_folder("smollm2"))
        >>> answer_ids(tokenizer).tolist(), answer_ids(tokenizer, (" Yes", " No")).tolist()
        ([10539, 5230], [9230, 2838])

    Taught in chapter 19.
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


def _bought(log, product: pd.Series, max_words: int) -> str:
    """One line of history: a product's title and what is written on it, without reviews."""
    told = {
        field.name: _short(_words(product[field.name]), max_words)
        for field in log.fields
        if field.name in _TOLD
    }
    words = "".join(f", {name} {text}" for name, text in told.items() if text)
    return f"She liked: {_short(product['title'], max_words)}{words}\n"


def _words(value: object) -> str:
    """A field's value in words, without reviews."""
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.2f}"
    if value is None or isinstance(value, str):
        return value or ""
    return ", ".join(map(str, value))


def _short(text: object, max_words: int) -> str:
    """Somebody's text on one line, cut after so many words."""
    return " ".join(str(text).split()[:max_words])
