"""What hospitals and public sets hold: every format gives the right HU and the right region, in the right place."""

from __future__ import annotations

from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from highdicom.content import AlgorithmIdentificationSequence
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from snndeep.labels import LESION, ORGAN, MaskLabels
from snndeep.phantom.dicom import write_series
from snndeep.scans.formats.base import MaskRequest, Volume
from snndeep.scans.formats.dicom_files import RTSTRUCT
from snndeep.scans.formats.registry import read_image, read_mask
from snndeep.scans.formats.rtstruct import fill_polygon
from snndeep.scans.source import Source
from snndeep.seeds import generator
from snndeep.volume import errors

SPACING = (0.8, 0.7, 2.5)
LIVER = MaskLabels(("liver",), ("*tumor*",))
LEGACY_ENHANCED = "1.2.840.10008.5.1.4.1.1.2.2"


def image(shape=(6, 14, 12)) -> sitk.Image:
    values = generator(1, "test", "formats").integers(-1000, 1500, shape).astype(np.int16)
    volume = sitk.GetImageFromArray(values)
    volume.SetSpacing(SPACING)
    volume.SetOrigin((3.0, -20.0, 100.5))
    return volume


def ball(shape=(6, 14, 12), radius=0.7) -> np.ndarray:
    grid = np.indices(shape).transpose(1, 2, 3, 0)
    centre, size = (np.array(shape) - 1) / 2, np.array(shape) / 2
    return (((grid - centre) / size) ** 2).sum(-1) < radius**2


@pytest.fixture
def folder(tmp_path) -> Path:
    write_series(tmp_path / "ct", image(), "1.2.3.4")
    return tmp_path / "ct"


def rewritten(folder: Path, change) -> None:
    """Change every slice of a series; `change` gets the data set and its number by position."""
    files = sorted(folder.iterdir(), key=lambda file: pydicom.dcmread(file).ImagePositionPatient[2])
    for number, file in enumerate(files):
        dataset = pydicom.dcmread(file)
        change(dataset, number)
        dataset.save_as(file)


def same_values(volume: Volume, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(volume.voxels, expected)


def lesion_of(volume: Volume, labels: MaskLabels = LIVER) -> np.ndarray:
    return volume.voxels == labels.number_of(LESION)


# Images


def test_monochrome1_is_how_a_viewer_shows_it_and_changes_no_hu(folder):
    rewritten(folder, lambda dataset, _: setattr(dataset, "PhotometricInterpretation", "MONOCHROME1"))
    same_values(read_image(Source(folder)), sitk.GetArrayFromImage(image()))


def test_every_slice_has_a_slope_of_its_own(folder):
    stored = sitk.GetArrayFromImage(image()).astype(float)

    def change(dataset, number):
        dataset.RescaleSlope, dataset.RescaleIntercept = 1 + 0.25 * number, -10.0 * number

    rewritten(folder, change)
    k = np.arange(len(stored))[:, None, None]
    np.testing.assert_allclose(read_image(Source(folder)).voxels, stored * (1 + 0.25 * k) - 10 * k, atol=1e-3)


@pytest.mark.parametrize("modality", ["MR", "PT"])
def test_another_modality_is_refused_by_its_name(folder, modality):
    rewritten(folder, lambda dataset, _: setattr(dataset, "Modality", modality))
    with pytest.raises(errors.NotACTError, match=f"modality {modality}"):
        read_image(Source(folder))


def without_pixels(path: Path, sop_class: str, modality: str, **elements) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(path, {}, file_meta=meta, preamble=bytes(128))
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.SeriesInstanceUID = modality, generate_uid()
    for name, value in elements.items():
        setattr(dataset, name, value)
    dataset.save_as(path)


def test_the_one_ct_series_of_a_folder_with_other_objects(folder):
    without_pixels(folder / "dose.dcm", "1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE", Rows=4, Columns=4)
    without_pixels(folder / "report.dcm", "1.2.840.10008.5.1.4.1.1.88.67", "SR")
    without_pixels(folder / "screen.dcm", "1.2.840.10008.5.1.4.1.1.7", "CT", Rows=4, Columns=4)
    without_pixels(
        folder / "scout.dcm", "1.2.840.10008.5.1.4.1.1.2", "CT", Rows=4, ImageType="ORIGINAL\\PRIMARY\\LOCALIZER"
    )
    (folder / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    same_values(read_image(Source(folder)), sitk.GetArrayFromImage(image()))


def test_of_several_series_the_source_names_one(folder):
    write_series(folder, image(shape=(3, 14, 12)), "1.2.3.5")
    numbers = {"1.2.3.4": 2, "1.2.3.5": 7}

    def number(dataset, _):
        dataset.SeriesNumber = numbers[str(dataset.SeriesInstanceUID)]
        dataset.SeriesDescription = f"phase {dataset.SeriesNumber}"

    rewritten(folder, number)
    with pytest.raises(errors.MixedSeriesError) as error:
        read_image(Source(folder))
    assert "series 2 'phase 2', 6 files, UID 1.2.3.4" in str(error.value)
    for name in ("7", "PHASE 7", "1.2.3.5"):
        assert read_image(Source(folder, series=name)).voxels.shape == (3, 14, 12)
    with pytest.raises(errors.MixedSeriesError, match="no such series"):
        read_image(Source(folder, series="9"))


def test_positions_rounded_to_a_tenth_of_a_small_step(tmp_path):
    volume = image(shape=(9, 14, 12))
    volume.SetSpacing((0.7, 0.8, 0.625))
    places = [list(volume.TransformIndexToPhysicalPoint((0, 0, k))) for k in range(9)]
    write_series(tmp_path / "ct", volume, "1.2.3.4", [[x, y, round(z, 1)] for x, y, z in places])
    assert np.linalg.norm(read_image(Source(tmp_path / "ct")).affine[:3, 2]) == pytest.approx(0.625, abs=0.02)
    with pytest.raises(errors.SliceSpacingError, match="slice_tolerance"):
        read_image(Source(tmp_path / "ct", slice_tolerance=0.01))


def multiframe(path: Path, shape=(6, 14, 12)) -> None:
    volume = image(shape)
    write_series(path.parent / "parts", volume, "1.2.3.9")
    datasets = [pydicom.dcmread(file) for file in sorted((path.parent / "parts").iterdir())]
    for dataset in datasets:
        dataset.PatientID, dataset.StudyID, dataset.FrameOfReferenceUID = "p", "1", "1.2.3.8"
        dataset.SeriesNumber, dataset.ImageType = 1, ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.AcquisitionNumber, dataset.SliceThickness, dataset.PositionReferenceIndicator = 1, 2.5, ""
        dataset.Manufacturer, dataset.AccessionNumber, dataset.KVP = "", "", 120
        dataset.RescaleSlope, dataset.RescaleIntercept = 2, -100
    legacy = highdicom.legacy.LegacyConvertedEnhancedCTImage(datasets, generate_uid(), 5, generate_uid(), 1)
    legacy.save_as(path)


def test_an_enhanced_multiframe_file_is_a_scan(tmp_path):
    multiframe(tmp_path / "frames.dcm")
    volume = read_image(Source(tmp_path / "frames.dcm"))
    direct = image()
    stored = 2 * sitk.GetArrayFromImage(direct).astype(int) - 100
    place = (
        np.linalg.inv(volume.affine)
        @ np.diag([-1, -1, 1, 1])
        @ np.r_[direct.TransformIndexToPhysicalPoint((5, 6, 2)), 1]
    )
    i, j, k = np.rint(place[:3]).astype(int)
    assert volume.voxels[k, j, i] == stored[2, 6, 5]
    assert sorted(volume.voxels.ravel()) == sorted(stored.ravel())


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_a_fourth_axis_of_one_is_no_matter(tmp_path, suffix):
    sitk.WriteImage(sitk.JoinSeries([image()]), str(tmp_path / f"ct{suffix}"))
    same_values(read_image(Source(tmp_path / f"ct{suffix}")), sitk.GetArrayFromImage(image()))


@pytest.mark.parametrize("suffix", [".hdr", ".img", ".mgz"])
def test_analyze_and_mgh(tmp_path, suffix):
    values = sitk.GetArrayFromImage(image()).transpose(2, 1, 0)
    affine = np.diag([*SPACING, 1.0])
    kind = nibabel.MGHImage if suffix == ".mgz" else nibabel.AnalyzeImage
    nibabel.save(kind(values.astype(np.int16), affine), tmp_path / f"ct{suffix}")
    volume = read_image(Source(tmp_path / f"ct{suffix}"))
    np.testing.assert_allclose(np.linalg.norm(volume.affine[:3, :3], axis=0), SPACING, rtol=1e-6)
    assert sorted(volume.voxels.ravel()) == sorted(values.ravel())


def test_an_oblique_nrrd_whose_axes_are_sheared_is_refused(tmp_path):
    head = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 5 4 3\n"
        "space directions: (1,0,0) (0,1,0) (0,0.7,2)\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n\n"
    )
    (tmp_path / "ct.nrrd").write_bytes(head.encode() + bytes(2 * 60))
    with pytest.raises(errors.ShearedAxesError, match=r"19\.3 degrees"):
        read_image(Source(tmp_path / "ct.nrrd"))


# Masks


def request(folder: Path, labels: MaskLabels = LIVER) -> MaskRequest:
    return MaskRequest(labels, Source(folder))


def write_seg(path: Path, folder: Path, segments: dict[str, np.ndarray]) -> None:
    datasets = [pydicom.dcmread(file) for file in folder.iterdir()]
    datasets.sort(key=lambda dataset: dataset.ImagePositionPatient[2])
    for dataset in datasets:
        dataset.PatientID, dataset.StudyID, dataset.FrameOfReferenceUID = "p", "1", "1.2.3.8"
        dataset.AccessionNumber, dataset.PositionReferenceIndicator, dataset.SliceThickness = "", "", 2.5
    by = AlgorithmIdentificationSequence("test", codes.DCM.ArtificialIntelligence, "1")
    descriptions = [
        highdicom.seg.SegmentDescription(
            number, name, codes.SCT.Organ, codes.SCT.Liver, highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC, by
        )
        for number, name in enumerate(segments, 1)
    ]
    highdicom.seg.Segmentation(
        source_images=datasets, pixel_array=np.stack(list(segments.values()), axis=-1).astype(np.uint8),
        segmentation_type="BINARY", segment_descriptions=descriptions, series_instance_uid=generate_uid(),
        series_number=2, sop_instance_uid=generate_uid(), instance_number=1, manufacturer="m",
        manufacturer_model_name="m", software_versions="1", device_serial_number="1",
    ).save_as(path)  # fmt: skip


def same_region(mask: Volume, folder: Path, expected: np.ndarray) -> None:
    """Compare a mask, perhaps on a part of the grid, with the region on the whole grid of the image."""
    grid = read_image(Source(folder)).affine
    found = np.zeros(expected.shape, bool)
    k, j, i = np.nonzero(mask.voxels)
    points = np.linalg.inv(grid) @ mask.affine @ np.stack([i, j, k, np.ones_like(i)])
    whole = np.rint(points[:3]).astype(int)
    np.testing.assert_allclose(points[:3], whole, atol=1e-3)
    found[whole[2], whole[1], whole[0]] = True
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("beside", [True, False], ids=["in the folder of the images", "a file"])
def test_segments_of_dicom_seg_are_told_by_their_names(folder, tmp_path, beside):
    segments = {"Liver": ball(), "Spleen": ball(radius=0.9), "Liver tumor 1": ball(radius=0.3)}
    path = (folder if beside else tmp_path) / "seg.dcm"
    write_seg(path, folder, segments)
    mask = read_mask(Source(folder if beside else path), request(folder))
    same_region(mask, folder, ball())
    same_region(Volume(lesion_of(mask), mask.affine), folder, ball(radius=0.3))


def write_rtstruct(path: Path, structures: dict[str, list[np.ndarray]]) -> None:
    """Write closed contours, [N, 3] in mm each, by structure."""
    without_pixels(path, RTSTRUCT, "RTSTRUCT")
    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence, dataset.ROIContourSequence = Sequence(), Sequence()
    for number, (name, contours) in enumerate(structures.items(), 1):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, drawn.ReferencedROINumber = number, name, number
        drawn.ContourSequence = Sequence()
        for points in contours:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
            contour.ContourData = [f"{value:.6f}" for value in points.ravel()]
            drawn.ContourSequence.append(contour)
        dataset.StructureSetROISequence.append(roi)
        dataset.ROIContourSequence.append(drawn)
    dataset.save_as(path)


def square(plane: int, low: float, high: float) -> np.ndarray:
    volume = image()
    corners = [(low, low), (high, low), (high, high), (low, high)]
    return np.array([volume.TransformContinuousIndexToPhysicalPoint((x, y, plane)) for x, y in corners])


def test_contours_of_rtstruct_are_drawn_on_the_grid_of_the_image(folder, tmp_path):
    ring = [square(2, 1.5, 9.5), square(2, 4.5, 6.5), square(3, 1.5, 4.5), square(3, 5.5, 8.5)]
    write_rtstruct(tmp_path / "rt.dcm", {"Liver": ring, "Heart": [square(1, 0.5, 3.5)], "tumor": [square(3, 1.5, 2.5)]})
    mask = read_mask(Source(tmp_path / "rt.dcm"), request(folder))
    expected = np.zeros((6, 14, 12), bool)
    expected[2, 2:10, 2:10] = True
    expected[2, 5:7, 5:7] = False
    expected[3, 2:5, 2:5] = expected[3, 6:9, 6:9] = True
    same_region(mask, folder, expected)
    assert np.argwhere(lesion_of(mask)).tolist() == [[3, 2, 2]]


def test_contours_between_slices_are_refused(folder, tmp_path):
    write_rtstruct(tmp_path / "rt.dcm", {"liver": [square(2, 1, 9) + np.array([0, 0, 1.2])]})
    with pytest.raises(errors.AffineMismatchError, match="does not lie in a slice"):
        read_mask(Source(tmp_path / "rt.dcm"), request(folder))


def test_structures_that_were_drawn_on_another_image_are_refused(folder, tmp_path):
    write_rtstruct(tmp_path / "rt.dcm", {"liver": [square(2, 1, 9)]})
    dataset = pydicom.dcmread(tmp_path / "rt.dcm")
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3.99"
    dataset.save_as(tmp_path / "rt.dcm")
    read_mask(Source(tmp_path / "rt.dcm"), request(folder))  # the image names no frame
    for file in folder.iterdir():
        slice_ = pydicom.dcmread(file)
        slice_.FrameOfReferenceUID = "1.2.3.8"
        slice_.save_as(file)
    with pytest.raises(errors.AffineMismatchError, match=r"1\.2\.3\.99"):
        read_mask(Source(tmp_path / "rt.dcm"), request(folder))
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3.8"
    dataset.save_as(tmp_path / "rt.dcm")
    assert read_mask(Source(tmp_path / "rt.dcm"), request(folder)).voxels.any()


def test_polygons_that_share_an_edge_share_no_pixel_and_leave_none():
    left, right = np.array([[1, 1], [5, 1], [5, 6], [1, 6]]), np.array([[5, 1], [9, 1], [9, 6], [5, 6]])
    one, other = fill_polygon(left, (10, 12)), fill_polygon(right, (10, 12))
    assert not (one & other).any()
    assert np.array_equal(one | other, fill_polygon(np.array([[1, 1], [9, 1], [9, 6], [1, 6]]), (10, 12)))
    assert one.sum() == 4 * 5


def test_a_polygon_reaches_beyond_the_picture():
    assert fill_polygon(np.array([[-9, -9], [30, -9], [30, 30], [-9, 30]]), (4, 5)).all()


@pytest.mark.parametrize("kind", ["files", "series"])
def test_one_file_or_one_series_per_structure(folder, tmp_path, kind):
    masks = {
        "liver": ball(),
        "livertumor01": ball(radius=0.3),
        "livertumor02": ball() & ~ball(radius=0.65),
        "bone": ball(),
    }
    for name, region in masks.items():
        volume = sitk.GetImageFromArray(region.astype(np.int16) * 255)
        volume.CopyInformation(image())
        if kind == "series":
            write_series(tmp_path / "masks" / name, volume, "1.2.3.7")
        else:
            (tmp_path / "masks").mkdir(exist_ok=True)
            sitk.WriteImage(sitk.Cast(volume, sitk.sitkUInt8), str(tmp_path / "masks" / f"{name}.nii.gz"))
    mask = read_mask(Source(tmp_path / "masks"), request(folder))
    same_region(mask, folder, ball())
    assert lesion_of(mask).sum() == (masks["livertumor01"] | masks["livertumor02"]).sum()


def test_names_that_are_not_there_are_told(folder, tmp_path):
    (tmp_path / "masks").mkdir()
    sitk.WriteImage(image() * 0 + 1, str(tmp_path / "masks" / "spleen.nii.gz"))
    with pytest.raises(errors.UnknownStructureError, match="spleen"):
        read_mask(Source(tmp_path / "masks"), request(folder))
    with pytest.raises(errors.UnknownStructureError, match=r"organ: \[liver\]"):
        read_mask(Source(tmp_path / "masks"), request(folder, MaskLabels()))


def test_a_misspelt_lesion_is_not_passed_over(folder, tmp_path):
    (tmp_path / "masks").mkdir()
    for name in ("liver", "livertumr01", "spleen"):
        sitk.WriteImage(image() * 0 + 1, str(tmp_path / "masks" / f"{name}.nii.gz"))
    with pytest.raises(errors.UnknownStructureError, match="nearly the name of a lesion"):
        read_mask(Source(tmp_path / "masks"), request(folder))
    ignored = MaskLabels(LIVER.organ, LIVER.lesion, ("livertumr*",))
    assert not lesion_of(read_mask(Source(tmp_path / "masks"), request(folder, ignored))).any()


def test_structures_on_different_grids_are_refused(folder, tmp_path):
    (tmp_path / "masks").mkdir()
    sitk.WriteImage(image() * 0 + 1, str(tmp_path / "masks" / "liver.nii.gz"))
    sitk.WriteImage(image((5, 14, 12)) * 0 + 1, str(tmp_path / "masks" / "tumor.nii.gz"))
    with pytest.raises(errors.AffineMismatchError, match="different grids"):
        read_mask(Source(tmp_path / "masks"), request(folder))


def test_pictures_of_slices_follow_the_names_of_the_series(tmp_path):
    values = image((12, 14, 12))
    write_series(tmp_path / "raw", values, "1.2.3.4")
    region = ball((12, 14, 12))
    # From head to feet, with names that are not in the order of text.
    files = sorted((tmp_path / "raw").iterdir(), key=lambda file: -pydicom.dcmread(file).ImagePositionPatient[2])
    (tmp_path / "ct").mkdir()
    (tmp_path / "Ground").mkdir()
    for number, file in enumerate(files):
        file.rename(tmp_path / "ct" / f"i{number}.dcm")
        picture = sitk.GetImageFromArray(region[11 - number].astype(np.uint8) * 255)
        sitk.WriteImage(picture, str(tmp_path / "Ground" / f"liver_{number:03d}.png"))
    mask = read_mask(Source(tmp_path / "Ground"), request(tmp_path / "ct", MaskLabels((4,), ())))
    same_region(mask, tmp_path / "ct", region)
    assert set(np.unique(mask.voxels)) == {0, 4}
    (tmp_path / "Ground" / "liver_003.png").unlink()
    with pytest.raises(errors.ShapeMismatchError, match="11 pictures, 12 slices"):
        read_mask(Source(tmp_path / "Ground"), request(tmp_path / "ct"))


def test_labels_may_be_numbers_and_names_at_once():
    labels = MaskLabels((3, "Liver"), ("*tumor*", 1), ("others",))
    assert labels.region_by_number() == {3: ORGAN, 1: LESION}
    assert [labels.region_of_name(name) for name in ("LIVER", "liver tumor 2", "spleen")] == [ORGAN, LESION, 0]
    assert labels.number_of(ORGAN) == 3
    names_alone = MaskLabels(("liver",), ("tumor",), (1,))
    assert names_alone.region_by_number() == {1: 0, 2: ORGAN, 3: LESION}
