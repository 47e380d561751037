"""The grammar of planted reviews: aspects that decide, aspects that must not, and the words that say so."""

import re
from functools import cache
from itertools import product

import numpy as np

from .phrases import ADJECTIVES, FRAMES, PHRASES, THINGS

DECIDING_ASPECTS = ("quality", "comfort")
OTHER_ASPECTS = ("delivery", "packaging")
ASPECTS = DECIDING_ASPECTS + OTHER_ASPECTS


@cache
def _phrases(aspect: str, sentiment: int) -> tuple[tuple[str, tuple[str, str]], ...]:
    """All sentences of an aspect and a sentiment, each with its thing and its opinion."""
    framed = [
        frame.format(thing=thing, adjective=adjective)
        for frame, thing, adjective in product(FRAMES[aspect], THINGS[aspect], ADJECTIVES[sentiment])
    ]
    marked = [*framed, *PHRASES[aspect, sentiment]]
    return tuple((_plain(phrase), (_marked("_", phrase), _marked(r"\*", phrase))) for phrase in marked)


def _plain(phrase: str) -> str:
    plain = re.sub("[_*]", "", phrase)
    return plain[0].upper() + plain[1:]


def _marked(mark: str, phrase: str) -> str:
    (word,) = re.findall(rf"{mark}(\w+?){mark}", phrase)
    return word.lower()


@cache
def _spoken() -> dict[str, tuple[str, int, tuple[str, str]]]:
    """For each sentence its aspect, its sentiment, and its two words."""
    return {
        sentence: (aspect, sentiment, words)
        for aspect, sentiment in product(ASPECTS, (-1, +1))
        for sentence, words in _phrases(aspect, sentiment)
    }


def sentence_table() -> tuple[np.ndarray, dict[str, tuple[str, ...]]]:
    """All sentences that a planted review can hold.

    Returns:
        Sentences (aspect, sentiment, variant) as strings, aspects in the order of `ASPECTS`, sentiment 0 for
        negative and 1 for positive. The first variants are three frames, each with five things and four
        adjectives; the last fifteen are turns of phrase with an opinion of their own. And for each sentence
        the words that decide, in lower case: the thing and the opinion (see `thing_and_opinion`), or nothing
        where the aspect must not matter.

    Example:
        >>> sentences, deciding = sentence_table()
        >>> sentences[0, 1, 0], deciding[str(sentences[0, 1, 0])]
        (np.str_('The stitching is excellent.'), ('stitching', 'excellent'))
        >>> sentences[1, 1, 60], deciding[str(sentences[1, 1, 60])]
        (np.str_('Fits like a glove.'), ('fits', 'glove'))
        >>> deciding[str(sentences[2, 0, 0])]
        ()
    """
    table = [
        [[sentence for sentence, _ in _phrases(aspect, sentiment)] for sentiment in (-1, +1)]
        for aspect in ASPECTS
    ]
    deciding: dict[str, tuple[str, ...]] = {
        sentence: words if aspect in DECIDING_ASPECTS else ()
        for sentence, (aspect, _, words) in _spoken().items()
    }
    return np.array(table), deciding


def thing_and_opinion(sentence: str) -> tuple[str, str]:
    """What a sentence speaks of, and the word that says what of it, both in lower case.

    Raises:
        ValueError: If the grammar has no such sentence.

    Example:
        >>> thing_and_opinion("Terrible zip on this one."), thing_and_opinion("Arrived two days late.")
        (('zip', 'terrible'), ('arrived', 'late'))
    """
    if sentence not in _spoken():
        raise ValueError(f"sentence must be one of sentence_table(), got {sentence!r}")
    return _spoken()[sentence][2]


def deciding_sentiment(text: str) -> tuple[int, int]:
    """Read a planted review as the oracle does.

    Args:
        text: Sentences of the grammar, separated by spaces.

    Returns:
        The sum of the sentiments (-1 or +1) of the deciding sentences, and their number.

    Example:
        >>> deciding_sentiment("Fits like a sack. The box was crushed on every side. The zip runs smoothly.")
        (0, 2)
    """
    read = [_spoken()[sentence] for sentence in re.split(r"(?<=\.) ", text) if sentence in _spoken()]
    signs = [sentiment for aspect, sentiment, _ in read if aspect in DECIDING_ASPECTS]
    return sum(signs), len(signs)


def write_reviews(positive: np.ndarray, mentioned: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Put sentiments into words, one sentence an aspect, in random order.

    Args:
        positive: (review, aspect), bool: the sentiment of each aspect, in the order of `ASPECTS`.
        mentioned: (review, aspect), bool: whether the review speaks of the aspect.
        rng: The random generator.

    Returns:
        One text a review; a review that mentions nothing is "".

    Example:
        >>> rng = np.random.default_rng(0)
        >>> write_reviews(np.array([[True, False, True, True]]), np.array([[True, True, False, False]]), rng)
        ['On a long trip the padding was disappointing. The fabric has survived two winters.']
    """
    table, _ = sentence_table()
    variant = rng.integers(table.shape[2], size=positive.shape)
    chosen = table[np.arange(len(ASPECTS)), positive.astype(int), variant]  # (review, aspect)
    order = rng.permuted(np.tile(np.arange(len(ASPECTS)), (len(positive), 1)), axis=1)
    return [
        " ".join(sentences[aspect] for aspect in ranks if spoken[aspect])
        for sentences, spoken, ranks in zip(chosen, mentioned, order, strict=True)
    ]
