"""A user's own scans in the plan: the cases, and the scans that are converted to NIfTI first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from snndeep.errors import DatasetError
from snndeep.labels import MaskLabels
from snndeep.plan.addressing import FileDigests, digest
from snndeep.plan.stages import Conversion, Stage
from snndeep.scans.converted import ConvertedScan, NiftiScan, Scan
from snndeep.scans.dataset import Case, ListedScan, check_distinct, read_directory
from snndeep.scans.names import needs_conversion
from snndeep.scans.settings import DicomSettings
from snndeep.scans.source import ConversionRequest, Source
from snndeep.scans.table import is_table, read_scan_table

StageOf = Callable[[dict[str, Any], Sequence[str]], Stage]


@dataclass(frozen=True)
class _Leaf:
    """A scan or mask with the digest of its bytes, or the address of its conversion."""

    scan: Scan
    digest: str


def find_own_cases(
    path: Path, digests: FileDigests, labels: MaskLabels, dicom: DicomSettings, conversion_of: StageOf
) -> tuple[tuple[Case, ...], dict[str, Conversion]]:
    """Return the cases of a folder in Decathlon layout or of a table, and the conversions by address.

    Args:
        path: The folder or the table.
        digests: Of the files; saved when all are known.
        labels: The meaning of the masks; its names decide what is converted of a mask with names.
        dicom: How DICOM series are read.
        conversion_of: Returns the stage of a conversion from its settings and the digests of what it reads.

    Raises:
        DatasetError: If the data set or one of its files cannot be read, or a scan is there twice.
    """
    conversions: dict[str, Conversion] = {}

    def leaf(request: ConversionRequest) -> _Leaf:
        source = request.source.path
        if not needs_conversion(source):
            found = digests.of(source)
            return _Leaf(NiftiScan(source, found), found)
        config: dict[str, Any] = {"series": request.source.series, "slice_tolerance": dicom.slice_tolerance}
        inputs = [_digest(source, digests, is_mask=request.labels is not None)]
        if request.image is not None and _may_have_names(source):
            # Regions have names, so they decide; contours are drawn on the image's grid.
            config["names"] = {name: list(texts) for name, texts in labels.named.items()}
            config["numbers"] = [labels.number_of(1), labels.number_of(2)]
            inputs.append(_digest(request.image.path, digests, is_mask=False))
        stage = conversion_of(config, inputs)
        conversion = Conversion(stage, replace(request, planned=_comparable(request, inputs[0])))
        conversions[stage.address] = conversion
        return _Leaf(ConvertedScan(Path(conversion.record), source), stage.address)

    try:
        listed = read_scan_table(path) if is_table(path) else read_directory(path)
        images, masks = [], []
        for scan in listed:
            image = Source(scan.image, scan.series, dicom.slice_tolerance)
            images.append(leaf(ConversionRequest(image)))
            masks.append(leaf(ConversionRequest(Source(scan.mask, "", dicom.slice_tolerance), labels, image)))
    except OSError as error:
        raise DatasetError(
            "A file of the data set cannot be read.",
            where=str(error.filename),
            found=f"{type(error).__name__}: {error}",
            expected="a file that this account may read",
        ) from error
    digests.save()
    check_distinct(
        "Two images of the data set are the same scan, byte for byte.",
        [image.digest for image in images],
        [_described(scan) for scan in listed],
    )
    return tuple(map(_case, listed, images, masks)), conversions


def _case(scan: ListedScan, image: _Leaf, mask: _Leaf) -> Case:
    leaf = f"{image.digest}+{mask.digest}"
    return Case(scan.name, image.scan, mask.scan, leaf, scan.patient, scan.diseased, scan.listed, scan.extra)


def _described(scan: ListedScan) -> str:
    return f"{scan.image} of patient {scan.patient} ({scan.listed})" if scan.listed else scan.name


def _may_have_names(mask: Path) -> bool:
    """Return whether the regions of a mask may have names, or no place in space: folders and single DICOM objects."""
    return mask.is_dir() or mask.suffix.lower() not in (".nrrd", ".mha", ".hdr", ".img", ".mgz", ".mgh")


def _comparable(request: ConversionRequest, found: str) -> str:
    """Return the digest of a source where it is that of its bytes alone, see `_digest`; else nothing."""
    path = request.source.path
    pair, structures = path.suffix.lower() in (".hdr", ".img"), request.labels is not None and path.is_dir()
    return "" if pair or structures else found


def _digest(source: Path, digests: FileDigests, is_mask: bool) -> str:
    """Return the digest of a file, of both files of an Analyze volume, or of a folder.

    The slices of an image say themselves where they belong, so their names do not count. The files of a mask may be
    structures, which are told apart by their names, and lie in folders of their own.
    """
    if source.suffix.lower() in (".hdr", ".img") and source.is_file():
        pair = [other for suffix in (".hdr", ".img") if (other := source.with_suffix(suffix)).is_file()]
        return digest([digests.of(file) for file in pair])
    if not (is_mask and source.is_dir()):
        return digests.of(source)
    files = sorted(file for file in source.rglob("*") if file.is_file() and not file.name.startswith("."))
    return digest({file.relative_to(source).as_posix(): digests.of(file) for file in files})
