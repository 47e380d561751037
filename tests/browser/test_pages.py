"""Built pages show explorers with our loader alone, and no text of a shop becomes a part of the page."""

import os
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from ipywidgets import IntSlider
from pages import FIELD, HOSTILE, HOSTILE_FORMS, REASON, REPO, field_explorer, reason_explorer, write_page


def test_hostile_text_is_inert(show):
    """A title, tag, review or label that is HTML stands there as text."""
    page = show(field_explorer(text=HOSTILE_FORMS), reason_explorer(text=HOSTILE_FORMS))
    for button in page.get_by_role("button", name="Table").all():
        button.click()
    page.get_by_role("button", name="Random case").click()
    assert page.locator("img").count() == 0
    assert HOSTILE in page.locator(".av-product").inner_text()
    assert HOSTILE in page.locator(".av-text").nth(1).inner_text()
    assert HOSTILE in page.locator(REASON).inner_text()


def test_page_works_over_http(open_page, tmp_path):
    """The same page from a local server."""
    write_page(tmp_path, field_explorer())
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = open_page(f"http://127.0.0.1:{server.server_port}/page.html")
        assert page.locator(".av-product").inner_text() == "Linen shirt, for Shopper Ann"
        server.shutdown()


def test_other_widgets_say_that_they_need_a_notebook(show):
    """A slider of ipywidgets has no code in the page, and says so; the explorer beside it works."""
    page = show(IntSlider(), field_explorer())
    assert "This control needs a running notebook." in page.locator("main").inner_text()
    assert page.locator(FIELD).count() == 1


def test_a_broken_explorer_says_so(open_page, tmp_path):
    """An error is a sentence in the page and in the console, and the rest of the page goes on."""
    path = write_page(tmp_path, field_explorer(), reason_explorer())
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("function vectorStrip(", "function otherStrip("), encoding="utf-8")
    page = open_page(path.as_uri())
    page.wait_for_selector(REASON)
    assert "This explorer could not be shown: vectorStrip is not defined" in page.locator("main").inner_text()
    assert len(open_page.errors) == 1
    open_page.errors.clear()


# --- a book in small, built by Sphinx ---------------------------------------------------------------------

CONFIGURATION = f"""
import sys
sys.path.insert(0, {str(REPO / "book/_ext")!r})
project = "small"
extensions = ["myst_nb", "attnviz_pages"]
html_theme = "sphinx_book_theme"
html_context = {{"default_mode": "auto"}}
html_static_path = [{str(REPO / "book/_static")!r}]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
"""

HEAD = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---
# A page

```{code-cell} ipython3
"""

PAGES = {
    "index": "# Index\n\n```{toctree}\nexplorer\n```\n",
    "explorer": f"{HEAD}import pages\npages.field_explorer(text=pages.HOSTILE_FORMS)\n```\n",
}


@pytest.fixture(scope="module")
def small_book(tmp_path_factory) -> Path:
    """Two pages, one of them with an explorer of hostile texts, executed; a warning is an error."""
    source, built = tmp_path_factory.mktemp("small"), tmp_path_factory.mktemp("built")
    (source / "conf.py").write_text(CONFIGURATION, encoding="utf-8")
    for name, text in PAGES.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    here = Path(__file__).parent
    path = os.pathsep.join(map(str, (REPO, here, here.parent)))
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(source), str(built)]
    run = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return built


def test_built_page_shows_the_explorer_and_hostile_text_as_text(open_page, small_book):
    """`</script>` in a title, a tag or a review ends nothing: no dialog, no image, the text stands there."""
    page = open_page((small_book / "explorer.html").as_uri())
    page.wait_for_selector(FIELD)
    page.get_by_role("button", name="Table").click()
    assert page.locator("img[src=x]").count() == 0
    assert HOSTILE_FORMS in page.locator(".av-product").inner_text()
    assert page.locator(".av-text").nth(1).inner_text().endswith(HOSTILE_FORMS)
    states = page.locator('script[type$="widget-state+json"]')
    assert states.count() == 1
    assert "<" not in states.text_content()


def test_loader_is_on_pages_with_explorers_only(small_book):
    """Other pages carry no script for widgets, and no page asks a CDN for one."""
    assert "widgets/loader.js" in (small_book / "explorer.html").read_text(encoding="utf-8")
    assert "widgets/loader.js" not in (small_book / "index.html").read_text(encoding="utf-8")
    for page in small_book.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "require.js" not in text
        assert "html-manager" not in text


def test_built_page_follows_the_theme_switch(open_page, small_book):
    """The book's own light and dark switch reaches the explorer."""
    page = open_page((small_book / "explorer.html").as_uri(), color_scheme="light")
    page.wait_for_selector(FIELD)
    background = "getComputedStyle(document.querySelector('.av-root')).backgroundColor"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.evaluate("document.documentElement.setAttribute('data-theme', 'dark')")
    assert page.evaluate(background) == "rgb(27, 31, 38)"
