"""What each kind of attention costs the recommender: parameters, and time of a training step.

    python -m benchmarks mechanisms            # writes book/_results/mechanisms.csv

The models take turns on the same batches of the same shop, on one thread: forward, backward, AdamW's step.
A ratio is the median of the rounds' ratios of processor time (`time.process_time`) to that of point
attention: 2 is twice as long. `of_it_attention` counts the parameters of keys, values, queries and heads.
"""

import time
from collections.abc import Callable

import pandas as pd
import torch
from torch.nn import functional as F
from tqdm import tqdm

import attnviz as av

from .quality import OURS

POINT = "film, both keys"
NAMES = (POINT, "film, field keys", "film, uniform", "film, four heads", "film, four heads, field keys",
         "film, self-attention")  # fmt: skip


def steps(model: av.AttentionRecommender, batches: list[av.data.Batch]) -> Callable[[], None]:
    """A training step on each batch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def run() -> None:
        for batch in batches:
            loss = F.binary_cross_entropy_with_logits(model(batch), batch.labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return run


def seconds(run: Callable[[], None]) -> float:
    """Processor seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def size(model: av.AttentionRecommender) -> dict[str, int]:
    """Parameters in all, and those of keys and mechanism."""
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    own = [n for name, n in sizes.items() if name.startswith("mechanism.")]
    return dict(parameters=sum(sizes.values()), of_it_attention=sum(own))


def measure(*, rounds: int = 9, batches: int = 10, seed: int = 0) -> pd.DataFrame:
    """Time all.

    Args:
        rounds: How often the models take turns.
        batches: Steps of 1,024 rows in a turn.
        seed: Of the shop.
    """
    torch.set_num_threads(1)
    train, _, _ = av.planted_shop(seed=seed).split()
    cut = [train.batch(rows, train.schema) for rows in torch.arange(1024 * batches).split(1024)]
    models = {name: av.AttentionRecommender(train.schema, seed=0, **OURS[name]) for name in NAMES}
    runs = {name: steps(model, cut) for name, model in models.items()}
    for run in runs.values():
        run()
    times = pd.DataFrame({name: seconds(run) for name, run in runs.items()} for _ in tqdm(range(rounds)))
    ratios = times.div(times[POINT], axis=0)
    table = pd.DataFrame({name: size(model) for name, model in models.items()}).T
    table = table.assign(ratio=ratios.median(), lowest=ratios.min(), highest=ratios.max())
    table["rows_per_second"] = 1024 * batches / times.median()
    return table.rename_axis("model").reset_index().assign(rounds=rounds, seed=seed)
