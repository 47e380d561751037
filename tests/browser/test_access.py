"""Everybody can use every explorer: keyboard, screen reader, dark page, telephone, any text."""

import json
from xml.etree import ElementTree

import pytest
from explorers import ALL, REVIEW, TOKENS, human_overlay, token_explorer
from figures import agreement_explorer, removal_explorer, shelf_explorer, weight_triangle
from pages import HOSTILE_FORMS, field_explorer
from reading import saved, serious, tab_order, unfold

DRAWN = {"svg", "g", "rect", "line", "text", "path", "circle", "polygon"}
ALSO_DRAWN = {"roc_slider": {"polyline"}, "token_explorer": {"image"}}
USERS_TEXT = {"prompt_parts": ".av-prompt", "human_overlay": ".av-review"}  # of the others the whole explorer
# Each ends in the folded small print and in five buttons or, with "Random case", six.
STOPS = {
    "field_explorer": 16,
    "reason_explorer": 9,
    "removal_explorer": 9,
    "weight_triangle": 12,
    "agreement_explorer": 9,
    "shelf_explorer": 9,
    "neighbour_picker": 1 + 10 + 1 + 6,
    "roc_slider": 10,
    "baseline_slider": 10,
    "fault_switches": 1 + 2 + 1 + 6,
    "heads_explorer": 3 + 6 + 2,
    "field_matrix": 2 + 6 + 7,
    "history_explorer": 1 + 15 + 1 + 9,
    "token_explorer": 11,
    "prompt_parts": 3 + 4 + 7,
    "human_overlay": 3 + 7,
}
BACKGROUND = "getComputedStyle(document.querySelector('.av-root')).backgroundColor"
# Of radio buttons that belong together, Tab stops at one.
OTHER_RADIOS = ".av-switch + .av-switch > [type='radio']"
CONTROLS = (
    f".av-root :is(select, input, button, summary, .av-scroll):not([tabindex='-1'], {OTHER_RADIOS}):visible"
)
SCROLL_WIDTH = "document.documentElement.scrollWidth"

every_explorer = pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)


@every_explorer
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_violation_and_nothing_sticks_out(show, make, theme, width):
    """With the table open, in both themes, wide and narrow."""
    page = show(make(), theme=theme, width=width)
    page.get_by_role("button", name="Table").click()
    assert serious(page) == []
    assert page.evaluate(SCROLL_WIDTH) == width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_what_is_off_removed_hidden_or_taken(show, theme, width):
    """A field off, cards out, names hidden, a full shelf, every word taken: pale or marked, and readable."""
    figures = field_explorer(), removal_explorer(), agreement_explorer(cases=8), shelf_explorer(size=6)
    page = show(*figures, human_overlay(), theme=theme, width=width)
    for button in page.get_by_role("button", name="Table").all():
        button.click()
    page.get_by_role("checkbox", name="price").uncheck()
    page.get_by_label("Fields removed").fill("3")
    page.get_by_role("checkbox", name="Hide names").check()
    page.get_by_label("Words taken").fill(str(len(REVIEW)))
    page.wait_for_timeout(400)
    assert serious(page) == []
    assert page.evaluate(SCROLL_WIDTH) == width


@pytest.mark.parametrize("width", [390, 320])
def test_a_fourth_order_and_a_full_shelf_fit_a_phone(show, width):
    """The widest states of two explorers, with their tables, do not scroll the page sideways."""
    page = show(removal_explorer(shapley=True), shelf_explorer(size=8), width=width)
    for button in page.get_by_role("button", name="Table").all():
        button.click()
    assert page.evaluate(SCROLL_WIDTH) == width


@every_explorer
def test_a_phone_of_320_pixels_does_not_scroll_sideways(show, make):
    """Everything fits, with the wide tables in boxes of their own."""
    page = show(make(), width=320)
    page.get_by_role("button", name="Table").click()
    assert page.evaluate(SCROLL_WIDTH) == 320


@every_explorer
def test_tab_goes_through_the_controls_in_order_and_shows_where_it_is(show, make):
    """Each control is one stop with a visible outline; of the tokens only the chosen one."""
    page = show(make())
    stops = STOPS[make.__name__]
    assert page.locator(CONTROLS).count() == stops
    assert tab_order(page, CONTROLS) == [(place, "solid") for place in range(stops)]


@every_explorer
def test_theme_follows_the_page_not_the_system(show, make):
    """The page's attribute or JupyterLab's turns it dark; the system's preference alone does not."""
    page = show(make(), color_scheme="dark")
    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)"
    page.evaluate("document.documentElement.setAttribute('data-theme', 'dark')")
    assert page.evaluate(BACKGROUND) == "rgb(27, 31, 38)"
    page.evaluate("document.documentElement.removeAttribute('data-theme')")
    page.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    assert page.evaluate(BACKGROUND) == "rgb(27, 31, 38)"


@every_explorer
def test_hostile_text_is_shown_and_saved_as_text(show, make):
    """Names, cases and rules with markup in them stay words, on the page and in both files."""
    page = show(make(text=HOSTILE_FORMS), width=390)
    page.get_by_role("button", name="Table").click()
    assert page.locator(".av-root img").count() == 0
    assert HOSTILE_FORMS in page.locator(USERS_TEXT.get(make.__name__, ".av-root")).inner_text()
    assert page.evaluate(SCROLL_WIDTH) == 390
    for slider in page.get_by_role("slider").all()[:1]:
        slider.press("Home")
    assert page.locator(".av-root img").count() == 0
    json.loads(saved(page, "Save JSON"))
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    kinds = {element.tag.rsplit("}")[-1] for element in root.iter()}
    assert kinds <= DRAWN | ALSO_DRAWN.get(make.__name__, set())
    assert "onerror=alert(1)>" in " ".join(root.itertext())


@every_explorer
def test_a_saved_picture_leaves_out_what_xml_forbids(show, make):
    """Control characters and a character that is none do not keep the file from being read."""
    page = show(make(text=" soft\x08\x1b\x0c\ufffeware "))
    words = " ".join(ElementTree.fromstring(saved(page, "Save SVG")).itertext())
    assert "software" in words or "soft ware" in words


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (removal_explorer, ["0 of 5 removed.", "the probability is 0.76"]),
        (weight_triangle, ["tags 0.00", "Move"]),
        (agreement_explorer, ["Step 0.", "untrained"]),
        (shelf_explorer, ["1 of 8 products.", "The shopper decides by reviews"]),
        (field_explorer, ["Temperature 0.10", "Probability"]),
    ],
)
def test_changes_are_announced(show, make, said):
    """A polite live region says the new state in a sentence, once the slider rests."""
    page = show(make())
    page.get_by_role("slider").first.press("Home")
    page.wait_for_function(f"document.querySelector('.av-live').textContent.includes({said[0]!r})")
    assert all(words in page.locator(".av-live").text_content() for words in said)


@pytest.mark.parametrize(
    ("make", "label", "moving", "duration"),
    [
        (field_explorer, "Shopper", ".av-weight-fill", "0.22s, 0.22s"),
        (removal_explorer, "Case", ".av-mercury", "0.3s, 0.3s"),
    ],
)
def test_reduced_motion_stops_the_gliding(show, make, label, moving, duration):
    """Bars and mercury glide to another case, but not for a reader who asked for less motion."""
    for motion, want in (("no-preference", duration), ("reduce", "0s")):
        page = show(make(), reduced_motion=motion)
        page.get_by_label(label, exact=True).select_option("1")
        assert (
            page.evaluate(f"getComputedStyle(document.querySelector('{moving}')).transitionDuration") == want
        )


def test_a_saved_picture_holds_the_tokens_that_are_scrolled_away(show):
    """Of 200 tokens most are out of sight on a phone; the file has every one, and the page is as before."""
    page = show(token_explorer(tokens=200), width=390)
    chips = page.locator(".av-chips")
    height = chips.bounding_box()["height"]
    words = [
        element.text for element in ElementTree.fromstring(saved(page, "Save SVG")).iter() if element.text
    ]
    assert sum(word in TOKENS for word in words) >= 200
    assert chips.bounding_box()["height"] == height


@every_explorer
def test_clean_up_leaves_no_listener(show, make):
    """What render returns takes the view and its listeners away."""
    page = show(make())
    left = page.evaluate(
        """async () => {
            const script = document.querySelector('script[type$="widget-state+json"]');
            const state = JSON.parse(script.textContent).state;
            const model = Object.values(state).find((one) => one.state._esm);
            const bytes = (data) => new DataView(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
            for (const { path, data } of model.buffers) model.state[path[0]] = bytes(data);
            const traits = Object.keys(model.state._meta.start);
            const listeners = new Set();
            const shim = {
                get: (name) => model.state[name], set() {}, save_changes() {},
                on: (event) => listeners.add(event), off: (event) => listeners.delete(event),
            };
            const el = document.createElement("div");
            const url = URL.createObjectURL(new Blob([model.state._esm], { type: "text/javascript" }));
            const { default: widget } = await import(url);
            const cleanup = await widget.render({ model: shim, el });
            const during = [listeners.size === traits.length, el.childElementCount];
            cleanup();
            return [during, [listeners.size, el.childElementCount]];
        }"""
    )
    assert left == [[True, 1], [0, 0]]


RANDOM = {"neighbour_picker": "Sentence", "human_overlay": "Review"}  # what another case is called
WITHOUT_RANDOM = {"field_explorer", "agreement_explorer", "roc_slider", "fault_switches", "token_explorer"}


@every_explorer
def test_random_case_and_reset_behave_alike(show, make):
    """Random case stands first and goes to another case, if there is one; Reset brings the start back."""
    page = show(make())
    before = page.locator(".av-figure").inner_text()
    names = page.locator(".av-actions button").all_inner_texts()
    assert [name for name in names if name][-5:] == ["Reset", "Table", "Save SVG", "Save JSON", "Projector"]
    assert ("Random case" in names) == (make.__name__ not in WITHOUT_RANDOM)
    if "Random case" in names:
        assert names[0] == "Random case"
        case = page.get_by_label(RANDOM.get(make.__name__, "Case"), exact=True)
        for _ in range(4):
            present = case.input_value()
            page.get_by_role("button", name="Random case").click()
            assert case.input_value() != present
    else:
        page.locator(".av-controls :is(select, input)").first.press("Space")
        for slider in page.get_by_role("slider").all():
            slider.press("Home")
    page.get_by_role("button", name="Reset").click()
    assert page.locator(".av-figure").inner_text() == before


@pytest.mark.parametrize(
    "make", [one for one in ALL if one is not field_explorer], ids=lambda make: make.__name__
)
def test_an_explorer_without_a_claim_shows_none(show, make):
    """No share, no rule, no null; the saved file says null. With a claim, the file has all of it."""
    explorer = make()
    claim = explorer._meta["claim"]
    page = show(explorer)
    assert claim["rule"] not in page.locator(".av-foot").inner_text()  # small print is folded
    unfold(page)
    assert page.locator(".av-foot").inner_text().endswith(claim["rule"])
    assert json.loads(saved(page, "Save JSON"))["claim"] == claim
    page = show(make(claim=None))
    unfold(page)
    words = page.locator(".av-foot").inner_text()
    assert page.locator(".av-holds").count() == 0
    assert not any(word in words for word in ("Holds in", "null", "undefined", "Starting", "Start:"))
    assert json.loads(saved(page, "Save JSON"))["claim"] is None
