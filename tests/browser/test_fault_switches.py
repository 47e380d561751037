"""What a reader sees, does and saves in the fault switches."""

import json
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import fault_switches
from pages import HOSTILE_FORMS
from reading import number, saved

from attnviz.widgets.fault_switches import CHECKS, FAULTS

ROOT = ".av-fault-switches"


def switch(page, faults) -> None:
    """Click until just these faults are on; whoever knows them need not guess."""
    if page.get_by_role("button", name="Show me").is_visible():
        page.get_by_role("button", name="Show me").click()
    for name, label in FAULTS.items():
        page.get_by_role("checkbox", name=label).set_checked(name in faults)


def assert_shows(page, state) -> None:
    """Bars, output, signs and table are those of `state()`."""
    rows = page.locator(f"{ROOT} .av-row .av-number").all_inner_texts()
    np.testing.assert_allclose([number(text) for text in rows], state["weights"], atol=5.1e-3)
    output = page.locator(f"{ROOT} .av-output strong").inner_text().strip("()").split(", ")
    np.testing.assert_allclose([number(text) for text in output], state["output"], atol=5.1e-3)
    signs = page.locator(f"{ROOT} .av-sign").all_inner_texts()
    assert signs == ["✓ holds" if holds else "✗ fails" for holds in state["checks"].values()]
    cells = page.locator(f"{ROOT} .av-tables table").nth(1).locator("tbody tr").all()
    found = [cell.locator("td").nth(1).inner_text() for cell in cells]
    want = list(state["found"].values())
    assert [text == "not a number" for text in found] == np.isnan(want).tolist()
    pairs = [(number(text), value) for text, value in zip(found, want, strict=True) if not np.isnan(value)]
    np.testing.assert_allclose(*zip(*pairs, strict=True), atol=5.1e-5)


def test_it_shows_state_for_each_switch_and_each_pair(show):
    """Weights, output, signs and the numbers behind the checks, as Python computes them."""
    explorer = fault_switches()
    page = show(explorer)
    page.get_by_role("button", name="Table").click()
    switch(page, ["last"])
    for faults in [(), *combinations(FAULTS, 1), *combinations(FAULTS, 2), tuple(FAULTS)]:
        switch(page, faults)
        explorer.faults = list(faults)
        assert_shows(page, explorer.state())


def test_the_sentence_says_what_can_be_seen(show):
    """It tells a fault that shows in the weights from one that does not, and counts the checks."""
    page = show(fault_switches())
    verdict = page.locator(f"{ROOT} .av-verdict")
    says = {
        (): "No fault is on. All 8 checks hold.",
        ("last",): "the weights are right and the output is wrong. 3 of 8 checks fail.",
        ("bare",): "weights and output are right here. 1 of 8 checks fail.",
        ("each",): "the weights change. 3 of 8 checks fail.",
    }
    for faults, words in says.items():
        switch(page, faults)
        assert verdict.inner_text().endswith(words)


def test_keyboard_and_buttons(show):
    """Space turns a switch; All off turns all off; Reset brings the starting fault and its riddle back."""
    page = show(fault_switches())
    page.get_by_role("button", name="Show me").click()
    page.get_by_role("checkbox", name=FAULTS["each"]).focus()
    page.keyboard.press("Space")
    on = page.locator(f"{ROOT} input:checked")
    assert on.count() == 2
    page.get_by_role("button", name="All off").click()
    assert on.count() == 0
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_role("checkbox").count() == 0
    page.get_by_role("button", name="Show me").click()
    assert on.count() == 1
    assert page.get_by_role("checkbox", name=FAULTS["last"]).is_checked()


def test_the_reader_guesses_before_the_switches_tell(show):
    """No word of the fault before; by keyboard a wrong guess is told what it is, a right one praised."""
    page = show(fault_switches())
    verdict = page.locator(f"{ROOT} .av-verdict")
    assert verdict.inner_text().startswith("For Ann the weights are right and the output is wrong.")
    assert page.get_by_role("checkbox").count() == 0
    page.get_by_role("button", name="Answer").click()  # nothing chosen: it asks, and tells nothing
    assert page.evaluate("document.activeElement.type") == "radio"
    page.keyboard.press("ArrowDown")
    said = page.locator(f"{ROOT} [type=radio]:checked").get_attribute("value")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert said != "last"
    assert verdict.inner_text().startswith(f"You said “{FAULTS[said]}”. It is: {FAULTS['last']}")
    assert page.evaluate("document.activeElement.type") == "checkbox"
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("radio", name=FAULTS["last"]).check()
    page.get_by_role("button", name="Answer").click()
    assert verdict.inner_text().startswith(f"Right: {FAULTS['last']}")


def test_another_riddle_is_another_fault(show):
    """A single fault that was not on, hidden again, with no guess chosen; without a fault there is none."""
    page = show(fault_switches())
    before = "last"
    for _ in range(4):
        page.get_by_role("button", name="Another to guess").click()
        assert page.locator(f"{ROOT} [type=radio]:checked").count() == 0
        page.get_by_role("button", name="Show me").click()
        on = page.locator(f"{ROOT} .av-switch:has(:checked) .av-fault").all_inner_texts()
        assert len(on) == 1
        assert on != [FAULTS[before]]
        before = next(name for name, label in FAULTS.items() if [label] == on)
    assert show(fault_switches(faults=[])).get_by_role("checkbox").count() == len(FAULTS)


def test_a_bar_ends_at_its_weight_and_the_line_at_the_sound_one(show):
    """The bar is drawn to scale; with a fault that moves weights the line stays where it was."""
    explorer = fault_switches()
    page = show(explorer)
    explorer.faults = []
    sound = explorer.state()["weights"]
    switch(page, ["shared"])
    explorer.faults = ["shared"]
    weights = explorer.state()["weights"]
    for place, row in enumerate(page.locator(f"{ROOT} .av-row").all()):
        names = (".av-track", ".av-weight-fill", ".av-mark")
        track, bar, mark = (row.locator(name).bounding_box() for name in names)
        assert bar["width"] / track["width"] == pytest.approx(weights[place], abs=0.01)
        end = mark["x"] + mark["width"] / 2 - track["x"]
        assert end / track["width"] == pytest.approx(sound[place], abs=0.01)


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = fault_switches()
    page = show(explorer, explorer)
    for button in page.get_by_role("button", name="Show me").all()[::-1]:
        button.click()
    page.get_by_role("checkbox", name=FAULTS["batch"]).first.check()
    after = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    assert "Softmax over the batch" in after
    page.wait_for_function(
        "text => document.querySelector('.av-live').textContent.startsWith(text)", arg=after
    )


def test_saved_files_hold_the_state(show):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds the words, and no script."""
    explorer = fault_switches(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    np.testing.assert_allclose(found["weights"], state["weights"])
    assert {check["name"]: check["holds"] for check in found["checks"]} == state["checks"]
    assert list(CHECKS.values()) == [check["label"] for check in found["checks"]]
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    assert {element.tag.rsplit("}")[-1] for element in root.iter()} <= {"svg", "rect", "line", "text"}
    assert "onerror=alert(1)>" in " ".join(root.itertext())
