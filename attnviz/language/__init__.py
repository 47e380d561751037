"""Pretrained language models: text to vectors, and what goes on inside. Knows no shop."""

from .answers import answer_attention, answer_attribution, answer_scores, scores_without
from .cache import VectorCache, default_cache_dir
from .encoder import MAX_TOKENS, TextEncoder
from .models import load_causal_model, load_model, load_tokenizer, model_folder
from .prompt import Prompt, answer_ids, encode_prompt
from .reading import Inside, attention_inside
from .sentences import split_sentences

__all__ = [
    "Inside",
    "MAX_TOKENS",
    "Prompt",
    "TextEncoder",
    "VectorCache",
    "answer_attention",
    "answer_attribution",
    "answer_ids",
    "answer_scores",
    "attention_inside",
    "default_cache_dir",
    "encode_prompt",
    "load_causal_model",
    "load_model",
    "load_tokenizer",
    "model_folder",
    "scores_without",
    "split_sentences",
]
