"""Compiled counting of grey-level matrices.

All kernels work on an array of grey levels [z, y, x] that is padded by one voxel of zeros on every side; zero is
"outside the region", so no kernel tests for borders. `rows[z]` names the output row of plane z: with one row per
plane and in-plane directions they count slices, with a single row they count the volume. `steps` are the flat
distances to the neighbours of one half of the neighbourhood, the other half is their negative.
"""

from __future__ import annotations

import numpy as np

from snndeep.radiomics.compiler import compiled

SMALL = 64
"""Zones up to this size are counted in a table, larger ones listed one by one."""


@compiled
def count_values(
    values: np.ndarray, mask: np.ndarray, rows: np.ndarray, n_rows: int, lower: int, upper: int
) -> np.ndarray:
    """Count the integer values lower..upper within the mask, [row, value - lower]."""
    nz, ny, nx = values.shape
    counts = np.zeros((n_rows, upper - lower + 1), np.int64)
    for z in range(1, nz - 1):
        row = rows[z]
        for y in range(1, ny - 1):
            for x in range(1, nx - 1):
                if mask[z, y, x]:
                    value = np.int64(values[z, y, x])
                    if lower <= value <= upper:
                        counts[row, value - lower] += 1
    return counts


@compiled
def count_levels(levels: np.ndarray, rows: np.ndarray, n_rows: int, n_levels: int) -> np.ndarray:
    """Count grey levels, [row, level - 1]."""
    nz, ny, nx = levels.shape
    counts = np.zeros((n_rows, n_levels + 1), np.int64)
    flat = levels.ravel()
    for z in range(nz):
        row_counts = counts[rows[z]]
        for voxel in range(z * ny * nx, (z + 1) * ny * nx):
            row_counts[flat[voxel]] += 1
    return counts[:, 1:].copy()


@compiled
def assign_levels(
    values: np.ndarray, mask: np.ndarray, level_of_value: np.ndarray, lower: int, levels: np.ndarray
) -> None:
    """Write the grey level of every voxel within mask and range into `levels`, zero elsewhere."""
    values, mask, levels = values.ravel(), mask.ravel(), levels.ravel()
    upper = lower + level_of_value.size - 1
    for voxel in range(values.size):
        level = 0
        if mask[voxel]:
            value = np.int64(values[voxel])
            if lower <= value <= upper:
                level = level_of_value[value - lower]
        levels[voxel] = level


@compiled
def assign_bins(
    values: np.ndarray,
    mask: np.ndarray,
    rows: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    origin: np.ndarray,
    factor: np.ndarray,
    divisor: np.ndarray,
    n_levels: int,
    levels: np.ndarray,
) -> None:
    """Write the grey level floor(factor (x - origin) / divisor) + 1 of every voxel within mask and limits, else zero.

    `low`, `high`, `origin`, `factor` and `divisor` hold one number per row.
    """
    nz, ny, nx = values.shape
    values, mask, levels = values.ravel(), mask.ravel(), levels.ravel()
    for z in range(nz):
        row = rows[z]
        for voxel in range(z * ny * nx, (z + 1) * ny * nx):
            level = np.int64(0)
            if mask[voxel]:
                value = np.float64(values[voxel])
                if low[row] <= value <= high[row]:
                    level = np.int64(np.floor(factor[row] * (value - origin[row]) / divisor[row])) + 1
                    level = np.int64(n_levels) if level > n_levels else max(level, np.int64(1))
            levels[voxel] = level


@compiled
def count_cooccurrences(
    levels: np.ndarray, rows: np.ndarray, steps: np.ndarray, slots: np.ndarray, n_rows: int, n_slots: int, n_levels: int
) -> np.ndarray:
    """Count pairs of neighbouring levels, [row, slot, level, neighbour's level], along +step only.

    `slots[d]` is the output slot of direction d: all zero to merge directions.
    """
    nz, ny, nx = levels.shape
    flat = levels.ravel()
    counts = np.zeros((n_rows, n_slots, n_levels, n_levels), np.int64)
    for z in range(1, nz - 1):
        row_counts = counts[rows[z]]
        for y in range(1, ny - 1):
            start = (z * ny + y) * nx
            for voxel in range(start + 1, start + nx - 1):
                level = flat[voxel]
                if level:
                    for d in range(steps.size):
                        other = flat[voxel + steps[d]]
                        if other:
                            row_counts[slots[d], level - 1, other - 1] += 1
    return counts


@compiled
def count_runs(
    levels: np.ndarray,
    rows: np.ndarray,
    steps: np.ndarray,
    slots: np.ndarray,
    n_rows: int,
    n_slots: int,
    n_levels: int,
) -> np.ndarray:
    """Count runs of equal level along each direction, [row, slot, level, length - 1].

    Steps lead onwards, so the voxel before is visited before: its length plus one is that of the run so far.
    """
    nz, ny, nx = levels.shape
    flat = levels.ravel()
    lengths = np.zeros(flat.size, np.int32)
    counts = np.zeros((n_rows, n_slots, n_levels, max(nz, ny, nx) - 2), np.int64)
    for d in range(steps.size):
        step = steps[d]
        for z in range(1, nz - 1):
            row_counts = counts[rows[z], slots[d]]
            for y in range(1, ny - 1):
                start = (z * ny + y) * nx
                for voxel in range(start + 1, start + nx - 1):
                    level = flat[voxel]
                    if level:
                        # Without branches: whether a run goes on is a coin toss that no processor foresees.
                        length = lengths[voxel - step] * np.int64(flat[voxel - step] == level) + 1
                        lengths[voxel] = length
                        row_counts[level - 1, length - 1] += np.int64(flat[voxel + step] != level)
    return counts


@compiled
def count_dependence(
    levels: np.ndarray, rows: np.ndarray, steps: np.ndarray, n_rows: int, n_levels: int, coarseness: int
) -> np.ndarray:
    """Count voxels by the number of neighbours whose level differs by at most `coarseness`, [row, level, number]."""
    nz, ny, nx = levels.shape
    flat = levels.ravel()
    counts = np.zeros((n_rows, n_levels, 2 * steps.size + 1), np.int64)
    for z in range(1, nz - 1):
        row_counts = counts[rows[z]]
        for y in range(1, ny - 1):
            start = (z * ny + y) * nx
            for voxel in range(start + 1, start + nx - 1):
                level = np.int64(flat[voxel])
                if level:
                    number = np.int64(0)
                    for step in steps:
                        after, before = np.int64(flat[voxel + step]), np.int64(flat[voxel - step])
                        number += np.int64(after != 0 and abs(after - level) <= coarseness)
                        number += np.int64(before != 0 and abs(before - level) <= coarseness)
                    row_counts[level - 1, number] += 1
    return counts


@compiled
def sum_tone_differences(
    levels: np.ndarray, rows: np.ndarray, steps: np.ndarray, n_rows: int, n_levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return, [row, level] each, the voxels with a neighbour and their summed difference to the mean neighbour."""
    nz, ny, nx = levels.shape
    flat = levels.ravel()
    numbers = np.zeros((n_rows, n_levels), np.int64)
    sums = np.zeros((n_rows, n_levels))
    for z in range(1, nz - 1):
        row = rows[z]
        for y in range(1, ny - 1):
            start = (z * ny + y) * nx
            for voxel in range(start + 1, start + nx - 1):
                level = np.int64(flat[voxel])
                if level:
                    total, neighbours = np.int64(0), np.int64(0)
                    for step in steps:
                        after, before = np.int64(flat[voxel + step]), np.int64(flat[voxel - step])
                        total += after + before
                        # Numba adds truth values as integers, Python's numpy as truth values.
                        neighbours += np.int64(after != 0) + np.int64(before != 0)
                    if neighbours:
                        numbers[row, level - 1] += 1
                        sums[row, level - 1] += abs(level - total / neighbours)
    return numbers, sums


@compiled
def sum_weighted_tone_differences(
    levels: np.ndarray, rows: np.ndarray, steps: np.ndarray, weights: np.ndarray, n_rows: int, n_levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `sum_tone_differences` does, with a weight for each step in the mean of the neighbours."""
    nz, ny, nx = levels.shape
    flat = levels.ravel()
    numbers = np.zeros((n_rows, n_levels), np.int64)
    sums = np.zeros((n_rows, n_levels))
    for z in range(1, nz - 1):
        row = rows[z]
        for y in range(1, ny - 1):
            start = (z * ny + y) * nx
            for voxel in range(start + 1, start + nx - 1):
                level = np.int64(flat[voxel])
                if level:
                    total = 0.0
                    neighbours = 0.0
                    for d in range(steps.size):
                        for step in (steps[d], -steps[d]):
                            other = np.int64(flat[voxel + step])
                            if other:
                                total += weights[d] * other
                                neighbours += weights[d]
                    if neighbours > 0:
                        numbers[row, level - 1] += 1
                        sums[row, level - 1] += abs(level - total / neighbours)
    return numbers, sums


@compiled
def list_weighted_dependence(
    levels: np.ndarray,
    rows: np.ndarray,
    steps: np.ndarray,
    weights: np.ndarray,
    coarseness: int,
    found: np.ndarray,
    dependence: np.ndarray,
) -> int:
    """List row and level of every voxel, and the summed weights of its dependent neighbours; return the number."""
    nz, ny, nx = levels.shape
    flat = levels.ravel()
    number = 0
    for z in range(1, nz - 1):
        for y in range(1, ny - 1):
            start = (z * ny + y) * nx
            for voxel in range(start + 1, start + nx - 1):
                level = np.int64(flat[voxel])
                if level:
                    total = 0.0
                    for d in range(steps.size):
                        for step in (steps[d], -steps[d]):
                            other = np.int64(flat[voxel + step])
                            if other and abs(other - level) <= coarseness:
                                total += weights[d]
                    found[number, 0], found[number, 1] = rows[z], level
                    dependence[number] = total
                    number += 1
    return number


@compiled
def _grow_zone(flat: np.ndarray, seed: int, steps: np.ndarray, members: np.ndarray) -> int:
    """Collect the connected voxels of the seed's level into `members`, erase them, and return their number.

    `members` may be as long as the array: of memory that is only reserved, what is never written takes no space.
    """
    level = flat[seed]
    flat[seed] = 0
    members[0] = seed
    size, head = 1, 0
    while head < size:
        voxel = members[head]
        head += 1
        for step in steps:
            if flat[voxel + step] == level:
                flat[voxel + step] = 0
                members[size] = voxel + step
                size += 1
            if flat[voxel - step] == level:
                flat[voxel - step] = 0
                members[size] = voxel - step
                size += 1
    return size


@compiled
def count_zone_sizes(
    levels: np.ndarray, rows: np.ndarray, steps: np.ndarray, n_rows: int, n_levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count zones of connected equal levels.

    Returns:
        `small`, [row, level, size - 1] counts of zones of at most `SMALL` voxels, and `large`, one line
        (row, level, size) for each other zone.
    """
    _, ny, nx = levels.shape
    left = levels.copy().ravel()
    members = np.empty(left.size, np.int32)
    small = np.zeros((n_rows, n_levels, SMALL), np.int64)
    large = np.empty((members.size // SMALL + 1, 3), np.int64)
    n_large = 0
    for seed in range(left.size):
        level = left[seed]
        if level:
            size = _grow_zone(left, seed, steps, members)
            row = rows[seed // (ny * nx)]
            if size <= SMALL:
                small[row, level - 1, size - 1] += 1
            else:
                large[n_large, 0], large[n_large, 1], large[n_large, 2] = row, level, size
                n_large += 1
    return small, large[:n_large]


@compiled
def count_zone_distances(
    levels: np.ndarray, distances: np.ndarray, rows: np.ndarray, steps: np.ndarray, n_rows: int, n_levels: int
) -> np.ndarray:
    """Count zones of connected equal levels by their least distance to the border, [row, level, distance - 1]."""
    _, ny, nx = levels.shape
    left = levels.copy().ravel()
    distances = distances.ravel()
    members = np.empty(left.size, np.int32)
    counts = np.zeros((n_rows, n_levels, distances.max()), np.int64)
    for seed in range(left.size):
        level = left[seed]
        if level:
            size = _grow_zone(left, seed, steps, members)
            least = distances[seed]
            for voxel in members[:size]:
                least = min(least, distances[voxel])
            counts[rows[seed // (ny * nx)], level - 1, least - 1] += 1
    return counts


@compiled
def border_distances(mask: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the least number of face steps from each voxel of the mask to a voxel outside it; 0 outside.

    Two sweeps, forward and backward, are exact for distances that count steps (Rosenfeld and Pfaltz, 1966).
    """
    distances = np.zeros(mask.shape, np.int32)
    flat, inside = distances.ravel(), mask.ravel()
    for voxel in range(flat.size):
        if inside[voxel]:
            least = flat[voxel - steps[0]]
            for step in steps[1:]:
                least = min(least, flat[voxel - step])
            flat[voxel] = least + 1
    for voxel in range(flat.size - 1, -1, -1):
        if inside[voxel]:
            for step in steps:
                flat[voxel] = min(flat[voxel], flat[voxel + step] + 1)
    return distances


@compiled
def count_cube_corners(mask: np.ndarray) -> np.ndarray:
    """Count, [z, code], the 2 x 2 x 2 cubes of neighbouring voxels by which of their corners lie in the mask.

    Corner (dz, dy, dx) sets bit 4 dz + 2 dy + dx of the code.
    """
    nz, ny, nx = mask.shape
    counts = np.zeros((nz - 1, 256), np.int64)
    for z in range(nz - 1):
        for y in range(ny - 1):
            # The far face of one cube is the near face of the next.
            near = mask[z, y, 0] | mask[z, y + 1, 0] << 2 | mask[z + 1, y, 0] << 4 | mask[z + 1, y + 1, 0] << 6
            for x in range(1, nx):
                far = mask[z, y, x] | mask[z, y + 1, x] << 2 | mask[z + 1, y, x] << 4 | mask[z + 1, y + 1, x] << 6
                counts[z, near | far << 1] += 1
                near = far
    return counts


@compiled
def mean_of_neighbours(values: np.ndarray, points: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return, [P], the mean of the values at points [P, 3] plus offsets [K, 3], without those beyond the array."""
    nz, ny, nx = values.shape
    means = np.empty(len(points))
    for p in range(len(points)):
        total = 0.0
        number = 0
        for k in range(len(offsets)):
            z, y, x = points[p, 0] + offsets[k, 0], points[p, 1] + offsets[k, 1], points[p, 2] + offsets[k, 2]
            if 0 <= z < nz and 0 <= y < ny and 0 <= x < nx:
                # Python's numpy would add up in the precision of the values.
                total += np.float64(values[z, y, x])
                number += 1
        means[p] = total / number
    return means
