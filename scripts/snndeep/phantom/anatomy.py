"""The upper abdomen around the liver: body, chest wall, lungs, spine, vessels and organs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from snndeep.phantom.geometry import Ellipsoid, Point, SmoothField, VoxelGrid, membership, point, smooth_maximum

AIR, LUNG, FAT, MUSCLE, BOWEL = -1000.0, -840.0, -102.0, 56.0, 35.0
"""Mean attenuation in HU."""

_SQUARENESS = 2.5  # exponent of the superellipse: 2 is an ellipse


@dataclass(frozen=True)
class Organ:
    """A part of the body that is drawn as an ellipsoid of one attenuation.

    Attributes:
        shape: Position and size.
        attenuation: HU.
    """

    shape: Ellipsoid
    attenuation: float


@dataclass(frozen=True)
class Torso:
    """Everything but the liver.

    Attributes:
        grid: Voxel centres.
        half_width: Half the width of the body, mm.
        half_depth: Half its anterior-posterior depth, mm.
        fat_layer: Thickness of the fat under the skin, mm.
        diaphragm: Height of the top of the right dome, mm.
        rib_phase: Offset of the ribs along z, mm.
        organs: The organs, in the order in which they are painted.
        bowel: Random field of the bowel loops between the organs.
    """

    grid: VoxelGrid
    half_width: float
    half_depth: float
    fat_layer: float
    diaphragm: float
    rib_phase: float
    organs: tuple[Organ, ...]
    bowel: SmoothField

    @property
    def scale(self) -> float:
        """Size of the body relative to a half width of 160 mm."""
        return self.half_width / 160.0

    @classmethod
    def sample(
        cls,
        random: np.random.Generator,
        grid: VoxelGrid,
        field_of_view: float,
        liver_half_height: float,
        centre_z: float,
    ) -> Torso:
        """Draw a body that fits the field of view, with its diaphragm above the liver."""
        half_width = field_of_view / 2 * random.uniform(0.84, 0.94)
        half_depth = half_width * random.uniform(0.66, 0.76)
        diaphragm = centre_z + liver_half_height * random.uniform(0.92, 1.0)
        return cls(
            grid=grid,
            half_width=float(half_width),
            half_depth=float(half_depth),
            fat_layer=float(random.uniform(7, 24) * half_width / 160),
            diaphragm=float(diaphragm),
            rib_phase=float(random.uniform(0, 34)),
            organs=_sample_organs(random, half_width / 160, half_depth / 115, float(diaphragm)),
            bowel=SmoothField.sample(random, 17.0, (half_width, half_depth, float(np.max(grid.z)) + 5)),
        )

    @cached_property
    def _radius(self) -> np.ndarray:
        """Superellipse radius of every pixel: 1 on the skin of an unscaled plane, [x, y]."""
        u = np.abs(self.grid.x / np.float32(self.half_width)) ** np.float32(_SQUARENESS)
        v = np.abs(self.grid.y / np.float32(self.half_depth)) ** np.float32(_SQUARENESS)
        radius: np.ndarray = (u[:, None] + v[None, :]) ** np.float32(1 / _SQUARENESS)
        return radius

    def depth(self, z: float) -> np.ndarray:
        """Return the relative depth of each pixel, [x, y]: 0 on the skin, 1 in the middle, negative in air."""
        waist = 1.0 - 0.04 * np.cos(2 * np.pi * (z - self.diaphragm + 60) / 330)
        depth: np.ndarray = np.float32(1) - self._radius / np.float32(waist)
        return depth

    def wall(self) -> float:
        """Return the total thickness of skin, fat and muscle around the organs, mm."""
        return self.fat_layer + 15.0 * self.scale

    def below_diaphragm(self, x: np.ndarray, y: np.ndarray, z: float) -> np.ndarray:
        """Return the signed distance to the dome in mm, negative below it, [x, y]."""
        s = self.scale
        right = ((x - 62 * s) / (95 * s)) ** 2
        left = ((x + 70 * s) / (80 * s)) ** 2 + 0.35
        across = np.minimum(right, left)[:, None] + (((y - 5 * s) / (100 * s)) ** 2)[None, :]
        return (z - self.diaphragm) + np.float32(62 * s) * across.astype(np.float32)

    def plane(self, z: float, depth: np.ndarray) -> np.ndarray:
        """Return one axial plane without liver, HU, [x, y]."""
        grid = self.grid
        inside = depth * np.float32(self.half_depth)  # mm below the skin, roughly
        wall, slope = self.wall(), 0.5
        hu = np.where(inside > 0, np.float32(FAT), np.float32(AIR))
        muscle = (inside > self.fat_layer) & (inside < wall)
        hu[muscle] = MUSCLE
        rib_height = z + slope * grid.y[None, :] + 0.15 * np.abs(grid.x)[:, None] + self.rib_phase
        ribs = muscle & (np.abs(inside - (wall - 5 * self.scale)) < 4) & (np.cos(rib_height * (2 * np.pi / 30)) > 0.45)
        hu[ribs] = 320.0
        cavity = inside > wall
        loops = self.bowel.plane(grid.x, grid.y, z)
        hu[cavity & (loops > 0.35)] = BOWEL
        hu[cavity & (loops > 1.9)] = -600.0
        lung = cavity & (inside > wall + 2) & (self.below_diaphragm(grid.x, grid.y, z) > 5)
        hu[lung] = LUNG
        for organ in self.organs:
            paint(hu, grid, organ, z)
        return hu

    def cavity_distance(self, x: np.ndarray, y: np.ndarray, z: float, depth: np.ndarray) -> np.ndarray:
        """Return the signed distance to the abdominal cavity, negative inside, mm, [x, y]."""
        to_wall = np.float32(self.wall() + 3) - depth * np.float32(self.half_depth)
        return smooth_maximum(to_wall, self.below_diaphragm(x, y, z), 10.0)


def paint(hu: np.ndarray, grid: VoxelGrid, organ: Organ, z: float) -> None:
    """Paint an organ into a plane in place, with an edge softened by the partial volume effect."""
    edge = 0.6 * (grid.spacing[0] + 0.5 * grid.spacing[2])
    if not organ.shape.crosses(z, edge):
        return
    window = organ.shape.window(grid, edge)
    share = membership(organ.shape.distance(grid.x[window[0]], grid.y[window[1]], z), edge)
    hu[window] += share * (np.float32(organ.attenuation) - hu[window])


def _sample_organs(random: np.random.Generator, sx: float, sy: float, top: float) -> tuple[Organ, ...]:
    """Place the organs relative to the body size (sx, sy) and to the diaphragm (top, mm)."""

    def organ(centre: Point, semi_axes: Point, attenuation: float, angle: float = 0.0, vary: float = 0.08) -> Organ:
        shift = random.normal(0, 2.5, 3)
        size = 1 + vary * random.uniform(-1, 1, 3)
        place = (centre[0] * sx + shift[0], centre[1] * sy + shift[1], centre[2] + shift[2])
        axes = (semi_axes[0] * sx * size[0], semi_axes[1] * sx * size[1], semi_axes[2] * size[2])
        return Organ(Ellipsoid(point(place), point(axes), angle), float(attenuation))

    blood = random.uniform(130, 175)
    cortex = random.uniform(165, 205)
    endless = 2000.0
    return (
        organ((-4, 25, top + 18), (62, 46, 40), blood),  # heart
        organ((-62, 32, top - 70), (42, 34, 48), random.uniform(15, 45), 0.4, 0.2),  # stomach
        organ((-66, 52, top - 62), (22, 10, 30), -800.0, 0.2, 0.3),  # gas in the stomach
        organ((-100, -32, top - 75), (24, 44, 48), random.uniform(105, 130), -0.35, 0.2),  # spleen
        organ((64, -48, top - 150), (27, 31, 52), cortex, 0.4),  # right kidney
        organ((58, -44, top - 150), (9, 14, 26), 40.0, 0.4),
        organ((-66, -48, top - 138), (27, 31, 52), cortex, -0.4),  # left kidney
        organ((-60, -44, top - 138), (9, 14, 26), 40.0, -0.4),
        organ((34, -74, 0), (26, 18, endless), MUSCLE, -0.2),  # muscles of the back
        organ((-34, -74, 0), (26, 18, endless), MUSCLE, 0.2),
        organ((0, -56, 0), (23, 19, endless), 330.0),  # vertebra: cortical bone, marrow, canal, spinous process
        organ((0, -56, 0), (19, 15, endless), random.uniform(140, 220)),
        organ((0, -92, 0), (4, 16, endless), 300.0),
        organ((0, -79, 0), (10, 8, endless), 30.0),
        organ((-8, -28, 0), (11, 11, endless), blood * random.uniform(0.95, 1.05)),  # aorta
        organ((22, -26, 0), (12, 9, endless), blood * random.uniform(0.8, 0.95)),  # inferior vena cava
    )
