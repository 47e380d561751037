"""The figures of the chapters on reasons, filled with small made-up models."""

from itertools import permutations

import numpy as np

from attnviz.widgets import AgreementExplorer, Claim, RemovalExplorer, ShelfExplorer, WeightTriangle

REMOVAL = ".av-removal-explorer"
AGREEMENT = ".av-agreement-explorer"
SHELF = ".av-shelf-explorer"
TRIANGLE = ".av-weight-triangle"
EPSILON = 0.02
FIELDS = ["tags", "reviews", "price", "brand", "category"]
ORDERS = ["by weight", "random", "best possible"]


def removal_explorer(*, text: str = "", shapley: bool = False, **options) -> RemovalExplorer:
    """Three cases of a linear model: reviews are looked at most, price is needed most."""
    weights = np.array([0.24, 0.41, 0.2, 0.14, 0.01])
    pushes = np.array([[0.3, 0.25, 1.1, -0.2, 0.02], [-0.2, 0.9, 0.4, 0.3, 0.0], [0.1, -0.5, 0.2, 0.6, 0.1]])
    names = [*ORDERS, "by Shapley value"] if shapley else ORDERS
    orders = [
        [np.argsort(-weights), np.arange(5), *[np.argsort(-push)] * (len(names) - 2)] for push in pushes
    ]
    logits = [
        [
            removal_curve(push, order) if name != "random" else mean_curve(push)
            for name, order in zip(names, rows, strict=True)
        ]
        for push, rows in zip(pushes, orders, strict=True)
    ]
    arguments = {
        "orders": orders,
        "logits": logits,
        "fields": [name + text for name in FIELDS],
        "order_names": names,
        "averaged": ["random"],
        "cases": [f"Case {i}: shopper {i}, linen shirt{text}" for i in range(3)],
        "claim": Claim(
            0.61,
            "another field takes more of the score than the one with the largest weight." + text,
            "the first test case whose first field by weight is not the one that the score needs." + text,
        ),
    }
    return RemovalExplorer(**arguments | options)


def removal_curve(pushes, order, bias: float = -0.3) -> np.ndarray:
    """The logit of a linear model with 0, 1, ... fields removed."""
    return bias + pushes.sum() - np.concatenate([[0.0], np.cumsum(pushes[list(order)])])


def mean_curve(pushes) -> np.ndarray:
    """The mean logit over all orders."""
    return np.mean([removal_curve(pushes, order) for order in permutations(range(len(pushes)))], axis=0)


def weight_triangle(*, text: str = "", **options) -> WeightTriangle:
    """Three cases; the furthest weights are those of a fine grid."""
    weights = np.array(
        [[0.24, 0.41, 0.2, 0.14, 0.01], [0.1, 0.6, 0.2, 0.05, 0.05], [0.3, 0.3, 0.3, 0.1, 0.0]]
    )
    values = np.array([[1.1, 0.5, -0.9, 0.4, 0.0], [0.2, 2.0, -1.0, 0.3, 0.1], [0.5, 0.5, 0.5, 1.0, 0.0]])
    names = [name + text for name in FIELDS]
    arguments = {
        "values": values,
        "weights": weights,
        "furthest": [furthest(*pair) for pair in zip(weights, values, strict=True)],
        "bias": 0.4,
        "epsilon": EPSILON,
        "fields": names,
        "free": names[:3],
        "cases": [f"Case {i}: shopper {i}, linen shirt{text}" for i in range(3)],
        "claim": Claim(
            0.88,
            "at least 0.3 of the weight can move while the probability stays within 0.02." + text,
            "the first test case whose three free fields have at least 0.8 of the weight." + text,
        ),
    }
    return WeightTriangle(**arguments | options)


def furthest(weights, values, bias: float = 0.4, steps: int = 100) -> np.ndarray:
    """The weights on a grid, within EPSILON of the model's probability, that differ most from the model's."""
    chance = 1 / (1 + np.exp(-bias - weights @ values))
    best, most = weights, 0.0
    for i in range(steps + 1):
        for j in range(steps + 1 - i):
            shares = np.array([i, j, steps - i - j]) / steps
            other = np.concatenate([weights[:3].sum() * shares, weights[3:]])
            moved = np.abs(other - weights).sum()
            if abs(1 / (1 + np.exp(-bias - other @ values)) - chance) <= EPSILON and moved > most:
                best, most = other, moved
    return best


def shelf_explorer(*, text: str = "", **options) -> ShelfExplorer:
    """Three shoppers and eight products: one push names the price, the spread names the reviews."""
    generator = np.random.default_rng(0)
    weights = np.tile([0.24, 0.41, 0.2, 0.14, 0.01], (3, 8, 1))
    pushes = generator.normal(size=(3, 8, 5)) * [0.3, 1.4, 0.2, 0.3, 0.02]
    pushes[:, 0] = [0.1, -0.05, 0.62, -0.21, 0.01]
    priorities = np.full((3, 5), 0.05)
    priorities[[0, 1, 2], [1, 1, 3]] = 0.8
    arguments = {
        "weights": weights,
        "pushes": pushes,
        "priorities": priorities,
        "fields": [name + text for name in FIELDS],
        "products": [f"linen shirt {i}{text}" for i in range(8)],
        "cases": [f"Shopper {i}{text}" for i in range(3)],
        "claim": Claim(
            0.88,
            "the field whose pushes spread most is the shopper's own." + text,
            "the first shopper whose own field has the smallest push." + text,
        ),
    }
    return ShelfExplorer(**arguments | options)


def agreement_explorer(*, text: str = "", cases: int = 80, **options) -> AgreementExplorer:
    """Three models of which two agree alike; five points a case, eleven steps."""
    generator = np.random.default_rng(0)
    steps = np.arange(0, 440, 40)
    progress = np.array([steps / 400, 0 * steps, 0.7 * steps / 400])  # (panel, step)
    scores = 0.3 * generator.normal(size=(3, 1, cases, 5)) + 2 * progress[..., None, None] * generator.normal(
        size=(3, 1, cases, 5)
    )
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    attributions = weights * generator.normal(size=(3, 1, cases, 5)) * (0.05 + progress[..., None, None])
    means = 0.5 + 0.1 * progress + np.array([[0.0], [0.02], [-0.2]])
    arguments = {
        "weights": weights.reshape(3, len(steps), -1),
        "attributions": attributions.reshape(3, len(steps), -1),
        "panel_names": [name + text for name in ("trained", "untrained", "shuffled labels")],
        "steps": steps,
        "taus": np.stack([means, means - 0.09, means + 0.09], axis=-1),
        "undefined": np.array([[0], [3], [1]]) + 0 * progress,
        "num_cases": cases,
        "claim": Claim(rule=f"all five fields of the first {cases} test cases, at the last step." + text),
        "point_fields": [name + text for name in FIELDS] * cases,
    }
    return AgreementExplorer(**arguments | options)
