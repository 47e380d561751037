"""HistoryExplorer's Python side: which rows are shown, what multiplies down to one, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import traitlets
from small_trees import tree

import attnviz as av
from attnviz.widgets import HistoryExplorer


def explorer(**changes) -> HistoryExplorer:
    early = tree(purchases=1)
    arguments = {"trees": [tree(), early[early["tree"] == "candidate"]], "cases": ["Ann", "Ben"]}
    return HistoryExplorer(**arguments | changes)


def test_at_first_the_heaviest_path_of_each_tree_is_open():
    """By hand: reviews, review 1, sentence 2; of 12 purchases the 8 heaviest, the last one open."""
    state = explorer().state()
    assert state["selected"] == "candidate/reviews/review 1/sentence 2"
    assert list(state["path"].values()) == pytest.approx([0.6, 0.7, 0.75])
    assert state["path_weight"] == pytest.approx(0.6 * 0.7 * 0.75)
    candidate = [name for name in tree()["element"] if name.startswith("candidate")]
    items = [f"shopper/item {number}" for number in range(5, 13)]
    assert state["visible"] == [*candidate, *items, "shopper/item 12/brand"]


def test_opening_closing_and_showing_all():
    """Only what is in `opened` has its next level; a closed parent hides what is open in it."""
    trees = explorer()
    trees.opened = ["candidate/reviews/review 1"]
    trees.whole = ["shopper"]
    trees.selected = "shopper/item 2/brand"
    state = trees.state()
    assert state["visible"][:2] == ["candidate/reviews", "candidate/price"]
    assert state["visible"][2:] == [f"shopper/item {number}" for number in range(1, 13)]
    assert state["path_weight"] == pytest.approx(2 / 78)


def test_a_model_without_history_has_one_tree_and_a_selection_of_another_case_is_passed_over():
    """Ben's table has no shopper's tree; what was selected in Ann's is not there."""
    trees = explorer(case=1)
    trees.selected = "shopper/item 2/brand"
    assert trees.state()["selected"] == "candidate/reviews/review 1/sentence 2"
    assert not any(name.startswith("shopper") for name in trees.state()["visible"])


@pytest.mark.parametrize("shopper", ["profile", "history"])
def test_it_takes_the_tables_of_explain(shopper):
    """Real tables fit, and the product down to each row is explain's own path_weight."""
    shop = av.planted_shop(num_users=30, num_items=15, num_interactions=300)
    model = av.AttentionRecommender(shop.schema, embed_dim=8, shopper=shopper)
    table = av.weight_trees(model, shop, "Ben", "i2")
    trees = HistoryExplorer([table])
    for element, product in table[["element", "path_weight"]].sample(8, random_state=0).values:
        trees.selected = element
        assert trees.state()["path_weight"] == pytest.approx(product, rel=1e-5)
    fields = table[table["parent"] == "candidate"].set_index("element")["weight"]
    trees.selected = None
    assert next(iter(trees.state()["path"])) == fields.idxmax()


def test_numbers_that_are_not_known_stay_unknown_and_long_texts_are_cut():
    """NaN goes to the browser as NaN; a text has at most 300 characters and a sign that it was cut."""
    trees = explorer(trees=[tree(text="x" * 400), tree()])
    assert np.isnan(trees._arrays["push"][1])
    assert trees._arrays["push"][0] == np.float32(-0.3)
    texts = trees._meta["trees"][0]["texts"]
    assert {len(text) for text in texts} == {301}
    assert all(text.endswith("…") for text in texts)


def test_module_is_self_contained():
    """One ES module with a default export, that fetches nothing and parses no text as HTML."""
    assert HistoryExplorer._esm.count("export default") == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "https:", "eval("):
        assert forbidden not in HistoryExplorer._esm
    assert "url(" not in HistoryExplorer._css


def changed(**cells) -> list[pd.DataFrame]:
    table = tree()
    for name, (row, value) in cells.items():
        table.loc[row, name] = value
    return [table, tree()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cases": ["Ann"]}, "cases: expected 2 labels"),
        ({"trees": [tree().drop(columns="push"), tree()]}, r"trees\[0\]: .* without \['push'\]"),
        ({"trees": [tree(), tree().iloc[:0]]}, r"trees\[1\]: .* got 0 rows"),
        ({"trees": [tree().iloc[::-1], tree()]}, "expected elements once each, after their parent"),
        ({"trees": changed(element=(5, "candidate/reviews"))}, "expected elements once each"),
        ({"trees": changed(tree=(5, "other"))}, "got 'candidate/price' under 'candidate' in 'other'"),
        ({"trees": changed(weight=(5, 0.5))}, "sum to 1 under each parent, got 1.100 under 'candidate'"),
        ({"trees": changed(weight=(5, 1.4))}, r"trees\[0\] weight: expected numbers from 0 to 1"),
    ],
)
def test_it_says_what_does_not_fit(change, message):
    """The error names the argument, what was expected and what came."""
    with pytest.raises(ValueError, match=message):
        explorer(**change)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("selected", "candidate/colour", "selected: expected elements of the trees, got .'candidate/colour'"),
        ("opened", ["shopper", "x"], r"opened: expected elements of the trees, got \['x'\]"),
        ("case", 2, "case: expected an index from 0 to 1, got 2"),
    ],
)
def test_traits_are_checked(name, value, message):
    """An element or a case that does not exist is an error."""
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer(), name, value)
