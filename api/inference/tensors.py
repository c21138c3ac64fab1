"""Squares of voxels around places of a volume, as the model's input: planes through each candidate, in mm.

The planes are the patient's axial, coronal and sagittal ones (and slanted ones between them), whatever way the stack
was acquired, so that a pixel of the model always has the same size. Values stay HU; normalization is the model's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Doubles = NDArray[np.float64]
# Unit vectors of a plane's rows (down) and columns (right) in patient LPS.
Directions = tuple[tuple[float, float, float], tuple[float, float, float]]

AXIAL: Directions = ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
CORONAL: Directions = ((0.0, 0.0, -1.0), (1.0, 0.0, 0.0))
SAGITTAL: Directions = ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0))
_R = 0.5**0.5
# Halfway between two of the three: what runs along no axis shows here.
SLANTED: tuple[Directions, ...] = (
    ((0.0, _R, _R), (1.0, 0.0, 0.0)),
    ((0.0, _R, -_R), (1.0, 0.0, 0.0)),
    ((_R, 0.0, _R), (0.0, 1.0, 0.0)),
    ((-_R, 0.0, _R), (0.0, 1.0, 0.0)),
    ((0.0, 0.0, -1.0), (_R, _R, 0.0)),
    ((0.0, 0.0, -1.0), (_R, -_R, 0.0)),
)


@dataclass(frozen=True)
class PatchGeometry:
    """size pixels a side, spacing_mm apart; a ball wider than `largest_mm` is seen from further away."""

    planes: Sequence[Directions] = (AXIAL, CORONAL, SAGITTAL)
    size: int = 48
    spacing_mm: float = 0.7
    largest_mm: float = 20.0


def to_input(
    voxels: NDArray[Any], affine: Doubles, index: Doubles, diameter: Doubles, geometry: PatchGeometry
) -> NDArray[np.int16]:
    """Sample the planes of some candidates.

    voxels:   int16 or float32 (slice, row, column), HU
    affine:   4x4, index (slice, row, column) to LPS mm
    index:    (candidate, 3) of `voxels`
    diameter: (candidate,) mm, about
    Returns:  int16 (candidate, plane, size, size), HU; beyond the volume its edge repeats
    """
    axis = (np.arange(geometry.size) - (geometry.size - 1) / 2) * geometry.spacing_mm
    to_index = np.linalg.inv(affine[:3, :3])
    offsets = np.stack(
        [
            axis[:, None, None] * (to_index @ np.array(down)) + axis[None, :, None] * (to_index @ np.array(right))
            for down, right in geometry.planes
        ]
    )
    shape = offsets.shape[:3]
    offsets = np.ascontiguousarray(offsets.reshape(-1, 3).T)
    first, last = offsets.min(axis=1), offsets.max(axis=1)
    patches = np.empty((len(index), *shape), np.int16)
    for number, (place, width) in enumerate(zip(index, diameter, strict=True)):
        distance = max(1.0, float(width) / geometry.largest_mm)
        low = np.clip(np.floor(place + first * distance).astype(int), 0, np.array(voxels.shape) - 1)
        high = np.clip(np.ceil(place + last * distance).astype(int) + 1, low + 1, np.array(voxels.shape))
        block = voxels[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
        points = (place - low)[:, None] + offsets * distance
        sampled = ndimage.map_coordinates(block, points, np.float32, order=1, mode="nearest")
        patches[number] = np.rint(np.clip(sampled, -1024, 3071)).reshape(shape)
    return patches


def lies_in_slices(planes: Sequence[Directions], affine: Doubles) -> NDArray[np.bool_]:
    """Which planes are parallel to the stack's slices, bool (plane,): where slices are thick, only those are sharp."""
    normal = np.cross(affine[:3, 1], affine[:3, 2])
    normal = normal / np.linalg.norm(normal)
    return np.array([max(abs(normal @ np.array(down)), abs(normal @ np.array(right))) < 0.1 for down, right in planes])
