"""What the settings of extraction can say: discretisation, interpolation, aggregation, neighbourhoods, presets."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from radiomics_scans import affine, organ, save, save_case

from snndeep.errors import ConfigError
from snndeep.radiomics.discretisation import Discretisation, make_region, response_region
from snndeep.radiomics.enclosing import minimum_box, minimum_ellipsoid
from snndeep.radiomics.errors import BinNumberError, SplineInputError
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.families import FAMILIES, region_features, volume_features
from snndeep.radiomics.family_settings import FamilySettings
from snndeep.radiomics.neighbourhood import DependenceSettings, Neighbourhood, directions, within
from snndeep.radiomics.presets import PRESETS
from snndeep.radiomics.region import Region
from snndeep.radiomics.resampling import Axis, interpolate
from snndeep.radiomics.settings import FeatureSettings
from snndeep.seeds import generator

SCRIPTS = Path(__file__).parents[2] / "scripts"
RNG = generator(5, "test", "radiomics settings")


def region_of(
    levels: np.ndarray, each_plane: bool = False, settings: FamilySettings | None = None, top: int = 9
) -> Region:
    """Return a region with the given levels, 0 outside, of a range of `top` levels."""
    padded = np.pad(levels, 1).astype(np.int16)
    how = Discretisation((1, top + 1), bin_width=1.0)
    return make_region(padded, (padded > 0).astype(np.uint8), how, each_plane, settings=settings)


# ---- the number of grey levels


def test_empty_bins_above_the_region_change_no_feature():
    levels = RNG.integers(1, 6, (4, 7, 6))
    families = [name for name in FAMILIES if name not in ("local_intensity", "shape_2d", "intensity_volume")]
    for each_plane in (True, False):
        narrow = region_features(region_of(levels, each_plane, top=5), families, "all")
        wide = region_features(region_of(levels, each_plane, top=16), families, "all")
        for name, values in narrow.items():
            assert np.allclose(values, wide[name], rtol=1e-12, equal_nan=True), name


def test_each_slice_counts_its_own_levels():
    levels = RNG.integers(1, 6, (3, 7, 6))
    levels[1] = np.minimum(levels[1], 3)
    together = region_of(levels, each_plane=True)
    assert list(together.highest_level) == [5, 3, 5]
    assert list(region_of(levels).counted("2d").highest_level) == [5, 5, 5]
    pairs = region_features(together, ("glcm",), "all")
    alone = region_features(region_of(levels[1:2], top=3), ("glcm",), "all")
    assert pairs["glcm.inv_diff_norm"][1] == pytest.approx(alone["glcm.inv_diff_norm"][0], rel=1e-12)
    parts = region_features(region_of(levels).counted("2d"), ("glcm",), "all")
    assert parts["glcm.inv_diff_norm"][0] == pytest.approx(pairs["glcm.inv_diff_norm"][0], rel=1e-12)
    assert parts["glcm.inv_diff_norm"][1] > pairs["glcm.inv_diff_norm"][1] + 1e-3


# ---- discretisation


def levels_of(values: list[int], how: Discretisation) -> list[int]:
    row = np.pad(np.array([[values]], np.int16), 1)
    region = make_region(row, np.pad(np.ones((1, 1, len(values)), np.uint8), 1), how, each_plane=False)
    return [int(level) for level in region.levels[1, 1, 1:-1]]


def test_a_fixed_number_of_bins_spans_the_region():
    how = Discretisation(None, method="fixed_bin_number", bin_number=4)
    assert levels_of([-40, -21, -20, 0, 39, 40], how) == [1, 1, 2, 3, 4, 4]
    within_limits = Discretisation((-30, 40), method="fixed_bin_number", bin_number=4)
    assert levels_of([-40, -20, 0, 10, 40, 41], within_limits) == [0, 1, 2, 3, 4, 0]
    assert levels_of([7, 7], how) == [1, 1]


def test_bins_without_limits_start_at_the_minimum_or_at_a_multiple_of_the_width():
    values = [-37, -30, -13, -12, 12, 13]
    assert levels_of(values, Discretisation(None, bin_width=25.0)) == [1, 1, 1, 2, 2, 3]
    aligned = Discretisation(None, bin_width=25.0, method="fixed_bin_size_aligned")
    assert levels_of(values, aligned) == [1, 1, 2, 2, 3, 3]


def test_outliers_leave_the_intensity_mask():
    values = [0] * 50 + [1] * 50 + [100]
    mean, deviation = np.mean(values), np.std(values)
    assert mean + 3 * deviation < 100
    levels = levels_of(values, Discretisation(None, outlier_sigma=3.0, bin_width=1.0))
    assert levels == [1] * 50 + [2] * 50 + [0]
    # Both limits come from the region before either is applied.
    both = Discretisation((-5, 50), outlier_sigma=0.05, bin_width=1.0)
    inside = [abs(value - mean) <= 0.05 * deviation and value <= 50 for value in values]
    assert [level > 0 for level in levels_of(values, both)] == inside


def test_a_response_has_the_intensity_mask_of_the_image():
    values = np.pad(RNG.integers(-300, 300, (3, 8, 8)).astype(np.int16), 1)
    mask = np.pad(np.ones((3, 8, 8), np.uint8), 1)
    for each_plane in (True, False):
        base = make_region(values, mask, Discretisation(), each_plane)
        response = RNG.normal(size=values.shape).astype(np.float32)
        region = response_region(response, base, 8)
        assert np.array_equal(region.levels > 0, base.levels > 0)
        parts = [response[k][base.levels[k] > 0] for k in range(1, 4)] if each_plane else [response[base.levels > 0]]
        statistics = region.intensities.describe()
        assert np.allclose(statistics["mean"], [part.mean(dtype=np.float64) for part in parts])
        assert np.allclose(statistics["p90"], [np.percentile(part.astype(np.float64), 90) for part in parts])
        assert (region.levels.max((1, 2))[1:-1] == 8).all() if each_plane else region.levels.max() == 8


def test_more_bins_than_voxels_are_refused(tmp_path):
    settings = FeatureSettings(discretisation="fixed_bin_number", bin_number=500)
    with pytest.raises(BinNumberError, match="fewer voxels"):
        extract_case("a", *save_case(tmp_path), settings)


# ---- interpolation


def lines(position: np.ndarray) -> tuple[Axis, Axis, Axis]:
    return Axis(np.zeros(1)), Axis(np.zeros(1)), Axis(position)


def test_interpolations_of_a_line():
    values = np.array([[[0.0, 10, 40, 90, 160, 250, 360]]], np.float32)
    position = np.array([0.0, 1.25, 2.5, 6.0])
    assert list(interpolate(values, lines(position), "nearest")[0, 0]) == [0, 10, 90, 360]
    assert list(interpolate(values, lines(position), "linear")[0, 0]) == [0, 17.5, 65, 360]
    from scipy.ndimage import map_coordinates

    noise = RNG.normal(0, 50, (9, 11, 13)).astype(np.float32)
    axes = tuple(Axis(np.linspace(0.2, size - 1.3, 6)) for size in noise.shape)
    grid = np.meshgrid(*(axis.position for axis in axes), indexing="ij")
    expected = map_coordinates(noise.astype(float), grid, order=3, mode="nearest")
    assert np.allclose(interpolate(noise, axes, "cubic"), expected, atol=1e-3)


def test_a_spline_refuses_what_is_no_number():
    values = np.zeros((1, 1, 9), np.float32)
    values[0, 0, 4] = np.nan
    with pytest.raises(SplineInputError, match="spline"):
        interpolate(values, lines(np.array([1.5])), "cubic")
    assert interpolate(values, lines(np.array([1.5])), "linear")[0, 0, 0] == 0


@pytest.mark.parametrize(
    ("image", "mask"), [("nearest", "nearest"), ("cubic", "linear"), ("cubic", "cubic"), ("linear", "nearest")]
)
def test_interpolations_change_values_and_little_else(tmp_path, image, mask):
    plain = extract_case("a", *save_case(tmp_path), FeatureSettings())
    settings = FeatureSettings(image_interpolation=image, mask_interpolation=mask)
    other = extract_case("a", *save_case(tmp_path), settings)
    mean, volume = "3d.intensity_statistics.mean", "3d.morphology.volume"
    assert other.patient[mean].item() != plain.patient[mean].item()
    assert other.patient[mean].item() == pytest.approx(plain.patient[mean].item(), abs=12)
    assert other.patient[volume].item() == pytest.approx(plain.patient[volume].item(), rel=0.05)
    assert list(other.slices["slice"]) == list(plain.slices["slice"])


def test_without_interpolation_voxels_stay_as_they_are(tmp_path):
    settings = FeatureSettings(grid="native", resegmentation=None, feature_set="all", families=["intensity_statistics"])
    features = extract_case("a", *save_case(tmp_path), settings)
    values, labels = organ()
    inside = values[labels > 0].astype(float)
    assert features.patient["3d.intensity_statistics.mean"].item() == pytest.approx(inside.mean())
    assert features.patient["3d.intensity_statistics.max"].item() == inside.max()
    assert features.patient["3d.morphology.vol_approx"].item() == pytest.approx(inside.size * 2.5 * 2.0 * 4.0)
    index = features.slices["slice"].iloc[2]
    in_slice = values[:, :, index][labels[:, :, index] > 0]
    assert features.slices["intensity_statistics.mean"].iloc[2] == pytest.approx(in_slice.mean())


def test_anti_aliasing_takes_noise_away(tmp_path):
    labels = organ((60, 60, 20))[1]
    values = RNG.normal(60, 25, labels.shape).round().astype(np.int16)
    image, mask = (save(tmp_path / f"{k}.nii", v, affine((0.5, 0.5, 4.0))) for k, v in enumerate((values, labels)))
    variance = [
        extract_case("a", image, mask, FeatureSettings(anti_aliasing=smoothed, min_organ_area=20))
        .patient["3d.intensity_statistics.var"]
        .item()
        for smoothed in (False, True)
    ]
    assert variance[1] < 0.6 * variance[0]


# ---- neighbourhoods


def test_directions_and_neighbours():
    assert len(directions(Neighbourhood(), in_plane=True)) == 4
    assert len(directions(Neighbourhood(), in_plane=False)) == 13
    assert directions(Neighbourhood(distance=2), in_plane=True) == [(0, 0, 2), (0, 2, -2), (0, 2, 0), (0, 2, 2)]
    assert directions(Neighbourhood(norm="manhattan"), in_plane=True) == [(0, 0, 1), (0, 1, 0)]
    assert len(within(1, "chebyshev", in_plane=False)) == 26
    assert len(within(1, "euclidean", in_plane=False)) == 6
    assert len(within(2, "euclidean", in_plane=True)) == 12
    assert len(within(2, "chebyshev", in_plane=True)) == 24


@pytest.mark.parametrize("dimension", ["2d", "2.5d", "3d"])
@pytest.mark.parametrize(
    "around",
    [
        Neighbourhood(distance=2),
        Neighbourhood(distance=2, norm="euclidean"),
        Neighbourhood(weighting="inverse"),
        Neighbourhood(distance=2, norm="manhattan", weighting="gaussian", weighting_norm="manhattan"),
    ],
    ids=lambda around: f"{around.distance} {around.norm} {around.weighting}",
)
def test_neighbourhoods_agree_with_the_definitions(around, dimension):
    levels = RNG.integers(0, 5, (4, 5, 6))
    dependence = DependenceSettings(**around.to_mapping(), coarseness=1)
    region = region_of(levels, settings=FamilySettings(around, around, dependence)).counted(dimension)
    offsets = within(around.distance, around.norm, dimension != "3d")

    def weight(offset):
        steps = np.abs(offset)
        length = {"euclidean": np.sqrt((steps**2).sum()), "manhattan": steps.sum(), "chebyshev": steps.max()}
        d = length[around.weighting_norm]
        return {"none": 1.0, "inverse": 1 / d, "gaussian": np.exp(-(d**2))}[around.weighting]

    def at(voxel):
        return levels[tuple(voxel)] if all(0 <= k < n for k, n in zip(voxel, levels.shape, strict=True)) else 0

    differences, counts, sizes = [], [], []
    for voxel in product(*map(range, levels.shape)):
        if not levels[voxel]:
            continue
        near = [(at(np.add(voxel, offset)), weight(offset)) for offset in offsets]
        near = [(level, w) for level, w in near if level]
        row = voxel[0] if dimension == "2d" else 0
        sizes.append((row, 1 + sum(w for level, w in near if abs(level - levels[voxel]) <= 1)))
        if near:
            mean = np.average([level for level, _ in near], weights=[w for _, w in near])
            differences.append((row, abs(levels[voxel] - mean)))
            counts.append((row, levels[voxel]))
    features = region_features(region, ("ngtdm", "ngldm", "glcm"), "all")
    for row in range(region.n_rows):
        own = np.array([size for r, size in sizes if r == row])
        assert features["ngldm.hde"][row] == pytest.approx((own**2).mean())
        found = np.array([difference for r, difference in differences if r == row])
        level = np.array([value for r, value in counts if r == row])
        share = np.bincount(level, minlength=9) / level.size
        summed = np.bincount(level, found, minlength=9)
        assert features["ngtdm.coarseness"][row] == pytest.approx(1 / (share @ summed))
    pairs = np.zeros((region.n_rows, 2))
    for voxel in product(*map(range, levels.shape)):
        for offset in directions(around, dimension != "3d"):
            other = at(np.add(voxel, offset))
            if levels[voxel] and other:
                w = weight(offset)
                pairs[voxel[0] if dimension == "2d" else 0] += [w, w * abs(int(levels[voxel]) - int(other))]
    assert np.allclose(features["glcm.dissimilarity"], pairs[:, 1] / pairs[:, 0])


def test_aggregations_differ_as_they_should():
    region = region_of(RNG.integers(0, 5, (4, 6, 6)))
    features = volume_features(region, ("glcm", "glcm_averaged", "glszm"), "all", ("2d", "2.5d", "3d"))
    contrasts = {features[f"{d}.{f}.contrast"] for d in ("2d", "2_5d", "3d") for f in ("glcm", "glcm_averaged")}
    assert len(contrasts) == 6
    slices = region_features(region.counted("2d"), ("glcm",), "all")
    assert features["2d.glcm.contrast"] == pytest.approx(slices["glcm.contrast"].mean())


def test_maximal_correlation_by_the_book():
    levels = RNG.integers(1, 5, (1, 9, 9))
    region = region_of(levels, each_plane=True)
    pairs = np.zeros((4, 4))
    for _, y, x in product(range(1), range(9), range(9)):
        for dy, dx in ((0, 1), (1, -1), (1, 0), (1, 1)):
            if 0 <= y + dy < 9 and 0 <= x + dx < 9:
                pairs[levels[0, y, x] - 1, levels[0, y + dy, x + dx] - 1] += 1
    p = (pairs + pairs.T) / (2 * pairs.sum())
    margin = p.sum(0)
    q = np.einsum("ik,jk,i,k->ij", p, p, 1 / margin, 1 / margin)
    second = np.sort(np.linalg.eigvals(q).real)[-2]
    assert region_features(region, ("glcm",), "all")["glcm.max_corr"][0] == pytest.approx(np.sqrt(second))


# ---- enclosing solids


def test_the_smallest_box_and_ellipsoid_of_turned_solids():
    turn, _ = np.linalg.qr(RNG.normal(size=(3, 3)))
    corners = np.array(list(product((0, 3), (0, 5), (0, 8)))) @ turn.T
    from scipy.spatial import ConvexHull

    hull = ConvexHull(corners)
    assert sorted(minimum_box(corners[hull.vertices], hull.equations[:, :3])) == pytest.approx([3, 5, 8])
    assert minimum_ellipsoid(corners) == pytest.approx([8 * 3**0.5 / 2, 5 * 3**0.5 / 2, 3 * 3**0.5 / 2], rel=1e-5)
    points = RNG.normal(size=(400, 3))
    surface = points / np.linalg.norm(points, axis=1)[:, None] * [2, 3, 4] @ turn.T
    assert minimum_ellipsoid(surface) == pytest.approx([4, 3, 2], rel=0.01)


def test_shape_of_slices():
    disc = (((np.indices((1, 61, 61)) - [[[[0]]], [[[30]]], [[[30]]]])[1:] ** 2).sum(0) <= 25**2).astype(int)
    region = region_of(disc, each_plane=True)
    shape = {name.split(".")[1]: values[0] for name, values in region_features(region, ("shape_2d",), "all").items()}
    assert shape["area_pixel"] == disc.sum()
    assert shape["area_mesh"] == pytest.approx(np.pi * 25**2, rel=0.01)
    assert shape["perimeter"] == pytest.approx(2 * np.pi * 25, rel=0.07)
    assert shape["diam"] == pytest.approx(51, rel=0.01)
    assert shape["pca_maj_axis"] == pytest.approx(50, rel=0.01)
    assert shape["pca_elongation"] == pytest.approx(1)
    assert 0.9 < shape["sphericity"] <= 1


# ---- presets


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_one_word(tmp_path, preset):
    settings = FeatureSettings(preset=preset)
    resolved = settings.resolved()
    assert resolved.preset == "none"
    for key, value in PRESETS[preset].items():
        got = getattr(resolved, key)
        assert got == value or got.to_mapping().items() >= value.items()
    assert FeatureSettings.from_mapping(resolved.to_mapping()) == resolved
    if preset in ("none", "ibsi_c", "pyradiomics"):
        assert len(extract_case("a", *save_case(tmp_path), settings).patient) == 1


def test_settings_refuse_what_cannot_be():
    for wrong in (
        {"preset": "ibsi_z"},
        {"discretisation": "fixed"},
        {"bin_number": 1},
        {"image_interpolation": "sinc"},
        {"patient_dimensions": []},
        {"patient_dimensions": ["4d"]},
        {"glcm": {"distance": 0}},
        {"ngldm": {"coarseness": -1}},
        {"ngtdm": {"weight": "inverse"}},
        {"intensity_volume": {"bin_number": 0}},
        {"filters": [{"filter": "log"}, {"filter": "log", "sigma": 3.0}]},
    ):
        with pytest.raises(ConfigError):
            FeatureSettings(**wrong)


# ---- without compilation


SAME_FEATURES = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from radiomics_scans import save_case
from snndeep.radiomics.extract import extract_case
from snndeep.radiomics.families import FAMILIES
from snndeep.radiomics.settings import FeatureSettings
settings = FeatureSettings(
    families=tuple(FAMILIES), feature_set="all", patient_dimensions=("2d", "2.5d", "3d"), patient_spacing=4.0,
    slice_spacing=3.0, bin_number=8, filters=[{{"filter": "square"}}],
    ngtdm={{"weighting": "inverse"}}, ngldm={{"weighting": "inverse", "distance": 2}}, glcm={{"weighting": "inverse"}},
)
folder = Path({folder!r})
features = extract_case("a", *save_case(folder), settings)
few = FeatureSettings(families=tuple(FAMILIES)[:10], patient_spacing=4.0, slice_spacing=3.0)
plain = extract_case("a", *save_case(folder), few)
for number, table in enumerate((features.slices, features.patient, plain.slices, plain.patient)):
    table.to_parquet(folder / f"{{number}}.parquet")
"""


def test_compilation_changes_no_feature(tmp_path):
    import pandas as pd

    tables = []
    for name, disabled in (("compiled", "0"), ("interpreted", "1")):
        folder = tmp_path / name
        folder.mkdir()
        script = SAME_FEATURES.format(paths=[str(SCRIPTS), str(Path(__file__).parent)], folder=str(folder))
        subprocess.run(
            [sys.executable, "-W", "error::RuntimeWarning", "-c", script],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            check=True,
        )
        tables.append([pd.read_parquet(folder / f"{number}.parquet") for number in range(4)])
    for compiled, interpreted in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(compiled, interpreted, rtol=1e-9)
