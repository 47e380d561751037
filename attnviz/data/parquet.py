"""Parquet files that are whole or not there."""

import os
import tempfile
from pathlib import Path

import pandas as pd


def write_tables(folder: str | Path, tables: dict[str, pd.DataFrame | None]) -> None:
    """Write each table to folder/NAME.parquet; no file is ever half-written.

    Every table is written beside its place before the first one is moved there. None removes the file that an
    earlier log may have left.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as draft:
        written = {name: table for name, table in tables.items() if table is not None}
        for name, table in written.items():
            table.to_parquet(Path(draft) / f"{name}.parquet", index=False)
        for name in written:
            os.replace(Path(draft) / f"{name}.parquet", folder / f"{name}.parquet")
    for name in tables.keys() - written.keys():
        (folder / f"{name}.parquet").unlink(missing_ok=True)
