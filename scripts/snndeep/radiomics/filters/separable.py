"""Convolution with kernels that are products of one kernel per axis, and their right-angled rotations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product

import numpy as np

from snndeep.radiomics.filters.base import PADDING

Kernels = tuple[np.ndarray, ...]
"""One kernel per axis, x first."""


def convolve(image: np.ndarray, kernels: Kernels, boundary: str, flips: tuple[bool, ...] = ()) -> np.ndarray:
    """Return the convolution of an image [z, y, x] with a kernel per axis, x first, as float32.

        h[k] = sum_m f[k - m] g[m]

    A kernel of odd length is centred; one of even length has its centre on the element after the middle. Two kernels
    act in the plane.

    Args:
        image: [z, y, x].
        kernels: One per axis.
        boundary: How the image goes on.
        flips: Which kernels to mirror; that of even length is mirrored with its centre, as if the image were.
    """
    response = np.asarray(image, np.float32)
    for number, (kernel, flip) in enumerate(zip(kernels, flips or (False,) * len(kernels), strict=True)):
        if kernel.size > 1 or kernel[0] != 1:
            response = _along(response, kernel, 2 - number, boundary, flip)
    return response


def _along(image: np.ndarray, kernel: np.ndarray, axis: int, boundary: str, flip: bool) -> np.ndarray:
    """Return the convolution along one axis."""
    from snndeep.radiomics.filters.convolution import correlate

    after = kernel.size // 2
    before = kernel.size - 1 - after
    width = [(0, 0)] * 3
    width[axis] = (after, before) if flip else (before, after)
    padded = np.pad(image, width, mode=PADDING[boundary])  # type: ignore[call-overload]
    weights = np.ascontiguousarray(kernel if flip else kernel[::-1], np.float32)
    response = np.empty(image.shape, np.float32)
    outer, inner = int(np.prod(image.shape[:axis])), int(np.prod(image.shape[axis + 1 :]))
    correlate(padded.reshape(outer, -1, inner), weights, response.reshape(outer, -1, inner))
    return response


def rotations(kernels: Kernels) -> list[tuple[Kernels, tuple[bool, ...], float]]:
    """Return kernels and flips of all right-angled rotations, and a sign by which their response is to be multiplied.

    A kernel of odd length that is its own mirror image up to the sign needs no convolution of its own: the sign says
    which it is. Rotations are sorted, so that equal ones follow each other.
    """
    turned = []
    for order, flips in proper_rotations(len(kernels)):
        sign, needed = 1.0, []
        for axis, flip in zip(order, flips, strict=True):
            kernel = kernels[axis]
            mirrored = kernel[::-1] if kernel.size % 2 else np.array([np.nan])
            if flip and np.array_equal(mirrored, -kernel):
                sign = -sign
            needed.append(flip and not np.array_equal(mirrored, -kernel) and not np.array_equal(mirrored, kernel))
        turned.append((tuple(kernels[axis] for axis in order), tuple(needed), sign))
    return sorted(turned, key=lambda item: _key(item[0], item[1]))


def _key(kernels: Kernels, flips: tuple[bool, ...]) -> tuple[tuple[bytes, ...], tuple[bool, ...]]:
    return tuple(kernel.tobytes() for kernel in kernels), flips


def proper_rotations(n_axes: int) -> list[tuple[tuple[int, ...], tuple[bool, ...]]]:
    """Return the rotations by right angles, 4 in the plane and 24 in space, as orders of axes and flips."""
    proper = []
    for order in permutations(range(n_axes)):
        inversions = sum(order[a] > order[b] for a in range(n_axes) for b in range(a + 1, n_axes))
        for flips in product((False, True), repeat=n_axes):
            # The determinant of a signed permutation is the product of both parities.
            if (inversions + sum(flips)) % 2 == 0:
                proper.append((order, flips))
    return proper


class Pool:
    """Pools response maps, one after the other."""

    def __init__(self, how: str) -> None:
        self._how = how
        self._pooled: np.ndarray | None = None
        self._number = 0

    def add(self, response: np.ndarray) -> None:
        """Take another map; its memory may be used."""
        self._number += 1
        if self._pooled is None:
            self._pooled = response.copy()
        elif self._how == "mean":
            self._pooled += response
        else:
            combine = np.maximum if self._how == "max" else np.minimum
            combine(self._pooled, response, out=self._pooled)

    def result(self) -> np.ndarray:
        """Return the pooled map."""
        assert self._pooled is not None
        return self._pooled / np.float32(self._number) if self._how == "mean" else self._pooled


def pooled(image: np.ndarray, kernels: Kernels, boundary: str, pooling: str) -> np.ndarray:
    """Return the response to the kernels, or the pooled responses to all their rotations."""
    if pooling == "none":
        return convolve(image, kernels, boundary)
    pool, latest, response = Pool(pooling), None, image
    for turned, flips, sign in rotations(kernels):
        if _key(turned, flips) != latest:
            latest, response = _key(turned, flips), convolve(image, turned, boundary, flips)
        pool.add(response if sign > 0 else -response)
    return pool.result()


def upsampled(kernel: Sequence[float] | np.ndarray, factor: int) -> np.ndarray:
    """Return a kernel with factor - 1 zeros after each element (a trous)."""
    values = np.asarray(kernel, np.float64)
    spread = np.zeros(values.size * factor)
    spread[::factor] = values
    return spread
