"""What the directives of a chapter's form write: whole without scripts, and clear about what is wrong."""

import json
import re

import pytest
import small_book

PAGE = f"""# Page

## Why?

{small_book.GUESS}
A {{term}}`weight`.

{small_book.FOLD}
{small_book.NOT_SHOWN}
## Check yourself

{small_book.CHECK}
## Summary

{small_book.VERDICT}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The page that holds one of each, and its folder."""
    path, warnings = small_book.build(tmp_path_factory.mktemp("book"), PAGE)
    assert warnings == ""
    return path


@pytest.fixture(scope="module")
def html(built):
    """Its text."""
    return built.read_text(encoding="utf-8")


def between(html: str, start: str, end: str) -> str:
    """What stands between two strings of a page."""
    return html.split(start, 1)[1].split(end, 1)[0]


def test_a_guess_is_a_question_and_its_answers(html):
    """An open list, whose buttons are the script's work; what is to be veiled stands in an attribute."""
    guess = between(html, '<div class="form-guess"', "</div>")
    assert guess.startswith(' data-veil=".av-cell-push, .av-verdict">')
    assert "Did the <em>reviews</em> bring it?" in guess
    assert guess.count("<li>") == 3
    assert "&amp; dull" in guess
    assert "button" not in guess
    assert 'src="_static/form/guess.js' in html


def test_the_verdict_answers_the_guess(html):
    """Stamp, sentence, question and right answer, in this order."""
    verdict = between(html, '<div class="form-verdict" data-stamp="say this instead">', "</section>")
    parts = [
        "Say this instead",
        "usually choose by <em>reviews</em>",
        "Did the <em>reviews</em>",
        "&amp; dull",
    ]
    places = [verdict.index(part) for part in parts]
    assert places == sorted(places)


def test_a_check_is_a_group_of_radio_buttons(html):
    """Fieldset, legend, a button for each answer, an empty output; each question has a name of its own."""
    questions = re.findall(r"<fieldset.*?</fieldset>", html, re.DOTALL)
    assert [question.count('type="radio"') for question in questions] == [2, 2]
    for number, question in enumerate(questions, 1):
        assert question.count("<legend>") == 1
        assert set(re.findall(r'name="(.+?)"', question)) == {f"check-{number}"}
        assert question.endswith("<output></output></fieldset>")


def test_the_key_gives_a_reason_for_every_answer(html):
    """It stands below the last question, and says of each answer whether it is right."""
    key = between(html, 'class="form-key', "</section>")
    assert html.rindex("</fieldset>") < html.index('class="form-key')
    assert key.count("<strong>Right: </strong>") == key.count("<strong>Not: </strong>") == 2
    assert re.findall(r'id="check-(\d)-reason-(\d)"', key) == [("1", "0"), ("1", "1"), ("2", "0"), ("2", "1")]
    for reason in ("<strong>all</strong> together 1", "the same for every product", "average product"):
        assert reason in key


def test_a_fold_says_what_is_inside(html):
    """Its label is escaped, names of Python are code in it, nothing hides it from those who listen."""
    summary = between(html, "<summary>", "</summary>")
    assert "The &lt;shop&gt; &amp; its model → <code>ann</code>, <code>rows</code>" in summary
    assert "Toggle hidden content" not in html


def test_what_a_picture_does_not_show_is_a_callout(html):
    """An admonition with a title of its own."""
    assert "What the picture does not show</p>\n<p>Whether she would agree." in html


def test_a_page_holds_the_meanings_of_its_terms(built, html):
    """Those that it links to, no others; a link in a meaning is its words; the search does not see them."""
    meanings = html.split('<div class="form-meanings" hidden>')[1].split('<div class="clearer"')[0]
    assert re.findall(r'data-term="(.+?)"', meanings) == ["term-weight"]
    assert "The number that a field gets <em>after</em> <span>softmax</span>." in meanings
    index = (built.parent / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(re.search(r'"terms": *(\{.*?\})', index).group(1))
    assert sorted(terms["weight"]) == [0, 1]
    assert terms["field"] == 0  # in the glossary only


def test_a_formula_in_a_meaning_is_drawn(tmp_path):
    """A page without formulas loads MathJax when one of its terms needs it."""
    path, _ = small_book.build(tmp_path, "# Page\n\nA {term}`softmax`.\n")
    assert "none.js" in path.read_text(encoding="utf-8")


YES_NO = "- Yes\n- No\n:::"
BAD = {
    "guess: expected two to four answers, got 1": ":::{guess} Why?\n:right: 1\n\n- Yes\n:::",
    "guess: :right: must name one of 2 answers": f":::{{guess}} Why?\n\n{YES_NO}",
    "guess: expected one list of answers": ":::{guess} Why?\n:right: 1\n\nYes\n:::",
    "guess: an answer is one sentence": ":::{guess} Why?\n:right: 1\n\n- Yes\n  - So.\n- No\n:::",
    "expected class names such as .av-verdict": f":::{{guess}} Why?\n:right: 1\n:veil: a{{}}\n\n{YES_NO}",
    "the answer 'No' needs a list of one item": ":::{check} Why?\n:right: 1\n\n- Yes\n  - So.\n- No\n:::",
    "check: :right: must name one of 2": ":::{check} Why?\n:right: 3\n\n- Yes\n  - So.\n- No\n  - So.\n:::",
    "verdict: expected one of say it, say this instead, say nothing": ":::{verdict} shout\nA.\n:::",
    "a chapter has one guess and one verdict": 2 * f":::{{guess}} Why?\n:right: 1\n\n{YES_NO}\n\n",
}


def test_what_is_wrong_is_said(tmp_path):
    """Each mistake is an error of the build that names what was expected."""
    _, warnings = small_book.build(tmp_path, "# Page\n\n" + "\n\n".join(BAD.values()))
    assert [message for message in BAD if message not in warnings] == []
