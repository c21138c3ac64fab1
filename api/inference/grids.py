"""A coarser copy of a volume, made slab by slab, and the way between its indices and the volume's.

Not for resampling around a point: `tensors` reads the full volume.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Outside the scanner's field of view some write -2048 or less: air, for our purpose.
AIR_HU = -1024
BONE_HU = 1500

Progress = Callable[[float], None]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Grid:
    """Block means of a volume.

    hu:      int16 (slice, row, column), HU within -1024..1500
    spacing: mm (slice, row, column) between the blocks' centres
    factors: voxels of the volume a block, (slice, row, column)
    """

    hu: NDArray[np.int16]
    spacing: Triple
    factors: tuple[int, int, int]

    def to_volume(self, index: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Index on this grid, (…, 3) in order (slice, row, column), to the volume's index of the same place."""
        factors = np.array(self.factors, np.float64)
        return np.asarray(index, np.float64) * factors + (factors - 1) / 2

    def to_grid(self, index: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The inverse of `to_volume`."""
        factors = np.array(self.factors, np.float64)
        return (np.asarray(index, np.float64) - (factors - 1) / 2) / factors


def factors_for(spacing: Triple, aim_mm: Triple) -> tuple[int, int, int]:
    """How many voxels to a block so that blocks are about `aim_mm` apart, at least one."""
    slices, rows, columns = (max(1, round(aim / step)) for aim, step in zip(aim_mm, spacing, strict=True))
    return slices, rows, columns


def reduce_volume(
    voxels: NDArray[Any], spacing: Triple, factors: tuple[int, int, int], progress: Progress = lambda _: None
) -> Grid:
    """Average blocks of `factors` voxels; rows, columns and slices that fill no block are left out.

    voxels:   int16 or float32 (slice, row, column), HU; never copied whole
    progress: called after each slab with 0..1; may raise to stop
    """
    by_slice, by_row, by_column = (min(factor, length) for factor, length in zip(factors, voxels.shape, strict=True))
    slices, rows, columns = voxels.shape[0] // by_slice, voxels.shape[1] // by_row, voxels.shape[2] // by_column
    reduced = np.empty((slices, rows, columns), np.int16)
    for index in range(slices):
        total = np.zeros((rows, columns), np.float32)
        for step in range(by_slice):
            plane = voxels[index * by_slice + step, : rows * by_row, : columns * by_column]
            plane = np.clip(plane, AIR_HU, BONE_HU).astype(np.float32)
            for row in range(by_row):
                for column in range(by_column):
                    total += plane[row::by_row, column::by_column]
        reduced[index] = np.rint(total / np.float32(by_slice * by_row * by_column))
        progress((index + 1) / slices)
    taken = (by_slice, by_row, by_column)
    return Grid(reduced, (spacing[0] * by_slice, spacing[1] * by_row, spacing[2] * by_column), taken)
