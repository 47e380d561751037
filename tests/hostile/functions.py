"""Functions that read folders, listen to a model, train or draw x what they cannot stand."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

import attnviz as av
from attnviz import metrics, plots

from .cases import DOCUMENTED, Case, never
from .options import INF, NAN
from .readers import STRANGE
from .small import model, shop, stays, untrained
from .tensors import VECTORS, A, B, _sum, same


def fitted(folder: Path, **options: Any) -> pd.DataFrame:
    """A short training."""
    train, valid, _ = shop().split()
    given = {"model": untrained(), "train": train, "valid": valid, "epochs": 1, "progress": False} | options
    return av.fit(**{name: folder / "file" if value is Path else value for name, value in given.items()})


def captured(module: nn.Module, *inputs: torch.Tensor, **options: Any) -> dict:
    """What a record holds."""
    with torch.no_grad(), av.capture(module, **options) as record:
        module(*inputs)
    return dict(record.weights)


class Pool(nn.Module):
    """Additive pooling over a sequence, a softmax of two axes."""

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """The pooled vectors (batch, dim)."""
        return (vectors.sum(-1).softmax(-1).unsqueeze(-1) * vectors).sum(1)


def heads() -> nn.MultiheadAttention:
    """Four heads."""
    return nn.MultiheadAttention(8, 4, batch_first=True).eval()


WORDS = torch.ones(1, 3, 8)


def padded(
    function: Callable[..., Any], *tables: torch.Tensor
) -> tuple[Callable[[], Any], Callable[[Any], bool]]:
    """Rows with two padded zeros and a mask; right when they count as those without."""
    wide = [torch.cat([table, torch.zeros(len(table), 2, dtype=table.dtype)], dim=1) for table in tables]
    mask = torch.arange(wide[0].shape[1]).expand(len(wide[0]), -1) < tables[0].shape[1]
    return partial(function, *wide, mask=mask), lambda found: same(found, function(*tables))


def saved(folder: Path) -> bytes:
    """A figure as SVG with characters that XML forbids in its names."""
    figure = plots.field_weights([0.4, 0.6], [STRANGE, "a\x00\x08b"], title="\x0b\ufffe" + STRANGE).figure
    figure.savefig(folder / "figure.svg")
    return (folder / "figure.svg").read_bytes()


def parses(svg: bytes) -> bool:
    """Whether it is XML."""
    from xml.etree import ElementTree

    return ElementTree.fromstring(svg).tag.endswith("svg")


def _capture() -> Iterator[tuple[str, Callable[[], Any], str, Callable[[Any], bool]]]:
    gated = nn.Sequential(nn.Linear(8, 8), nn.Sigmoid())
    yield "heads=[7] of 4", lambda: captured(heads(), WORDS, WORDS, WORDS, heads=[7]), "heads", never
    yield "heads=[-1]", lambda: captured(heads(), WORDS, WORDS, WORDS, heads=[-1]), "heads", never
    yield "heads=[True]", lambda: captured(heads(), WORDS, WORDS, WORDS, heads=[True]), "heads", never
    yield "heads=[]", lambda: captured(heads(), WORDS, WORDS, WORDS, heads=[]), "heads", never
    yield "layers=a text", lambda: captured(heads(), WORDS, WORDS, WORDS, layers="self_attn"), "layers", never
    yield "layers=[9]", lambda: captured(heads(), WORDS, WORDS, WORDS, layers=[9]), "layers", never
    yield (
        "layers=[an unknown name]",
        lambda: captured(heads(), WORDS, WORDS, WORDS, layers=["x"]),
        "layers",
        never,
    )
    yield "dtype=torch.int8", lambda: captured(heads(), WORDS, WORDS, WORDS, dtype=torch.int8), "dtype", never
    yield "dtype=a text", lambda: captured(heads(), WORDS, WORDS, WORDS, dtype="float16"), "dtype", never
    yield "a function", lambda: captured(_sum, VECTORS), "module", never
    yield "a module that does not attend", lambda: captured(gated, WORDS), "module", never
    yield "additive pooling", lambda: captured(Pool(), WORDS), "softmax", lambda found: len(found) == 1
    batch = partial(shop().batch, slice(0, 4))
    yield "our own recommender", lambda: captured(model(), batch()), "mechanism", bool


def _padding() -> Iterator[tuple[str, Callable[[], Any], Callable[[Any], bool]]]:
    for function, tables in (
        (metrics.kendall_tau, (A, B)), (metrics.top_k_overlap, (A, B)), (metrics.jensen_shannon, (A, B)),
        (metrics.average_precision, (A, B > 0.75)),
    ):  # fmt: skip
        yield (function.__name__, *padded(function, *tables))


def _trainings() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("epochs", "batch_size", "patience", "num_threads", "log_every"):
        yield from ((f"{name}={value}", {name: value}) for value in (0, 1.5))
    for name, value in (("learning_rate", NAN), ("learning_rate", INF), ("weight_decay", -1.0),
                        ("weight_decay", NAN), ("seed", "x")):  # fmt: skip
        yield f"{name}={value}", {name: value}
    yield "train of one class", {"train": stays()}
    yield "train of another schema", {"train": stays().sample_negatives(1)}


def cases() -> Iterator[Case]:
    """All of this file."""
    for fault, run, names, right in _capture():
        yield Case("function", "capture", fault, lambda folder, run=run: run(), (names,), right,
                   (*DOCUMENTED, RuntimeError))  # fmt: skip
    for source, run, right in _padding():
        yield Case("function", source, "padded zeros", lambda folder, run=run: run(), ("mask",), right)
    for fault, options in _trainings():
        yield Case("function", "fit", fault, partial(_fit, options), (*options, "schema"))
    yield Case("function", "figure", "names that XML forbids", saved, ("fields",), parses)
    yield from _of_folders()


def _fit(options: dict[str, Any], folder: Path) -> pd.DataFrame:
    return fitted(folder, **options)


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
