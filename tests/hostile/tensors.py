"""Measures, explanations and attentions x what is wrong with one of their tensors."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from attnviz import attention, explanation, metrics

from .cases import Case, never, or_error

A = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.3, 0.6, 0.1], [0.2, 0.2, 0.6]])  # (row, field)
B = torch.tensor([[2.0, -1.0, 0.5], [0.5, 1.5, 1.0], [3.0, 1.0, -2.0], [1.0, 0.0, 2.0]])
VECTORS = torch.arange(24.0).reshape(4, 3, 2).sin()  # (row, field, dim)
CHOSEN, MARKED = A > 0.25, B > 0.75
SCORES, LABELS = torch.tensor([0.9, 0.2, 0.6, 0.4]), torch.tensor([1, 0, 1, 0])
LISTS = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
LAYERS = A[:3].expand(2, 4, 3, 3).contiguous()  # (layer, head, query, key)
HEADS = A[:, None, None].expand(4, 2, 1, 3).contiguous()  # (batch, head, query, field)
EYE = torch.eye(2)


class Subject(NamedTuple):
    """A function, a call that is right, and its tensors that may be wrong.

    `kept` names faults that are none here.
    """

    function: Callable[..., Any]
    given: dict[str, Any]
    faulty: tuple[str, ...]
    kept: tuple[str, ...] = ()


def _sum(vectors: Tensor) -> Tensor:
    return vectors.sum((1, 2))


def _masked(vectors: Tensor, mask: Tensor) -> Tensor:
    return (vectors.sum(2) * mask).sum(1)


def _weighted(weights: Tensor) -> Tensor:
    return (weights * B[: len(weights)]).sum(1)


def on_removal(measure: Callable[..., Any]) -> Callable[..., Any]:
    """The measure as a function of the vectors that a Removal is made of."""

    def measured(vectors, **more):
        return measure(explanation.Removal(_sum, vectors, baselines=0.0), **more)

    measured.__doc__, measured.__name__ = measure.__doc__, measure.__name__
    return measured


def pairs(*functions: Callable, a: str = "a", b: str = "b", given: tuple = (A, B)) -> tuple[Subject, ...]:
    """Functions of two tables of the same shape."""
    return tuple(Subject(function, dict(zip((a, b), given, strict=True)), (a, b)) for function in functions)


REMOVAL = explanation.Removal(_sum, VECTORS, baselines=0.0)
ARITHMETIC = ("not a number", "infinite")  # what comes in comes out in its place
SUBJECTS = (
    *pairs(metrics.kendall_tau, metrics.top_k_overlap, metrics.jensen_shannon),
    *pairs(metrics.average_precision, a="scores", b="wanted", given=(A, MARKED)),
    *pairs(metrics.auc, metrics.calibrate, a="scores", b="labels", given=(SCORES, LABELS)),
    *pairs(metrics.log_loss, a="probabilities", b="labels", given=(SCORES, LABELS)),
    *pairs(metrics.ndcg, metrics.hit_rate, a="scores", b="labels", given=(B, LISTS)),
    *pairs(metrics.token_f1, metrics.intersection_over_union, a="chosen", b="marked", given=(CHOSEN, MARKED)),
    Subject(metrics.top_words, {"scores": A, "top_k": 1}, ("scores",), ("not a number",)),
    Subject(metrics.word_scores, {"scores": A, "word_of": LISTS, "num_words": 2}, ("scores", "word_of"),
        ARITHMETIC),
    Subject(metrics.bootstrap_interval, {"values": SCORES}, ("values",), ("not a number", "no rows")),
    Subject(explanation.attribute, {"forward_func": _sum, "vectors": VECTORS, "baselines": 0.0},
        ("vectors",)),
    Subject(explanation.completeness_gap, {
        "forward_func": _sum, "vectors": VECTORS, "attributions": B, "baselines": 0.0},
        ("vectors", "attributions")),
    Subject(explanation.comprehensiveness, {"removal": REMOVAL, "ranking_scores": A}, ("ranking_scores",)),
    Subject(explanation.deletion_curve, {"removal": REMOVAL, "ranking_scores": A}, ("ranking_scores",)),
    Subject(explanation.aopc, {"curve": B}, ("curve",)),
    Subject(on_removal(explanation.best_order), {"vectors": VECTORS}, ("vectors",)),
    Subject(on_removal(explanation.best_curve), {"vectors": VECTORS}, ("vectors",)),
    Subject(on_removal(explanation.random_curve), {"vectors": VECTORS}, ("vectors",)),
    Subject(explanation.permuted_weights, {"forward_with_weights": _weighted, "weights": A}, ("weights",)),
    Subject(explanation.uniform_weights, {"forward_with_weights": _weighted, "weights": A}, ("weights",)),
    Subject(explanation.adversarial_weights, {
        "forward_with_weights": _weighted, "weights": A, "num_steps": 2}, ("weights",)),
    Subject(explanation.shapley_point, {
        "scores": A, "values": B, "baseline_scores": A[:1], "baseline_values": B[:1]}, ("scores", "values")),
    Subject(attention.point_attention, {
        "query": B[:, :2], "keys": VECTORS, "values": VECTORS}, ("query", "keys")),
    Subject(attention.multihead_attention, {
        "query": VECTORS, "keys": VECTORS, "values": VECTORS, "num_heads": 2}, ("query", "values")),
    Subject(attention.self_attention, {
        "vectors": VECTORS, "query_weight": EYE, "key_weight": EYE, "value_weight": EYE, "num_heads": 1},
        ("vectors",)),
    Subject(attention.attention_scores, {"query": B[:, :2], "keys": VECTORS}, ("query", "keys"), ARITHMETIC),
    Subject(attention.masked_softmax, {"scores": B, "mask": MARKED}, ("scores",), ("an axis too few",)),
    Subject(attention.reduce_weights, {"weights": HEADS}, ("weights",)),
    Subject(attention.through_heads, {
        "values": VECTORS, "output_weight": EYE, "num_heads": 2}, ("values",), ARITHMETIC),
    Subject(attention.rollout, {"weights": LAYERS}, ("weights",), ("no rows",)),
    Subject(attention.norm_weighted, {
        "weights": LAYERS, "value_norms": LAYERS[:, :, 0]}, ("weights", "value_norms"), ARITHMETIC),
    Subject(attention.gradient_weighted, {
        "weights": LAYERS, "gradients": -LAYERS}, ("weights", "gradients"), ("no rows",)),
)  # fmt: skip


# ---- faults -----------------------------------------------------------------------------------------------


def with_value(tensor: Tensor, value: float) -> Tensor:
    """A float tensor with this as its first number."""
    changed = tensor.clone().float()
    changed.view(-1)[0] = value
    return changed


def parts(result: Any) -> list[Tensor]:
    """What a function returned, as tensors."""
    if isinstance(result, Tensor):
        return [result.detach()]
    if isinstance(result, float | int):
        return [torch.tensor(float(result))]
    return [part for one in result for part in parts(one)]


def same(found: Any, expected: Any, *, within: float = 1e-5) -> bool:
    """Whether two results are equal up to rounding, NaN where the other has NaN."""
    pairs_of = list(zip(parts(found), parts(expected), strict=True))
    return all(a.shape == b.shape and torch.allclose(a.double(), b.double(), atol=within, equal_nan=True)
               for a, b in pairs_of)  # fmt: skip


def only_first_row(found: Any, sound: Any, doc: str) -> bool:
    """Whether the docstring speaks of NaN, and the first row alone is not finite.

    Of several tensors one is enough: weights do not depend on values.
    """
    found, sound = parts(found), parts(sound)
    return (
        "NaN" in doc
        and any(a.dim() and not a[0].isfinite().all() for a in found)
        and all(
            torch.allclose(a[1:].double(), b[1:].double(), equal_nan=True)
            for a, b in zip(found, sound, strict=True)
        )
    )


def _cases_of(subject: Subject, argument: str) -> Iterator[Case]:
    """The first tensor has all faults, the others those of their numbers and of their fit."""
    function, given = subject.function, subject.given
    tensor, doc, first = given[argument], function.__doc__ or "", argument == subject.faulty[0]

    def call(value: Any) -> Any:
        return function(**given | {argument: value})

    def without_rows() -> Any:
        return function(**{name: cut_to(value, 0) for name, value in given.items()})

    def cut_to(value: Any, rows: int) -> Any:
        return value[:rows] if isinstance(value, Tensor) and len(value) == len(tensor) else value

    def undefined(found: Any) -> bool:
        return only_first_row(found, call(tensor), doc)

    faults: list[tuple[str, Callable[[], Any], Callable[[Any], bool], bool]] = [
        ("an axis too few", lambda: call(tensor[0]), never, first),
        ("other rows", lambda: call(tensor[:-1]), never, not first),
        ("not a number", lambda: call(with_value(tensor, torch.nan)), undefined, tensor.is_floating_point()),
        ("infinite", lambda: call(with_value(tensor, torch.inf)),
         lambda found: undefined(found) or same(found, call(with_value(tensor, 1e4))),
          tensor.is_floating_point()),
        ("no rows", without_rows, lambda found: all(part.shape[:1] == (0,) for part in parts(found)), first),
        ("an array of NumPy", lambda: call(tensor.numpy()), lambda found: same(found, call(tensor)), first),
        ("another device", lambda: call(tensor.to("meta")), never,
         first and function.__module__.startswith(metrics.__name__) and len(subject.faulty) > 1),
    ]  # fmt: skip
    for fault, run, right, holds in faults:
        if holds and fault not in subject.kept:
            source = f"{function.__name__}, {argument}"
            right = right if right is never else or_error(right)
            yield Case("function", source, fault, lambda folder, run=run: run(), (argument, *given), right)


def cases() -> Iterator[Case]:
    """All of this file."""
    for subject in SUBJECTS:
        for argument in subject.faulty:
            yield from _cases_of(subject, argument)
