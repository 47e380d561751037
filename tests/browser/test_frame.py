"""What `connect` gives every explorer: its buttons, the way back to the start, another case, its claim."""

import json

import pytest
from explorers import ALL
from reading import saved

BUTTONS = ".av-root .av-actions button"

every_explorer = pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)


def names(page) -> list[str]:
    """The names of the row of buttons, in order."""
    return page.locator(BUTTONS).all_inner_texts()


@every_explorer
def test_the_buttons_are_the_same_everywhere(show, make):
    """Random case comes first where there are several cases; Reset and what is saved come last."""
    explorer = make()
    page = show(explorer)
    assert names(page)[-4:] == ["Reset", "Table", "Save SVG", "Save JSON"]
    several = len(explorer._meta.get("cases", ())) > 1
    assert ["Random case"] * several == [name for name in names(page) if name == "Random case"]
    assert not several or names(page)[0] == "Random case"


@every_explorer
def test_reset_brings_the_start_back(show, make):
    """After another case and a moved control, what is saved is what was saved at first, to the letter."""
    page = show(make())
    first = saved(page, "Save JSON")
    if "Random case" in names(page):
        page.get_by_role("button", name="Random case").click()
        assert json.loads(saved(page, "Save JSON"))["case"] != json.loads(first)["case"]
    control = page.locator(".av-root :is(input[type=range], input[type=checkbox], select)").first
    control.focus()
    page.keyboard.press("Space" if control.get_attribute("type") == "checkbox" else "ArrowDown")
    page.get_by_role("button", name="Reset").click()
    assert saved(page, "Save JSON") == first


@every_explorer
def test_a_claim_is_shown_and_saved_or_not_there_at_all(show, make):
    """With a claim its share and rule stand below the figure; without one nothing is said in its place."""
    explorer = make()
    claim = explorer._meta["claim"]
    page = show(explorer)
    assert json.loads(saved(page, "Save JSON"))["claim"] == claim
    if claim is None:
        assert page.locator(".av-holds").count() == 0
        return
    foot = page.locator(".av-foot").inner_text()
    assert claim["rule"] in foot
    page = show(make(claim=None))
    assert json.loads(saved(page, "Save JSON"))["claim"] is None
    assert page.locator(".av-holds").count() == 0
    for word in ("Holds in", "null", "undefined", "Start"):
        assert word not in page.locator(".av-foot").inner_text()
