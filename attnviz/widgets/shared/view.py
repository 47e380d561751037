"""An explorer's view: several files as one self-contained text, read again while somebody works on them."""

import os
import threading
from functools import cache
from pathlib import Path

from anywidget._file_contents import VirtualFileContents

WIDGETS = Path(__file__).resolve().parents[1]


def read_view(name: str, suffix: str, *shared: str) -> "str | View":
    """The shared files and the explorer's own file, joined to one text.

    With `ANYWIDGET_HMR=1` in the environment, explorers on the screen follow each change of these files.

    Args:
        name: the explorer's folder, such as `"field_explorer"`.
        suffix: `"js"` or `"css"`.
        *shared: names of further shared files that go between, such as `"claims"`.

    Raises:
        ModuleNotFoundError: with `ANYWIDGET_HMR=1`, if `watchfiles` is not installed.

    Example:
        >>> read_view("field_explorer", "js").count("export default")
        1
    """
    first = ("look", "common") if suffix == "css" else ("common",)
    files = [WIDGETS / "shared" / f"{part}.{suffix}" for part in (*first, "projector", *shared)]
    files.append(WIDGETS / name / f"view.{suffix}")
    if os.environ.get("ANYWIDGET_HMR") != "1":
        return _joined(files)
    view = View(files)
    _watched(WIDGETS).append(view)
    return view


class View(VirtualFileContents):
    """Files as one text; who shows it is told of each change."""

    def __init__(self, files: list[Path]):
        self.files = files
        super().__init__(_joined(files))

    def read_again(self) -> None:
        """Take the files as they are now."""
        self.contents = _joined(self.files)


def _joined(files: list[Path]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@cache
def _watched(folder: Path) -> list[View]:
    """The views that one thread keeps up to date, for all files below the folder."""
    from watchfiles import watch

    views: list[View] = []

    def follow() -> None:
        for changes in watch(folder):
            changed = {Path(path) for _, path in changes}
            for view in views:
                # An editor may replace a file in two steps; the second one is a change too.
                if changed & set(view.files) and all(path.is_file() for path in view.files):
                    view.read_again()

    threading.Thread(target=follow, name="attnviz views", daemon=True).start()
    return views
