"""What a reader sees, does and saves in the neighbour picker and the ROC slider."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from explorers import OPINIONS, neighbour_picker, roc_slider
from pages import HOSTILE_FORMS
from reading import saved

PICKER = ".av-neighbour-picker"
ROC = ".av-roc-slider"


def number(text: str) -> float:
    return float(text.replace("\u2212", "-").replace(",", "").split(" ")[0])


# --- the neighbour picker -----------------------------------------------------------------------------


def test_picker_shows_the_lists_of_state(show):
    """Picked by the keyboard, each sentence has the neighbours and cosines of `state()`."""
    picker = neighbour_picker()
    page = show(picker)
    select = page.get_by_label("Sentence", exact=True)
    assert select.input_value() == "3"
    for chosen in (3, 4, 11):
        select.select_option(str(chosen))
        picker.chosen = chosen
        state = picker.state()
        for name, title in (("nearest", "Nearest"), ("farthest", "Farthest")):
            part = page.locator(f"{PICKER} [aria-label='{title}']")
            assert part.locator(".av-go").all_inner_texts() == state[name]
            found = [number(text) for text in part.locator(".av-number").all_inner_texts()]
            assert found == [round(float(state["cosines"][place(text)]), 2) for text in state[name]]


def place(text: str) -> int:
    return int(text.split(":")[0].split(" ")[1])


def test_picker_bars_start_at_zero_and_end_at_the_cosine(show):
    """A bar of a negative cosine lies to the left of the zero line."""
    page = show(neighbour_picker())
    zero = page.locator(f"{PICKER} .av-zero").first.bounding_box()["x"]
    for row in page.locator(f"{PICKER} .av-row").all():
        cosine = number(row.locator(".av-number").inner_text())
        box = row.locator(".av-weight-fill").bounding_box()
        track = row.locator(".av-track").bounding_box()
        drawn = row.locator(".av-zero").bounding_box()
        line = drawn["x"] + drawn["width"] / 2
        assert zero > 0
        end = box["x"] + box["width"] if cosine > 0 else box["x"]
        scale = (track["x"] + track["width"] - line) / 1.0
        assert end - line == pytest.approx(cosine * scale, abs=0.005 * scale + 1)  # two decimals, a pixel


def test_a_click_or_enter_goes_to_the_neighbour(show):
    """A neighbour becomes the picked sentence; Random goes elsewhere, Reset comes back."""
    page = show(neighbour_picker())
    select = page.get_by_label("Sentence", exact=True)
    first = page.locator(f"{PICKER} .av-go").first
    text = first.inner_text()
    first.focus()
    page.keyboard.press("Enter")
    assert select.input_value() == str(place(text))
    for _ in range(4):
        before = select.input_value()
        page.get_by_role("button", name="Random case").click()
        assert select.input_value() != before
    page.get_by_role("button", name="Reset").click()
    assert select.input_value() == "3"


def test_the_map_has_a_mark_for_each_sentence_and_numbers_the_nearest(show):
    """Places are those of Python, at one scale; praise is blue, blame amber; a click picks."""
    picker = neighbour_picker()
    page = show(picker)
    marks = page.locator(f"{PICKER} .av-map .av-opinion")
    assert marks.count() == 12
    find = """(marks, i) => marks.map(one => one.transform.baseVal[0].matrix).map(m => [m.e, m.f])"""
    drawn = np.array(marks.evaluate_all(find))
    places = picker._arrays["places"] * [1, -1]
    nearest = [place(text) for text in picker.state()["nearest"]]
    order = [i for i in range(12) if i not in (3, *nearest)] + [*nearest, 3]  # what matters lies on top
    scale = np.ptp(drawn[:, 0]) / np.ptp(places[:, 0])
    np.testing.assert_allclose(
        drawn - drawn[0], scale * (places[order] - places[order[0]]), rtol=1e-3, atol=0.2
    )
    looks = [mark.get_attribute("class").split() for mark in marks.all()]
    assert [look[1] for look in looks] == [
        {1: "av-positive", -1: "av-negative", 0: "av-neither"}[OPINIONS[i]] for i in order
    ]
    ends = page.locator(f"{PICKER} .av-thread").evaluate_all(
        "lines => lines.map(line => [line.x2.baseVal.value, line.y2.baseVal.value])"
    )
    np.testing.assert_allclose(ends, drawn[[order.index(i) for i in nearest]], atol=0.1)
    marks.first.dispatch_event("click")
    assert page.get_by_label("Sentence", exact=True).input_value() == str(order[0])


def test_picker_table_has_all_cosines_in_order(show):
    """Every other sentence once, with four decimals, from the nearest to the farthest."""
    picker = neighbour_picker()
    page = show(picker)
    page.get_by_role("button", name="Table").click()
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator(f"{PICKER} tbody tr").all()]
    cosines = [number(row[2]) for row in rows]
    assert len(rows) == 11
    assert cosines == sorted(cosines, reverse=True)
    want = sorted(np.delete(picker.state()["cosines"], 3), reverse=True)
    np.testing.assert_allclose(cosines, want, atol=5.1e-5)


# --- the ROC slider -----------------------------------------------------------------------------------


def test_slider_shows_the_counts_of_state(show):
    """By keyboard to both ends and in between, for both judges: counts and shares as in `state()`."""
    explorer = roc_slider()
    page = show(explorer)
    slider = page.get_by_label("Threshold", exact=True)
    for judge in (0, 1):
        page.get_by_label("Probabilities of").select_option(str(judge))
        slider.focus()
        page.keyboard.press("Home")
        for level in (0, 1, 2, 100):
            explorer.judge, explorer.threshold = judge, level / 100
            state = explorer.state()
            cells = [
                cell.inner_text() for cell in page.locator(f"{ROC} .av-counts").first.locator("td").all()
            ]
            names = ("true_positives", "false_positives", "false_negatives", "true_negatives", "tpr", "fpr")
            want = [state[name] for name in names]
            np.testing.assert_allclose([number(cell) for cell in cells], want, atol=5.1e-3)
            page.keyboard.press("End" if level == 2 else "ArrowRight")
    assert "It names nothing." in page.locator(f"{ROC} .av-verdict").inner_text()


def test_the_shaded_area_is_the_auc_of_the_judge(show):
    """As a share of the box, up to what hundredths hide of the order within them."""
    explorer = roc_slider()
    page = show(explorer)
    for judge in (0, 1):
        page.get_by_label("Probabilities of").select_option(str(judge))
        explorer.judge = judge
        corners = page.locator(f"{ROC} .av-area").get_attribute("points")
        x, y = np.array([corner.split(",") for corner in corners.split()], float).T
        side = float(page.locator(f"{ROC} .av-box").get_attribute("width"))
        area = abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2 / side**2
        assert abs(area - explorer.state()["auc"]) < 2e-3


def test_dot_lies_on_the_curve_of_the_judge(show):
    """The dot stands at (FPR, TPR) of the threshold, in the box from 0 to 1."""
    explorer = roc_slider()
    page = show(explorer)
    page.get_by_label("Threshold", exact=True).fill("30")
    explorer.threshold = 0.3
    box, dot = (page.locator(f"{ROC} {name}").bounding_box() for name in (".av-box", ".av-dot"))
    x = (dot["x"] + dot["width"] / 2 - box["x"]) / box["width"]
    y = 1 - (dot["y"] + dot["height"] / 2 - box["y"]) / box["height"]
    state = explorer.state()
    assert (x, y) == pytest.approx((state["fpr"], state["tpr"]), abs=0.01)
    points = page.locator(f"{ROC} .av-own").get_attribute("points").split(" ")
    assert len(points) == 102


def test_full_bars_are_what_is_named(show):
    """Bars from the threshold on are drawn full, the others pale; the heights add up to all rows."""
    page = show(roc_slider())
    page.get_by_label("Threshold", exact=True).fill("60")
    for name in ("av-positive", "av-negative"):
        bars = page.locator(f"{ROC} .{name}").all()
        full = [bar.get_attribute("fill-opacity") == "1" for bar in bars]
        assert full == [i * 2 >= 60 for i in range(50)]


# --- both ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "root"), [(neighbour_picker, PICKER), (roc_slider, ROC)])
def test_two_views_follow_each_other_and_changes_are_announced(show, make, root):
    """A change in one view redraws the other, and a live region says the new sentence."""
    explorer = make()
    page = show(explorer, explorer)
    before = page.locator(f"{root} .av-verdict").nth(1).inner_text()
    if make is roc_slider:
        page.get_by_label("Threshold", exact=True).first.fill("80")
    else:
        page.locator(".av-go").first.click()
    after = page.locator(f"{root} .av-verdict").nth(1).inner_text()
    assert after != before
    page.wait_for_function("text => document.querySelector('.av-live').textContent.endsWith(text)", arg=after)


@pytest.mark.parametrize("make", [neighbour_picker, roc_slider])
def test_saved_files_hold_the_state(show, make):
    """JSON has the numbers of `state()`; the SVG is well-formed, holds the words, and no script."""
    explorer = make(text=HOSTILE_FORMS)
    page = show(explorer)
    state, found = explorer.state(), json.loads(saved(page, "Save JSON"))
    if make is neighbour_picker:
        assert [one["text"] for one in found["nearest"]] == state["nearest"]
    else:
        assert {name: found[name] for name in ("true_positives", "true_negatives")} == {
            name: state[name] for name in ("true_positives", "true_negatives")
        }
    root = ElementTree.fromstring(saved(page, "Save SVG"))
    kinds = {element.tag.rsplit("}")[-1] for element in root.iter()}
    assert kinds <= {"svg", "g", "rect", "line", "text", "polyline", "circle", "path"}
    assert "onerror=alert(1)>" in " ".join(root.itertext())
