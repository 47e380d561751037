"""Tables out of files: what is read, and every fault told with the file, the place and what to do."""

import gzip
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attnviz as av
from attnviz.data.readers.files import parse_unix_times, read_file
from attnviz.data.readers.tags import parse_tags

TABLE = pd.DataFrame({"id": ["007", "NA"], "words": ['a, "b"\nc', "é"]})
RECORDS = [{"id": "007", "tags": ["a", "b"], "price": 1.5}, {"id": "NA", "tags": [], "price": None}]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "CSV", "parquet"])
def test_tables_are_read_back(tmp_path, ending):
    """Ids keep their zeros, 'NA' is a text, cells may hold commas, quotes and new lines."""
    path = tmp_path / f"t.{ending}"
    TABLE.to_parquet(path) if ending == "parquet" else TABLE.to_csv(path, index=False)
    assert read_file(path).to_dict("list") == TABLE.to_dict("list")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("ending", ["json", "jsonl", "json.gz", "jsonl.gz"])
def test_json_lines_are_a_table(tmp_path, ending, zipped):
    """Gzipped or not, whatever the name says; lists stay lists."""
    content = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()
    (tmp_path / f"t.{ending}").write_bytes(gzip.compress(content) if zipped else content)
    table = read_file(tmp_path / f"t.{ending}")
    assert table["id"].tolist() == ["007", "NA"]
    assert table["tags"].tolist() == [["a", "b"], []]
    assert table["price"].fillna(-1).tolist() == [1.5, -1]


def test_a_log_is_read_from_json_lines(tmp_path):
    """`read_table` takes them, tags as lists."""
    rows = [
        {"user_id": "ann", "item_id": "tea", "timestamp": "2025-01-01", "label": label} for label in (0, 1)
    ]
    for name, records in {
        "r.jsonl.gz": [{**row, "user_id": row["label"]} for row in rows],
        "i.json": [{"item_id": "tea", "tags": ["green"], "price": "1.300,50 €"}],
    }.items():
        content = "".join(json.dumps(record) + "\n" for record in records).encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    log = av.read_table(tmp_path / "r.jsonl.gz", tmp_path / "i.json")
    assert log.items.iloc[0][["tags", "price"]].tolist() == [["green"], 1300.5]
    assert log.interactions["user_id"].tolist() == ["0", "1"]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_ends_of_lines(tmp_path, mark, end):
    """A byte order mark and the ends of lines of Windows belong to no name and no cell."""
    (tmp_path / "t.csv").write_text(mark + f'"id",x{end}1,2{end}', newline="")
    assert read_file(tmp_path / "t.csv").to_dict("records") == [{"id": "1", "x": "2"}]


FAULTS = {
    "empty": (b"", "the file is empty; expected a header"),
    "empty lines": (b"\n\n", "the file is empty; expected a header"),
    "two columns": (b"id,x,id\n1,2,3\n", "more than one column is named 'id'; rename or leave out"),
    "blanks": (b"\t\n", "the file is empty; expected a header"),
    "more cells in the first row": (b"id,x\n1,2,3\n", "the first row has more cells than the header; quote"),
    "semicolons": (b"id;x\n1;2,5\n", r"separated by ';', not by .*read_csv\(path, sep=';', dtype=str\)"),
    "tabs": (b"id\tx\n1\t2\n", r"separated by '\\t', not by .*sep='\\t'"),
    "more cells later": (b"id,x\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3.*; quote cells"),
    "an open quote": (b'id,x\n1,"2\n', "EOF inside string starting at row 1.*close each quote"),
    "an open quote in the header": (b'id,"x\n1,2\n', "EOF inside string"),
    "a huge name": (b"a" * 200_000 + b",x\n1,2\n", "line 1: no header of a CSV file"),
    "Latin-1": (b"id,x\n1,2\n3,\xe9\n", "line 3: not UTF-8 .byte 0xe9 at position 2.; save the file"),
    "UTF-16": ("id,x\n1,2\n".encode("utf-16"), "line 1: not UTF-8"),
    "NUL": (b"id,x\n1,2\n3,\0\n", "line 3: not UTF-8 text .a NUL byte"),
    "gzip cut off": (gzip.compress(b"id,x\n1,2\n")[:-6], "the gzip data is cut off; fetch the file again"),
    "gzip header only": (b"\x1f\x8b\x08", "the gzip data is cut off"),
    "gzip broken": (gzip.compress(b"id,x\n1,2\n")[:10] + b"\xff" * 20, "the gzip data is broken"),
    "a long line": (gzip.compress(b"id,x\n1," + b"2" * 2**25), "line 2: the line has .* max_line_bytes="),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_csv_files(tmp_path, fault):
    """One ValueError each that names the file, where there is one the line, and what to do."""
    content, told = FAULTS[fault]
    (tmp_path / "t.csv.gz").write_bytes(content)
    with pytest.raises(ValueError, match=rf"t\.csv\.gz(, |: ).*{told}"):
        read_file(tmp_path / "t.csv.gz")


def test_faults_of_parquet_files(tmp_path):
    """Junk, a cut, damaged pages, two columns of one name, a small file of a huge table, a folder."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": np.zeros(10**7, dtype="int8")}), path)
    whole = path.read_bytes()
    with pytest.raises(
        ValueError, match=r"takes at least 10,0\d\d,\d{3} bytes, more than max_bytes=1,000,000; pass max_"
    ):
        read_file(path, max_bytes=10**6)
    for content in (b"", b"PAR", whole[: len(whole) // 2], whole[:60] + b"\xff" * 80 + whole[140:]):
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=r"t\.parquet: (no Parquet file that can|cannot) be read .*(fetch|restore)"
        ) as told:
            read_file(path)
        assert "\n" not in str(told.value)
    pq.write_table(pa.table([[1], [2]], names=["a", "a"]), path)
    with pytest.raises(ValueError, match="more than one column is named 'a'"):
        read_file(path)


@pytest.mark.parametrize(
    "metadata", ["no JSON", "{}", '{"columns": [{}]}', '{"columns": 3, "index_columns": 4}']
)
def test_a_table_with_wrong_metadata_is_named(metadata, tmp_path):
    """What pandas left in the footer of another program's file is no JSON or lacks keys."""
    path = tmp_path / "theirs.parquet"
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({"pandas": metadata}), path)
    with pytest.raises(
        ValueError, match=r"theirs\.parquet: no Parquet file that can be read.*fetch or write"
    ):
        read_file(path)


def test_objects_with_a_key_of_their_own_each(tmp_path):
    """A small file that would be a huge table is an error, not a full memory."""
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f'{{"k{n}": 1}}\n' for n in range(2000)))
    with pytest.raises(ValueError, match=r"takes at least 4,000,000 bytes, more than max_bytes=100,000"):
        read_file(path, max_bytes=100_000)
    assert read_file(path).shape == (2000, 2000)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "json", "jsonl.gz"])
def test_a_folder_an_empty_file_and_none(tmp_path, ending):
    """A folder of that name, a file without a byte, and the usual error of Python where there is no file."""
    path = tmp_path / f"t.{ending}"
    with pytest.raises(FileNotFoundError, match=f"t.{ending}"):
        read_file(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=f"t.{ending}: (the file is empty|no Parquet file)"):
        read_file(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match=f"t.{ending}: it is a folder; expected a file"):
        read_file(path)


@settings(deadline=None)
@given(st.binary(), st.sampled_from(["csv", "csv.gz", "parquet", "json"]), st.booleans())
def test_any_bytes_are_a_table_or_an_error_that_names_the_file(tmp_path_factory, content, ending, zipped):
    """No other exception, whatever the file holds."""
    path = tmp_path_factory.mktemp("any") / f"t.{ending}"
    path.write_bytes(gzip.compress(content) if zipped else content)
    try:
        read_file(path)
    except ValueError as error:
        told = str(error)
    else:
        return
    assert f"t.{ending}" in told


@pytest.mark.parametrize(
    "text",
    [
        "['a' 'b']",
        "['a', 1]",
        "['a', ['b']]",
        "['a'",
        "['a' + 'b']",
        r"['\U00110000']",
        "[a, b]",
        '{"a": 1}',
        '{TV,"Cable',
        "{[" * 100_000,
        "['" * 2**20,
        "['a'," * 2**20,
        r"['\\" * 2**20,
        "[" * 100_000,
        "[" * 2**22,
        "[" + "1" * 5000 + "]",
        '["a"',
        '[{"a": 1, "a": 2}]',
    ],
    ids=lambda text: text[:20],
)
def test_tags_that_cannot_be_read(text):
    """Deep brackets, a number of 5,000 digits, a list that is cut off, a key twice, code, other values."""
    assert parse_tags(pd.Series([text])).tolist() == [text]


@pytest.mark.parametrize("text", ["1" * 5000, "1" * 2**22, "1" * 5000 + ".5", " " * 2**22 + "1"])
def test_numbers_of_thousands_of_digits_are_no_times(text):
    """They stay as they are, to be reported; no error of int."""
    assert parse_unix_times(pd.Series([text])).tolist() == [text]
