"""The table of the API pages: what `capture` answers for each architecture.

    python tests/recording/capture_table.py      # writes book/_results/capture.csv

`test_architectures.py` checks that the committed table is what is true.
"""

import csv
import io
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from architecture import Architecture, flat
from architectures import ARCHITECTURES

from attnviz.recording import capture
from attnviz.storage import whole

PATH = Path(__file__).parents[2] / "book/_results/capture.csv"
EQUAL, REFUSED, ALONE = "equal to eager", "refused, says why", "recorded, no reference"


@dataclass(frozen=True)
class Tried:
    """What came of one architecture.

    Attributes:
        outside: All tensors of the answer without `capture`.
        inside: The same with `capture`.
        seen: The recorded weights.
        missing: As of the record.
        error: The message, where `capture` raised.
    """

    outside: list[torch.Tensor]
    inside: list[torch.Tensor]
    seen: dict[str, list[torch.Tensor]]
    missing: dict[str, str]
    error: str


def answer(tried: Tried, architecture: Architecture) -> str:
    """In three words."""
    if tried.error or tried.missing:
        return REFUSED
    return ALONE if architecture.told is None else EQUAL


@cache
def tried(place: int) -> Tried:
    """Run the architecture of that place without `capture` and with it."""
    architecture = ARCHITECTURES[place]
    model, error = architecture.model(), ""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outside = flat(architecture.call(model))
        try:
            with capture(model, **architecture.options) as record:
                inside = flat(architecture.call(model))
        except RuntimeError as raised:
            error = str(raised)
    return Tried(outside, inside, record.calls, record.missing, error)


def table() -> str:
    """The whole table, as the text of a CSV file."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["architecture", "answer", "in the record", "missing", "why"])
    for place, architecture in enumerate(ARCHITECTURES):
        one = tried(place)
        why = next(iter(one.missing.values()), one.error)
        lines.writerow([architecture.name, answer(one, architecture), len(one.seen), len(one.missing), why])
    return text.getvalue()


if __name__ == "__main__":
    with whole(PATH) as draft:
        draft.write_text(table(), encoding="utf-8")
