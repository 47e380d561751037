"""What attention weights cost, and what full, windowed and linear attention cost as texts grow.

    python -m benchmarks attention_cost            # writes book/_results/attention_cost.csv

Part "weights": `multihead_attention`, which returns its weights, against torch's fused kernel
(`scaled_dot_product_attention`), which has none to return: for a shop's 5 fields and for 512 tokens.
First both must give the same output and the same gradients.
Part "length": full attention (the fused kernel), windowed attention in blocks, and linear attention, for 64
to 4,096 tokens. First the windowed one must equal `multihead_attention(window=...)`.
Its error is the length of (output - full attention's output) over the length of the latter, for two kinds of
inputs: "random", where the tokens have nothing to do with each other, and "local", where near tokens are
alike, as in a text.
The contenders take turns on one thread, and a ratio is the median of the rounds' ratios. Times are those of
the processor (`time.process_time`), so that other work on the machine counts little.
"""

import time
from collections.abc import Callable, Iterator

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

import attnviz as av

SHAPES = {"5 fields": (1024, 4, 5, 8), "512 tokens": (2, 12, 512, 32)}  # batch, head, token, dim of a head
LENGTHS = (64, 256, 1024, 4096)
HEADS, DIM = 4, 32
WINDOW = 32


def linear_attention(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Attention without a softmax, (..., token, dim): keys and values are added up once, for all queries."""
    query, keys = F.elu(query) + 1, F.elu(keys) + 1  # above 0, as weights must be
    together = keys.transpose(-1, -2) @ values  # (..., dim, value_dim)
    total = query @ keys.sum(-2).unsqueeze(-1)  # (..., token, 1)
    return query @ together / total


def windowed_attention(query: Tensor, keys: Tensor, values: Tensor, window: int) -> Tensor:
    """Each query sees the keys at most `window` places away, (..., token, dim); tokens a multiple of it."""
    blocks = query.unflatten(-2, (-1, window))  # (..., block, window, dim)
    keys, values = (
        F.pad(x, (0, 0, window, window)).unfold(-2, 3 * window, window).transpose(-1, -2)
        for x in (keys, values)
    )  # (..., block, 3 window, dim): a block, the one before and the one after
    own, other = torch.arange(window)[:, None], torch.arange(3 * window) - window
    place = torch.arange(blocks.shape[-3])[:, None, None] * window + other  # of each key
    allowed = ((own - other).abs() <= window) & (place >= 0) & (place < query.shape[-2])
    return F.scaled_dot_product_attention(blocks, keys, values, attn_mask=allowed).flatten(-3, -2)


def fused(query: Tensor, keys: Tensor, values: Tensor, heads: int) -> Tensor:
    """`multihead_attention` through torch's kernel, (batch, token, dim): the same output, no weights."""
    apart = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, keys, values))
    return F.scaled_dot_product_attention(*apart).transpose(1, 2).flatten(2)


def explicit(query: Tensor, keys: Tensor, values: Tensor, heads: int) -> Tensor:
    """The package's function; its weights are made and left."""
    return av.multihead_attention(query, keys, values, num_heads=heads)[0]


def trained(attend: Callable, tensors: list[Tensor], heads: int) -> tuple[Tensor, ...]:
    """A step forward and back: the gradients."""
    return torch.autograd.grad(attend(*tensors, heads).square().sum(), tensors)


def timed(runs: dict[str, Callable], rounds: int, repeats: int) -> pd.DataFrame:
    """Processor seconds of each run, (round, name): the contenders take turns."""

    def seconds(run: Callable) -> float:
        start = time.process_time()
        for _ in range(repeats):
            run()
        return (time.process_time() - start) / repeats

    for run in runs.values():
        run()
    return pd.DataFrame({name: seconds(run) for name, run in runs.items()} for _ in range(rounds))


def rows_of(times: pd.DataFrame, base: str, **described: object) -> Iterator[dict]:
    """One row a contender: its ratio to the base's time."""
    ratios = times.div(times[base], axis=0)
    for name in times:
        yield described | dict(
            contender=name, ratio=ratios[name].median(), lowest=ratios[name].min(),
            highest=ratios[name].max(), milliseconds=1000 * times[name].median(),
        )  # fmt: skip


def weights_part(rounds: int, seed: int) -> Iterator[dict]:
    """Explicit weights against the fused kernel."""
    for name, (batch, heads, token, dim) in SHAPES.items():
        torch.manual_seed(seed)
        tensors = [torch.randn(batch, token, heads * dim, requires_grad=True) for _ in range(3)]
        torch.testing.assert_close(explicit(*tensors, heads), fused(*tensors, heads))
        torch.testing.assert_close(trained(explicit, tensors, heads), trained(fused, tensors, heads))
        ways = {"fused": fused, "explicit": explicit}
        with torch.no_grad():
            runs = {way: lambda f=f, t=tensors, h=heads: f(*t, h) for way, f in ways.items()}
            times = timed(runs, rounds, repeats=5)
        yield from rows_of(times, "fused", part="weights", case=f"{name}, inference", tokens=token)
        runs = {way: lambda f=f, t=tensors, h=heads: trained(f, t, h) for way, f in ways.items()}
        times = timed(runs, rounds, repeats=5)
        yield from rows_of(times, "fused", part="weights", case=f"{name}, training", tokens=token)


def draw(kind: str, token: int, seed: int) -> list[Tensor]:
    """Query, keys and values (1, head, token, dim): "random" tokens, or "local" ones that drift slowly."""
    torch.manual_seed(seed)
    tensors = [torch.randn(1, HEADS, token, DIM) for _ in range(3)]
    if kind == "random":
        return tensors
    drift = torch.randn(1, HEADS, token + 31, DIM).unfold(2, 32, 1).mean(-1) * 32**0.5  # near ones alike
    turn = torch.linalg.qr(torch.randn(DIM, DIM)).Q
    return [drift, drift, drift @ turn]


def length_part(rounds: int, seed: int) -> Iterator[dict]:
    """Full, windowed and linear attention as the text grows."""
    for token in tqdm(LENGTHS):
        tensors = draw("random", token, seed)
        runs = {
            "full": lambda t=tensors: F.scaled_dot_product_attention(*t),
            "explicit": lambda t=tensors: av.multihead_attention(
                *(x.transpose(1, 2).flatten(2) for x in t), num_heads=HEADS
            ),
            "windowed": lambda t=tensors: windowed_attention(*t, WINDOW),
            "linear": lambda t=tensors: linear_attention(*t),
        }
        check_window(tensors)
        with torch.no_grad():
            rows = list(rows_of(timed(runs, rounds, repeats=1), "full", part="length", case="inference"))
        for row in rows:
            yield row | dict(tokens=token) | errors(row["contender"], token, seed)


def check_window(tensors: list[Tensor]) -> None:
    """Stop unless the blocks give what the mask gives."""
    flat = [x.transpose(1, 2).flatten(2) for x in tensors]
    expected = av.multihead_attention(*flat, num_heads=HEADS, window=WINDOW)[0]
    found = windowed_attention(*tensors, WINDOW).transpose(1, 2).flatten(2)
    torch.testing.assert_close(found, expected)


def errors(name: str, token: int, seed: int) -> dict[str, float]:
    """How far the output lies from full attention's, for both kinds of inputs."""
    ways = {"windowed": lambda *t: windowed_attention(*t, WINDOW), "linear": linear_attention}
    found = {}
    for kind in ("random", "local"):
        tensors = draw(kind, token, seed)
        full = F.scaled_dot_product_attention(*tensors)
        output = ways[name](*tensors) if name in ways else full
        found[f"error_{kind}"] = ((output - full).norm() / full.norm()).item()
    return found


def measure(*, rounds: int = 9, seed: int = 0) -> pd.DataFrame:
    """Check and time both parts.

    Args:
        rounds: How often the contenders take turns.
        seed: Of the inputs.
    """
    torch.set_num_threads(1)
    parts = [*weights_part(rounds, seed), *length_part(rounds, seed)]
    return pd.DataFrame(parts).assign(rounds=rounds, seed=seed)
