"""The description of one feature extraction, which the plan makes and the job carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings


@dataclass(frozen=True)
class Extraction:
    """The extraction of the features of one case.

    Attributes:
        case: Name of the case.
        image: The CT: NIfTI, or the record of a conversion to NIfTI.
        label: The mask, likewise.
        planned: The planned digests of the bytes of both; empty for files in the store.
        folder: The folder that its tables are written to.
        stage: The record of its stage; `config` has the settings `features` and `labels`.
    """

    case: str
    image: Path
    label: Path
    planned: tuple[str, str]
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
        paths = {name: Path(values[name]) for name in ("image", "label", "folder")}
        image, label = values["planned"]
        return cls(case=values["case"], planned=(image, label), stage=values["stage"], **paths)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        paths = {name: str(getattr(self, name)) for name in ("image", "label", "folder")}
        return {"case": self.case, "planned": list(self.planned), "stage": dict(self.stage), **paths}
