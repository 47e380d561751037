"""An explorer on the projector: alone, large, its controls beside the picture; and the sizes on a page."""

import pages
import pytest
from explorers import ALL, fault_switches, neighbour_picker, roc_slider
from pages import field_explorer, reason_explorer
from playwright.sync_api import expect
from reading import serious, tab_order, text_sizes
from test_access import CONTROLS

FOUNDATIONS = [reason_explorer, field_explorer, neighbour_picker, roc_slider, fault_switches]
IN_THE_FORM = [one for one in FOUNDATIONS if one is not reason_explorer]
OPEN = "dialog.av-projector[open]"
SCROLLING = """dialog => [document.scrollingElement, dialog, ...dialog.querySelectorAll('*')]
    .filter(one => ['auto', 'scroll'].includes(getComputedStyle(one).overflowY))
    .filter(one => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)
    .map(one => one.className)"""

foundations = pytest.mark.parametrize("make", FOUNDATIONS, ids=lambda make: make.__name__)
in_the_form = pytest.mark.parametrize("make", IN_THE_FORM, ids=lambda make: make.__name__)
every_explorer = pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)


@pytest.fixture
def project(open_page, tmp_path):
    """Open a page with the widgets, and what follows its address."""

    def projected(*widgets, query="?projector", theme="light", width=1280, height=720):
        path = pages.write_page(tmp_path, *widgets, theme=theme)
        page = open_page(path.as_uri() + query, width=width, height=height)
        page.wait_for_selector(f"{OPEN} .av-root" if query else ".av-root")
        return page

    return projected


@foundations
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_lecture_hall_sees_all_of_it(project, make, theme):
    """At 1280 x 720 nothing scrolls, no text is below 18 pixels, controls stand beside, axe finds nothing."""
    page = project(make(), theme=theme)
    dialog = page.locator(OPEN)
    assert dialog.evaluate(SCROLLING) == []
    sizes = text_sizes(dialog)
    assert len(sizes) > 10
    assert [found for found in sizes if found[0] < 17.99] == []
    controls, figure = (dialog.locator(name).bounding_box() for name in (".av-controls", ".av-figure"))
    assert controls["x"] + controls["width"] <= figure["x"]
    assert (controls["x"], controls["y"]) >= (0, 0)
    assert figure["x"] + figure["width"] == pytest.approx(1280, abs=40)
    assert figure["width"] > 800
    assert serious(page) == []


@every_explorer
def test_it_comes_and_goes_and_keeps_what_was_set(project, make):
    """The button opens it, Escape and the button leave it; order, words and focus are as before."""
    page = project(make(), query="")
    whole, toggle = page.locator(".av-root"), page.locator(".av-project")
    for slider in page.get_by_role("slider").all()[:1]:
        slider.press("End")
    order = "root => [...root.children].map(one => one.className)"
    before, words = whole.evaluate(order), page.locator(".av-figure").inner_text()
    for leave in ("Escape", "Enter"):
        toggle.focus()
        page.keyboard.press("Enter")
        controls, figure = (
            page.locator(f"{OPEN} {name}").bounding_box() for name in (".av-controls", ".av-figure")
        )
        assert controls["x"] + controls["width"] <= figure["x"]
        assert page.get_by_role("button", name="Save SVG").count() == 0
        if leave == "Enter":
            toggle.focus()
        page.keyboard.press(leave)
        expect(page.locator("dialog")).to_have_count(0)
        assert whole.evaluate(order) == before
        assert page.locator(".av-figure").inner_text() == words
        assert toggle.inner_text() == "Projector"
        assert toggle.evaluate("one => one === document.activeElement")


@foundations
def test_on_the_projector_keys_stay_inside_and_show_where_they_are(project, make):
    """Tab goes through the controls in their order, each with a visible outline; a slider moves by arrows."""
    page = project(make())
    page.locator(f"{OPEN} {CONTROLS}").first.focus()
    page.keyboard.press("Shift+Tab")
    stops = page.locator(f"{OPEN} {CONTROLS}").count()
    assert stops > 4
    assert tab_order(page, f"{OPEN} {CONTROLS}") == [(place, "solid") for place in range(stops)]
    for slider in page.get_by_role("slider").all():
        slider.focus()
        before = slider.input_value()
        page.keyboard.press("ArrowLeft")
        assert slider.input_value() != before


@pytest.mark.parametrize(
    ("query", "root"),
    [
        ("?projector", "av-field-explorer"),
        ("?projector=2", "av-roc-slider"),
        ("?projector=3", "av-field-explorer"),
        ("?projector=RocSlider", "av-roc-slider"),
        ("?projector=roc_slider", "av-roc-slider"),
    ],
)
def test_the_address_names_the_explorer(project, query, root):
    """Without a value it is the page's first one; a number counts, a name is found, however it is written."""
    page = project(field_explorer(), roc_slider(), field_explorer(), query=query)
    page.wait_for_timeout(300)
    assert page.locator(f"{OPEN} .av-root").count() == 1
    assert page.locator(f"{OPEN} .{root}").count() == 1
    if query == "?projector=3":
        assert page.evaluate(f"document.querySelectorAll('.av-root')[2].closest('{OPEN}') !== null")


@pytest.mark.parametrize("query", ["?projector=4", "?projector=TokenExplorer", "?other=1"])
def test_an_address_that_names_none_opens_none(open_page, tmp_path, query):
    """No dialog, and the page as it is."""
    page = open_page(pages.write_page(tmp_path, field_explorer(), roc_slider()).as_uri() + query)
    page.wait_for_function("document.querySelectorAll('.av-root').length === 2")
    page.wait_for_timeout(300)
    assert page.locator("dialog").count() == 0


def test_a_larger_screen_shows_it_larger_and_a_telephone_in_one_column(project):
    """At 1920 x 1080 text of 27 pixels; at 390 everything is beneath each other and nothing sticks out."""
    page = project(roc_slider(), width=1920, height=1080)
    assert min(size for size, _ in text_sizes(page.locator(OPEN))) > 26.9
    page.set_viewport_size({"width": 390, "height": 844})
    dialog = page.locator(OPEN)
    page.wait_for_function(f"document.querySelector('{OPEN} .av-root').style.zoom === '1'")
    assert dialog.evaluate("one => one.querySelector('.av-root').scrollWidth") <= 390
    controls, figure = (dialog.locator(name).bounding_box() for name in (".av-controls", ".av-figure"))
    assert controls["y"] + controls["height"] <= figure["y"]


@in_the_form
@pytest.mark.parametrize("width", [1280, 720, 390])
def test_on_a_page_text_is_of_14_pixels_and_the_whole_of_900(show, make, width):
    """720 is what the book leaves of a window of 1280; a telephone may scroll."""
    page = show(make(), width=width)
    root = page.locator(".av-root")
    assert [found for found in text_sizes(root) if found[0] < 13.9] == []
    if width > 390:
        assert root.bounding_box()["height"] <= 900


@in_the_form
def test_controls_stay_in_sight(show, make):
    """In a low window that is scrolled to the end of the picture, they are still there."""
    page = show(make(), width=720, height=500)
    page.locator(".av-foot").evaluate("one => one.scrollIntoView({ block: 'end' })")
    box = page.locator(".av-controls").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 500
