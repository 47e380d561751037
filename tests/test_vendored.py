"""Scripts of others in the book: no file but the one that was tested ever reaches a page."""

import base64
import re
import shutil
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest
import vendored

MATHJAX = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"


def test_a_changed_mermaid_is_not_kept(tmp_path, monkeypatch):
    """A file with another digest is removed; without npm the page then names the CDN."""
    target = tmp_path / "mermaid.js"
    target.write_text("alert(1)")
    monkeypatch.setenv("PATH", "")
    assert vendored.MERMAID_CDN in vendored.fetch_mermaid(tmp_path, target)
    assert not target.exists()


def test_the_page_compares_the_digest_of_what_the_cdn_sends():
    """The integrity attribute holds the digest that the fetched file is compared with."""
    kind, _, value = vendored.MERMAID_INTEGRITY.partition("-")
    assert kind == "sha256"
    assert base64.b64decode(value).hex() == vendored.MERMAID_SHA256


def test_a_changed_font_is_not_kept(tmp_path, monkeypatch):
    """A file with another digest is removed; without npm the pages then use the fonts of their reader."""
    changed = next(iter(vendored.font_files(tmp_path)))
    changed.write_bytes(b"no font")
    monkeypatch.setenv("PATH", "")
    assert "the fonts of their reader" in vendored.fetch_fonts(tmp_path, tmp_path)
    assert not changed.exists()


def test_npm_may_deliver_no_other_file(tmp_path, monkeypatch):
    """A package in which one byte is another one stops the build, and nothing of it is kept."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for package in vendored.FONT_PACKAGES:
        name = package[1:].replace("/", "-").replace("@", "-") + ".tgz"
        with tarfile.open(tmp_path / name, "w:gz") as archive:
            for member in vendored.FONT_PACKAGES[package]:
                archive.addfile(tarfile.TarInfo(f"package/{member}"))
    with pytest.raises(SystemExit, match="npm delivered another files/inter-latin-wght-normal.woff2"):
        vendored.fetch_fonts(tmp_path, tmp_path / "fonts")
    assert not (tmp_path / "fonts").exists()


def test_the_style_sheet_names_the_fonts_that_are_fetched():
    """Each font of `fonts.css` is fetched under that name, and each that is fetched is named."""
    named = re.findall(r'url\("(.+?)"\)', (vendored.STATIC / "fonts.css").read_text())
    fetched = [path for path in vendored.font_files() if path.suffix == ".woff2"]
    assert sorted(vendored.STATIC / name for name in named) == sorted(fetched)


def test_mathjax_is_copied_whole(tmp_path):
    """All files that the pages load are there, the safe mode among them, and no half of one."""
    vendored.copy_mathjax(tmp_path)
    assert (tmp_path / "ui/safe.js").read_bytes() == (MATHJAX / "ui/safe.js").read_bytes()
    assert (tmp_path / "tex-chtml.js").is_file()
    assert not list(tmp_path.rglob("*.partial"))


def test_another_mathjax_stops_the_build(tmp_path):
    """One changed byte, and nothing is copied."""
    shutil.copytree(MATHJAX, tmp_path / "mathjax")
    changed = tmp_path / "mathjax/tex-chtml.js"
    changed.write_bytes(b"\0" + changed.read_bytes()[1:])
    with pytest.raises(SystemExit, match="MathJax: .* holds other files"):
        vendored.copy_mathjax(tmp_path / "book", tmp_path / "mathjax")
    assert not (tmp_path / "book").exists()
