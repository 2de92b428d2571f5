"""What all image filters share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, fields

import numpy as np

from snndeep.radiomics.errors import FilterLengthError
from snndeep.settings import Settings

BOUNDARIES = {"zero": "constant", "nearest": "nearest", "periodic": "wrap", "mirror": "reflect"}
"""How an image goes on beyond its border (IBSI GBYQ), and SciPy's names for it."""

PADDING = {"zero": "constant", "nearest": "edge", "periodic": "wrap", "mirror": "symmetric"}
"""The same for `numpy.pad`."""

DIMENSIONS = ("3d", "2d")
POOLINGS = ("none", "mean", "max", "min")
DESCRIBED_DIMENSION = "3d (in space, for the volume) or 2d (in the plane, for slices and the volume)."
DESCRIBED_BOUNDARY = "How the image goes on beyond its border."
DESCRIBED_POOLING = (
    "Rotation invariance, by pooling the responses of all right-angled rotations of the filter; none for no rotation."
)


@dataclass(frozen=True)
class ImageFilter(Settings):
    """A filter with its parameters.

    Images are float32 [z, y, x] in the axes of DICOM: x runs to the patient's left, y to the back, z to the head.
    """

    @property
    def label(self) -> str:
        """What the filter is called in the names of features: its name and the parameters that are not the defaults."""
        parts = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "filter" or value != field.default:
                parts.append(str(value) if field.name == "filter" else f"{field.name}_{_plain(value)}")
        return "_".join(parts)

    @property
    def of_slices(self) -> bool:
        """Whether single slices have it."""
        return getattr(self, "dimension", "2d") == "2d"

    @property
    def whole_image(self) -> bool:
        """Whether the response of a voxel depends on the whole image."""
        return getattr(self, "boundary", "") == "periodic"

    def reach_mm(self, spacing: float) -> float:
        """Return how far from a voxel its response depends on the image, in mm, on a grid of this spacing."""
        return np.inf if self.whole_image else self.radius(spacing) * spacing

    @abstractmethod
    def radius(self, spacing: float) -> int:
        """Return how many voxels from a voxel its response depends on the image."""

    @abstractmethod
    def respond(self, image: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
        """Return the response map, float32 [z, y, x].

        Args:
            image: [z, y, x].
            spacing: Along x, y, z, in mm.

        Raises:
            FilterLengthError: If the filter is longer than the image.
        """


def _plain(value: object) -> str:
    return f"{value:g}".replace(".", "p").replace("-", "m") if isinstance(value, int | float) else str(value)


def check_length(length: int, image: np.ndarray, axes: tuple[int, ...], name: str) -> None:
    """Refuse a filter that is longer than the image along one of the axes."""
    shortest = min(image.shape[axis] for axis in axes)
    if length > shortest:
        raise FilterLengthError(
            "The filter is longer than the image.",
            where=f"features.filters: {name}",
            found=f"a kernel of {length} voxels on an image of {' x '.join(map(str, image.shape[::-1]))}",
            expected=f"at most {shortest} voxels",
            remedy="Take a smaller filter or a finer grid.",
        )


def axes_of(dimension: str) -> tuple[int, ...]:
    """Return the axes of [z, y, x] that a filter works along."""
    return (0, 1, 2) if dimension == "3d" else (1, 2)
