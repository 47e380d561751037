"""The built page of every chapter that is in the form."""

import pytest
from chapters import IN_THE_FORM
from places import REPO

HTML = REPO / "_build" / "html" / "book" / "chapters"
BUILT = [name for name in IN_THE_FORM if (HTML / f"{name}.html").exists()]
SCREEN = 720
LEAST_SEEN = 300  # pixels of the explorer within two screens

pytestmark = pytest.mark.skipif(not BUILT, reason="no chapter in the form is built: make book")
every_built_chapter = pytest.mark.parametrize("name", BUILT)

# What scrolls sideways inside the article, folds and solutions open.
WIDE = """() => [...document.querySelectorAll('article *')]
    .filter(one => ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))
    .filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => one.className + ': ' + one.textContent.trim().slice(0, 60))"""
OPEN = """() => {
    document.querySelectorAll('details').forEach(one => { one.open = true })
    document.querySelectorAll('.toggle-hidden').forEach(one => one.classList.remove('toggle-hidden'))
}"""


@pytest.fixture
def read(open_page):
    """Open a chapter's file and wait for its explorer."""

    def opened(name: str, **options):
        page = open_page((HTML / f"{name}.html").as_uri(), **options)
        page.wait_for_selector(".av-root", state="attached")
        page.evaluate("document.fonts.ready")
        return page

    return opened


@every_built_chapter
def test_the_explorer_stands_within_two_screens(read, name):
    """On 1280 × 720 much of it is seen without a third screen; the half that answers is veiled."""
    page = read(name, width=1280, height=SCREEN)
    top = page.locator(".av-root").first.evaluate("one => one.getBoundingClientRect().top + scrollY")
    assert top + LEAST_SEEN <= 2 * SCREEN
    asked = page.locator(".form-guess").bounding_box()["y"]
    assert asked < top
    veiled = page.locator(".form-veiled *").evaluate_all(
        "all => all.filter(one => getComputedStyle(one).visibility === 'hidden').length"
    )
    assert veiled > 0


@every_built_chapter
def test_nothing_scrolls_sideways(read, name):
    """No cell, table or formula on 1280 pixels, folds open; no page on 390."""
    page = read(name, width=1280, height=SCREEN)
    page.evaluate(OPEN)
    assert page.evaluate(WIDE) == []
    page = read(name, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@every_built_chapter
def test_the_vote_meets_the_verdict(read, name):
    """What was guessed stands beside what is right, below the stamp."""
    page = read(name)
    chosen = page.locator(".form-votes .form-button").first
    words = chosen.inner_text()
    chosen.click()
    assert page.locator(".form-stamp").count() == 1
    assert f"You guessed: {words}" in page.locator(".form-guessed").inner_text()
