"""Small pictures of CT slices for a page: grey values with the contours of organ and lesion, as PNG with a palette."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from snndeep.labels import LESION, ORGAN

GREYS = 60
"""Number of grey values that a picture keeps; the eye needs no more, and the file is a third smaller."""

CONTOURS = {ORGAN: (78, 195, 224), LESION: (255, 159, 46)}
DASH = 3
"""Length of the dashes of the lesion's contour, in pixels; the organ's is solid."""

Bytes = npt.NDArray[np.uint8]


def outlined(grey: Bytes, regions: Bytes, spacing: tuple[float, float], width: int) -> bytes:
    """Return a picture of a slice as PNG, with square pixels.

    Args:
        grey: [rows, columns].
        regions: [rows, columns], 0 outside, `snndeep.labels.ORGAN` or `LESION`.
        spacing: Along columns and rows, in mm.
        width: Of the picture, in pixels.
    """
    rows, columns = grey.shape
    size = (width, max(1, round(width * rows * spacing[1] / (columns * spacing[0]))))
    shown = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR))
    indices = (shown.astype(np.uint16) * GREYS // 256).astype(np.uint8)
    for k, (region, dashed) in enumerate(((ORGAN, False), (LESION, True))):
        inside = Image.fromarray(((regions >= region) * 255).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
        edge = _edge(np.asarray(inside) >= 128)
        if dashed:
            y, x = np.indices(edge.shape)
            edge &= (x + y) // DASH % 2 == 0
        indices[edge] = GREYS + k
    picture = Image.fromarray(indices)
    picture.putpalette(_palette())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _edge(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the pixels of a region that have a neighbour outside it."""
    padded = np.pad(inside, 1)
    enclosed = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    edge: npt.NDArray[np.bool_] = inside & ~enclosed
    return edge


def _palette() -> list[int]:
    greys = [round(255 * k / (GREYS - 1)) for k in range(GREYS)]
    return [value for grey in greys for value in (grey, grey, grey)] + [
        value for rgb in CONTOURS.values() for value in rgb
    ]
