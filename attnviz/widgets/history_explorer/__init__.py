"""HistoryExplorer: the two trees of one recommendation, from a product's fields down to a sentence."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import traitlets

from ..shared.base import CaseExplorer
from ..shared.checks import check_labels, check_share
from ..shared.claims import Claim
from ..shared.view import read_view

TREES = ("candidate", "shopper")
_COLUMNS = ("tree", "level", "element", "parent", "text", "weight", "value_norm", "push")
_LONGEST_TEXT = 300
_MOST = 8  # rows of a long list that are shown at first


class HistoryExplorer(CaseExplorer):
    """Where the model looked in the product, and where in what she chose before, side by side.

    A row is an element: a field, a review, a sentence, a purchase. Its bar is the share of its parent, so
    that the bars under one parent sum to 1. A click, or Enter, opens what lies below it, and the sentence
    above the trees multiplies the weights down to it. Weights multiply within a tree, never across the two.
    At first the heaviest path of each tree is open. Of a long list the 8 heaviest elements are shown, in the
    table's order, and a button shows the others.

    Args:
        trees: a table of `attnviz.weight_trees` for each case; texts longer than 300 characters are cut.
        cases: a label for each case, such as a shopper and a product; None counts.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        opened: the elements whose next level is shown at first; None opens the heaviest path of each tree.
        whole: the parents whose long list is shown whole at first.
        selected: the element whose path the sentence multiplies at first; None takes the end of the
            candidate's heaviest path.

    Attributes:
        case: index of the case, int.
        opened: the elements whose next level is shown, a list; None opens the heaviest path of each tree.
        whole: the parents whose long list is shown whole, a list.
        selected: the element whose path the sentence multiplies; None takes the end of the candidate's
            heaviest path.

    Raises:
        ValueError: a table is empty or lacks a column, names an element twice or before its parent, has a
            weight outside [0, 1], or weights that do not sum to 1 under a parent; the message says where.

    Example:
        >>> tree = pd.DataFrame({
        ...     "tree": "candidate", "level": ["field", "field", "tag", "tag"],
        ...     "element": [f"candidate/{name}" for name in ("price", "tags", "tags/tag 1", "tags/tag 2")],
        ...     "parent": ["candidate", "candidate", "candidate/tags", "candidate/tags"],
        ...     "text": ["29.90", "2 tags", "wool", "warm"], "weight": [0.3, 0.7, 0.6, 0.4],
        ...     "value_norm": 1.0, "push": [-0.2, 0.5, float("nan"), float("nan")]})
        >>> state = HistoryExplorer([tree]).state()
        >>> state["selected"], round(state["path_weight"], 2)
        ('candidate/tags/tag 1', 0.42)

    Paper: Yang et al. (2016), hierarchical attention. Taught in "Which purchase, which review?"
    """

    _esm = read_view("history_explorer", "js", "claims")
    _css = read_view("history_explorer", "css", "claims")

    opened = traitlets.List(traitlets.Unicode(), None, allow_none=True).tag(sync=True)
    whole = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.Unicode(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        trees: Sequence[pd.DataFrame],
        *,
        cases: Sequence[str] | None = None,
        claim: Claim | None = None,
        case: int = 0,
        opened: Sequence[str] | None = None,
        whole: Sequence[str] = (),
        selected: str | None = None,
    ):
        names = check_labels("cases", cases, len(trees))
        self._trees = [_checked(place, tree) for place, tree in enumerate(trees)]
        every = pd.concat(self._trees)
        arrays = {name: every[name].to_numpy(np.float32) for name in ("weight", "value_norm", "push")}
        meta = {"trees": [_texts(tree) for tree in self._trees], "most": _MOST, "cases": names}
        super().__init__(
            arrays,
            meta,
            claim=claim,
            case=case,
            opened=None if opened is None else list(opened),
            whole=list(whole),
            selected=selected,
        )

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `visible`, the elements in the order of their rows; `selected`, the element of the sentence;
            `path`, element -> weight from the root down to it; `path_weight`, the product of these weights.
        """
        tree = self._trees[self.case].set_index("element")
        heaviest = tree.groupby("parent")["weight"].idxmax()  # of each list, parent -> element
        opened = list(heaviest) if self.opened is None else self.opened
        selected = self.selected
        if selected not in tree.index:
            selected = next(root for root in TREES if root in heaviest)
            while selected in heaviest:
                selected = heaviest[selected]
        path = [selected]
        while tree["parent"][path[0]] in tree.index:
            path.insert(0, tree["parent"][path[0]])
        weights = {name: float(tree["weight"][name]) for name in path}
        visible = [name for root in TREES for name in self._below(root, opened)]
        return {
            "visible": visible,
            "selected": selected,
            "path": weights,
            "path_weight": float(np.prod(list(weights.values()))),
        }

    def _below(self, parent: str, opened: Sequence[str]) -> list[str]:
        tree = self._trees[self.case]
        children = tree[tree["parent"] == parent]
        if parent not in self.whole:
            children = children.nlargest(_MOST, "weight").sort_index()
        rows = []
        for name in children["element"]:
            rows += [name, *(self._below(name, opened) if name in opened else [])]
        return rows

    @traitlets.validate("opened", "whole", "selected")
    def _check_elements(self, proposal):
        value = proposal["value"]
        names = [value] if isinstance(value, str) else value or []
        unknown = sorted(set(names) - {*TREES, *(name for tree in self._trees for name in tree["element"])})
        if unknown:
            raise traitlets.TraitError(
                f"{proposal['trait'].name}: expected elements of the trees, got {unknown}. "
                "Take them from the column element."
            )
        return value


def _checked(place: int, tree: pd.DataFrame) -> pd.DataFrame:
    where = f"trees[{place}]"
    missing = [name for name in _COLUMNS if name not in tree]
    if missing or not len(tree):
        raise ValueError(
            f"{where}: expected a table of attnviz.weight_trees, got {len(tree)} rows, without {missing}"
        )
    tree = tree.reset_index(drop=True)
    seen = set(TREES)
    for element, parent, root in zip(tree["element"], tree["parent"], tree["tree"], strict=True):
        if element in seen or parent not in seen or root not in TREES:
            raise ValueError(
                f"{where}: expected elements once each, after their parent, in one of {TREES}; "
                f"got {element!r} under {parent!r} in {root!r}"
            )
        seen.add(element)
    check_share(f"{where} weight", tree["weight"].to_numpy())
    sums = tree.groupby("parent", sort=False)["weight"].sum()
    wrong = sums[(sums - 1).abs() > 1e-3]
    if len(wrong):
        raise ValueError(
            f"{where}: expected weights that sum to 1 under each parent, got {wrong.iloc[0]:.3f} under "
            f"{wrong.index[0]!r}. Divide them by their sum."
        )
    return tree.assign(weight=tree["weight"].astype(np.float32))


def _texts(tree: pd.DataFrame) -> dict:
    """What the browser gets of a table but for its numbers; a parent is a row, or -1 for the root."""
    rows = {name: row for row, name in enumerate(tree["element"])}
    texts = [
        text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…" for text in map(str, tree["text"])
    ]
    return {
        "elements": tree["element"].tolist(),
        "roots": tree["tree"].tolist(),
        "parents": [rows.get(parent, -1) for parent in tree["parent"]],
        "texts": texts,
    }
