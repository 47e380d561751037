"""A search in a small built book: who looks up a word finds the chapter that explains it."""

import subprocess
import sys

from places import REPO

CONFIG = f"""
import sys
sys.path.insert(0, {str(REPO / "book/_ext")!r})
extensions = ["myst_parser", "explained"]
project = "small"
html_show_search_summary = False  # a page from a file may fetch no other
"""
PAGES = {
    "index": "# Book\n\n```{toctree}\nmeasures\nusers\nwords\n```\n",
    "measures": "# Is it any good?\n\nA coin has an AUC of one half.\n",
    "users": "# The AUC of every model\n\nAUC, AUC and AUC.\n\n## AUC\n\nThe AUC is 0.8.\n",
    "words": "# Glossary\n\n```{glossary}\nAUC\n  A chance. ([](measures.md))\n\ncoin\n  Two sides.\n```\n",
}


def results(open_page, folder, query: str) -> list[str]:
    """The titles that the search page finds, in order."""
    page = open_page(f"{(folder / 'html/search.html').as_uri()}?q={query}")
    page.wait_for_function("/found/.test(document.querySelector('#search-results p')?.textContent ?? '')")
    return page.locator("#search-results li > a").all_inner_texts()


def test_the_chapter_that_explains_a_word_stands_before_those_that_use_it(open_page, tmp_path):
    """AUC is in another page's title and heading; the glossary says which chapter explains it."""
    (tmp_path / "conf.py").write_text(CONFIG)
    for name, text in PAGES.items():
        (tmp_path / f"{name}.md").write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(tmp_path), str(tmp_path / "html")]
    subprocess.run(command, check=True)
    found = results(open_page, tmp_path, "AUC")
    users = next(place for place, title in enumerate(found) if "every model" in title)
    assert found.index("Is it any good?") < users
    assert found.index("Glossary") < users
