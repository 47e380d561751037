"""On paper: nothing scrolls or is torn, an explorer is a still picture, and a dark page is light."""

import pytest
from pages import FIELD, field_explorer, write_page
from places import REPO

STYLE = REPO / "book/_static/print.css"
PAPER = 673  # pixels between the margins of A4
LONG = "weights = model.attend(vectors, query, mask=mask, temperature=temperature, return_weights=True) " * 3
PICTURE = "%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 width=%271600%27 height=%2790%27/%3E"
ARTICLE = f"""
<article class="bd-article">
<div class="cell">
<div class="cell_input"><div class="highlight"><pre><span class="n">{LONG}</span></pre></div></div>
<div class="cell_output"><pre>{"0123456789" * 40}</pre></div></div>
<div class="pst-scrollable-table-container"><table class="dataframe"><tr>
{"".join(f"<td>a_long_name_of_a_column_{n}</td>" for n in range(12))}</tr></table></div>
<figure><img alt="A wide picture" src="data:image/svg+xml,{PICTURE}"></figure>
<div class="admonition"><p class="admonition-title">Note</p><p>Mind this.</p></div>
<details class="sd-card"><summary>Answers</summary><p id="answer">It is.</p></details>
<details class="hide"><summary>The shop</summary><p id="folded">shop = ...</p></details>
"""
WHOLE = ("figure", "img", "table", "tr", ".admonition", ".cell", ".cell_output", ".sd-card", ".av-root")
SIDEWAYS = """() => [...document.querySelectorAll('article :is(pre, table, img, .cell, .av-root)')]
    .filter(one => one.scrollWidth > one.clientWidth + 1
        || one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 60))"""
SHOWN = "one => one.checkVisibility({contentVisibilityAuto: true}) && one.getBoundingClientRect().height > 0"


@pytest.fixture
def paper(open_page, tmp_path):
    """A small page of the book, as the printer gets it; without its style if that is asked for."""

    def printed(*, theme: str = "light", styled: bool = True):
        path = write_page(tmp_path, field_explorer(), theme=theme)
        html = path.read_text(encoding="utf-8").replace("<main>", f"<main>{ARTICLE}")
        style = (
            f"<style>pre {{ overflow: auto }} {STYLE.read_text(encoding='utf-8') if styled else ''}</style>"
        )
        code = "<style>html[data-theme=dark] .highlight .n { color: #ffd900 }</style>"
        path.write_text(html.replace("</head>", f"{code}{style}</head>"), encoding="utf-8")
        page = open_page(path.as_uri(), width=PAPER)
        page.wait_for_selector(".av-root")
        page.emulate_media(media="print")
        return page

    return printed


def test_nothing_runs_off_the_paper(paper):
    """Code, output, a table of many columns and a wide picture fit the paper; without us they do not."""
    assert paper().evaluate(SIDEWAYS) == []
    assert len(paper(styled=False).evaluate(SIDEWAYS)) >= 4


def test_what_is_read_as_one_is_not_torn(paper):
    """The browser is told to keep each on one page."""
    page = paper()
    for kind in WHOLE:
        inside = page.locator(f"article {kind}").first.evaluate("one => getComputedStyle(one).breakInside")
        assert inside == "avoid", kind


def test_an_explorer_is_a_still_picture(paper):
    """Its figure stands there with its numbers and a line that says what it is; no control is printed."""
    page = paper()
    explorer = page.locator(FIELD)
    assert explorer.locator(".av-figure").evaluate(SHOWN)
    assert explorer.locator(".av-weight-fill").first.evaluate("one => one.getBoundingClientRect().width") > 0
    assert explorer.locator(".av-head").evaluate(SHOWN)  # the wide form, which fits on a page
    for control in explorer.locator("button, select, input[type=range]").all():
        assert not control.evaluate(SHOWN)
    said = explorer.evaluate("one => getComputedStyle(one, '::after').content")
    assert "still picture of an explorer" in said


def test_answers_stand_open_and_folded_code_stays_folded(paper):
    """Paper cannot be clicked: a reader needs the answers, and of folded code its label."""
    page = paper()
    assert page.locator("#answer").evaluate(SHOWN)
    assert not page.locator("#folded").evaluate(SHOWN)


def test_a_dark_page_prints_dark_on_light(paper):
    """Words and code are nearly black, the page and the explorer white."""
    page = paper(theme="dark")
    for words in ("article p", "article .highlight .n", "article td"):
        assert page.locator(words).first.evaluate("one => getComputedStyle(one).color") == "rgb(34, 34, 34)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        page.locator(FIELD).evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"
    )
