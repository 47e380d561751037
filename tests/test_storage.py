"""Files are whole or not there, and what is damaged is named."""

from pathlib import Path
from threading import Barrier, Thread

import pandas as pd
import pytest
import torch

from attnviz.storage import drafts, read_tensors, whole, write_tables, write_tensors


def test_a_file_is_whole_or_old(tmp_path):
    """While it is written, the old content is read; afterwards the new one, and nothing lies beside it."""
    target = tmp_path / "new" / "note.txt"
    for text, before in (("first", None), ("second", "first")):
        with whole(target) as draft:
            draft.write_text(text)
            assert (target.read_text() if target.exists() else None) == before
        assert target.read_text() == text
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_comes_as_one(tmp_path):
    """With all that was put into it."""
    with whole(tmp_path / "model") as draft:
        (draft / "deep").mkdir(parents=True)
        (draft / "deep" / "weights").write_bytes(b"1")
        assert not (tmp_path / "model").exists()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
        "model",
        "model/deep",
        "model/deep/weights",
    ]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("kind", ["file", "folder", "nothing"])
def test_an_error_leaves_the_old_content(error, kind, tmp_path):
    """An error, and Ctrl-C: the target is as it was, and the draft, if there is one, is gone."""
    target = tmp_path / "target"
    if kind != "folder":
        target.write_text("old")

    def write(draft: Path) -> None:
        if kind == "folder":
            draft.mkdir()
            (draft / "half").write_text("new")
        elif kind == "file":
            draft.write_text("new")
        raise error("in the middle")

    with pytest.raises(error, match="in the middle"), whole(target) as draft:
        write(draft)
    assert [path.name for path in tmp_path.iterdir()] == ([] if kind == "folder" else ["target"])
    assert kind == "folder" or target.read_text() == "old"


def test_nothing_written_is_an_error(tmp_path):
    """A writer that forgot to write is told so, and no empty file stands for its work."""
    with pytest.raises(FileNotFoundError), whole(tmp_path / "target"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_threads_do_not_share_a_draft(tmp_path):
    """Eight threads write the same file at once: it is the whole text of one of them."""
    together, texts = Barrier(8), [str(number) * 100_000 for number in range(8)]

    def write(text: str) -> None:
        with whole(tmp_path / "target") as draft, draft.open("w") as file:
            file.write(text[:50_000])
            together.wait()
            file.write(text[50_000:])

    threads = [Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "target").read_text() in texts
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_drafts_are_found_by_their_target(tmp_path):
    """Those of one name, even one with brackets, or of all; other hidden files are no drafts."""
    (tmp_path / ".hidden").write_text("not ours")
    with whole(tmp_path / "a[b]") as first, whole(tmp_path / "ab") as second:
        first.touch()
        second.mkdir()
        assert drafts(tmp_path, of="a[b]") == [first]
        assert drafts(tmp_path, of="ab") == [second]
        assert drafts(tmp_path) == sorted([first, second])
    assert drafts(tmp_path) == []


def test_tables_come_together(tmp_path):
    """Both are read as they were written; None removes an earlier file."""
    tables = {"items": pd.DataFrame({"price": [1.0, 2.0]}), "users": pd.DataFrame({"age": [7]})}
    write_tables(tmp_path / "log", tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "log" / f"{name}.parquet"), table)
    write_tables(tmp_path / "log", {"items": tables["items"], "users": None})
    assert [path.name for path in (tmp_path / "log").iterdir()] == ["items.parquet"]


def test_a_table_that_cannot_be_written_leaves_all_old_ones(tmp_path):
    """The second table holds what Parquet cannot: the first one's file is the old one too."""
    old = pd.DataFrame({"price": [1.0]})
    write_tables(tmp_path, {"items": old, "users": old})
    with pytest.raises(Exception, match="object"):
        write_tables(tmp_path, {"items": old * 2, "users": pd.DataFrame({"bad": [object()]})})
    for name in ("items", "users"):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), old)
    assert len(list(tmp_path.iterdir())) == 2


def test_tensors_and_values_come_back(tmp_path):
    """Bits, types and shapes; views and shared storage too; JSON values as they were."""
    square = torch.arange(4.0).reshape(2, 2)
    tensors = {"square": square, "turned": square.T, "whole": torch.tensor([3], dtype=torch.int64)}
    values = {"epoch": 3, "options": {"keys": "field", "none": None}}
    write_tensors(tmp_path / "run.safetensors", tensors, values)
    for number in range(8):
        again = tmp_path / f"{number}.safetensors"
        write_tensors(again, tensors, values)
        assert again.read_bytes() == (tmp_path / "run.safetensors").read_bytes()
    found, read = read_tensors(tmp_path / "run.safetensors")
    assert read == values
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("damage", ["cut", "not one", "empty"])
def test_a_damaged_file_is_named(damage, tmp_path):
    """Cut off, of another kind, or empty: an error with the file's name, not the library's own."""
    path = tmp_path / "run.safetensors"
    write_tensors(path, {"a": torch.ones(100)}, {})
    content = {"cut": path.read_bytes()[:-8], "not one": b"PK\x03\x04" * 10, "empty": b""}[damage]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.safetensors is damaged, or no safetensors file"):
        read_tensors(path)


def test_no_file_is_no_damage(tmp_path):
    """A file that is not there is a FileNotFoundError, as everywhere."""
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "none.safetensors")
