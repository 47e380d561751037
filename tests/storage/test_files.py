"""Files are whole or not there, and written by one at a time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread

import pandas as pd
import pytest
import torch

from attnviz.storage import alone, drafts, read_tensors, whole, write_tables, write_tensors


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


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file may become longer than `room` bytes: a write stops in the middle of it."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_the_old_files_and_leaves_no_draft(tmp_path):
    """Tensors, and the second of two tables, do not fit: the error names the file, the old ones are read."""
    old, rows = {"a": torch.ones(3)}, pd.DataFrame({"price": [1.0]})
    write_tensors(tmp_path / "model.safetensors", old, {})
    write_tables(tmp_path, {"items": rows, "users": rows})
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    long = pd.DataFrame({"price": torch.rand(4000).tolist()})
    with full_disk(4096):
        with pytest.raises(OSError, match=r"model\.safetensors"):
            write_tensors(tmp_path / "model.safetensors", {"a": torch.rand(4000)}, {})
        with pytest.raises(OSError, match=r"users\.parquet"):
            write_tables(tmp_path, {"items": rows * 2, "users": long})
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert torch.equal(read_tensors(tmp_path / "model.safetensors")[0]["a"], old["a"])


def test_the_second_writer_is_refused(tmp_path):
    """In the same thread or another one, by another spelling of the path, until the first has ended."""
    target, refused = tmp_path / "new" / "run.safetensors", []

    def second():
        try:
            with alone(None, target.parent / ".." / "new" / target.name):
                pass
        except BlockingIOError as error:
            refused.append(str(error))

    with alone(target), alone(target.with_name("other")):
        second()
        thread = Thread(target=second)
        thread.start()
        thread.join()
    assert len(refused) == 2
    assert all("run.safetensors is being written by another training" in line for line in refused)
    second()
    assert len(refused) == 2


def test_a_second_writer_that_may_wait_begins_when_the_first_has_ended(tmp_path):
    """It is told what it waits for, once, and holds the target afterwards."""
    target, told, done = tmp_path / "run", [], []

    def second():
        with alone(target, wait=told.append):
            done.append(True)

    thread = Thread(target=second)
    with alone(target):
        thread.start()
        while not told:
            thread.join(0.01)
        assert not done
    thread.join()
    assert done == [True]
    assert told == [f"{target} is being written by another training: waiting for its end"]
    with alone(target):
        pass


def test_of_two_targets_none_is_held_after_a_refusal(tmp_path):
    """The first of the two was free; it is free again."""
    with (
        alone(tmp_path / "b"),
        pytest.raises(BlockingIOError, match="b is being"),
        alone(tmp_path / "a", tmp_path / "b"),
    ):
        pass
    with alone(tmp_path / "a"):
        pass


def test_a_killed_writer_holds_nothing(tmp_path):
    """Another process is refused while it lives, and SIGKILL ends its claim."""
    target = tmp_path / "run"
    code = (
        f"from attnviz.storage import alone\nwith alone({str(target)!r}):\n    print(flush=True)\n    input()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    with pytest.raises(BlockingIOError), alone(target):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with alone(target):
        pass
