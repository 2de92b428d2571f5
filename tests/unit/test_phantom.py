"""The synthetic CT: reproducible, plausible, labelled correctly, and impossible recipes refused."""

import gzip
import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from snndeep.errors import ConfigError
from snndeep.phantom.acquisition import Kernel
from snndeep.phantom.findings import LESION_DIAMETER_MM, LESION_KINDS
from snndeep.phantom.generate import dataset_description, generate_case, sample_patient, write_case
from snndeep.phantom.geometry import SmoothField, VoxelGrid
from snndeep.phantom.settings import MINIMUM_SHAPE, PhantomSettings, case_id, is_diseased
from snndeep.seeds import generator

SETTINGS = PhantomSettings(seed=5, patients=8, shape=(64, 64, 20))


@pytest.fixture(scope="module")
def cases():
    return [generate_case(SETTINGS, index) for index in range(SETTINGS.patients)]


def test_same_bytes_twice_and_whatever_the_number_of_patients(tmp_path):
    for name, settings in (("a", SETTINGS), ("b", replace(SETTINGS, patients=60))):
        write_case(settings, 3, tmp_path / name / "image.nii.gz", tmp_path / name / "label.nii.gz")
    for file in ("image.nii.gz", "label.nii.gz"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["image.nii.gz", "label.nii.gz"]


def test_seed_and_index_change_a_case(cases):
    other = generate_case(replace(SETTINGS, seed=6), 0)
    assert not np.array_equal(other.image, cases[0].image)
    assert not np.array_equal(other.label, cases[0].label)
    assert not np.array_equal(cases[1].image, cases[0].image)


def test_a_numpy_index_names_the_same_case(cases):
    assert np.array_equal(generate_case(SETTINGS, np.int64(2)).image, cases[2].image)


def test_types_shapes_and_labels(cases):
    for case in cases:
        assert case.image.dtype == np.int16
        assert case.label.dtype == np.uint8
        assert case.image.shape == case.label.shape == SETTINGS.shape
        assert set(np.unique(case.label)) <= {0, 1, 2}
        assert case.image.min() >= -1024


def test_lesions_are_labelled_in_diseased_cases_only(cases):
    diseased = [is_diseased(SETTINGS, index) for index in range(SETTINGS.patients)]
    assert [bool((case.label == 2).any()) for case in cases] == diseased
    assert sum(diseased) == 4


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_every_prefix_is_close_to_the_diseased_fraction(fraction):
    settings = PhantomSettings(seed=11, patients=101, diseased_fraction=fraction)
    counts = np.cumsum([is_diseased(settings, index) for index in range(101)])
    assert np.all(np.abs(counts - fraction * np.arange(1, 102)) <= 1.5)


def test_the_order_of_the_cases_does_not_tell_disease():
    settings = PhantomSettings(patients=80)
    even = [is_diseased(settings, index) for index in range(0, 80, 2)]
    assert 8 < sum(even) < 32


def test_liver_looks_like_the_portal_venous_phase(cases):
    for case in cases:
        healthy_tissue = case.image[case.label == 1].astype(float)
        assert 70 < healthy_tissue.mean() < 140
        assert 1 < healthy_tissue.std() < 60
        assert case.image[0, 0].mean() < -900  # air in the corner
        millilitres = (case.label > 0).sum() * np.prod(case.spacing) / 1000
        assert 300 < millilitres < 3500


def test_about_half_of_the_slices_hold_liver(cases):
    counts = [((case.label > 0).sum((0, 1)) * case.spacing[0] * case.spacing[1] >= 100).sum() for case in cases]
    assert min(counts) >= 6
    assert max(counts) <= 14


def test_spacing_varies_and_covers_the_field_of_view(cases):
    spacings = np.array([case.spacing for case in cases])
    assert len(np.unique(spacings[:, 0])) == len(np.unique(spacings[:, 2])) == len(cases)
    assert np.all((spacings[:, 0] * 64 >= 299) & (spacings[:, 0] * 64 <= 421))
    assert np.all((spacings[:, 2] * 20 >= 200) & (spacings[:, 2] * 20 <= 330))


def test_noise_differs_between_patients():
    noises = [sample_patient(SETTINGS, index).acquisition.noise for index in range(SETTINGS.patients)]
    assert max(noises) > 1.5 * min(noises)
    calm = replace(SETTINGS, acquisition_spread=0.0)
    assert len({sample_patient(calm, index).acquisition.noise for index in range(4)}) == 1


def test_lesions_have_the_stated_sizes_and_all_kinds_occur():
    settings = PhantomSettings(seed=1, patients=20, shape=(48, 48, 16), diseased_fraction=1.0)
    lesions = [f for index in range(20) for f in sample_patient(settings, index).findings if f.is_lesion]
    diameters = np.array([lesion.diameter for lesion in lesions])
    assert LESION_DIAMETER_MM[0] - 1e-6 <= diameters.min() < 10
    assert 40 < diameters.max() <= LESION_DIAMETER_MM[1] + 1e-6
    assert {lesion.kind for lesion in lesions} == set(LESION_KINDS)


def test_healthy_livers_have_confounders_that_keep_label_1():
    settings = PhantomSettings(seed=2, patients=12, shape=(64, 64, 20), diseased_fraction=0.0)
    patients = [sample_patient(settings, index) for index in range(12)]
    kinds = {finding.kind for patient in patients for finding in patient.findings}
    assert kinds == {"cyst", "focal fat", "perfusion difference"}
    index, cyst = next(
        (i, f) for i, p in enumerate(patients) for f in p.findings if f.kind == "cyst" and f.diameter > 18
    )
    case, grid = generate_case(settings, index), patients[index].grid
    voxel = tuple(
        int(np.abs(axis - at).argmin()) for axis, at in zip((grid.x, grid.y, grid.z), cyst.shape.centre, strict=True)
    )
    assert case.label[voxel] == 1
    assert case.label.max() == 1
    assert case.image[voxel] < case.image[case.label == 1].mean() - 30


def test_lesion_contrast_is_what_makes_lesions_visible():
    def visibility(contrast):
        settings = PhantomSettings(
            seed=5, patients=1, shape=(64, 64, 20), diseased_fraction=1.0, lesion_contrast=contrast
        )
        case = generate_case(settings, 0)
        return abs(case.image[case.label == 2].mean() - case.image[case.label == 1].mean())

    assert visibility(2.0) > visibility(0.0) + 10


@pytest.mark.parametrize("shape", [(96, 80, 17), (33, 50, 9), MINIMUM_SHAPE])
def test_odd_shapes(shape):
    settings = PhantomSettings(seed=3, patients=2, shape=shape)
    for index in range(2):
        case = generate_case(settings, index)
        assert case.image.shape == shape
        assert (case.label > 0).any()
        assert (case.label == 2).any() == is_diseased(settings, index)


def test_written_files_read_back_equal(tmp_path, cases):
    image_path, label_path = tmp_path / "imagesTr" / "c.nii.gz", tmp_path / "labelsTr" / "c.nii.gz"
    write_case(SETTINGS, 1, image_path, label_path)
    for path, voxels in ((image_path, cases[1].image), (label_path, cases[1].label)):
        volume = nibabel.load(path)
        assert volume.get_data_dtype() == voxels.dtype
        assert np.array_equal(np.asanyarray(volume.dataobj), voxels)
        assert np.allclose(volume.header.get_zooms(), cases[1].spacing)
        assert nibabel.aff2axcodes(volume.affine) == ("R", "A", "S")
        assert path.read_bytes()[3:8] == bytes(5)  # gzip header: no file name, no time
        assert len(gzip.decompress(path.read_bytes())) == 352 + voxels.nbytes


def test_dataset_description_follows_the_decathlon():
    description = json.loads(json.dumps(dataset_description(replace(SETTINGS, patients=3))))
    assert "SYNTHETIC" in description["description"]
    assert description["labels"] == {"0": "background", "1": "liver", "2": "lesion"}
    assert description["numTraining"] == len(description["training"]) == 3
    assert description["training"][2] == {
        "image": "./imagesTr/phantom_002.nii.gz",
        "label": "./labelsTr/phantom_002.nii.gz",
    }
    assert case_id(1234) == "phantom_1234"


def test_settings_from_json_values():
    settings = PhantomSettings(**json.loads('{"seed": 1, "shape": [64, 64, 20], "diseased_fraction": 1}'))
    assert settings.shape == (64, 64, 20)
    assert hash(settings) == hash(
        PhantomSettings.from_mapping({"seed": 1, "shape": [64, 64, 20], "diseased_fraction": 1})
    )


@pytest.mark.parametrize(
    "values",
    [
        {"shape": [31, 64, 20]},
        {"shape": [64, 64, 7]},
        {"shape": [64, 64]},
        {"shape": [64, 64, 20.5]},
        {"diseased_fraction": -0.1},
        {"diseased_fraction": 1.1},
        {"diseased_fraction": float("nan")},
        {"patients": 0},
        {"patients": True},
        {"seed": "7"},
        {"lesion_contrast": -1},
        {"lesion_contrst": 1},
    ],
)
def test_impossible_settings_are_refused(values):
    with pytest.raises(ConfigError) as caught:
        PhantomSettings.from_mapping(values)
    assert next(iter(values)) in str(caught.value)


@pytest.mark.parametrize("index", [-1, 8])
def test_a_case_that_does_not_exist_is_refused(index):
    with pytest.raises(ConfigError, match="no such case"):
        generate_case(SETTINGS, index)


@pytest.mark.parametrize("enhancement", [0.0, 0.8])
def test_kernel_gain_is_that_of_filtered_noise(enhancement):
    kernel = Kernel(0.8, enhancement)
    noise = generator(1, "noise").standard_normal((256, 256), dtype=np.float32)
    assert kernel.apply(noise).std() == pytest.approx(kernel.noise_gain, rel=0.03)


def test_smooth_field_is_standardised_and_the_same_at_any_voxel_size():
    field = SmoothField.sample(generator(1, "field"), 5.0, (100.0, 100.0, 20.0))
    coarse, fine = VoxelGrid((51, 51, 5), (4.0, 4.0, 8.0)), VoxelGrid((101, 101, 5), (2.0, 2.0, 8.0))
    plane = field.plane(fine.x, fine.y, 3.0)
    assert np.allclose(field.plane(coarse.x, coarse.y, 3.0), plane[::2, ::2], atol=1e-5)
    planes = np.stack([field.plane(fine.x, fine.y, z) for z in np.linspace(-15, 15, 7)])
    assert planes.std() == pytest.approx(1.0, abs=0.1)
    assert abs(planes.mean()) < 0.1
