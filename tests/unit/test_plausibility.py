"""Scans that are not CT in HU and masks that are not of the organ: each is told, none passes without a word."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from snndeep.errors import ConfigError
from snndeep.labels import MaskLabels
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.settings import FeatureSettings
from snndeep.scans.plausibility import ScanFinding, check_spacing, findings, refuse_implausible
from snndeep.scans.settings import Plausibility
from snndeep.seeds import generator
from snndeep.volume import errors, read_case, read_header
from snndeep.volume.measure import CaseMeasures, measure_case

SHAPE, SPACING = (44, 40, 16), (4.0, 4.0, 6.0)
RANGE = (-150.0, 250.0)


def ball(radius: float, centre=(0.5, 0.5, 0.5)) -> np.ndarray:
    grid = np.indices(SHAPE).transpose(1, 2, 3, 0) * SPACING
    middle = np.array(SHAPE) * SPACING * centre
    return ((grid - middle) ** 2).sum(-1) < radius**2


def body() -> tuple[np.ndarray, np.ndarray]:
    """Return HU and labels [x, y, z] of an organ of 269 ml with a lesion, among muscle and fat, in a body, in air."""
    rng = generator(3, "test", "plausibility")
    organ, lesion = ball(40.0), ball(12.0)
    hu = np.where(ball(78.0), 20.0, -1000.0)
    hu[ball(52.0)] = -90.0
    hu[ball(46.0)] = 60.0
    hu[lesion] = -20.0
    hu += rng.normal(0, 8, SHAPE) * (hu > -900)
    labels = organ.astype(np.uint8)
    labels[lesion] = 2
    return np.rint(hu).astype(np.int16), labels


def save(path: Path, voxels: np.ndarray, matrix: np.ndarray | None = None) -> Path:
    nibabel.save(nibabel.Nifti1Image(voxels, np.diag([*SPACING, 1.0]) if matrix is None else matrix), path)
    return path


def measured(folder: Path, hu: np.ndarray, labels: np.ndarray, meaning: MaskLabels | None = None) -> CaseMeasures:
    paths = save(folder / "ct.nii.gz", hu), save(folder / "mask.nii.gz", labels)
    return measure_case(read_case("a", *paths, meaning or MaskLabels()), RANGE)


def said(measures: CaseMeasures, limits: Plausibility | None = None) -> list[str]:
    return [finding.text for finding in findings(measures, limits or Plausibility())]


def test_a_sound_case_has_nothing_to_be_told(tmp_path):
    hu, labels = body()
    measures = measured(tmp_path, hu, labels)
    assert said(measures) == []
    assert measures.organ_volume_ml == pytest.approx((labels > 0).sum() * 0.096)
    assert measures.lesion_volume_ml == pytest.approx((labels == 2).sum() * 0.096)
    assert measures.median_hu == pytest.approx(np.median(hu[labels > 0]))
    assert (measures.lowest_hu, measures.highest_hu) == (hu.min(), hu.max())
    assert CaseMeasures.from_row(measures.to_row()) == measures


NOT_HU = {
    "scaled to 0..1": (lambda hu: ((hu + 1000) / 1400).astype(np.float32), "no air"),
    "scaled to 0..255": (lambda hu: np.clip((hu + 160) / 400 * 255, 0, 255).astype(np.uint8), "no air"),
    "wrapped unsigned": (lambda hu: hu.astype(np.uint16), "the highest value of the scan is 65"),
    "offset by 1024": (lambda hu: (hu + 1024).astype(np.int16), "the median of the organ is 1084 HU"),
    "inverted": (lambda hu: (400 - hu.astype(np.int32)).astype(np.int16), "the median of the organ is 340 HU"),
    "stretched": (lambda hu: (hu.astype(np.int32) * 30).astype(np.int16), "of the organ lie within"),
}


@pytest.mark.parametrize("name", NOT_HU)
def test_intensities_that_are_not_hu(tmp_path, name):
    change, text = NOT_HU[name]
    hu, labels = body()
    found = said(measured(tmp_path, change(hu), labels))
    assert any(text in sentence for sentence in found), found


@pytest.mark.parametrize(
    "scale", [lambda hu: np.clip((hu + 160) * 255 // 400, 0, 255), lambda hu: np.clip(hu, 0, None)]
)
def test_padding_at_the_border_hides_no_scaled_intensities(tmp_path, scale):
    hu, labels = body()
    scaled = scale(hu)
    scaled[:2], scaled[-2:] = -1024, -1024
    assert any("there is no fat" in sentence for sentence in said(measured(tmp_path, scaled, labels)))


def test_padding_within_the_organ(tmp_path):
    hu, labels = body()
    hu[:, :, 8:] = -3024
    measures = measured(tmp_path, hu, labels)
    assert any("padding" in sentence for sentence in said(measures))
    assert measures.slices_outside == np.count_nonzero(labels[:, :, 8:].any((0, 1)))
    assert any(
        f"{measures.slices_outside} of {measures.organ_slices} slices" in sentence for sentence in said(measures)
    )


WRONG_LABELS = {
    "organ and lesion swapped": (np.array([0, 2, 1]), "of the organ are lesion"),
    "all of the organ marked as lesion": (np.array([0, 2, 2]), "100 % of the organ are lesion"),
    "background labelled 1": (np.array([1, 2, 2]), "100 % of the scan are organ"),
}


@pytest.mark.parametrize("name", WRONG_LABELS)
def test_labels_that_cannot_be(tmp_path, name):
    table, text = WRONG_LABELS[name]
    hu, labels = body()
    found = said(measured(tmp_path, hu, table[labels].astype(np.uint8)))
    assert any(text in sentence for sentence in found), found


def test_organs_too_small_and_too_large(tmp_path):
    hu, labels = body()
    measures = measured(tmp_path, hu, labels)
    assert any("ml" in sentence for sentence in said(measures, Plausibility(organ_volume=(300, 6000))))
    assert any("ml" in sentence for sentence in said(measures, Plausibility(organ_volume=(10, 200))))


def test_a_hole_where_the_lesion_is_filled_and_told(tmp_path):
    hu, labels = body()
    hollow = (labels == 1).astype(np.uint8)
    hollow[21, 19, 4] = 0
    measures = measured(tmp_path, hu, hollow)
    lost = (labels == 2).sum()
    assert (measures.holes, measures.holes_ml) == (2, pytest.approx((lost + 1) * 0.096))
    assert measures.organ_volume_ml == pytest.approx((labels > 0).sum() * 0.096)
    assert any("2 holes that the organ encloses" in sentence for sentence in said(measures))
    kept = measured(tmp_path, hu, hollow, MaskLabels(fill_holes=False))
    assert kept.holes == 2
    assert kept.organ_volume_ml == pytest.approx(hollow.sum() * 0.096)


def test_filling_the_hole_gives_the_features_of_the_whole_organ(tmp_path):
    hu, labels = body()
    image = save(tmp_path / "ct.nii.gz", hu)
    whole = save(tmp_path / "whole.nii.gz", (labels > 0).astype(np.uint8))
    hollow = save(tmp_path / "hollow.nii.gz", (labels == 1).astype(np.uint8))
    one, other = (extract_case("a", image, mask, FeatureSettings()).slices for mask in (whole, hollow))
    np.testing.assert_array_equal(one.iloc[:, 1:].to_numpy(float), other.iloc[:, 1:].to_numpy(float))


def test_a_dent_is_no_hole(tmp_path):
    hu, labels = body()
    labels[20:24, 18:22, 6:] = 0
    assert measured(tmp_path, hu, labels).holes == 0


@pytest.mark.parametrize(("cut", "side"), [(np.s_[:, :, :9], "head"), (np.s_[:, :, 7:], "feet"), (np.s_[:24], "right")])
def test_a_scan_that_ends_inside_the_organ(tmp_path, cut, side):
    hu, labels = body()
    measures = measured(tmp_path, hu[cut], labels[cut])
    assert measures.cut == side
    assert f"the scan ends inside the organ: {side}" in said(measures)


def test_a_mask_that_ends_inside_the_organ(tmp_path):
    hu, labels = body()
    labels[:, :, 10:] = 0
    measures = measured(tmp_path, hu, labels)
    assert (measures.cut, measures.mask_ends) == ("", "head")


@pytest.mark.parametrize(("cut", "side"), [(np.s_[24:], "right"), (np.s_[:, :17], "back"), (np.s_[:, :, :6], "feet")])
def test_a_mask_that_ends_with_a_plane(tmp_path, cut, side):
    hu, labels = body()
    labels[cut] = 0
    assert measured(tmp_path, hu, labels).mask_ends == side


def test_slices_that_the_mask_skips(tmp_path):
    hu, labels = body()
    labels[:, :, 7:9] = 0
    measures = measured(tmp_path, hu, labels)
    assert measures.gaps == 2
    assert "the mask skips 2 slices between its first and its last" in said(measures)


def test_a_tumour_left_out_that_is_open_above_is_told_and_not_filled(tmp_path):
    hu, labels = body()
    whole = (labels > 0).sum()
    labels[16:28, 14:26, 7:] = 0
    measures = measured(tmp_path, hu, labels)
    assert measures.holes == 0
    assert measures.organ_volume_ml == pytest.approx((labels > 0).sum() * 0.096)
    lost = (whole - (labels > 0).sum()) * 0.096
    assert 0.5 * lost < measures.open_holes_ml <= lost
    assert any("open above or below" in sentence for sentence in said(measures))


def test_limits_are_judged_once_and_name_their_keys():
    problems = [
        ScanFinding("HU", "a", "median_hu -100 to 220"),
        ScanFinding("labels", "b", "lesion_share 0.8"),
        ScanFinding("cut", "c"),
    ]
    with pytest.raises(errors.ImplausibleScanError) as error:
        refuse_implausible(problems, "case x")
    for text in ("a; b", "median_hu", "lesion_share", "dataset.plausibility", "dataset.labels", "on_bad_case"):
        assert text in str(error.value)
    refuse_implausible(problems[2:], "case x")


@pytest.mark.parametrize(
    ("matrix", "unit", "length"),
    [(np.diag([0.004, 0.004, 0.006, 1]), "meter", 4.0), (np.diag([4000.0, 4000, 6000, 1]), "micron", 4.0)],
)
def test_units_of_the_header_are_honoured(tmp_path, matrix, unit, length):
    hu, labels = body()
    paths = []
    for name, voxels in (("ct", hu), ("mask", labels)):
        image = nibabel.Nifti1Image(voxels, matrix)
        image.header.set_xyzt_units(unit)
        nibabel.save(image, tmp_path / f"{name}.nii.gz")
        paths.append(tmp_path / f"{name}.nii.gz")
    volume = read_case("a", *paths, MaskLabels())
    assert volume.spacing == pytest.approx((length, length, 6.0))
    assert measure_case(volume, RANGE).organ_volume_ml == pytest.approx((labels > 0).sum() * 0.096, rel=1e-5)


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_a_spacing_that_no_scanner_has_is_refused_before_memory_is_asked_for(tmp_path, factor):
    hu, _ = body()
    path = save(tmp_path / "ct.nii.gz", hu, np.diag([*np.array(SPACING) * factor, 1.0]))
    with pytest.raises(errors.ImplausibleScanError, match="spacing"):
        check_spacing(read_header(path, "a"), Plausibility(), "a")


@pytest.mark.parametrize("degrees", [1.0, 18.5])
def test_a_sheared_affine_is_refused_with_its_angle(tmp_path, degrees):
    matrix = np.diag([*SPACING, 1.0])
    matrix[1, 2] = SPACING[2] * np.tan(np.radians(degrees))
    with pytest.raises(errors.ShearedAxesError, match=rf"{degrees:.1f} degrees") as error:
        read_header(save(tmp_path / "ct.nii.gz", body()[0], matrix))
    assert "resample_to_output" in str(error.value)


def test_an_affine_that_contradicts_pixdim_is_refused_with_both(tmp_path):
    image = nibabel.Nifti1Image(body()[0], np.eye(4))
    image.header["pixdim"][1:4] = 3, 3, 5
    nibabel.save(image, tmp_path / "ct.nii.gz")
    with pytest.raises(errors.SpacingConflictError, match=r"1 x 1 x 1 mm, pixdim 3 x 3 x 5"):
        read_header(tmp_path / "ct.nii.gz")


@pytest.mark.parametrize("limits", [{"median_hu": [50, -50]}, {"spacing": [2, 2]}, {"lesion_share": 1.5}])
def test_limits_without_sense(limits):
    with pytest.raises(ConfigError, match=r"dataset\.plausibility"):
        Plausibility(**limits)
