import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.data.readers.json_lines import read_json_lines

RECORDS = [{"text": "é \u2028 \x85"}, {}, {"a": [1, None]}]
LINES = [json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in RECORDS]


def written(folder, content: bytes, zipped: bool):
    path = folder / "some.json.gz"
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "content", [b"".join(LINES), b"".join(LINES)[:-1], b"\xef\xbb\xbf" + b"\r\n".join(LINES)]
)
def test_objects_come_with_their_lines(tmp_path, content, zipped):
    """Gzipped or not whatever the name, with a last newline or without, with a byte order mark or without."""
    found = list(read_json_lines(written(tmp_path, content, zipped)))
    assert [record for _, record in found] == RECORDS
    if not content.startswith(b"\xef"):
        assert [line for line, _ in found] == [1, 2, 3]


def test_blank_lines_count_but_are_passed_over(tmp_path):
    """The line numbers are those an editor shows."""
    path = written(tmp_path, b"\n \n" + LINES[0] + b"\n" + LINES[1], zipped=False)
    assert [line for line, _ in read_json_lines(path)] == [3, 5]


BAD = {
    b'{"a": 1,}': "no JSON that can be read",
    b'{"a": "\xe9"}': r"not UTF-8 \(byte 0xe9 at position 7\)",
    b"[1]": r"expected a JSON object \{\.\.\.\}, got list",
    b"[" * 100_000: "no JSON that can be read",
    b'{"a": ' + b"1" * 5000 + b"}": "no JSON that can be read",
}


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_bad_line_is_named(tmp_path, bad):
    """Broken JSON, Latin-1, a list, brackets without end, a number without end: file and line."""
    path = written(tmp_path, LINES[0] + bad + b"\n" + LINES[1], zipped=True)
    with pytest.raises(ValueError, match=rf"some\.json\.gz, line 2: {BAD[bad]}"):
        list(read_json_lines(path))


def test_a_file_in_another_encoding_is_named(tmp_path):
    """UTF-16 with its mark is told at line 1."""
    path = written(tmp_path, LINES[0].decode().encode("utf-16"), zipped=False)
    with pytest.raises(ValueError, match="line 1: not UTF-8"):
        list(read_json_lines(path))


def test_a_cut_off_last_line_is_told(tmp_path):
    """Without the last newline the file may be cut off."""
    path = written(tmp_path, LINES[0] + LINES[2][:5], zipped=False)
    with pytest.raises(ValueError, match="line 2: .*the file may be cut off"):
        list(read_json_lines(path))


@given(st.data())
def test_no_cut_of_a_gzip_file_goes_unseen(tmp_path_factory, data):
    """Wherever the file is cut off, reading ends in an error with file and line, never in fewer lines."""
    whole = gzip.compress(b"".join(LINES) * 50)
    cut = data.draw(st.integers(2, len(whole) - 1))
    path = tmp_path_factory.mktemp("cut") / "cut.gz"
    path.write_bytes(whole[:cut])
    with pytest.raises(
        ValueError, match=r"cut\.gz, line \d+: the gzip data is cut off; fetch the file again"
    ):
        list(read_json_lines(path))


def test_broken_gzip_data_is_told(tmp_path):
    """A flipped bit in the middle, and something else behind the end."""
    whole = gzip.compress(b"".join(LINES) * 50)
    middle = len(whole) // 2
    for content in (whole[:middle] + bytes([whole[middle] ^ 8]) + whole[middle + 1 :], whole + b"more"):
        path = tmp_path / "broken.gz"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.gz, line \d+: (the gzip data is|no JSON|not UTF-8)"):
            list(read_json_lines(path))


def test_a_file_that_is_not_there():
    """The usual error of Python."""
    with pytest.raises(FileNotFoundError):
        list(read_json_lines("/nowhere.json"))
