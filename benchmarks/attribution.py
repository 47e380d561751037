"""Time and error of 1,000 attributions: exact, in closed form, Captum one by one and at its best in batches.

    python -m benchmarks attribution            # writes book/_results/attribution.csv

The model is point attention over 5 or 10 fields of 32 numbers with a linear head, in float32 on one thread.
First it is checked that both sides of each comparison give the same values.
Then all contenders take turns, and the median of the rounds counts.
What is slow is timed on fewer rows and scaled to 1,000; the column `rows` says on how many.
The error is the mean distance from the exact values, over the mean size of the exact values.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import captum.attr
import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

import attnviz as av

ROWS, DIM, SAMPLES, STEPS = 1000, 32, 25, 50
METHODS = ("ablation", "integrated_gradients", "kernel_shap", "shapley_sampling")
CAPTUM = ("FeatureAblation", "IntegratedGradients", "KernelShap", "ShapleyValueSampling")


class Point(nn.Module):
    """Point attention with a linear head."""

    def __init__(self):
        super().__init__()
        self.key, self.head = nn.Linear(DIM, DIM, bias=False), nn.Linear(DIM, 1)

    def forward(self, vectors: Tensor, query: Tensor) -> Tensor:
        """Logits (batch,)."""
        return self.head(av.point_attention(query, self.key(vectors), vectors)[0]).squeeze(-1)

    def terms(self, vectors: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
        """Scores before softmax and head values, each (batch, field)."""
        scores = (self.key(vectors) @ query.unsqueeze(-1)).squeeze(-1) / DIM**0.5
        return scores, vectors @ self.head.weight[0]


@dataclass
class Task:
    """Products to explain."""

    model: Point
    vectors: Tensor
    baselines: Tensor
    query: Tensor

    @classmethod
    def of(cls, fields: int, seed: int) -> "Task":
        """A random model and random products, whose scores differ enough for peaked weights."""
        torch.manual_seed(seed)
        shape = (ROWS, fields, DIM)
        return cls(Point().eval(), torch.randn(shape), 0.3 * torch.randn(shape), 3 * torch.randn(ROWS, DIM))

    def first(self, rows: int) -> "Task":
        """The same with the first rows only."""
        return Task(self.model, self.vectors[:rows], self.baselines[:rows], self.query[:rows])

    def attribute(self, method: str, *, num_samples: int = SAMPLES) -> Tensor:
        """Our call."""
        return av.attribute(
            self.model, self.vectors, method=method, baselines=self.baselines, forward_args=(self.query,),
            num_samples=num_samples, num_steps=STEPS,
        )  # fmt: skip

    @torch.no_grad()
    def closed_form(self) -> Tensor:
        """Our closed form, with the four tensors that it takes."""
        scores, values = self.model.terms(self.vectors, self.query)
        base_scores, base_values = self.model.terms(self.baselines, self.query)
        return av.explanation.shapley_point(
            scores, values, baseline_scores=base_scores, baseline_values=base_values
        )

    def captum(self, name: str) -> Tensor:
        """Captum itself, all rows in one call, with as many perturbations a forward pass as it can use."""
        fields = torch.arange(self.vectors.shape[1])[None, :, None].expand(1, -1, DIM).contiguous()
        options = {"feature_mask": fields, "perturbations_per_eval": self.vectors.shape[1]}
        if name == "IntegratedGradients":
            options = {"n_steps": STEPS}
        if name in ("KernelShap", "ShapleyValueSampling"):
            options["n_samples"] = SAMPLES
        if name == "KernelShap":
            options["perturbations_per_eval"] = SAMPLES
        torch.manual_seed(0)
        np.random.seed(0)  # noqa: NPY002
        values = getattr(captum.attr, name)(self.model).attribute(
            self.vectors, baselines=self.baselines, additional_forward_args=(self.query,), **options
        )
        return values.sum(-1) if name == "IntegratedGradients" else values[:, :, 0]

    def one_by_one(self, name: str) -> Tensor:
        """Captum as its tutorials use it: a call a row, a perturbation a forward pass."""
        fields = torch.arange(self.vectors.shape[1])[None, :, None].expand(1, -1, DIM).contiguous()
        explainer = getattr(captum.attr, name)(self.model)
        options = {"n_steps": STEPS} if name == "IntegratedGradients" else {"feature_mask": fields}
        if name in ("KernelShap", "ShapleyValueSampling"):
            options["n_samples"] = SAMPLES
        rows = [
            explainer.attribute(vectors, baselines=base, additional_forward_args=(query,), **options)
            for vectors, base, query in zip(
                self.vectors.split(1), self.baselines.split(1), self.query.split(1), strict=True
            )
        ]
        values = torch.cat(rows)
        return values.sum(-1) if name == "IntegratedGradients" else values[:, :, 0]


@dataclass
class Contender:
    """A way to explain, and how many rows it is timed on."""

    method: str
    by: str
    rows: int
    run: Callable[[Task], Tensor]


def contenders(fields: int) -> list[Contender]:
    """All ways for 5 fields; for more fields those that the closed form is compared with."""
    ours = [
        Contender("shapley", "attnviz, closed form", ROWS, Task.closed_form),
        Contender("shapley", "attnviz, all coalitions", ROWS, lambda task: task.attribute("shapley")),
        Contender(
            "shapley_sampling", "captum, batched", ROWS, lambda task: task.captum("ShapleyValueSampling")
        ),
    ]
    if fields > 5:
        return ours
    every = [Contender("shapley", "captum, batched", ROWS, lambda task: task.captum("ShapleyValues"))]
    for method, name in zip(METHODS, CAPTUM, strict=True):
        every.append(Contender(method, "attnviz", ROWS, lambda task, m=method: task.attribute(m)))
        every.append(Contender(method, "captum, one by one", 20, lambda task, n=name: task.one_by_one(n)))
        if name not in ("KernelShap", "ShapleyValueSampling"):
            every.append(Contender(method, "captum, batched", ROWS, lambda task, n=name: task.captum(n)))
    return ours + every


def check(task: Task) -> None:
    """Both sides of each comparison give the same values; raises where they do not."""
    exact = task.attribute("shapley")
    torch.testing.assert_close(task.closed_form(), exact, atol=1e-4, rtol=1e-4)
    few = task.first(20)
    for method, name in zip(METHODS, CAPTUM, strict=True):
        if name != "KernelShap":  # it draws other coalitions than ours; of all of them it is exact
            torch.testing.assert_close(few.attribute(method), few.captum(name), atol=1e-3, rtol=1e-3)
    every = few.attribute("kernel_shap", num_samples=2 ** task.vectors.shape[1])
    torch.testing.assert_close(every, exact[: len(every)], atol=1e-3, rtol=1e-3)
    if task.vectors.shape[1] == 5:
        torch.testing.assert_close(task.captum("ShapleyValues"), exact, atol=1e-4, rtol=1e-4)


def seconds(run: Callable[[Task], Tensor], task: Task) -> float:
    """Of one call; quick ones are repeated for 50 ms and averaged."""
    start, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - start < 0.05:
        run(task)
        calls += 1
    return (time.perf_counter() - start) / calls


def of_size(fields: int, seed: int, rounds: int) -> pd.DataFrame:
    """A row a contender, the median of the rounds in which they take turns."""
    task = Task.of(fields, seed)
    check(task)
    exact, every = task.attribute("shapley"), contenders(fields)
    taken = [[] for _ in every]
    for _ in range(rounds):
        for contender, times in zip(every, taken, strict=True):
            times.append(seconds(contender.run, task.first(contender.rows)) * ROWS / contender.rows)
    rows = []
    for contender, times in zip(every, taken, strict=True):
        torch.manual_seed(1)
        values = contender.run(task.first(contender.rows)).detach()
        error = (values - exact[: contender.rows]).abs().mean() / exact[: contender.rows].abs().mean()
        rows.append(dict(
            fields=fields, method=contender.method, by=contender.by, seconds_per_1000=np.median(times),
            fastest=min(times), slowest=max(times), error=error.item(), rows=contender.rows,
            rounds=rounds, seed=seed,
        ))  # fmt: skip
    return pd.DataFrame(rows)


def ratio(table: pd.DataFrame, slow: tuple[str, str], quick: tuple[str, str]) -> float:
    """How many times faster the second one is."""
    taken = table.set_index(["method", "by"])["seconds_per_1000"]
    return taken[slow] / taken[quick]


def claims(fields: int, table: pd.DataFrame) -> Iterator[str]:
    """The ratios that are claimed of a size."""
    exact, closed = ("shapley", "attnviz, all coalitions"), ("shapley", "attnviz, closed form")
    yield f"\n{fields} fields"
    for name, slow, quick in [
        ("exact over sampling, batched", ("shapley_sampling", "captum, batched"), exact),
        ("closed form over exact", exact, closed),
        ("exact over sampling, one by one", ("shapley_sampling", "captum, one by one"), exact),
        ("kernel_shap here over Captum's", ("kernel_shap", "captum, one by one"), ("kernel_shap", "attnviz")),
    ]:
        if slow in set(zip(table["method"], table["by"], strict=True)):
            yield f"  {name}: {ratio(table, slow, quick):,.1f} times"


def measure(*, fields: tuple[int, ...] = (5, 10), rounds: int = 5, seed: int = 0) -> pd.DataFrame:
    """Check and time each size.

    Args:
        fields: How many a model attends over; one model each.
        rounds: How often the contenders take turns.
        seed: Of the model and the inputs.
    """
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", category=UserWarning)
    return pd.concat([of_size(each, seed, rounds) for each in fields])


def summary(table: pd.DataFrame) -> str:
    """The table, and the ratios that are claimed."""
    lines = [line for fields, part in table.groupby("fields") for line in claims(fields, part)]
    return "\n".join([table.to_string(index=False, float_format="%.4f"), *lines])
