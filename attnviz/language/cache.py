"""Vectors on disk, found again by the content they were made from.

A cache is a folder of shards.
A shard is one safetensors file of keys and their vectors, and its name is the SHA-256 of its bytes.
A shard is written to a draft and then renamed, so a reader sees a whole shard or none,
whether a writer was killed or another one works beside it.
A shard whose bytes do not fit its name is reported, removed and computed again.
"""

import hashlib
import os
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..storage import drafts, whole

_KEY_BYTES = 16
_MANY_SHARDS = 64
_SMALL_SHARD = 1024
_DAY = 24 * 60 * 60


def default_cache_dir() -> Path:
    """Where vectors are kept: the environment variable ATTNVIZ_CACHE, or .cache/attnviz in the home folder.

    Raises:
        ValueError: If there is neither.

    Example:
        >>> default_cache_dir().is_absolute()
        True
    """
    if given := os.environ.get("ATTNVIZ_CACHE"):
        return Path(given).absolute()
    try:
        return (Path.home() / ".cache" / "attnviz").absolute()
    except RuntimeError as error:
        raise ValueError(
            "there is no home folder to keep vectors in: set the environment variable ATTNVIZ_CACHE"
        ) from error


class VectorCache:
    """A table from text to vector that lives in a folder and may be shared by several processes.

    Args:
        folder: Where the shards lie; it is made when something is written. One folder holds the vectors of
            one encoder with one setting: what else a vector depends on must be part of the folder's name.
        dim: Length of a vector.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     VectorCache(folder, dim=2).write({"soft": np.array([0.6, 0.8], dtype=np.float32)})
        ...     cache = VectorCache(folder, dim=2)
        ...     cache.refresh()
        ...     cache.missing(["soft", "hard"]), cache.rows(["soft"])
        (['hard'], array([[0.6, 0.8]], dtype=float32))

    Taught in "How do words become vectors?"
    """

    def __init__(self, folder: str | os.PathLike, dim: int):
        self.folder = Path(folder)
        self.dim = dim
        self._rows: dict[bytes, np.ndarray] = {}
        self._read: dict[str, list[bytes]] = {}  # shard name -> its keys

    def missing(self, texts: Iterable[str]) -> list[str]:
        """The texts that have no vector yet, in their order."""
        return [text for text in texts if _key(text) not in self._rows]

    def rows(self, texts: Iterable[str]) -> np.ndarray:
        """The vectors (text, dim) of texts that are not missing."""
        rows = [self._rows[_key(text)] for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dim), dtype=np.float32)

    def refresh(self) -> None:
        """Read the shards that were written since the last time, by this process or by another one.

        Warns:
            UserWarning: For each shard that is damaged. It is removed, so that its vectors are made again.
        """
        for path in sorted(self.folder.glob("*.safetensors")):
            if path.name not in self._read:
                self._read_shard(path)
        self._remove_leftovers()
        small = [name for name, keys in self._read.items() if len(keys) < _SMALL_SHARD]
        if len(small) > _MANY_SHARDS:
            self._merge(small)

    def write(self, vectors: dict[str, np.ndarray]) -> None:
        """Add vectors, each (dim,) float32, as one shard."""
        if vectors:
            self._write_shard([_key(text) for text in vectors], list(vectors.values()))

    def _read_shard(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # merged into a larger shard by another process
            return
        if hashlib.sha256(content).hexdigest() != path.stem:
            warnings.warn(
                f"{path} is damaged (its content does not fit its name): it is removed, "
                "and its vectors are computed again",
                stacklevel=4,
            )
            path.unlink(missing_ok=True)
            return
        self._take(path.name, content)

    def _take(self, name: str, content: bytes) -> None:
        from safetensors.numpy import load

        shard = load(content)
        if shard["vectors"].shape[1] != self.dim:
            raise ValueError(f"dim is {self.dim}, but {self.folder / name} holds {shard['vectors'].shape}")
        packed = shard["keys"].tobytes()
        keys = [packed[i : i + _KEY_BYTES] for i in range(0, len(packed), _KEY_BYTES)]
        self._rows.update(zip(keys, shard["vectors"], strict=True))
        self._read[name] = keys

    def _write_shard(self, keys: list[bytes], vectors: list[np.ndarray]) -> str:
        from safetensors.numpy import save

        keys_array = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, _KEY_BYTES)
        content = save({"keys": keys_array, "vectors": np.stack(vectors).astype(np.float32)})
        name = f"{hashlib.sha256(content).hexdigest()}.safetensors"
        with whole(self.folder / name) as draft:
            draft.write_bytes(content)
        self._take(name, content)
        return name

    def _merge(self, names: list[str]) -> None:
        """Write many small shards as one; they are removed only after the new one is in its place."""
        there = [name for name in names if (self.folder / name).exists()]
        unique = dict.fromkeys(key for name in there for key in self._read[name])
        if not unique:
            return
        merged = self._write_shard(list(unique), [self._rows[key] for key in unique])
        for name in names:
            if name != merged:
                (self.folder / name).unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        """Remove drafts that a killed writer left behind a day ago or earlier."""
        for path in drafts(self.folder):
            try:
                old = time.time() - path.stat().st_mtime > _DAY
            except FileNotFoundError:  # another process has just finished it
                continue
            if old:
                path.unlink(missing_ok=True)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]
