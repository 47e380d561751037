"""What a reader sees, does and saves in the heads explorer."""

import json
from math import sqrt
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import heads_explorer
from pages import HOSTILE_FORMS
from reading import number, saved

ROOT = ".av-heads-explorer"
RADIUS = 47  # of a weight of 1, in a cell of 100


def radii(page, name: str) -> np.ndarray:
    """The radii of outlines or discs, rows of heads and then their mean."""
    found = page.locator(f"{ROOT} .{name}").evaluate_all(
        "all => all.map(one => Number(one.getAttribute('r')))"
    )
    return np.array(found).reshape(-1, 5)


def assert_shows(page, state) -> None:
    """Circles, numbers and table are those of `state()`."""
    with_mean = {name: np.vstack([state[name], state[name].mean(0)]) for name in ("weights", "handed_on")}
    np.testing.assert_allclose(radii(page, "av-outline"), RADIUS * np.sqrt(with_mean["weights"]), atol=1e-3)
    np.testing.assert_allclose(radii(page, "av-disc"), RADIUS * np.sqrt(with_mean["handed_on"]), atol=1e-3)
    pairs = [text.split(" · ") for text in page.locator(f"{ROOT} .av-pair").all_inner_texts()]
    found = np.array([[number(one) for one in pair] for pair in pairs]).T.reshape(2, -1, 5)
    np.testing.assert_allclose(found, list(with_mean.values()), atol=5.1e-3)
    cells = page.locator(f"{ROOT} .av-tables tbody td").all_inner_texts()
    table = np.array(cells).reshape(-1, 3)[:, [0, 2]].astype(float).T.reshape(2, -1, 5)
    np.testing.assert_allclose(table, list(with_mean.values()), atol=5.1e-5)


def test_it_shows_state_for_cases_fields_and_lengths(show):
    """Circles, numbers and table, as Python computes them, for the model's lengths and others."""
    explorer = heads_explorer()
    page = show(explorer)
    page.get_by_role("button", name="Table").click()
    assert_shows(page, explorer.state())
    for case, field, length in [(0, 4, 1.0), (1, 1, 0.25), (2, 0, 0.0), (2, 3, None)]:
        page.get_by_label("Case", exact=True).select_option(str(case))
        page.get_by_label("Field").select_option(str(field))
        if length is not None:
            page.get_by_label("Length of its values").fill(str(round(100 * length)))
        explorer.case, explorer.field, explorer.length = case, field, length
        assert_shows(page, explorer.state())


def test_a_longer_value_fills_its_column_and_moves_no_outline(show):
    """By keyboard to both ends: empty and full discs, the same outlines, and a sentence that follows."""
    page = show(heads_explorer())
    outlines, before = radii(page, "av-outline"), radii(page, "av-disc")
    filled = (before[:4, 4] ** 2).sum() / (outlines[:4, 4] ** 2).sum()
    slider = page.get_by_label("Length of its values")
    assert float(slider.input_value()) == round(100 * filled)
    slider.press("Home")
    assert (radii(page, "av-disc")[:, 4] == 0).all()
    slider.press("End")
    discs = radii(page, "av-disc")
    np.testing.assert_allclose(discs[:, 4], outlines[:, 4], atol=1e-9)
    np.testing.assert_array_equal(radii(page, "av-outline"), outlines)
    np.testing.assert_array_equal(discs[:, :4], before[:, :4])
    page.get_by_role("button", name="Own lengths").click()
    np.testing.assert_array_equal(radii(page, "av-disc"), before)


def test_the_sentence_names_shares_and_firsts(show):
    """It says how much weight the field has, how much comes from it, and who is first in both."""
    explorer = heads_explorer()
    page, state = show(explorer), explorer.state()
    words = page.locator(f"{ROOT} .av-verdict").inner_text()
    assert words.startswith(f"The heads look at category with {state['mean_weights'][4]:.0%} of their weight")
    assert f"{state['shares'][4]:.0%} of what they hand on" in words
    assert f"lies on {state['most_looked_at']}" in words


def test_a_circle_is_drawn_to_scale(show):
    """On the screen, the outline's width in its cell is the root of the weight."""
    explorer = heads_explorer()
    page = show(explorer)
    cell = page.locator(f"{ROOT} .av-circle svg").nth(9).bounding_box()
    inner = page.locator(f"{ROOT} .av-outline").nth(9).evaluate("one => one.getBBox().width")
    weight = explorer.state()["weights"][1, 4]
    assert inner == pytest.approx(2 * RADIUS * sqrt(weight), abs=0.01)
    assert cell["width"] == pytest.approx(cell["height"], abs=0.5)


def test_buttons_and_clicks(show):
    """A click on a circle chooses its column; Random changes the case; Reset brings the start back."""
    page = show(heads_explorer())
    start = radii(page, "av-outline")
    page.locator(f"{ROOT} .av-circle").nth(1).click()
    assert page.get_by_label("Field").input_value() == "1"
    page.get_by_role("button", name="Random case").click()
    assert not np.array_equal(radii(page, "av-outline"), start)
    page.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(radii(page, "av-outline"), start)
    assert page.get_by_label("Field").input_value() == "4"


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = heads_explorer()
    page = show(explorer, explorer)
    before = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    page.get_by_label("Length of its values").first.press("End")
    after = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    assert after != before
    page.wait_for_function("text => document.querySelector('.av-live').textContent === text", arg=after)


def test_saved_files_hold_the_state(show):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds the words, and no script."""
    explorer = heads_explorer(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    for name in ("weights", "handed_on"):
        np.testing.assert_allclose([row[name] for row in found["rows"]], state[name], atol=1e-9)
    np.testing.assert_allclose(found["shares"], state["shares"], atol=1e-9)
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    assert {element.tag.rsplit("}")[-1] for element in root.iter()} <= {"svg", "rect", "circle", "text"}
    assert "onerror=alert(1)>" in " ".join(root.itertext())
