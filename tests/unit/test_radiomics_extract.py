"""Extraction of a whole case: the tables, and what must not change them."""

from __future__ import annotations

from dataclasses import fields

import nibabel
import numpy as np
import pandas as pd
import pytest
from radiomics_scans import SPACING, affine, organ, save, save_case, save_stored, shared

from snndeep.errors import ConfigError
from snndeep.labels import MaskLabels
from snndeep.radiomics.extract import CaseFeatures, extract_case
from snndeep.radiomics.settings import DEFAULT_FAMILIES, FAMILIES, FeatureSettings
from snndeep.volume.measure import CaseMeasures

BOOKKEEPING = ["case", "slice", "organ_area_mm2", "lesion_area_mm2"]
WORDS = ["case", "voxels_sha256", "cut", "mask_ends"]
ACQUISITION = [f"{name}_{axis}" for name in ("spacing", "shape") for axis in "xyz"]
REAL_LIVER = shared("real-liver")


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> CaseFeatures:
    return extract_case("a", *save_case(tmp_path_factory.mktemp("case")), FeatureSettings())


def identical(one: CaseFeatures, other: CaseFeatures, ignore: tuple[str, ...] = ()) -> None:
    pd.testing.assert_frame_equal(one.slices.drop(columns=[*ignore]), other.slices.drop(columns=[*ignore]))
    columns = [name for name in one.patient if name.startswith("3d.")]
    pd.testing.assert_frame_equal(one.patient[columns], other.patient[columns])


def test_tables_have_the_promised_columns(case):
    assert list(case.slices.columns[:4]) == BOOKKEEPING
    assert len(case.slices.columns) == 4 + 79
    assert list(case.patient.columns[:4]) == ["case", "voxels_sha256", "organ_volume_ml", "lesion_volume_ml"]
    assert list(case.patient.columns[2:20]) == [field.name for field in fields(CaseMeasures)]
    assert list(case.patient.columns[20:26]) == ACQUISITION
    assert len(case.patient.columns) == 26 + 12 + 79
    assert all("." in name for name in case.slices.columns[4:])
    assert np.isfinite(case.slices.iloc[:, 4:].to_numpy()).all()
    assert np.isfinite(case.patient.drop(columns=WORDS).to_numpy(float)).all()


def test_bookkeeping_counts_native_voxels(case):
    _, labels = organ()
    area = (labels > 0).sum((0, 1)) * SPACING[0] * SPACING[1]
    lesion = (labels == 2).sum((0, 1)) * SPACING[0] * SPACING[1]
    chosen = np.flatnonzero(area >= 100)
    assert list(case.slices["slice"]) == list(chosen)
    assert list(case.slices["organ_area_mm2"]) == pytest.approx(area[chosen])
    assert list(case.slices["lesion_area_mm2"]) == pytest.approx(lesion[chosen])
    assert case.patient["organ_volume_ml"].item() == pytest.approx((labels > 0).sum() * np.prod(SPACING) / 1000)
    assert case.patient["lesion_volume_ml"].item() == pytest.approx((labels == 2).sum() * np.prod(SPACING) / 1000)


def test_lesion_labels_change_no_feature(tmp_path, case):
    image, mask = save_case(tmp_path)
    save(mask, (organ()[1] > 0).astype(np.uint8), affine())
    healthy = extract_case("a", image, mask, FeatureSettings())
    assert case.slices["lesion_area_mm2"].max() > 0
    assert healthy.slices["lesion_area_mm2"].max() == 0
    identical(healthy, case, ignore=("lesion_area_mm2",))


def test_masks_may_use_other_numbers(tmp_path, case):
    image, mask = save_case(tmp_path)
    save(mask, np.array([0, 6, 21], np.uint8)[organ()[1]], affine())
    identical(extract_case("a", image, mask, FeatureSettings(), MaskLabels([6], [21])), case)
    all_organ = extract_case("a", image, mask, FeatureSettings(), MaskLabels([6, 21], []))
    identical(all_organ, case, ignore=("lesion_area_mm2",))
    assert all_organ.slices["lesion_area_mm2"].max() == all_organ.patient["lesion_volume_ml"].item() == 0


@pytest.mark.parametrize(("organ", "lesion"), [([], [2]), ([1, 2], [2]), ([1, 1], []), ([0], [2]), ([1], [256])])
def test_labels_without_sense(organ, lesion):
    with pytest.raises(ConfigError, match=r"dataset\.labels"):
        MaskLabels(organ, lesion)


def test_slices_do_not_depend_on_patient_features_or_on_each_other(tmp_path, case):
    slices = extract_case("a", *save_case(tmp_path), FeatureSettings(patient_features=False, min_organ_area=250))
    assert not [name for name in slices.patient if name.startswith("3d.")]
    kept = case.slices[case.slices["slice"].isin(slices.slices["slice"])].reset_index(drop=True)
    assert 0 < len(kept) < len(case.slices)
    # The grid of a slice is that of the whole organ, so fewer slices leave the others as they were.
    pd.testing.assert_frame_equal(kept, slices.slices)


@pytest.mark.parametrize(
    "orientation", [[(0, -1), (1, -1), (2, 1)], [(2, -1), (0, 1), (1, 1)], [(1, 1), (2, -1), (0, -1)]], ids=str
)
def test_orientation_changes_nothing(tmp_path, case, orientation):
    paths = []
    for path, voxels in zip(save_case(tmp_path), organ(), strict=True):
        nibabel.save(nibabel.Nifti1Image(voxels, affine()).as_reoriented(np.array(orientation)), path)
        paths.append(path)
    identical(extract_case("a", *paths, FeatureSettings()), case)


@pytest.mark.parametrize("scale", [(0.5, -1024.0), (0.1, 3.0)])
def test_storage_scale_changes_nothing(tmp_path, case, scale):
    stored = np.rint((organ()[0] - scale[1]) / scale[0]).astype(np.int32)
    image = save_stored(tmp_path / "scaled.nii", stored, scale)
    identical(extract_case("a", image, save_case(tmp_path)[1], FeatureSettings()), case)


def test_padding_that_keeps_the_grid_changes_nothing_but_the_index(tmp_path, case):
    # The new grid is centred on the image, so what is added moves no sample if it is an even number of samples.
    values, labels = organ()
    width = ((4, 4), (1, 1), (2, 2))
    moved = affine()
    moved[:3, 3] -= np.array([4, 1, 2]) * SPACING
    image = save(tmp_path / "i.nii.gz", np.pad(values, width, constant_values=-1000), moved)
    mask = save(tmp_path / "m.nii.gz", np.pad(labels, width), moved)
    padded = extract_case("a", image, mask, FeatureSettings())
    identical(padded, case, ignore=("slice",))
    assert list(padded.slices["slice"]) == list(case.slices["slice"] + 2)


def test_the_grid_is_centred_on_the_image(tmp_path, case):
    values, labels = organ()
    width = ((0, 1), (0, 0), (0, 0))
    image = save(tmp_path / "i.nii.gz", np.pad(values, width, constant_values=-1000), affine())
    mask = save(tmp_path / "m.nii.gz", np.pad(labels, width), affine())
    wider = extract_case("a", image, mask, FeatureSettings()).patient
    # One voxel of 2.5 mm more moves the centre by 1.25 mm, and samples of 2 mm with it.
    assert abs(wider["3d.intensity_statistics.var"].item() - case.patient["3d.intensity_statistics.var"].item()) > 1e-3


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_patient_has_the_same_features(tmp_path, case, axis):
    image, mask = (save(tmp_path / f"{k}.nii", np.flip(v, axis), affine()) for k, v in enumerate(organ()))
    mirrored = extract_case("a", image, mask, FeatureSettings())
    slices = mirrored.slices.iloc[::-1].reset_index(drop=True) if axis == 2 else mirrored.slices
    for name in case.slices.columns[4:]:
        assert np.allclose(slices[name], case.slices[name], rtol=1e-9, atol=1e-9), name
    for name in case.patient.columns[26:]:
        assert np.allclose(mirrored.patient[name], case.patient[name], rtol=1e-9, atol=1e-9), name


def test_a_slice_without_intensities_in_range_has_no_row(tmp_path, case):
    values, labels = organ()
    values[:, :, 4] = 900
    image, mask = (save(tmp_path / f"{k}.nii", v, affine()) for k, v in enumerate((values, labels)))
    slices = extract_case("a", image, mask, FeatureSettings(patient_features=False)).slices
    assert set(case.slices["slice"]) - set(slices["slice"]) == {4}


def test_all_families_and_features(tmp_path):
    settings = FeatureSettings(families=tuple(FAMILIES), feature_set="all", patient_dimensions=("2d", "2.5d", "3d"))
    features = extract_case("a", *save_case(tmp_path), settings)
    # 18 + 23 + 26 + 16 + 16 + 5 + 17, the averaged 26 + 16, 16 of distance zones, 7 of intensity-volume; 10 of shape in
    # the plane; for the volume 29 of morphology, 2 peaks, and textures in three dimensions.
    textures = 26 + 16 + 16 + 5 + 17 + 26 + 16 + 16
    assert len(features.slices.columns) == 4 + 18 + 23 + 7 + textures + 10
    assert len(features.patient.columns) == 26 + 29 + 18 + 23 + 7 + 2 + 3 * textures
    assert np.isfinite(features.patient.drop(columns=WORDS).to_numpy(float)).all()


def test_settings_take_json_and_refuse_nonsense():
    settings = FeatureSettings(**{"families": ["glcm"], "resegmentation": [-100, 200]})
    assert settings.families == ("glcm",)
    assert hash(settings) == hash(FeatureSettings(families=("glcm",), resegmentation=(-100, 200)))
    assert set(FAMILIES) >= set(DEFAULT_FAMILIES)
    with pytest.raises(TypeError):
        FeatureSettings(bin_widht=25)
    for wrong in (
        {"resegmentation": [250, -150]},
        {"bin_width": 0},
        {"slice_spacing": -1.0},
        {"mask_threshold": 0},
        {"families": ["glcm", "texture"]},
        {"families": []},
        {"feature_set": "some"},
    ):
        with pytest.raises(ConfigError):
            FeatureSettings(**wrong)


@pytest.mark.skipif(not REAL_LIVER.is_dir(), reason="the real CT is not here")
def test_a_real_liver():
    features = extract_case("liver", REAL_LIVER / "ct.nii.gz", REAL_LIVER / "liver.nii.gz", FeatureSettings())
    patient = features.patient.iloc[0]
    assert patient["organ_volume_ml"] == pytest.approx(1127, abs=1)
    assert patient["lesion_volume_ml"] == 0
    assert patient["3d.intensity_statistics.mean"] == pytest.approx(44, abs=3)
    assert patient["3d.morphology.volume"] / 1000 == pytest.approx(1127, rel=0.03)
    assert 0.4 < patient["3d.morphology.sphericity"] < 0.8
    assert features.slices["organ_area_mm2"].sum() * 3 / 1000 == pytest.approx(1127, rel=0.01)
    assert not features.slices.isna().any(axis=None)
    assert not features.patient.isna().any(axis=None)
