"""Scans that cannot be used: one error each, with case and file in its message."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from radiomics_scans import affine, organ, save, save_case

from snndeep.errors import ScanError
from snndeep.labels import MaskLabels
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.settings import FeatureSettings
from snndeep.volume import errors, read_case, read_header

LABELS = MaskLabels()
SLICES_ONLY = FeatureSettings(patient_features=False)


def fails(error: type[ScanError], image, mask, file) -> None:
    with pytest.raises(error) as caught:
        extract_case("case_07", image, mask, SLICES_ONLY)
    assert type(caught.value) is error
    assert "case_07" in str(caught.value)
    assert str(file) in str(caught.value)
    assert all((caught.value.what, caught.value.found, caught.value.expected, caught.value.remedy))


def patched(path, position: int, form: str, *values) -> None:
    """Overwrite fields of a header; gzipped files are packed again."""
    raw = bytearray(gzip.decompress(path.read_bytes()))
    struct.pack_into("<" + form, raw, position, *values)
    path.write_bytes(gzip.compress(bytes(raw), 1))


@pytest.mark.parametrize("which", ["image", "mask"])
class TestFiles:
    @pytest.fixture
    def files(self, tmp_path, which):
        image, mask = save_case(tmp_path)
        return image, mask, {"image": image, "mask": mask}[which]

    def test_missing(self, files):
        files[2].unlink()
        fails(errors.MissingScanError, *files)

    def test_not_nifti(self, files):
        files[2].write_bytes(b"PK\x03\x04 this is something else" * 40)
        fails(errors.NotNiftiError, *files)

    def test_empty_file(self, files):
        files[2].write_bytes(b"")
        fails(errors.NotNiftiError, *files)

    def test_header_and_image_in_two_files(self, files):
        patched(files[2], 344, "4s", b"ni1\0")
        fails(errors.NotNiftiError, *files)

    @pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
    def test_truncated_gzip(self, files, share):
        raw = files[2].read_bytes()
        files[2].write_bytes(raw[: int(len(raw) * share)])
        fails(errors.TruncatedFileError, *files)

    def test_checksum_missing(self, files):
        files[2].write_bytes(files[2].read_bytes()[:-8])
        fails(errors.TruncatedFileError, *files)

    @pytest.mark.parametrize("keep", [100, 400])
    def test_truncated_without_compression(self, files, keep):
        files[2].write_bytes(gzip.decompress(files[2].read_bytes())[:keep])
        fails(errors.TruncatedFileError, *files)

    def test_fewer_voxels_than_announced(self, files):
        files[2].write_bytes(gzip.compress(gzip.decompress(files[2].read_bytes())[:-10]))
        fails(errors.TruncatedFileError, *files)

    def test_damaged_gzip(self, files):
        raw = bytearray(files[2].read_bytes())
        raw[-6] ^= 0xFF
        files[2].write_bytes(bytes(raw))
        fails(errors.CorruptFileError, *files)

    def test_two_dimensions(self, files):
        patched(files[2], 40, "h", 2)
        fails(errors.TwoDimensionalError, *files)

    def test_four_dimensions(self, files):
        patched(files[2], 40, "5h", 4, 11, 18, 9, 2)
        fails(errors.FourDimensionalError, *files)

    @pytest.mark.parametrize("dim", [(0,), (9,), (3, 0), (3, -5)])
    def test_impossible_shape(self, files, dim):
        patched(files[2], 40, f"{len(dim)}h", *dim)
        fails(errors.UnusableHeaderError, *files)

    @pytest.mark.parametrize("spacing", [0.0, -1.0, float("nan"), float("inf")])
    def test_spacing(self, files, spacing):
        patched(files[2], 80, "f", spacing)
        fails(errors.SpacingError, *files)

    def test_affine_without_length(self, files):
        patched(files[2], 280, "12f", *np.zeros(12))
        fails(errors.SpacingError, *files)

    @pytest.mark.parametrize("axes", [((2, 0, 0), (2, 0, 0), (0, 0, 4)), ((2, np.nan, 0), (0, 2, 0), (0, 0, 4))])
    def test_affine(self, files, axes):
        matrix = np.column_stack([np.transpose(axes), np.zeros(3)])
        patched(files[2], 280, "12f", *matrix.ravel())
        fails(errors.AffineError, *files)

    def test_data_type(self, files):
        patched(files[2], 70, "h", 128)
        fails(errors.UnusableHeaderError, *files)


class TestPairs:
    @pytest.fixture
    def files(self, tmp_path):
        return save_case(tmp_path)

    def test_different_shape(self, files):
        save(files[1], organ()[1][::2], affine() * [2, 1, 1, 1])
        fails(errors.ShapeMismatchError, *files, files[1])

    def test_different_place(self, files):
        moved = affine()
        moved[0, 3] += 2.5
        save(files[1], organ()[1], moved)
        fails(errors.AffineMismatchError, *files, files[1])

    def test_noise_of_single_precision_is_no_difference(self, files):
        save(files[1], organ()[1], affine() + 1e-5)
        assert len(extract_case("a", *files, SLICES_ONLY).slices)


class TestVoxels:
    @pytest.fixture
    def files(self, tmp_path):
        return save_case(tmp_path)

    def test_labels_between_integers(self, files):
        save(files[1], organ()[1] * 0.5, affine())
        fails(errors.NonIntegerLabelError, *files, files[1])

    def test_label_that_is_no_number(self, files):
        labels = organ()[1].astype(np.float32)
        labels[0, 0, 0] = np.nan
        save(files[1], labels, affine())
        fails(errors.NonIntegerLabelError, *files, files[1])

    @pytest.mark.parametrize(
        ("label", "dtype"), [(3, np.uint8), (-1, np.int16), (257, np.int16), (2**33 + 1, np.int64)]
    )
    def test_unknown_label(self, files, label, dtype):
        labels = organ()[1].astype(dtype)
        labels[1, 1, 1] = label
        save(files[1], labels, affine())
        fails(errors.UnknownLabelError, *files, files[1])

    def test_empty_organ(self, files):
        save(files[1], np.zeros_like(organ()[1]), affine())
        fails(errors.EmptyOrganError, *files, files[1])

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_intensity_that_is_no_number(self, files, value):
        values, labels = organ()
        values = values.astype(np.float32)
        values[tuple(np.argwhere(labels)[0])] = value
        save(files[0], values, affine())
        fails(errors.NonFiniteIntensityError, *files, files[0])

    def test_constant_intensity(self, files):
        save(files[0], np.full_like(organ()[0], 40), affine())
        fails(errors.ConstantIntensityError, *files, files[0])

    def test_no_intensity_in_range(self, files):
        save(files[0], organ()[0] + np.int16(2000), affine())
        fails(errors.IntensityRangeError, *files, files[0])

    def test_organ_smaller_than_one_sample(self, files):
        labels = np.zeros_like(organ()[1])
        labels[8:12, 8:12, 4] = 1
        save(files[1], labels, affine())
        fails(errors.OrganTooSmallError, *files, files[1])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 351), damage=st.binary(min_size=1, max_size=16))
def test_a_damaged_header_is_read_or_named(tmp_path, position, damage):
    """Any bytes in the header lead to a usable case or to an error of the hierarchy, to nothing else."""
    image, mask = tmp_path / "i.nii", tmp_path / "m.nii"
    if not mask.exists():
        save(image, organ()[0], affine())
        save(mask, organ()[1], affine())
        (tmp_path / "sound").write_bytes(image.read_bytes())
    raw = bytearray((tmp_path / "sound").read_bytes())
    raw[position : position + len(damage)] = damage
    image.write_bytes(bytes(raw))
    try:
        header = read_header(image, "a")
        assert all(size > 0 for size in header.shape)
        assert all(0 < length < np.inf for length in header.spacing)
        case = read_case("a", image, mask, LABELS)
    except ScanError as error:
        assert str(image) in str(error)
    else:
        assert np.isfinite(case.intensity).all()
        assert case.labels.any()
