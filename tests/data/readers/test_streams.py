"""Files as they are read: the limits, what is no text, and what no reader may be given."""

import gzip
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import REPO

from attnviz.data.readers.json_lines import parse_json, read_json_lines
from attnviz.data.readers.streams import CheckedBytes, numbered_lines, opened


@settings(deadline=None)
@given(content=st.binary().map(lambda some: some.replace(b"\0", b"\n")), zipped=st.booleans())
def test_the_bytes_are_those_of_the_file(tmp_path_factory, content, zipped):
    """Packed or not, the same bytes; a file that begins as gzip does is taken for gzip."""
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(gzip.compress(content) if zipped else content)
    if not zipped and content.startswith(b"\x1f\x8b"):
        return
    with opened(path) as file:
        assert file.read() == content


@given(st.lists(st.integers(0, 40), min_size=1), st.integers(1, 40), st.integers(1, 200))
def test_limits_are_exact(tmp_path_factory, lengths, longest, largest):
    """A line of just the limit passes, one byte more does not; likewise the whole file."""
    content = b"\n".join(b"x" * length for length in lengths)
    path = tmp_path_factory.mktemp("limits") / "file.txt"
    path.write_bytes(content)
    limits = dict(max_line_bytes=longest, max_bytes=largest)
    if max(lengths) <= longest and len(content) <= largest:
        assert "".join(line for _, line in numbered_lines(path, **limits)) == content.decode()
    else:
        with pytest.raises(
            ValueError, match=r"file\.txt, line \d+: the (file|line) has more than \d+ bytes; pass max"
        ):
            list(numbered_lines(path, **limits))


def test_the_line_that_is_too_long_is_named(tmp_path):
    """The third line, and the argument that raises the limit; with it the file is read."""
    path = tmp_path / "r.json"
    path.write_text('{"a": 1}\n{"a": 2}\n{"a": "' + "x" * 1000 + '"}\n')
    with pytest.raises(
        ValueError, match=r"r\.json, line 3: the line has more than 100 bytes; pass max_line_bytes="
    ):
        list(read_json_lines(path, max_line_bytes=100))
    assert len(list(read_json_lines(path, max_line_bytes=2000))) == 3


@pytest.mark.parametrize("limit", [0, -1, 1.5, None, "5"])
def test_a_limit_is_a_whole_number(tmp_path, limit):
    """Nothing else, so that no typing error takes the limit away."""
    (tmp_path / "r").write_text("{}\n")
    with pytest.raises(ValueError, match="max_bytes must be a whole number of at least 1, got"):
        CheckedBytes(tmp_path / "r", max_bytes=limit)


@pytest.mark.parametrize("byte", [b"\0", b"1"])
def test_a_gigabyte_in_a_megabyte_takes_little_memory(tmp_path, byte):
    """A packed gigabyte of zeros, or of ones, is read to its error in less than 200 MB, by every reader."""
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(byte * 2**26) * 16)
    assert path.stat().st_size < 2 * 10**6
    code = """
import resource, sys
from attnviz.data.readers.files import read_file
from attnviz.data.readers.json_lines import read_json_lines

def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = megabytes()
for read in (read_file, read_json_lines):
    try:
        list(read(sys.argv[1]))
    except ValueError as error:
        print(error)
print(megabytes() - before)
"""
    command = [sys.executable, "-c", code, str(path)]
    ran = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True)
    *told, more = ran.stdout.splitlines()
    assert ["bomb.csv.gz, line 1: " in line for line in told] == [True, True]
    assert {"a NUL byte" in line for line in told} == {byte == b"\0"}
    assert int(more) < 200


def test_nul_bytes_and_other_encodings_are_told_with_their_line(tmp_path):
    """A NUL in line 3, UTF-16 with a mark and without, Latin-1."""
    path = tmp_path / "t"
    for content, line in [
        (b"a\nb\nc\0\n", 3), ("a\nb\n".encode("utf-16"), 1), ("a\nb".encode("utf-16-le"), 1),
        ("a\né\n".encode("latin-1"), 2), (b"a\n\n\xff\n", 3),
    ]:  # fmt: skip
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"t, line {line}: not UTF-8 .*; save the file as UTF-8"):
            list(numbered_lines(path))


def test_a_folder_is_told(tmp_path):
    """A folder in place of a file."""
    with pytest.raises(ValueError, match="it is a folder; expected a file"):
        opened(tmp_path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900])
def test_deep_brackets_are_an_error_or_a_value(text):
    """No RecursionError."""
    try:
        value = parse_json(text)
    except ValueError as error:
        told = str(error)
    else:
        told = "" if isinstance(value, list) else "no list"
    assert told in ("", "brackets are nested too deeply")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1" * 5000, "a number has thousands of digits"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' stands twice"),
        ('{"a": 1,}', r".* at character \d"),
        ("", "Expecting value at character 1"),
    ],
)
def test_json_errors_say_what_is_wrong(text, reason):
    """In a few words, without advice about Python's settings."""
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_json(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_json_holds_is_read_back(value):
    """All that `json` writes."""
    assert parse_json(json.dumps(value)) == value


def test_a_python_dict_is_recognised(tmp_path):
    """The files of 2014 hold dicts of Python: said so."""
    path = tmp_path / "meta.json"
    path.write_text("{'asin': 'B1'}\n")
    with pytest.raises(
        ValueError, match=r"meta\.json, line 1: no JSON .*dict of Python, as the files of 2014"
    ):
        list(read_json_lines(path))
