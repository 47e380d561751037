"""The built book in a browser that has no network: every page works, for every reader, on every screen."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pages import FIELD, REPO
from reading import serious

HTML = REPO / "_build" / "html"
PAGES = sorted(path.relative_to(HTML).as_posix() for path in HTML.glob("book/**/*.html"))
WITH_EXPLORER = "book/chapters/how-is-a-weight-computed.html"

pytestmark = pytest.mark.skipif(
    not PAGES, reason="the book is not built, so its pages were not tested: make book"
)
every_page = pytest.mark.parametrize("name", PAGES)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Say nothing: what matters is asserted."""


@pytest.fixture(scope="module")
def address():
    """Where the built book is served, on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(HTML))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def visit(open_page, address):
    """Open a page of the book and wait until its formulas, diagrams and explorers stand."""

    def visited(name: str, **options):
        page = open_page(f"{address}/{name}", **options)
        settle(page)
        return page

    return visited


def settle(page):
    page.wait_for_load_state("networkidle")
    page.evaluate("window.MathJax?.startup?.promise")
    if page.locator('script[type$="widget-view+json"]').count():
        page.wait_for_selector(".av-root")
    if page.locator("pre.mermaid").count():
        page.wait_for_selector("pre.mermaid svg")


COLOUR = ["color-contrast", "link-in-text-block"]
# Words of code that look the same have the same contrast: the first of each kind stays to be judged.
# The others are hidden, which axe sees at once; told to leave each of them out, it compares all with all.
HIDE_ALIKE = """() => {
    const seen = new Set()
    const code = 'article :is(.highlight pre, dt.sig, dl.field-list)'
    for (const word of document.querySelectorAll(`${code} :is(span, em):not(:has(*), a *)`)) {
        const looks = getComputedStyle(word)
        const chain = []
        for (let one = word; one; one = one.parentElement) chain.push(getComputedStyle(one).backgroundColor)
        const kind = [looks.color, looks.fontSize, looks.fontWeight, looks.opacity, ...chain].join(' ')
        word.style.visibility = seen.has(kind) ? 'hidden' : ''
        seen.add(kind)
    }
}"""


def serious_in_article(page, **options) -> list[tuple[str, str]]:
    """What axe-core finds in the article; the frame around it is the theme's."""
    # Without preload: axe would fetch style sheets that it names wrongly.
    return serious(page, context="article", preload=False, **options)


def colours_in_article(page) -> list[tuple[str, str]]:
    """What axe-core finds when it looks at colours only, with one word of code of each kind."""
    page.evaluate(HIDE_ALIKE)
    return serious_in_article(page, runOnly=COLOUR)


@every_page
def test_a_page_is_accessible_in_both_themes_and_fetches_nothing(visit, name):
    """Nothing serious in light, no colour in dark; pictures have a text; the fixture has seen no request.

    A name that a machine made is no text of a picture.
    """
    page = visit(name, color_scheme="light")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert serious_in_article(page, rules={rule: {"enabled": False} for rule in COLOUR}) == []
    assert colours_in_article(page) == []
    texts = page.eval_on_selector_all("article img", "images => images.map(image => image.alt)")
    assert [text for text in texts if len(text.split()) < 3] == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert colours_in_article(page) == []


@pytest.mark.parametrize(
    ("name", "word"),
    [(WITH_EXPLORER, ".highlight pre span.kn"), ("book/api/pictures.html", "dt.sig .sig-param .n .pre")],
    ids=["code", "signature"],
)
def test_a_faint_word_of_code_is_found(visit, name, word):
    """The words that are left out look like one that is judged: a faint kind is found, on each background."""
    if name not in PAGES:
        pytest.skip(f"{name} is not built")
    page = visit(name, color_scheme="light")
    page.add_style_tag(content=f"article {word} {{ color: #ddd !important }}")
    found = [rule for rule, _ in colours_in_article(page)]
    assert set(found) == {"color-contrast"}
    assert len(found) < page.locator(f"article {word}").count()


@every_page
def test_a_page_works_from_its_file_and_fits_a_telephone(open_page, name):
    """Opened from the disk, formulas, diagrams and explorers stand there; 390 pixels are wide enough."""
    page = open_page((HTML / name).as_uri(), width=390, height=844)
    settle(page)
    assert page.locator("article h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.skipif(WITH_EXPLORER not in PAGES, reason="the chapter is not built")
def test_the_slider_of_the_explorer_changes_the_drawing(visit):
    """Without a kernel: a high temperature makes the weights equal, and the bars with them."""
    page = visit(WITH_EXPLORER)
    explorer = page.locator(FIELD).first
    bars = explorer.locator(".av-weight-fill")
    before = [bar.bounding_box()["width"] for bar in bars.all()]
    explorer.get_by_label("Temperature").fill("1")
    page.wait_for_timeout(400)
    after = [bar.bounding_box()["width"] for bar in bars.all()]
    assert max(after) - min(after) < max(before) - min(before)


def test_the_diagram_follows_the_theme(visit):
    """The diagram on the opening page is drawn in light, and again in dark when the reader switches."""
    page = visit("book/index.html", color_scheme="light")
    colour = "getComputedStyle(document.querySelector('pre.mermaid svg .node rect')).fill"
    light = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"document.querySelector('pre.mermaid svg .node rect') && {colour} !== '{light}'")
    assert page.evaluate(colour) != light


@pytest.mark.skipif(WITH_EXPLORER not in PAGES, reason="the chapter is not built")
def test_a_formula_holds_no_script(visit):
    """MathJax in safe mode draws the formula and leaves out the link that would run a script."""
    page = visit(WITH_EXPLORER)
    drawn = page.evaluate(
        "MathJax.tex2chtmlPromise(String.raw`\\href{javascript:alert(1)}{w}\\href{https://a.example}{q}`)"
        ".then(node => [...node.querySelectorAll('a')].map(link => link.getAttribute('href')))"
    )
    assert drawn == ["https://a.example"]
