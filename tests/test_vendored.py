"""Scripts of others in the book: no file but the one that was tested ever reaches a page."""

import base64
import shutil
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
