"""Data, the recommender, the language models and the pictures x options that cannot be right."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

import attnviz as av
from attnviz import data, language, plots
from attnviz.recommender.evaluation import query_measures, query_rows, sampled_candidates

from .cases import Case, never
from .options import INF, NAN, Table, counts, of_table, shares
from .small import model, shop, stays, untrained
from .tensors import LAYERS, LISTS, A, B

HEATMAP = {"weights": A, "rows": list("abcd"), "columns": list("xyz")}
EMPTY = torch.zeros(0, 3)
TABLE: Table = {
    "query_rows": (lambda values: query_rows(stays(), values), {}, (
        ("too few values", {"values": np.ones(3)}, never, "candidates"),
        ("values that are words", {"values": ["a"] * 12}),
        ("values=None", {"values": None}, never, "candidates"))),
    "query_measures": (query_measures, {"scores": B.numpy(), "labels": LISTS.numpy()}, (
        ("two choices a row", {"labels": np.ones((4, 3), int)}), ("a list", {"scores": B.tolist()},
         lambda found: len(found) == 4), ("labels as a list", {"labels": LISTS.tolist()},
         lambda found: len(found) == 4), ("other columns", {"scores": B.numpy()[:, :2]}),
        *counts("top_k"))),
    "AttentionRecommender": (untrained, {}, (
        *shares("dropout"), *counts("embed_dim"),
        ("num_heads=3 of 4", {"attention": "multihead", "num_heads": 3}),
        ("num_heads=1.5", {"attention": "multihead", "num_heads": 1.5}),
        ("attention=a word", {"attention": "all"}),
        ("num_heads with one head", {"num_heads": 2}), ("keys=a word", {"keys": "both"}),
        ("seed=text", {"seed": "x"}),
        ("asks without a history", {"asks": "candidate"}), ("conditioning=a word", {"conditioning": "yes"}),
        ("embed_dim=True", {"embed_dim": True}))),
    "split": (lambda **more: shop().split(**more), {}, (
        ("by=a word", {"by": "item"}), ("fractions=1", {"fractions": (1.0,)}),
        ("seed=-1", {"by": "user", "seed": -1}),
        ("fractions that sum to 2", {"fractions": (1.0, 1.0)}),
        ("fractions with NaN", {"fractions": (NAN, 0.5)}),
        ("a part without rows", {"fractions": (0.999, 0.0005, 0.0005)}))),
    "batch": (lambda index: shop().batch(index), {"index": [0]}, (
        ("index=a float", {"index": 1.5}), ("index=a list of floats", {"index": [0.0, 1.0]}),
        ("index=an array of floats", {"index": np.array([0.5])}), ("index=9999", {"index": [9999]}),
        ("index=a word", {"index": "all"}), ("index=None", {"index": None}),
        ("index=one number", {"index": 3}, lambda found: len(found) == 1),
        ("a mask of another length", {"index": np.array([True, False])}))),
    "sample_negatives": (lambda **more: stays().sample_negatives(**more), {}, (
        *counts("num_negatives"), *shares("on_offer"), ("seed=-1", {"seed": -1}),
        ("num_negatives=99", {"num_negatives": 99},
         lambda log: any("negatives" in key for key in log.dropped)))),
    "sampled_candidates": (lambda **more: sampled_candidates(stays(), **more), {}, (
        *counts("num_candidates"),
        ("num_candidates=99", {"num_candidates": 99},
         lambda log: any("candidates" in key for key in log.dropped)))),
    "candidates": (lambda **more: stays().candidates(**{"users": "ann"} | more), {}, (
        ("an unknown user", {"users": ["zoe"]}), ("an unknown item", {"items": ["z"]}),
        ("a time that is none", {"at": "soon"}), ("users=None", {"users": None}),
        ("items=a text", {"items": "abc"}))),
    "history": (lambda **more: data.history(stays(), **more), {}, counts("max_items")),
    "visible_reviews": (lambda **more: data.visible_reviews(stays(), **more), {}, counts("max_reviews")),
    "popularity": (lambda **more: data.popularity(stays(), **more), {}, (
        ("days=0", {"days": 0}), ("days=-1", {"days": -1}), ("days=NaN", {"days": NAN}))),
    "planted_shop": (lambda **more: av.planted_shop(**more), {}, (
        ("num_users=2", {"num_users": 2}), ("num_items=8.5", {"num_items": 8.5, "num_interactions": 30}),
        ("variant=a word", {"variant": "soft and hard"}), ("seed=-1", {"seed": -1}))),
    "recommend": (lambda **more: av.recommend(**{"model": model(), "log": shop(), "user": "u1"} | more), {}, (
        *counts("top_k"), ("an unknown user", {"user": "nobody"}), ("a user of a number", {"user": 1}),
        ("a log with other fields", {"log": stays(), "user": "ann"}))),
    "TextEncoder": (lambda **more: language.TextEncoder(**more), {}, (
        *counts("batch_size"), ("max_length=1", {"max_length": 1}), ("max_length=9999", {"max_length": 9999}),
        ("name=no model", {"name": "no/model"}), ("name=empty", {"name": ""}))),
    "TextEncoder.encode": (lambda texts: language.TextEncoder(progress=False).encode(texts),
     {"texts": ["a"]}, (
        ("a text in place of a list", {"texts": "abc"}), ("None among texts", {"texts": ["a", None]}),
        ("bytes", {"texts": [b"a"]}), ("half a character", {"texts": ["\ud800"]},
         lambda found: bool(np.isfinite(found).all())),
        ("texts=None", {"texts": None}))),
    "attention_heatmap": (plots.attention_heatmap, HEATMAP, (
        ("not a number", {"weights": A * NAN}), ("negative", {"weights": -A}),
        ("other rows", {"rows": ["a"]}),
        ("empty", {"weights": EMPTY, "rows": []}), ("largest=0", {"largest": 0.0}),
        ("largest=NaN", {"largest": NAN}),
        ("words", {"weights": [["a", "b", "c"]] * 4}))),
    "field_weights": (plots.field_weights, {"weights": A, "fields": list("xyz")}, (
        ("not a number", {"weights": A * NAN}), ("other fields", {"fields": ["x"]}), *shares("middle"),
        ("empty", {"weights": EMPTY}), ("beyond 1", {"weights": A * 9}))),
    "removal_curves": (plots.removal_curves, {"curves": A, "names": list("abcd")}, (
        ("infinite", {"curves": A * INF}), ("other names", {"names": ["a"]}),
        ("low without high", {"low": A}),
        ("low of another shape", {"low": A[:2], "high": A[:2]}), ("empty", {"curves": EMPTY, "names": []}))),
    "head_grid": (plots.head_grid, {"weights": LAYERS}, (
        ("not a number", {"weights": LAYERS * NAN}), ("three axes", {"weights": LAYERS[0]}),
        ("beyond 1", {"weights": LAYERS * 9}), ("chosen=a head that is not there", {"chosen": (9, 9)}))),
    "weight_trajectory": (plots.weight_trajectory, {"frame": pd.DataFrame({"step": [0, 1], "tags": [0.1,
     0.2]})}, (
        ("no step", {"frame": pd.DataFrame({"tags": [0.1]})}),
        ("no row", {"frame": pd.DataFrame({"step": []})}),
        ("words", {"frame": pd.DataFrame({"step": [0, 1], "tags": ["a", "b"]})}),
        ("not a number", {"frame": pd.DataFrame({"step": [0, 1], "tags": [NAN, NAN]})}))),
}  # fmt: skip


def cases() -> Iterator[Case]:
    """All of this file."""
    return of_table(TABLE)
