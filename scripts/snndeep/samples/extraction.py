"""One scan to extract features from: what the plan says and the job does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings


@dataclass(frozen=True)
class Extraction:
    """One case to extract.

    Attributes:
        case: Name of the case.
        image: The CT: NIfTI, or the record of a conversion to it.
        label: The mask, likewise.
        planned: The digests of the bytes of both, as planned with; empty where they are files of the store.
        folder: Where its tables belong.
        stage: The record of its stage; `config` holds the settings of features and of labels.
    """

    case: str
    image: Path
    label: Path
    planned: tuple[str, str]
    folder: Path
    stage: Mapping[str, Any]

    @property
    def slices(self) -> Path:
        """The table of slices."""
        return self.folder / "slices.parquet"

    @property
    def patient(self) -> Path:
        """The table of one row for the whole scan."""
        return self.folder / "patient.parquet"

    @property
    def settings(self) -> FeatureSettings:
        """The conventions of extraction."""
        return FeatureSettings.from_mapping(self.stage["config"]["features"])

    @property
    def labels(self) -> MaskLabels:
        """The meaning of the mask's numbers."""
        return MaskLabels.from_mapping(self.stage["config"]["labels"])

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Extraction:
        """Rebuild from the values of `to_json`."""
        paths = {name: Path(values[name]) for name in ("image", "label", "folder")}
        image, label = values["planned"]
        return cls(case=values["case"], planned=(image, label), stage=values["stage"], **paths)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        paths = {name: str(getattr(self, name)) for name in ("image", "label", "folder")}
        return {"case": self.case, "planned": list(self.planned), "stage": dict(self.stage), **paths}
