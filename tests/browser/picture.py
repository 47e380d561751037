"""Take README's picture of the explorer from the built book: `make picture`."""

import os
import shutil

from pages import FIELD, REPO
from playwright.sync_api import sync_playwright

PAGE = REPO / "_build" / "html" / "book" / "chapters" / "how-is-a-weight-computed.html"
PICTURE = REPO / "book" / "_static" / "field-explorer.png"


def take_picture() -> None:
    """Open the page from its file, and save what the explorer shows when it opens."""
    chromium = os.environ.get("ATTNVIZ_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        page.goto(PAGE.as_uri())
        explorer = page.locator(FIELD).first
        explorer.wait_for()
        page.get_by_role("button", name="Show me").first.click()
        page.wait_for_timeout(1000)  # the bars glide into their places
        explorer.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE.relative_to(REPO)}: {PICTURE.stat().st_size // 1024} KB")


if __name__ == "__main__":
    take_picture()
