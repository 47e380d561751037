"""What a reader sees, does and saves in the bars of a prompt's parts."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from pages import HOSTILE_FORMS
from reading import number, saved, serious, tab_stops

from attnviz.widgets import PromptParts

ROOT = ".av-prompt-parts"
PARTS = ("template", "history 1", "reviews", "question")


def prompt_parts(*, text: str = "") -> PromptParts:
    """Three cases, five layers; the template has no removal."""
    generator = np.random.default_rng(0)
    removal = generator.normal(size=(3, 4))
    removal[:, 0] = np.nan
    return PromptParts(
        attention=generator.dirichlet([5, 1, 1, 1], size=(3, 5)),
        pushes={
            "removal" + text: removal,
            "gradient" + text: generator.normal(size=(3, 4)),
        },
        scores=[0.8, -0.4, 1.6],
        parts=[name + text for name in PARTS],
        texts=[
            ["<|im_start|>user\n", f"She liked: a {name}{text}\n", "Reviews: Soft.\n", "Yes or No?"]
            for name in ("hat", "tent", "coat")
        ],
        cases=[name + text for name in ("Ann: scarf", "Ben: scarf", "Cleo: scarf")],
        fixed=["template" + text],
        start_case=1,
        start_part=2,
        rule="the middle case." + text,
        holds=0.2,
        statement="both name the same part." + text,
    )


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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_violation_and_nothing_sticks_out(show, theme, width):
    """With the table open, in both themes, wide and narrow."""
    page = show(prompt_parts(), theme=theme, width=width)
    page.get_by_role("button", name="Table").click()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_every_control_is_reached_by_tab_and_shows_focus(show):
    """Tab visits each input and button once, with a visible outline."""
    page = show(prompt_parts())
    count = page.locator(".av-root :is(input, select, button):not([hidden] *)").count()
    assert count == 3 + len(PARTS) + 5
    assert [outline for _, outline in tab_stops(page, count)] == ["solid"] * count


def test_hostile_text_is_inert(show):
    """A part, a case, a way or a prompt that is HTML stands there as text."""
    page = show(prompt_parts(text=HOSTILE_FORMS))
    page.get_by_role("button", name="Table").click()
    assert page.locator("img").count() == 0
    assert HOSTILE_FORMS in page.locator(f"{ROOT} .av-prompt").inner_text()


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
