"""The ways in which a scan or its mask cannot be used, one class each, all of them `snndeep.errors.ScanError`."""

from __future__ import annotations

from pathlib import Path

from snndeep.errors import ScanError


class MissingScanError(ScanError):
    """The file does not exist or cannot be opened."""


class NotNiftiError(ScanError):
    """The file is not a single-file NIfTI-1 or NIfTI-2 image."""


class UnusableHeaderError(ScanError):
    """The header contradicts itself or asks for something that a CT cannot be."""


class TruncatedFileError(ScanError):
    """The file ends before all its voxels were read."""


class CorruptFileError(ScanError):
    """The compressed bytes are damaged: not decodable, or their checksum is wrong."""


class TwoDimensionalError(ScanError):
    """The file holds a single image, not a volume."""


class FourDimensionalError(ScanError):
    """The file holds more than one volume."""


class SpacingError(ScanError):
    """A voxel spacing is zero, negative or not a number."""


class AffineError(ScanError):
    """The affine has values that are not finite, or axes that do not span space."""


class ShearedAxesError(ScanError):
    """Two axes of the scan are not at right angles."""


class SpacingConflictError(ScanError):
    """The lengths of the affine's axes contradict the spacing of the header."""


class ImplausibleScanError(ScanError):
    """Spacing, intensities or labels are not those of a CT of the organ with its mask."""


class NotACTError(ScanError):
    """A DICOM file is of another modality than CT."""


class UnknownStructureError(ScanError):
    """A mask has no region of the names that the settings give, or the settings give no names."""


class ShapeMismatchError(ScanError):
    """Image and mask have different numbers of voxels, and the mask is not a part of the image's grid."""


class AffineMismatchError(ScanError):
    """Image and mask lie at different places in space, or the mask extends beyond the image."""


class NonIntegerLabelError(ScanError):
    """The mask has values that are not integers."""


class UnknownLabelError(ScanError):
    """The mask has labels that the settings do not name."""


class EmptyOrganError(ScanError):
    """The mask has no voxel of organ or lesion."""


class NonFiniteIntensityError(ScanError):
    """The image has NaN or infinite values around the organ."""


class ConstantIntensityError(ScanError):
    """All voxels of the organ have one intensity."""


class IntensityRangeError(ScanError):
    """No voxel of the organ has an intensity within the re-segmentation range."""


class OrganTooSmallError(ScanError):
    """No slice holds enough organ to be one sample."""


class NotASeriesError(ScanError):
    """The folder holds no DICOM series of single CT-like slices."""


class MixedSeriesError(ScanError):
    """The slices of a folder are not of one series: other identifiers, sizes, spacings, orientations or twice a place."""


class GantryTiltError(ScanError):
    """The slices of a series are sheared against each other."""


class SliceSpacingError(ScanError):
    """The slices of a series are not evenly spaced."""


class MissingSlicesError(ScanError):
    """A series has gaps of whole slices."""


class ConversionError(ScanError):
    """A scan that is not NIfTI cannot be read or written by ITK."""


def location(case: str, path: Path | str) -> str:
    """Return the `where` of an error: the case, where it is known, and the file."""
    return f"case {case}, file {path}" if case else f"file {path}"
