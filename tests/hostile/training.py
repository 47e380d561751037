"""Training, and what is written and read back x options, damage, a full disk and a second writer."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import attnviz as av
from attnviz import language

from .cases import Case, never
from .files import cut, flip
from .options import INF, NAN
from .small import model, shop, stays, untrained


def fitted(folder: Path, **options: Any) -> pd.DataFrame:
    """A short training."""
    train, valid, _ = shop().split()
    given = {"model": untrained(), "train": train, "valid": valid, "epochs": 1, "progress": False}
    return av.fit(**given | options)


def _trainings() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("epochs", "batch_size", "patience", "num_threads", "log_every"):
        yield from ((f"{name}={value}", {name: value}) for value in (0, 1.5))
    for name, value in (("learning_rate", NAN), ("learning_rate", INF), ("weight_decay", -1.0),
                        ("weight_decay", NAN), ("clip_norm", 0), ("clip_norm", NAN), ("loss", "hinge"),
                        ("seed", "x")):  # fmt: skip
        yield f"{name}={value}", {name: value}
    yield "loss=softmax of rows with labels", {"loss": "softmax"}
    yield "train of one class", {"train": stays()}
    yield "train of another schema", {"train": stays().sample_negatives(1)}


def tagged(*tags: str, users: tuple[float, ...] | None = None) -> av.InteractionLog:
    """Rows of two labels whose items have these tags, and whose users these numbers."""
    log = stays().sample_negatives(1)
    items = log.items[["item_id"]].assign(tags=[[tags[place % len(tags)]] for place in range(len(log.items))])
    people = None if users is None else pd.DataFrame({"user_id": ["ann", "bob", "eve"], "age": users})
    return av.InteractionLog(log.interactions, items, people)


def resumed(first: av.InteractionLog, second: av.InteractionLog, folder: Path) -> pd.DataFrame:
    """A training that goes on with other tables; the schema stays."""
    schema, plan = first.schema, {"epochs": 2, "progress": False, "checkpoint": folder / "x.safetensors"}
    av.fit(av.AttentionRecommender(schema, embed_dim=4), first, first, **plan)
    return av.fit(av.AttentionRecommender(schema, embed_dim=4), second, second, resume=True, **plan)


def logged(damage: Callable[[Path], Any], folder: Path) -> pd.DataFrame:
    """The log of a training's weights, damaged."""
    fitted(folder, log_dir=folder / "log", log_every=1, batch_size=8)
    for path in (folder / "log").glob("events*"):
        damage(path)
    return av.read_weights(folder / "log")


def encoded(damage: Callable[[Path], Any], folder: Path) -> bool:
    """Whether a text has the same vector after its cache was damaged."""
    encoder = language.TextEncoder(cache_dir=folder, progress=False)
    before = encoder.encode(["soft"])
    for path in folder.rglob("*.safetensors"):
        damage(path)
    again = language.TextEncoder(cache_dir=folder, progress=False).encode(["soft"])
    return bool(np.allclose(again, before))


def on_full_disk(write: Callable[[Path], Any], folder: Path) -> list[str]:
    """Files that are left when no more than 100 bytes may be written to one."""
    import resource  # of Unix

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        write(folder / "run")
    except Exception:
        if not [path for path in folder.rglob("*") if path.is_file()]:
            raise
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    return [path.name for path in folder.rglob("*") if path.is_file()]


def permissions(folder: Path) -> bool:
    """Whether a model's file may be read by those who may read any new file."""
    model().save(folder)
    (folder / "plain").touch()
    return (folder / "model.safetensors").stat().st_mode == (folder / "plain").stat().st_mode


WRITERS: dict[str, Callable[[Path], Any]] = {
    "AttentionRecommender.save": lambda folder: model().save(folder),
    "InteractionLog.write": lambda folder: stays().write(folder),
}


def cases() -> Iterator[Case]:
    """All of this file."""
    for fault, options in _trainings():
        yield Case("function", "fit", fault, lambda folder, options=options: fitted(folder, **options),
                   (*options, "schema"))  # fmt: skip
    for fault, first, second in (
        ("resumed with reversed tags", tagged("a", "b"), tagged("b", "a")),
        ("resumed with other users", tagged("a", users=(1.0, 2.0, 3.0)), tagged("a", users=(3.0, 2.0, 1.0))),
    ):
        yield Case("function", "fit", fault, partial(resumed, first, second), ("items", "users", "tables"))
    for fault, damage in (("cut off", cut), ("a flipped bit", flip(0.5))):
        yield Case("function", "read_weights", fault, partial(logged, damage), ("log_dir", "log"))
        yield Case(
            "function", "TextEncoder, its cache", fault, partial(encoded, damage), (".safetensors",), bool
        )
    for source, write in WRITERS.items():
        run = partial(on_full_disk, write)
        yield Case("function", source, "a full disk", run, ("run", "model.safetensors", ".parquet"), never)
    yield Case("function", "AttentionRecommender.save", "permissions", permissions, (), bool)
    yield from _of_folders()


def _of_folders() -> Iterator[Case]:
    def empty(read: Callable[[Path], Any], make: Callable[[Path], Any] = Path.mkdir) -> Callable[[Path], Any]:
        def run(folder: Path) -> Any:
            make(folder / "run")
            return read(folder / "run")

        return run

    for source, read in (
        ("AttentionRecommender.load", av.AttentionRecommender.load),
        ("read_weights", av.read_weights),
    ):
        yield Case(
            "function", source, "no such folder", lambda folder, read=read: read(folder / "run"), ("run",)
        )
        yield Case("function", source, "an empty folder", empty(read), ("run",))
        yield Case("function", source, "a file", empty(read, Path.touch), ("run",))
    for source, write in (
        ("AttentionRecommender.save", lambda folder: model().save(folder)),
        ("InteractionLog.write", lambda folder: stays().write(folder)),
    ):
        yield Case("function", source, "a file in place of a folder", empty(write, Path.touch), ("run",))
