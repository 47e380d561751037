"""The form of a chapter on a small page: by keyboard, without scripts, on paper, on a telephone."""

import pytest
import small_book
from ipywidgets.embed import dependency_state, embed_data
from pages import STATE, VIEW, _safe, reason_explorer
from reading import serious

PUSH = ".av-cell-push"
LOOKS = ".av-cell-weight"


def raw(html: str) -> str:
    """HTML as it is, in Markdown."""
    return f"```{{raw}} html\n{html}\n```\n"


def explorer() -> str:
    """An explorer, in the form that myst-nb gives to the output of a cell."""
    widgets = [reason_explorer()]
    data = embed_data(views=widgets, state=dependency_state(widgets, drop_defaults=False))
    view = f'<script type="{VIEW}">{_safe(data["view_specs"][0])}</script>'
    state = f'<script type="{STATE}">{_safe(data["manager_state"])}</script>'
    return raw(f'{state}\n<div class="cell_output">{view}</div>')


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page, in the book's theme, as a file."""
    page = "\n".join([
        "# Page\n", "## Why?\n", small_book.GUESS, "A {term}`weight` is a number.\n", explorer(),
        small_book.FOLD, small_book.NOT_SHOWN, ":::{note}\nA note.\n:::\n",
        "## Check yourself\n", small_book.CHECK, "## Summary\n", small_book.VERDICT,
    ])  # fmt: skip
    plain = small_book.GLOSSARY.replace("$e^{s_i}$", "exponentials")  # MathJax is not on this page
    folder = tmp_path_factory.mktemp("form")
    path, warnings = small_book.build(folder, page, theme="sphinx_book_theme", glossary=plain)
    assert warnings == ""
    return path.as_uri()


@pytest.fixture
def visit(open_page, address):
    """Open the page and wait for its explorer."""

    def visited(**options):
        page = open_page(address, **options)
        if options.get("java_script_enabled", True):
            page.wait_for_selector(".av-root", state="attached")
        return page

    return visited


def hidden(page, selector: str) -> bool:
    """Whether nothing of an explorer's part is to be seen, though it keeps its place."""
    return page.locator(selector).evaluate_all(
        "all => all.length > 0 && all.flatMap(one => [one, ...one.querySelectorAll('*')])"
        ".every(one => getComputedStyle(one).visibility === 'hidden')"
    )


def test_a_vote_lifts_the_veil_and_stands_at_the_end(visit):
    """Before it, the half that answers is hidden and the other half is not; the vote can be changed."""
    page = visit()
    assert hidden(page, PUSH)
    assert not hidden(page, LOOKS)
    stored = page.evaluate("[Object.keys(localStorage), document.cookie]")
    page.get_by_role("button", name="Nobody can tell.").click()
    assert not hidden(page, PUSH)
    assert page.locator(".form-veil").count() == 0
    assert page.locator(".form-guessed").inner_text().split(" You guessed: ")[1] == (
        "Nobody can tell. · Right is: No: they are average & dull."
    )
    other = "Yes, their weight is the tallest."
    page.get_by_role("button", name=other).click()
    assert page.locator('.form-button[aria-pressed="true"]').all_inner_texts() == [other]
    assert "You guessed: Yes" in page.locator(".form-guessed").inner_text()
    assert page.evaluate("[Object.keys(localStorage), document.cookie]") == stored


def test_show_me_lifts_the_veil_by_keyboard(visit):
    """Nothing is noted, and the focus goes on to what was veiled."""
    page = visit()
    page.locator(".form-veil button").focus()
    page.keyboard.press("Enter")
    assert not hidden(page, PUSH)
    assert page.evaluate("document.activeElement.querySelector('.av-root') !== null")
    assert "You guessed" not in page.locator(".form-guessed").inner_text()
    assert page.get_by_role("button", name="Show me").count() == 0


def test_without_scripts_all_is_open(visit):
    """A list of answers, no button and no veil; the key stands at the end."""
    page = visit(java_script_enabled=False)
    assert page.locator(".form-answers li").count() == 3
    assert page.locator(".form-button, .form-veil").count() == 0
    assert page.locator(".form-key").is_visible()
    assert page.locator(".form-guessed").is_visible()


def test_on_paper_all_is_open(visit):
    """Nobody has voted, and what was veiled is printed, and the key with it."""
    page = visit()
    assert not page.locator(".form-key").is_visible()
    page.emulate_media(media="print")
    assert not hidden(page, PUSH)
    assert page.locator(".form-key").is_visible()
    assert not page.locator(".form-veil").is_visible()


def test_an_answer_is_given_its_reason_by_keyboard(visit):
    """The space bar chooses, an arrow goes on; the output says whether it is right, and why."""
    page = visit()
    question = page.get_by_role("group", name="1. What is a weight?")
    output = question.locator("output")
    question.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    assert output.inner_text() == "Right. It is between 0 and 1, all together 1."
    page.keyboard.press("ArrowDown")
    assert output.inner_text() == "Not this one. It is the same for every product."
    assert page.get_by_role("group", name="2. And a push?").locator("output").inner_text() == ""


def test_a_term_shows_its_meaning(visit):
    """On focus and on hover; Escape closes it, and so does leaving it; a pointer may move into it."""
    page = visit()
    term = page.locator("p a.form-term", has_text="weight").first
    box = page.get_by_role("tooltip")
    term.focus()
    assert "The number that a field gets after softmax." in box.inner_text()
    assert term.get_attribute("aria-describedby") == "form-meaning"
    page.keyboard.press("Escape")
    assert page.locator(".form-box").is_hidden()
    term.hover()
    box.hover()
    page.wait_for_timeout(400)
    assert box.is_visible()
    page.mouse.move(0, 0)
    page.locator(".form-box").wait_for(state="hidden")
    assert term.get_attribute("aria-describedby") is None


def test_a_fold_opens_by_keyboard(visit):
    """Its label is its name, open or closed."""
    page = visit()
    summary = page.locator("details.hide summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.hide pre").first.is_visible()
    assert summary.inner_text().strip() == "The <shop> & its model → ann, rows"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_form_is_accessible(visit, theme):
    """Veiled, and with a vote, a reason, a meaning and a fold open: axe finds nothing serious.

    Without preload: from a file, axe may not fetch the style sheets.
    """
    page = visit(color_scheme=theme)
    assert serious(page, "article", preload=False) == []
    page.locator(".form-button").first.click()
    for radio in page.locator("fieldset input[value='0']").all():
        radio.check()
    page.locator("details.hide summary").click()
    page.locator("p a.form-term").first.focus()
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished))")  # a fold fades in
    assert serious(page, "article", preload=False) == []
    assert serious(page, ".form-box", preload=False) == []


def test_the_form_fits_a_telephone(visit):
    """390 pixels are wide enough, with a meaning open too."""
    page = visit(width=390, height=844)
    page.locator("p a.form-term").first.focus()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".form-box").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
