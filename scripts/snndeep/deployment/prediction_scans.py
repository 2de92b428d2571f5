"""The scans that a prediction is asked for: one image and its mask, a table, or a folder of a known layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from snndeep.errors import InvalidInputError
from snndeep.labels import MaskLabels
from snndeep.scans.convert import read_requested
from snndeep.scans.dataset import ListedScan
from snndeep.scans.formats.nifti import write_volume
from snndeep.scans.layouts.find import find_layout
from snndeep.scans.names import needs_conversion, scan_name
from snndeep.scans.source import ConversionRequest, Source
from snndeep.scans.table import is_table, read_scan_table


def listed_scans(paths: Sequence[Path], case: str | None) -> list[ListedScan]:
    """Return the scans that were asked for.

    Args:
        paths: An image and its mask, or one table or folder.
        case: Name of the one scan, if it is not to be named after its image.

    Raises:
        InvalidInputError: If there is neither one path nor two.
        DatasetError: If a table or folder cannot be used.
    """
    if len(paths) == 2:
        image, mask = paths
        return [ListedScan(case or scan_name(image.name), image, mask)]
    if len(paths) != 1:
        raise InvalidInputError(
            "It is not clear what to predict.",
            where="the command",
            found=f"{len(paths)} paths before the model",
            expected="an image and its mask, or a table, or a folder",
        )
    (path,) = paths
    return read_scan_table(path) if is_table(path) else list(find_layout(path)[1].scans)


def labels_said(paths: Sequence[Path]) -> MaskLabels | None:
    """Return the meaning of the masks where the layout of a folder says another one than organ 1 and lesion 2, else None.

    Args:
        paths: As for `listed_scans`.

    Raises:
        DatasetError: If the folder cannot be used.
    """
    if len(paths) != 1 or is_table(paths[0]):
        return None
    labels = find_layout(paths[0])[1].labels
    return None if labels == MaskLabels() else labels


def as_nifti(scan: ListedScan, labels: MaskLabels, folder: Path, slice_tolerance: float) -> tuple[Path, Path]:
    """Return image and mask as NIfTI files, converted to a folder where they are something else.

    Args:
        scan: The scan.
        labels: The meaning of the mask.
        folder: For converted files.
        slice_tolerance: How far a DICOM slice may be from its even place, in mm.

    Raises:
        ScanError: If one cannot be read.
    """
    image = Source(scan.image, scan.series, slice_tolerance)
    mask = ConversionRequest(Source(scan.mask, "", slice_tolerance), labels, image)
    return _nifti(ConversionRequest(image), folder / "image.nii.gz"), _nifti(mask, folder / "mask.nii.gz")


def _nifti(request: ConversionRequest, target: Path) -> Path:
    if not needs_conversion(request.source.path):
        return request.source.path
    write_volume(target, read_requested(request))
    return target
