"""The verb `train`: read a data set, train on its earlier choices, and try the model on its latest ones."""

import argparse
from pathlib import Path

import pandas as pd

from ..data.log import InteractionLog
from ..data.schema import Schema
from ..recommender.evaluation import sampled_candidates
from ..recommender.model import AttentionRecommender
from ..recommender.options import ATTENTIONS, SEVERAL_HEADS, VALUES, check_attention
from ..recommender.training import fit
from ..storage import alone
from . import recipe, report
from .options import number, or_default, require_no_effectless, whole
from .recipe import READ
from .run_folder import CHECKPOINT, LOG, RUN, TENSORBOARD, begin, next_command, require_free, resumed
from .sources import add_sources, described, read_source, source_kind
from .terminal import tell

NEGATIVES = "num_negatives"
NUM_CANDIDATES = "num_candidates"
HEADS = {"num_heads": 4}
MODEL = ("attention", "num_heads", "embed_dim", "values", "dropout", "shopper", "seed")
FIT = ("epochs", "batch_size", "learning_rate", "seed")


def add_parsers(verbs: "argparse._SubParsersAction") -> None:
    """Add `train` to the verbs of the command line."""
    parser = verbs.add_parser(
        "train",
        help="train on a data set and try the model on its latest choices",
        description="Train on the earlier choices, choose the epoch on later ones, and try the model on the "
        "last ones: choices without labels (Airbnb, --implicit) are ranked against sampled items; where "
        "there are labels, the model must tell them apart. The same command again goes on where it was "
        "stopped.",
    )
    parser.set_defaults(verb=train, after_stop=lambda options: resumed(options.out))
    parser.add_argument("--out", type=Path, required=True, metavar="RUN",
        help="folder for the model and all that `recommend` needs")  # fmt: skip
    add_sources(parser)
    _add_model(parser)
    _add_training(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the model").add_argument
    add("--attention", choices=ATTENTIONS, default="point",
        help="one query over the fields (the default), equal weights, heads, self-attention, or none: a "
        "small network, which has no weights to show")  # fmt: skip
    add("--num-heads", type=whole(most=1024), metavar="N",
        help="of --attention multihead or self (default: 4); divides --embed-dim")  # fmt: skip
    add("--embed-dim", type=whole(most=4096), metavar="N",
        help="length of a field's vector (default: 16 for real choices without labels, else 32)")  # fmt: skip
    add("--values", choices=VALUES, default="raw",
        help="what the weights multiply: the fields' vectors as they are (the default), or normalised to one "
        "length, so that a weight bounds what a field adds; not with --attention self or none")  # fmt: skip
    add("--dropout", type=number(0, 1), metavar="P", default=0.0,
        help="share of the weights dropped in training (default: 0)")  # fmt: skip
    add("--shopper", choices=("profile", "history", "both"), default="profile",
        help="what is known of a user: the mean of earlier choices (the default; or the table of the users), "
        "attention over them, or both")  # fmt: skip
    add("--max-reviews", type=whole(), metavar="N",
        help="latest reviews read of an item (default: 5; of real choices without labels none is "
        "read unless this or the next is given: it takes most of the time)")  # fmt: skip
    add("--sentences-per-review", type=whole(), metavar="N",
        help="first sentences read of a review (default: 2)")  # fmt: skip


def _add_training(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the training").add_argument
    add("--epochs", type=whole(), metavar="N",
        help="passes over the choices, at most (default: what fits their number)")  # fmt: skip
    add("--batch-size", type=whole(), metavar="N",
        help="choices a step (default: a hundredth of them, about)")  # fmt: skip
    add("--learning-rate", type=number(0, above=True), metavar="R", default=3e-3,
        help="the highest of its cycle (default: 0.003)")  # fmt: skip
    add("--seed", type=whole(0), metavar="N", default=0,
        help="the number that chance starts from (default: 0)")  # fmt: skip
    add("--num-negatives", type=whole(), metavar="N",
        help="without labels: items not chosen, sampled for each choice, four fifths of them on offer then, "
        "the others from all (default: 16 in real data, else 32)")  # fmt: skip
    add("--num-candidates", type=whole(), metavar="N",
        help="without labels: items on offer to rank a held-out choice against (default: 100)")  # fmt: skip


def train(options: argparse.Namespace) -> None:
    """Read a data set, train on its earlier choices, and try the model on its latest ones."""
    source_kind(options)
    _require_attention(recipe.filled(options))
    asked = described(options) | {name: getattr(options, name) for name in (*MODEL, *FIT, *READ, NEGATIVES)}
    require_free(options.out, asked)
    log = read_source(options, strict=False)
    report.tell_log(log)
    report.tell_aim(log)
    options, log = _settled(options, log)
    parts = log.split() if log.has_times else log.split("row", seed=options.seed)
    report.tell_split(parts)
    model = _model(log, options)
    with alone(options.out / RUN):
        begin(options.out, asked, implicit=log.implicit)
        history = _fit(model, parts, options)
        log.write(options.out / LOG)
        model.save(options.out)
    report.tell_training(history, implicit=log.implicit)
    _try(model, parts, options)
    tell("", f"saved in {options.out}; next: {next_command(options.out, log)}")


def _settled(options: argparse.Namespace, log: InteractionLog) -> tuple[argparse.Namespace, InteractionLog]:
    """All options, those that were not given as they fit the log, and what is read of the log."""
    if not log.implicit:
        require_no_effectless(
            options, NEGATIVES, NUM_CANDIDATES, where="where choices have labels of their own"
        )
    if not recipe.has_reviews(log):
        require_no_effectless(options, *READ, where="on data without reviews")
    report.tell_chosen(recipe.choices_of(options, log))
    read = recipe.without_reviews(log) if recipe.leaves_reviews(options, log) else log
    return recipe.filled(options, log), read


def _require_attention(options: argparse.Namespace) -> None:
    if options.attention not in SEVERAL_HEADS:
        require_no_effectless(options, "num_heads", where=f"with --attention {options.attention}")
    check_attention(
        options.attention, num_heads=_num_heads(options), embed_dim=options.embed_dim, keys="both",
        dropout=options.dropout, values=options.values,
    )  # fmt: skip


def _num_heads(options: argparse.Namespace) -> int:
    return or_default(options, **HEADS)["num_heads"] if options.attention in SEVERAL_HEADS else 1


def _model(log: InteractionLog, options: argparse.Namespace) -> AttentionRecommender:
    limits = {name: getattr(options, name) for name in READ}
    schema = Schema.of(log, **limits, max_sentences=options.max_reviews * options.sentences_per_review)
    chosen = {name: getattr(options, name) for name in MODEL} | {"num_heads": _num_heads(options)}
    return AttentionRecommender(schema, **chosen)


def _fit(
    model: AttentionRecommender, parts: tuple[InteractionLog, ...], options: argparse.Namespace
) -> pd.DataFrame:
    known, valid, _ = parts
    if known.implicit:
        known = known.sample_negatives(options.num_negatives, seed=options.seed)
        report.tell_missing_negatives(known)
    return fit(
        model,
        known,
        valid,
        **{name: getattr(options, name) for name in FIT},
        log_dir=options.out / TENSORBOARD,
        checkpoint=options.out / CHECKPOINT,
        resume=True,
    )


def _try(model: AttentionRecommender, parts: tuple[InteractionLog, ...], options: argparse.Namespace) -> None:
    known, _, held_out = parts
    if known.implicit:
        count = or_default(options, num_candidates=100)[NUM_CANDIDATES]
        report.tell_ranking(model, sampled_candidates(held_out, num_candidates=count, seed=options.seed))
    else:
        report.tell_labelled(model, known, held_out)
