"""Moves a candidate to the middle of what it lies on: the network was shown nodules that were well centred.

A coarse grid places a candidate to a millimetre or two. Weighting the full volume's voxels by their density and by
their nearness, and stepping to their centre of mass a few times (mean shift), climbs to the middle of a ball without
being led away along a vessel.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.inference.grids import Progress, Triple

Doubles = NDArray[np.float64]

STEPS = 4
# Standard deviation of the nearness, in diameters.
NEAR = 0.2
REACH = 2.2
# Farther than this many diameters it would be another thing.
FARTHEST = 0.25
FAINTEST_HU, DENSEST_HU = -600.0, 100.0


def recenter(
    voxels: NDArray[Any], spacing: Triple, index: Doubles, diameter: Doubles, progress: Progress = lambda _: None
) -> Doubles:
    """New indices (candidate, 3), in order (slice, row, column), of candidates with `diameter` in mm.

    voxels: int16 or float32 (slice, row, column), HU
    """
    step = np.array(spacing)
    moved = np.empty_like(index)
    for number, (start, width) in enumerate(zip(index, diameter, strict=True)):
        place = start
        for _ in range(STEPS):
            place = _step(voxels, step, place, NEAR * float(width))
        away = float(np.linalg.norm((place - start) * step))
        moved[number] = start if away > FARTHEST * width + 1.0 else place
        if number % 50 == 49:
            progress((number + 1) / len(index))
    return moved


def _step(voxels: NDArray[Any], step: Doubles, place: Doubles, sigma: float) -> Doubles:
    low = np.maximum(0, np.floor(place - REACH * sigma / step)).astype(int)
    high = np.minimum(voxels.shape, np.ceil(place + REACH * sigma / step).astype(int) + 1)
    block = voxels[low[0] : high[0], low[1] : high[1], low[2] : high[2]].astype(np.float64)
    density = np.clip(block, FAINTEST_HU, DENSEST_HU) - FAINTEST_HU
    offsets = [(np.arange(a, b) - at) * mm for a, b, at, mm in zip(low, high, place, step, strict=True)]
    near = [np.exp(-0.5 * (offset / sigma) ** 2) for offset in offsets]
    # Nearness is a product of one factor an axis, and so its sums are taken one axis at a time.
    along_columns = density @ near[2]
    along_rows = along_columns @ near[1]
    total = float(along_rows @ near[0])
    if total <= 0:
        return place
    sums = (
        along_rows @ (near[0] * offsets[0]),
        along_columns @ (near[1] * offsets[1]) @ near[0],
        density @ (near[2] * offsets[2]) @ near[1] @ near[0],
    )
    return np.asarray(place + np.array(sums) / total / step)
