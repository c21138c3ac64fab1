"""How large the thing at a place is: what is denser than lung, freed of vessels and pleura, in its widest slice.

Diameters are equal-area: of the disc that covers as much as the widest slice's section. A reader's calliper on a long
lesion gives more.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

LUNG_HU = -850.0
SOLID_HU = 50.0
FAINTEST_CONTRAST_HU = 120.0
# Of the way from lung to the lesion's core; readers draw a little outside the halfway line.
EDGE = 0.4
SEED_MM = 2.0
# How far to look, in diameters: again nearer by, when what was found leads away along a vessel.
REACHES = (0.7, 0.5)
FARTHEST = 0.3
OPENING = 0.12
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Extent:
    """In voxels of the volume.

    center:      (slice, row, column), of the section's centroid
    box:         (left, top, width, height) pixels; the origin is the outer corner of the first pixel
    diameter_mm: equal-area, in the widest slice
    slice_range: first and last slice index
    """

    center: Triple
    box: tuple[float, float, float, float]
    diameter_mm: float
    slice_range: tuple[int, int]


@dataclass(frozen=True)
class Inside:
    """Where to measure at all: mask bool (slice, row, column), each element `factors` voxels of the volume wide."""

    mask: NDArray[np.bool_]
    factors: tuple[int, int, int]

    def block(self, low: NDArray[np.int_], high: NDArray[np.int_]) -> NDArray[np.bool_]:
        """The mask on the voxels from index `low` up to `high`."""
        taken = [
            np.minimum(np.arange(a, b) // factor, length - 1)
            for a, b, factor, length in zip(low, high, self.factors, self.mask.shape, strict=True)
        ]
        return self.mask[np.ix_(*taken)]


def measure_extent(
    voxels: NDArray[Any], spacing: Triple, index: NDArray[np.float64], diameter_mm: float, inside: Inside | None = None
) -> Extent:
    """Measure what lies at `index`, (slice, row, column) of `voxels`.

    voxels:      int16 or float32 (slice, row, column), HU
    diameter_mm: as the candidate's scale suggests; limits how far is looked
    inside:      the lungs with their nodules; what lies outside is another thing
    """
    for reach in REACHES:
        extent = _measure_within(voxels, spacing, index, diameter_mm, reach * diameter_mm + 2.5, inside)
        away = float(np.linalg.norm((np.array(extent.center) - index) * np.array(spacing)))
        if away <= FARTHEST * diameter_mm + 1.0:
            return extent
    return _disc(index, spacing, diameter_mm)


def _measure_within(
    voxels: NDArray[Any],
    spacing: Triple,
    index: NDArray[np.float64],
    diameter_mm: float,
    reach: float,
    inside: Inside | None,
) -> Extent:
    step = np.array(spacing)
    low = np.maximum(0, np.floor(index - reach / step)).astype(int)
    high = np.minimum(np.array(voxels.shape), np.ceil(index + reach / step).astype(int) + 1)
    block = voxels[low[0] : high[0], low[1] : high[1], low[2] : high[2]].astype(np.float32)
    offsets = [(np.arange(a, b) - middle) * mm for a, b, middle, mm in zip(low, high, index, step, strict=True)]
    square = [axis**2 for axis in offsets]
    distance = np.sqrt(square[0][:, None, None] + square[1][None, :, None] + square[2][None, None, :])
    near = distance <= max(SEED_MM, 0.25 * diameter_mm, float(distance.min()))
    core = float(np.clip(np.percentile(block[near], 85), LUNG_HU + FAINTEST_CONTRAST_HU, SOLID_HU))
    dense = (block > LUNG_HU + EDGE * (core - LUNG_HU)) & (distance <= reach)
    if inside is not None:
        dense &= inside.block(low, high)
    opened = _open_slices(dense, spacing, float(np.clip(diameter_mm * OPENING, 0.7, 3.0)))
    return _section(_component(opened, dense, near), low, spacing, index, diameter_mm)


def _component(opened: NDArray[np.bool_], dense: NDArray[np.bool_], near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The piece that fills most of `near`, of the opened voxels if any is there."""
    for mask in (opened, dense):
        labels, count = ndimage.label(mask)
        seeds = labels[near & mask]
        if count and len(seeds):
            return np.asarray(labels == np.bincount(seeds).argmax())
    return np.zeros_like(dense)


def _open_slices(mask: NDArray[np.bool_], spacing: Triple, radius: float) -> NDArray[np.bool_]:
    """Remove what is narrower than twice `radius` mm in its slice: vessels, strands, the pleura's line."""
    opened = np.zeros_like(mask)
    for number, plane in enumerate(mask):
        if plane.any():
            # A pixel reaches half its width beyond its centre.
            inner = ndimage.distance_transform_edt(np.pad(plane, 1), sampling=spacing[1:])[1:-1, 1:-1] > radius
            if inner.any():
                opened[number] = plane & (ndimage.distance_transform_edt(~inner, sampling=spacing[1:]) <= radius + 0.1)
    return opened


def _section(
    solid: NDArray[np.bool_], low: NDArray[np.int_], spacing: Triple, index: NDArray[np.float64], diameter_mm: float
) -> Extent:
    areas = solid.sum(axis=(1, 2))
    if not areas.any():
        return _disc(index, spacing, diameter_mm)
    taken = np.flatnonzero(areas)
    # Of slices nearly as wide, the middle one shows it best.
    wide = np.flatnonzero(areas >= 0.95 * areas.max())
    best = int(wide[len(wide) // 2])
    rows, columns = np.nonzero(solid[best])
    top, left = int(rows.min() + low[1]), int(columns.min() + low[2])
    return Extent(
        center=(float(best + low[0]), float(rows.mean() + low[1]), float(columns.mean() + low[2])),
        box=(float(left), float(top), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1)),
        diameter_mm=float(2 * np.sqrt(areas.max() * spacing[1] * spacing[2] / np.pi)),
        slice_range=(int(taken[0] + low[0]), int(taken[-1] + low[0])),
    )


def _disc(index: NDArray[np.float64], spacing: Triple, diameter_mm: float) -> Extent:
    """Where nothing stands out: a disc of the candidate's scale."""
    middle, row, column = (float(value) for value in index)
    height, width = diameter_mm / spacing[1], diameter_mm / spacing[2]
    half = diameter_mm / 2 / spacing[0]
    return Extent(
        (middle, row, column),
        (column + 0.5 - width / 2, row + 0.5 - height / 2, width, height),
        diameter_mm,
        (round(middle - half), round(middle + half)),
    )
