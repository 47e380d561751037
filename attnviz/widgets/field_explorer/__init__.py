"""FieldExplorer: how scores become weights, and weights a prediction."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import Explorer, check_array, check_fields, check_labels, read_view

TEMPERATURES = (0.1, 10.0)


class FieldExplorer(Explorer):
    """Follow one prediction: field, score, weight, weighted vector, contribution, logit, probability.

    A row is a field of the product.
    The temperature T is in weight = softmax(score / T); a field that is switched off gets weight 0.
    Everything is computed in the browser, so it works in a built page without a kernel.
    The numbers travel as float32: about 7 digits.
    10 shoppers, 20 products, 5 fields and 32 dimensions add 170 KB to a page, so keep a shelf small.
    Reset goes back to the state in which the view was opened.

    Args:
        query_scores: attention scores before softmax, (shopper, product, field).
        vectors: the fields' vectors x, (shopper, product, field, dim).
        head_weight: the linear head h, (dim,).
        head_bias: the head's bias, in logit units.
        fields: the names of the fields.
        shoppers: a label for each shopper.
        products: a dict for each product: `"title"`, and a text for each field.
        attributions: optional, (shopper, product, field), in logit units.
            They hold for temperature 1 with all fields on, and are greyed otherwise.
        attribution_name: the title of their column.
        training_weights: optional DataFrame with a column `step` and a column for each field:
            the shop's mean weight at that step of the training. It brings a slider over the steps.

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
        ...     head_weight=[1.0, 1.0], head_bias=-1.0, fields=["tags", "reviews"], shoppers=["Ann"],
        ...     products=[{"title": "Scarf", "tags": "wool, red", "reviews": "Warm and soft."}])
        >>> explorer.state()["weights"].round(2)
        array([0.25, 0.75])
        >>> float(explorer.state()["logit"].round(2))    # .25 * 1 + .75 * 2 - 1
        0.75
        >>> explorer.switched_off = ["reviews"]
        >>> explorer.state()["weights"]
        array([1., 0.])

    Taught in chapters 3, and 11 for the attributions.
    """

    _esm = read_view("field_explorer", "js")
    _css = read_view("field_explorer", "css")

    shopper = traitlets.Int(0).tag(sync=True)
    product = traitlets.Int(0).tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    switched_off = traitlets.List(traitlets.Unicode()).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        *,
        query_scores,
        vectors,
        head_weight,
        head_bias: float,
        fields: Sequence[str],
        shoppers: Sequence[str],
        products: Sequence[dict],
        attributions=None,
        attribution_name: str = "Shapley value",
        training_weights=None,
    ):
        names, people = check_fields(fields), check_labels("shoppers", shoppers)
        shelf = {"shopper": len(people), "product": len(products), "field": len(names)}
        arrays = _check_model(query_scores, vectors, head_weight, head_bias, shelf=shelf)
        if attributions is not None:
            arrays["attributions"] = check_array("attributions", attributions, shelf)
        steps = None
        if training_weights is not None:
            steps = _training_steps(training_weights, names)
            axes = {"step": len(steps), "field": len(names)}
            arrays["training_weights"] = check_array("training_weights", training_weights[names], axes)
        meta = {
            "fields": names,
            "shoppers": people,
            "products": [_texts(i, product, names) for i, product in enumerate(products)],
            "attribution_name": str(attribution_name),
            "steps": steps,
        }
        super().__init__(arrays, meta, step=len(steps) - 1 if steps else 0)

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
            "probability": 1 / (1 + np.exp(-logit)),
        }

    @traitlets.validate("shopper")
    def _check_shopper(self, proposal) -> int:
        return self._check_index("shopper", proposal["value"], len(self._meta["shoppers"]))

    @traitlets.validate("product")
    def _check_product(self, proposal) -> int:
        return self._check_index("product", proposal["value"], len(self._meta["products"]))

    @traitlets.validate("step")
    def _check_step(self, proposal) -> int:
        return self._check_index("step", proposal["value"], len(self._meta["steps"] or [0]))

    @traitlets.validate("temperature")
    def _check_temperature(self, proposal) -> float:
        low, high = TEMPERATURES
        if not low <= proposal["value"] <= high:
            raise traitlets.TraitError(
                f"temperature: expected a number from {low} to {high}, got {proposal['value']}. "
                f"Choose one in that range; 1 is the model's own."
            )
        return proposal["value"]

    @traitlets.validate("switched_off")
    def _check_switched_off(self, proposal) -> list[str]:
        unknown = [field for field in proposal["value"] if field not in self._meta["fields"]]
        if unknown:
            raise traitlets.TraitError(
                f"switched_off: expected names of fields, got {unknown}. Choose from {self._meta['fields']}."
            )
        return proposal["value"]


def _check_model(query_scores, vectors, head_weight, head_bias, *, shelf: dict[str, int]) -> dict:
    checked = {
        "query_scores": check_array("query_scores", query_scores, shelf),
        "vectors": check_array("vectors", vectors, shelf | {"dim": None}),
        "head_bias": check_array("head_bias", np.reshape(head_bias, -1), {"bias": 1}),
    }
    dim = checked["vectors"].shape[-1]
    return checked | {"head_weight": check_array("head_weight", head_weight, {"dim": dim})}


def _masked_softmax(scores: np.ndarray, on: np.ndarray) -> np.ndarray:
    if not on.any():
        return np.zeros_like(scores)
    powers = np.where(on, np.exp(scores - scores[on].max()), 0.0)
    return powers / powers.sum()


def _texts(index: int, product: dict, fields: list[str]) -> dict:
    missing = [key for key in ("title", *fields) if key not in product]
    if missing:
        raise ValueError(
            f"products[{index}]: expected a title and a text for each field, got no {missing}. "
            f"Add them; an empty text is allowed."
        )
    return {"title": str(product["title"]), "fields": [str(product[field]) for field in fields]}


def _training_steps(frame, fields: list[str]) -> list[int]:
    missing = [column for column in ("step", *fields) if column not in frame.columns]
    if missing:
        raise ValueError(
            f"training_weights: expected a column 'step' and a column for each field, got no {missing}. "
            f"It has {list(frame.columns)}."
        )
    return [int(step) for step in frame["step"]]
