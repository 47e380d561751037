"""Do models learn that the price matters only when reviews are good, and does a matrix of weights show it?

    python -m benchmarks interplay            # writes book/_results/interplay.csv

A seed changes the shop ("interaction", only shoppers who decide by price), the model and its training.
`interplay` is the difference that the price makes with good reviews less the one with bad reviews, in logits,
mean of 100 shoppers for one product whose price and reviews are swapped; `truth` is the planted one.
The weights are means over shoppers and heads for the cheap product, with bad and with good reviews:
`price_...` and `reviews_...` in the row that pictures show (`reduce_weights`), `cell_...` in the cell of
self-attention's matrix that changes most, which `changes_most` names.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

import attnviz as av
from attnviz.data.planted.oracle import Oracle

MODELS = {"point": 1, "self": 4}  # heads
FIT = dict(learning_rate=6e-3, weight_decay=1e-2, progress=False)
SIZES = dict(num_users=12_000, num_items=2000, num_interactions=240_000)
BASE, CHEAP, DEAR, BAD, GOOD = range(5)  # the products on the shelf


def shelf(shop: av.data.PlantedShop, users: list[str], oracle: Oracle) -> av.InteractionLog:
    """Five products for each shopper: the base, a cheap and a dear one, bad reviews and good ones."""
    items = shop.items["item_id"].to_numpy()
    known = oracle.look_up(shop.candidates(users[:1], items.tolist()))
    by_reviews = np.argsort(known.utilities[:, 1], kind="stable")
    by_price = np.argsort(shop.items["price"].to_numpy(), kind="stable")
    places = [by_price[1000], by_price[200], by_price[1800], by_reviews[100], by_reviews[1900]]
    return shop.candidates(users, items[places].tolist())


def cell(of: Tensor, price: int, reviews: int) -> Tensor:
    """The base product with another's price and reviews, from (shopper, product, field, ...)."""
    made = of[:, BASE].clone()
    made[:, 1], made[:, 2] = of[:, reviews, 1], of[:, price, 2]
    return made


def interplay(logits: dict[tuple[int, int], Tensor]) -> float:
    """Difference of differences, mean over shoppers."""
    good, bad = (logits[CHEAP, reviews] - logits[DEAR, reviews] for reviews in (GOOD, BAD))
    return (good - bad).mean().item()


@torch.no_grad()
def asked(model: av.AttentionRecommender, meets: av.InteractionLog, num_users: int) -> dict:
    """The model's interplay, and what its weights show."""
    x, (q,) = model.field_vectors(meets.batch(slice(None), model.schema))
    x, q = x.unflatten(0, (num_users, 5)), q.unflatten(0, (num_users, 5))[:, 0]
    cells = {(p, r): cell(x, p, r) for p in (CHEAP, DEAR) for r in (BAD, GOOD)}
    found = dict(interplay=interplay({at: model.logits_from_vectors(made, q) for at, made in cells.items()}))
    for name, reviews in (("bad", BAD), ("good", GOOD)):
        _, shown = model.attend(cells[CHEAP, reviews], q)
        found |= {f"price_{name}": shown[:, 2].mean().item(), f"reviews_{name}": shown[:, 1].mean().item()}
    if model.options["attention"] == "self":
        bad, good = (model.mechanism(cells[CHEAP, r], q)[1].mean((0, 1)) for r in (BAD, GOOD))
        tokens, most = ["shopper", *model.fields], int((good - bad).abs().argmax())
        query, key = divmod(most, len(tokens))
        found |= dict(changes_most=f"{tokens[query]} to {tokens[key]}", cell_bad=bad[query, key].item(),
                      cell_good=good[query, key].item())  # fmt: skip
    return found


def run(seed: int) -> Iterator[dict]:
    """Both models on one shop."""
    whole = av.planted_shop(variant="interaction", seed=seed, **SIZES)
    shop = whole.with_interactions(whole.interactions[whole.truth.priority["price"] > 0.5])
    train, valid, test = shop.split()
    labels = torch.tensor(test.interactions["label"].to_numpy())
    users, oracle = test.interactions["user_id"].drop_duplicates().tolist()[:100], Oracle(shop.world)
    meets = shelf(shop, users, oracle)
    seen = oracle.look_up(meets)
    gates = shop.world.gates[seen.segment].reshape(len(users), 5, 4)[:, 0]
    u = torch.from_numpy(seen.utilities).unflatten(0, (len(users), 5))
    true = {(p, r): torch.from_numpy(oracle.logit(gates, cell(u, p, r).numpy()))
            for p in (CHEAP, DEAR) for r in (BAD, GOOD)}  # fmt: skip
    for kind, heads in MODELS.items():
        model = av.AttentionRecommender(shop.schema, attention=kind, num_heads=heads, seed=seed)
        av.fit(model, train, valid, seed=seed, **FIT)
        auc = av.metrics.auc(torch.from_numpy(av.predict(model, test)), labels).item()
        yield dict(seed=seed, model=kind, auc=auc, truth=interplay(true)) | asked(model, meets, len(users))


def measure(*, seeds: int = 5) -> pd.DataFrame:
    """Both models on one shop a seed.

    Args:
        seeds: How many: the shop, the model and its training change with them.
    """
    torch.set_num_threads(1)
    return pd.DataFrame(row for seed in tqdm(range(seeds)) for row in run(seed))
