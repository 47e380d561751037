"""A headless Chromium that has no network, for the tests of what a reader sees."""

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

LOCAL = ("file:", "blob:", "data:", "http://127.0.0.1:")


@pytest.fixture(scope="module")
def browser():
    """Chromium from ATTNVIZ_CHROMIUM, the PATH or Playwright; without one the tests are skipped, loudly."""
    api = pytest.importorskip("playwright.sync_api", reason="pip install playwright runs the browser tests")
    chromium = os.environ.get("ATTNVIZ_CHROMIUM") or shutil.which("chromium")
    with api.sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        except api.Error as error:
            _without_browser(error)
        yield started
        started.close()


def _without_browser(error):
    message = (
        "No Chromium could be started, so nothing that a reader sees was tested. "
        "Install chromium, set ATTNVIZ_CHROMIUM to its path, or run `playwright install chromium`. "
        f"The error was: {error}"
    )
    if os.environ.get("ATTNVIZ_REQUIRE_BROWSER") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def open_page(browser):
    """Open an address; at the end, no request left this machine, no dialog opened, no error was logged."""
    contexts, outside, dialogs, errors = [], [], [], []

    def block(route):
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    def opened(address: str, *, width: int = 1280, height: int = 900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(15_000)
        context.route("**/*", block)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        return page

    opened.errors = errors
    yield opened
    for context in contexts:
        context.close()
    assert (outside, dialogs, errors) == ([], [], [])


@pytest.fixture
def show(open_page, tmp_path):
    """Write a page that shows the widgets and open it from its file."""
    import pages

    def shown(*widgets, theme="light", **options):
        page = open_page(pages.write_page(tmp_path, *widgets, theme=theme).as_uri(), **options)
        page.wait_for_selector(".av-root")
        return page

    return shown
