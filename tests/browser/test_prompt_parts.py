"""What a reader sees, does and saves in the bars of a prompt's parts."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import prompt_parts
from pages import HOSTILE_FORMS
from reading import number, saved

ROOT = ".av-prompt-parts"


def assert_shows(page, state) -> None:
    """Bars' numbers, names and sentence are those of `state()`."""
    shown = [
        [number(text) if text != "none" else np.nan for text in row.locator(".av-number").all_inner_texts()]
        for row in page.locator(f"{ROOT} .av-row").all()
    ]
    attention, pushes = zip(*shown, strict=True)
    np.testing.assert_allclose(attention, state["attention"], atol=5.1e-3)
    np.testing.assert_allclose(pushes, state["pushes"], atol=5.1e-3)
    named = page.locator(f"{ROOT} .av-verdict strong").all_inner_texts()
    assert named == [state["named_by_attention"], state["named_by_push"]]
    assert f"{state['probability']:.2f}" in page.locator(f"{ROOT} .av-verdict").inner_text()


def test_it_shows_state_for_each_layer_way_and_case(show):
    """Through the slider, both choosers, as Python computes them."""
    explorer = prompt_parts()
    page = show(explorer)
    assert_shows(page, explorer.state())
    for case, way, layer in [(0, 0, 0), (0, 1, 1), (2, 1, 5), (1, 0, 3)]:
        page.get_by_label("Case").select_option(str(case))
        page.get_by_label("Push, found by").select_option(str(way))
        page.get_by_label("Layer").fill(str(layer))
        explorer.case, explorer.way, explorer.layer = case, way, layer
        assert_shows(page, explorer.state())


def test_a_pressed_part_is_found_in_the_prompt(show):
    """The text is that of the case, and just the part's text is marked."""
    page = show(prompt_parts())
    prompt, mark = page.locator(f"{ROOT} .av-prompt"), page.locator(f"{ROOT} mark")
    assert mark.inner_text().strip() == "Reviews: Soft."
    page.get_by_role("button", name="history 1").click()
    assert mark.all_inner_texts() == [mark.inner_text()]
    assert mark.inner_text().strip() == "She liked: a tent"
    assert page.get_by_role("button", name="history 1").get_attribute("aria-pressed") == "true"
    page.get_by_label("Case").select_option("2")
    assert prompt.inner_text().split("\n") == [
        "<|im_start|>user", "She liked: a coat", "Reviews: Soft.", "Yes or No?",
    ]  # fmt: skip


def test_keyboard_and_buttons(show):
    """Arrow keys move the layer, Enter presses a part, Random case goes to another, Reset comes back."""
    page = show(prompt_parts())
    layer, case = page.get_by_label("Layer"), page.get_by_label("Case")
    layer.focus()
    page.keyboard.press("ArrowRight")
    assert layer.get_attribute("aria-valuetext") == "1 of 5"
    page.keyboard.press("Home")
    assert layer.get_attribute("aria-valuetext") == "mean of all"
    page.get_by_role("button", name="question").focus()
    page.keyboard.press("Enter")
    assert page.locator(f"{ROOT} mark").inner_text() == "Yes or No?"
    page.get_by_role("button", name="Random case").click()
    assert case.input_value() != "1"
    page.get_by_role("button", name="Reset").click()
    assert case.input_value() == "1"


def test_bars_are_drawn_to_scale(show):
    """Attention from the left; a push from the middle, to the right when it is positive."""
    explorer = prompt_parts()
    page = show(explorer)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_label("Push, found by").select_option("1")
    explorer.way = 1
    state = explorer.state()
    domain = np.abs(state["pushes"]).max()
    for i, row in enumerate(page.locator(f"{ROOT} .av-row").all()):
        tracks = [track.bounding_box() for track in row.locator(".av-track").all()]
        weight = row.locator(".av-weight-fill").bounding_box()
        assert weight["width"] / tracks[0]["width"] == pytest.approx(state["attention"][i], abs=0.01)
        push = row.locator(".av-positive, .av-negative").bounding_box()
        middle = tracks[1]["x"] + tracks[1]["width"] / 2
        end = push["x"] + push["width"] if state["pushes"][i] > 0 else push["x"]
        assert (end - middle) / tracks[1]["width"] == pytest.approx(
            0.49 * state["pushes"][i] / domain, abs=0.01
        )


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = prompt_parts()
    page = show(explorer, explorer)
    page.get_by_label("Case").first.select_option("2")
    after = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    assert "Score +1.60" in after
    page.wait_for_function(
        "text => document.querySelector('.av-live').textContent.startsWith(text)", arg=after
    )


def test_saved_files_hold_the_state(show):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds the words, and no script."""
    explorer = prompt_parts(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    np.testing.assert_allclose([row["attention"] for row in found["rows"]], state["attention"], rtol=1e-6)
    pushes = [np.nan if row["push"] is None else row["push"] for row in found["rows"]]
    np.testing.assert_allclose(pushes, state["pushes"], rtol=1e-6)
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    assert {element.tag.rsplit("}")[-1] for element in root.iter()} <= {"svg", "rect", "line", "text"}
    assert "onerror=alert(1)>" in " ".join(root.itertext())
