"""Labels of a log's rows: 0 and 1, words for them, and ratings."""

import numpy as np
import pandas as pd

from .columns import decimal_commas, numbers, wrong_numbers
from .problems import Findings
from .reading import Reading

_WORDS = {"true": 1, "false": 0, "yes": 1, "no": 0}


def checked_labels(found: Findings, reading: Reading) -> pd.Series:
    """Labels 0 and 1; rows with another are dropped.

    A row of a log that is not implicit and has no label is labelled by its rating, where there is one.
    """
    nothing = pd.Series(None, index=range(len(found.source)), dtype=object)
    if "label" not in found.source and reading.implicit:
        return nothing.fillna(1).astype("float64")
    given = found.source["label"].reset_index(drop=True) if "label" in found.source else nothing
    labels, unlabelled = read_labels(given), given.isna()
    if "rating" in found.source and not reading.implicit:
        labels = labels.where(~unlabelled, _labels_of_ratings(found, unlabelled.to_numpy(), reading))
    elif unlabelled.any():
        found.drop("NaN label", unlabelled.to_numpy(), "label")
    wrong = given.notna() & ~labels.isin([0, 1])
    advice = "labels are 0 and 1, true and false, yes and no"
    found.drop("label is not 0 or 1", wrong.to_numpy(), "label", advice)
    return labels


def read_labels(values: pd.Series) -> pd.Series:
    """Numbers, booleans and the words true, false, yes, no (in any case) as float64; NaN for all else.

    Example:
        >>> read_labels(pd.Series([True, "No", "1", 0.0, "maybe"], dtype=object)).tolist()
        [1.0, 0.0, 1.0, 0.0, nan]
    """
    if not pd.api.types.is_numeric_dtype(values):
        values = values.astype(object).map(
            lambda value: _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value
        )
    return numbers(values)


def _labels_of_ratings(found: Findings, unlabelled: np.ndarray, reading: Reading) -> pd.Series:
    """1 from the threshold up, else 0, where there is no label; a row without a rating is dropped."""
    values = found.source["rating"].reset_index(drop=True)
    ratings = numbers(values)
    missing = values.isna().to_numpy()
    found.drop("no label and no rating", unlabelled & missing, "rating")
    commas = decimal_commas(values)
    unreadable = (~np.isfinite(ratings.to_numpy()) & ~missing) | commas
    kind, advice = wrong_numbers("rating is not a finite number", commas)
    found.drop(kind, unlabelled & unreadable, "rating", advice)
    read = unlabelled & ~missing & ~unreadable
    if read.any():
        found.notes.append(
            f"{found.table}: {read.sum():,} labels are read from ratings, "
            f"1 from rating_threshold={reading.rating_threshold:g} up"
        )
    return (ratings >= reading.rating_threshold).astype("float64")
