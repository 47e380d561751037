"""A model that takes a table, against Shapley values by their definition and a linear model's pushes."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingRegressor

from attnviz.explanation import Columns, Removal, attribute, completeness_gap, comprehensiveness

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({
    "price": RNG.normal(size=40), "stars": RNG.normal(size=40), "reviews": RNG.normal(size=40),
    "kind": RNG.choice(["tea", "cup"], 40), "stock": RNG.integers(9, size=40)})  # fmt: skip
BACKGROUND = TABLE[30:]


def odd(rows: pd.DataFrame) -> np.ndarray:
    """Columns that work together, one of them text."""
    is_tea = rows["kind"] == "tea"
    return (rows["price"] * rows["stars"] + is_tea * rows["reviews"] - rows["stock"] ** 2 / 9).to_numpy()


def pushes(columns: Columns) -> np.ndarray:
    return attribute(columns.score, columns.vectors, baselines=columns.baselines).numpy()


def by_orders(row: pd.Series, fields: dict[str, list[str]]) -> dict[str, float]:
    """Mean over all orders and all rows of the background of what a field adds when it comes in."""
    found, orders = dict.fromkeys(fields, 0.0), list(permutations(fields))
    for order in orders:
        mixed = BACKGROUND.copy()
        for field in order:
            before = odd(mixed).mean()
            for column in fields[field]:
                mixed[column] = row[column]
            found[field] += (odd(mixed).mean() - before) / len(orders)
    return found


@pytest.mark.parametrize("groups", [None, {"rated": ["reviews", "stars"]}])
def test_pushes_are_shapley_values_over_the_background(groups):
    """Each row's, as the definition has them, with a group as with single columns."""
    columns = Columns(odd, TABLE[:3], BACKGROUND, groups=groups)
    fields = {name: (groups or {}).get(name, [name]) for name in columns.fields}
    expected = [list(by_orders(row, fields).values()) for _, row in TABLE[:3].iterrows()]
    np.testing.assert_allclose(pushes(columns), expected, atol=1e-12)


def test_of_a_linear_model_a_push_is_slope_times_distance_from_the_mean():
    """As long as the mean is that of the background."""
    numbers, slopes = TABLE[["price", "stars"]], np.array([2.0, -3.0])
    columns = Columns(lambda rows: rows.to_numpy() @ slopes, numbers[:5], numbers[30:])
    expected = (numbers[:5] - numbers[30:].mean()) * slopes
    np.testing.assert_allclose(pushes(columns), expected, atol=1e-12)


def test_trees_get_every_column_in_its_place_and_type():
    """A model that reads missing numbers, categories and booleans sees the rows of the table as they are."""
    table = TABLE.assign(kind=TABLE["kind"].astype("category"), open=TABLE["stock"] > 4)
    table.loc[::3, "price"] = np.nan
    model = HistGradientBoostingRegressor(max_iter=20, categorical_features="from_dtype")
    model.fit(table, odd(TABLE))
    columns = Columns(model.predict, table[:10], table[30:], groups={"in stock": ["stock", "open"]})
    np.testing.assert_allclose(columns.score(columns.vectors), model.predict(table[:10]))
    found = torch.from_numpy(pushes(columns))
    gap = completeness_gap(columns.score, columns.vectors, found, baselines=columns.baselines)
    assert gap.abs().max() < 1e-9
    assert columns.fields == ["price", "stars", "reviews", "kind", "in stock"]


def test_removal_puts_the_background_in_the_place_of_a_field():
    """What falls is the answer less the mean answer with this column from the other rows."""
    columns = Columns(odd, TABLE[:2], BACKGROUND)
    removal = Removal(columns.score, columns.vectors, baselines=columns.baselines)
    first = torch.tensor([[5.0, 4, 3, 2, 1]] * 2)
    swapped = [
        odd(TABLE.iloc[[row] * 10].assign(price=BACKGROUND["price"].to_numpy())).mean() for row in (0, 1)
    ]
    np.testing.assert_allclose(comprehensiveness(removal, first), odd(TABLE[:2]) - swapped)


def test_a_method_that_needs_a_gradient_is_refused():
    """A number of a row has none; what to use instead is said."""
    columns = Columns(odd, TABLE[:2], BACKGROUND)
    with pytest.raises(
        ValueError, match="no gradient: use a method that needs only answers, such as 'shapley'"
    ):
        attribute(columns.score, columns.vectors, method="integrated_gradients", baselines=columns.baselines)


@pytest.mark.parametrize("wrong", [0.5, 3.0, -1.0])
def test_a_number_of_no_row_is_refused(wrong):
    """Between two rows, beyond the last one, and below what stands for absent."""
    columns = Columns(odd, TABLE[:2], BACKGROUND)
    with pytest.raises(ValueError, match="numbers of rows from 1 to 2, or baselines"):
        columns.score(torch.full_like(columns.vectors, wrong))


def test_labels_are_refused():
    """A classifier's `predict` gives labels: the message says what to take in their place."""
    columns = Columns(lambda rows: odd(rows) > 0, TABLE[:2], BACKGROUND)
    with pytest.raises(ValueError, match="must return one float a row.*take decision_function"):
        columns.score(columns.vectors)


def test_zero_is_absent():
    """Who writes the usual 0 as a baseline gets what `baselines` gives."""
    columns = Columns(odd, TABLE[:2], BACKGROUND)
    by_zero = attribute(columns.score, columns.vectors, baselines=0.0)
    np.testing.assert_array_equal(by_zero, pushes(columns))
