"""Every kind of data that can be checked is trained on, recommended from and shown as trees."""

import gzip
import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_runs import NUM_ROWS, QUICK, SMALL, told, write_city, write_tables

import attnviz as av
from attnviz.cli import main, sources


def write_amazon(folder: Path) -> list[str]:
    """Reviews and products of Amazon 2018."""
    draw = np.random.default_rng(0).integers
    reviews = [
        {"reviewerID": f"A{draw(30)}", "asin": f"B{draw(12)}", "overall": float(stars),
         "unixReviewTime": 1_500_000_000 + 86_400 * day, "reviewText": "Great scent. Would buy again."}
        for day, stars in enumerate(draw(1, 6, NUM_ROWS))
    ]  # fmt: skip
    products = [
        {"asin": f"B{number}", "title": f"Soap {number}", "brand": "Dove", "price": f"${number}.50",
         "category": ["Beauty"], "main_cat": "Beauty"}
        for number in range(12)
    ]  # fmt: skip
    for name, records in (("reviews.json.gz", reviews), ("meta.json.gz", products)):
        content = "".join(json.dumps(record) + "\n" for record in records)
        (folder / name).write_bytes(gzip.compress(content.encode()))
    return ["--amazon", str(folder / "reviews.json.gz"), str(folder / "meta.json.gz")]


def write_kind(kind: str, folder: Path) -> list[str]:
    """The options that name a data set of this kind, which is written to the folder."""
    if kind == "airbnb":
        return ["--airbnb", str(write_city(folder / "city"))]
    if kind == "amazon":
        return write_amazon(folder)
    if kind == "amazon without products":
        return write_amazon(folder)[:2]
    if kind == "planted":
        return ["--planted", "3"]
    options = write_tables(folder)
    if kind == "users":
        return [*options, "--users", f"{folder}/users.csv"]
    return [*options, "--implicit"] if kind == "choices" else options


KINDS = ("airbnb", "amazon", "amazon without products", "planted", "ratings", "users", "choices")
IMPLICIT = ("airbnb", "choices")


@pytest.fixture(autouse=True)
def small_planted_shop(monkeypatch):
    small = partial(av.planted_shop, num_users=60, num_items=20, num_interactions=600)
    monkeypatch.setattr(sources, "planted_shop", small)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_trained_on_and_used(kind, tmp_path, capsys):
    """Train, the evaluation that fits, the printed command, and the trees, whose data is gone by then."""
    options, run = write_kind(kind, tmp_path), tmp_path / "run"
    assert main(["data", "check", *options]) == 0
    again = ["train", *options, "--out", str(run), *SMALL]
    assert main(again) == 0
    printed = capsys.readouterr().out
    assert ("ranked against items on offer" in printed) == (kind in IMPLICIT)
    assert ("Base rate:" in printed) == (kind not in IMPLICIT)
    assert ("best guess without earlier labels" in printed) == (kind == "planted")
    user = printed.split()[-1]
    for path in tmp_path.glob("*.*"):
        path.unlink()
    assert main(["recommend", str(run), user, "--top-k", "2"]) == 0
    item = capsys.readouterr().out.splitlines()[3].split()[0]
    assert main(["trees", str(run), user, item]) == 0
    assert "the candidate's tree" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["ratings", "users", "planted", "amazon"])
def test_labels_are_trained_on_as_they_are(kind, tmp_path, capsys):
    """The log of a run holds the labels that were read, no sampled ones; the figures are the package's."""
    options, run = write_kind(kind, tmp_path), tmp_path / "run"
    assert main(["train", *options, "--out", str(run), *SMALL]) == 0
    printed = capsys.readouterr().out
    tables = [run / "log" / f"{name}.parquet" for name in ("interactions", "items", "users")]
    log = av.read_table(*(path for path in tables if path.is_file()))
    assert set(log.interactions["label"]) == {0, 1}
    assert f"{len(log):,} labelled choices of" in printed
    assert (log.users is not None) == (kind in ("users", "planted"))
    _, _, test = log.split()
    labels = test.interactions["label"].to_numpy()
    positive, negative = (
        av.predict(av.AttentionRecommender.load(run), test)[labels == one] for one in (1, 0)
    )
    wins = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    shown = re.search(r"model (\d\.\d{3}) \[", printed)
    assert float(shown[1]) == pytest.approx(wins, abs=6e-4)


def test_the_seed_of_the_planted_shop(tmp_path, capsys):
    """Another seed is another shop, and no seed is seed 0."""
    labels = {}
    for name, options in {"none": [], "zero": ["0"], "one": ["1"]}.items():
        assert main(["train", "--out", str(tmp_path / name), "--planted", *options, *SMALL]) == 0
        labels[name] = pd.read_parquet(tmp_path / name / "log/interactions.parquet")["label"].tolist()
    assert labels["none"] == labels["zero"] != labels["one"]


def test_the_variant_of_the_planted_shop(tmp_path, capsys):
    """The shop is the one of that name; a name that is none is told beside those there are."""
    options = ["train", "--out", str(tmp_path / "run"), "--planted", "--variant"]
    assert main([*options, "twins", *SMALL]) == 0
    items = pd.read_parquet(tmp_path / "run/log/items.parquet")
    assert items.groupby("brand")["tags"].agg(lambda tags: len(set(map(tuple, tags)))).eq(1).all()
    assert "'forest'" in told(capsys, [*options, "odd"])


@pytest.mark.parametrize(
    ("kind", "options", "made"),
    [
        ("planted", [], []),
        ("planted", ["--computed", "item", "popularity"], ["popularity", "item"]),
        ("choices", [], ["popularity", "likeness"]),
        ("choices", ["--computed"], []),
    ],
)
def test_computed_fields_are_those_asked_for(kind, options, made, tmp_path, capsys):
    """A run has them in its order, reads its log back with them, and shows a weight of each."""
    run = tmp_path / "run"
    assert main(["train", *write_kind(kind, tmp_path), "--out", str(run), *SMALL, *options]) == 0
    fields = av.AttentionRecommender.load(run).fields
    assert [name for name in fields if name in ("popularity", "likeness", "item")] == made
    user = pd.read_parquet(run / "log/interactions.parquet")["user_id"].iloc[-1]
    capsys.readouterr()
    assert main(["recommend", str(run), user]) == 0
    header = next(line for line in capsys.readouterr().out.splitlines() if "probability" in line)
    assert header.split()[3:] == list(fields)


EFFECTLESS = {
    "--num-negatives": ("ratings", ["3"], "where choices have labels of their own"),
    "--num-candidates": ("ratings", ["3"], "where choices have labels of their own"),
    "--max-reviews": ("ratings", ["3"], "on data without reviews"),
    "--sentences-per-review": ("choices", ["3"], "on data without reviews"),
    "--num-heads": ("ratings", ["2"], "with --attention point"),
    "--columns": ("amazon", ["user_id=who"], "with --amazon"),
    "--implicit": ("planted", [], "with --planted"),
    "--rating-threshold": ("airbnb", ["3"], "with --airbnb"),
    "--variant": ("airbnb", ["twins"], "with --airbnb"),
}


@pytest.mark.parametrize("option", EFFECTLESS)
def test_an_option_without_an_effect_is_refused(option, tmp_path, capsys):
    """It is named, with what makes it so; nothing is trained."""
    kind, values, where = EFFECTLESS[option]
    options = write_kind(kind, tmp_path)
    line = told(capsys, ["train", *options, "--out", tmp_path / "run", *SMALL, option, *values])
    assert line == f"attnviz: {option}: no effect {where}; leave out what has none"
    assert not (tmp_path / "run").exists()


def test_a_threshold_beside_a_label(tmp_path, capsys):
    """The label is read, so that no rating is."""
    options = write_tables(tmp_path, mark=1)
    line = told(capsys, ["data", "check", *options, "label=mark", "--rating-threshold", "3"])
    assert "--rating-threshold: no effect beside a column for the label" in line


def test_tokens_of_a_model_without_text(tmp_path, capsys):
    """The option is named."""
    run = tmp_path / "run"
    assert main(["train", *write_kind("ratings", tmp_path), "--out", str(run), *SMALL]) == 0
    capsys.readouterr()
    assert "--tokens: no effect on a model that reads no text" in told(
        capsys, ["trees", run, "1", "1", "--tokens", "norm"]
    )


WRONG_NUMBERS = {
    "--epochs": ("0", "-1", "1.5", "many", "10000000"),
    "--embed-dim": ("0", "-4", "100000"),
    "--dropout": ("2", "1", "-0.1", "nan"),
    "--learning-rate": ("nan", "0", "-1", "inf"),
    "--seed": ("-1", "x", "1" * 40),
    "--num-negatives": ("0",),
    "--num-candidates": ("0",),
    "--max-reviews": ("0",),
    "--sentences-per-review": ("0",),
    "--num-heads": ("0", "3000"),
    "--attention": ("all",),
    "--values": ("long",),
    "--shopper": ("me",),
}


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in WRONG_NUMBERS.items() for value in values]
)
def test_a_number_out_of_its_range(option, value, tmp_path, capsys):
    """One line that names the option, what was expected and what came; before any file is read."""
    line = told(capsys, ["train", "--airbnb", tmp_path, "--out", tmp_path / "run", option, value])
    assert f"argument {option}: " in line
    assert repr(value) in line


def test_heads_that_do_not_divide_are_told_before_anything_is_read(tmp_path, capsys):
    """The folder of the data is empty, and the line is about the heads."""
    options = ["--attention", "self", "--num-heads", "3", "--embed-dim", "8"]
    line = told(capsys, ["train", "--airbnb", tmp_path, "--out", tmp_path / "run", *options])
    assert "num_heads must divide embed_dim=8, got 3" in line


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--attention", "self", "--values", "normalised"], "values must be 'raw' with attention='self'"),
        (["--attention", "none", "--dropout", "0.5"], "dropout must be 0 with attention='none'"),
    ],
)
def test_options_of_the_model_that_do_not_fit(options, why, tmp_path, capsys):
    """The line says why, before anything is read."""
    assert why in told(capsys, ["train", "--airbnb", tmp_path, "--out", tmp_path / "run", *options])


def test_normalised_values(tmp_path, capsys):
    """The run holds such a model; without the option it is "raw"."""
    options, run = write_kind("ratings", tmp_path), tmp_path / "run"
    assert main(["train", *options, "--out", str(run), *SMALL, "--values", "normalised"]) == 0
    assert av.AttentionRecommender.load(run).options["values"] == "normalised"
    assert main(["train", *options, "--out", str(tmp_path / "raw"), *SMALL]) == 0
    assert av.AttentionRecommender.load(tmp_path / "raw").options["values"] == "raw"
    capsys.readouterr()
    line = told(capsys, ["train", *options, "--out", run, *SMALL])
    assert "--values: normalised there, raw here" in line


def test_a_model_without_attention(tmp_path, capsys):
    """It trains, with one line about the log; it recommends without weights, and has no trees."""
    run = tmp_path / "run"
    options = ["train", "--planted", "--out", str(run), *SMALL, "--attention", "none"]
    assert main(options) == 0
    warned = [line for line in capsys.readouterr().err.splitlines() if "no weights" in line]
    assert len(warned) == 1
    assert warned[0].startswith("attnviz: warning: log_dir ")
    assert main(["recommend", str(run), "Ben", "--top-k", "3"]) == 0
    printed = capsys.readouterr().out
    header = next(line for line in printed.splitlines() if "probability" in line)
    assert header.split() == ["item_id", "title", "probability"]
    assert printed.splitlines()[-1] == "The model has no attention, so no weights stand here."
    assert "model has no weights of fields" in told(capsys, ["trees", run, "Ben", "i1"])


@pytest.mark.parametrize("attention", ["multihead", "self", "uniform"])
def test_other_attentions(attention, tmp_path, capsys):
    """The run holds a model that attends so, with several heads where it can have them."""
    options, run = write_kind("ratings", tmp_path), tmp_path / "run"
    assert main(["train", *options, "--out", str(run), *SMALL, "--attention", attention]) == 0
    model = av.AttentionRecommender.load(run)
    assert model.options["attention"] == attention
    assert model.options["num_heads"] == (1 if attention == "uniform" else 4)


def test_negatives_that_could_not_be_drawn_are_counted(tmp_path, capsys):
    """Of 20 items hardly 30 are left for each row: how many are missing is printed."""
    city = write_city(tmp_path / "city")
    options = ["--out", str(tmp_path / "run"), *QUICK, "--num-negatives", "30"]
    assert main(["train", "--airbnb", str(city), *options]) == 0
    printed = capsys.readouterr().out
    log = av.read_airbnb(city / "listings.csv.gz", city / "reviews.csv", strict=False)
    dropped = log.split()[0].sample_negatives(30).dropped
    missing = {reason: count for reason, count in dropped.items() if reason.startswith("negatives")}
    assert missing
    for reason, count in missing.items():
        assert f"{reason}: {count:,} less among those to learn from" in printed
