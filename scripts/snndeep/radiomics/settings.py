"""How features are extracted."""

from __future__ import annotations

from dataclasses import dataclass

from snndeep.errors import ConfigError

FAMILIES = ("intensity_statistics", "intensity_histogram", "glcm")


@dataclass(frozen=True)
class FeatureSettings:
    """Conventions of feature extraction.

    Attributes:
        resegmentation: Lowest and highest HU that stay in the intensity mask.
        bin_width: Width of a grey level, in HU, counted from the lower bound (fixed bin size, IBSI Q3RU).
        slice_spacing: In-plane spacing of resampled slices, in mm; the thickness stays as it is.
        mask_threshold: A resampled voxel belongs to the region if its mask value is at least this.
        organ_labels: Labels of the organ.
        lesion_labels: Labels of lesions.
        min_organ_area: Slices with less organ than this, in mm², are not samples.
        families: Families to extract.
    """

    resegmentation: tuple[float, float] = (-150.0, 250.0)
    bin_width: float = 25.0
    slice_spacing: float = 1.0
    mask_threshold: float = 0.5
    organ_labels: tuple[int, ...] = (1,)
    lesion_labels: tuple[int, ...] = (2,)
    min_organ_area: float = 100.0
    families: tuple[str, ...] = FAMILIES

    def __post_init__(self):
        low, high = self.resegmentation
        unknown = [name for name in self.families if name not in FAMILIES]
        if not low < high or not self.bin_width > 0 or not self.slice_spacing > 0 or unknown or not self.families:
            raise ConfigError(
                "The feature settings are impossible.",
                where="features",
                found=str(self),
                expected=f"resegmentation low < high, positive bin_width and slice_spacing, families of {FAMILIES}",
            )
        if set(self.organ_labels) & set(self.lesion_labels) or 0 in {*self.organ_labels, *self.lesion_labels}:
            raise ConfigError(
                "Organ and lesion labels overlap or include the background.",
                where="features.organ_labels, features.lesion_labels",
                found=f"{self.organ_labels} and {self.lesion_labels}",
                expected="different labels, none of them 0",
            )

    @property
    def levels(self) -> int:
        """The number of grey levels."""
        low, high = self.resegmentation
        return max(1, -int(-(high - low) // self.bin_width))
