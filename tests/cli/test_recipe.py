"""What `train` takes where an option was not given."""

import pandas as pd
import pytest
from small_runs import write_city, write_tables

import attnviz as av
from attnviz.cli import main

QUICK = ("--epochs", "1", "--num-candidates", "8")
CHOSEN = "chosen, since it served other real choices: "


def trained(arguments, run, capsys) -> tuple[av.AttentionRecommender, list[str]]:
    """The model of a run, and what was printed of what was chosen."""
    assert main(["train", *map(str, arguments), "--out", str(run), *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    return av.AttentionRecommender.load(run), [line for line in lines if line.startswith(CHOSEN)]


def test_real_choices_are_learned_as_they_were_measured(tmp_path, capsys):
    """16 numbers a field, 16 negatives a choice, no review, which is said; the run's log holds none."""
    model, lines = trained(["--airbnb", write_city(tmp_path / "city")], tmp_path / "run", capsys)
    assert model.options["embed_dim"] == 16
    assert "reviews" not in model.fields
    assert lines == [
        f"{CHOSEN}--embed-dim 16, --num-negatives 16, no texts of reviews (--max-reviews 5 reads them, which "
        "takes long)"
    ]
    assert (pd.read_parquet(tmp_path / "run/log/interactions.parquet")["review"] == "").all()


@pytest.mark.parametrize(
    ("given", "sizes", "said"),
    [
        (["--embed-dim", "8", "--max-reviews", "3"], (8, 3, 2), "--num-negatives 16"),
        (["--num-negatives", "2", "--sentences-per-review", "1"], (16, 5, 1), "--embed-dim 16"),
        (["--embed-dim", "8", "--num-negatives", "2", "--max-reviews", "5"], (8, 5, 2), ""),
    ],
)
def test_what_is_given_wins(given, sizes, said, tmp_path, capsys):
    """Each option as given, the others as for such data; nothing is said where all are given."""
    city = write_city(tmp_path / "city")
    model, lines = trained(["--airbnb", city, *given], tmp_path / "run", capsys)
    schema = model.schema
    assert "reviews" in model.fields
    assert (model.options["embed_dim"], schema.max_reviews, schema.sentences_per_review) == sizes
    assert lines == ([CHOSEN + said] if said else [])


def test_labels_and_logs_without_computed_fields_keep_the_defaults(tmp_path, capsys):
    """Neither ratings, nor choices without popularity and likeness, are what was measured."""
    model, lines = trained(["--airbnb", write_city(tmp_path / "city"), "--computed"], tmp_path / "a", capsys)
    assert (model.options["embed_dim"], "reviews" in model.fields, lines) == (32, True, [])
    ratings = write_tables(tmp_path)
    assert main(["train", *ratings, "--out", str(tmp_path / "b"), "--epochs", "1"]) == 0
    printed = capsys.readouterr().out
    assert CHOSEN not in printed
    assert "of the labels are 1, and the model learns which label a row gets; to learn which item" in printed
    assert av.AttentionRecommender.load(tmp_path / "b").options["embed_dim"] == 32
