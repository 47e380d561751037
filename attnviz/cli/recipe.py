"""What `train` takes where an option was not given: it follows from the data, and is said.

For choices on a real shelf it is what `python -m benchmarks shelf` measures, on stays and on gift cards.
"""

import argparse

from ..data.fields import LIKENESS, POPULARITY, REVIEWS
from ..data.log import InteractionLog
from .options import flag, or_default

READ = {"max_reviews": 5, "sentences_per_review": 2}
SIZES = {"embed_dim": 32, "num_negatives": 32}
SIZES_OF_CHOICES = {"embed_dim": 16, "num_negatives": 16}


def filled(options: argparse.Namespace, log: InteractionLog | None = None) -> argparse.Namespace:
    """The options, those that were not given as they fit the log; None: as they are by default."""
    sizes = SIZES_OF_CHOICES if log is not None and are_real_choices(log) else SIZES
    return argparse.Namespace(**vars(options) | or_default(options, **sizes, **READ))


def are_real_choices(log: InteractionLog) -> bool:
    """Whether the log holds choices without labels, with popularity or likeness as fields."""
    return log.implicit and not {POPULARITY, LIKENESS}.isdisjoint(log.fields)


def has_reviews(log: InteractionLog) -> bool:
    """Whether there are texts of reviews."""
    return REVIEWS in (field.name for field in log.fields)


def leaves_reviews(options: argparse.Namespace, log: InteractionLog) -> bool:
    """Whether there are texts of reviews that are not read: of choices on a real shelf, unless asked."""
    asked = any(getattr(options, name) is not None for name in READ)
    return has_reviews(log) and are_real_choices(log) and not asked


def without_reviews(log: InteractionLog) -> InteractionLog:
    """The log without the texts of its reviews, so that they are no field."""
    rows, past = (table.assign(review="") for table in (log.interactions, log.past))
    return log.with_interactions(rows, past=past)


def choices_of(options: argparse.Namespace, log: InteractionLog) -> list[str]:
    """What was not given and is another than by default, in words."""
    if not are_real_choices(log):
        return []
    sizes = [name for name in SIZES_OF_CHOICES if getattr(options, name) is None]
    said = [f"{flag(name)} {SIZES_OF_CHOICES[name]}" for name in sizes]
    if leaves_reviews(options, log):
        said.append(f"no texts of reviews (--max-reviews {READ['max_reviews']} reads them, which takes long)")
    return said
