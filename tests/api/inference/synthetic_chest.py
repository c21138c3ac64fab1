"""A chest of ellipsoids, small and quick to draw, with balls and tubes of known place: for the pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.imaging.volume import Volume

SHAPE = (80, 200, 220)
SPACING = (2.5, 1.5, 1.5)
TISSUE_HU, LUNG_HU, AIR_HU = 40.0, -850.0, -1000.0
# Half axes of a lung in mm (slice, row, column), and how far its centre lies from the body's.
LUNG_MM = (85.0, 80.0, 55.0)
ASIDE_MM = 72.0


@dataclass(frozen=True)
class Ball:
    """center: mm (slice, row, column) from the middle of the volume."""

    center: tuple[float, float, float]
    diameter: float
    hu: float = 40.0


@dataclass(frozen=True)
class Tube:
    """From `start` to `end`, mm (slice, row, column) from the middle of the volume."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    diameter: float
    hu: float = 40.0


# Middles of the lungs, (slice, row, column) mm from the middle of the volume.
RIGHT, LEFT = (0.0, 0.0, -ASIDE_MM), (0.0, 0.0, ASIDE_MM)


def draw_chest(
    things: Sequence[Ball | Tube] = (), lungs: Sequence[tuple[float, float, float]] = (RIGHT, LEFT), seed: int = 1
) -> Volume:
    """Body in air on a table, the lungs, then `things`, edges spread over a voxel; noise of 15 HU."""
    grid = axes()
    slices, rows, columns = grid
    body = np.clip(1.5 - np.hypot(rows / 125, columns / 155) * 1.0, 0, 1) > 0.5
    voxels = np.where(np.broadcast_to(body, SHAPE), TISSUE_HU, AIR_HU).astype(np.float32)
    voxels[:, -6:-3, 30:-30] = -300.0
    for middle in lungs:
        radius = np.sqrt(sum(((axis - c) / half) ** 2 for axis, c, half in zip(grid, middle, LUNG_MM, strict=True)))
        voxels[np.broadcast_to(radius <= 1, SHAPE)] = LUNG_HU
    for thing in things:
        inside = _coverage(thing, slices, rows, columns)
        voxels += inside * (thing.hu - voxels)
    voxels += np.random.default_rng(seed).normal(0, 15, SHAPE).astype(np.float32)
    return volume_of(np.rint(voxels).astype(np.int16))


def volume_of(voxels: NDArray[np.int16], spacing: tuple[float, float, float] = SPACING) -> Volume:
    """Axial slices from the feet towards the head; the middle of the volume is the patient's origin."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1.0
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(voxels.shape) - 1) / 2)
    origins = affine[:3, 3] + np.arange(len(voxels))[:, None] * affine[:3, 0]
    return Volume(voxels, affine, spacing, origins)


def index_of(place_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Index (slice, row, column) of a place in mm from the middle."""
    return np.asarray(np.array(place_mm) / np.array(SPACING) + (np.array(SHAPE) - 1) / 2)


def axes() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """mm from the middle along slices, rows and columns, ready to broadcast."""
    slices, rows, columns = (
        ((np.arange(length) - (length - 1) / 2) * step).astype(np.float32)
        for length, step in zip(SHAPE, SPACING, strict=True)
    )
    return slices[:, None, None], rows[None, :, None], columns[None, None, :]


def _coverage(
    thing: Ball | Tube, slices: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    if isinstance(thing, Ball):
        a, b, c = thing.center
        distance = np.sqrt((slices - a) ** 2 + (rows - b) ** 2 + (columns - c) ** 2)
    else:
        start, way = (
            np.array(thing.start, np.float32),
            np.array(thing.end, np.float32) - np.array(thing.start, np.float32),
        )
        offset = (slices - start[0], rows - start[1], columns - start[2])
        along = sum(o * w for o, w in zip(offset, way, strict=True)) / float(way @ way)
        along = np.clip(along, 0, 1)
        distance = np.sqrt(sum((o - along * w) ** 2 for o, w in zip(offset, way, strict=True)))
    return np.asarray(np.clip((thing.diameter / 2 - distance) / 1.5 + 0.5, 0, 1), np.float32)
