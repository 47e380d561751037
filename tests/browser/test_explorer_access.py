"""Everybody can use an explorer: keyboard, screen reader, dark page, narrow page, less motion."""

import pytest
from pages import FIELD, field_explorer, reason_explorer
from reading import serious, tab_stops


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_violation(show, theme, width):
    """With all parts open and one field off, in both themes, wide and narrow."""
    page = show(field_explorer(), reason_explorer(), theme=theme, width=width)
    for button in page.get_by_role("button", name="Table").all():
        button.click()
    page.get_by_role("checkbox", name="price").uncheck()
    page.wait_for_timeout(300)
    assert serious(page) == []


def test_every_control_is_reached_by_tab_and_shows_focus(show):
    """Tab visits the selects, sliders, checkboxes and buttons in order, each with a visible outline."""
    page = show(field_explorer())
    count = page.locator(f"{FIELD} :is(select, input, button):not([hidden])").count()
    seen = tab_stops(page, count)
    assert len({name for name, _ in seen}) == count
    assert {style for _, style in seen} == {"solid"}


def test_changes_are_announced(show):
    """A polite live region says the new state in a sentence, once the slider rests."""
    page = show(field_explorer())
    page.get_by_label("Temperature").fill("1")
    page.wait_for_function("document.querySelector('.av-live').textContent.includes('Temperature 10.00')")
    assert "Probability" in page.locator(".av-live").text_content()


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [("documentElement", "data-theme", "dark"), ("body", "data-jp-theme-light", "false")],
)
def test_theme_follows_the_page_not_the_system(show, where, name, value):
    """The page's attribute turns the explorer dark; the system's preference alone does not."""
    page = show(field_explorer(), color_scheme="dark")
    background = "getComputedStyle(document.querySelector('.av-root')).backgroundColor"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.evaluate(f"document.{where}.setAttribute('{name}', '{value}')")
    assert page.evaluate(background) == "rgb(22, 27, 34)"


def test_reduced_motion_stops_the_bars_gliding(show):
    """Bars glide after a switch, but not for a reader who asked for less motion."""
    duration = "getComputedStyle(document.querySelector('.av-weight-fill')).transitionDuration"
    for motion, want in (("no-preference", "0.22s, 0.22s"), ("reduce", "0s")):
        page = show(field_explorer(), reduced_motion=motion)
        page.get_by_role("checkbox", name="price").uncheck()
        assert page.evaluate(duration) == want


def test_narrow_page_does_not_scroll_sideways(show):
    """At 390 pixels everything fits, with the wide tables in boxes of their own."""
    page = show(field_explorer(), reason_explorer(), width=390)
    for button in page.get_by_role("button", name="Table").all():
        button.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
