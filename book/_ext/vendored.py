"""Scripts and fonts of others in the book: each is the very file that it was tested with, or the build stops.

Mermaid and the fonts are fetched with npm into `book/_static/vendor`; MathJax comes out of the package
`sphinx-mathjax-offline`.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
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
FONTS = STATIC / "vendor/fonts"
# Of each package the version, and what a page loads of it: the digest of each file. The licence is OFL 1.1.
FONT_PACKAGES = {
    "@fontsource-variable/inter@5.3.0": {
        "files/inter-latin-wght-normal.woff2": (
            "3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62"
        ),
        "LICENSE": "3b0a5fca3d17942cde889069889dedbbbd075e9b599968c82a95f4d944e9b345",
    },
    "@fontsource-variable/source-serif-4@5.3.1": {
        "files/source-serif-4-latin-wght-normal.woff2": (
            "382475f38242c52d42a3e5ff8dc69b5d73f10d0d21e4550b5fe232984688779a"
        ),
        "files/source-serif-4-latin-wght-italic.woff2": (
            "b4f56ddc9873487f1c9a3ad5bbce31982fe89b951f57e4604f62b4c8a540fb19"
        ),
        "LICENSE": "18aabf190848725e2576eefb5c29ba06aac1029d02132252a7f312eac2e50cf3",
    },
}
MATHJAX_PARTS = ("a11y", "input", "output", "sre", "ui", "tex-chtml.js")
MATHJAX_SHA256 = "76ce2fa2b0308990c4b1bd9ac3c4f95c4211fafaf3c58f784c1c56dce95c59f8"


def digest(paths: list[Path], root: Path) -> str:
    """One digest of the names, relative to `root`, and the contents of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


class NoNpm(Exception):
    """There is no npm here, or it could not fetch: the message says which."""


def from_npm(package: str, members: Mapping[str, str], folder: Path) -> dict[str, bytes]:
    """Fetch a package and read some of its files.

    Args:
        package: Its name and version, as in `"@mermaid-js/tiny@11.17.2"`.
        members: The SHA-256 of each file that is wanted, by its path in the package.
        folder: Where npm may leave its archive.

    Raises:
        NoNpm: If there is no npm, or it failed.
        SystemExit: If npm delivered another file than the one this book was tested with.
    """
    if not (npm := shutil.which("npm")):
        raise NoNpm("no npm here")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", package, "--pack-destination", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if run.returncode:
        raise NoNpm(f"npm failed ({run.stderr.strip()})")
    archive_name = package.removeprefix("@").replace("/", "-").replace("@", "-") + ".tgz"
    with tarfile.open(folder / archive_name) as archive:
        found = {name: archive.extractfile(f"package/{name}").read() for name in members}
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != members[name]:
            sys.exit(f"{package}: npm delivered another {name} than the one this book was tested with")
    return found


def is_kept(path: Path, sha256: str) -> bool:
    """Whether a file is there and is the tested one; another one is removed."""
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
        return True
    path.unlink(missing_ok=True)
    return False


def fetch_mermaid(folder: Path, target: Path = STATIC / MERMAID_FILE) -> str:
    """Put mermaid where the pages look for it; return a sentence that says which way it took.

    Args:
        folder: Where npm may leave its archive.
        target: The file that the pages load.

    Raises:
        SystemExit: If npm delivered another file than the one this book was tested with.
    """
    if is_kept(target, MERMAID_SHA256):
        return f"mermaid {MERMAID_VERSION}: from {target}"
    member, package = "dist/mermaid.tiny.js", f"@mermaid-js/tiny@{MERMAID_VERSION}"
    try:
        script = from_npm(package, {member: MERMAID_SHA256}, folder)[member]
    except NoNpm as reason:
        return f"mermaid: {reason}, so the diagram's page loads {MERMAID_CDN}"
    with whole(target) as draft:
        draft.write_bytes(script)
    return f"mermaid {MERMAID_VERSION}: fetched with npm"


def font_files(target: Path = FONTS) -> dict[Path, str]:
    """Where the fonts and their licences lie, and the digest of each."""
    return {
        target / f"{package.split('/')[1].rsplit('@')[0]}-{name.split('-latin-')[-1].split('/')[-1]}": sha256
        for package, members in FONT_PACKAGES.items()
        for name, sha256 in members.items()
    }


def fetch_fonts(folder: Path, target: Path = FONTS) -> str:
    """Put the fonts where the pages look for them; without npm the pages use the reader's own.

    Args:
        folder: Where npm may leave its archives.
        target: The folder that `fonts.css` names.

    Raises:
        SystemExit: If npm delivered another file than the one this book was tested with.
    """
    files = font_files(target)
    kept = [is_kept(path, sha256) for path, sha256 in files.items()]
    if all(kept):
        return f"fonts: from {target}"
    try:
        contents = [
            content
            for package, members in FONT_PACKAGES.items()
            for content in from_npm(package, members, folder).values()
        ]
    except NoNpm as reason:
        return f"fonts: {reason}, so the pages use the fonts of their reader"
    for path, content in zip(files, contents, strict=True):
        with whole(path) as draft:
            draft.write_bytes(content)
    return "fonts: fetched with npm"


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
