"""The first page of the built book: one screen that asks, waits for a guess and answers by the explorer."""

import gallery
import pytest
from pages import REASON, REPO
from reading import serious

from attnviz import widgets

HTML = REPO / "_build" / "html" / "book" / "index.html"
built = pytest.mark.skipif(
    not HTML.exists() or "fp-ask" not in HTML.read_text(encoding="utf-8"),
    reason="the book is not built, so its first page was not tested: make book",
)
FIRST_SCREEN = ["article h1", ".fp-vote", ".fp-ask > p > a", f"{REASON} .av-range", ".fp-route >> nth=3"]
PUSHES = f"{REASON} .av-cell-push .av-number"


@pytest.fixture
def first(open_page):
    """Open the page from its file, and wait for the explorer."""

    def opened(**options):
        page = open_page(HTML.as_uri(), **options)
        page.wait_for_selector(REASON)
        return page

    return opened


@built
def test_the_question_the_vote_the_explorer_and_the_routes_are_on_one_screen(first):
    """At 1280 × 720 nothing of it is below the fold, before the vote and after it; there is no sidebar."""
    page = first(height=720)
    for _ in range(2):
        ends = [page.locator(part).first.bounding_box() for part in FIRST_SCREEN]
        assert max(box["y"] + box["height"] for box in ends) <= 720
        page.get_by_role("button", name="Yes").click()
    assert not page.locator(".bd-sidebar-primary").is_visible()


@built
def test_the_answer_waits_for_a_guess(first):
    """No push is shown or said before the vote; given by keyboard, it stands beside the answer."""
    page = first()
    assert not page.locator(PUSHES).first.is_visible()
    assert not page.locator(".fp-answer").is_visible()
    page.get_by_role("button", name="Can’t tell").focus()
    page.keyboard.press("Enter")
    assert page.locator(PUSHES).first.is_visible()
    answer = page.locator(".fp-answer").inner_text()
    assert answer.startswith("You guessed “Can’t tell”.")
    moved = page.locator(PUSHES).first.inner_text()
    assert f"They moved it by {moved} percentage points" in answer


@built
def test_who_drags_first_sees_it_too(first):
    """The slider lifts the veil without a vote."""
    page = first()
    page.get_by_role("slider").press("End")
    assert page.locator(PUSHES).first.is_visible()


@built
def test_without_scripts_the_answer_stands_there(open_page):
    """No button that does nothing, and no veil."""
    page = open_page(HTML.as_uri(), java_script_enabled=False)
    assert page.locator(".fp-answer").is_visible()
    assert not page.locator(".fp-vote").is_visible()


@built
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_before_and_after_the_vote(first, theme, width):
    """Axe finds nothing serious, and nothing sticks out of a telephone."""
    page = first(width=width, color_scheme=theme)
    for _ in range(2):
        assert serious(page, context="article", preload=False) == []
        page.get_by_role("button", name="No", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_gallery_shows_every_explorer():
    """Each explorer of the package has its picture there, with a text for it, in a link to its chapter."""
    text = gallery.INDEX.read_text(encoding="utf-8")
    stills = gallery.STILL.findall(text)
    assert {name for _, name, _ in stills} == set(widgets.__all__) - {"Claim"}
    assert "![](" not in text
    for path, _, chapter in stills:
        assert (gallery.INDEX.parent / path).stat().st_size < 45_000
        assert (gallery.INDEX.parent / f"{chapter}.md").exists()
