"""The verb `train`: read a city, train on its earlier stays, and rank its latest stays."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.log import InteractionLog
from ..data.readers.airbnb import read_airbnb
from ..data.schema import Schema
from ..recommender.evaluation import query_measures, query_rows, rank_held_out, sampled_candidates
from ..recommender.model import AttentionRecommender
from ..recommender.training import fit
from .data_check import airbnb_files
from .run_folder import CHECKPOINT, LOG, TENSORBOARD

SOURCE = "the detailed listings.csv.gz and reviews.csv.gz of a city are at insideairbnb.com/get-the-data"
GUESTS = {"new": "new", "returning": "returning, new listing", "repeat": "returning, same listing"}


def add_parsers(verbs: "argparse._SubParsersAction") -> None:
    """Add `train` to the verbs of the command line."""
    parser = verbs.add_parser(
        "train",
        help="train on the stays of a city and rank held-out stays",
        description="Train on the earlier stays of a city, choose the epoch on later ones, and rank the last "
        "ones, each against sampled listings. The same command again goes on where it was stopped.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.set_defaults(verb=train, after_stop=_after_stop)
    required = parser.add_argument_group("required")
    add = required.add_argument
    add("--airbnb", type=Path, required=True, metavar="DIR", default=argparse.SUPPRESS,
        help=f"folder with listings.csv.gz and reviews.csv.gz (or .csv); {SOURCE}")  # fmt: skip
    add("--out", type=Path, required=True, metavar="RUN", default=argparse.SUPPRESS,
        help="folder for the model and all that `recommend` needs")  # fmt: skip
    add = parser.add_argument
    add("--epochs", type=int, metavar="N", default=10, help="passes over the stays, at most")
    add(
        "--seed",
        type=int,
        metavar="N",
        default=0,
        help="the number that chance starts from",
    )
    add(
        "--num-negatives",
        type=int,
        metavar="N",
        default=8,
        help="listings not taken, sampled for each stay: four fifths on offer then, the others from all",
    )
    add(
        "--num-candidates",
        type=int,
        metavar="N",
        default=100,
        help="listings on offer to rank a held-out stay against, at most",
    )
    add("--max-reviews", type=int, metavar="N", default=5, help="latest reviews read of a listing")
    add(
        "--sentences-per-review",
        type=int,
        metavar="N",
        default=2,
        help="first sentences read of a review",
    )
    add("--embed-dim", type=int, metavar="N", default=32, help="length of a field's vector")
    add("--shopper", choices=("profile", "history", "both"), default="profile",
        help="what is known of a guest: the mean of earlier stays, attention over them, or both")  # fmt: skip


def train(options: argparse.Namespace) -> None:
    """Read a city, train on its earlier stays, and rank its latest stays."""
    log = _read_city(options.airbnb)
    parts = log.split()
    _tell_split(parts)
    candidates = sampled_candidates(parts[2], num_candidates=options.num_candidates, seed=options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    model = AttentionRecommender(
        _schema(log, options), embed_dim=options.embed_dim, shopper=options.shopper, seed=options.seed
    )
    history = fit(
        model,
        *(part.sample_negatives(options.num_negatives, seed=options.seed) for part in parts[:2]),
        epochs=options.epochs,
        seed=options.seed,
        log_dir=options.out / TENSORBOARD,
        checkpoint=options.out / CHECKPOINT,
        resume=True,
    )
    log.write(options.out / LOG)
    model.save(options.out)
    _tell_training(history)
    _tell_ranking(rank_held_out(model, candidates), candidates)
    user = log.interactions["user_id"].iloc[-1]
    print(f"\nsaved in {options.out}; next: attnviz recommend {options.out} {user}")


def _schema(log: InteractionLog, options: argparse.Namespace) -> Schema:
    for name in ("max_reviews", "sentences_per_review", "embed_dim"):
        if (value := getattr(options, name)) < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, got {value}")
    reviews, sentences = options.max_reviews, options.sentences_per_review
    limits = dict(max_reviews=reviews, sentences_per_review=sentences, max_sentences=reviews * sentences)
    return Schema.of(log, **limits)


def _read_city(folder: Path) -> InteractionLog:
    log = read_airbnb(*airbnb_files(folder, SOURCE), strict=False)
    guests, listings = log.interactions["user_id"].nunique(), len(log.items)
    print(f"{folder}: {len(log):,} stays of {guests:,} guests in {listings:,} listings")
    for reason, count in log.dropped.items():
        print(f"  left out or set to unknown: {count:,} ({reason})")
    return log


def _after_stop(options: argparse.Namespace) -> str:
    again = "give the same command again to go on"
    if (options.out / CHECKPOINT).is_file():
        return f"{options.out / CHECKPOINT} holds the epochs that were done: {again}"
    return f"no epoch was done yet, but encoded sentences are kept: {again}"


def _tell_split(parts: tuple[InteractionLog, ...]) -> None:
    starts = [f"{part.interactions['timestamp'].min():%Y-%m-%d}" for part in parts]
    sizes = [f"{len(part):,}" for part in parts]
    print(f"split by time: {sizes[0]} stays to learn from, {sizes[1]} from {starts[1]} to choose the epoch, "
          f"{sizes[2]} from {starts[2]} held out", flush=True)  # fmt: skip


def _tell_training(history: pd.DataFrame) -> None:
    best = history.loc[history["valid_loss"].idxmin()]
    print(f"epoch {best['epoch'] + 1:.0f} of {len(history)} was best on the validation stays: "
          f"log-loss {best['valid_loss']:.4f}, AUC {best['valid_auc']:.4f}")  # fmt: skip


def _tell_ranking(table: pd.DataFrame, candidates: InteractionLog) -> None:
    labels, mask = query_rows(candidates, candidates.interactions["label"].to_numpy())
    beside = mask.sum(1) - 1
    print(f"\nEach held-out stay ranked against listings on offer that the guest never stayed in "
          f"({beside.min()} to {beside.max()}, on average {beside.mean():.1f}), mean [95% interval]:\n\n"
          f"{_ranking_text(table)}\n")  # fmt: skip
    for reason, count in candidates.dropped.items():
        if reason.startswith("candidates"):
            print(f"{reason}: {count:,}")
    ndcg, hit_rate, auc = query_measures(np.zeros(mask.shape), labels, mask=mask).mean()
    print(f"By chance: NDCG {ndcg:.3f}, hit rate {hit_rate:.3f}, AUC {auc:.3f}. "
          "Popularity: the listing's earlier stays, counted. Never chosen before: an AUC far from .5 says "
          "that candidates give themselves away by their age.\n"
          "Tags and prices are those of one later snapshot: a guest may have seen others.")  # fmt: skip


def _ranking_text(table: pd.DataFrame) -> str:
    columns = {"guests": table["group"].map(lambda group: GUESTS.get(group, group)), "stays": table["n"]}
    columns["ranked by"] = table["model"]
    for name, title in (("ndcg", "NDCG@10"), ("hit_rate", "hit rate@10"), ("auc", "AUC")):
        bounds = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
        columns[title] = [f"{mean:.3f} [{low:.3f}, {high:.3f}]" for mean, low, high in bounds]
    return pd.DataFrame(columns).to_string(index=False)
