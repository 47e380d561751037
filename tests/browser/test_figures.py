"""What a reader sees, does and saves in the figures on reasons: headless Chromium, a file, no network."""

import json

import numpy as np
import pytest
from figures import (
    AGREEMENT,
    FIELDS,
    ORDERS,
    REMOVAL,
    SHELF,
    TRIANGLE,
    agreement_explorer,
    removal_explorer,
    shelf_explorer,
    weight_triangle,
)
from reading import saved

FOUR_DECIMALS = 5.1e-5
CORNERS = np.array([[34.0, 340.0], [220.0, 18.0], [406.0, 340.0]])  # of the triangle's drawing
ALL = [removal_explorer, weight_triangle, agreement_explorer, shelf_explorer]


def number(text: str) -> float:
    return float(text.replace("\u2212", "-").split(" ")[-1])


def numbers(locator) -> list[float]:
    return [number(text) for text in locator.all_inner_texts()]


def table_cells(page, root: str) -> list[list[str]]:
    """The texts of an explorer's open table, without its head."""
    page.locator(root).get_by_role("button", name="Table").click()
    rows = page.locator(f"{root} tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def on_screen(page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the triangle's drawing lies on the page."""
    box = page.locator(".av-triangle").bounding_box()
    return box["x"] + x * box["width"] / 440, box["y"] + y * box["height"] / 390


def shares_of(point) -> np.ndarray:
    """The shares of the three corners at a point of the drawing."""
    return np.linalg.solve(np.vstack([CORNERS.T, np.ones(3)]), [*point, 1.0])


# --- pull the plug --------------------------------------------------------------------------------------


def test_removal_shows_the_numbers_of_state(show):
    """By keyboard from none to all: what is left and which cards are out, as in `state()`."""
    explorer = removal_explorer(shapley=True)
    page = show(explorer)
    assert page.get_by_label("Fields removed").input_value() == "1"
    page.get_by_label("Fields removed").focus()
    page.keyboard.press("Home")
    for removed in range(6):
        explorer.removed = removed
        state = explorer.state()
        left = numbers(page.locator(f"{REMOVAL} .av-left"))
        np.testing.assert_allclose(left, state["probabilities"], atol=5.1e-3)
        levels = [1 - percent(one.get_attribute("y")) for one in page.locator(f"{REMOVAL} .av-mercury").all()]
        np.testing.assert_allclose(levels, state["probabilities"], atol=1e-4)
        for name, gone in state["removed"].items():
            out = page.locator(f"{REMOVAL} [aria-label='{name}'] .av-out .av-field").all_inner_texts()
            assert gone is None or out == gone
        page.keyboard.press("ArrowRight")


def percent(text: str) -> float:
    return float(text.rstrip("%")) / 100


def test_removal_starts_with_different_drops(show):
    """The field with the largest weight takes little; sentence and badge name the one that takes most."""
    page = show(removal_explorer())
    words = page.locator(".av-verdict").inner_text()
    assert words == (
        "With all fields the probability is 0.76. "
        "Remove one field by weight (reviews): 0.72 is left; best possible (price): 0.52."
    )
    badges = [badge.is_visible() for badge in page.locator(f"{REMOVAL} .av-badge").all()]
    assert badges == [False, False, True]
    assert "Holds in 61% of the test cases: another field" in page.locator(REMOVAL).inner_text()


def test_a_removed_card_is_crossed_and_unplugged(show):
    """Not by colour alone: a line through it, a dashed edge, no wire."""
    page = show(removal_explorer())
    cards = page.locator(f"{REMOVAL} [aria-label='by weight'] .av-plug")
    marks = [
        [cards.nth(i).locator(part).get_attribute("visibility") for part in (".av-strike", ".av-wire")]
        for i in range(5)
    ]
    assert marks == [["visible", "hidden"], *[["hidden", "visible"]] * 4]
    assert cards.nth(0).locator(".av-edge").get_attribute("stroke-dasharray") != "none"


def test_the_cards_of_an_averaged_order_fade_together(show):
    """In a mean over orders each field is out equally often, so all cards keep the same share."""
    page = show(removal_explorer())
    for removed in range(6):
        page.get_by_label("Fields removed").fill(str(removed))
        faces = page.locator(f"{REMOVAL} [aria-label='random'] .av-face").all()
        np.testing.assert_allclose([percent(face.get_attribute("width")) for face in faces], 1 - removed / 5)


def test_removal_table_holds_the_whole_curve(show):
    """A row for each number of removed fields, with field, probability and logit of each order."""
    explorer = removal_explorer()
    cells = table_cells(show(explorer), REMOVAL)
    for removed, row in enumerate(cells):
        explorer.removed = removed
        state = explorer.state()
        shown = [number(row[i]) for i in (3, 5, 8)]  # the logit of each order
        np.testing.assert_allclose(shown, state["logits"], atol=FOUR_DECIMALS)
        assert row[1] == (state["removed"][ORDERS[0]][-1] if removed else "none")


# --- a whole shelf ------------------------------------------------------------------------------------------


def test_the_shelf_shows_the_numbers_of_state(show):
    """By keyboard from one product to all: mean weights and spreads, or one push, as in `state()`."""
    explorer = shelf_explorer()
    page = show(explorer)
    page.get_by_label("Products on the shelf").focus()
    for size in range(1, 9):
        explorer.size = size
        state = explorer.state()
        weights = numbers(page.locator(f"{SHELF} .av-cell-weight .av-number"))
        np.testing.assert_allclose(weights, state["mean_weights"], atol=5.1e-3)
        shown = numbers(page.locator(f"{SHELF} .av-cell-push .av-number"))
        want = state["pushes"][0] if size == 1 else state["spreads"]
        np.testing.assert_allclose(shown, want, atol=5.1e-3)
        page.keyboard.press("ArrowRight")


def test_a_growing_shelf_names_the_shoppers_field(show):
    """One push names the price; over all products the spread names the field that is her own."""
    page = show(shelf_explorer())
    words = page.locator(".av-verdict")
    assert words.inner_text() == (
        "On this one product, the push of price is the largest, and the mean weight is largest on reviews. "
        "The shopper decides by reviews. Only the weight names it."
    )
    page.get_by_label("Products on the shelf").press("End")
    assert words.inner_text() == (
        "Over 8 products, the pushes of reviews spread most, and the mean weight is largest on reviews. "
        "The shopper decides by reviews. Both name it."
    )
    badges = page.locator(f"{SHELF} .av-badge:visible").all_inner_texts()
    assert badges == ["her own", "largest weight", "largest spread"]


def test_a_dot_and_a_band_stand_where_the_pushes_are(show):
    """As many dots as products, each at its push; the band reaches from mean - spread to mean + spread."""
    explorer = shelf_explorer(size=5)
    page = show(explorer)
    state = explorer.state()
    reach = np.abs(explorer._arrays["pushes"][0]).max()
    strip = page.locator(f"{SHELF} .av-strip").nth(1)  # reviews
    dots = [dot for dot in strip.locator(".av-dot").all() if dot.get_attribute("visibility") == "visible"]
    places = np.array([percent(dot.get_attribute("cx")) for dot in dots])
    np.testing.assert_allclose((places - 0.5) / 0.48 * reach, state["pushes"][:, 1], atol=1e-4)
    band = strip.locator(".av-band")
    start, width = (percent(band.get_attribute(name)) for name in ("x", "width"))
    low, high = ((edge - 0.5) / 0.48 * reach for edge in (start, start + width))
    mean, spread = state["pushes"][:, 1].mean(), state["spreads"][1]
    np.testing.assert_allclose([low, high], [mean - spread, mean + spread], atol=1e-4)


def test_shelf_table_and_file_hold_the_numbers(show):
    """A row a field with priority, mean weight, spread and each push; JSON has the same."""
    explorer = shelf_explorer(size=3)
    page = show(explorer)
    state = explorer.state()
    cells = table_cells(page, SHELF)
    columns = np.array([[number(text) for text in row[1:]] for row in cells])
    want = [explorer._arrays["priorities"][0], state["mean_weights"], state["spreads"], *state["pushes"]]
    np.testing.assert_allclose(columns, np.stack(want, axis=1), atol=FOUR_DECIMALS)
    rows = json.loads(saved(page, "Save JSON"))["rows"]
    np.testing.assert_allclose([row["spread"] for row in rows], state["spreads"], atol=1e-6)
    page.get_by_label("Products on the shelf").press("Home")
    spreads = [row.locator("td").nth(2).inner_text() for row in page.locator(f"{SHELF} tbody tr").all()]
    assert spreads == ["none"] * 5


# --- same score, other weights ------------------------------------------------------------------------------


def chances(page) -> list[float]:
    """The probabilities of the model, of the furthest weights and of the dot."""
    return numbers(page.locator(f"{TRIANGLE} .av-cell-chance .av-number"))


def free_weights(page) -> list[float]:
    """What the three sliders say."""
    sliders = [page.get_by_label(f"Weight of {name}") for name in FIELDS[:3]]
    return [number(one.get_attribute("aria-valuetext")) for one in sliders]


def test_the_triangle_starts_at_the_furthest_weights(show):
    """Model and furthest are marked with their p, and the sentence says that the weights are not unique."""
    explorer = weight_triangle()
    page = show(explorer)
    state = explorer.state()
    want = [state["model_probability"], state["probability"], state["probability"]]
    np.testing.assert_allclose(chances(page), want, atol=5.1e-3)
    labels = page.locator(f"{TRIANGLE} .av-label").all_text_contents()
    assert labels == [
        f"model p {state['model_probability']:.2f}",
        f"furthest p {state['probability']:.2f}",
    ]
    assert "not unique" in page.locator(".av-verdict").inner_text()
    assert "wrong" not in page.locator(".av-verdict").inner_text()


@pytest.mark.parametrize("target", [(220, 250), (120, 330), (235, 80)])
def test_the_dot_is_dragged_by_mouse(show, target):
    """Where the mouse lets go, the page shows the numbers of `state()` at those shares."""
    explorer = weight_triangle()
    page = show(explorer)
    page.mouse.move(*on_screen(page, *explorer.dot @ CORNERS))
    page.mouse.down()
    page.mouse.move(*on_screen(page, *target), steps=4)
    page.mouse.up()
    explorer.dot = shares_of(target).tolist()
    state = explorer.state()
    assert chances(page)[2] == pytest.approx(state["probability"], abs=6e-3)
    row = page.locator(f"{TRIANGLE} .av-row").nth(2).locator(".av-cell-weight .av-number")
    np.testing.assert_allclose(numbers(row), state["weights"][:3], atol=8e-3)
    assert ("not unique" in page.locator(".av-verdict").inner_text()) == state["within"]


def test_a_tap_moves_the_dot(show):
    """On a phone a tap inside the triangle does what dragging does."""
    explorer = weight_triangle()
    page = show(explorer, width=390, has_touch=True)
    page.touchscreen.tap(*on_screen(page, 220, 200))
    explorer.dot = shares_of((220, 200)).tolist()
    assert chances(page)[2] == pytest.approx(explorer.state()["probability"], abs=8e-3)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_triangle_labels_leave_the_corners_free(show, width):
    """Where the model gives all weight to one field, as it often does, its label covers no corner's name."""
    own = np.eye(5)[:3]
    far = 0.8 * own + 0.2 * np.eye(5)[[1, 2, 0]]
    page = show(weight_triangle(values=np.zeros((3, 5)), weights=own, furthest=far), width=width)
    for case in range(3):
        page.get_by_label("Case").select_option(index=case)
        page.wait_for_timeout(500)  # the labels glide
        boxes = {
            kind: [one.bounding_box() for one in page.locator(f"{TRIANGLE} .{kind}").all()]
            for kind in ("av-label", "av-corner", "av-corner-p")
        }
        for label in boxes["av-label"]:
            assert not [name for name in boxes["av-corner"] + boxes["av-corner-p"] if overlap(label, name)]


def overlap(a: dict, b: dict) -> bool:
    return all(
        a[start] < b[start] + b[size] and b[start] < a[start] + a[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_the_dot_stays_inside_the_triangle(show):
    """A drag far below the triangle ends on its lower edge: reviews get nothing."""
    explorer = weight_triangle()
    page = show(explorer)
    page.mouse.move(*on_screen(page, *explorer.dot @ CORNERS))
    page.mouse.down()
    page.mouse.move(*on_screen(page, 300, 388))
    page.mouse.up()
    assert page.get_by_label("Weight of reviews").get_attribute("aria-valuetext") == "0.00"
    explorer.dot = shares_of((300, 340)).tolist()
    assert chances(page)[2] == pytest.approx(explorer.state()["probability"], abs=8e-3)


def test_sliders_move_the_dot_and_keep_the_proportion_of_the_others(show):
    """The keyboard's way: one weight grows, the two others shrink together, the sum stays."""
    page = show(weight_triangle())
    before = free_weights(page)
    page.get_by_label("Weight of reviews").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    after = free_weights(page)
    assert after[1] == pytest.approx(before[1] + 0.4 * 0.85, abs=0.011)
    assert after[0] / after[2] == pytest.approx(before[0] / before[2], abs=0.1)
    assert sum(after) == pytest.approx(0.85, abs=0.011)


def test_the_line_of_equal_score_is_kept(show):
    """With the box ticked, the dot moves by keyboard and by mouse and its score is the model's own."""
    page = show(weight_triangle())
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    own = json.loads(saved(page, "Save JSON"))["model"]["logit"]
    seen = set()
    for _ in range(5):
        page.get_by_label("Weight of reviews").focus()
        for _ in range(12):
            page.keyboard.press("ArrowRight")
        now = json.loads(saved(page, "Save JSON"))
        assert now["dot"]["logit"] == pytest.approx(own, abs=1e-9)
        seen.add(round(now["dot"]["weights"][1], 3))
    assert len(seen) > 3
    page.mouse.click(*on_screen(page, 120, 300))
    assert json.loads(saved(page, "Save JSON"))["dot"]["logit"] == pytest.approx(own, abs=1e-9)


def test_the_drawn_line_has_the_models_score(show):
    """Both ends of the line, as Python computes them, have the model's probability."""
    explorer = weight_triangle()
    page = show(explorer)
    line = page.locator(f"{TRIANGLE} .av-line")
    for end in (1, 2):
        point = [float(line.get_attribute(f"{axis}{end}")) for axis in "xy"]
        explorer.dot = np.clip(shares_of(point), 0, 1).tolist()
        assert explorer.state()["difference"] == pytest.approx(0, abs=1e-6)


def test_fields_of_equal_value_leave_no_line(show):
    """Where every weighting has the same score there is nothing to keep to, and the dot moves freely."""
    explorer = weight_triangle(case=2)
    page = show(explorer)
    assert page.locator(f"{TRIANGLE} .av-line").get_attribute("visibility") == "hidden"
    page.get_by_role("checkbox").check()
    page.mouse.click(*on_screen(page, 220, 200))
    assert chances(page)[2] == chances(page)[0]
    assert page.locator(f"{TRIANGLE} .av-band").count() >= 1


def test_triangle_table_names_what_moves(show):
    """Values and all three weightings, with the frozen fields marked."""
    explorer = weight_triangle()
    cells = table_cells(show(explorer), TRIANGLE)
    assert [row[-1] for row in cells] == ["free"] * 3 + ["frozen"] * 2
    np.testing.assert_allclose(
        [number(row[4]) for row in cells], explorer.state()["weights"], atol=FOUR_DECIMALS
    )


# --- which one learned? -------------------------------------------------------------------------------------


def test_agreement_shows_the_numbers_of_state(show):
    """At each end of the training: taus, intervals and undefined cases of each panel."""
    explorer = agreement_explorer()
    page = show(explorer)
    for step, key in ((10, "End"), (0, "Home")):
        page.get_by_label("Training step").focus()
        page.keyboard.press(key)
        explorer.step = step
        state = explorer.state()
        taus = numbers(page.locator(f"{AGREEMENT} .av-reading .av-number"))
        np.testing.assert_allclose(taus, [tau[0] for tau in state["taus"].values()], atol=5.1e-3)
        words = page.locator(f"{AGREEMENT} .av-reading").all_inner_texts()
        for text, count in zip(words, state["undefined"].values(), strict=True):
            assert f"undefined in {count} of 80 cases" in text


def test_points_stand_at_weight_and_size(show):
    """The height of a point grows with the size of its attribution, its place with its weight."""
    explorer = agreement_explorer(cases=4)
    page = show(explorer)
    state = explorer.state()
    for panel, name in enumerate(state["weights"]):
        points = page.locator(f"{AGREEMENT} .av-panel").nth(panel).locator(".av-scatter .av-point").all()
        places = [one.get_attribute("transform")[10:-1].split(" ") for one in points]
        x, y = np.array(places, dtype=float).T
        assert np.corrcoef(x, state["weights"][name])[0, 1] > 0.999
        assert np.corrcoef(y, state["attribution_sizes"][name])[0, 1] < -0.999


def test_only_the_panels_that_train_move(show):
    """The untrained model stands still over the steps, the trained one does not."""
    page = show(agreement_explorer(cases=4))
    last = point_places(page)
    page.get_by_label("Training step").fill("0")
    stand = [one == other for one, other in zip(last, point_places(page), strict=True)]
    assert stand == [False, True, False]


def point_places(page) -> list[list[str]]:
    """Where the points of each panel are drawn."""
    places = "nodes => nodes.map((node) => node.getAttribute('transform'))"
    panels = page.locator(f"{AGREEMENT} .av-panel").all()
    return [panel.locator(".av-scatter .av-point").evaluate_all(places) for panel in panels]


def test_hidden_names_are_nowhere(show):
    """With names hidden a class sees A, B, C; neither text, labels nor table tell which one learned."""
    page = show(agreement_explorer(cases=4))
    page.get_by_role("button", name="Table").click()
    page.get_by_role("checkbox", name="Hide names").focus()
    page.keyboard.press("Space")
    assert page.locator(f"{AGREEMENT} .av-panel > .av-title").all_inner_texts() == ["A", "B", "C"]
    page.wait_for_timeout(600)  # the announcement
    text = page.locator(AGREEMENT).evaluate("node => node.textContent + node.innerHTML")
    for name in ("untrained", "trained", "shuffled labels"):
        assert name not in text
    assert "Which one learned?" in page.locator(".av-verdict").inner_text()


def test_names_come_back_in_the_shuffled_order(show):
    """Shown again, the panels keep their places, with their own taus; Reset puts them back."""
    explorer = agreement_explorer(cases=4)
    explorer.names_hidden, explorer.panel_order = True, [2, 0, 1]
    page = show(explorer)
    titles = page.locator(f"{AGREEMENT} .av-panel > .av-title")
    assert titles.all_inner_texts() == ["A", "B", "C"]
    page.get_by_role("checkbox", name="Hide names").uncheck()
    assert titles.all_inner_texts() == ["shuffled labels", "trained", "untrained"]
    taus = explorer.state()["taus"]
    shown = numbers(page.locator(f"{AGREEMENT} .av-reading .av-number"))
    np.testing.assert_allclose(shown, [taus[name][0] for name in titles.all_inner_texts()], atol=5.1e-3)
    page.get_by_role("button", name="Reset").click()
    assert titles.all_inner_texts() == ["trained", "untrained", "shuffled labels"]


def test_an_undefined_tau_is_said(show):
    """NaN is never drawn or saved as a number."""
    explorer = agreement_explorer(cases=4)
    taus = explorer._arrays["taus"].copy()
    taus[1] = np.nan
    page = show(agreement_explorer(cases=4, taus=taus))
    assert "untrained undefined" in page.locator(".av-verdict").inner_text()
    assert page.locator(f"{AGREEMENT} .av-mean").nth(1).get_attribute("visibility") == "hidden"
    assert json.loads(saved(page, "Save JSON"))["panels"][1]["tau"] is None
    assert table_cells(page, AGREEMENT)[0][5] == "undefined"


def test_same_axes_flatten_the_small_attributions(show):
    """On the axes of all panels the untrained model's points lie at the bottom."""
    page = show(agreement_explorer(cases=20))
    ends = page.locator(f"{AGREEMENT} .av-plot .av-ends:first-child .av-under")
    assert len(set(ends.all_inner_texts())) == 3
    page.get_by_role("checkbox", name="Same axes").check()
    assert len(set(ends.all_inner_texts())) == 1
    y = (
        page.locator(f"{AGREEMENT} .av-panel")
        .nth(1)
        .locator(".av-scatter .av-point")
        .evaluate_all(
            "nodes => nodes.map((node) => Number(node.getAttribute('transform').slice(10, -1).split(' ')[1]))"
        )
    )
    assert min(y) > 150


# --- all three ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", [removal_explorer, weight_triangle])
def test_random_case_is_another_case_and_reset_returns(show, figure):
    """The button never stays where it is; Reset goes to the starting state."""
    page = show(figure())
    before = page.locator(".av-figure").inner_text()
    for _ in range(5):
        case = page.get_by_label("Case").input_value()
        page.get_by_role("button", name="Random case").click()
        assert page.get_by_label("Case").input_value() != case
    page.get_by_role("slider").first.press("Home")
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_label("Case").input_value() == "0"
    assert page.locator(".av-figure").inner_text() == before


@pytest.mark.parametrize("figure", ALL)
def test_two_views_of_one_model_follow_each_other(show, figure):
    """A change that comes from elsewhere (Python, another view) redraws."""
    explorer = figure()
    page = show(explorer, explorer)
    page.get_by_role("slider").first.press("Home")
    texts = page.locator(".av-figure").all_inner_texts()
    assert texts[0] == texts[1]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))


def test_removal_is_saved_as_shown(show):
    """JSON has the numbers of `state()`."""
    explorer = removal_explorer()
    page = show(explorer)
    columns = json.loads(saved(page, "Save JSON"))["columns"]
    np.testing.assert_allclose([one["drop"] for one in columns], explorer.state()["drops"], atol=1e-6)
    assert columns[0]["gone"] == ["reviews"]
