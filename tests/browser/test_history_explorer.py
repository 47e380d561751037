"""What a reader sees, does and saves in the two trees of a recommendation."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import history_explorer
from pages import HOSTILE_FORMS
from reading import number, saved

ROOT = ".av-history-explorer"
OPEN = f"{ROOT} .av-open"


def rows(page) -> list[str]:
    return page.locator(OPEN).evaluate_all("nodes => nodes.map(node => node.dataset.element)")


def assert_shows(page, explorer) -> None:
    """Rows, bars and sentence are those of `state()`."""
    state, table = explorer.state(), explorer._trees[explorer.case].set_index("element")
    assert rows(page) == state["visible"]
    weights = table["weight"][state["visible"]].to_numpy()
    shown = page.locator(f"{ROOT} .av-node .av-number").all_inner_texts()
    np.testing.assert_allclose([number(text) for text in shown], weights, atol=5.1e-3)
    widths = page.locator(f"{ROOT} .av-node svg.av-bar").evaluate_all(
        "bars => bars.map(bar => bar.querySelector('.av-weight-fill').getBoundingClientRect().width"
        " / bar.querySelector('.av-track').getBoundingClientRect().width)"
    )
    np.testing.assert_allclose(widths, weights, atol=0.01)
    sentence = page.locator(f"{ROOT} .av-verdict").inner_text()
    if len(state["path"]) > 1:
        product = sentence.partition(" = ")[2].partition(" of ")[0]
        assert number(product) == pytest.approx(state["path_weight"], abs=5.1e-4)
    assert page.locator(f"{ROOT} [aria-current=true]").count() == (state["selected"] in state["visible"])


def test_it_starts_with_the_heaviest_paths(show):
    """Before any click the sentence multiplies the heaviest path, and a long list shows its heaviest."""
    explorer = history_explorer()
    page = show(explorer)
    assert_shows(page, explorer)
    sentence = page.locator(f"{ROOT} .av-verdict").inner_text()
    assert sentence == "reviews 0.60 × review 1 0.70 × sentence 2 0.75 = 0.315 of the weight in the product."
    assert page.get_by_role("button", name="Show 4 more, 0.13 of the weight").count() == 1


def test_clicks_open_close_and_show_all(show):
    """A click opens the next level or closes it; the button brings the rest; each is what Python shows."""
    explorer = history_explorer()
    page = show(explorer)
    page.get_by_role("button", name="reviews, weight").click()
    explorer.opened = ["candidate/reviews/review 1", "shopper/item 12"]
    explorer.selected = "candidate/reviews"
    assert_shows(page, explorer)
    page.get_by_role("button", name="Show 4 more").click()
    explorer.whole = ["shopper"]
    assert_shows(page, explorer)
    assert page.evaluate("document.activeElement.dataset.element") == "shopper/item 1"
    page.get_by_role("button", name="item 2, weight").click()
    explorer.opened, explorer.selected = [*explorer.opened, "shopper/item 2"], "shopper/item 2"
    assert_shows(page, explorer)
    page.get_by_role("button", name="Close all").click()
    explorer.opened, explorer.whole, explorer.selected = [], [], None
    assert_shows(page, explorer)


def test_cases_and_buttons(show):
    """Each case starts with its heaviest paths; a model that reads no history says so; Reset goes back."""
    explorer = history_explorer()
    page = show(explorer)
    page.get_by_label("Case").select_option("Ben")
    explorer.case = 1
    assert_shows(page, explorer)
    assert "This model does not read it" in page.locator(ROOT).inner_text()
    page.get_by_role("button", name="price, weight").click()
    page.get_by_role("button", name="Heaviest path").click()
    assert_shows(page, explorer)
    page.get_by_role("button", name="Random case").click()
    assert page.get_by_label("Case").input_value() != "1"
    page.get_by_role("button", name="Reset").click()
    explorer.case = 0
    assert_shows(page, explorer)


def test_keyboard(show):
    """Enter opens; arrows walk, open and close; the focus stays on its row while the rows are drawn anew."""
    page = show(history_explorer())
    where = "document.activeElement.dataset.element"
    page.locator(OPEN).first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(where) == "candidate/reviews"
    assert rows(page)[:2] == ["candidate/reviews", "candidate/price"]
    page.keyboard.press("ArrowRight")
    assert rows(page)[1] == "candidate/reviews/review 1"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(where) == "candidate/reviews/review 1"
    page.keyboard.press("ArrowLeft")
    assert rows(page)[2] == "candidate/reviews/review 2"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(where) == "candidate/reviews"


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A click in one view redraws the other, and a live region says the new sentence."""
    explorer = history_explorer()
    page = show(explorer, explorer)
    page.get_by_role("button", name="price, weight").first.click()
    after = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    assert after == "price 0.40 of the weight in the product."
    page.wait_for_function(
        "text => document.querySelector('.av-live').textContent.startsWith(text)", arg=after
    )


def test_saved_files_and_table_hold_the_numbers(show):
    """JSON and table have every element, unknown numbers as null and "none"; the SVG is words and bars."""
    explorer = history_explorer(text=HOSTILE_FORMS)
    page = show(explorer)
    table, found = explorer._trees[0], json.loads(saved(page, "Save JSON"))
    assert found["path_weight"] == pytest.approx(explorer.state()["path_weight"])
    assert found["path"] == list(explorer.state()["path"])
    elements = found["elements"]
    assert [one["element"] for one in elements] == table["element"].tolist()
    np.testing.assert_allclose([one["weight"] for one in elements], table["weight"], rtol=1e-6)
    assert elements[1]["push"] is None
    page.get_by_role("button", name="Table").click()
    assert page.locator(f"{ROOT} tbody tr").count() == len(table)
    assert page.locator(f"{ROOT} tbody tr").nth(1).locator("td").last.inner_text() == "none"
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    assert {element.tag.rsplit("}")[-1] for element in root.iter()} <= {"svg", "rect", "line", "text"}
    assert "sentence 2" in " ".join(root.itertext())
