"""Explorers x what is wrong with their arrays, labels and starting state."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from attnviz import widgets

from .cases import DOCUMENTED, Case

EVEN = np.full((2, 3), 1 / 3)  # (case, field)
PUSHES = np.array([[0.5, -0.2, 0.1], [0.3, 0.3, -0.4]])
CURVES = np.array([[[1.0, 0.5, 0.2, 0.0]] * 2] * 2)  # (case, order, removed)
LEVELS = np.stack([PUSHES, PUSHES], axis=1)  # (case, level, field)
HEADS = np.full((2, 2, 3), 1 / 3)  # (case or layer, head, field)
MATRIX = np.full((2, 2, 3, 3), 1 / 3)  # (case or layer, head, query, key)
TREE = pd.DataFrame(
    {"tree": ["candidate"] * 2, "level": ["field"] * 2, "element": ["candidate/tags", "candidate/price"],
     "parent": ["candidate"] * 2, "text": ["wool", "29"], "weight": [0.5, 0.5], "path_weight": [0.5, 0.5],
     "value_norm": [1.0, 1.0], "push": [0.1, -0.1]}
)  # fmt: skip

# explorer: (a call that is right, its array, its labels, its index)
EXPLORERS: dict[Callable, tuple[dict[str, Any], str, str, str]] = {
    widgets.AgreementExplorer: (
        {"weights": EVEN[None], "attributions": PUSHES[None], "taus": np.zeros((1, 2, 3)),
         "num_cases": 2}, "weights", "panel_names", "step"),
    widgets.BaselineSlider: (
        {"attributions": LEVELS, "logits": [1.0, 1.0], "baseline_logits": 1.0 - LEVELS.sum(-1)},
        "attributions", "fields", "level"),
    widgets.FaultSwitches: (
        {"queries": [[2.0, 1.0], [0.0, 1.0]], "key_matrix": np.eye(2), "vectors": [[1.0, 1.0], [2.0, 0.0]]},
        "queries", "fields", ""),
    widgets.FieldExplorer: (
        {"query_scores": HEADS, "vectors": MATRIX, "head_weight": [1.0, 0.0, 1.0], "head_bias": 0.0},
        "query_scores", "fields", "shopper"),
    widgets.FieldMatrix: ({"weights": MATRIX, "names": list("abc")}, "weights", "names", "row"),
    widgets.HeadsExplorer: ({"weights": HEADS, "value_norms": HEADS}, "weights", "fields", "field"),
    widgets.HistoryExplorer: ({"trees": [TREE]}, "trees", "cases", "case"),
    widgets.HumanOverlay: (
        {"words": [["soft", "warm"]], "marks": [[[1, 0]]], "scores": [[[0.5, 0.1]]]}, "scores", "methods",
         "method"),
    widgets.NeighbourPicker: ({"vectors": EVEN.T + PUSHES[:1].T, "texts": list("abc"), "count": 1},
     "vectors", "texts", "chosen"),
    widgets.PromptParts: (
        {"attention": LEVELS * 0 + 1 / 3, "pushes": {"removal": PUSHES}, "scores": [1.0, 0.5],
         "texts": [list("abc")] * 2}, "attention", "parts", "part"),
    widgets.ReasonExplorer: ({"weights": EVEN[:, None], "pushes": LEVELS[:, :1]}, "weights", "fields",
     "level"),
    widgets.RemovalExplorer: (
        {"orders": np.array([[[0, 1, 2], [2, 1, 0]]] * 2), "logits": CURVES}, "logits", "fields", "removed"),
    widgets.RocSlider: ({"probabilities": {"a": [0.2, 0.8]}, "labels": [0, 1]}, "labels", "", "judge"),
    widgets.ShelfExplorer: (
        {"weights": HEADS, "pushes": HEADS, "priorities": EVEN}, "weights", "fields", "size"),
    widgets.TokenExplorer: ({"weights": MATRIX, "tokens": list("abc")}, "weights", "tokens", "token"),
    widgets.WeightTriangle: (
        {"values": EVEN, "weights": EVEN, "furthest": EVEN, "bias": 0.0, "epsilon": 0.01},
        "weights", "fields", "case"),
}  # fmt: skip


def cases() -> Iterator[Case]:
    """All of this file."""
    for explorer, (given, array, labels, index) in EXPLORERS.items():
        for fault, argument, value in (
            ("not a number", array, _spoiled(given[array])),
            ("other labels", labels, list("abcdefg")),
            ("an index too far", index, 99),
        ):
            if argument:

                def run(folder, explorer=explorer, given=given, argument=argument, value=value):
                    return explorer(**given | {argument: value})

                source = f"{explorer.__name__}, {argument}"
                yield Case(
                    "function",
                    source,
                    fault,
                    run,
                    (argument, *given),
                    kinds=(*DOCUMENTED, traitlets.TraitError),
                )


def _spoiled(value: Any) -> Any:
    """NaN in the place of each number."""
    if isinstance(value, list) and isinstance(value[0], pd.DataFrame):
        return [value[0].assign(weight=np.nan)]
    return np.asarray(value, dtype=float) * np.nan
