"""Settings without places: an address depends on what a file holds, never on where it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snndeep.errors import DatasetError
from snndeep.store.content import content_digest


def preprocessing_config(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of `preprocessing` with the digest of the file of measurements in place of its path.

    Raises:
        DatasetError: If there is no such file although `min_icc` needs it.
    """
    path = Path(settings["measurements"])
    if not settings["min_icc"]:
        return {**settings, "measurements": ""}
    if not path.is_file():
        raise DatasetError(
            "The file of repeated measurements does not exist.",
            where="preprocessing.measurements",
            found=str(path),
            expected="measurements.parquet, as scripts/stability.py writes it",
        )
    return {**settings, "measurements": content_digest(path)}
