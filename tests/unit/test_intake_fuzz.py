"""Any affine, unit, slope and number of a label: the volume of the mask is that of SimpleITK, or the scan is refused."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import SimpleITK as sitk
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from snndeep.errors import ScanError
from snndeep.labels import MaskLabels
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.settings import FeatureSettings
from snndeep.seeds import generator
from snndeep.volume import errors

SHAPE = (11, 9, 8)
UNITS = {"mm": 1.0, "meter": 1000.0, "micron": 0.001, "unknown": 1.0}
SLICES_ONLY = FeatureSettings(patient_features=False, min_organ_area=1e-6, families=("intensity_statistics",))


def voxels() -> tuple[np.ndarray, np.ndarray]:
    """Return HU and regions (0, 1 organ, 2 lesion) [x, y, z], without a hole."""
    rng = generator(5, "test", "fuzz")
    regions = np.zeros(SHAPE, np.uint8)
    regions[2:9, 3:8, 1:7] = 1
    regions[4:6, 5:8, 3:6] = 2
    return rng.normal(60, 20, SHAPE).astype(np.int16), regions


def write(path: Path, stored: np.ndarray, affine: np.ndarray, unit: str, scale: tuple[float, float], form: str) -> Path:
    """Write stored numbers under a header, the affine in the header's unit."""
    image = nibabel.Nifti1Image(stored, affine / np.array([[UNITS[unit]]] * 3 + [[1.0]]))
    image.header.set_xyzt_units(unit)
    image.set_sform(image.affine if form != "qform" else None, code=1 if form != "qform" else 0)
    image.set_qform(image.affine, code=1 if form != "sform" else 0)
    if scale[0]:
        image.header.set_slope_inter(*scale)
    nibabel.save(image, path)
    return path


def physical_volume(path: Path, affine_unit: float, number: float) -> float:
    """Return the millilitres of a label as SimpleITK counts them; it ignores units of length other than its own."""
    image = sitk.ReadImage(str(path))
    voxel = float(np.prod(image.GetSpacing())) * affine_unit**3
    return float((np.abs(sitk.GetArrayFromImage(image).astype(float) - number) < 0.5).sum() * voxel / 1000)


spacings = st.tuples(*[st.floats(0.3, 8.0)] * 3)
turns = st.tuples(*[st.floats(-np.pi, np.pi)] * 3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spacing=spacings, turn=turns, flips=st.tuples(*[st.booleans()] * 3), unit=st.sampled_from(sorted(UNITS)),
    form=st.sampled_from(["sform", "qform", "both"]), organ=st.integers(1, 255), lesion=st.integers(1, 255),
    slope=st.sampled_from([0.0, 1.0, 0.5, 0.25, 2.0, 1 / 255]), intercept=st.sampled_from([0.0, 1.0, -3.0]),
)  # fmt: skip
def test_the_volume_of_a_mask_is_that_of_simpleitk(
    tmp_path, spacing, turn, flips, unit, form, organ, lesion, slope, intercept
):
    assume(organ != lesion)
    hu, regions = voxels()
    numbers = np.array([0, organ, lesion], np.float64)[regions]
    effective = (slope, intercept) if slope else (1.0, 0.0)
    stored = np.rint((numbers - effective[1]) / effective[0])
    assume(np.allclose(stored * effective[0] + effective[1], numbers, atol=1e-3) and np.abs(stored).max() < 32000 * 8)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", turn).as_matrix() * spacing * np.where(flips, -1.0, 1.0)
    affine[:3, 3] = -20.0, 35.0, 110.0
    image = write(tmp_path / "ct.nii.gz", hu, affine, unit, (1.0, 0.0), form)
    mask = write(tmp_path / "mask.nii.gz", stored.astype(np.int32), affine, unit, (slope, intercept), form)
    case = extract_case("a", image, mask, SLICES_ONLY, MaskLabels((organ,), (lesion,)))
    row = case.patient.iloc[0]
    # ITK honours no unit but mm in some versions; the affine in mm tells whether it did here.
    itk = sitk.ReadImage(str(image)).GetSpacing()
    factor = 1.0 if np.allclose(itk, spacing, rtol=1e-3) else UNITS[unit]
    lesion_ml = physical_volume(mask, factor, lesion)
    organ_ml = lesion_ml + physical_volume(mask, factor, organ)
    np.testing.assert_allclose(row["organ_volume_ml"], organ_ml, rtol=1e-4)
    np.testing.assert_allclose(row["lesion_volume_ml"], lesion_ml, rtol=1e-4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spacing=spacings, turn=turns, shear=st.tuples(*[st.floats(-0.6, 0.6)] * 3))
def test_a_sheared_affine_gives_the_right_volume_or_none(tmp_path, spacing, turn, shear):
    hu, regions = voxels()
    skew = np.eye(3)
    skew[0, 1], skew[0, 2], skew[1, 2] = shear
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", turn).as_matrix() @ skew * spacing
    paths = [
        write(tmp_path / f"{name}.nii.gz", stored, affine, "mm", (1.0, 0.0), "sform")
        for name, stored in (("ct", hu), ("mask", regions))
    ]
    true_ml = np.count_nonzero(regions) * abs(np.linalg.det(affine[:3, :3])) / 1000
    try:
        case = extract_case("a", *paths, SLICES_ONLY)
    except errors.ShearedAxesError:
        assert np.abs(shear).max() > 1e-3
    else:
        np.testing.assert_allclose(case.patient["organ_volume_ml"].item(), true_ml, rtol=1e-4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pixdim=spacings, lengths=spacings)
def test_two_spacings_that_differ_are_never_guessed_between(tmp_path, pixdim, lengths):
    hu, _ = voxels()
    image = nibabel.Nifti1Image(hu, np.diag([*lengths, 1.0]))
    image.header["pixdim"][1:4] = pixdim
    nibabel.save(image, tmp_path / "ct.nii.gz")
    _, regions = voxels()
    mask = write(tmp_path / "mask.nii.gz", regions, np.diag([*lengths, 1.0]), "mm", (1.0, 0.0), "sform")
    try:
        case = extract_case("a", tmp_path / "ct.nii.gz", mask, SLICES_ONLY)
    except ScanError as error:
        assert not np.allclose(pixdim, lengths, rtol=5e-3), error
    else:
        expected = np.count_nonzero(regions) * np.prod(lengths) / 1000
        np.testing.assert_allclose(case.patient["organ_volume_ml"].item(), expected, rtol=1e-4)
        np.testing.assert_allclose(pixdim, lengths, rtol=1.1e-2)
