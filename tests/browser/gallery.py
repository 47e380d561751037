"""Take the first page's pictures of the explorers from the built book: `make gallery`."""

import io
import os
import re
import shutil

from pages import REPO
from PIL import Image

INDEX = REPO / "book" / "index.md"
PAGES = REPO / "_build" / "html" / "book"
STILL = re.compile(r"\((_static/gallery/(\w+)\.png)\) .+?\]\((chapters/[\w-]+)\.md\)")
SIZE = (600, 420)
COLOURS = 20
OVER_IT = """
.skip-link, .bd-header-article, #pst-back-to-top { display: none !important; }
.av-controls { position: static !important; }
"""  # what would cover a tall one


def take_pictures() -> None:
    """Open the chapter of each picture, and save the upper part of what the explorer shows when it opens."""
    from playwright.sync_api import sync_playwright  # the tests read this file without a browser, too

    chromium = os.environ.get("ATTNVIZ_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1000}, color_scheme="light")
        page.set_default_timeout(180_000)
        for path, name, chapter in STILL.findall(INDEX.read_text(encoding="utf-8")):
            page.goto((PAGES / f"{chapter}.html").as_uri())
            still = picture_of(page, name)
            still.save(INDEX.parent / path, optimize=True)
            print(f"{path}: {(INDEX.parent / path).stat().st_size // 1024} KB")
        browser.close()


def picture_of(page, name: str) -> Image.Image:
    """The upper part of an explorer's figure, in few colours, so that it is small."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
    figure = page.locator(f".av-{kind} .av-figure").first
    figure.wait_for()
    for veil in page.get_by_role("button", name="Show me").all()[:1]:
        veil.click()
    page.add_style_tag(content=OVER_IT)
    page.wait_for_timeout(1000)  # the bars glide into their places
    with Image.open(io.BytesIO(figure.screenshot())) as taken:
        height = min(taken.height, round(taken.width * SIZE[1] / SIZE[0]))
        part = taken.convert("RGB").crop((0, 0, taken.width, height))
    part.thumbnail(SIZE)
    return part.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)


if __name__ == "__main__":
    take_pictures()
