"""The command line: `python -m attnviz VERB`. Each verb is one function; its options stand in `_parser`."""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError

from . import data_check
from .data.airbnb import read_airbnb
from .data.batches import Schema
from .data.log import InteractionLog
from .data.table import read_table
from .evaluation import query_measures, rank_held_out, sampled_candidates
from .recommender import AttentionRecommender
from .serving import recommend
from .training import fit
from .trees import explain, indented

CHECKPOINT, MODEL, LOG, TENSORBOARD = "checkpoint.safetensors", "model.safetensors", "log", "tensorboard"
SOURCE = "the detailed listings.csv.gz and reviews.csv.gz of a city are at insideairbnb.com/get-the-data"
GUESTS = {"new": "new", "returning": "returning, new listing", "repeat": "returning, same listing"}
LONGEST_TITLE = 40


def main(arguments: list[str] | None = None) -> int:
    """Run one verb. 0: done; 1: problems found; 2: wrong input, told in one line; 130: stopped by Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return options.verb(options) or 0
    except (ValueError, OSError, SafetensorError) as error:
        told = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
        print(f"attnviz: {told}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nattnviz: stopped; {options.after_stop(options)}", file=sys.stderr)
        return 130


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
        *(part.sample_negatives(options.num_negatives, options.seed) for part in parts[:2]),
        epochs=options.epochs,
        seed=options.seed,
        log_dir=options.out / TENSORBOARD,
        checkpoint=options.out / CHECKPOINT,
        resume=True,
    )
    log.write(options.out / LOG)
    model.save(options.out)
    _tell_training(history)
    _tell_ranking(rank_held_out(model, candidates), options.num_candidates)
    user = log.interactions["user_id"].iloc[-1]
    print(f"\nsaved in {options.out}; next: python -m attnviz recommend {options.out} {user}")


def show_recommendations(options: argparse.Namespace) -> None:
    """Print the listings with the highest probability for one guest."""
    log, model = _read_run(options.run)
    table = recommend(model, log, options.user, top_k=options.top_k)
    taken = log.past.loc[log.past["user_id"] == options.user, "item_id"]
    titles = log.items.set_index("item_id")["title"].loc[taken.unique()]
    print(f"{options.user} stayed in: {'; '.join(map(_plain, titles))}\n")
    print(table.assign(title=table["title"].map(_plain)).to_string(index=False, float_format="%.3f"))
    print("\nA weight (under a field's name) says where the model looked, not why the listing is here.")


def show_trees(options: argparse.Namespace) -> None:
    """Print where the model looked for one guest and one listing, level by level."""
    log, model = _read_run(options.run)
    trees = explain(model, log, options.user, options.item, tokens=options.tokens)
    print(indented(trees.assign(text=trees["text"].map(_plain))))
    print("Weights sum to 1 under each parent. They say where the model looked, not why.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m attnviz",
        description="Train an attention-based recommender, and see what it recommends and where it looked.",
        epilog="Each verb has its own help: python -m attnviz train --help",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB", title="verbs")
    _add_train(verbs)
    _add_recommend(verbs)
    _add_explain(verbs)
    data_check.add_parser(verbs)
    return parser


def _add_train(verbs) -> None:
    parser = verbs.add_parser(
        "train",
        help="train on the stays of a city and rank held-out stays",
        description="Train on the earlier stays of a city, choose the epoch on later ones, and rank the last "
        "ones, each against sampled listings. The same command again goes on where it was stopped.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.set_defaults(verb=train, after_stop=_after_stopped_training)
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
    add("--num-negatives", type=int, metavar="N", default=8, help="listings not taken, sampled for each stay")
    add(
        "--num-candidates",
        type=int,
        metavar="N",
        default=100,
        help="listings to rank a held-out stay against",
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


def _add_recommend(verbs) -> None:
    parser = verbs.add_parser(
        "recommend",
        help="print listings for one guest, with the weight of each field",
        description="Print the listings with the highest probability for one guest, without those of earlier "
        "stays, and how much of the attention each field got.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.set_defaults(verb=show_recommendations, after_stop=lambda options: "nothing was changed")
    _add_run_and_user(parser)
    parser.add_argument("--top-k", type=int, metavar="N", default=10, help="how many listings")


def _add_explain(verbs) -> None:
    parser = verbs.add_parser(
        "explain",
        help="print where the model looked for one guest and one listing",
        description="Print the weights of a listing's fields, tags, reviews and sentences, and each field's "
        "push; after training with --shopper history or both, also those of the guest's earlier stays.",
    )
    parser.set_defaults(verb=show_trees, after_stop=lambda options: "nothing was changed")
    _add_run_and_user(parser)
    parser.add_argument("item", metavar="ITEM", help="id of a listing")
    parser.add_argument("--tokens", choices=("norm", "weight", "rollout"),
        help="also the tokens of each sentence, with these weights of the language model")  # fmt: skip


def _add_run_and_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="folder that `train --out` wrote")
    parser.add_argument("user", metavar="USER", help="id of a guest of that city: reviewer_id in its reviews")


def _schema(log: InteractionLog, options: argparse.Namespace) -> Schema:
    for name in ("max_reviews", "sentences_per_review", "embed_dim"):
        if (value := getattr(options, name)) < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, got {value}")
    reviews, sentences = options.max_reviews, options.sentences_per_review
    limits = dict(max_reviews=reviews, sentences_per_review=sentences, max_sentences=reviews * sentences)
    return Schema.of(log, **limits)


def _read_city(folder: Path) -> InteractionLog:
    if not folder.is_dir():
        raise ValueError(f"--airbnb {folder}: there is no such folder; {SOURCE}")
    log = read_airbnb(*(_file(folder, name) for name in ("listings", "reviews")), strict=False)
    guests, listings = log.interactions["user_id"].nunique(), len(log.items)
    print(f"{folder}: {len(log):,} stays of {guests:,} guests in {listings:,} listings")
    for reason, count in log.dropped.items():
        print(f"  left out or set to unknown: {count:,} ({reason})")
    return log


def _file(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.csv.gz", folder / f"{name}.csv"):
        if path.is_file():
            return path
    raise ValueError(f"--airbnb {folder}: it holds no {name}.csv.gz and no {name}.csv; {SOURCE}")


def _read_run(run: Path) -> tuple[InteractionLog, AttentionRecommender]:
    if not (run / MODEL).is_file():
        stopped = (run / CHECKPOINT).is_file()
        advice = "its training was stopped: give the same train command again" if stopped else (
            f"make one with: python -m attnviz train --airbnb DIR --out {run}"
        )  # fmt: skip
        raise ValueError(f"{run} holds no trained model; {advice}")
    tables = (run / LOG / f"{name}.parquet" for name in ("interactions", "items"))
    return read_table(*tables, implicit=True), AttentionRecommender.load(run)


def _after_stopped_training(options: argparse.Namespace) -> str:
    for half_written in options.out.glob(f"*.{os.getpid()}.partial"):
        half_written.unlink()
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


def _tell_ranking(table: pd.DataFrame, num_candidates: int) -> None:
    print(f"\nEach held-out stay ranked against {num_candidates} listings that the guest never stayed in, "
          f"mean [95% interval]:\n\n{_ranking_text(table)}\n")  # fmt: skip
    constant, first = np.zeros((1, 1 + num_candidates)), np.eye(1, 1 + num_candidates, dtype=int)
    ndcg, hit_rate, auc = query_measures(constant, first).iloc[0]
    print(f"By chance: NDCG {ndcg:.3f}, hit rate {hit_rate:.3f}, AUC {auc:.3f}. "
          "Popularity: the listing's earlier stays, counted.\n"
          "Tags and prices are those of one later snapshot: a guest may have seen others.")  # fmt: skip


def _ranking_text(table: pd.DataFrame) -> str:
    columns = {"guests": table["group"].map(lambda group: GUESTS.get(group, group)), "stays": table["n"]}
    columns["ranked by"] = table["model"]
    for name, title in (("ndcg", "NDCG@10"), ("hit_rate", "hit rate@10"), ("auc", "AUC")):
        bounds = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
        columns[title] = [f"{mean:.3f} [{low:.3f}, {high:.3f}]" for mean, low, high in bounds]
    return pd.DataFrame(columns).to_string(index=False)


def _plain(title: str) -> str:
    """Somebody else's text for a terminal: one line, no control characters, not too long."""
    line = "".join(character if character.isprintable() else " " for character in title)
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


if __name__ == "__main__":
    sys.exit(main())
