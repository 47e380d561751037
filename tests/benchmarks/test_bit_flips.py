"""The benchmark that flips bits: it tells noticed from unseen, and keeps what was measured before."""

import pandas as pd
import pytest

from benchmarks import bit_flips, results


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(b"ab")
    return path


@pytest.mark.parametrize(
    ("read", "fate"),
    [
        (lambda path: (path.read_bytes(),), "unseen"),
        (lambda path: (path.read_bytes()[:1],), "same"),
        (lambda path: 1 / 0, "noticed"),
    ],
)
def test_the_fate_of_a_bit(read, fate, note):
    """Of one in the second byte: all is read, the first byte only, or nothing. The file stays as it was."""
    assert bit_flips.fate(note, 9, read, (b"a",) if fate == "same" else (b"ab",)) == fate
    assert note.read_bytes() == b"ab"
    assert list(note.parent.iterdir()) == [note]


def test_a_warning_is_noticed(note):
    """Whoever reads it was told."""
    import warnings

    assert bit_flips.fate(note, 0, lambda path: warnings.warn("damaged", stacklevel=1), ()) == "noticed"


def test_no_flipped_bit_is_unseen(tmp_path, monkeypatch):
    """Three files of each kind, beside the columns that were measured before."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(bit_flips, "FOLDER", tmp_path)
    monkeypatch.setattr(bit_flips, "FILES", dict.fromkeys(bit_flips.FILES, 3))
    before = pd.DataFrame({"kind": list(bit_flips.FILES), "unseen_before": [51, 58, 17, 32]})
    results.write_result("bit_flips", before)
    table = bit_flips.measure(seed=1).table
    assert table["kind"].tolist() == list(bit_flips.FILES)
    assert (table["unseen_after"] == 0).all()
    assert (table["noticed_after"] + table["same_after"] == 3).all()
    assert table["unseen_before"].tolist() == [51, 58, 17, 32]
