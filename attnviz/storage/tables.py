"""Tables as Parquet files in a folder, checked against the list of SHA-256 beside them."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from .files import whole
from .sums import SUMS, file_sum, read_sums, sums_text


def write_tables(folder: str | Path, tables: Mapping[str, pd.DataFrame | None]) -> None:
    """Write each table to folder/NAME.parquet, and its SHA-256 to folder/attnviz.sha256.

    Every file is written beside its place before the first one is moved there. None removes the file that an
    earlier log may have left.
    """
    folder = Path(folder)
    files = {f"{name}.parquet": table for name, table in tables.items()}
    others = {name: digest for name, digest in read_sums(folder, strict=False).items() if name not in files}
    sums = {name: digest for name, digest in others.items() if (folder / name).exists()}
    with ExitStack() as together:
        for name, table in files.items():
            if table is not None:
                draft = together.enter_context(whole(folder / name))
                table.to_parquet(draft, index=False)
                sums[name] = file_sum(draft)
        together.enter_context(whole(folder / SUMS)).write_text(sums_text(sums), encoding="utf-8")
    for name, table in files.items():
        if table is None:
            (folder / name).unlink(missing_ok=True)
