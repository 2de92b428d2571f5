"""Scans that are not NIfTI: volumes come out voxel for voxel where they lay; what is not one series is refused."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from snndeep.errors import ScanError
from snndeep.phantom.dicom import write_series
from snndeep.scans.convert import convert
from snndeep.scans.converted import ConvertedScan
from snndeep.scans.formats.registry import read_image
from snndeep.scans.source import ConversionRequest, Source
from snndeep.seeds import generator
from snndeep.store.files import write_json
from snndeep.volume import errors, read_header

SERIES = "1.2.3.4.5"


def volume(shape=(7, 12, 10), spacing=(0.7, 0.8, 2.5)) -> sitk.Image:
    image = sitk.GetImageFromArray(generator(1, "test", "dicom").integers(-1000, 1500, shape).astype(np.int16))
    image.SetSpacing(spacing)
    image.SetOrigin((3.0, -20.0, 100.5))
    return image


def places(image: sitk.Image) -> list[list[float]]:
    return [list(image.TransformIndexToPhysicalPoint((0, 0, k))) for k in range(image.GetSize()[2])]


def converted(source: Path, folder: Path, **options) -> dict[str, str]:
    return convert(ConversionRequest(Source(source, **options)), folder, {})


def same_place(one: Path, other: Path) -> None:
    first, second = read_header(one, ""), read_header(other, "")
    assert first.shape == second.shape
    np.testing.assert_allclose(first.affine, second.affine, atol=1e-3)
    np.testing.assert_array_equal(*(sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in (one, other)))


@pytest.mark.parametrize(
    "direction",
    [(1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 0, -1, 1, 0, 0, 0, -1, 0), (0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1)],
    ids=["axial", "coronal", "oblique"],
)
def test_a_series_comes_out_where_it_lay(tmp_path, direction):
    image = volume()
    image.SetDirection(direction)
    write_series(tmp_path / "series", image)
    (tmp_path / "series" / "notes.txt").write_text("not a slice")
    (tmp_path / "series" / "._1_0000.dcm").write_bytes(b"litter")
    assert converted(tmp_path / "series", tmp_path / "store") == {"refused": ""}
    sitk.WriteImage(image, str(tmp_path / "direct.nii.gz"))
    same_place(tmp_path / "store" / "scan.nii.gz", tmp_path / "direct.nii.gz")


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize("kind", [sitk.sitkInt16, sitk.sitkFloat64, sitk.sitkUInt32])
def test_other_formats(tmp_path, suffix, kind):
    image = sitk.Cast(volume() + 1000, kind)
    sitk.WriteImage(image, str(tmp_path / f"ct{suffix}"))
    converted(tmp_path / f"ct{suffix}", tmp_path)
    assert read_header(tmp_path / "scan.nii.gz", "").dtype == np.int16
    sitk.WriteImage(volume() + 1000, str(tmp_path / "direct.nii.gz"))
    same_place(tmp_path / "scan.nii.gz", tmp_path / "direct.nii.gz")


def test_fractions_are_kept(tmp_path):
    sitk.WriteImage(sitk.Cast(volume(), sitk.sitkFloat32) + 0.5, str(tmp_path / "ct.nrrd"))
    assert read_image(Source(tmp_path / "ct.nrrd")).voxels.dtype == np.float32


def refused(error: type[ScanError], source: Path, *texts: str) -> None:
    with pytest.raises(error) as caught:
        read_image(Source(source))
    assert type(caught.value) is error
    assert str(source) in str(caught.value)
    assert all((caught.value.what, caught.value.found, caught.value.expected, caught.value.remedy))
    for text in texts:
        assert text in str(caught.value)
    store = source.parent / "store"
    assert converted(source, store) == {"refused": str(caught.value)}
    assert not list(store.glob("*"))


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "series"


def test_two_series_in_one_folder(folder):
    write_series(folder, volume(), SERIES)
    write_series(folder, volume(shape=(2, 12, 10)), SERIES + ".6")
    refused(errors.MixedSeriesError, folder, "several series", "7 files", "2 files", SERIES, "column series")


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (volume(shape=(2, 12, 11)), "numbers of columns and rows"),
        (volume(spacing=(0.9, 0.8, 2.5)), "pixel spacings"),
        (sitk.PermuteAxes(volume(shape=(12, 12, 12), spacing=(0.7, 0.8, 2.5)), (0, 2, 1)), "orientations"),
    ],
)
def test_slices_of_one_identifier_that_do_not_belong_together(folder, other, text):
    write_series(folder, volume(), SERIES)
    write_series(folder / "other", other, SERIES)
    for file in (folder / "other").iterdir():
        file.rename(folder / f"9_{file.name}")
    refused(errors.MixedSeriesError, folder, text)


def test_two_phases_with_one_identifier(folder):
    image = volume()
    write_series(folder, image, SERIES, [*places(image)[:4], *places(image)[:3]])
    refused(errors.MixedSeriesError, folder, "lie at one place")


@pytest.mark.parametrize("lost", [(2,), (1, 3, 4)])
def test_missing_slices(folder, lost):
    image = volume(shape=(9, 12, 10))
    write_series(folder, image, SERIES)
    for k in lost:
        next(folder.glob(f"*{k:03d}.dcm")).unlink()
    refused(errors.MissingSlicesError, folder, f"{len(lost)} missing")


def test_uneven_spacing(folder):
    image = volume()
    positions = places(image)
    positions[3][2] += 0.6
    write_series(folder, image, SERIES, positions)
    refused(errors.SliceSpacingError, folder, "mm between", "elsewhere")


def test_spacing_that_drifts(folder):
    image = volume(shape=(20, 12, 10))
    positions = [[x, y, z + 0.004 * k**2] for k, (x, y, z) in enumerate(places(image))]
    write_series(folder, image, SERIES, positions)
    refused(errors.SliceSpacingError, folder, "from its even place")


def test_positions_rounded_to_a_tenth_are_even(folder):
    image = volume(spacing=(0.7, 0.8, 1.25))
    write_series(folder, image, SERIES, [[x, y, round(z, 1)] for x, y, z in places(image)])
    assert np.linalg.norm(read_image(Source(folder)).affine[:3, 2]) == pytest.approx(1.25, abs=0.02)


def test_a_tilted_gantry(folder):
    image = volume()
    tilt = np.tan(np.radians(12))
    positions = [[x, y + tilt * (z - 100.5), z] for x, y, z in places(image)]
    write_series(folder, image, SERIES, positions)
    refused(
        errors.GantryTiltError, folder, "12.0 degrees", "Resample", "Saving the scan in another format keeps the shear"
    )


def test_folders_that_hold_no_series(folder):
    folder.mkdir()
    refused(errors.ConversionError, folder, "0 DICOM files")
    (folder / "a.dcm").write_bytes(b"")
    refused(errors.ConversionError, folder, "a.dcm", "the file is empty")
    (folder / "a.dcm").unlink()
    write_series(folder, volume(shape=(1, 12, 10)), SERIES)
    refused(errors.NotASeriesError, folder, "1 DICOM files")


def test_a_slice_cut_short(folder):
    write_series(folder, volume(), SERIES)
    file = sorted(folder.iterdir())[3]
    file.write_bytes(file.read_bytes()[:400])
    refused(errors.ConversionError, folder)


def test_a_slice_without_a_place(folder):
    write_series(folder, volume(), SERIES)
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\x20\0\x32\0", b"\x20\0\x34\0"))
    refused(errors.NotASeriesError, folder, "(0020,0032)", "3 numbers")


@pytest.mark.parametrize("name", ["ct.nrrd", "ct.mha"])
@pytest.mark.parametrize("content", [b"", b"something else", b"NRRD0004\ntype: short\ndimension: 3\nsizes: 9 9 9\n\n"])
def test_damaged_files(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refused(errors.ConversionError, tmp_path / name)


@pytest.mark.parametrize(("name", "header"), [("ct.nhdr", "ct.nrrd"), ("ct.mhd", "ct.mha")])
def test_voxels_in_another_file(tmp_path, name, header):
    sitk.WriteImage(volume(), str(tmp_path / name))
    (tmp_path / name).rename(tmp_path / header)
    refused(errors.ConversionError, tmp_path / header, "another file", "ct.raw")


def test_what_is_converted_is_not_converted_again(tmp_path, folder):
    write_series(folder, volume(), SERIES)
    converted(folder, tmp_path / "store")
    for file in folder.iterdir():
        file.unlink()
    assert converted(folder, tmp_path / "store") == {"refused": ""}


def test_more_than_one_volume(tmp_path):
    sitk.WriteImage(sitk.JoinSeries([volume(), volume()]), str(tmp_path / "4d.nrrd"))
    refused(errors.FourDimensionalError, tmp_path / "4d.nrrd", "4 dimensions")
    sitk.WriteImage(sitk.Compose(volume(), volume()), str(tmp_path / "vector.nrrd"))
    refused(errors.FourDimensionalError, tmp_path / "vector.nrrd", "2 values a voxel")


def test_a_refusal_is_kept_and_told_again(tmp_path, folder):
    folder.mkdir()
    path = tmp_path / "store" / "scan.json"
    write_json(path, converted(folder, path.parent), {})
    with pytest.raises(ScanError, match="No format reads the image"):
        ConvertedScan(path, folder).nifti()
