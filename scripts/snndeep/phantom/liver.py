"""The liver: its outline, its parenchyma and its vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snndeep.phantom.anatomy import Torso
from snndeep.phantom.geometry import (
    Ellipsoid,
    SmoothField,
    VoxelGrid,
    Window,
    membership,
    smooth_maximum,
    smooth_minimum,
)

_WHOLE_PLANE = (slice(None), slice(None))


@dataclass(frozen=True)
class LiverShape:
    """Outline of a liver: the union of two lobes, cut by chest wall, visceral surface, spine and vena cava.

    Attributes:
        torso: The body around the liver.
        right: Right lobe.
        left: Left lobe.
        visceral_normal: Outward unit normal (x, z) of the lower, medial surface.
        visceral_offset: Distance of that surface from the middle of the right lobe, mm.
        niche: Column that contains the spine and the great vessels.
        gallbladder: Bed of the gallbladder.
        wobble: Smooth field that makes the outline irregular.
        wobble_amplitude: Standard deviation of the irregularity, mm.
    """

    torso: Torso
    right: Ellipsoid
    left: Ellipsoid
    visceral_normal: tuple[float, float]
    visceral_offset: float
    niche: Ellipsoid
    gallbladder: Ellipsoid
    wobble: SmoothField
    wobble_amplitude: float

    @classmethod
    def sample(cls, random: np.random.Generator, torso: Torso, half_height: float, centre_z: float) -> LiverShape:
        """Draw the outline of one liver of the given half height (mm)."""
        s, t = torso.scale, torso.half_depth / 115
        right_axes = (78 * s * random.uniform(0.9, 1.1), 80 * t * random.uniform(0.9, 1.1), half_height)
        left_axes = (
            74 * s * random.uniform(0.7, 1.25),
            33 * t * random.uniform(0.8, 1.2),
            0.55 * half_height,
        )
        tilt = random.uniform(0.75, 1.05)
        extent = (170 * s, 130 * t, half_height + 15)
        return cls(
            torso=torso,
            right=Ellipsoid((72 * s, 4 * t, centre_z), right_axes),
            left=Ellipsoid((-2 * s, 44 * t, centre_z + 0.3 * half_height), left_axes, -0.12),
            visceral_normal=(-float(np.cos(tilt)), -float(np.sin(tilt))),
            visceral_offset=float(0.5 * half_height * random.uniform(0.85, 1.25)),
            niche=Ellipsoid((4 * s, -46 * t, 0.0), (36 * s, 34 * t, 2000.0)),
            gallbladder=Ellipsoid(
                (42 * s, 34 * t, centre_z - 0.38 * half_height),
                (13 * s, 22 * s * random.uniform(0.7, 1.2), 24.0),
                0.5,
            ),
            wobble=SmoothField.sample(random, 32.0, extent, (40 * s, 0.0, centre_z)),
            wobble_amplitude=float(random.uniform(3, 6) * s),
        )

    def distance(self, grid: VoxelGrid, z: float, depth: np.ndarray, window: Window = _WHOLE_PLANE) -> np.ndarray:
        """Return the approximate signed distance to the liver in mm, negative inside, [x, y] of a window.

        Args:
            grid: Voxel centres.
            z: Position of the plane, mm.
            depth: Relative depth in the body, of the whole plane, [x, y].
            window: Part of the plane.
        """
        x, y = grid.x[window[0]], grid.y[window[1]]
        lobes = smooth_minimum(self.right.distance(x, y, z), self.left.distance(x, y, z), 14.0)
        nx, nz = self.visceral_normal
        above = nx * (x - self.right.centre[0]) + nz * (z - self.right.centre[2]) - self.visceral_offset
        outline = smooth_maximum(lobes, np.broadcast_to(above[:, None].astype(np.float32), lobes.shape), 18.0)
        outline += np.float32(self.wobble_amplitude) * self.wobble.plane(x, y, z)
        outline = smooth_maximum(outline, -self.niche.distance(x, y, z), 8.0)
        outline = smooth_maximum(outline, -self.gallbladder.distance(x, y, z), 4.0)
        return smooth_maximum(outline, self.torso.cavity_distance(x, y, z, depth[window]), 6.0)


@dataclass(frozen=True)
class Tube:
    """A straight piece of vessel.

    Attributes:
        start: x, y, z in mm, [3].
        end: x, y, z in mm, [3].
        radius: Radius in mm.
        gain: Enhancement relative to the portal vein, 0 to 1.
    """

    start: np.ndarray
    end: np.ndarray
    radius: float
    gain: float

    def share(self, grid: VoxelGrid, z: float, edge: float, within: Window) -> tuple[Window, np.ndarray] | None:
        """Return the window that the tube touches and its share of each pixel [x, y]; None if it misses the plane."""
        low, high = (
            np.minimum(self.start, self.end) - self.radius,
            np.maximum(self.start, self.end) + self.radius,
        )
        if not low[2] - edge <= z <= high[2] + edge:
            return None
        centre, reach = (low + high) / 2, (high - low) / 2 + edge
        window = grid.window((centre[0], centre[1]), (reach[0], reach[1]), within)
        along = self.end - self.start
        px = (grid.x[window[0]] - self.start[0])[:, None]
        py = (grid.y[window[1]] - self.start[1])[None, :]
        pz = z - self.start[2]
        t = np.clip((px * along[0] + py * along[1] + pz * along[2]) / (along @ along), 0, 1)
        squared = (px - t * along[0]) ** 2 + (py - t * along[1]) ** 2 + (pz - t * along[2]) ** 2
        # A vessel thinner than the edge fills only part of its voxels.
        fill = min(1.0, 2 * self.radius / edge)
        distance = (np.sqrt(squared) - self.radius).astype(np.float32)
        return window, membership(distance, edge) * np.float32(self.gain * fill)


def grow_vessels(random: np.random.Generator, shape: LiverShape) -> tuple[Tube, ...]:
    """Grow a portal tree from the hilum and three hepatic veins from the vena cava by random branching."""
    s = shape.torso.scale
    x, y, z = shape.right.centre
    height = shape.right.semi_axes[2]
    hilum = np.array([x - 42 * s, y + 8 * s, z - 0.05 * height])
    cava = np.array([x - 46 * s, y - 28 * s, z + 0.62 * height])
    calibre = random.uniform(0.75, 1.25) * s
    hepatic_gain = random.uniform(0.55, 1.0)
    roots = [(hilum, np.array([0.9, -0.2, 0.1]), 6.5, 1.0), (hilum, np.array([-0.5, 0.8, 0.4]), 4.5, 1.0)]
    roots += [
        (cava, np.array(direction), 5.0, hepatic_gain)
        for direction in ((0.9, 0.1, -0.4), (0.5, 0.7, -0.5), (-0.3, 0.8, -0.4))
    ]
    tubes: list[Tube] = []
    for start, direction, radius, gain in roots:
        _branch(random, tubes, start, direction, radius * calibre, 34.0 * s, gain, 4)
    return tuple(tubes)


def _branch(
    random: np.random.Generator,
    tubes: list[Tube],
    start: np.ndarray,
    direction: np.ndarray,
    radius: float,
    length: float,
    gain: float,
    generations: int,
) -> None:
    """Append a tube and its descendants. By Murray's law, the cubed radius of each daughter is half that of its parent."""
    course = direction + random.normal(0, 0.25, 3)
    end = start + course / np.linalg.norm(course) * length * random.uniform(0.7, 1.3)
    tubes.append(Tube(start, end, radius, gain))
    if generations > 1:
        for _ in range(2):
            turned = course / np.linalg.norm(course) + random.normal(0, 0.55, 3)
            _branch(random, tubes, end, turned, radius * 0.5 ** (1 / 3), length * 0.82, gain, generations - 1)


@dataclass(frozen=True)
class Parenchyma:
    """Attenuation of healthy liver tissue in the portal-venous phase.

    Attributes:
        attenuation: Mean HU.
        perfusion: Smooth field of slow differences in enhancement.
        perfusion_amplitude: Standard deviation of these differences, HU.
        texture: Smooth field of fine texture.
        texture_amplitude: Standard deviation of the texture, HU.
        vessels: Portal and hepatic veins.
        vessel_enhancement: Attenuation of the portal vein minus that of the parenchyma, HU.
    """

    attenuation: float
    perfusion: SmoothField
    perfusion_amplitude: float
    texture: SmoothField
    texture_amplitude: float
    vessels: tuple[Tube, ...]
    vessel_enhancement: float

    @classmethod
    def sample(cls, random: np.random.Generator, shape: LiverShape, spread: float) -> Parenchyma:
        """Draw the tissue of one liver; `spread` scales the differences between patients."""
        s = shape.torso.scale
        x, _, z = shape.right.centre
        centre, extent = (x - 35 * s, 0.0, z), (130 * s, 110 * s, shape.right.semi_axes[2] + 10)
        attenuation = 107 + spread * random.uniform(-30, 30)
        return cls(
            attenuation=float(np.clip(attenuation, 76, 138)),
            perfusion=SmoothField.sample(random, 28.0, extent, centre),
            perfusion_amplitude=float(random.uniform(0.5, 3.0)),
            texture=SmoothField.sample(random, float(random.uniform(4.0, 10.0)), extent, centre),
            texture_amplitude=float(4.0 * 3.2 ** (spread * random.uniform(-1, 1))),
            vessels=grow_vessels(random, shape),
            vessel_enhancement=float(random.uniform(15, 45)),
        )

    def plane(self, grid: VoxelGrid, z: float, window: Window) -> np.ndarray:
        """Return a window of the plane z (mm) as if all of it were liver, HU, [x, y]."""
        x, y = grid.x[window[0]], grid.y[window[1]]
        hu = self.perfusion.plane(x, y, z) * np.float32(self.perfusion_amplitude)
        hu += self.texture.plane(x, y, z) * np.float32(self.texture_amplitude)
        hu += np.float32(self.attenuation)
        hu += self._vessel_share(grid, z, window) * np.float32(self.vessel_enhancement)
        return hu

    def _vessel_share(self, grid: VoxelGrid, z: float, window: Window) -> np.ndarray:
        """Return the share of enhanced blood in each pixel, 0 to 1, [x, y]."""
        edge = 0.6 * (grid.spacing[0] + 0.5 * grid.spacing[2])
        left, low = window[0].start, window[1].start
        share = np.zeros((window[0].stop - left, window[1].stop - low), np.float32)
        for tube in self.vessels:
            hit = tube.share(grid, z, edge, window)
            if hit is not None:
                (wx, wy), amount = hit
                part = share[wx.start - left : wx.stop - left, wy.start - low : wy.stop - low]
                np.maximum(part, amount, out=part)
        return share
