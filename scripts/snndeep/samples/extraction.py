"""The description of one feature extraction, which the plan makes and the job carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.scans.converted import Scan, scan_from_json

MANIFEST = "manifest.json"
"""The file of a batch of extractions that lists what it made."""


@dataclass(frozen=True)
class Extraction:
    """The extraction of the features of one case.

    Attributes:
        case: Name of the case.
        image: The CT.
        label: The mask.
        folder: Where its tables belong.
        stage: The record of its stage; `config` holds the settings of features and of labels.
    """

    case: str
    image: Scan
    label: Scan
    folder: Path
    stage: Mapping[str, Any]

    @property
    def slices(self) -> Path:
        """Path of the table of slices."""
        return self.folder / "slices.parquet"

    @property
    def patient(self) -> Path:
        """Path of the table with one row for the whole scan."""
        return self.folder / "patient.parquet"

    @property
    def settings(self) -> FeatureSettings:
        """The settings of feature extraction."""
        return FeatureSettings.from_mapping(self.stage["config"]["features"])

    @property
    def labels(self) -> MaskLabels:
        """The meaning of the numbers in the mask."""
        return MaskLabels.from_mapping(self.stage["config"]["labels"])

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Extraction:
        """Rebuild from the values of `to_json`."""
        image, label = scan_from_json(values["image"]), scan_from_json(values["label"])
        return cls(values["case"], image, label, Path(values["folder"]), values["stage"])

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "case": self.case,
            "image": self.image.to_json(),
            "label": self.label.to_json(),
            "folder": str(self.folder),
            "stage": dict(self.stage),
        }
