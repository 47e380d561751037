"""How pages look: pictures on a dark page and on a telephone, in the colours of the one file."""

import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from places import REPO

from attnviz import plots

matplotlib.use("agg")
STATIC = REPO / "book/_static"
PAGE = """<!doctype html><html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Picture</title>
<style>{css}</style></head>
<body><div class="bd-content"><article><h1>A picture</h1>
<div class="cell_output"><img src="bars.png" alt="Bars of two fields"></div></article></div>
<script>{script}</script></body></html>"""


@pytest.fixture
def picture(open_page, tmp_path):
    """Open a page with a picture of two fields: one that raises, one that lowers."""

    def opened(theme: str, **options):
        figure, ax = plt.subplots(figsize=(9, 2), layout="constrained", facecolor="white")
        plots.attribution_bars([0.5, -0.5], ["price", "reviews"], ax=ax)
        figure.savefig(tmp_path / "bars.png", dpi=100)
        plt.close(figure)
        css = (REPO / "attnviz/widgets/shared/look.css").read_text() + (STATIC / "book.css").read_text()
        script = (STATIC / "figures.js").read_text()
        page = tmp_path / "page.html"
        page.write_text(PAGE.format(theme=theme, css=css, script=script))
        return open_page(page.as_uri(), **options)

    return opened


def colours(page) -> np.ndarray:
    """The picture's pixels on the page, as (row, column, colour)."""
    shot = page.locator("img").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def test_a_picture_lies_on_the_paper_in_light_and_dark(picture):
    """Its white is the page's paper; in the dark blue stays blue and amber amber, without a frame."""
    light, dark = colours(picture("light", width=1280)), colours(picture("dark", width=1280))
    assert light[0, 0].tolist() == [0xFA, 0xF8, 0xF3]
    assert np.abs(dark[0, 0] - [0x14, 0x17, 0x1C]).max() <= 2
    for pixels in (light, dark):
        red, blue = pixels[..., 0], pixels[..., 2]
        assert (blue - red > 60).mean() > 0.02  # the bar that raises
        assert (red - blue > 60).mean() > 0.02  # the bar that lowers
    assert light.mean() > 200 > 80 > dark.mean()


def test_words_of_a_picture_can_be_read_on_a_telephone(picture):
    """A name of 10 points is 8 points and more at 390 pixels; only its box scrolls, and takes the focus."""
    page = picture("light", width=390)
    scale = page.locator("img").bounding_box()["width"] / 900  # of the size that it was drawn in
    assert 10 * 100 / 72 * scale >= 8 * 96 / 72
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "cell_output"
