"""The verbs `recommend` and `trees`: what a trained model recommends, and where it looked."""

import argparse
from pathlib import Path

from ..recommender.losses import SHELF_ITEMS
from ..recommender.predict import recommend
from ..trees.tokens import METHODS
from ..trees.trees import indented, weight_trees
from .options import require_no_effectless, whole
from .run_folder import read_run
from .terminal import short, tell, tell_table


def add_parsers(verbs: "argparse._SubParsersAction") -> None:
    """Add `recommend` and `trees` to the verbs of the command line."""
    _add_recommend(verbs)
    _add_trees(verbs)


def show_recommendations(options: argparse.Namespace) -> None:
    """Print the items with the highest probability for one user."""
    log, model = read_run(options.run)
    table = recommend(model, log, options.user, top_k=options.top_k)
    chosen = (log.past["user_id"] == options.user) & (log.past["label"] == 1)
    titles = log.items.set_index("item_id")["title"].loc[log.past.loc[chosen, "item_id"].unique()]
    tell(f"{options.user} chose before: {'; '.join(map(short, titles)) or 'nothing'}", "")
    tell_table(table.assign(title=table["title"].map(short)), keys=("item_id",), text="title")
    if log.implicit:
        among = min(len(log.items), SHELF_ITEMS)
        tell(
            "",
            f"A probability is that of being the one chosen of {among:,} items: it is small; see the order.",
        )
    weights = "A weight (under a field's name) says where the model looked, not why the item is here."
    tell("", weights if model.attends else "The model has no attention, so no weights stand here.")


def show_trees(options: argparse.Namespace) -> None:
    """Print where the model looked for one user and one item, level by level."""
    log, model = read_run(options.run)
    if not model.schema.reads_text:
        require_no_effectless(options, "tokens", where="on a model that reads no text")
    trees = weight_trees(model, log, options.user, options.item, tokens=options.tokens)
    tell(*indented(trees.assign(text=trees["text"].map(short))).split("\n"))
    if options.tokens and "token" not in set(trees["level"]):
        tell("No review of this item was read, so there are no tokens.")
    tell("Weights sum to 1 under each parent. They say where the model looked, not why.")


def _add_recommend(verbs: "argparse._SubParsersAction") -> None:
    parser = verbs.add_parser(
        "recommend",
        help="print items for one user, with the weight of each field",
        description="Print the items with the highest probability for one user, without those chosen "
        "before, and how much of the attention each field got.",
    )
    parser.set_defaults(verb=show_recommendations)
    _add_run_and_user(parser)
    parser.add_argument("--top-k", type=whole(), metavar="N", default=10, help="how many items (default: 10)")


def _add_trees(verbs: "argparse._SubParsersAction") -> None:
    parser = verbs.add_parser(
        "trees",
        help="print where the model looked for one user and one item",
        description="Print the weights of an item's fields, tags, reviews and sentences, and each field's "
        "push; after training with --shopper history or both, also those of what the user chose before.",
    )
    parser.set_defaults(verb=show_trees)
    _add_run_and_user(parser)
    parser.add_argument("item", metavar="ITEM", help="id of an item")
    parser.add_argument("--tokens", choices=METHODS,
        help="also the tokens of each sentence, with these weights of the language model")  # fmt: skip


def _add_run_and_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="folder that `train --out` wrote")
    parser.add_argument("user", metavar="USER", help="id of a user in the data (reviewer_id of Airbnb)")
