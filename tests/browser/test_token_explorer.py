"""What a reader sees, does and saves in the token explorer."""

import json
from xml.etree import ElementTree

import numpy as np
from explorers import TOKENS, token_explorer
from pages import HOSTILE_FORMS
from reading import saved

from attnviz.widgets import TokenExplorer

ROOT = ".av-token-explorer"
TALLEST = 20  # pixels


def heights(page, name: str) -> np.ndarray:
    """The bars' heights as shares of the tallest."""
    read = "all => all.map(one => Number(one.getAttribute('height')))"
    return np.array(page.locator(f"{ROOT} .av-{name}").evaluate_all(read)) / TALLEST


def assert_shows(page, state) -> None:
    """Bars, marked tokens and table are those of `state()`."""
    for name, values in [("up", state["looks"]), ("down", state["looked_at_by"])]:
        np.testing.assert_allclose(heights(page, name), values / values.max(), atol=5.1e-4)
    read = "all => all.flatMap((one, i) => one.classList.contains('av-marked') ? [i] : [])"
    assert page.locator(f"{ROOT} .av-chip").evaluate_all(read) == sorted(state["marked"])
    table = np.array(page.locator(f"{ROOT} .av-tables td").all_inner_texts()).reshape(-1, 3)
    np.testing.assert_allclose(table[:, 0].astype(float), state["looks"], atol=5.1e-5)
    np.testing.assert_allclose(table[:, 2].astype(float), state["looked_at_by"], atol=5.1e-5)
    assert (table[:, 1] == "yes").sum() == len(state["marked"])


def test_it_shows_state_for_layers_heads_tokens_views_and_masses(show):
    """Bars, marks, table and sentence, as Python computes them."""
    explorer = token_explorer()
    page = show(explorer)
    page.get_by_role("button", name="Table").click()
    assert_shows(page, explorer.state())
    for layer, head, token, view, mass in [
        (0, 3, 7, "weight", 0.5),
        (2, 0, 0, "norm", 1.0),
        (1, 1, 4, "rollout", 0.05),
    ]:
        page.get_by_label("Layer", exact=True).select_option(str(layer))
        page.get_by_label("Head", exact=True).select_option(str(head))
        page.get_by_label("Numbers").select_option(label={"norm": "weight × value norm"}.get(view, view))
        page.locator(f"{ROOT} .av-chip").nth(token).click()
        page.locator("input[type=range]").fill(str(round(100 * mass)))
        explorer.set_state({"layer": layer, "head": head, "token": token, "view": view, "mass": mass})
        state = explorer.state()
        assert_shows(page, state)
        words = page.locator(f"{ROOT} .av-verdict").inner_text()
        assert f"{len(state['marked'])} of 8 tokens hold" in words
        assert f"with {state['looks'].max():.2f}" in words


def test_arrow_keys_choose_tokens_and_stop_at_the_ends(show):
    """One tab stop for all tokens; the focus follows; Home and End jump."""
    page = show(token_explorer())
    chips = page.locator(f"{ROOT} .av-chip")
    chips.nth(3).focus()
    for key, want in [("ArrowRight", 4), ("ArrowUp", 3), ("End", 7), ("ArrowDown", 7), ("Home", 0)]:
        page.keyboard.press(key)
        assert chips.nth(want).evaluate("one => document.activeElement === one")
        assert chips.nth(want).get_attribute("aria-checked") == "true"
        assert page.locator(f"{ROOT} [aria-checked=true]").count() == 1
    assert page.locator(f"{ROOT} .av-chip[tabindex='0']").count() == 1


def test_a_click_on_a_picture_chooses_a_head_or_a_token(show):
    """The small picture's place is layer and head; the large one's row is the token."""
    page = show(token_explorer())
    box = page.locator(f"{ROOT} .av-small").bounding_box()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.9 * box["height"])
    assert page.get_by_label("Layer", exact=True).input_value() == "2"
    assert page.get_by_label("Head", exact=True).input_value() == "1"
    box = page.locator(f"{ROOT} .av-large").bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.7 * box["height"])
    assert page.locator(f"{ROOT} .av-chip").nth(5).get_attribute("aria-checked") == "true"


def test_the_large_picture_is_as_dark_as_the_root_of_the_weight(show):
    """Its pixels' opacity, row by row, is that of the explorer's matrix."""
    explorer = token_explorer()
    page = show(explorer)
    pixels = page.locator(f"{ROOT} .av-large canvas").evaluate(
        "one => [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data]"
    )
    alpha = np.array(pixels).reshape(8, 8, 4)[:, :, 3] / 255
    rows = []
    for token in range(8):
        explorer.token = token
        rows.append(explorer.state()["looks"])
    np.testing.assert_allclose(alpha, np.sqrt(rows), atol=0.003)


def test_pictures_follow_the_theme(show):
    """The page turns dark: the pixels' colour turns too, in both pictures."""
    page = show(token_explorer())
    read = """() => [...document.querySelectorAll("canvas")].map(one => {
        const pixels = one.getContext("2d").getImageData(0, 0, one.width, one.height).data;
        let best = 0;
        for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > pixels[best + 3]) best = i;
        return pixels.slice(best, best + 3).join();
    })"""
    light = page.evaluate(read)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"light => ({read})().every((one, i) => one !== light[i])", arg=light)
    dark = page.evaluate(read)
    assert len(dark) == len(light) == 2
    assert all(after != before for after, before in zip(dark, light, strict=True))


def test_a_deep_models_pictures_stand_side_by_side(show):
    """Thirty layers of nine heads leave room beside them on a page of 720 pixels, and none on a telephone."""
    weights = np.random.default_rng(0).dirichlet(np.ones(8), size=(30, 9, 8))
    for width, beside in ((720, True), (390, False)):
        page = show(TokenExplorer(weights, TOKENS), width=width)
        small, large = (page.locator(f"{ROOT} .av-{name}").bounding_box() for name in ("small", "large"))
        assert (large["x"] > small["x"] + small["width"]) == beside
        assert (large["y"] > small["y"] + small["height"]) == (not beside)


def test_512_tokens_stay_usable(show):
    """All tokens are there, the chosen one is in sight, also when it is the last."""
    page = show(token_explorer(tokens=512))
    chips = page.locator(f"{ROOT} .av-chip")
    assert chips.count() == 512
    chips.nth(3).focus()
    page.keyboard.press("End")
    box, last = page.locator(f"{ROOT} .av-chips").bounding_box(), chips.last.bounding_box()
    assert box["y"] <= last["y"]
    assert last["y"] + last["height"] <= box["y"] + box["height"] + 1


def test_two_views_follow_each_other_and_changes_are_announced(show):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = token_explorer()
    page = show(explorer, explorer)
    page.wait_for_function("document.querySelectorAll('.av-token-explorer').length === 2")
    page.locator(f"{ROOT} .av-chip").nth(2).click()
    first, second = page.locator(f"{ROOT} .av-verdict").all_inner_texts()
    assert first == second
    assert "warm looks most at" in first
    page.wait_for_function("text => document.querySelector('.av-live').textContent === text", arg=first)


def test_saved_files_hold_the_state(show):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds words and pictures, and no script."""
    explorer = token_explorer(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    for name in ("looks", "looked_at_by", "marked", "held"):
        np.testing.assert_allclose(found[name], state[name], atol=1e-9)
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    tags = [element.tag.rsplit("}")[-1] for element in root.iter()]
    assert set(tags) == {"svg", "rect", "text", "image"}
    hrefs = [element.get("href") for element in root.iter() if element.tag.endswith("image")]
    assert len(hrefs) == 2
    assert all(href.startswith("data:image/png") for href in hrefs)
    assert "onerror=alert(1)>" in " ".join(root.itertext())
