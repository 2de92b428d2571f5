"""What is expected of scans and masks; plain settings, without what reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snndeep.errors import ConfigError
from snndeep.settings import Settings, setting


@dataclass(frozen=True)
class Plausibility(Settings):
    """Limits beyond which a scan is not a CT of the organ in HU, or its mask not a mask of it.

    Raises:
        ConfigError: If a range is empty.
    """

    key: ClassVar[str] = "dataset.plausibility"

    spacing: tuple[float, float] = setting(
        (0.05, 50.0), "Least and greatest distance between voxels in mm. Beyond it a scan is never read.", above=0
    )
    organ_volume: tuple[float, float] = setting(
        (200.0, 6000.0), "Least and greatest volume of organ and lesion in ml.", least=0
    )
    lesion_share: float = setting(
        0.8, "Greatest share of the organ that may be lesion; swapped labels exceed it.", above=0, most=1
    )
    scan_share: float = setting(
        0.9, "Greatest share of the scan that may be organ; a background labelled as organ exceeds it.", above=0, most=1
    )
    median_hu: tuple[float, float] = setting((-100.0, 220.0), "Least and greatest median of the organ in HU.")
    least_iqr_hu: float = setting(
        2.0, "Least interquartile range of the organ in HU; intensities scaled to 0..1 fall below it.", least=0
    )
    in_range_share: float = setting(0.7, "Least share of the organ within features.resegmentation.", least=0, most=1)
    padding_share: float = setting(
        0.01, "Greatest share of the organ with values of padding, below -1100 HU.", least=0, most=1
    )
    air_hu: float = setting(
        -300.0,
        "A scan whose lowest value is above this has no air: 0 to 255 or unsigned numbers, not HU.",
    )
    fat_hu: float = setting(
        -50.0,
        "A scan whose lowest value around the organ is above this has no fat: other numbers, with padding at the border.",
    )
    highest_hu: float = setting(
        32767.0, "No value of a scan is higher; negative numbers that were wrapped to unsigned ones are."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("spacing", "organ_volume", "median_hu"):
            low, high = getattr(self, name)
            if not low < high:
                raise ConfigError(
                    "A range of the configuration is empty.",
                    where=f"{self.key}.{name}",
                    found=f"{low:g} to {high:g}",
                    expected="the lower limit first",
                )


@dataclass(frozen=True)
class DicomSettings(Settings):
    """How DICOM series are read."""

    key: ClassVar[str] = "dataset.dicom"

    slice_tolerance: float = setting(
        0.1,
        "How far a slice may be from its even place in mm, where that is more than a tenth of the distance between slices: "
        "positions are often rounded to 0.1 mm.",
        least=0,
    )
