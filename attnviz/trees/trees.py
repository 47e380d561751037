"""The two trees of one recommendation: where the weights went, down to a sentence and to a purchase."""

from collections.abc import Iterator

import pandas as pd
import torch

from ..data.features import Batch
from ..data.known import require_item, require_user
from ..data.log import InteractionLog
from ..data.words import in_words
from ..printable import printable
from ..recommender.model import AttentionRecommender
from ..recommender.predict import require_numbers
from .candidate import candidate, element, pushes
from .tokens import with_tokens

COLUMNS = ("tree", "level", "element", "parent", "text", "weight", "path_weight", "value_norm", "push")
START = "before the first purchase"


def weight_trees(
    model: AttentionRecommender,
    log: InteractionLog,
    user: str,
    item: str,
    *,
    at=None,
    tokens: str | None = None,
) -> pd.DataFrame:
    """Where the model looked for one shopper and one product, as two trees.

    Tree "candidate": the product's fields; under its tags each tag, under its reviews each review, and under
    a review its sentences; under another text, such as its description, its sentences.
    Tree "shopper": what she chose before, latest first, and under each purchase its fields; a model that does
    not read the history has no such tree.
    Weights sum to 1 under each parent. They multiply down within a tree, never across: nothing is gained by
    multiplying a purchase's weight with a field's.
    Tags are a mean, so each has the same weight: nothing was looked at there. A review's weight is the sum of
    its sentences' weights, among which the attention was shared. A sentence's tokens have the weights of the
    language model, which made one vector of them before this attention began.
    A weight says where the model looked, not why.

    Args:
        model: A trained model.
        log: Where the shopper and the product are, and all that happened so far.
        user: A user_id.
        item: An item_id.
        at: The time at which she looks, which decides what can be read; None: after all that happened.
        tokens: "norm", "weight" or "rollout": also the tokens below each sentence, and which of the language
            model's weights they get; see `with_tokens`. None: the tree ends at the sentences.

    Returns:
        DataFrame, a row an element, parents before their children:

        - tree: "candidate" or "shopper".
        - level: "field", "tag", "review", "sentence", "token"; in the shopper's tree "start", "history item",
          "field".
        - element: Its name, unique in the table: the parent's name, "/" and a short label, as in
          "candidate/reviews/review 1/sentence 2", "shopper/item 1/brand". Review 1 and item 1 are the latest.
          "shopper/start" is what the model takes for granted before the first purchase.
        - parent: The name of another element, or "candidate" or "shopper", the tree's root, without a row.
        - text: The content in words, as it stands in the log. Somebody else's text: never put it into a page
          as HTML.
        - weight: In [0, 1], its share of its parent. Heads are averaged.
        - path_weight: The product of the weights down to it, its share of the whole tree.
        - value_norm: Length of the vector that the weight multiplies, 0 or more; NaN where heads see
          different ones.
        - push: For the candidate's fields the Shapley value in logits, exact up to 12 fields, against the
          average product for this shopper; the pushes sum to the logit less that of the average product. NaN
          elsewhere. Where the candidate asks the history, the shopper stays as she is for this product.

    Raises:
        ValueError: If the user or the item is not in the log, tokens is another word, the logit is not a
            finite number, or the model has no weights (attention="none").

    Example:
        >>> from attnviz import AttentionRecommender, planted_shop
        >>> shop = planted_shop(num_users=50, num_items=20, num_interactions=200)
        >>> model = AttentionRecommender(shop.schema, embed_dim=8)
        >>> trees = weight_trees(model, shop, "Ben", "i2")
        >>> trees[["element", "text"]].values.tolist()[:2]
        [['candidate/tags', '4 tags'], ['candidate/tags/tag 1', 'recycled']]

    Paper: Yang et al. (2016), hierarchical attention. Taught in "Which purchase, which review?"
    """
    model.require_weights()
    require_user(log, user)
    require_item(log, item)
    shelf = log.candidates([user], at=at)  # all products, as she sees them
    place = int((shelf.interactions["item_id"] == item).argmax())
    everything, batch = (shelf.batch(rows, model.schema) for rows in (slice(None), [place]))
    row = shelf.with_interactions(shelf.interactions.iloc[[place]])
    model.eval()
    with torch.no_grad():
        require_numbers(model, model(batch))
        above_average = pushes(model, batch, everything)
        elements = [*candidate(model, row, batch, above_average), *_shopper(model, log, batch)]
    trees = pd.DataFrame(elements)
    if tokens is not None:
        trees = with_tokens(trees, model.schema.encoder, method=tokens)
    return with_path_weights(trees)[list(COLUMNS)]


def with_path_weights(trees: pd.DataFrame) -> pd.DataFrame:
    """The table with a column path_weight: the product of the weights from the root down to each element.

    Args:
        trees: Columns element, parent, weight; parents before their children.

    Example:
        >>> trees = pd.DataFrame({"element": ["a", "a/b"], "parent": ["root", "a"], "weight": [0.5, 0.4]})
        >>> with_path_weights(trees)["path_weight"].tolist()
        [0.5, 0.2]

    Taught in "Which purchase, which review?"
    """
    found: dict[str, float] = {}
    for name, parent, weight in zip(trees["element"], trees["parent"], trees["weight"], strict=True):
        found[name] = found.get(parent, 1.0) * weight
    return trees.assign(path_weight=list(found.values()))


def indented(trees: pd.DataFrame) -> str:
    r"""The trees as lines for a terminal, a level deeper two spaces further in.

    Args:
        trees: From `weight_trees`. What a terminal would obey stands as its escape.

    Example:
        >>> row = dict(tree="shopper", element="shopper/item 1", text="Red   scarf\x1b[2J")
        >>> row |= dict(weight=0.5, path_weight=0.5, push=float("nan"))
        >>> print(indented(pd.DataFrame([row])))
        the shopper's tree: weight, product of the weights down to it, push
          item 1            0.500  0.500         Red scarf\x1b[2J
    """
    lines, before = [], None
    for row in trees.itertuples():
        if row.tree != before:
            lines.append(f"the {row.tree}'s tree: weight, product of the weights down to it, push")
        before, name = row.tree, "  " * row.element.count("/") + printable(row.element.rpartition("/")[2])
        push = "" if pd.isna(row.push) else f"{row.push:+.3f}"
        text = printable(" ".join(row.text.split()))
        lines.append(f"{name:19} {row.weight:.3f}  {row.path_weight:.3f}  {push:6} {text}")
    return "\n".join(lines)


def _shopper(model: AttentionRecommender, log: InteractionLog, batch: Batch) -> Iterator[dict]:
    history = model.shopper.history
    if history is None:
        return
    found = history.attend(batch, batch.chosen())
    weights, norms = found.items[0], found.values[0].norm(dim=-1)
    yield element("shopper/start", "start", START, weights[0], norms[0])
    items = found.chosen.items[0]
    for number, different in enumerate(items[items >= 0].tolist(), start=1):
        content, name = log.items.iloc[int(found.chosen.rows[different])], f"shopper/item {number}"
        yield element(name, "history item", content["title"], weights[number], norms[number])
        for place, field in enumerate(history.fields):
            weight, norm = found.fields[different, place], found.field_values[different, place].norm()
            yield element(f"{name}/{field}", "field", in_words(content[field]), weight, norm)
