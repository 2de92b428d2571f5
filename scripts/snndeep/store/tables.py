"""Tables in the store. They have a module of their own because few stages need pandas, which the others then do without."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from snndeep.store.files import decoding, load, replacing


def write_table(path: Path, table: pd.DataFrame, provenance: Mapping[str, Any] | None = None) -> None:
    """Write a table as Parquet, atomically, see `snndeep.store.files.replacing`."""
    with replacing(path, provenance) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: Path, stage: str, target: Path | None = None) -> pd.DataFrame:
    """Read a Parquet table.

    Args:
        path: The file.
        stage: The stage that the caller expects it to come from.
        target: The output of the workflow whose making makes the file, where that is not the file itself.

    Raises:
        DamagedFileError: See `snndeep.store.files.check`.
    """
    content = load(path, stage, target)
    with decoding(Path(path), target):
        return pd.read_parquet(io.BytesIO(content))
