"""The parts of a plan: addressed stages, conversions of scans, and batches of cases that one job processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from snndeep.plan.addressing import CodeBase, address
from snndeep.plan.versions import Versions
from snndeep.samples.extraction import MANIFEST, Extraction
from snndeep.scans.converted import RECORD, ConvertedScan
from snndeep.scans.dataset import Case
from snndeep.scans.source import ConversionRequest


@dataclass(frozen=True)
class Stage:
    """One addressed output of the pipeline.

    Attributes:
        name: Name of the stage, and of its folder in the store.
        config: The settings that the stage reads, JSON values; its script gets these and no others.
        code: Fingerprint of the code that the stage runs.
        inputs: Addresses of the stage's inputs.
        store: The store's folder.
        versions: By package, the versions of what the code imports, see `snndeep.plan.versions`.
    """

    name: str
    config: Any
    code: str
    inputs: tuple[str, ...]
    store: Path
    versions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def address(self) -> str:
        """The digest of everything that the output depends on."""
        return address(self.name, self.config, self.code, self.versions, self.inputs)

    @property
    def id(self) -> str:
        """`name/address`, the folder of the stage's files in the store."""
        return f"{self.name}/{self.address}"

    @property
    def folder(self) -> str:
        """The folder where the stage's files are stored."""
        return (self.store / self.id).as_posix()

    def path(self, file: str) -> str:
        """Return the path of one of the stage's files."""
        return f"{self.folder}/{file}"

    def record(self) -> dict[str, Any]:
        """Return the record of the stage, which its script receives and which is stored with its files as provenance."""
        return {
            "stage": self.name,
            "address": self.address,
            "config": self.config,
            "code": self.code,
            "versions": dict(self.versions),
            "inputs": list(self.inputs),
        }


@dataclass(frozen=True)
class StageMaker:
    """Makes the stages of one plan, which share the code and the store.

    Attributes:
        code: Fingerprints of the scripts and the library.
        store: The store's folder.
        versions: Of the packages that jobs use.
    """

    code: CodeBase
    store: Path
    versions: Versions = field(default_factory=Versions)

    def stage(self, name: str, config: Any, files: Sequence[str], inputs: Sequence[Stage | str]) -> Stage:
        """Return a stage.

        Args:
            name: Name of the stage.
            config: The settings that the stage reads, JSON values.
            files: Paths of the code that the stage runs, relative to the scripts folder; empty if it only fetches published
                bytes.
            inputs: Stages, or digests of data.
        """
        code = self.code.fingerprint(*files) if files else ""
        addresses = tuple(source.address if isinstance(source, Stage) else source for source in inputs)
        versions = self.versions.of(self.code.packages(*files))
        return Stage(name, config, code, addresses, self.store, versions)


@dataclass(frozen=True)
class Conversion:
    """The conversion of one scan that is not NIfTI."""

    stage: Stage
    request: ConversionRequest

    @property
    def record(self) -> str:
        """Path of the file that describes the result of the conversion."""
        return self.stage.path(RECORD)


@dataclass(frozen=True)
class CaseBatch:
    """Cases that one job reads, one after another.

    Attributes:
        stage: The stage of the batch.
        cases: The cases.
    """

    stage: Stage
    cases: tuple[Case, ...]

    @property
    def records(self) -> list[str]:
        """The records of the conversions that the cases wait for."""
        scans = [scan for case in self.cases for scan in (case.image, case.label)]
        return [str(scan.record) for scan in scans if isinstance(scan, ConvertedScan)]


@dataclass(frozen=True)
class Batch(CaseBatch):
    """Cases whose features one job extracts.

    Attributes:
        extracted: The feature stage of each case.
    """

    extracted: tuple[Stage, ...]

    @property
    def manifest(self) -> str:
        """Path of the file that lists the outputs of the job."""
        return self.stage.path(MANIFEST)

    def work(self) -> list[dict[str, Any]]:
        """Return the extraction to do for each case, as JSON values."""
        pairs = zip(self.cases, self.extracted, strict=True)
        return [
            Extraction(case.name, case.image, case.label, Path(stage.folder), stage.record()).to_json()
            for case, stage in pairs
        ]
