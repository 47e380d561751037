"""One look: every colour comes out of one file, and can be read on its ground, in light and in dark."""

import re

import pytest
from places import REPO

from attnviz.plots import style

LOOK = REPO / "attnviz/widgets/shared/look.css"
STATIC = REPO / "book/_static"
HEX = r"#[0-9a-fA-F]{3,8}\b"


def colours(block: str) -> dict[str, str]:
    """The colours that a block of `look.css` sets, by name."""
    return dict(re.findall(rf"--av-([\w-]+): ({HEX});", block))


LIGHT, DARK = map(colours, LOOK.read_text().split('html[data-theme="dark"]', 1))


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag():
    """Black on white is 21, and the grey #767676 on white is the palest that text may have."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface", "hover"])
def test_colours_can_be_read_on_every_ground(theme, ground):
    """Text has a contrast of 4.5 and more, the edges of controls 3 and more."""
    for name in ("ink", "muted", "weight", "positive", "negative"):
        assert contrast(theme[name], theme[ground]) >= 4.5, name
    for name in ("control", "focus", "mark"):
        assert contrast(theme[name], theme[ground]) >= 3, name


def test_the_dark_set_names_every_colour_of_the_light_one():
    """A colour without a dark one would stay as it is on a dark page."""
    assert LIGHT.keys() == DARK.keys()


def test_pictures_are_drawn_in_the_same_colours():
    """Matplotlib reads no CSS, so the constants of the plots are compared with it."""
    names = ("ink", "muted", "line", "weight", "positive", "negative")
    drawn = (style.INK, style.MUTED, style.LINE, style.WEIGHT, style.RAISES, style.LOWERS)
    assert drawn == tuple(LIGHT[name] for name in names)


@pytest.mark.parametrize("name", ["book.css", "first-page.css", "diagrams.js"])
def test_the_pages_take_their_colours_from_the_one_file(name):
    """No colour is written a second time."""
    text = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(), flags=re.DOTALL)
    assert re.findall(rf":[^;{{]*?({HEX})", text) == []


@pytest.mark.parametrize(("name", "theme"), [("logo.svg", LIGHT), ("logo-dark.svg", DARK)])
def test_the_logo_is_the_two_mirrored_bars(name, theme):
    """Violet for what is looked at, blue for what moves; nothing else."""
    assert set(re.findall(HEX, (STATIC / name).read_text())) == {theme["weight"], theme["positive"]}


@pytest.mark.parametrize("path", sorted((STATIC / "drawings").glob("*.svg")), ids=lambda path: path.stem)
def test_a_drawing_keeps_the_look(path):
    """Our colours on white, as in the pictures, and no text below 14 pixels."""
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(HEX, text)) <= {*LIGHT.values()}
    assert min(map(int, re.findall(r'font-size="(\d+)"', text))) >= 14
