"""What a plan is made of: addressed stages, and batches of cases that one job works on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.scans.converted import RECORD, ConvertedScan
from snndeep.scans.dataset import Case
from snndeep.scans.source import ConversionRequest


@dataclass(frozen=True)
class Stage:
    """One addressed output of the pipeline.

    Attributes:
        name: Folder below the store.
        address: Digest of everything it depends on.
        config: The settings that it reads.
        code: Fingerprint of the code that it runs.
        inputs: Addresses of its inputs.
        store: The store's folder.
    """

    name: str
    address: str
    config: Any
    code: str
    inputs: tuple[str, ...]
    store: Path

    def path(self, file: str) -> str:
        """Return where one of its files stands."""
        return (self.store / self.name / self.address / file).as_posix()

    def provenance(self) -> dict[str, Any]:
        """Return what is written beside its files."""
        return {
            "stage": self.name,
            "address": self.address,
            "config": self.config,
            "code": self.code,
            "inputs": list(self.inputs),
        }


@dataclass(frozen=True)
class Conversion:
    """The conversion of one scan that is not NIfTI."""

    stage: Stage
    request: ConversionRequest

    @property
    def record(self) -> str:
        """The file that says what became of it."""
        return self.stage.path(RECORD)


@dataclass(frozen=True)
class Batch:
    """Cases that one job works on, one after another."""

    stage: Stage
    cases: tuple[Case, ...]
    extracted: tuple[Stage, ...]

    @property
    def manifest(self) -> str:
        """The file that lists what the job made."""
        return self.stage.path("manifest.json")

    @property
    def records(self) -> list[str]:
        """The records of the conversions that the cases wait for."""
        scans = [scan for case in self.cases for scan in (case.image, case.label)]
        return [str(scan.record) for scan in scans if isinstance(scan, ConvertedScan)]

    def work(self) -> list[dict[str, Any]]:
        """Return what there is to do for each case, as JSON values."""
        return [
            {
                "case": case.name,
                "image": case.image.to_json(),
                "label": case.label.to_json(),
                "slices": stage.path("slices.parquet"),
                "patient": stage.path("patient.parquet"),
                "provenance": stage.provenance(),
            }
            for case, stage in zip(self.cases, self.extracted, strict=True)
        ]
