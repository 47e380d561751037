"""Everybody can use the figures on reasons: keyboard, screen reader, dark page, narrow page, less motion."""

import pytest
from figures import agreement_explorer, removal_explorer, shelf_explorer, weight_triangle
from reading import serious, tab_stops

ALL = [removal_explorer, weight_triangle, agreement_explorer, shelf_explorer]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_violation(show, theme, width):
    """With all tables open, some cards out and the names hidden, in both themes, wide and narrow."""
    figures = removal_explorer(), weight_triangle(), agreement_explorer(cases=8), shelf_explorer(start_size=6)
    page = show(*figures, theme=theme, width=width)
    for button in page.get_by_role("button", name="Table").all():
        button.click()
    page.get_by_label("Fields removed").fill("3")
    page.get_by_role("checkbox", name="Hide names").check()
    page.wait_for_timeout(400)
    assert serious(page) == []


@pytest.mark.parametrize("figure", ALL)
def test_every_control_is_reached_by_tab_and_shows_focus(show, figure):
    """Tab visits the selects, sliders, checkboxes and buttons in order, each with a visible outline."""
    page = show(figure())
    count = page.locator(".av-root :is(select, input, button):not([hidden])").count()
    seen = tab_stops(page, count)
    assert len({name for name, _ in seen}) == count
    assert {style for _, style in seen} == {"solid"}


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (removal_explorer, ["0 of 5 removed.", "the probability is 0.76"]),
        (weight_triangle, ["tags 0.00", "Move"]),
        (agreement_explorer, ["Step 0.", "untrained"]),
        (shelf_explorer, ["1 of 8 products.", "The shopper decides by reviews"]),
    ],
)
def test_changes_are_announced(show, figure, said):
    """A polite live region says the new state in a sentence, once the slider rests."""
    page = show(figure())
    page.get_by_role("slider").first.press("Home")
    page.wait_for_function(f"document.querySelector('.av-live').textContent.includes({said[0]!r})")
    assert all(words in page.locator(".av-live").text_content() for words in said)


@pytest.mark.parametrize("figure", ALL)
def test_theme_follows_the_page_not_the_system(show, figure):
    """The page's attribute turns the figure dark; the system's preference alone does not."""
    page = show(figure(), color_scheme="dark")
    background = "getComputedStyle(document.querySelector('.av-root')).backgroundColor"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.evaluate("document.documentElement.setAttribute('data-theme', 'dark')")
    assert page.evaluate(background) == "rgb(22, 27, 34)"


def test_reduced_motion_stops_cards_and_thermometers_gliding(show):
    """The mercury sinks slowly, but not for a reader who asked for less motion."""
    duration = "getComputedStyle(document.querySelector('.av-mercury')).transitionDuration"
    for motion, want in (("no-preference", "0.3s, 0.3s"), ("reduce", "0s")):
        page = show(removal_explorer(), reduced_motion=motion)
        page.get_by_label("Fields removed").fill("2")
        assert page.evaluate(duration) == want


@pytest.mark.parametrize("width", [390, 320])
def test_narrow_page_does_not_scroll_sideways(show, width):
    """On a phone everything fits, with the wide tables in boxes of their own."""
    figures = removal_explorer(shapley=True), removal_explorer(), weight_triangle(), agreement_explorer()
    page = show(*figures, shelf_explorer(start_size=8), width=width)
    for button in page.get_by_role("button", name="Table").all():
        button.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("figure", ALL)
def test_clean_up_leaves_no_listener(show, figure):
    """What render returns takes the view and its listeners away."""
    page = show(figure())
    left = page.evaluate(
        """async () => {
            const script = document.querySelector('script[type$="widget-state+json"]');
            const state = JSON.parse(script.textContent).state;
            const model = Object.values(state).find((one) => one.state._esm);
            const bytes = Uint8Array.from(atob(model.buffers[0].data), (c) => c.charCodeAt(0));
            const listeners = new Set();
            const shim = {
                get: (name) => (name === "_data" ? new DataView(bytes.buffer) : model.state[name]),
                set() {}, save_changes() {},
                on: (event) => listeners.add(event), off: (event) => listeners.delete(event),
            };
            const el = document.createElement("div");
            const url = URL.createObjectURL(new Blob([model.state._esm], { type: "text/javascript" }));
            const { default: widget } = await import(url);
            const cleanup = await widget.render({ model: shim, el });
            const during = [listeners.size > 0, el.childElementCount];
            cleanup();
            return [during, [listeners.size, el.childElementCount]];
        }"""
    )
    assert left == [[True, 1], [0, 0]]
