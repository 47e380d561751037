"""A model that takes a table, explained column by column: scikit-learn, boosted trees, any `predict`."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from .forward import at_once

ABSENT = 0.0  # rows are numbered from 1


class Columns:
    """A model that takes a table, as a function that `attribute` and `Removal` can ask.

    A field is one column or several. Where a field is absent, its columns have the values that they have in
    the rows of `background`, one row after the other, and the mean of the answers counts. So a push says what
    a field moves against these rows, and no average row has to be made up, in which nobody lives.
    A vector here is one number: which row the field's values come from, and `baselines` stands for "absent".

    Args:
        predict: From a DataFrame with the columns of `table` to one number a row, in logits if possible:
            `model.decision_function`. A random forest has none, and its probabilities may be 0 or 1, whose
            logit is infinite: take that of `model.predict_proba(rows)[:, 1].clip(0.01, 0.99)`, and say where
            it is cut, since the pushes depend on it.
        table: The rows to explain; one column at least.
        background: Rows to compare with, such as a sample of the training rows: its columns are those of
            `table`. Each answer asks the model for so many rows.
        groups: Name of a field -> its columns: {"price": ["price", "discount"]}. A column that no group names
            is a field of its own. None: each column is.

    Attributes:
        fields: Names of the fields, groups at the place of their first column.
        vectors: (row, field, 1), float64, for `attribute` and `Removal`.
        baselines: The number that stands for an absent field, 0.

    Raises:
        TypeError: If predict cannot be called, or table or background is no DataFrame.
        ValueError: If a table is empty, columns differ or stand twice, or a group names what is not there.

    Example:
        >>> from attnviz.explanation import attribute
        >>> table = pd.DataFrame({"price": [9.0, 1.0], "kind": ["tea", "cup"]})
        >>> def predict(rows):
        ...     return -rows["price"] + 2.0 * (rows["kind"] == "tea")
        >>> columns = Columns(predict, table, background=table)
        >>> pushes = attribute(columns.score, columns.vectors, baselines=columns.baselines)
        >>> columns.fields, pushes.tolist()
        (['price', 'kind'], [[-4.0, 1.0], [4.0, -1.0]])

    Paper: Štrumbelj and Kononenko (2014), for the mean over other rows. Taught in "How is a score shared?"
    """

    def __init__(
        self,
        predict: Callable[[pd.DataFrame], Sequence[float]],
        table: pd.DataFrame,
        background: pd.DataFrame,
        *,
        groups: Mapping[str, Sequence[str]] | None = None,
    ):
        if not callable(predict):
            raise TypeError(f"predict must be callable, got {type(predict).__name__}")
        _check_tables(table, background)
        self._predict, self._num_rows = predict, len(table)
        self._rows = pd.concat([table, background[list(table.columns)]], ignore_index=True)
        self._columns = _columns_of_fields(list(table.columns), groups or {})
        self.fields = list(self._columns)
        rows = torch.arange(1, len(table) + 1, dtype=torch.float64)
        self.vectors = rows[:, None, None].repeat(1, len(self.fields), 1)
        self.baselines = ABSENT

    def score(self, vectors: Tensor) -> Tensor:
        """The model's answers (row,), float64, each the mean over the background where a field is absent.

        Args:
            vectors: (row, field, 1): numbers of rows of the table, or `baselines`.

        Raises:
            ValueError: If predict does not give one number a row, or vectors hold something else, or a method
                asks for their gradient, which a table has not.
        """
        places = self._checked(vectors)
        background = np.arange(self._num_rows, len(self._rows))
        size = at_once(len(background) * len(self.fields))
        parts = [places[start : start + size] for start in range(0, len(places), size)]
        means = [self._answers(part, background).mean(1) for part in parts]
        return torch.from_numpy(np.concatenate(means) if means else np.zeros(0))

    def _checked(self, vectors: Tensor) -> np.ndarray:
        """The numbers of rows (row, field) that vectors hold."""
        if vectors.requires_grad:
            raise ValueError(
                "vectors of Columns have no gradient: use a method that needs only answers, such as "
                "'shapley', 'shapley_sampling', 'kernel_shap' or 'ablation'"
            )
        places = vectors[:, :, 0].long()
        known = (places == vectors[:, :, 0]) & (places >= ABSENT) & (places <= self._num_rows)
        if vectors.shape[1:] != self.vectors.shape[1:] or not known.all():
            raise ValueError(
                f"vectors must be (row, field, 1) = (..., {len(self.fields)}, 1) with numbers of rows from 1 "
                f"to {self._num_rows}, or baselines, got {tuple(vectors.shape)}: use columns.vectors"
            )
        return places.numpy()

    def _answers(self, places: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Answers (row, background) to rows whose absent fields come from each row of the background."""
        here = places[:, None]  # (row, 1, field)
        sources = np.where(here == ABSENT, background[:, None], here - 1).reshape(-1, places.shape[1])
        cells = {
            column: self._rows[column].iloc[sources[:, number]].reset_index(drop=True)
            for number, columns in enumerate(self._columns.values())
            for column in columns
        }
        answers = np.asarray(self._predict(pd.DataFrame(cells)[list(self._rows.columns)]))
        if answers.shape != (len(sources),) or answers.dtype.kind != "f":
            raise ValueError(
                f"predict must return one float a row = {(len(sources),)}, got {answers.dtype} "
                f"{answers.shape}: of a classifier take decision_function, or one column of predict_proba; "
                "its predict gives labels, which hardly ever move"
            )
        return answers.astype(float).reshape(len(places), len(background))


def _check_tables(table: pd.DataFrame, background: pd.DataFrame) -> None:
    for name, given in (("table", table), ("background", background)):
        if not isinstance(given, pd.DataFrame):
            raise TypeError(f"{name} must be a DataFrame, got {type(given).__name__}")
        if not given.size:
            raise ValueError(f"{name} must hold a row and a column at least, got {given.shape}")
        twice = given.columns[given.columns.duplicated()].tolist()
        if twice:
            raise ValueError(f"{name} has columns that stand twice: {twice}: rename them")
    missing, more = (
        [column for column in a if column not in b] for a, b in ((table, background), (background, table))
    )
    if missing or more:
        raise ValueError(
            f"background must have the columns of table: it lacks {missing}, and {more} are too many"
        )


def _columns_of_fields(columns: list[str], groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The columns of each field, by its name."""
    field_of: dict[str, str] = {}
    for name, members in groups.items():
        if isinstance(members, str) or not len(members):
            raise ValueError(f"groups[{name!r}] must be a list of columns, got {members!r}")
        for column in members:
            if column not in columns:
                raise ValueError(f"groups[{name!r}] must name columns of table, {columns}, got {column!r}")
            if column in field_of:
                both = [field_of[column], name]
                raise ValueError(f"groups must name each column once, got {column!r} in {both}")
            field_of[column] = name
    taken = [name for name in groups if name in columns and field_of.get(name) != name]
    if taken:
        raise ValueError(f"groups must have names that no other field has, got {taken}: give another name")
    fields: dict[str, list[str]] = {}
    for column in columns:
        fields.setdefault(field_of.get(column, column), []).append(column)
    return fields
