"""Focal findings in a liver: the lesions that make it diseased, and the confounders that do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from snndeep.phantom.geometry import Ellipsoid, Point, SmoothField, VoxelGrid, Window, membership, point

LESION_DIAMETER_MM = (5.0, 60.0)
LESION_KINDS = ("hypodense", "hyperdense", "rim-enhancing", "nearly isodense")
CONFOUNDER_KINDS = ("cyst", "focal fat", "perfusion difference")

Placement = Callable[[np.random.Generator, float], Point]
"""Draws the position of a finding of a given radius (mm): the centre of a voxel in the liver, x, y and z in mm."""

_CONTRAST_HU = {
    "hypodense": (-98.0, -50.0),
    "hyperdense": (45.0, 92.0),
    "rim-enhancing": (-105.0, -65.0),
    "nearly isodense": (-16.0, 16.0),
}
_NECROSIS = 8.0  # HU: no lesion is darker than fluid


@dataclass(frozen=True)
class Finding:
    """One focal finding.

    Attributes:
        kind: One of `LESION_KINDS` or `CONFOUNDER_KINDS`.
        shape: Position and size.
        contrast: Difference from the parenchyma, HU.
        rim_contrast: The same for the outer rim.
        rim: Thickness of the rim in mm, 0 for none.
        edge: Width over which the finding fades out, mm.
        replaces: Whether it replaces tissue and vessels or only shifts the tissue's attenuation.
        irregularity: Standard deviation of the outline as a share of the radius.
    """

    kind: str
    shape: Ellipsoid
    contrast: float
    rim_contrast: float = 0.0
    rim: float = 0.0
    edge: float = 2.0
    replaces: bool = True
    irregularity: float = 0.12

    @property
    def is_lesion(self) -> bool:
        """Whether the finding is in the label and makes the liver diseased."""
        return self.kind in LESION_KINDS

    @property
    def diameter(self) -> float:
        """Diameter of the sphere of equal volume, mm."""
        return 2 * self.shape.radius


@dataclass(frozen=True)
class FindingPainter:
    """Draws findings into planes of the liver.

    Attributes:
        grid: Voxel centres.
        outline: Smooth field that makes the outlines irregular.
        attenuation: Mean HU of the parenchyma.
    """

    grid: VoxelGrid
    outline: SmoothField
    attenuation: float

    def draw(self, finding: Finding, z: float, hu: np.ndarray, label: np.ndarray, window: Window) -> None:
        """Draw one finding in place.

        Args:
            finding: The finding to draw.
            z: Position of the plane, mm.
            hu: Liver tissue in `window`, HU, [x, y]; modified.
            label: 1 for liver in `window`, [x, y]; lesions are set to 2.
            window: Part of the plane that `hu` and `label` cover.
        """
        edge = finding.edge + 0.4 * (self.grid.spacing[0] + self.grid.spacing[2])
        margin = edge + 3.5 * finding.irregularity * finding.shape.radius
        if not finding.shape.crosses(z, margin):
            return
        wx, wy = finding.shape.window(self.grid, margin, window)
        if wx.start >= wx.stop or wy.start >= wy.stop:
            return
        x, y = self.grid.x[wx], self.grid.y[wy]
        rough = np.clip(self.outline.plane(x, y, z), -3, 3) * np.float32(finding.irregularity * finding.shape.radius)
        distance = finding.shape.distance(x, y, z) + rough
        part = (
            slice(wx.start - window[0].start, wx.stop - window[0].start),
            slice(wy.start - window[1].start, wy.stop - window[1].start),
        )
        change = np.full(distance.shape, finding.contrast, np.float32)
        if finding.rim > 0:
            core = membership(distance + np.float32(finding.rim), edge)
            change += (1 - core) * np.float32(finding.rim_contrast - finding.contrast)
        tissue = hu[part]
        if finding.replaces:
            change += np.float32(self.attenuation) - tissue
        tissue += membership(distance, edge) * change
        if finding.is_lesion:
            inside = label[part]
            inside[(distance < 0) & (inside == 1)] = 2


def sample_lesions(
    random: np.random.Generator, place: Placement, attenuation: float, contrast: float, burden: float
) -> tuple[Finding, ...]:
    """Draw the lesions of a diseased liver, at least one of which has a diameter of 15 mm or more.

    Args:
        random: Source of randomness.
        place: Draws the position of a finding in the liver.
        attenuation: Mean attenuation of the parenchyma, HU.
        contrast: Factor on the difference from the parenchyma.
        burden: Factor on the mean number of lesions.
    """
    count = 1 + int(random.poisson(burden * random.choice([3.0, 10.0, 18.0])))
    # Most lesions of one liver are of the same kind.
    main_kind = random.choice(LESION_KINDS, p=(0.5, 0.15, 0.3, 0.05))
    smallest, largest = LESION_DIAMETER_MM
    lesions = []
    for number in range(count):
        kind = main_kind if random.random() < 0.75 else random.choice(LESION_KINDS)
        least = 15.0 if number == 0 else smallest
        diameter = least * (largest / least) ** (random.random() ** 1.2)
        lesions.append(_lesion(random, str(kind), diameter / 2, place, attenuation, contrast))
    return tuple(lesions)


def _lesion(
    random: np.random.Generator, kind: str, radius: float, place: Placement, attenuation: float, factor: float
) -> Finding:
    difference = factor * random.uniform(*_CONTRAST_HU[kind])
    rim = min(0.3 * radius, 4.0) if kind == "rim-enhancing" else 0.0
    return Finding(
        kind=kind,
        shape=_blob(random, radius, place, 0.2),
        contrast=float(max(difference, _NECROSIS - attenuation)),
        rim_contrast=float(factor * random.uniform(30, 75)) if rim else 0.0,
        rim=float(rim),
        edge=float(random.uniform(0.5, 4.0)),
    )


def sample_confounders(
    random: np.random.Generator,
    place: Placement,
    attenuation: float,
    rate: float,
) -> tuple[Finding, ...]:
    """Draw the cysts, fatty areas and perfusion differences of a liver, healthy or not.

    Args:
        random: Source of randomness.
        place: Draws the position of a finding in the liver.
        attenuation: Mean attenuation of the parenchyma, HU, from which the contrast of water follows.
        rate: Factor on the mean numbers of findings.
    """
    cysts = [
        Finding(
            kind="cyst",
            shape=_blob(random, float(random.uniform(3, 16)), place, 0.1),
            contrast=float(random.uniform(0, 18) - attenuation),
            edge=0.5,
            irregularity=0.04,
        )
        for _ in range(random.poisson(0.6 * rate))
    ]
    fat = [
        Finding(
            kind="focal fat",
            shape=_blob(random, float(random.uniform(6, 22)), place, 0.45),
            contrast=float(-random.uniform(12, 45)),
            edge=float(random.uniform(4, 12)),
            replaces=False,
            irregularity=0.2,
        )
        for _ in range(random.poisson(0.6 * rate))
    ]
    perfusion = [
        Finding(
            kind="perfusion difference",
            shape=_blob(random, float(random.uniform(8, 30)), place, 0.45),
            contrast=float(random.choice([-0.7, 1.0]) * random.uniform(10, 32)),
            edge=float(random.uniform(5, 14)),
            replaces=False,
            irregularity=0.2,
        )
        for _ in range(random.poisson(0.7 * rate))
    ]
    return tuple(fat + perfusion + cysts)


def _blob(
    random: np.random.Generator,
    radius: float,
    place: Placement,
    flattening: float,
) -> Ellipsoid:
    """Draw an ellipsoid with the volume of a sphere of the given radius (mm)."""
    ratios = np.exp(random.uniform(-flattening, flattening, 3))
    semi_axes = radius * ratios / np.prod(ratios) ** (1 / 3)
    return Ellipsoid(place(random, radius), point(semi_axes), float(random.uniform(0, np.pi)))
