"""One scan under two names."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from snndeep.errors import DatasetError
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.duplicates import check_no_duplicates
from snndeep.volume.digest import voxels_digest

pytestmark = pytest.mark.slow

AFFINE = np.diag([2.0, 2.0, 5.0, 1.0])


def scan(folder, name, image, dtype, compressed):
    paths = []
    for kind, values in (("image", image.astype(dtype)), ("label", liver())):
        path = folder / f"{name}_{kind}.nii{'.gz' if compressed else ''}"
        nib.save(nib.Nifti1Image(values, AFFINE), path)
        paths.append(path)
    return paths


def liver():
    mask = np.zeros((40, 40, 6), np.uint8)
    mask[8:32, 8:32, 1:5] = 1
    return mask


def test_a_scan_stored_anew_has_other_bytes_and_the_same_voxels(tmp_path):
    image = np.random.default_rng(0).integers(0, 150, (40, 40, 6))
    one = scan(tmp_path, "a", image, np.int16, compressed=False)
    two = scan(tmp_path, "b", image, np.float32, compressed=True)
    assert one[0].read_bytes() != two[0].read_bytes()
    found = [
        extract_case(name, *paths, FeatureSettings()).patient.assign(patient=name)
        for name, paths in (("a", one), ("b", two))
    ]
    cases = pd.concat(found, ignore_index=True)
    with pytest.raises(DatasetError, match=r"voxel for voxel(.|\n)*a \(patient a\), b \(patient b\)"):
        check_no_duplicates(cases, table(20))


def table(count, features=12, seed=0):
    values = np.random.default_rng(seed).normal(size=(count, features))
    names = [f"f.{k}" for k in range(features)]
    patients = [f"p{k // 5}" for k in range(count)]
    return pd.DataFrame(values, columns=names).assign(
        sample=[f"{p}:{k:04d}" for k, p in enumerate(patients)], patient=patients, case=patients, label=0
    )


def cases(samples):
    names = samples["patient"].unique()
    return pd.DataFrame({"case": names, "patient": names, "voxels_sha256": [f"digest {name}" for name in names]})


def test_slices_that_are_equal_across_patients_are_found_and_within_one_are_not():
    samples = table(20)
    check_no_duplicates(cases(samples), samples)
    features = [name for name in samples if name.startswith("f.")]
    samples.loc[1, features] = samples.loc[0, features].to_numpy()  # two slices of one patient
    check_no_duplicates(cases(samples), samples)
    samples.loc[17, features] = samples.loc[0, features].to_numpy()
    with pytest.raises(DatasetError, match=r"same features(.|\n)*p0:0000, p0:0001, p3:0017"):
        check_no_duplicates(cases(samples), samples)


def test_a_voxel_more_makes_another_digest():
    image = np.zeros((3, 4, 5), np.float32)
    other = image.copy()
    other[1, 2, 3] = 1
    assert voxels_digest(image) != voxels_digest(other)
    assert voxels_digest(image) == voxels_digest(image.astype(np.float64) + 1e-4)
    assert voxels_digest(image) != voxels_digest(image.reshape(4, 3, 5))
