"""What a reader sees, does and saves in the human overlay."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import OTHER, REVIEW, human_overlay
from pages import HOSTILE_FORMS
from reading import number, saved

ROOT = ".av-human-overlay"


def assert_shows(page, explorer) -> None:
    """Frames, underlines and the three bars are those of `state()`."""
    state = explorer.state()
    words = page.locator(f"{ROOT} .av-word").all()
    assert len(words) == len(state["votes"])
    framed = [word.inner_text() for word in words if word.locator(".av-frame").count()]
    assert framed == state["chosen"]
    lines = [word.locator(".av-votes") for word in words]
    heights = [line.bounding_box()["height"] if line.count() else 0 for line in lines]
    np.testing.assert_allclose(heights, 5 * state["votes"] / 3, atol=0.05)
    shown = [number(text) for text in page.locator(f"{ROOT} .av-row .av-number").all_inner_texts()]
    np.testing.assert_allclose(shown, [state[name] for name in ("precision", "recall", "f1")], atol=5.1e-3)


def test_it_shows_state_for_each_case_method_and_count(show):
    """Every place of the slider, in both reviews, for both methods."""
    explorer = human_overlay()
    page = show(explorer)
    for case, review in enumerate([REVIEW, OTHER]):
        page.get_by_label("Review").select_option(str(case))
        for method in range(2):
            page.get_by_label("Method").select_option(str(method))
            for count in (1, 4, len(review)):
                page.get_by_label("Words taken").fill(str(count))
                explorer.case, explorer.method, explorer.count = case, method, count
                assert_shows(page, explorer)


def test_a_shorter_review_takes_all_it_has(show):
    """With the slider at the end of the long review, the short one shows all its words taken."""
    page = show(human_overlay())
    page.get_by_label("Words taken").fill(str(len(REVIEW)))
    page.get_by_role("button", name="Random case").click()
    assert page.locator(f"{ROOT} .av-value").inner_text() == f"{len(OTHER)} of {len(OTHER)}"
    assert page.locator(f"{ROOT} .av-frame").count() == len(OTHER)


def test_shades_are_shares_of_the_highest_score(show):
    """The highest score has the full shade, and a negative one none."""
    explorer = human_overlay()
    page = show(explorer)
    page.get_by_label("Method").select_option("1")
    scores = np.array(explorer._arrays["scores"][0, 1][: len(REVIEW)])
    shades = [float(one.get_attribute("fill-opacity")) for one in page.locator(f"{ROOT} .av-shade").all()]
    np.testing.assert_allclose(shades, 0.5 * (scores / scores.max()).clip(0), atol=1e-6)


def test_keyboard_reset_table_and_sentence(show):
    """An arrow key takes one word more; Reset brings the start back; the table has a row for each word."""
    page = show(human_overlay())
    page.get_by_label("Words taken").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(f"{ROOT} .av-value").inner_text() == f"6 of {len(REVIEW)}"
    assert page.locator(f"{ROOT} .av-verdict").inner_text().startswith("Of the 6 words that attention")
    page.get_by_role("button", name="Reset").click()
    assert page.locator(f"{ROOT} .av-value").inner_text() == f"5 of {len(REVIEW)}"
    page.get_by_role("button", name="Table").click()
    rows = page.locator(f"{ROOT} tbody tr").all()
    assert len(rows) == len(REVIEW)
    assert sum(row.inner_text().endswith("yes") for row in rows) == 5


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = human_overlay()
    page = show(explorer, explorer)
    page.get_by_label("Words taken").first.fill("1")
    after = page.locator(f"{ROOT} .av-verdict").nth(1).inner_text()
    assert after.startswith("Of the word that attention scores highest")
    page.wait_for_function(
        "text => document.querySelector('.av-live').textContent.startsWith(text)", arg=after
    )


def test_saved_files_hold_the_state(show):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds words and drawings, and no script."""
    explorer = human_overlay(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    for name in ("precision", "recall", "f1", "people_f1"):
        assert found[name] == pytest.approx(state[name])
    assert [word["word"] for word in found["words"] if word["chosen"]] == state["chosen"]
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    assert {element.tag.rsplit("}")[-1] for element in root.iter()} <= {"svg", "rect", "line", "text"}
    words = " ".join(root.itertext())
    assert "scarf" in words
    assert "onerror=alert(1)>" in words
