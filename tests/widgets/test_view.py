"""Live reload: with ANYWIDGET_HMR=1 an open explorer follows the files of its view."""

import shutil
import subprocess
import sys
from pathlib import Path

import attnviz

CODE = """
import sys, threading, time
from pathlib import Path

from attnviz.widgets import FieldMatrix, RocSlider
from attnviz.widgets.shared.view import WIDGETS

folder = Path(sys.argv[1])
assert WIDGETS == folder, WIDGETS
matrix = FieldMatrix([[[[0.2, 0.8], [0.5, 0.5]]]], ["shopper", "price"])
roc = RocSlider({"model": [0.9, 0.2]}, [1, 0])
print(sum(thread is not threading.main_thread() for thread in threading.enumerate()))
before, css = roc._esm, roc._css
time.sleep(1)  # a watcher needs a moment to begin
for file, text in (("field_matrix/view.js", "// own"), ("shared/common.css", "/* shared */")):
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
seconds = float(sys.argv[2])
end = time.monotonic() + seconds
while time.monotonic() < end and not (matrix._esm.endswith("// own") and "/* shared */" in roc._css):
    time.sleep(0.05)
print(matrix._esm.endswith("// own"), "/* shared */" in matrix._css, "/* shared */" in roc._css)
print(roc._esm == before, FieldMatrix([[[[1.0]]]], ["price"])._esm == matrix._esm)
"""


def run(folder: Path, hmr: str, seconds: float) -> list[str]:
    """What the code above prints, with a copy of the package in the folder."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(attnviz.__file__).parent, folder / "attnviz", ignore=ignore)
    env = {"PYTHONPATH": str(folder), "ANYWIDGET_HMR": hmr, "PATH": ""}
    command = [sys.executable, "-c", CODE, str((folder / "attnviz/widgets").resolve()), str(seconds)]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_open_explorer_follows_its_files(tmp_path):
    """By one thread: its own script reaches one explorer, a shared style both; a new one has it at once."""
    assert run(tmp_path, "1", 60) == ["1", "True True True", "True True"]


def test_nothing_is_watched_otherwise(tmp_path):
    """No thread, and the text stays that of the import."""
    assert run(tmp_path, "0", 1) == ["0", "False False False", "True True"]
