"""Tables come together, and are those that were written."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from flips import POSITIONS, after_a_flip
from hypothesis import given
from hypothesis import strategies as st

from attnviz.storage import SUMS, check_listed, check_sums, write_sums, write_tables

ITEMS = pd.DataFrame({"item_id": ["tea", "pot"], "tags": [["green"], []], "price": [4.5, np.nan]})
USERS = pd.DataFrame({"user_id": ["ann", "bob"], "age": [7, 8]})


def test_tables_come_together(tmp_path):
    """Both are read as they were written; None removes an earlier file."""
    tables = {"items": pd.DataFrame({"price": [1.0, 2.0]}), "users": pd.DataFrame({"age": [7]})}
    write_tables(tmp_path / "log", tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "log" / f"{name}.parquet"), table)
    write_tables(tmp_path / "log", {"items": tables["items"], "users": None})
    assert [path.name for path in sorted((tmp_path / "log").iterdir())] == [SUMS, "items.parquet"]


def test_a_table_that_cannot_be_written_leaves_all_old_ones(tmp_path):
    """The second table holds what Parquet cannot: the first one's file is the old one too."""
    old = pd.DataFrame({"price": [1.0]})
    write_tables(tmp_path, {"items": old, "users": old})
    with pytest.raises(Exception, match="object"):
        write_tables(tmp_path, {"items": old * 2, "users": pd.DataFrame({"bad": [object()]})})
    for name in ("items", "users"):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), old)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two tables and their list."""
    folder = tmp_path_factory.mktemp("log")
    write_tables(folder, {"items": ITEMS, "users": USERS})
    return folder


def test_the_list_is_that_of_sha256sum(folder):
    """A line a file: the digest, two spaces, the name; the same tables make the same bytes."""
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("items.parquet", "users.parquet")
    ]
    assert (folder / SUMS).read_text() == "".join(lines)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_tables(folder, {"items": ITEMS, "users": USERS})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@given(POSITIONS, st.sampled_from([SUMS, "items.parquet", "users.parquet"]))
def test_a_flipped_bit_is_an_error_or_changes_nothing(folder, position, name):
    """In a table or in the list: what is read is what was written, or nothing is read."""

    def read():
        return [read_table(folder / f"{table}.parquet") for table in ("items", "users")]

    found, error = after_a_flip(folder / name, position, read)
    if error:
        assert SUMS in error
    else:
        assert name == SUMS
        pd.testing.assert_frame_equal(found[0].map(str), read_back(ITEMS).map(str))
        pd.testing.assert_frame_equal(found[1], USERS)


def read_table(path) -> pd.DataFrame:
    """The table in a file that is what was written."""
    check_listed(path)
    return pd.read_parquet(path)


def read_back(table: pd.DataFrame) -> pd.DataFrame:
    """Lists come back as arrays."""
    return table.assign(tags=table["tags"].map(np.array))


def test_a_table_of_another_log_is_refused(folder, tmp_path):
    """It is a good table, but not the one that lies with the others; the error says what to do."""
    write_tables(tmp_path, {"items": ITEMS[:1], "users": USERS})
    (tmp_path / "items.parquet").write_bytes((folder / "items.parquet").read_bytes())
    with pytest.raises(
        ValueError, match=rf"items\.parquet is not what was written.*on purpose, delete {SUMS}"
    ):
        read_table(tmp_path / "items.parquet")
    with pytest.raises(ValueError, match=r"items\.parquet is not what was written"):
        check_sums(tmp_path)
    pd.testing.assert_frame_equal(read_table(tmp_path / "users.parquet"), USERS)
    (tmp_path / SUMS).unlink()
    assert len(read_table(tmp_path / "items.parquet")) == 2


def test_a_table_of_another_program_is_read(folder, tmp_path):
    """Without a list, and beside one that does not name it."""
    for place in (tmp_path, folder):
        USERS.to_parquet(place / "others.parquet")
        pd.testing.assert_frame_equal(read_table(place / "others.parquet"), USERS)
        (place / "others.parquet").unlink()


def test_a_later_table_keeps_the_lines_of_the_others(tmp_path):
    """Items are written, then users, then users are taken away: the list holds what is there."""
    write_tables(tmp_path, {"items": ITEMS})
    write_tables(tmp_path, {"users": USERS})
    assert [line.split()[1] for line in (tmp_path / SUMS).read_text().splitlines()] == [
        "items.parquet",
        "users.parquet",
    ]
    write_tables(tmp_path, {"users": None})
    check_sums(tmp_path)
    assert [line.split()[1] for line in (tmp_path / SUMS).read_text().splitlines()] == ["items.parquet"]


def test_writing_again_mends_a_damaged_list(tmp_path):
    """A line that cannot be read, and one of a file that is not there, do not outlive the next writing."""
    write_tables(tmp_path, {"items": ITEMS})
    with (tmp_path / SUMS).open("a") as file:
        file.write(f"nonsense\n{'0' * 64}  itemz.parquet\n")
    with pytest.raises(ValueError, match="is damaged, line 2"):
        read_table(tmp_path / "items.parquet")
    write_tables(tmp_path, {"items": ITEMS})
    check_sums(tmp_path)


def test_a_folder_is_checked_whole(tmp_path):
    """What `write_sums` saw is complete and as it was; a missing file, list or line of it is named."""
    for name in ("config.json", "model.bin"):
        (tmp_path / name).write_text(name)
    with pytest.raises(ValueError, match=f"{SUMS} is missing"):
        check_sums(tmp_path)
    write_sums(tmp_path)
    check_sums(tmp_path)
    (tmp_path / "model.bin").write_text("other")
    check_sums(tmp_path, but=".bin")
    with pytest.raises(ValueError, match=r"model\.bin is not what was written"):
        check_sums(tmp_path)
    (tmp_path / "model.bin").unlink()
    with pytest.raises(ValueError, match=rf"model\.bin is missing, though {SUMS} lists it"):
        check_sums(tmp_path)
    (tmp_path / SUMS).write_text(f"{'0' * 64}  config.json\nnonsense\n")
    with pytest.raises(ValueError, match=rf"{SUMS} is damaged, line 2"):
        check_sums(tmp_path)
