"""A published run as another program reads it: `results/<run>`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from snndeep.errors import UNREADABLE, InvalidInputError
from snndeep.evaluation.runs import RunScores

RECORD = "run.json"


@dataclass(frozen=True)
class PublishedRun:
    """A published run.

    Attributes:
        folder: Where it is.
        record: Its `run.json`: version, source, config, code (fingerprint by stage), data (digest by case).
        judged: What its models said.
    """

    folder: Path
    record: Mapping[str, Any]
    judged: RunScores

    @property
    def name(self) -> str:
        """The name of the run, or that of its folder."""
        return str(self.record["config"].get("run", self.folder.name))


def find_run(named: str, results: Path = Path("results")) -> Path:
    """Return the folder of a run: a path, or the name of a folder below `results`."""
    path = Path(named)
    return path if path.is_dir() else results / named


def read_published(folder: Path) -> PublishedRun:
    """Read a published run.

    Raises:
        InvalidInputError: If the folder is not one, or was published before it held what a comparison needs.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        slices = pd.read_parquet(folder / "predictions.parquet")
        patients = pd.read_csv(folder / "patients.csv", dtype={"patient": str})
        judged = RunScores(slices, patients)
        for key in ("version", "source", "config", "code", "data"):
            record[key]
        for table in (slices, patients):
            table[["model", "protocol", "fold", "patient", "label", "margin"]]
    except UNREADABLE as error:
        raise InvalidInputError(
            "This is not the folder of a published run that can be compared.",
            where=str(folder),
            found=f"{type(error).__name__}: {error}",
            expected=f"{RECORD}, predictions.parquet and patients.csv, as `publish` writes them",
            remedy="Give the name of a run below results/, or its folder. A run of an older version must be published again.",
        ) from error
    return PublishedRun(folder, record, judged)
