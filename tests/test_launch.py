"""Buttons that run a chapter elsewhere: one address, and none until it is set."""

from types import SimpleNamespace

import launch
import pytest
from places import REPO
from sphinx.errors import ConfigError

FOLDER = "https://github.com/somebody/attnviz-notebooks/tree/main/notebooks"


def buttons(folder: str, page: str) -> list:
    """The groups of buttons that a page gets."""
    context = {"header_buttons": []}
    launch.add_buttons(SimpleNamespace(config={launch.SETTING: folder}), page, "", context, None)
    return context["header_buttons"]


def test_no_button_until_the_address_is_set():
    """The setting stands in `_config.yml`, and is empty."""
    assert f'{launch.SETTING}: ""' in (REPO / "_config.yml").read_text()
    assert buttons("", "book/chapters/real-stays") == []


def test_a_chapter_opens_in_both_places():
    """Each service gets the address that its own documentation asks for; other pages get no button."""
    (group,) = buttons(FOLDER, "book/chapters/real-stays")
    assert [(one["text"], one["url"]) for one in group["buttons"]] == [
        (
            "Binder",
            "https://mybinder.org/v2/gh/somebody/attnviz-notebooks/main?urlpath=lab/tree/notebooks/real-stays.ipynb",
        ),
        (
            "Colab",
            "https://colab.research.google.com/github/somebody/attnviz-notebooks/blob/main/notebooks/real-stays.ipynb",
        ),
    ]
    assert buttons(FOLDER, "book/glossary") == []


@pytest.mark.parametrize("folder", ["somebody/attnviz", "https://github.com/somebody", "javascript:alert(1)"])
def test_another_address_stops_the_build(folder):
    """The error names the setting, what was expected and what came."""
    with pytest.raises(ConfigError, match=f"{launch.SETTING}: expected https://github.com/.*, got "):
        launch.addresses(folder, "real-stays")
