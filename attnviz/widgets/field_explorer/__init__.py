"""FieldExplorer: how scores become weights, and weights a prediction."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import traitlets

from ..shared.base import Explorer
from ..shared.checks import check_array, check_axes, check_labels, check_names
from ..shared.traits import Index, Number
from ..shared.view import read_view

TEMPERATURES = (0.1, 10.0)


class FieldExplorer(Explorer):
    """Follow one prediction: field, score, weight, weighted vector, contribution, logit, probability.

    A row is a field of the product.
    The temperature T is in weight = softmax(score / T); a field that is switched off gets weight 0.
    Everything is computed in the browser, so it works in a built page without a kernel.
    The numbers travel as float32: about 7 digits.
    10 shoppers, 20 products, 5 fields and 32 dimensions add 170 KB to a page, so keep a shelf small.
    Reset goes back to the values that the explorer was made with.

    Args:
        query_scores: attention scores before softmax, (shopper, product, field).
        vectors: the fields' vectors x, (shopper, product, field, dim).
        head_weight: the linear head h, (dim,).
        head_bias: the head's bias, in logit units.
        fields: the names of the fields; None counts.
        shoppers: a label for each shopper; None counts.
        products: a dict for each product: `"title"`, and a text for each field. None counts, without texts.
        attributions: optional, (shopper, product, field), in logit units.
            They hold for temperature 1 with all fields on, and are greyed otherwise.
        attribution_name: the title of their column.
        training_weights: optional DataFrame with a column `step` and a column for each field:
            the shop's mean weight at that step of the training. It brings a slider over the steps.
        shopper: index of the shopper who is shown first.
        product: index of the product that is shown first.
        temperature: the temperature at first.
        switched_off: names of the fields that are off at first.
        step: index of the training step at first; None is the last one.

    Attributes:
        shopper: index of the shopper, int.
        product: index of the product, int.
        temperature: from 0.1 to 10.
        switched_off: names of the fields that are switched off.
        step: index of the training step.

    Raises:
        ValueError: a shape, a label or a text does not fit; the message names the argument.

    Example:
        >>> explorer = FieldExplorer(
        ...     query_scores=[[[0.0, np.log(3)]]], vectors=[[[[1.0, 0.0], [0.0, 2.0]]]],
        ...     head_weight=[1.0, 1.0], head_bias=-1.0, fields=["tags", "reviews"])
        >>> explorer.state()["weights"].round(2)
        array([0.25, 0.75])
        >>> float(explorer.state()["logit"].round(2))    # .25 * 1 + .75 * 2 - 1
        0.75
        >>> explorer.switched_off = ["reviews"]
        >>> explorer.state()["weights"]
        array([1., 0.])

    Taught in "How is a weight computed?" and "How is a score shared?" (the attributions).
    """

    _esm = read_view("field_explorer", "js")
    _css = read_view("field_explorer", "css")

    shopper = Index(of="shoppers").tag(sync=True)
    product = Index(of="products").tag(sync=True)
    temperature = Number(
        1.0, low=TEMPERATURES[0], high=TEMPERATURES[1], advice="Choose one there; 1 is the model's own."
    ).tag(sync=True)
    switched_off = traitlets.List(traitlets.Unicode()).tag(sync=True)
    step = Index(of="steps").tag(sync=True)

    def __init__(
        self,
        query_scores,
        vectors,
        head_weight,
        head_bias: float,
        *,
        fields: Sequence[str] | None = None,
        shoppers: Sequence[str] | None = None,
        products: Sequence[dict] | None = None,
        attributions=None,
        attribution_name: str = "Shapley value",
        training_weights: pd.DataFrame | None = None,
        shopper: int = 0,
        product: int = 0,
        temperature: float = 1.0,
        switched_off: Sequence[str] = (),
        step: int | None = None,
    ):
        axes = {"shopper": shoppers, "product": products, "field": fields}
        scores, shelf = check_axes("query_scores", query_scores, axes)
        arrays = {"query_scores": scores} | _check_head(vectors, head_weight, head_bias, shelf=shelf)
        if attributions is not None:
            arrays["attributions"] = check_array("attributions", attributions, shelf)
        names = check_names("fields", fields, shelf["field"])
        steps = None
        if training_weights is not None:
            steps = _training_steps(training_weights, names)
            film = {"step": len(steps), "field": len(names)}
            arrays["training_weights"] = check_array("training_weights", training_weights[names], film)
        meta = {
            "fields": names,
            "shoppers": check_labels("shoppers", shoppers, shelf["shopper"]),
            "products": _texts(products, names, shelf["product"]),
            "attribution_name": str(attribution_name),
            "steps": steps,
        }
        count = len(steps) if steps else 1
        super().__init__(
            arrays,
            meta,
            axes={"steps": count},
            shopper=shopper,
            product=product,
            temperature=temperature,
            switched_off=list(switched_off),
            step=count - 1 if step is None else step,
        )

    def state(self) -> dict:
        """What the browser shows for the current traits, computed anew in float64.

        Returns:
            `scores`, `weights`, `contributions` (field,), `weighted_vectors` (field, dim),
            `logit` and `probability` as numbers; contributions and logit in logit units.
        """
        arrays = {name: array.astype(np.float64) for name, array in self._arrays.items()}
        scores = arrays["query_scores"][self.shopper, self.product]
        vectors = arrays["vectors"][self.shopper, self.product]
        on = np.array([field not in self.switched_off for field in self._meta["fields"]])
        weights = _masked_softmax(scores / self.temperature, on)
        weighted = weights[:, None] * vectors
        contributions = weighted @ arrays["head_weight"]
        logit = contributions.sum() + arrays["head_bias"][0]
        return {
            "scores": scores,
            "weights": weights,
            "weighted_vectors": weighted,
            "contributions": contributions,
            "logit": logit,
            "probability": torch.sigmoid(torch.as_tensor(logit)).item(),
        }

    @traitlets.validate("switched_off")
    def _check_switched_off(self, proposal) -> list[str]:
        unknown = [field for field in proposal["value"] if field not in self._meta["fields"]]
        if unknown:
            raise traitlets.TraitError(
                f"switched_off: expected names of fields, got {unknown}. Choose from {self._meta['fields']}."
            )
        return proposal["value"]


def _check_head(vectors, head_weight, head_bias, *, shelf: dict[str, int]) -> dict[str, np.ndarray]:
    checked = {
        "vectors": check_array("vectors", vectors, {**shelf, "dim": None}),
        "head_bias": check_array("head_bias", np.reshape(head_bias, -1), {"bias": 1}),
    }
    dim = checked["vectors"].shape[-1]
    return checked | {"head_weight": check_array("head_weight", head_weight, {"dim": dim})}


def _masked_softmax(scores: np.ndarray, on: np.ndarray) -> np.ndarray:
    if not on.any():
        return np.zeros_like(scores)
    powers = np.where(on, np.exp(scores - scores[on].max()), 0.0)
    return powers / powers.sum()


def _texts(products: Sequence[dict] | None, fields: list[str], count: int) -> list[dict]:
    if products is None:
        nothing = [""] * len(fields)
        return [{"title": title, "fields": nothing} for title in check_labels("products", None, count)]
    for index, product in enumerate(products):
        missing = [key for key in ("title", *fields) if key not in product]
        if missing:
            raise ValueError(
                f"products[{index}]: expected a title and a text for each field, got no {missing}. "
                f"Add them; an empty text is allowed."
            )
    return [
        {"title": str(product["title"]), "fields": [str(product[field]) for field in fields]}
        for product in products
    ]


def _training_steps(frame: pd.DataFrame, fields: list[str]) -> list[int]:
    missing = [column for column in ("step", *fields) if column not in frame.columns]
    if missing:
        raise ValueError(
            f"training_weights: expected a column 'step' and a column for each field, got no {missing}. "
            f"It has {list(frame.columns)}."
        )
    return [int(step) for step in frame["step"]]
