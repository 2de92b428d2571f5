"""Reading scans: headers, orientation and ways of storing the same voxels."""

from __future__ import annotations

import gzip
import itertools

import nibabel
import numpy as np
import pytest
from radiomics_scans import SHAPE, SPACING, affine, organ, save, save_case, save_stored

from snndeep.labels import MaskLabels
from snndeep.volume import read_case, read_header

LABELS = MaskLabels()
ORIENTATIONS = [
    [(axis, flip) for axis, flip in zip(axes, flips, strict=True)]
    for axes in itertools.permutations(range(3))
    for flips in itertools.product((1, -1), repeat=3)
]


@pytest.fixture(scope="module")
def canonical(tmp_path_factory):
    return read_case("a", *save_case(tmp_path_factory.mktemp("canonical")), LABELS)


def same(one, other) -> bool:
    arrays = np.array_equal(one.intensity, other.intensity) and np.array_equal(one.labels, other.labels)
    return arrays and (one.origin, one.shape, one.spacing) == (other.origin, other.shape, other.spacing)


def test_the_box_is_the_organ_and_one_voxel_around_it(canonical):
    values, labels = organ()
    where = np.argwhere(labels)
    low, high = where.min(0) - 1, where.max(0) + 2
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    assert canonical.origin == tuple(low)
    assert np.array_equal(canonical.labels, labels[box].T)
    assert np.array_equal(canonical.intensity, values[box].T)
    assert canonical.shape == SHAPE
    assert canonical.spacing == SPACING


def test_a_box_at_the_border_repeats_the_last_intensity(tmp_path):
    values, labels = organ()
    labels[:] = 0
    labels[:4, -3:, :2] = 1
    case = read_case(
        "a", save(tmp_path / "i.nii", values, affine()), save(tmp_path / "m.nii", labels, affine()), LABELS
    )
    assert case.origin == (-1, SHAPE[1] - 4, -1)
    assert case.labels.shape == (4, 5, 6)
    assert not case.labels[0].any()
    assert not case.labels[:, -1].any()
    assert np.array_equal(case.intensity[0, 1:-1, 1:], values[:5, -3:, 0].T)
    assert np.array_equal(case.intensity[:, -1], case.intensity[:, -2])


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_every_axis_order_and_flip_gives_the_canonical_case(tmp_path, canonical, orientation):
    paths = []
    for name, voxels in zip(("ct", "mask"), organ(), strict=True):
        turned = nibabel.Nifti1Image(voxels, affine()).as_reoriented(np.array(orientation))
        paths.append(tmp_path / f"{name}.nii")
        nibabel.save(turned, paths[-1])
    assert same(read_case("a", *paths, LABELS), canonical)


def test_image_and_mask_may_be_stored_in_different_orders(tmp_path, canonical):
    image, mask = save_case(tmp_path)
    turned = nibabel.load(mask).as_reoriented(np.array([(2, -1), (0, 1), (1, -1)]))
    nibabel.save(turned, tmp_path / "turned.nii.gz")
    assert same(read_case("a", image, tmp_path / "turned.nii.gz", LABELS), canonical)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_data_type_and_byte_order(tmp_path, canonical, dtype, order):
    values, labels = organ()
    # Every type of image that holds the HU; every type of mask.
    image_dtype = "f4" if dtype[1] == "1" else dtype
    shift = 1024 if dtype[0] == "u" else 0
    image = save_stored(tmp_path / "i.nii", (values.astype(int) + shift).astype(order + image_dtype), (1.0, -shift))
    mask = save_stored(tmp_path / "m.nii", labels.astype(order + dtype))
    assert same(read_case("a", image, mask, LABELS), canonical)


@pytest.mark.parametrize("scale", [(0.5, -1024.0), (0.1, 7.0), (-1.0, 0.0), (2.0**-7, 0.25)])
def test_rescaled_copies_have_the_same_hu(tmp_path, canonical, scale):
    slope, intercept = scale
    stored = np.rint((organ()[0] - intercept) / slope).astype(np.int32)
    image = save_stored(tmp_path / "i.nii", stored, scale)
    case = read_case("a", image, save_case(tmp_path)[1], LABELS)
    # The header holds 0.1 in single precision.
    assert np.abs(case.intensity - canonical.intensity).max() <= (1e-4 if slope == 0.1 else 0)


@pytest.mark.parametrize("scale", [(0.0, 5.0), (float("nan"), float("nan"))])
def test_a_slope_of_zero_or_nan_means_no_scale(tmp_path, canonical, scale):
    image = save_stored(tmp_path / "i.nii", organ()[0], scale)
    assert same(read_case("a", image, save_case(tmp_path)[1], LABELS), canonical)


def test_both_versions_of_nifti_agree(tmp_path, canonical):
    paths = []
    for name, voxels in zip(("ct", "mask"), organ(), strict=True):
        paths.append(tmp_path / f"{name}.nii.gz")
        nibabel.save(nibabel.Nifti2Image(voxels, affine()), paths[-1])
    assert same(read_case("a", *paths, LABELS), canonical)


def test_several_gzip_members_and_misleading_names_are_read(tmp_path, canonical):
    image, mask = save_case(tmp_path)
    raw = gzip.decompress(image.read_bytes())
    (tmp_path / "members.nii.gz").write_bytes(gzip.compress(raw[:999]) + gzip.compress(raw[999:]))
    (tmp_path / "plain.nii.gz").write_bytes(gzip.decompress(mask.read_bytes()))
    assert same(read_case("a", tmp_path / "members.nii.gz", tmp_path / "plain.nii.gz", LABELS), canonical)


def oblique() -> np.ndarray:
    angle = 0.2
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    matrix = affine()
    matrix[:3, :3] = turn @ matrix[:3, :3]
    return matrix


@pytest.mark.parametrize(
    "matrix", [affine(), oblique(), affine() * [[-1], [-1], [1], [1]]], ids=["straight", "oblique", "lps"]
)
@pytest.mark.parametrize("form", ["sform", "qform", "neither"])
def test_headers_agree_with_nibabel(tmp_path, matrix, form):
    image = nibabel.Nifti1Image(organ()[0], matrix)
    image.set_qform(None if form == "neither" else matrix, code=0 if form == "neither" else 1)
    image.set_sform(matrix if form == "sform" else None, code=2 if form == "sform" else 0)
    nibabel.save(image, tmp_path / "i.nii.gz")
    loaded, header = nibabel.load(tmp_path / "i.nii.gz"), read_header(tmp_path / "i.nii.gz")
    assert header.shape == loaded.shape
    assert np.allclose(header.affine, loaded.affine, atol=1e-4)
    assert header.spacing == pytest.approx(SPACING, abs=1e-4)
    assert header.dtype == loaded.get_data_dtype()


def test_an_oblique_scan_keeps_its_voxels(tmp_path, canonical):
    image, mask = (save(tmp_path / f"{k}.nii", v, oblique()) for k, v in enumerate(organ()))
    assert same(read_case("a", image, mask, LABELS), canonical)
