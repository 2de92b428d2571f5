"""DICOM RTSTRUCT: structures as closed contours in the planes of an image, drawn on the grid of that image.

A voxel belongs to a structure if its centre lies within an odd number of the structure's contours in its plane, so that
an inner contour is a hole and two separate ones are two parts. Source: DICOM PS3.3, C.8.8.6 (ROI Contour Module).
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pydicom

from snndeep.scans.formats import registry
from snndeep.scans.formats.base import LPS_TO_RAS, Format, MaskRequest, Volume, number_regions
from snndeep.scans.formats.dicom_files import RTSTRUCT, read_dataset
from snndeep.scans.formats.dicom_seg import only_one
from snndeep.scans.source import Source
from snndeep.volume.errors import AffineMismatchError

Points = npt.NDArray[np.float64]

_PLANE_TOLERANCE = 0.3
"""How far a contour may be from the centre of its slice, in slices."""


def read_mask(source: Source, request: MaskRequest) -> Volume:
    """Draw the structures that are named as organ and lesion.

    Raises:
        ScanError: If the structures were drawn on another image, or one does not lie in the slices of the image.
    """
    file = only_one(source, RTSTRUCT, "RTSTRUCT")
    dataset = read_dataset(file.path)
    _check_frame(dataset, source, request.image)
    image = registry.read_image(request.image)
    drawn = {int(c.ReferencedROINumber): c for c in dataset.get("ROIContourSequence", [])}
    regions = []
    for roi in dataset.get("StructureSetROISequence", []):
        contours = drawn.get(int(roi.ROINumber))
        if contours is not None and "ContourSequence" in contours:
            name = str(roi.ROIName)
            regions.append((name, partial(_region, contours, name, image, source)))
    return Volume(number_regions(regions, request.labels, source), image.affine)


def _check_frame(dataset: pydicom.Dataset, source: Source, image: Source) -> None:
    """Compare the frames of reference where both files name theirs: coordinates of different frames mean different places.

    Raises:
        AffineMismatchError: If they have none in common.
    """
    drawn_in = {
        str(roi.get("ReferencedFrameOfReferenceUID") or "") for roi in dataset.get("StructureSetROISequence", [])
    }
    of_image = {file.text("FrameOfReferenceUID") for file in image.dicom if file.is_image}
    if drawn_in - {""} and of_image - {""} and not drawn_in & of_image - {""}:
        raise AffineMismatchError(
            "The structures were drawn on another image: the frames of reference differ.",
            where=source.where,
            found=f"frame of reference {', '.join(sorted(drawn_in - {''}))}",
            expected=f"that of the image, {', '.join(sorted(of_image - {''}))}",
            remedy="Give the image series that the structures were drawn on, or structures moved onto this one.",
        )


def _region(contours: pydicom.Dataset, name: str, image: Volume, source: Source) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = np.zeros(image.voxels.shape, bool)
    to_index = np.linalg.inv(image.affine) @ LPS_TO_RAS
    for contour in contours.ContourSequence:
        if str(contour.ContourGeometricType) != "CLOSED_PLANAR":
            continue
        places = np.array(contour.ContourData, np.float64).reshape(-1, 3)
        points = places @ to_index[:3, :3].T + to_index[:3, 3]
        plane = round(float(points[:, 2].mean()))
        if np.abs(points[:, 2] - plane).max() > _PLANE_TOLERANCE or not 0 <= plane < inside.shape[0]:
            raise AffineMismatchError(
                "A contour does not lie in a slice of the image.",
                where=f"{source.where}, structure {name}",
                found=f"a contour at slice {points[:, 2].min():.2f} to {points[:, 2].max():.2f} of {inside.shape[0]}",
                expected="contours in the planes of the image that the mask is given with",
                remedy="Give the image series that the structures were drawn on.",
            )
        inside[plane] ^= fill_polygon(points[:, :2], inside.shape[1:])
    return inside


def fill_polygon(points: Points, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which pixel centres lie within a closed polygon, by the even-odd rule.

    Args:
        points: [N, 2] corners (column, row) in pixels; pixel centres are at whole numbers.
        shape: Rows and columns.

    Returns:
        bool [rows, columns]. A centre on the left or upper edge is inside, one on the right or lower edge is not, so that
        polygons that share an edge share no pixel.
    """
    rows, columns = shape
    # A parity that changes at every edge to the left of a pixel: +1 at the first pixel to the right of the crossing.
    crossings = np.zeros((rows, columns + 1), np.int64)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        crossed = np.arange(max(0, int(np.ceil(y0))), min(rows, int(np.ceil(y1))))
        if crossed.size:
            x = x0 + (crossed - y0) * (x1 - x0) / (y1 - y0)
            np.add.at(crossings, (crossed, np.clip(np.ceil(x), 0, columns).astype(int)), 1)
    inside: npt.NDArray[np.bool_] = np.cumsum(crossings, axis=1)[:, :columns] % 2 == 1
    return inside


def _recognises(source: Source) -> bool:
    return any(file.sop_class == RTSTRUCT for file in source.dicom)


FORMAT = Format(_recognises, read_mask=read_mask)
