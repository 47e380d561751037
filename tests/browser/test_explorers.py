"""What a reader sees, does and saves in an explorer: headless Chromium, a page from a file, no network."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from pages import FIELD, FIELDS, HOSTILE_FORMS, REASON, field_explorer, reason_explorer
from reading import unfold

FOUR_DECIMALS = 5.1e-5
BOXES = "all => all.map(one => one.getBoundingClientRect().toJSON())"
TEXT_SIZES = """all => all.filter(one => one.checkVisibility() && one.innerText?.trim())
    .map(one => parseFloat(getComputedStyle(one).fontSize))"""


def number(text: str) -> float:
    return float(text.replace("\u2212", "-").split(" ")[0].lstrip("="))


def table_numbers(page, root: str, row: int = 0) -> np.ndarray:
    """The numbers of an explorer's table as (row, column); texts are NaN."""
    page.wait_for_selector(f"{root} table")
    rows = page.locator(f"{root} table").nth(row).locator("tbody tr").all()
    return np.array(
        [[number(cell) for cell in line.locator("td:not(.av-words)").all_inner_texts()] for line in rows]
    )


def bar_end(page, selector: str) -> float:
    """Where a bar ends, in pixels of the page."""
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"]


# --- numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "traits",
    [
        {},
        {"temperature": 0.1},
        {"temperature": 7.3, "shopper": 2, "product": 3},
        {"switched_off": ["reviews", "brand"], "product": 1},
        {"switched_off": FIELDS},
    ],
)
def test_browser_shows_the_numbers_of_state(show, traits):
    """What Python sets, the page shows, and each number agrees with `state()`."""
    explorer = field_explorer()
    for name, value in traits.items():
        setattr(explorer, name, value)
    page = show(explorer)
    page.get_by_role("button", name="Table").click()
    state = explorer.state()
    lengths = np.linalg.norm(state["weighted_vectors"], axis=1)
    want = np.stack([state["scores"], state["weights"], lengths, state["contributions"]], axis=1)
    np.testing.assert_allclose(table_numbers(page, FIELD)[:, [0, 1, 3, 4]], want, atol=FOUR_DECIMALS)
    np.testing.assert_allclose(table_numbers(page, FIELD, 1), state["weighted_vectors"], atol=FOUR_DECIMALS)
    caption = page.locator(f"{FIELD} caption").first.inner_text().replace(",", "").split(" ")
    np.testing.assert_allclose(number(caption[3]), state["logit"], atol=FOUR_DECIMALS)
    np.testing.assert_allclose(number(caption[5]), state["probability"], atol=FOUR_DECIMALS)
    assert page.locator(".av-chance").inner_text() == f"{state['probability']:.2f}"


def test_reason_table_holds_every_level(show):
    """The table gives the weights and pushes of all levels of the case."""
    explorer = reason_explorer()
    page = show(explorer)
    page.get_by_role("button", name="Table").click()
    numbers = table_numbers(page, REASON)
    for level in range(5):
        explorer.level = level
        np.testing.assert_allclose(numbers[:, level], explorer.state()["weights"], atol=FOUR_DECIMALS)
        np.testing.assert_allclose(numbers[:, 5 + level], explorer.state()["pushes"], atol=FOUR_DECIMALS)


def test_without_attributions_nothing_stands_in_their_place(show):
    """A row has its name, numbers and bars, and no word of the program's."""
    text = show(field_explorer(attributions=False, training=False)).locator(FIELD).inner_text()
    assert not {"false", "null", "undefined", "NaN"} & set(text.split())


# --- doing --------------------------------------------------------------------------------------------


def test_temperature_by_keyboard_changes_drawing_and_numbers(show):
    """Arrow keys move the slider; a cold softmax lengthens the largest bar, as `state()` says."""
    explorer = field_explorer()
    page = show(explorer)
    largest = int(explorer.state()["weights"].argmax())
    bar = f"{FIELD} .av-row:nth-of-type({largest + 2}) .av-weight-fill"
    before = bar_end(page, bar)
    page.get_by_label("Temperature").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    explorer.temperature = float(page.get_by_label("Temperature").get_attribute("aria-valuetext"))
    assert explorer.temperature == pytest.approx(0.398)
    assert bar_end(page, bar) > before + 5
    shown = page.locator(f"{FIELD} .av-cell-weight .av-number").all_inner_texts()
    assert shown == [f"{weight:.2f}" for weight in explorer.state()["weights"]]


def test_switching_off_gives_weight_zero_and_greys_attributions(show):
    """A field that is off has weight exactly 0; attributions of the full state are marked as stale."""
    page = show(field_explorer())
    assert page.locator(".av-stale").count() == 0
    page.get_by_role("checkbox", name="price").focus()
    page.keyboard.press("Space")
    assert page.locator(f"{FIELD} .av-cell-weight .av-number").nth(2).inner_text() == "0 · off"
    assert page.locator(".av-stale").count() == 5
    assert "does not describe this state" in page.locator(".av-remarks").inner_text()
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_role("checkbox", name="price").is_checked()
    assert page.locator(".av-stale").count() == 0


def test_all_off_is_said_in_words(show):
    """With no field left the logit is the bias, and a sentence says so."""
    page = show(field_explorer())
    for field in FIELDS:
        page.get_by_role("checkbox", name=field).uncheck()
    assert "the logit is the bias alone (\u22120.80)" in page.locator(".av-remarks").inner_text()
    assert page.locator(".av-chance").inner_text() == "0.31"


def test_step_slider_moves_the_marks_only(show):
    """The shop's mean weights are those of the step; the product's own weights stay."""
    page = show(field_explorer())
    weights = page.locator(f"{FIELD} .av-cell-weight .av-number").all_inner_texts()
    page.get_by_label("Training step").fill("0")
    marks = [float(mark.get_attribute("x1").rstrip("%")) for mark in page.locator(".av-mark").all()]
    np.testing.assert_allclose(marks, 20, atol=1e-3)
    assert page.locator(f"{FIELD} .av-cell-weight .av-number").all_inner_texts() == weights


def test_optional_parts_are_absent(show):
    """Without attributions and training weights there is no column, no slider and no sentence of them."""
    page = show(field_explorer(attributions=False, training=False))
    assert page.locator(".av-cell-attribution").count() == 0
    assert page.get_by_label("Training step").count() == 0
    assert page.locator(".av-remarks").inner_text() == ""


def test_average_is_no_reason(show):
    """Dragging the reviews from bad to great: the push crosses zero, the weight stands still."""
    page = show(reason_explorer())
    unfold(page)
    row = page.locator(f"{REASON} .av-row").nth(1)
    weights, pushes, bars = [], [], []
    page.get_by_label("Quality of the reviews").focus()
    page.keyboard.press("Home")
    for _ in range(5):
        weights.append(row.locator(".av-weight-fill").bounding_box()["width"])
        pushes.append(number(row.locator(".av-cell-push .av-number").inner_text()))
        bars.append(row.locator(".av-cell-push rect").get_attribute("class"))
        page.keyboard.press("ArrowRight")
    assert np.ptp(weights) == 0
    assert pushes[0] == pytest.approx(-0.95)
    assert pushes[-1] == pytest.approx(0.95)
    assert (bars[0], bars[-1]) == ("av-negative", "av-positive")
    assert "holds in 93% of the test cases" in page.locator(REASON).inner_text().lower()


def test_the_figure_says_whose_numbers_it_shows(show):
    """Of planted data it shows the shopper's priority, never called a weight, and what the share is of."""
    page = show(reason_explorer(whose="shopper", statement="another field moves the score more."))
    unfold(page)
    words = page.locator(REASON).inner_text().replace(reason_explorer()._meta["claim"]["rule"], "")
    assert "Holds in 93% of the test cases: another field moves the score more." in words
    assert "What matters most to this shopper: reviews (priority 0.41)" in words
    assert "weight" not in words.lower()
    assert "model" not in words.lower()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("level", range(5))
def test_bars_mirror_each_other_on_axes_that_fit(show, width, level):
    """Weights end at the names, pushes begin there; the longest push fills more than half of its axis."""
    explorer = reason_explorer(level=level)
    page = show(explorer, width=width)
    rows = page.locator(f"{REASON} .av-row")
    names = page.locator(f"{REASON} .av-field").evaluate_all(BOXES)
    looks, moves = (
        page.locator(f"{REASON} .av-cell-{kind} .av-share").evaluate_all(BOXES) for kind in ("weight", "push")
    )
    axis = page.locator(f"{REASON} .av-axis > :last-child").bounding_box()
    assert rows.count() == len(names) == 5
    assert all(bar["right"] <= name["left"] for bar, name in zip(looks, names, strict=True))
    assert all(bar["left"] >= name["right"] for bar, name in zip(moves, names, strict=True))
    reach = float(page.locator(f"{REASON} .av-axis").inner_text().split("±")[1].split(" ")[0])
    state = explorer.state()
    assert 0.6 <= np.abs(state["pushes"]).max() / reach <= 1
    lengths = np.array([bar["right"] - bar["left"] for bar in moves])
    full = lengths[2] / abs(state["pushes"][2])  # of the price
    np.testing.assert_allclose(lengths, np.maximum(2, full * np.abs(state["pushes"])), atol=1)
    assert axis["width"] >= lengths.max() - 1


def test_what_lowers_is_hatched_too(show):
    """Not by colour alone: stripes lie on the bar of a push below zero, and on no other."""
    page = show(reason_explorer())
    hatched = page.locator(f"{REASON} .av-cell-push .av-hatch").evaluate_all(
        "all => all.map(one => one.getAttribute('visibility') === 'visible')"
    )
    assert hatched == [False, False, False, True, False]


def test_its_own_level_is_marked_on_the_slider(show):
    """Under the handle when the slider stands at the case's own level; without an own level there is none."""
    page = show(reason_explorer(own=[2, 0.5, 4], level=4))
    page.get_by_label("Case").select_option("2")
    slider = page.get_by_label("Quality of the reviews").bounding_box()
    mark = page.locator(f"{REASON} .av-own").bounding_box()
    assert mark["x"] + mark["width"] == pytest.approx(slider["x"] + slider["width"] - 2, abs=4)
    page.get_by_label("Case").select_option("0")
    mark = page.locator(f"{REASON} .av-own").bounding_box()
    assert mark["x"] + 7 == pytest.approx(slider["x"] + slider["width"] / 2, abs=4)
    assert not show(reason_explorer()).locator(f"{REASON} .av-own").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_reason_fits_a_screen_and_is_easy_to_read(show, width):
    """At most 900 pixels tall, its slider in sight, no text below 14 pixels, by touch as by mouse."""
    page = show(reason_explorer(own=[2, 0.5, 4]), width=width, has_touch=True)
    unfold(page)
    assert page.locator(REASON).bounding_box()["height"] <= 900
    assert min(page.locator(f"{REASON} *").evaluate_all(TEXT_SIZES)) >= 14
    slider = page.get_by_label("Quality of the reviews")
    box = slider.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    assert slider.get_attribute("aria-valuetext") == "great"


def test_random_case_is_another_case_and_reset_returns(show):
    """The button never stays where it is; Reset goes to the starting case."""
    page = show(reason_explorer())
    for _ in range(5):
        before = page.get_by_label("Case").input_value()
        page.get_by_role("button", name="Random case").click()
        assert page.get_by_label("Case").input_value() != before
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_label("Case").input_value() == "0"


def test_long_text_unfolds(show):
    """A long review is cut to two lines until it is asked for."""
    page = show(field_explorer(), width=760)
    text = page.locator(".av-text").nth(1)
    before = text.bounding_box()["height"]
    page.get_by_role("button", name="more of reviews").click()
    assert text.bounding_box()["height"] > before
    page.get_by_role("button", name="less of reviews").click()
    assert text.bounding_box()["height"] == before


def test_two_views_of_one_model_follow_each_other(show):
    """A change that comes from elsewhere (Python, another view) redraws."""
    explorer = field_explorer()
    page = show(explorer, explorer)
    page.get_by_label("Temperature").first.fill("-1")
    assert page.get_by_label("Temperature").nth(1).get_attribute("aria-valuetext") == "0.1"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))


# --- saving -------------------------------------------------------------------------------------------


def test_saved_files_hold_the_state(show, tmp_path):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds the words, and no script."""
    explorer = field_explorer(text=HOSTILE_FORMS)
    page = show(explorer)
    with page.expect_download() as json_download:
        page.get_by_role("button", name="Save JSON").click()
    saved = json.loads(json_download.value.path().read_text(encoding="utf-8"))
    assert saved["logit"] == pytest.approx(explorer.state()["logit"])
    assert [row["field"] for row in saved["rows"]] == FIELDS
    with page.expect_download() as svg_download:
        page.get_by_role("button", name="Save SVG").click()
    root = ElementTree.fromstring(svg_download.value.path().read_text(encoding="utf-8"))
    kinds = {element.tag.rsplit("}")[-1] for element in root.iter()}
    assert kinds == {"svg", "rect", "line", "text"}
    words = " ".join(root.itertext())
    assert "Linen shirt" in words
    assert "onerror=alert(1)>" in words
