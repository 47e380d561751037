"""What a reader sees, does and saves in the field matrix."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import NAMES, field_matrix
from pages import HOSTILE_FORMS
from reading import number, saved

ROOT = ".av-field-matrix"


def cells(page) -> np.ndarray:
    """How strongly each cell is shaded, (query, key)."""
    read = "all => all.map(one => Number(one.getAttribute('fill-opacity')))"
    return np.array(page.locator(f"{ROOT} .av-shade").evaluate_all(read)).reshape(6, 6)


def assert_shows(page, state) -> None:
    """Shades, numbers, bars and table are those of `state()`."""
    np.testing.assert_allclose(cells(page), state["matrix"], atol=5.1e-5)
    on_cells = [number(text) for text in page.locator(f"{ROOT} .av-on-shade").all_inner_texts()]
    np.testing.assert_allclose(np.reshape(on_cells, (6, 6)), state["matrix"], atol=5.1e-3)
    bars = [number(text) for text in page.locator(f"{ROOT} .av-row .av-number").all_inner_texts()]
    np.testing.assert_allclose(bars, state["looks"], atol=5.1e-3)
    table = np.array(page.locator(f"{ROOT} .av-tables td").all_inner_texts()).astype(float).reshape(7, 6)
    np.testing.assert_allclose(table, [*state["matrix"], state["looked_at"]], atol=5.1e-5)


def test_it_shows_state_for_cases_heads_and_rows(show):
    """Shades, numbers, bars and table, as Python computes them."""
    explorer = field_matrix()
    page = show(explorer)
    page.get_by_role("button", name="Table").click()
    assert_shows(page, explorer.state())
    for case, head, row in [(0, 0, 1), (1, 3, 5), (2, -1, 2)]:
        page.get_by_label("Case", exact=True).select_option(str(case))
        page.get_by_label("Head").select_option(str(head + 1))
        page.locator(f"{ROOT} .av-row-name").nth(row).click()
        explorer.case, explorer.head, explorer.row = case, head, row
        assert_shows(page, explorer.state())


def test_arrow_keys_change_the_row_and_stop_at_the_ends(show):
    """The focus follows; the pressed row is the one whose bars are drawn."""
    page = show(field_matrix())
    names = page.locator(f"{ROOT} .av-row-name")
    names.first.focus()
    for key in ["ArrowUp", *["ArrowDown"] * 7, "ArrowUp"]:
        page.keyboard.press(key)
    want = len(NAMES) - 2
    assert names.nth(want).evaluate("one => document.activeElement === one")
    assert names.nth(want).get_attribute("aria-pressed") == "true"
    assert page.locator(f"{ROOT} [aria-pressed=true]").count() == 1
    assert page.locator(f"{ROOT} .av-panel .av-title").inner_text() == f"Where {NAMES[want]} looks"


def test_bars_and_lines_are_drawn_to_scale(show):
    """A bar ends at the weight, and the line stands at the mean of the column."""
    explorer = field_matrix()
    page, state = show(explorer), explorer.state()
    for place, row in enumerate(page.locator(f"{ROOT} .av-row").all()):
        names = (".av-track", ".av-weight-fill", ".av-mark")
        track, bar, mark = (row.locator(name).bounding_box() for name in names)
        assert bar["width"] / track["width"] == pytest.approx(state["looks"][place], abs=0.01)
        end = mark["x"] + mark["width"] / 2 - track["x"]
        assert end / track["width"] == pytest.approx(state["looked_at"][place], abs=0.01)


def test_the_sentence_says_who_looks_at_whom(show):
    """The chosen row's largest weight, and the column that all look at most."""
    explorer = field_matrix()
    page = show(explorer)
    explorer.row = 3
    page.locator(f"{ROOT} .av-row-name").nth(3).click()
    words = page.locator(f"{ROOT} .av-verdict").inner_text()
    state = explorer.state()
    looked = "itself" if state["looks_most_at"] == NAMES[3] else state["looks_most_at"]
    assert words.startswith(f"{NAMES[3]} looks most at {looked}, with a weight of {state['looks'].max():.2f}")
    assert f"by all is {state['most_looked_at']}, with {state['looked_at'].max():.2f}" in words


def test_random_and_reset(show):
    """Random changes the case; Reset brings case, head and row back."""
    page = show(field_matrix())
    start = cells(page)
    page.get_by_label("Head").select_option("2")
    page.get_by_role("button", name="Random case").click()
    assert not np.array_equal(cells(page), start)
    page.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(cells(page), start)


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = field_matrix()
    page = show(explorer, explorer)
    page.locator(f"{ROOT} .av-row-name").nth(2).click()
    after = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    assert after.startswith(NAMES[2])
    page.wait_for_function("text => document.querySelector('.av-live').textContent === text", arg=after)


def test_saved_files_hold_the_state(show):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds the words, and no script."""
    explorer = field_matrix(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    for name in ("matrix", "looks", "looked_at"):
        np.testing.assert_allclose(found[name], state[name], atol=1e-9)
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    assert {element.tag.rsplit("}")[-1] for element in root.iter()} <= {"svg", "rect", "line", "text"}
    assert "onerror=alert(1)>" in " ".join(root.itertext())
