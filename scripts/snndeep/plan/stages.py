"""What a plan is made of: addressed stages, the conversions of scans, and batches of cases that one job works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from snndeep.plan.addressing import CodeBase, address
from snndeep.samples.extraction import Extraction
from snndeep.scans.converted import RECORD
from snndeep.scans.dataset import Case


@dataclass(frozen=True)
class Stage:
    """One addressed output of the pipeline.

    Attributes:
        name: Folder below the store.
        config: The settings that it reads, JSON values; its script gets these and no others.
        code: Fingerprint of the code that it runs.
        inputs: Addresses of its inputs.
        store: The store's folder.
        packages: Packages of its own whose versions are written beside its files.
    """

    name: str
    config: Any
    code: str
    inputs: tuple[str, ...]
    store: Path
    packages: tuple[str, ...] = ()

    @cached_property
    def address(self) -> str:
        """The digest of everything that the output depends on."""
        return address(self.name, self.config, self.code, self.inputs)

    @property
    def id(self) -> str:
        """`name/address`, the folder of its files below the store."""
        return f"{self.name}/{self.address}"

    @property
    def folder(self) -> str:
        """Where its files are stored."""
        return (self.store / self.id).as_posix()

    def path(self, file: str) -> str:
        """Return where one of its files is stored."""
        return f"{self.folder}/{file}"

    def record(self) -> dict[str, Any]:
        """Return what its script is told, and what is written beside its files."""
        return {
            "stage": self.name,
            "address": self.address,
            "config": self.config,
            "code": self.code,
            "inputs": list(self.inputs),
            **({"packages": list(self.packages)} if self.packages else {}),
        }


@dataclass(frozen=True)
class StageMaker:
    """Makes the stages of one plan, which share code and store.

    Attributes:
        code: Fingerprints of the scripts and the library.
        store: The store's folder.
    """

    code: CodeBase
    store: Path

    def stage(
        self,
        name: str,
        config: Any,
        files: Sequence[str],
        inputs: Sequence[Stage | str],
        packages: tuple[str, ...] = (),
    ) -> Stage:
        """Return a stage.

        Args:
            name: Of the stage.
            config: The settings that it reads.
            files: What it runs, relative to the scripts folder; empty where only published bytes are brought.
            inputs: Stages, or digests of data.
            packages: See `Stage`.
        """
        code = self.code.fingerprint(*files) if files else ""
        addresses = tuple(source.address if isinstance(source, Stage) else source for source in inputs)
        return Stage(name, config, code, addresses, self.store, packages)


@dataclass(frozen=True)
class Conversion:
    """One scan that is not NIfTI, on its way to be it."""

    stage: Stage
    source: Path

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
        return [str(path) for case in self.cases for path in (case.image, case.label) if path.name == RECORD]

    def work(self) -> list[dict[str, Any]]:
        """Return what there is to do for each case, as JSON values."""
        pairs = zip(self.cases, self.extracted, strict=True)
        return [
            Extraction(case.name, case.image, case.label, case.planned, Path(stage.folder), stage.record()).to_json()
            for case, stage in pairs
        ]
