"""What a reader sees, does and saves in the baseline slider."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import STOPS, baseline_slider
from pages import HOSTILE_FORMS
from reading import number, saved

ROOT = ".av-baseline-slider"


def numbers(page, kind: str) -> list[float]:
    return [number(text) for text in page.locator(f"{ROOT} .av-cell-{kind} .av-number").all_inner_texts()]


def test_every_level_shows_the_numbers_of_state(show):
    """By keyboard from end to end, in each case: both scores and all attributions, and which fields turn."""
    explorer = baseline_slider()
    page = show(explorer)
    slider = page.get_by_label("Compared with", exact=True)
    assert slider.input_value() == "6"
    for case in range(3):
        page.get_by_label("Case").select_option(str(case))
        slider.focus()
        page.keyboard.press("Home")
        for level in range(10):
            explorer.case, explorer.level = case, level
            state = explorer.state()
            assert numbers(page, "score") == pytest.approx(
                [state["logit"], state["baseline_logit"]], abs=5.1e-3
            )
            assert numbers(page, "share") == pytest.approx(state["attributions"], abs=5.1e-3)
            badge = page.locator(".av-badge:not([hidden])", has_text="turns with the baseline")
            turned = page.locator(f"{ROOT} .av-row").filter(has=badge)
            assert turned.locator(".av-field").all_inner_texts() == state["turned"]
            assert slider.get_attribute("aria-valuetext") == state["baseline"]
            page.keyboard.press("ArrowRight")


def test_the_product_stands_still_and_bars_change_sides(show):
    """From end to end the product's dot stays, the baseline's moves, and the reviews' bar flips."""
    page = show(baseline_slider(level=0))
    reviews = page.locator(f"{ROOT} .av-cell-share").nth(1)

    def seen() -> tuple[float, float, bool]:
        dots = [
            page.locator(f"{ROOT} .av-{name} .av-dot").bounding_box()["x"] for name in ("product", "baseline")
        ]
        bar, zero = (reviews.locator(one).bounding_box()["x"] for one in ("rect:not(.av-track)", ".av-zero"))
        return *dots, bar < zero - 2

    before = seen()
    page.get_by_label("Compared with", exact=True).fill("9")
    page.wait_for_timeout(300)
    after = seen()
    assert after[0] == before[0]
    assert abs(after[1] - before[1]) > 20
    assert (before[2], after[2]) == (False, True)


def test_next_baseline_goes_from_stop_to_stop(show):
    """The button walks over the stops and round; random goes elsewhere; reset comes back."""
    page = show(baseline_slider())
    slider = page.get_by_label("Compared with", exact=True)
    seen = []
    for _ in range(4):
        page.get_by_role("button", name="Next baseline").click()
        seen.append(slider.input_value())
    assert seen == ["9", "0", "3", "6"]
    for _ in range(4):
        before = page.get_by_label("Case").input_value()
        page.get_by_role("button", name="Random case").click()
        assert page.get_by_label("Case").input_value() != before
    slider.fill("1")
    page.get_by_role("button", name="Reset").click()
    assert (slider.input_value(), page.get_by_label("Case").input_value()) == ("6", "0")


def test_the_table_holds_every_stop(show):
    """A column a baseline; each column's attributions and baseline's score sum to the product's score."""
    page = show(baseline_slider())
    page.get_by_role("button", name="Table").click()
    rows = [row.locator("td").all_inner_texts() for row in page.locator(f"{ROOT} tbody tr").all()]
    values = np.array([[number(text) for text in row] for row in rows])  # (field and two scores, stop)
    assert page.locator(f"{ROOT} thead th").all_inner_texts()[1:] == STOPS
    np.testing.assert_allclose(values[:-1].sum(0), values[-1], atol=4e-4)


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = baseline_slider()
    page = show(explorer, explorer)
    before = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    page.get_by_label("Compared with", exact=True).first.fill("0")
    after = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    assert before.startswith("Compared with average for her")
    assert after.startswith("Compared with zero vector")
    page.wait_for_function("text => document.querySelector('.av-live').textContent === text", arg=after)


def test_reduced_motion_stops_the_dot(show):
    """The baseline's dot glides, but not for a reader who asked for less motion."""
    duration = "getComputedStyle(document.querySelector('.av-dot')).transitionDuration"
    for motion, want in (("no-preference", "0.22s"), ("reduce", "0s")):
        page = show(baseline_slider(), reduced_motion=motion)
        page.get_by_role("button", name="Next baseline").click()
        assert page.evaluate(duration) == want


def test_saved_files_hold_the_state(show):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds the words, and no script."""
    explorer = baseline_slider(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    assert found["baseline"] == state["baseline"]
    np.testing.assert_allclose(
        [row["attribution"] for row in found["rows"]], state["attributions"], atol=1e-6
    )
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    kinds = {element.tag.rsplit("}")[-1] for element in root.iter()}
    assert kinds <= {"svg", "rect", "line", "text", "circle"}
    assert "onerror=alert(1)>" in " ".join(root.itertext())
