"""One recommendation taken apart: where the weights went, down to a sentence, a purchase, a token."""

from .sentences import Sentences, sentences_of
from .tokens import token_shares, with_tokens
from .trees import indented, weight_trees, with_path_weights

__all__ = [
    "Sentences",
    "indented",
    "sentences_of",
    "token_shares",
    "weight_trees",
    "with_path_weights",
    "with_tokens",
]
