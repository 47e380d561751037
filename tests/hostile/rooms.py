"""Data, the recommender, the language models and the pictures x options that cannot be right."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

import attnviz as av
from attnviz import data, language, plots
from attnviz.recommender.evaluation import query_rows, sampled_candidates
from attnviz.recommender.ranking import query_measures, ranking_table

from .cases import Case, never, or_error
from .explorers import TREE
from .options import INF, NAN, Table, counts, of_table, shares
from .readers import STRANGE
from .small import model, shop, stays, untrained
from .tensors import LAYERS, LISTS, A, B


def choices(**changed: Any) -> av.InteractionLog:
    """The small log of choices, with other arguments."""
    given = {"interactions": stays().interactions, "items": stays().items, "implicit": True}
    return av.InteractionLog(**given | changed)


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
    "ranking_table": (ranking_table, {
        "scores": {"model": B.numpy()}, "labels": LISTS.numpy(), "groups": ["new"] * 4, "base": "model"}, (
        ("base=a word", {"base": "counting"}), ("base=a number", {"base": 1}),
        ("groups of another length", {"groups": ["new"]}), ("users of another length", {"users": ["ann"]}))),
    "AttentionRecommender": (untrained, {}, (
        *shares("dropout"), *counts("embed_dim"),
        ("num_heads=3 of 4", {"attention": "multihead", "num_heads": 3}),
        ("num_heads=1.5", {"attention": "multihead", "num_heads": 1.5}),
        ("attention=a word", {"attention": "all"}),
        ("num_heads with one head", {"num_heads": 2}), ("keys=a word", {"keys": "all"}),
        ("seed=text", {"seed": "x"}),
        ("values=a word", {"values": "long"}),
        ("values of fields that all attend", {"attention": "self", "values": "normalised"}),
        ("values without attention", {"attention": "none", "values": "normalised"}),
        ("values of one number", {"values": "normalised", "embed_dim": 1}),
        ("keys without attention", {"attention": "none", "keys": "field"}),
        ("keys of fields that all attend", {"attention": "self", "keys": "field"}),
        ("dropout without attention", {"attention": "none", "dropout": 0.5}),
        ("asks without a history", {"asks": "candidate"}), ("conditioning=a word", {"conditioning": "yes"}),
        ("embed_dim=True", {"embed_dim": True}))),
    "split": (lambda **more: shop().split(**more), {}, (
        ("by=a word", {"by": "item"}), ("fractions=1", {"fractions": (1.0,)}),
        ("seed=-1", {"by": "user", "seed": -1}),
        ("fractions that sum to 2", {"fractions": (1.0, 1.0)}),
        ("fractions with NaN", {"fractions": (NAN, 0.5)}),
        ("a part without rows", {"fractions": (0.999, 0.0005, 0.0005)}))),
    "ceiling": (lambda train: shop().split()[2].ceiling(train), {}, (
        ("rows of another shop", {"train": shop.__wrapped__()}),
        ("these rows themselves", {"train": shop()}), ("no planted rows", {"train": stays()}),
        ("train=None", {"train": None}))),
    "batch": (lambda index: shop().batch(index), {"index": [0]}, (
        ("index=a float", {"index": 1.5}), ("index=a list of floats", {"index": [0.0, 1.0]}),
        ("index=an array of floats", {"index": np.array([0.5])}), ("index=9999", {"index": [9999]}),
        ("index=a word", {"index": "all"}), ("index=None", {"index": None}),
        ("index=one number", {"index": 3}, or_error(lambda found: len(found) == 1)),
        ("a mask of another length", {"index": np.array([True, False])}))),
    "sample_negatives": (lambda **more: stays().sample_negatives(**more), {}, (
        *counts("num_negatives"), *shares("on_offer"), ("seed=-1", {"seed": -1}),
        ("own_past=1", {"own_past": 1}),
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
    "recommend": (lambda **more: av.recommend(
        **{"model": model(), "log": shop(), "user": "Ben"} | more), {}, (
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
    "attention_inside": (partial(language.attention_inside, "minilm"), {}, (
        ("an empty text", {"text": ""}), ("a number", {"text": 7}),
        ("a text too long", {"text": "soft " * 600}),
        ("max_length=0", {"text": "soft", "max_length": 0}))),
    "weight_trees": (lambda **more: av.weight_trees(
        **{"model": model(), "log": shop(), "user": "Ben", "item": "i1"} | more), {}, (
        ("an unknown user", {"user": "nobody"}), ("an unknown item", {"item": "nothing"}),
        ("a time that is none", {"at": "soon"}), ("tokens=a word", {"tokens": "all"}),
        ("a log with other fields", {"log": stays(), "user": "ann", "item": "a"}))),
    "predict": (lambda log: av.predict(model(), log), {}, (
        ("a log with other fields", {"log": stays()}), ("no log", {"log": None}))),
    "shelf": (lambda **more: av.recommender.shelf(
        **{"model": model(), "log": shop(), "users": ["Ben"], "items": ["i1"]} | more), {}, (
        ("a model of several heads", {"model": untrained(attention="multihead", num_heads=2)}),
        ("no users", {"users": []}), ("an unknown item", {"items": ["nothing"]}))),
    "prompt_parts": (lambda **more: data.prompt_parts(stays(), **more), {}, (
        *counts("max_history"), *counts("max_reviews"), *counts("max_words"))),
    "describe": (lambda items: data.describe(stays(), items), {}, (
        ("an unknown item", {"items": ["z"]}),)),
    "Schema.from_json": (av.Schema.from_json, {}, (
        ("nothing", {"values": {}}), ("a list", {"values": []}),
        ("an unknown key", {"values": stays().schema.to_json() | {"colour": "red"}}))),
    "Schema.of": (lambda **more: av.Schema.of(shop(), **more), {}, (
        *counts("max_vocabulary"), *counts("max_reviews"), ("an unknown limit", {"max_words": 3}),
        ("encoder=no model", {"encoder": "no/model"}))),
    "InteractionLog": (av.InteractionLog, {"items": stays().items}, (
        ("a dict", {"interactions": {"user_id": [1]}}), ("a path", {"interactions": "rows.csv"}),
        ("no columns", {"interactions": pd.DataFrame()}))),
    "InteractionLog of choices": (choices, {}, (
        ("computed=a field that is none", {"computed": ("fame",)}), ("computed=a text", {"computed": "item"}),
        ("computed=a number", {"computed": 1}),
        ("computed without times", {"interactions": stays().interactions[["user_id", "item_id"]],
         "computed": ("popularity",)}),
        ("host_id of lists", {"items": stays().items.assign(host_id=[["ann"]] * 8)}, never, "host_id"),
        ("a decimal comma", {"items": stays().items.assign(size="1,5"), "fields": {"size": "number"}},
         never, "size"),
        ("ids that lost their zeros", {"items": stays().items.assign(
            item_id="00" + stays().items["item_id"])}, never, "item_id"))),
    "find_problems": (av.find_problems, {"items": stays().items}, (
        ("a dict", {"interactions": {"user_id": [1]}}), ("no columns", {"interactions": pd.DataFrame()}))),
    "download": (av.download, {}, (
        ("an unknown name", {"name": "netflix", "category": "a"}),
        ("a category that leads elsewhere", {"name": "amazon2023", "category": "../../x"}),
        ("category=None", {"name": "amazon2023", "category": None}))),
    "agreement_scatter": (plots.agreement_scatter, {"weights": A, "attributions": B, "fields": list("xyz")}, (
        ("not a number", {"weights": A * NAN}), ("other rows", {"attributions": B[:2]}))),
    "attribution_bars": (plots.attribution_bars, {"attributions": B, "fields": list("xyz")}, (
        ("infinite", {"attributions": B * INF}), ("other fields", {"fields": ["x"]}))),
    "check_table": (plots.check_table, {"holds": A > 0, "rows": list("abcd"), "columns": list("xyz")}, (
        ("numbers", {"holds": A}), ("other rows", {"rows": ["a"]}))),
    "push_spread": (plots.push_spread, {"pushes": B, "fields": list("xyz")}, (
        ("not a number", {"pushes": B * NAN}), ("other fields", {"fields": ["x"]}))),
    "tree_bars": (plots.tree_bars, {"trees": TREE, "tree": "candidate"}, (
        ("no such tree", {"tree": "shopper"}), ("columns that are missing", {"trees": TREE[["tree"]]}))),
    "word_marks": (plots.word_marks, {"words": ["a", "b"], "marks": [[1, 0]], "scores": [0.1, 0.2]}, (
        ("not a number", {"scores": [NAN, NAN]}), ("other words", {"words": ["a"]}),
        ("count=-1", {"count": -1}))),
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


def saved(folder: Path) -> bytes:
    """A figure as SVG with characters that XML forbids in its names."""
    figure = plots.field_weights([0.4, 0.6], [STRANGE, "a\x00\x08b"], title="\x0b\ufffe" + STRANGE).figure
    figure.savefig(folder / "figure.svg")
    return (folder / "figure.svg").read_bytes()


def parses(svg: bytes) -> bool:
    """Whether it is XML."""
    from xml.etree import ElementTree

    return ElementTree.fromstring(svg).tag.endswith("svg")


def cases() -> Iterator[Case]:
    """All of this file."""
    yield from of_table(TABLE, {"batch": IndexError})
    yield Case("function", "figure", "names that XML forbids", saved, ("fields",), parses)
