"""What `train` prints: what was read, how the training went, and what held-out rows say of it."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from ..data.log import InteractionLog
from ..data.planted import PlantedShop
from ..metrics.bootstrap import bootstrap_auc
from ..metrics.ranking import log_loss
from ..recommender.evaluation import RECENT, query_rows, rank_held_out
from ..recommender.losses import COUNTED_DAYS
from ..recommender.model import AttentionRecommender
from ..recommender.predict import predict
from ..recommender.ranking import query_measures
from .terminal import tell, tell_counts, tell_table

COUNTINGS = {"popularity": "all earlier choices", RECENT: f"the last {COUNTED_DAYS} days"}
GROUPS = {"new": "new", "returning": "returning, new item", "repeat": "returning, same item"}


def tell_log(log: InteractionLog) -> None:
    """Print how much was read, and what was not."""
    users, what = log.interactions["user_id"].nunique(), "choices" if log.implicit else "labelled choices"
    tell(f"{len(log):,} {what} of {users:,} users among {len(log.items):,} items")
    tell_counts("left out or set to unknown", log.dropped)
    tell_notes(log)


def tell_aim(log: InteractionLog) -> None:
    """Print what the labels of real rows teach, and how to learn something else of them."""
    if not log.implicit and not isinstance(log, PlantedShop):
        tell(
            f"{log.interactions['label'].mean():.1%} of the labels are 1, and the model learns which label a "
            "row gets; to learn which item is chosen, read all rows as choices with --implicit"
        )


def tell_notes(log: InteractionLog) -> None:
    """Print what should be known of how the tables were read, if there is anything."""
    for note in log.notes:
        tell(f"note: {note}")


def tell_chosen(said: list[str]) -> None:
    """Print what was chosen, since it was not given, and why."""
    if said:
        tell(f"chosen, since it served other real choices: {', '.join(said)}")


def tell_split(parts: tuple[InteractionLog, ...]) -> None:
    """Print where the parts begin, or that they are random."""
    sizes = [f"{len(part):,}" for part in parts]
    if not parts[0].has_times:
        return tell(
            f"split at random, since there are no times: {sizes[0]} choices to learn from, {sizes[1]} to "
            f"choose the epoch, {sizes[2]} held out; what was chosen later may be among the first"
        )
    starts = [f"{part.interactions['timestamp'].min():%Y-%m-%d}" for part in parts]
    return tell(
        f"split by time: {sizes[0]} choices to learn from, {sizes[1]} from {starts[1]} to choose the epoch, "
        f"{sizes[2]} from {starts[2]} held out"
    )


def tell_missing_negatives(train: InteractionLog) -> None:
    """Print how many negatives could not be drawn, if any."""
    for reason, count in _sampled_less(train, "negatives").items():
        tell(f"{reason}: {count:,} less among those to learn from")


def tell_training(history: pd.DataFrame, *, implicit: bool) -> None:
    """Print which epoch was the best, and what a constant and counting reach beside it."""
    best = history.loc[history["valid_loss"].idxmin()]
    constant = "by chance" if implicit else "of a constant"
    counted = best["popularity_auc"]
    counting = "" if np.isnan(counted) else f", by counting the last {COUNTED_DAYS} days {counted:.4f}"
    tell(
        f"epoch {best['epoch'] + 1:.0f} of {len(history)} was best on the choices in between: "
        f"loss {best['valid_loss']:.4f}, {constant} {best['constant_loss']:.4f}; "
        f"AUC {best['valid_auc']:.4f}{counting}"
    )


def tell_ranking(model: AttentionRecommender, candidates: InteractionLog) -> None:
    """Print how high the held-out choices of an implicit log stand among items that were on offer."""
    labels, mask = query_rows(candidates, candidates.interactions["label"].to_numpy())
    beside = mask.sum(1) - 1
    ranking = rank_held_out(model, candidates)
    tell(
        "",
        "Each held-out choice ranked against items on offer that the user never chose "
        f"({_range(beside)}), mean [95% interval]:",
        "",
    )
    tell_table(_ranking_rows(ranking), keys=("users", "choices", "ranked by"))
    tell("")
    for sentence in compared_with_counting(ranking):
        tell(sentence)
    for reason, count in _sampled_less(candidates, "candidates").items():
        tell(f"{reason}: {count:,}")
    ndcg, hit_rate, auc = query_measures(np.zeros(mask.shape), labels, mask=mask).mean()
    tell(
        f"By chance: NDCG {ndcg:.3f}, hit rate {hit_rate:.3f}, AUC {auc:.3f}. "
        "Popularity: the item's earlier choices, counted. Never chosen before: an AUC far from .5 says "
        "that candidates give themselves away by their age.",
        "Tags and prices are those of one later snapshot: a user may have seen others.",
    )


def _range(counts: np.ndarray) -> str:
    """The smallest and the largest count and their mean, or the one that all are."""
    if counts.min() == counts.max():
        return f"{counts[0]}"
    return f"{counts.min()} to {counts.max()}, on average {counts.mean():.1f}"


def compared_with_counting(ranking: pd.DataFrame) -> list[str]:
    """For each group of users a sentence: is the model better than the counting that serves them best?

    Of those who take the same item again it says that nothing is shown: no candidate was ever chosen by them.

    Args:
        ranking: Of `rank_held_out`.

    Returns:
        Sentences; none where nothing was counted.
    """
    counted = ranking[ranking["model"].isin(COUNTINGS)]
    best = counted.loc[counted.groupby("group", sort=False)["ndcg"].idxmax()]
    return [_compared(row, row.ndcg + row.ndcg_lead) for row in best.itertuples()]


def _compared(row: Any, of_model: float) -> str:
    """What the lead of the model over this counting is."""
    users, counting = GROUPS.get(row.group, row.group), COUNTINGS[row.model]
    if row.group == "repeat":
        return (
            f"For users who are {users}: this shows nothing of the model, since none of the other items was "
            "ever chosen by them, and their own past tells the chosen one."
        )
    said = f"counting {counting} is as good"
    if row.ndcg_lead_low > 0:
        said = f"the model is better than counting {counting}"
    elif row.ndcg_lead_high < 0:
        said = f"counting {counting} is better than the model"
    interval = f"[{row.ndcg_lead_low:+.3f}, {row.ndcg_lead_high:+.3f}]"
    return (
        f"For users who are {users}: {said}. NDCG@10 of the model {of_model:.3f}, of counting "
        f"{row.ndcg:.3f}; difference {row.ndcg_lead:+.3f} {interval}."
    )


def tell_labelled(model: AttentionRecommender, train: InteractionLog, held_out: InteractionLog) -> None:
    """Print how well the model tells the labels of held-out rows apart, beside the base rate."""
    labels = torch.tensor(held_out.interactions["label"].to_numpy())
    users = held_out.interactions["user_id"]
    base = train.interactions["label"].mean()
    by = {"model": predict(model, held_out), f"base rate {base:.3f}": np.full(len(labels), base)}
    if isinstance(held_out, PlantedShop):
        by["best guess without earlier labels"] = held_out.truth.best_probability
    tell("", f"Held-out choices, of which {labels.double().mean():.1%} have label 1:", "")
    rows = [_labelled_row(name, values, labels, users) for name, values in by.items()]
    tell_table(pd.DataFrame(rows), keys=("predicted by",))
    tell(
        "",
        "AUC: higher is better, .5 by chance; its interval is by user. Log-loss: lower is better. "
        "Base rate: for each row the share of label 1 among the choices to learn from.",
    )
    if held_out.interactions["label"].nunique() < 2:
        tell("All held-out labels are the same: there is no AUC.")


def _labelled_row(
    name: str, probabilities: np.ndarray, labels: torch.Tensor, users: pd.Series
) -> dict[str, str]:
    values = torch.from_numpy(probabilities).double()
    mean, low, high, _ = bootstrap_auc(values, labels, groups=users)
    loss = log_loss(values, labels)
    return {
        "predicted by": name,
        "AUC [95% interval]": f"{mean:.3f} [{low:.3f}, {high:.3f}]",
        "log-loss": f"{loss:.3f}",
    }


def _ranking_rows(table: pd.DataFrame) -> pd.DataFrame:
    columns = {"users": table["group"].map(lambda group: GROUPS.get(group, group)), "choices": table["n"]}
    columns["ranked by"] = table["model"]
    for name, title in (("ndcg", "NDCG@10"), ("hit_rate", "hit rate@10"), ("auc", "AUC")):
        bounds = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
        columns[title] = [f"{mean:.3f} [{low:.3f}, {high:.3f}]" for mean, low, high in bounds]
    return pd.DataFrame(columns)


def _sampled_less(log: InteractionLog, what: str) -> dict[str, int]:
    return {reason: count for reason, count in log.dropped.items() if reason.startswith(what)}
