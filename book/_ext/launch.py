"""Sphinx extension: buttons that open a chapter in Binder and Colab, off until one address is set.

`launch_notebooks` in `_config.yml` is the folder of notebooks on GitHub, as a browser shows it:
`https://github.com/OWNER/REPOSITORY/tree/BRANCH/FOLDER`.
"""

import re

from sphinx.errors import ConfigError

SETTING = "launch_notebooks"
FOLDER = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)/tree/([\w.-]+)(?:/([\w./-]+?))?/?")


def addresses(folder: str, chapter: str) -> dict[str, str]:
    """Where a chapter's notebook opens, by the name of the service.

    Raises:
        ConfigError: If the folder is no address of that form.
    """
    if not (found := FOLDER.fullmatch(folder)):
        raise ConfigError(
            f"{SETTING}: expected https://github.com/OWNER/REPOSITORY/tree/BRANCH/FOLDER, got {folder!r}. "
            "Open the folder of notebooks on GitHub and copy its address, or leave it empty."
        )
    repository, branch, below = found.groups()
    path = f"{below}/{chapter}.ipynb" if below else f"{chapter}.ipynb"
    return {
        "Binder": f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{path}",
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}",
    }


def add_buttons(app, pagename, templatename, context, doctree):
    """Put the buttons beside the theme's own, on chapters."""
    folder = app.config[SETTING]
    if not folder or not pagename.startswith("book/chapters/"):
        return
    found = addresses(folder, pagename.removeprefix("book/chapters/"))
    buttons = [
        {"type": "link", "url": url, "text": name, "tooltip": f"Open in {name}", "icon": "fas fa-rocket"}
        for name, url in found.items()
    ]
    context["header_buttons"].append(
        {
            "type": "group",
            "label": "launch-buttons",
            "icon": "fas fa-rocket",
            "tooltip": "Run this chapter",
            "buttons": buttons,
        }
    )


def setup(app):
    """Register with Sphinx, after the theme has made its list of buttons."""
    app.add_config_value(SETTING, "", "html")
    app.connect("html-page-context", add_buttons, priority=502)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
