"""Image filters: against slow, obvious versions, under symmetries, and through extraction."""

from __future__ import annotations

import numpy as np
import pytest
from radiomics_scans import affine, organ, save, save_case

from snndeep.errors import ConfigError
from snndeep.radiomics.errors import FilterLengthError
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.filters.base import PADDING, ImageFilter
from snndeep.radiomics.filters.registry import FILTERS as ALL_FILTERS
from snndeep.radiomics.filters.registry import filter_from_mapping
from snndeep.radiomics.filters.separable import convolve, proper_rotations
from snndeep.radiomics.settings import FeatureSettings
from snndeep.seeds import generator

SPACING = (2.0, 2.0, 2.0)


def image(shape: tuple[int, int, int] = (20, 22, 24)) -> np.ndarray:
    return generator(3, "test", "filters").normal(40, 60, shape).round().astype(np.float32)


def small(name: str) -> ImageFilter:
    """Return a filter that fits the image above."""
    values = {"mean": {"size": 5}, "log": {"sigma": 2.5}, "gabor": {"wavelength": 8.0}}.get(name, {})
    return filter_from_mapping({"filter": name, **values})


@pytest.mark.parametrize("name", ALL_FILTERS)
def test_every_filter_answers_in_the_shape_of_the_image_and_survives_json(name):
    chosen = small(name)
    response = chosen.respond(image(), SPACING)
    assert response.shape == image().shape
    assert response.dtype == np.float32
    assert np.isfinite(response).all()
    assert response.std() > 0
    assert filter_from_mapping(chosen.to_mapping()) == chosen
    assert chosen.label.startswith(name)


@pytest.mark.parametrize("name", ALL_FILTERS)
def test_a_response_depends_on_the_image_within_its_reach_alone(name):
    chosen = small(name)
    if chosen.whole_image:
        return
    wide = image((44, 46, 48))
    reach = chosen.radius(2.0)
    whole = chosen.respond(wide, SPACING)
    cut = tuple(slice(10, size - 10) for size in wide.shape)
    part = chosen.respond(wide[cut], SPACING)
    inner = tuple(slice(reach, size - reach) for size in part.shape)
    assert part[inner].size > 0 or reach > 11
    assert np.allclose(part[inner], whole[cut][inner], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("boundary", PADDING)
@pytest.mark.parametrize("length", [3, 4])
def test_convolution_is_the_sum_by_the_book(boundary, length):
    values, kernel = image((1, 1, 9)), np.arange(1.0, length + 1)
    padded = np.pad(values[0, 0], length, mode=PADDING[boundary])
    centre = length // 2
    expected = [sum(padded[length + k - (m - centre)] * kernel[m] for m in range(length)) for k in range(values.size)]
    computed = convolve(values, (kernel,), boundary)[0, 0]
    if length % 2 == 0:
        # An even kernel is centred on the element after the middle or the one before, by the direction it is read in.
        shifted = [
            sum(padded[length + k - (m - centre + 1)] * kernel[m] for m in range(length)) for k in range(values.size)
        ]
        assert np.allclose(computed, expected, rtol=1e-5) or np.allclose(computed, shifted, rtol=1e-5)
    else:
        assert np.allclose(computed, expected, rtol=1e-5)


def test_rotations_are_those_of_a_square_and_of_a_cube():
    assert len(set(proper_rotations(2))) == 4
    assert len(set(proper_rotations(3))) == 24


@pytest.mark.parametrize(
    "values",
    [
        {"filter": "laws", "kernels": "E5L5S5", "pooling": "max"},
        {"filter": "laws", "kernels": "L3E5R5", "pooling": "mean", "energy": 2},
        {"filter": "wavelet", "wavelet": "db2", "band": "LHL", "pooling": "mean"},
        {"filter": "wavelet", "wavelet": "coif1", "band": "HHL", "pooling": "max", "level": 2},
        {"filter": "mean", "size": 5},
        {"filter": "log"},
        {"filter": "simoncelli", "level": 2},
        {"filter": "gradient"},
    ],
    ids=lambda values: filter_from_mapping(values).label,
)
def test_invariant_responses_turn_with_the_image(values):
    chosen = filter_from_mapping(values)
    # Simoncelli's band is sampled symmetrically for odd sizes alone.
    cube = image((25, 25, 25))
    response = chosen.respond(cube, SPACING)
    for axes in ((0, 1), (1, 2), (0, 2)):
        turned = chosen.respond(np.rot90(cube, axes=axes), SPACING)
        assert np.allclose(turned, np.rot90(response, axes=axes), rtol=1e-4, atol=1e-2)


def test_pooling_over_rotations_is_pooling_over_turned_images():
    chosen, plain = (
        filter_from_mapping({"filter": "wavelet", "wavelet": "db2", "band": "LHH", "level": 2, "pooling": pooling})
        for pooling in ("mean", "none")
    )
    cube, responses = image((26, 26, 26)), []
    for order, flips in proper_rotations(3):
        # The rotation of the image by which its inverse turns the response back.
        axes = [axis for axis, flip in enumerate(flips) if flip]
        turned = np.flip(cube.transpose(order), axes)
        back = np.flip(plain.respond(turned, SPACING), axes).transpose(np.argsort(order))
        responses.append(back)
    assert np.allclose(chosen.respond(cube, SPACING), np.mean(responses, axis=0), rtol=1e-3, atol=1e-2)


def test_simple_responses():
    flat = np.full((12, 12, 12), 7.0, np.float32)
    assert np.allclose(filter_from_mapping({"filter": "mean", "size": 5}).respond(flat, SPACING), 7)
    assert np.allclose(filter_from_mapping({"filter": "gradient"}).respond(flat, SPACING), 0)
    slope = np.broadcast_to(np.arange(12, dtype=np.float32) * 6, (12, 12, 12))
    gradient = filter_from_mapping({"filter": "gradient"}).respond(slope, SPACING)
    assert np.allclose(gradient[:, :, 1:-1], 3)  # HU per mm
    values = np.array([[[-1000.0, -100, 0, 100, 1000]]], np.float32)
    for name in ("square_root", "logarithm"):
        response = filter_from_mapping({"filter": name}).respond(values, SPACING)
        assert response[0, 0, 0] == pytest.approx(-1000, rel=1e-5)
        assert response[0, 0, -1] == pytest.approx(1000, rel=1e-5)
        assert (np.diff(response[0, 0]) > 0).all()
    assert filter_from_mapping({"filter": "square"}).respond(values, SPACING)[0, 0, -1] == pytest.approx(1000)
    assert filter_from_mapping({"filter": "exponential"}).respond(values, SPACING)[0, 0, -1] == pytest.approx(1000)


def test_binary_patterns_of_known_neighbourhoods():
    chosen = filter_from_mapping({"filter": "lbp"})
    peak = np.zeros((1, 5, 5), np.float32)
    peak[0, 2, 2] = 1
    assert chosen.respond(peak, SPACING)[0, 2, 2] == 0
    assert chosen.respond(-peak, SPACING)[0, 2, 2] == 8
    edge = np.zeros((1, 5, 6), np.float32)
    edge[0, :, 3:] = 1
    # On the bright side of an edge the point towards the dark and the two beside it are darker.
    assert chosen.respond(edge, SPACING)[0, 2, 3] == 5
    stripes = np.zeros((1, 5, 7), np.float32)
    stripes[0, :, ::2] = 1
    # Above and below are bright and apart, so the pattern is not uniform.
    assert chosen.respond(stripes, SPACING)[0, 2, 2] == 9
    assert (chosen.respond(image(), SPACING) <= 9).all()


def test_decimated_wavelets_keep_every_other_voxel():
    plain, kept = (
        filter_from_mapping({"filter": "wavelet", "wavelet": "haar", "band": "LLH", "decimated": decimated})
        for decimated in (False, True)
    )
    whole, blocks = plain.respond(image(), SPACING), kept.respond(image(), SPACING)
    assert np.array_equal(blocks[::2, ::2, ::2], whole[::2, ::2, ::2])
    assert np.array_equal(blocks[1::2, 1::2, 1::2], whole[::2, ::2, ::2])


@pytest.mark.parametrize(
    "values",
    [
        {"filter": "sobel"},
        {"filter": "log", "sigma": 0},
        {"filter": "log", "width": 3},
        {"filter": "mean", "size": 4},
        {"filter": "laws", "kernels": "E5L5"},
        {"filter": "laws", "kernels": "X5L5E5"},
        {"filter": "wavelet", "band": "LLM"},
        {"filter": "wavelet", "wavelet": "db99"},
        {"sigma": 3},
    ],
    ids=str,
)
def test_impossible_filters_are_refused(values):
    with pytest.raises(ConfigError):
        filter_from_mapping(values)
    with pytest.raises(ConfigError):
        FeatureSettings(filters=[values])


@pytest.mark.parametrize(
    "values",
    [
        {"filter": "mean", "size": 31},
        {"filter": "log", "sigma": 9.0},
        {"filter": "laws", "energy": 12},
        {"filter": "wavelet", "wavelet": "db8", "level": 3},
        {"filter": "simoncelli", "level": 6},
        {"filter": "gabor", "wavelength": 90.0},
        {"filter": "lbp", "circle": 14},
    ],
    ids=lambda values: values["filter"],
)
def test_a_filter_that_is_longer_than_the_image_is_refused(values):
    with pytest.raises(FilterLengthError, match="longer than the image"):
        filter_from_mapping(values).respond(image(), SPACING)


FILTERS = (
    {"filter": "log", "sigma": 3.0},
    {"filter": "log", "sigma": 3.0, "dimension": "2d"},
    {"filter": "wavelet", "wavelet": "haar", "band": "LLH"},
    {"filter": "square"},
)


def test_features_of_responses(tmp_path):
    settings = FeatureSettings(filters=FILTERS, families=["intensity_statistics", "glcm"], bin_number=16)
    features = extract_case("a", *save_case(tmp_path), settings)
    labels = ["log", "log_dimension_2d", "wavelet_wavelet_haar", "square"]
    for label in labels:
        assert f"3d.{label}.glcm.contrast" in features.patient
    # In slices there are filters of the plane alone.
    slices = {name.split(".")[0] for name in features.slices.columns if name.count(".") == 2}
    assert slices == {"log_dimension_2d", "square"}
    assert np.isfinite(features.slices.iloc[:, 4:].to_numpy()).all()
    assert np.isfinite(features.patient.select_dtypes("number").to_numpy(float)).all()
    plain = extract_case(
        "a", *save_case(tmp_path), FeatureSettings(families=["intensity_statistics", "glcm"], bin_number=16)
    )
    for name in plain.patient.select_dtypes("number"):
        assert plain.patient[name].item() == pytest.approx(features.patient[name].item()), name


@pytest.mark.parametrize("axis", [0, 1])
def test_filters_see_the_axes_of_the_patient_whatever_the_order_in_the_file(tmp_path, axis):
    settings = FeatureSettings(
        filters=[{"filter": "wavelet", "wavelet": "db2", "band": "LHL"}, {"filter": "gabor", "theta": 30.0, "wavelength": 9.0}],
        families=["intensity_statistics"], feature_set="all",
    )  # fmt: skip
    first = extract_case("a", *save_case(tmp_path), settings).patient
    matrix = affine()
    flip = np.eye(4)
    flip[axis, axis], flip[axis, 3] = -1, organ()[0].shape[axis] - 1
    image, mask = (save(tmp_path / f"{k}.nii", np.flip(v, axis), matrix @ flip) for k, v in enumerate(organ()))
    again = extract_case("a", image, mask, settings).patient
    for name in first.select_dtypes("number").columns:
        assert again[name].item() == pytest.approx(first[name].item(), rel=1e-5, abs=1e-5), name
