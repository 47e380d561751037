"""Scripts of others that lie in the book: each is the very file that it was tested with, or the build stops.

Mermaid is fetched with npm into `book/_static/vendor`; MathJax comes out of the package
`sphinx-mathjax-offline`.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

from attnviz.storage import whole

STATIC = Path(__file__).parents[1] / "_static"
MERMAID_VERSION = "11.17.2"
MERMAID_FILE = f"vendor/mermaid-{MERMAID_VERSION}.js"
MERMAID_CDN = f"https://cdn.jsdelivr.net/npm/@mermaid-js/tiny@{MERMAID_VERSION}/dist/mermaid.tiny.js"
MERMAID_SHA256 = "7a644017d37f93c8359790884e6b67fb1f747c78eb20475952404bd87190a3f8"
# What a browser compares before it runs the file from the CDN, where there is no npm.
MERMAID_INTEGRITY = "sha256-" + base64.b64encode(bytes.fromhex(MERMAID_SHA256)).decode()
MATHJAX_PARTS = ("a11y", "input", "output", "sre", "ui", "tex-chtml.js")
MATHJAX_SHA256 = "76ce2fa2b0308990c4b1bd9ac3c4f95c4211fafaf3c58f784c1c56dce95c59f8"


def digest(paths: list[Path], root: Path) -> str:
    """One digest of the names, relative to `root`, and the contents of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def fetch_mermaid(folder: Path, target: Path = STATIC / MERMAID_FILE) -> str:
    """Put mermaid where the pages look for it; return a sentence that says which way it took.

    Args:
        folder: Where npm may leave its archive.
        target: The file that the pages load.

    Raises:
        SystemExit: If npm delivered another file than the one this book was tested with.
    """
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == MERMAID_SHA256:
        return f"mermaid {MERMAID_VERSION}: from {target}"
    target.unlink(missing_ok=True)
    if not (npm := shutil.which("npm")):
        return f"mermaid: no npm here, so the diagram's page loads {MERMAID_CDN}"
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", f"@mermaid-js/tiny@{MERMAID_VERSION}", "--pack-destination", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if run.returncode:
        return f"mermaid: npm failed, so the diagram's page loads {MERMAID_CDN}\n{run.stderr.strip()}"
    with tarfile.open(folder / f"mermaid-js-tiny-{MERMAID_VERSION}.tgz") as archive:
        script = archive.extractfile("package/dist/mermaid.tiny.js").read()
    if hashlib.sha256(script).hexdigest() != MERMAID_SHA256:
        sys.exit("mermaid: npm delivered another file than the one this book was tested with")
    with whole(target) as draft:
        draft.write_bytes(script)
    return f"mermaid {MERMAID_VERSION}: fetched with npm"


def copy_mathjax(target: Path, source: Path | None = None) -> None:
    """Copy what the pages load of MathJax.

    Raises:
        SystemExit: If a file is not the one this book was tested with.
    """
    source = source or Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    files = [path for part in MATHJAX_PARTS for path in [source / part, *(source / part).rglob("*")]]
    files = [path for path in files if path.is_file()]
    if digest(files, source) != MATHJAX_SHA256:
        sys.exit(f"MathJax: {source} holds other files than the ones this book was tested with")
    for path in files:
        with whole(target / path.relative_to(source)) as draft:
            shutil.copyfile(path, draft)
