"""The folder of a run: what `train` writes there, and what the other verbs read back."""

from pathlib import Path

from ..data.log import InteractionLog
from ..data.readers.table import read_table
from ..recommender.model import FILE, AttentionRecommender
from ..storage import check_sums

CHECKPOINT, LOG, TENSORBOARD = "checkpoint.safetensors", "log", "tensorboard"


def read_run(run: Path) -> tuple[InteractionLog, AttentionRecommender]:
    """The log and the trained model of a run.

    Raises:
        ValueError: If the folder holds no trained model, or a file is not what was written; the message says
            what to do.
    """
    if not (run / FILE).is_file():
        stopped = (run / CHECKPOINT).is_file()
        advice = "its training was stopped: give the same train command again" if stopped else (
            f"make one with: attnviz train --airbnb DIR --out {run}"
        )  # fmt: skip
        raise ValueError(f"{run} holds no trained model; {advice}")
    try:
        check_sums(run / LOG)
        model = AttentionRecommender.load(run)
    except ValueError as error:
        raise ValueError(f"{error}; the same train command writes {run} again") from error
    tables = (run / LOG / f"{name}.parquet" for name in ("interactions", "items"))
    return read_table(*tables, implicit=True), model
