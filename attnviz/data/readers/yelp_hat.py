"""Yelp-HAT: reviews in which three people marked the words that told them the sentiment."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ...language.entities import unescape
from ..problems import DataProblems, Findings
from .files import require_columns
from .streams import MAX_BYTES, MAX_LINE_BYTES
from .table_files import read_csv

COLUMNS = ("Input.label", "Input.text", "Answer.Q1Answer", "Answer.html_output")
HINT = "the files ham_part1.csv, ham_part2.csv ... of Yelp-HAT have them"
_WORD = r"(?:[^<]++|<(?![a-z/!?]))*+"  # until a tag begins
_SPAN = re.compile(rf'\s*+<span(?:\s++class="(active)?")?\s*+>({_WORD})</span\s*+>', re.IGNORECASE)


@dataclass(frozen=True)
class MarkedReviews:
    """Reviews, and which of their words each person marked.

    Attributes:
        reviews: One row a review: `review_id` ("0", "1", ... by first appearance), `label` (1 positive,
            0 negative), `words` (list of str, as they stand between spaces), `marks` (bool array
            (annotator, word)), `answers` (list of str: what each annotator took the label to be,
            "yes" for positive, "no", "idk", or "" where nothing was said).
        dropped: {"annotations: reason": rows}, what strict=False left out.
    """

    reviews: pd.DataFrame
    dropped: dict[str, int]

    def __len__(self) -> int:
        return len(self.reviews)


def read_yelp_hat(
    path: str | Path,
    *,
    strict: bool = True,
    max_bytes: int = MAX_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> MarkedReviews:
    """Read a file of Yelp-HAT: one row an annotation, with one <span> a word.

    A mark is `class="active"`. Only spans and their plain words are read, no other HTML. The file does not
    say who an annotator is: annotator 0 of two reviews may be two people.

    Args:
        path: Path of a .csv or .csv.gz file with the columns Input.label, Input.text, Answer.Q1Answer and
            Answer.html_output.
        strict: True raises on any problem. False drops the annotation and counts it: a label that is not 0
            or 1, or not the one of the review's first row; HTML that is not one <span> a word; words that
            are not those of Input.text, so that annotators of one review would differ.
        max_bytes: The most bytes of the file, unpacked: a small gzip file can hold terabytes.
        max_line_bytes: The most bytes of a line.

    Returns:
        The reviews in the order of the file.

    Raises:
        DataProblems: A ValueError, when strict, on any problem; it names the rows.
        ValueError: When the file cannot be read or passes a limit, a column is missing, or no annotation is
            left.

    Example:
        >>> marked = read_yelp_hat("ham_part1.csv.gz")  # doctest: +SKIP
        >>> marked.reviews.loc[0, "marks"].shape  # doctest: +SKIP
        (3, 50)

    Paper: Sen et al. (2020), Human attention maps for text classification. Taught in "Would people agree?"
    """
    table = read_csv(path, max_bytes=max_bytes, max_line_bytes=max_line_bytes)
    require_columns(str(path), table, COLUMNS, HINT)
    found = Findings("annotations", table)
    outputs = [Spans.of(cell) for cell in table["Answer.html_output"]]
    _check(found, table, outputs)
    if not found.kept.any():
        found.whole("no annotation is left", "at least one is needed")
    if found.problems and (strict or found.is_unusable):
        raise DataProblems([found], note=f"annotations from {path}; row 0 is the first row below the header")
    kept = table.assign(marks=[output.marks for output in outputs])[found.kept]
    reviews = [_review(str(i), group) for i, (_, group) in enumerate(kept.groupby("Input.text", sort=False))]
    return MarkedReviews(pd.DataFrame(reviews), found.dropped)


def _check(found: Findings, table: pd.DataFrame, outputs: list["Spans"]) -> None:
    text, label = table["Input.text"], table["Input.label"]
    found.drop("no text", text.isna().to_numpy(), "Input.text")
    found.drop("label is not 0 or 1", ~label.isin(["0", "1"]).to_numpy(), "Input.label")
    first = label.where(found.kept).groupby(text).transform("first")
    other = (label != first).to_numpy() & found.kept
    found.drop("label is not that of the review's first row", other, "Input.label")
    broken = np.array([output.broken for output in outputs], dtype=bool)
    found.drop("not one <span> a word", broken, "Answer.html_output")
    words = [cell.split() if isinstance(cell, str) else [] for cell in text]
    differ = [output.words != own for output, own in zip(outputs, words, strict=True)]
    found.drop(
        "words are not those of Input.text", np.array(differ, dtype=bool) & ~broken, "Answer.html_output"
    )


def _review(review_id: str, annotations: pd.DataFrame) -> dict:
    first = annotations.iloc[0]
    return {
        "review_id": review_id,
        "label": int(first["Input.label"]),
        "words": first["Input.text"].split(),
        "marks": np.array(annotations["marks"].tolist(), dtype=bool),  # (annotator, word)
        "answers": annotations["Answer.Q1Answer"].fillna("").tolist(),
    }


@dataclass
class Spans:
    """The words of a row of spans and which are active; `broken` when the cell is anything else."""

    words: list[str] = field(default_factory=list)
    marks: list[bool] = field(default_factory=list)
    broken: bool = False

    @classmethod
    def of(cls, cell) -> "Spans":
        """The spans of a cell of the file; an empty cell is broken."""
        if not isinstance(cell, str):
            return cls(broken=True)
        spans, end = cls(), 0
        while span := _SPAN.match(cell, end):
            end = span.end()
            if span[2]:  # each row ends in an empty span
                spans.words.append(unescape(span[2]))
                spans.marks.append(span[1] is not None)
        spans.broken = bool(cell[end:].strip())
        return spans
