"""The verbs `recommend` and `trees`: what a trained model recommends, and where it looked."""

import argparse
from pathlib import Path

from ..recommender.predict import recommend
from ..trees.tokens import METHODS
from ..trees.trees import indented, weight_trees
from .run_folder import read_run

LONGEST_TITLE = 40


def add_parsers(verbs: "argparse._SubParsersAction") -> None:
    """Add `recommend` and `trees` to the verbs of the command line."""
    _add_recommend(verbs)
    _add_trees(verbs)


def show_recommendations(options: argparse.Namespace) -> None:
    """Print the listings with the highest probability for one guest."""
    log, model = read_run(options.run)
    table = recommend(model, log, options.user, top_k=options.top_k)
    taken = log.past.loc[log.past["user_id"] == options.user, "item_id"]
    titles = log.items.set_index("item_id")["title"].loc[taken.unique()]
    print(f"{options.user} stayed in: {'; '.join(map(_plain, titles))}\n")
    print(table.assign(title=table["title"].map(_plain)).to_string(index=False, float_format="%.3f"))
    print("\nA weight (under a field's name) says where the model looked, not why the listing is here.")


def show_trees(options: argparse.Namespace) -> None:
    """Print where the model looked for one guest and one listing, level by level."""
    log, model = read_run(options.run)
    trees = weight_trees(model, log, options.user, options.item, tokens=options.tokens)
    print(indented(trees.assign(text=trees["text"].map(_plain))))
    print("Weights sum to 1 under each parent. They say where the model looked, not why.")


def _add_recommend(verbs: "argparse._SubParsersAction") -> None:
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


def _add_trees(verbs: "argparse._SubParsersAction") -> None:
    parser = verbs.add_parser(
        "trees",
        help="print where the model looked for one guest and one listing",
        description="Print the weights of a listing's fields, tags, reviews and sentences, and each field's "
        "push; after training with --shopper history or both, also those of the guest's earlier stays.",
    )
    parser.set_defaults(verb=show_trees, after_stop=lambda options: "nothing was changed")
    _add_run_and_user(parser)
    parser.add_argument("item", metavar="ITEM", help="id of a listing")
    parser.add_argument("--tokens", choices=METHODS,
        help="also the tokens of each sentence, with these weights of the language model")  # fmt: skip


def _add_run_and_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="folder that `train --out` wrote")
    parser.add_argument("user", metavar="USER", help="id of a guest of that city: reviewer_id in its reviews")


def _plain(title: str) -> str:
    """Somebody else's text for a terminal: one line, no control characters, not too long."""
    line = "".join(character if character.isprintable() else " " for character in title)
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"
