"""The grammar of planted reviews: aspects that decide, aspects that must not, and the words that say so."""

import re
from functools import cache
from itertools import product

import numpy as np

DECIDING_ASPECTS = ("quality", "comfort")
OTHER_ASPECTS = ("delivery", "packaging")
ASPECTS = DECIDING_ASPECTS + OTHER_ASPECTS

_NOUNS = {
    "quality": ("stitching", "material", "zip", "finish", "fabric"),
    "comfort": ("fit", "padding", "weight", "grip", "feel"),
    "delivery": ("delivery", "courier", "shipping", "parcel service", "tracking"),
    "packaging": ("box", "wrapping", "carton", "packaging", "parcel tape"),
}
_ADJECTIVES = {
    +1: ("excellent", "superb", "great", "lovely", "perfect"),
    -1: ("terrible", "poor", "awful", "disappointing", "dreadful"),
}
_FRAMES = (
    "The {noun} is {adjective}.",
    "I found the {noun} {adjective}.",
    "{adjective}: that is the {noun}.",
)


def _sentences_of(aspect: str, sentiment: int) -> list[tuple[str, tuple[str, ...]]]:
    rows: list[tuple[str, tuple[str, ...]]] = []
    for frame, noun, adjective in product(_FRAMES, _NOUNS[aspect], _ADJECTIVES[sentiment]):
        sentence = frame.format(noun=noun, adjective=adjective)
        rows.append((sentence[0].upper() + sentence[1:], (noun, adjective)))
    return rows


def sentence_table() -> tuple[np.ndarray, dict[str, tuple[str, ...]]]:
    """All sentences that a planted review can hold.

    Returns:
        Sentences (aspect, sentiment, variant) as strings, aspects in the order of `ASPECTS`, sentiment 0 for
        negative and 1 for positive; and for each sentence the words that decide: the noun of the aspect and
        the adjective, or nothing where the aspect must not matter.

    Example:
        >>> sentences, deciding = sentence_table()
        >>> sentences[0, 1, 0], deciding[str(sentences[0, 1, 0])]
        (np.str_('The stitching is excellent.'), ('stitching', 'excellent'))
        >>> deciding[str(sentences[2, 0, 0])]
        ()
    """
    table, deciding = [], {}
    for aspect in ASPECTS:
        by_sentiment = [_sentences_of(aspect, sentiment) for sentiment in (-1, +1)]
        table.append([[sentence for sentence, _ in rows] for rows in by_sentiment])
        for sentence, words in by_sentiment[0] + by_sentiment[1]:
            deciding[sentence] = words if aspect in DECIDING_ASPECTS else ()
    return np.array(table), deciding


def deciding_sentiment(text: str) -> tuple[int, int]:
    """Read a planted review as the oracle does.

    Args:
        text: Sentences of the grammar, separated by spaces.

    Returns:
        The sum of the sentiments (-1 or +1) of the deciding sentences, and their number.

    Example:
        >>> deciding_sentiment("The fit is poor. The box is awful. I found the fabric lovely.")
        (0, 2)
    """
    signs = [
        _deciding_signs()[sentence]
        for sentence in re.split(r"(?<=\.) ", text)
        if sentence in _deciding_signs()
    ]
    return sum(signs), len(signs)


@cache
def _deciding_signs() -> dict[str, int]:
    return {
        sentence: sign
        for aspect in DECIDING_ASPECTS
        for sign in (-1, +1)
        for sentence, _ in _sentences_of(aspect, sign)
    }


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
        ['I found the feel awful. Lovely: that is the zip.']
    """
    table, _ = sentence_table()
    variant = rng.integers(table.shape[2], size=positive.shape)
    chosen = table[np.arange(len(ASPECTS)), positive.astype(int), variant]  # (review, aspect)
    order = rng.permuted(np.tile(np.arange(len(ASPECTS)), (len(positive), 1)), axis=1)
    return [
        " ".join(sentences[aspect] for aspect in ranks if spoken[aspect])
        for sentences, spoken, ranks in zip(chosen, mentioned, order, strict=True)
    ]
