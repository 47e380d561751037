import os
import time

import numpy as np
import pytest

from attnviz.language.cache import VectorCache, default_cache_dir


def vectors_of(*texts, dim=3):
    """A vector a text, of which the text's number is the first entry."""
    return {text: np.full(dim, len(text), dtype=np.float32) for text in texts}


def reopened(folder):
    cache = VectorCache(folder, dim=3)
    cache.refresh()
    return cache


def test_written_is_read_again(tmp_path):
    """What one cache wrote, another one on the same folder reads, and knows what it does not have."""
    VectorCache(tmp_path, dim=3).write(vectors_of("a", "bb"))
    cache = reopened(tmp_path)
    assert cache.missing(["bb", "ccc", "a"]) == ["ccc"]
    np.testing.assert_array_equal(cache.rows(["bb", "a"])[:, 0], [2, 1])


def test_empty_folder_that_is_not_there(tmp_path):
    """Reading makes no folder and finds nothing."""
    cache = reopened(tmp_path / "nothing")
    assert cache.missing(["a"]) == ["a"]
    assert cache.rows([]).shape == (0, 3)
    assert not (tmp_path / "nothing").exists()


def test_writing_nothing_makes_no_file(tmp_path):
    """An empty table is no shard."""
    VectorCache(tmp_path, dim=3).write({})
    assert list(tmp_path.iterdir()) == []


def test_a_later_shard_of_another_process_is_seen(tmp_path):
    """Refreshing reads what was written since."""
    cache = reopened(tmp_path)
    VectorCache(tmp_path, dim=3).write(vectors_of("a"))
    assert cache.missing(["a"]) == ["a"]
    cache.refresh()
    assert cache.missing(["a"]) == []


def test_many_small_shards_become_one(tmp_path):
    """A hundred calls with one text each leave a few files, and no vector is lost."""
    texts = ["x" * n for n in range(1, 101)]
    for text in texts:
        VectorCache(tmp_path, dim=3).write(vectors_of(text))
    assert len(list(tmp_path.glob("*.safetensors"))) == 100
    reopened(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(reopened(tmp_path).rows(texts)[:, 0], range(1, 101))


def test_merging_beside_another_process(tmp_path):
    """A cache that read the small shards keeps its vectors when another one has merged them away."""
    texts = ["x" * n for n in range(1, 101)]
    for text in texts:
        VectorCache(tmp_path, dim=3).write(vectors_of(text))
    first, second = VectorCache(tmp_path, dim=3), VectorCache(tmp_path, dim=3)
    first.refresh()
    second.refresh()
    first.write(vectors_of("new!"))
    first.refresh()
    for cache in (first, second, reopened(tmp_path)):
        assert cache.missing(texts) == []


def test_leftovers_of_killed_writers(tmp_path):
    """An old temporary file is removed; a young one may be another process's and stays."""
    old, young = tmp_path / ".old.0123abcd.partial", tmp_path / ".young.0123abcd.partial"
    for path in (old, young):
        path.write_bytes(b"half a shard")
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(old, (two_days_ago, two_days_ago))
    reopened(tmp_path)
    assert not old.exists()
    assert young.exists()


def test_damaged_shard_goes(tmp_path):
    """A shard that was cut is reported with its path and removed."""
    VectorCache(tmp_path, dim=3).write(vectors_of("a"))
    [shard] = tmp_path.iterdir()
    shard.write_bytes(shard.read_bytes()[:-1])
    cache = VectorCache(tmp_path, dim=3)
    with pytest.warns(UserWarning, match=shard.name):
        cache.refresh()
    assert cache.missing(["a"]) == ["a"]
    assert list(tmp_path.iterdir()) == []


def test_vectors_of_another_length(tmp_path):
    """A folder of other vectors is no cache for these."""
    VectorCache(tmp_path, dim=5).write(vectors_of("a", dim=5))
    with pytest.raises(ValueError, match="dim is 3"):
        reopened(tmp_path)


def test_default_cache_dir(monkeypatch, tmp_path):
    """The environment decides, else a folder in the home."""
    monkeypatch.setenv("ATTNVIZ_CACHE", str(tmp_path))
    assert default_cache_dir() == tmp_path
    monkeypatch.delenv("ATTNVIZ_CACHE")
    assert default_cache_dir().parts[-2:] == (".cache", "attnviz")
