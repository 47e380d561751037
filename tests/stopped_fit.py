"""A training that is stopped between two epochs, as a kill would stop it."""

import pytest

import attnviz as av
from attnviz.recommender.checkpoint import Checkpoint


class Stop(Exception):
    """Raised in the place of what would go on."""


def fit_two_epochs(monkeypatch, model, *parts, **options) -> None:
    """`fit` with a checkpoint, stopped when that of the second epoch is written."""
    write = Checkpoint.write

    def write_then_stop(self, tensors, values):
        write(self, tensors, values)
        if values["epoch"] == 2:
            raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "write", write_then_stop)
        with pytest.raises(Stop):
            av.fit(model, *parts, **options)
