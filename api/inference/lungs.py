"""Where the lungs are, on a coarse grid: air inside the body, closed over vessels, nodules and the pleura's dents.

Not an anatomical segmentation: the windpipe's upper part may belong to it, and a collapsed lung does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from api.inference.grids import Grid, Progress

AIR_BELOW_HU = -400
# Air outside the body and in the bowel is nearly pure; lung holds vessels and averages -900 to -650.
LUNG_LOW_HU = -920
GAS_HU = -965
LONGEST_CONTACT = 0.15
SMALLEST_LUNG_ML = 60.0
CLOSING_MM = 12.0
# A mass of 5 cm is filled; the heart between two lungs that touch in front of it is not.
LARGEST_HOLE_MM2 = 2_000.0


@dataclass(frozen=True)
class Lungs:
    """air and mask share the shape of the grid (slice, row, column).

    air:       bool, aerated lung
    mask:      bool, `air` closed: nodules, vessels and dents of the pleura belong to it
    volume_ml: of `air`
    mean_hu:   of `air`
    """

    air: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    volume_ml: float
    mean_hu: float


def find_lungs(grid: Grid, progress: Progress = lambda _: None) -> Lungs:
    """Segment the lungs of a grid of about 3 mm.

    progress: called between the steps with 0..1; may raise to stop
    """
    air = grid.hu < AIR_BELOW_HU
    for index in range(len(air)):
        air[index] &= ~_outside(grid.hu[index], air[index])
        progress(0.4 * (index + 1) / len(air))
    air = _keep_lungs(grid, air)
    progress(0.6)
    mask = _close(air, grid.spacing, lambda part: progress(0.6 + 0.4 * part))
    voxel_ml = float(np.prod(grid.spacing)) / 1000.0
    count = int(air.sum())
    mean_hu = float(grid.hu[air].mean()) if count else 0.0
    return Lungs(air, mask, count * voxel_ml, mean_hu)


def _outside(hu: NDArray[np.int16], air: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Air of one slice that reaches the picture's edge, unless it looks like a lung cut by a small field of view."""
    labels, count = ndimage.label(air)
    if count == 0:
        return air
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(edge, minlength=count + 1)
    touching = np.flatnonzero(contact[1:]) + 1
    if not len(touching):
        return np.zeros_like(air)
    means = np.asarray(ndimage.mean(hu, labels, touching))
    before_or_behind = np.isin(touching, np.concatenate([labels[0], labels[-1]]))
    is_lung = (means > LUNG_LOW_HU) & ~before_or_behind & (contact[touching] < LONGEST_CONTACT * len(edge))
    return np.isin(labels, touching[~is_lung])


def _keep_lungs(grid: Grid, air: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Components large enough for a lung (or a good part of one) that are not gas in the bowel or the stomach."""
    labels, count = ndimage.label(air)
    if count == 0:
        return air
    voxel_ml = float(np.prod(grid.spacing)) / 1000.0
    numbers = np.arange(1, count + 1)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:] * voxel_ml
    large = numbers[sizes >= SMALLEST_LUNG_ML]
    if not len(large):
        return np.zeros_like(air)
    # The median, since the edge of a pocket of gas is mixed with tissue and lifts its mean to that of a lung.
    medians = np.array([np.median(grid.hu[labels == number]) for number in large])
    lungs = large[medians > GAS_HU]
    return np.isin(labels, lungs)


def _close(air: NDArray[np.bool_], spacing: tuple[float, float, float], progress: Progress) -> NDArray[np.bool_]:
    """Close each slice over `CLOSING_MM` and fill the holes of a mass's size."""
    closed = np.zeros_like(air)
    margin = max(round(CLOSING_MM / step) for step in spacing[1:]) + 2
    for index, plane in enumerate(air):
        if plane.any():
            padded = np.pad(_fill_small_holes(plane, spacing), margin)
            grown = ndimage.distance_transform_edt(~padded, sampling=spacing[1:]) <= CLOSING_MM
            kept = ndimage.distance_transform_edt(grown, sampling=spacing[1:]) > CLOSING_MM
            closed[index] = (kept | padded)[margin:-margin, margin:-margin]
        progress((index + 1) / len(air))
    return closed


def _fill_small_holes(plane: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.bool_]:
    holes, count = ndimage.label(ndimage.binary_fill_holes(plane) & ~plane)
    if count == 0:
        return plane
    small = np.bincount(holes.ravel()) * (spacing[1] * spacing[2]) <= LARGEST_HOLE_MM2
    small[0] = False
    return np.asarray(plane | small[holes])
