"""Tensors and values come back as they were, or not at all."""

import json
import os

import pytest
import torch
from flips import POSITIONS, after_a_flip
from hypothesis import given
from safetensors.torch import save, save_file

from attnviz.storage import read_tensors, write_tensors


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
    with pytest.raises(FileNotFoundError, match=f"there is no file {tmp_path}"):
        read_tensors(tmp_path)


VALUES = {"epoch": 3, "loss": 0.1, "names": ["a", None]}
TENSORS = {
    "weight": torch.arange(6.0).reshape(2, 3),
    "step": torch.tensor(7),
    "half": torch.ones(2, dtype=torch.bfloat16),
    "none": torch.zeros(0, 4),
    "mask": torch.tensor([True, False]),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A file of five kinds of tensors."""
    path = tmp_path_factory.mktemp("small") / "run.safetensors"
    write_tensors(path, TENSORS, VALUES)
    return path


def check_flipped(small, position):
    """What is read is what was written, or the error names the file and says what to do."""
    found, error = after_a_flip(small, position, lambda: read_tensors(small))
    if error:
        assert "run.safetensors is damaged" in error
        assert "restore it from a copy, or make it again" in error
    else:
        assert found[1] == VALUES
        assert found[0].keys() == TENSORS.keys()
        for name, tensor in TENSORS.items():
            torch.testing.assert_close(found[0][name], tensor, rtol=0, atol=0)


@given(POSITIONS)
def test_a_flipped_bit_is_an_error_or_changes_nothing(small, position):
    """Wherever it lies: header, metadata, digest or bytes of a tensor."""
    check_flipped(small, position)


def test_every_bit_of_our_name_in_the_metadata_counts(small):
    """The entry's key and the word inside it: a file of ours never becomes another program's."""
    content = small.read_bytes()
    for place in (content.index(b"attnviz"), content.rindex(b"attnviz")):
        for bit in range(7 * 8):
            check_flipped(small, 8 * place + bit)


def test_what_was_read_does_not_change_with_the_file(tmp_path):
    """The file is written over in its place: the tensors stay."""
    path = tmp_path / "run.safetensors"
    write_tensors(path, {"a": torch.ones(4)}, {})
    tensors, _ = read_tensors(path)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert torch.equal(tensors["a"], torch.ones(4))


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_another_programs_file_is_read_unchecked(metadata, tmp_path):
    """Its tensors, and no values."""
    save_file({"a": torch.ones(2)}, tmp_path / "theirs.safetensors", metadata)
    tensors, values = read_tensors(tmp_path / "theirs.safetensors")
    assert torch.equal(tensors["a"], torch.ones(2))
    assert values == {}


@pytest.mark.parametrize(
    "entry",
    [
        "no JSON",
        "[1, 2]",
        "3",
        "{}",
        '{"sha256": "0"}',
        '{"values": {}}',
        "[" * 100_000,
        f'{{"values": {"9" * 5000}}}',
        json.dumps({"sha256": "0" * 64, "values": {}}),
        json.dumps({"sha256": 3, "values": []}),
    ],
)
def test_wrong_metadata_is_damage(entry, tmp_path):
    """No JSON, JSON of another kind, no keys, too deep or long, another digest: named, with the cure."""
    path = tmp_path / "run.safetensors"
    path.write_bytes(save({"a": torch.ones(1)}, {"attnviz": entry}))
    with pytest.raises(ValueError, match=r"run\.safetensors is damaged.*restore it from a copy") as error:
        read_tensors(path)
    assert len(str(error.value)) < 1000


def test_files_have_the_ordinary_permissions(tmp_path):
    """Those that the umask leaves, as for any file that Python writes."""
    (tmp_path / "note.txt").write_text("ordinary")
    write_tensors(tmp_path / "run.safetensors", {"a": torch.ones(1)}, {})
    modes = {os.stat(path).st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_parameters_are_written_without_their_gradient(tmp_path):
    """A parameter is a tensor like any other."""
    write_tensors(tmp_path / "run.safetensors", {"a": torch.nn.Parameter(torch.ones(2))}, {})
    assert torch.equal(read_tensors(tmp_path / "run.safetensors")[0]["a"], torch.ones(2))
