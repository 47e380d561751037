"""Files that are whole or not there: nothing is half written, and nothing is unpickled."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from glob import escape
from pathlib import Path

import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

_VALUES = "attnviz"  # the entry of a safetensors file that holds our values


@contextmanager
def whole(target: str | Path) -> Iterator[Path]:
    """A place beside `target` to write a file or a folder to, which is moved to `target` at the end.

    A reader sees the old content or the new one. Threads and processes may write the same target at once:
    each call has a draft of its own, and the last one counts. After an error or Ctrl-C nothing is left of the
    draft; a killed process leaves `.NAME.RANDOM.partial`, which nothing reads and `drafts` finds.

    Args:
        target: The file, or a folder that is not there yet; its own folder is made.

    Yields:
        Where to write.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with whole(f"{folder}/new/note.txt") as draft:
        ...         length = draft.write_text("whole")
        ...     Path(f"{folder}/new/note.txt").read_text()
        'whole'
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        yield draft
        os.replace(draft, target)
    finally:
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)


def drafts(folder: str | Path, *, of: str | None = None) -> list[Path]:
    """The drafts in a folder: of writers at work, and what killed ones left.

    Args:
        folder: Where the targets lie.
        of: The name of one target. None: of all.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, whole(f"{folder}/note.txt") as draft:
        ...     length = draft.write_text("half")
        ...     drafts(folder) == drafts(folder, of="note.txt") == [draft], drafts(folder, of="letter.txt")
        (True, [])
    """
    name = "*" if of is None else escape(of)
    return sorted(Path(folder).glob(f".{name}.*.partial"))


def write_tables(folder: str | Path, tables: Mapping[str, pd.DataFrame | None]) -> None:
    """Write each table to folder/NAME.parquet.

    Every table is written beside its place before the first one is moved there. None removes the file that an
    earlier log may have left.
    """
    files = {name: Path(folder) / f"{name}.parquet" for name in tables}
    with ExitStack() as together:
        for name, table in tables.items():
            if table is not None:
                table.to_parquet(together.enter_context(whole(files[name])), index=False)
    for name, table in tables.items():
        if table is None:
            files[name].unlink(missing_ok=True)


def write_tensors(target: str | Path, tensors: Mapping[str, Tensor], values: Mapping[str, object]) -> None:
    """Write tensors and plain JSON values to one safetensors file; the same input makes the same bytes."""
    metadata = {_VALUES: json.dumps(dict(values))}  # one entry: safetensors writes several in any order
    with whole(target) as draft:
        save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, draft, metadata)


def read_tensors(source: str | Path) -> tuple[dict[str, Tensor], dict]:
    """The tensors and values that `write_tensors` wrote; no values where another program wrote the file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a whole safetensors file.
    """
    try:
        with safe_open(source, framework="pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            described = (stored.metadata() or {}).get(_VALUES, "{}")
    except SafetensorError as error:
        raise ValueError(f"{source} is damaged, or no safetensors file ({error})") from error
    return tensors, json.loads(described)
