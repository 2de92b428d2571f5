"""Counting and formulas on random regions: against slow, obvious versions, and under symmetries."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snndeep.radiomics import kernels
from snndeep.radiomics.discretisation import Discretisation, make_region
from snndeep.radiomics.families import FAMILIES as ALL_FAMILIES
from snndeep.radiomics.families import load_family, region_features
from snndeep.radiomics.mesh import mesh_area_volume
from snndeep.radiomics.morphology import shape_features
from snndeep.radiomics.region import Region
from snndeep.radiomics.resampling import AxisSpan, align_axis, keep_axis, resample
from snndeep.radiomics.spatial import spatial_features

shapes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
volumes = shapes.flatmap(lambda shape: hnp.arrays(np.int16, shape, elements=st.integers(0, 5)))
masks = shapes.flatmap(lambda shape: hnp.arrays(np.uint8, shape, elements=st.integers(0, 1)))
quick = settings(max_examples=60, deadline=None)

# What any region has, without the image around it and whichever way it lies.
FAMILIES = [
    name
    for name, family in ((name, load_family(name)) for name in ALL_FAMILIES)
    if family.aggregated or (family.of_responses and family.of_slices)
]


def region_of(levels: np.ndarray, by_slice: bool) -> Region:
    """Return a region with the given levels 0..5, 0 outside."""
    padded = np.pad(levels, 1).astype(np.int16)
    return make_region(padded, (padded > 0).astype(np.uint8), Discretisation((1, 6), bin_width=1.0), by_slice)


def neighbours(by_slice: bool) -> list[tuple[int, int, int]]:
    return [d for d in product((-1, 0, 1), repeat=3) if any(d) and not (by_slice and d[0])]


def zones_of(levels: np.ndarray, by_slice: bool) -> list[tuple[int, int, int]]:
    """Return (row, level, size) of each zone, by the book."""
    left = {tuple(voxel): int(levels[tuple(voxel)]) for voxel in np.argwhere(levels)}
    zones = []
    while left:
        seed, level = left.popitem()
        size, front = 0, [seed]
        while front:
            voxel = front.pop()
            size += 1
            for step in neighbours(by_slice):
                other = tuple(np.add(voxel, step))
                if left.get(other) == level:
                    del left[other]
                    front.append(other)
        zones.append((seed[0] if by_slice else 0, level, size))
    return sorted(zones)


@quick
@given(levels=volumes, by_slice=st.booleans())
def test_counts_agree_with_the_definitions(levels, by_slice):
    region = region_of(levels, by_slice)
    rows = levels.shape[0] if by_slice else 1
    pairs = np.zeros((rows, 5, 5), int)
    dependence = np.zeros((rows, 5, 9 if by_slice else 27), int)
    numbers, sums = np.zeros((rows, 5), int), np.zeros((rows, 5))
    for voxel in np.argwhere(levels):
        row, level = (voxel[0] if by_slice else 0), int(levels[tuple(voxel)])
        around = [region.levels[tuple(voxel + 1 + step)] for step in neighbours(by_slice)]
        around = np.array([other for other in around if other], int)
        np.add.at(pairs[row, level - 1], around - 1, 1)
        dependence[row, level - 1, np.count_nonzero(around == level)] += 1
        if around.size:
            numbers[row, level - 1] += 1
            sums[row, level - 1] += abs(level - around.mean())

    arguments = (region.levels, region.rows, region.steps)
    slots = np.zeros(region.steps.size, np.int64)
    one_way = kernels.count_cooccurrences(*arguments, slots, rows, 1, 5)[:, 0]
    assert np.array_equal(one_way + one_way.transpose(0, 2, 1), pairs)
    assert np.array_equal(kernels.count_dependence(*arguments, rows, 5, 0), dependence)
    counted, summed = kernels.sum_tone_differences(*arguments, rows, 5)
    assert np.array_equal(counted, numbers)
    assert np.allclose(summed, sums)
    runs = kernels.count_runs(*arguments, slots, rows, 1, 5)[:, 0]
    lengths = np.arange(1, runs.shape[2] + 1)
    in_level = np.array([[(plane == level).sum() for level in range(1, 6)] for plane in levels])
    per_row = in_level if by_slice else in_level.sum(0, keepdims=True)
    assert np.array_equal(runs @ lengths, per_row * region.steps.size)
    small, large = kernels.count_zone_sizes(*arguments, rows, 5)
    listed = [(r, i + 1, j + 1) for r, i, j in np.argwhere(small) for _ in range(small[r, i, j])]
    assert sorted(listed + [tuple(zone) for zone in large]) == zones_of(levels, by_slice)


def test_large_zones_are_listed():
    levels = np.ones((6, 9, 8), np.int16)
    levels[2] = 3
    region = region_of(levels, by_slice=False)
    small, large = kernels.count_zone_sizes(region.levels, region.rows, region.steps, region.n_rows, region.n_levels)
    assert not small.any()
    assert sorted(map(tuple, large)) == [(0, 1, 144), (0, 1, 216), (0, 3, 72)]


@quick
@given(levels=volumes, by_slice=st.booleans(), moves=st.permutations((0, 1)), flips=st.tuples(*[st.booleans()] * 3))
def test_turns_flips_and_padding_leave_features_as_they_were(levels, by_slice, moves, flips):
    before = region_features(region_of(levels, by_slice), FAMILIES, "all")
    moved = levels.transpose(0, *(1 + np.array(moves)))
    for axis, flip in enumerate(flips):
        moved = np.flip(moved, axis) if flip else moved
    moved = np.pad(moved, ((0, 0), (2, 0), (1, 3)))
    after = region_features(region_of(moved, by_slice), FAMILIES, "all")
    for name, values in before.items():
        expected = values[::-1] if by_slice and flips[0] else values
        assert np.allclose(after[name], expected, rtol=1e-9, atol=1e-9, equal_nan=True), name


@quick
@given(levels=volumes, axes=st.permutations((0, 1, 2)))
def test_turns_in_space_leave_the_features_of_the_volume(levels, axes):
    before = region_features(region_of(levels, False), FAMILIES, "all")
    after = region_features(region_of(levels.transpose(axes), False), FAMILIES, "all")
    for name, values in before.items():
        assert np.allclose(after[name], values, rtol=1e-9, atol=1e-9, equal_nan=True), name


@quick
@given(levels=volumes)
def test_slices_are_independent_of_each_other(levels):
    together = region_features(region_of(levels, True), FAMILIES, "all")
    for index, plane in enumerate(levels):
        alone = region_features(region_of(plane[None], True), FAMILIES, "all")
        for name, values in alone.items():
            assert np.allclose(together[name][index], values[0], rtol=1e-9, atol=1e-9, equal_nan=True), name


def test_features_of_regions_without_texture():
    empty = region_features(region_of(np.zeros((1, 3, 3), np.int16), False), FAMILIES, "all")
    assert all(np.isnan(values).all() for name, values in empty.items() if "coarseness" not in name)
    flat = region_features(region_of(np.full((3, 4, 5), 2, np.int16), False), FAMILIES, "all")
    assert flat["glcm.corr"] == 1
    assert flat["glcm.joint_entr"] == flat["glszm.zs_entr"] == flat["ngtdm.contrast"] == 0
    assert flat["ngtdm.coarseness"] == 1e6
    assert flat["intensity_statistics.skew"] == flat["intensity_statistics.kurt"] == 0


@quick
@given(values=hnp.arrays(np.int16, (1, 4, 6), elements=st.integers(-170, 270)))
def test_statistics_agree_with_numpy(values):
    padded, mask = np.pad(values, 1), np.pad(np.ones(values.shape, np.uint8), 1)
    region = make_region(padded, mask, Discretisation(), each_plane=True)
    x = values[(values >= -150) & (values <= 250)].astype(float)
    features = region_features(region, ("intensity_statistics",), "all")
    got = {name.split(".")[1]: result[0] for name, result in features.items()}
    if x.size == 0:
        assert np.isnan(got["mean"])
        return
    p10, p25, p50, p75, p90 = np.percentile(x, [10, 25, 50, 75, 90])
    expected = {"mean": x.mean(), "var": x.var(), "median": p50, "p10": p10, "p90": p90, "iqr": p75 - p25}
    expected |= {"min": x.min(), "max": x.max(), "energy": (x * x).sum(), "mad": np.abs(x - x.mean()).mean()}
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_levels_are_bins_from_the_lower_bound():
    values = np.array([[[-151, -150, -126, -125, 0, 224, 225, 249, 250, 251]]], np.int16)
    mask = np.ones(values.shape, np.uint8)
    region = make_region(np.pad(values, 1), np.pad(mask, 1), Discretisation(), each_plane=False)
    assert region.n_levels == 16
    assert list(region.levels[1, 1, 1:-1]) == [0, 1, 1, 2, 7, 15, 16, 16, 16, 0]
    many = make_region(np.pad(values, 1), np.pad(mask, 1), Discretisation(bin_width=1.0), each_plane=False)
    assert many.levels.max() == 400


@quick
@given(mask=masks.filter(lambda m: m.any()), axes=st.permutations((0, 1, 2)))
def test_shape_does_not_depend_on_the_way_a_mask_lies(mask, axes):
    steps = np.array([3.0, 1.5, 2.0])  # along z, y, x
    before = shape_features(np.pad(mask, 1), tuple(steps[::-1]))
    turned = np.flip(mask.transpose(axes), 1)
    after = shape_features(np.pad(np.ascontiguousarray(turned), 1), tuple(steps[list(axes)][::-1]))
    for name, value in before.items():
        assert after[name] == pytest.approx(value, rel=1e-6, abs=1e-6, nan_ok=True), name


def test_the_mesh_of_a_box_and_of_a_ball():
    box = np.pad(np.ones((4, 5, 6), np.uint8), 1)
    area, volume = mesh_area_volume(box, (1.0, 1.0, 1.0))
    # The mesh cuts the edges and corners of the box off.
    assert 0.9 * 120 < volume < 120
    assert 0.85 * 148 < area < 148
    grid = np.indices((61, 61, 61)) - 30
    ball = ((grid**2).sum(0) <= 25**2).astype(np.uint8)
    features = shape_features(ball, (2.0, 2.0, 2.0))
    assert features["volume"] == pytest.approx(4 / 3 * np.pi * 50**3, rel=0.01)
    assert features["diam"] == pytest.approx(100, rel=0.03)
    assert features["pca_maj_axis"] == pytest.approx(4 * 50 / np.sqrt(5), rel=0.02)
    assert features["area_dens_aee"] == pytest.approx(
        features["area_mesh"] / (np.pi * features["pca_maj_axis"] ** 2), rel=0.01
    )


@quick
@given(values=hnp.arrays(np.int16, (3, 4, 3), elements=st.integers(-9, 9)), mask=hnp.arrays(bool, (3, 4, 3)))
def test_autocorrelation_agrees_with_the_sum_over_pairs(values, mask):
    spacing = (1.0, 2.0, 1.5)
    x, at = values[mask].astype(float), np.argwhere(mask) * spacing[::-1]
    if x.size < 2 or x.min() == x.max():
        return
    distance = np.linalg.norm(at[:, None] - at, axis=2)
    weight = np.divide(1, distance, out=np.zeros_like(distance), where=distance > 0)
    e = x - x.mean()
    moran = x.size / weight.sum() * (weight * np.outer(e, e)).sum() / (e**2).sum()
    geary = (x.size - 1) / (2 * weight.sum()) * (weight * np.subtract.outer(x, x) ** 2).sum() / (e**2).sum()
    got = spatial_features(values, mask, mask, spacing, 1.0)
    assert got["moran_i"] == pytest.approx(moran, abs=1e-9)
    assert got["geary_c"] == pytest.approx(geary, abs=1e-9)


def span(n_voxels: int) -> AxisSpan:
    """Return the span of an image of which all voxels are in the region, with one voxel more on either side."""
    return AxisSpan(n_voxels, -1, n_voxels + 2, 0, n_voxels - 1)


def test_resampling_is_trilinear_and_centred():
    z, y, x = np.meshgrid(np.arange(8.0), np.arange(9.0), np.arange(10.0), indexing="ij")
    intensity = (40 * z + 100 * y - 60 * x).astype(np.float32)  # linear: interpolation is exact
    mask = np.zeros(intensity.shape, np.uint8)
    mask[1:-1, 1:-1, 1:-1] = 1
    axes = (align_axis(span(6), 3.0, 2.0), align_axis(span(7), 1.0, 0.8), align_axis(span(8), 2.0, 2.0))
    values, inside = resample(intensity, mask, axes, 0.5)
    assert values.shape == (9 + 2, 9 + 2, 8 + 2)
    k, j, i = np.argwhere(inside).T - 1
    position = [axis.index[n] + axis.weight[n] for axis, n in zip(axes, (k, j, i), strict=True)]
    exact = 40 * position[0] + 100 * position[1] - 60 * position[2]
    assert np.abs(values[inside > 0] - exact).max() <= 0.5 + 1e-3
    for axis, n in zip(axes, intensity.shape, strict=True):
        assert (axis.index + axis.weight).mean() == pytest.approx((n - 1) / 2)
    assert inside.sum() == 9 * 9 * 8
    assert not resample(intensity, np.zeros_like(mask), axes, 0.5)[1].any()


@given(
    n=st.integers(4, 60),
    first=st.integers(0, 59),
    size=st.integers(1, 20),
    ratio=st.floats(0.3, 4),
    margin=st.floats(0, 9),
)
def test_samples_about_a_region_are_those_of_the_grid_of_the_whole_image(n, first, size, ratio, margin):
    last = min(first + size, n) - 1
    if first > last:
        return
    whole = align_axis(AxisSpan(n, 0, n, 0, n - 1), 1.0, ratio)
    start = max(0, first - 12)
    part = align_axis(AxisSpan(n, start, min(n, last + 13) - start, first, last), 1.0, ratio, margin)
    assert part.total == whole.total == max(1, np.ceil(n / ratio - 1e-6))
    of_grid = (n - 1) / 2 + (part.first + np.arange(part.position.size) - (part.total - 1) / 2) * ratio
    expected = np.clip(of_grid, start, min(n, last + 13) - 1) - start
    assert np.allclose(part.position, expected, atol=1e-5)


def test_keeping_voxels_changes_no_value():
    intensity = np.arange(5 * 4 * 3, dtype=np.float32).reshape(5, 4, 3)
    mask = np.pad(np.ones((3, 2, 1), np.uint8), 1)
    axes = (keep_axis(np.array([1, 3])), align_axis(span(2), 1.5, 1.5), align_axis(span(1), 1.0, None))
    values, inside = resample(intensity, mask, axes, 0.5)
    assert np.array_equal(values[1:-1, 1:-1, 1:-1], intensity[[1, 3], 1:-1, 1:-1])
    assert inside[1:-1, 1:-1, 1:-1].all()
