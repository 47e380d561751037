"""What does the weight say on a real shop: which field is the tallest, and is it the one that counts?

    python -m benchmarks shelf_weights     # writes book/_results/shelf_weights.csv

The models are those of `shelf`: those that it trained are read.

Of each test window and group some choices are drawn. For each, the model ranks what was on offer, and the
first of the list is explained, as a page would do it. A field is removed by putting the mean of its vectors
over the user's shelf in its place.

- "tallest is largest fall": the field with the tallest weight is the one whose removal lowers the logit
  most; "largest change" asks for the size of the change, whatever its sign. Beside it "stranger's weights",
  those of another choice of the group, and "always the same field", which is the largest fall most often.
- "tallest is largest spread": over the whole shelf, the field with the tallest mean weight is the one whose
  removals differ most from item to item: the shelf test.
- "fall, tallest", "fall, random", "fall, best": what the logit loses when the field with the tallest weight,
  any field (the mean over them), or the one with the largest fall is removed.
- By field: how often its weight is the tallest ("is tallest"), how often it is the largest fall ("is largest
  fall"), and how often it is so where it is the tallest ("is true where tallest").
- "null": a number drawn for each item without regard to anything is one more field of the model; how often is
  its weight the tallest, and what is its mean share? An even share is one over the number of fields.

Values are means over choices, of the seeds' means; intervals resample users.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

import attnviz as av

from .results import Result
from .shelf_models import Recipe, asked_once, trained
from .shelf_queries import DATA, NULL, Queries, Window, windows

VALUES = {"normalised": Recipe(), "raw": Recipe(dict(values="raw"))}
BY_FIELD = ("is tallest", "is largest fall", "is true where tallest")


def drawn(queries: Queries, number: int) -> Queries:
    """As many queries of each group, or all there are, in their order."""
    rows = queries.log.interactions.assign(group=queries.group)
    some = rows.groupby("group").sample(frac=1, random_state=0).groupby("group").head(number)
    return Queries.of(queries.log.with_interactions(some.sort_index().drop(columns="group")))


@torch.no_grad()
def told(model: av.AttentionRecommender, queries: Queries) -> dict[str, Tensor]:
    """(query, field): weight and fall of the first item; mean weight and spread of falls of its shelf."""
    which, logs = asked_once(queries)
    on_offer = torch.from_numpy(queries.shelves["on offer"][np.unique(which, return_index=True)[1]])
    parts, done = [], 0
    for log in logs:
        number = len(log) // on_offer.shape[1]
        parts.append(_of_shelves(model, log, on_offer[done : done + number]))
        done += number
    return {name: torch.cat([part[name] for part in parts])[which] for name in parts[0]}


def _of_shelves(
    model: av.AttentionRecommender, log: av.InteractionLog, on_offer: Tensor
) -> dict[str, Tensor]:
    vectors, args = model.field_vectors(log.batch(slice(None), model.schema))  # (row, field, dim)
    weights, logits = model.attend(vectors, *args)[1], model.logits_from_vectors(vectors, *args)
    shelf = vectors.view(*on_offer.shape, *vectors.shape[1:])
    share = (on_offer / on_offer.sum(1, keepdim=True))[..., None, None]
    average = (shelf * share).sum(1, keepdim=True).expand_as(shelf).reshape_as(vectors)
    falls = []
    for field in range(vectors.shape[1]):
        removed = vectors.clone()
        removed[:, field] = average[:, field]
        falls.append(logits - model.logits_from_vectors(removed, *args))
    weights, fall = (found.view(*on_offer.shape, -1) for found in (weights, torch.stack(falls, dim=1)))
    first = logits.view(on_offer.shape).masked_fill(~on_offer, -torch.inf).argmax(1)
    here = torch.arange(len(first))
    mean = (fall * share[..., 0]).sum(1, keepdim=True)
    return {
        "weight": weights[here, first],
        "fall": fall[here, first],
        "mean weight": (weights * share[..., 0]).sum(1),
        "spread": ((fall - mean).square() * share[..., 0]).sum(1).sqrt(),
    }


def answers(found: dict[str, Tensor], group: np.ndarray, fields: tuple[str, ...]) -> pd.DataFrame:
    """A row a query: what is averaged, in columns (measure, field); field is "" where all take part."""
    weight, fall = found["weight"], found["fall"]
    tallest, largest = weight.argmax(1), fall.argmax(1)
    stranger, usual = tallest.clone(), largest.clone()
    for name in np.unique(group):
        here = torch.from_numpy(np.flatnonzero(group == name))
        stranger[here] = tallest[here.roll(1)]
        usual[here] = largest[here].mode().values
    columns = {
        "tallest is largest fall": tallest == largest,
        "tallest is largest change": tallest == fall.abs().argmax(1),
        "stranger's weights": stranger == largest,
        "always the same field": usual == largest,
        "tallest is largest spread": found["mean weight"].argmax(1) == found["spread"].argmax(1),
        "fall, tallest": fall.gather(1, tallest[:, None])[:, 0],
        "fall, random": fall.mean(1),
        "fall, best": fall.amax(1),
    }
    of_fields = {}
    for place, name in enumerate(fields):
        is_tallest, is_largest = tallest == place, largest == place
        true = torch.where(is_tallest, is_largest.float(), torch.nan)
        for measure, values in zip(BY_FIELD, (is_tallest, is_largest, true), strict=True):
            of_fields[measure, name] = values
        of_fields["mean weight", name] = weight[:, place]
    table = {(measure, ""): values for measure, values in columns.items()} | of_fields
    return pd.DataFrame({key: values.double().numpy() for key, values in table.items()})


def null_share(found: dict[str, Tensor], fields: tuple[str, ...]) -> pd.DataFrame:
    """A row a query: is the null field's weight the tallest, and its share."""
    place = fields.index(NULL)
    is_tallest = found["weight"].argmax(1) == place
    table = {("null is tallest", ""): is_tallest, ("null's mean weight", ""): found["weight"][:, place]}
    return pd.DataFrame({key: values.double().numpy() for key, values in table.items()})


def averaged(table: pd.DataFrame) -> Iterator[dict]:
    """Means with intervals over users, by group, measure and field."""
    keys = ["group", "window", "query", "user"]
    of_queries = table.groupby(keys, sort=False).mean()  # over the seeds that ask, NaN where none does
    for group, part in of_queries.groupby("group", sort=False):
        for measure, field in part.columns:
            values = part[measure, field]
            mean, low, high, undefined = av.metrics.bootstrap_interval(
                values.tolist(), groups=values.index.get_level_values("user")
            )
            yield dict(group=group, measure=measure, field=field, value=mean, low=low, high=high,
                       n=len(values) - undefined)  # fmt: skip


def of_window(recipe: Recipe, place: int, window: Window, *, choices: int, seeds: int) -> pd.DataFrame:
    """The answers of each seed's model on the drawn queries, with the keys that `averaged` groups by."""
    queries, tables = drawn(window.test, choices), []
    for seed in range(seeds):
        model = trained(recipe, window, seed)
        found = told(model, queries)
        table = answers(found, queries.group, model.fields)
        if NULL in model.fields:
            table = null_share(found, model.fields)
        keys = dict(group=queries.group, window=place, query=np.arange(len(table)), user=queries.users)
        tables.append(table.set_index(pd.MultiIndex.from_frame(pd.DataFrame(keys))))
    return pd.concat(tables)


def measure(
    *,
    num_windows: int = 4,
    seeds: int = 5,
    raw_seeds: int = 2,
    choices: int = 100,
    data: Annotated[tuple[str, ...], DATA] = DATA,
) -> Result:
    """Models with normalised and with raw values, and both with a null field in the last window.

    Args:
        num_windows: As of `shelf`.
        seeds: Models of each window with normalised values.
        raw_seeds: Models of each window with raw values; and of those with a null field.
        choices: Drawn of each window and group, at most.
        data: Which data sets.
    """
    torch.set_num_threads(1)
    rows: list[dict] = []
    for name, values in tqdm([(name, values) for name in data for values in VALUES]):
        number = seeds if values == "normalised" else raw_seeds
        for null in (False, True):
            found = list(windows(name, num_windows, null=null))
            tables = [
                of_window(VALUES[values], place, window, choices=choices, seeds=raw_seeds if null else number)
                for place, window in enumerate(found)
                if not null or place == num_windows - 1
            ]
            keys = dict(data=name, values=values, seeds=raw_seeds if null else number)
            rows += [keys | row for row in averaged(pd.concat(tables))]
    return Result(pd.DataFrame(rows), replace=["data"])


def summary(table: pd.DataFrame) -> str:
    """The groups side by side."""
    keys = ["data", "values", "measure", "field"]
    table = table.assign(field=table["field"].fillna(""))
    return table.pivot_table(index=keys, columns="group", values="value", sort=False).round(3).to_string()
