"""Measures, explanations and attentions x options and arguments that cannot be right."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib import pyplot as plt
from torch import nn

from attnviz import attention, explanation, metrics

from .cases import DOCUMENTED, Case, never, or_error
from .tensors import HEADS, LABELS, LAYERS, LISTS, SCORES, VECTORS, A, B, _masked, _sum, _weighted, same

NAN, INF = float("nan"), float("inf")
TAKEN = pd.DataFrame({"price": [1.0, 2.0], "kind": ["tea", "cup"]})
COUNTED = torch.arange(1.0, 14.0).reshape(1, 13, 1)  # 13 elements, each higher than those before it
Bad = tuple  # what is wrong, the arguments, and perhaps what is right, and what else a message may name
Table = dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[Bad, ...]]]  # a right call, bad ones


def removal(**options: Any) -> Any:
    """The curve of a Removal with these options."""
    made = explanation.Removal(**{"forward_func": _sum, "vectors": VECTORS, "baselines": 0.0} | options)
    return explanation.deletion_curve(made, A)


def is_all(value: float) -> Callable[[Any], bool]:
    """Whether all numbers are this one."""
    return lambda found: bool((torch.as_tensor(found) == value).all())


def columns(**options: Any) -> Any:
    """The pushes of a model that takes a table, with these options."""
    made = explanation.Columns(**{"predict": _priced, "table": TAKEN, "background": TAKEN} | options)
    return explanation.attribute(made.score, made.vectors, baselines=made.baselines)


def _priced(table: pd.DataFrame) -> np.ndarray:
    return table["price"].to_numpy()


COUNT = {"zero": 0, "negative": -1, "a fraction": 1.5}


def counts(name: str, *more: Bad) -> tuple[Bad, ...]:
    """An argument that is a whole number of at least 1."""
    return (*((f"{name}={fault}", {name: value}) for fault, value in COUNT.items()), *more)


def shares(name: str) -> tuple[Bad, ...]:
    """An argument that lies between 0 and 1."""
    return tuple((f"{name}={value}", {name: value}) for value in (-0.5, 2.0, NAN))


TABLE: Table = {
    "top_k_overlap": (metrics.top_k_overlap, {"a": A, "b": B}, counts("top_k", ("top_k=9", {"top_k": 9}))),
    "ndcg": (metrics.ndcg, {"scores": B, "labels": LISTS}, counts("top_k")),
    "hit_rate": (metrics.hit_rate, {"scores": B, "labels": LISTS}, counts("top_k")),
    "auc": (metrics.auc, {"scores": SCORES, "labels": LABELS}, (
        ("labels of 2", {"labels": LABELS * 2}),
        ("one class", {"labels": LABELS * 0}, lambda found: bool(found.isnan())))),
    "log_loss": (metrics.log_loss, {"probabilities": SCORES, "labels": LABELS}, (
        ("logits", {"probabilities": SCORES * 9}),)),
    "bootstrap_interval": (metrics.bootstrap_interval, {"values": SCORES}, (
        *shares("level"), *counts("num_samples"),
        ("NaN among values", {"values": [1.0, NAN]}, lambda found: (found.mean, found.undefined) == (1.0, 1)),
        ("no value", {"values": []}, lambda found: bool(np.isnan(found.mean))),
        ("words as values", {"values": ["a", "b"]}),
        ("groups of another length", {"groups": ["ann"]}))),
    "top_words": (metrics.top_words, {"scores": A, "top_k": 1}, (
        ("top_k=-1", {"top_k": -1}), ("top_k=1.5", {"top_k": 1.5}), ("mask of floats", {"mask": A}),
        ("mask of another shape", {"mask": A[:2] > 0}),
        ("NaN among scores", {"scores": A.log() * NAN}, lambda found: not found.any()),
        ("all padding", {"mask": A > 2}, lambda found: not found.any()))),
    "word_scores": (metrics.word_scores, {"scores": A, "word_of": LISTS, "num_words": 2}, (
        ("a word too far", {"num_words": 1}), ("words as floats", {"word_of": A}),
        ("num_words=-1", {"num_words": -1}))),
    "Columns": (columns, {}, (
        ("a list as table", {"table": [[1.0, 2.0]]}), ("no row", {"table": TAKEN[:0]}),
        ("no background", {"background": TAKEN[:0]}), ("a column too few", {"background": TAKEN[["price"]]}),
        ("a column twice", {"table": TAKEN[["price", "price"]]}),
        ("a group of a column that is not there", {"groups": {"cost": ["prize"]}}),
        ("a column in two groups", {"groups": {"cost": ["price"], "sum": ["price"]}}),
        ("a word as a group", {"groups": {"cost": "price"}}),
        ("a group with the name of another column", {"groups": {"kind": ["price"]}}),
        ("predict that is a number", {"predict": 3.0}),
        ("two numbers a row", {"predict": lambda table: np.ones((len(table), 2))}),
        ("words as answers", {"predict": lambda table: table["kind"]}))),
    "Removal": (removal, {}, (
        ("how=another word", {"how": "delete"}), ("no baselines", {"baselines": None}),
        ("baselines of another shape", {"baselines": A}),
        ("baselines that are not numbers", {"baselines": NAN}),
        ("mask of floats", {"mask": A}),
        ("all padding", {"mask": A > 2}, lambda found: bool(found[:, 1:].isnan().all())),
        ("vectors that are not numbers", {"vectors": VECTORS * NAN}),
        ("a function without mask=", {"how": "mask"}),
        ("a function of another shape", {"forward_func": lambda vectors: vectors}))),
    "comprehensiveness": (explanation.comprehensiveness, {
        "removal": explanation.Removal(_masked, VECTORS, how="mask"), "ranking_scores": A}, (
        *counts("top_k"), ("top_k=2.0", {"top_k": 2.0}), ("top_k=()", {"top_k": ()}))),
    "attribute": (explanation.attribute, {"forward_func": _sum, "vectors": VECTORS, "baselines": 0.0}, (
        ("method=another word", {"method": "lime"}),
        ("vectors of whole numbers", {"vectors": VECTORS.long()}),
        ("baselines that are not numbers", {"baselines": NAN}),
        ("deeplift of a function", {"method": "deeplift"}),
        ("13 fields", {"vectors": torch.ones(1, 13, 2)}),
        ("a function that gives no numbers", {"forward_func": lambda vectors: _sum(vectors) * NAN}),
        ("a function of another shape", {"forward_func": lambda vectors: vectors.sum()}))),
    "attribute, integrated gradients": (explanation.attribute, {
        "forward_func": _sum, "vectors": VECTORS, "baselines": 0.0, "method": "integrated_gradients"},
        counts("num_steps")),
    "attribute, sampled": (explanation.attribute, {
        "forward_func": _sum, "vectors": VECTORS, "baselines": 0.0, "method": "gradient_shap"},
        counts("num_samples")),
    "permuted_weights": (explanation.permuted_weights, {"forward_with_weights": _weighted, "weights": A}, (
        *counts("num_permutations"), ("mask of floats", {"mask": A}))),
    "adversarial_weights": (
        explanation.adversarial_weights, {"forward_with_weights": _weighted, "weights": A, "num_steps": 2}, (
        *shares("epsilon"), ("num_steps=-1", {"num_steps": -1}), ("num_steps=1.5", {"num_steps": 1.5}),
        ("rows that sum to 2", {"weights": A * 2}))),
    "randomised": (explanation.randomised, {"model": nn.Linear(2, 2)}, (
        ("modules=an unknown name", {"modules": ("head",)}), ("modules=a text", {"modules": "head"}),
        ("no module", {"model": _sum}))),
    "best_order": (explanation.best_order, {}, (
        ("13 elements", {"removal": explanation.Removal(_sum, COUNTED, baselines=0.0)},
         lambda found: same(found, COUNTED[:, :, 0])),
        ("scores that are not numbers", {
            "removal": explanation.Removal(lambda v: _sum(v).log(), VECTORS - 2, baselines=-1.0)}, never,
             "forward_func"))),
    "best_curve": (explanation.best_curve, {}, (
        ("13 elements", {"removal": explanation.Removal(_sum, torch.ones(1, 13, 2), baselines=0.0)},
         lambda found: found.shape == (1, 14) and bool(found.isfinite().all()), "vectors"),)),
    "point_attention": (attention.point_attention, {"query": B[:, :2], "keys": VECTORS, "values": VECTORS}, (
        ("temperature=0", {"temperature": 0.0}), ("temperature=NaN", {"temperature": NAN}),
        ("temperature=inf", {"temperature": INF},
         or_error(lambda found: is_all(A.new_ones(1) / 3)(found[1]))),
         *shares("dropout"), ("mask of floats", {"mask": A}),
        ("all padding", {"mask": A > 2}, lambda found: is_all(0)(found[0])))),
    "multihead_attention": (attention.multihead_attention,
        {"query": VECTORS, "keys": VECTORS, "values": VECTORS, "num_heads": 1}, (
        *counts("num_heads", ("num_heads=3", {"num_heads": 3})), ("window=-1", {"window": -1}),
        ("window=NaN", {"window": NAN}), *shares("dropout"), ("mask of floats", {"mask": A}))),
    "reduce_weights": (attention.reduce_weights, {"weights": HEADS}, (
        ("heads=another word", {"heads": "max"}), ("heads=9", {"heads": 9}), ("heads=1.5", {"heads": 1.5}),
        ("query=9", {"query": 9}), ("query=-2", {"query": -2}))),
    "through_heads": (attention.through_heads, {
        "values": VECTORS, "output_weight": torch.eye(2), "num_heads": 2}, (
        ("num_heads=3", {"num_heads": 3}), ("num_heads=0", {"num_heads": 0}),
        ("a projection of another shape", {"output_weight": torch.eye(3)}))),
    "rollout": (attention.rollout, {"weights": LAYERS}, (
        *shares("residual"), ("negative weights", {"weights": -LAYERS}),
        ("a row that may see nothing", {"weights": LAYERS * torch.tensor([[1.0], [0.0], [1.0]])},
         lambda found: bool(found.isfinite().all()) and same(found.sum(1), torch.ones(3))))),
}  # fmt: skip


def padded(
    function: Callable[..., Any], *tables: torch.Tensor
) -> tuple[Callable[[], Any], Callable[[Any], bool]]:
    """Rows with two padded zeros and a mask; right when they count as those without."""
    wide = [torch.cat([table, torch.zeros(len(table), 2, dtype=table.dtype)], dim=1) for table in tables]
    mask = torch.arange(wide[0].shape[1]).expand(len(wide[0]), -1) < tables[0].shape[1]
    return partial(function, *wide, mask=mask), lambda found: same(found, function(*tables))


def of_table(table: Table, kinds: dict[str, type[Exception]] | None = None) -> Iterator[Case]:
    """The cases of a table, and a further exception that is documented of some sources."""
    for source, (function, given, bad) in table.items():
        for fault, changed, *more in bad:

            def run(folder, function=function, given=given, changed=changed):
                result = function(**given | changed)
                if hasattr(result, "figure"):
                    plt.close(result.figure)
                return result

            right, names = (*more, never, "")[:2] if len(more) != 1 else (more[0], "")
            more_kinds = (kinds[source],) if kinds and source in kinds else ()
            yield Case("function", source, fault, run, (*changed, *names.split()), right,
                       (*DOCUMENTED, *more_kinds))  # fmt: skip


def cases() -> Iterator[Case]:
    """All of this file."""
    yield from of_table(TABLE)
    for function, tables in (
        (metrics.kendall_tau, (A, B)), (metrics.top_k_overlap, (A, B)), (metrics.jensen_shannon, (A, B)),
        (metrics.average_precision, (A, B > 0.75)),
    ):  # fmt: skip
        run, right = padded(function, *tables)
        yield Case(
            "function", function.__name__, "padded zeros", lambda folder, run=run: run(), ("mask",), right
        )
