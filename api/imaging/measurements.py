"""What can be measured on one frame: lengths, areas, and the values inside a region. Arrays in, numbers out.

Points are (x, y) in pixels, x along a row, origin at the outer corner of the first pixel: the centre of the pixel in
row 0 and column 0 is (0.5, 0.5). A region is named by two opposite corners of its bounding box.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Spacing = tuple[float, float]
"""mm between rows (along y), mm between columns (along x): Pixel Spacing (0028,0030), in its order."""

MILLIMETRE, SQUARE_MILLIMETRE = "mm", "mm2"  # UCUM, as PS3.16 CID 7460 and 7461 have them
PIXELS = "{pixels}"  # UCUM's annotation for what is only counted; of a length and of an area
NO_UNIT = "1"  # UCUM, "no units": PS3.16 CID 7181
# Rescale Type (0028,1054), PS3.3 table C.11-1, in UCUM; PS3.16 CID 83 for HU.
UNITS = {"HU": "[hnsf'U]", "MGML": "mg/ml", "PCT": "%"}
BLOCK_PIXELS = 1 << 20  # looked at in one turn, so that a large frame costs no memory beside itself


class Region(Enum):
    ELLIPSE = "ELLIPSE"
    RECTANGLE = "RECTANGLE"


@dataclass(frozen=True, slots=True)
class Quantity:
    """unit: UCUM."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Rescale:
    """From stored values to what they mean (PS3.3 C.11.1.1.2). padding: the stored value that is no measurement."""

    slope: float = 1.0
    intercept: float = 0.0
    padding: int | None = None

    def __call__(self, stored: float) -> float:
        return stored * self.slope + self.intercept


def unit_of_values(rescale_type: str | None) -> str:
    """UCUM, of rescaled values whose Rescale Type this is."""
    return UNITS.get(rescale_type or "", NO_UNIT)


def length(start: Point, end: Point, spacing: Spacing | None) -> Quantity:
    """In the plane of the frame: mm, or pixels where the spacing is not known."""
    row_spacing, column_spacing = spacing or (1.0, 1.0)
    distance = math.hypot((end[0] - start[0]) * column_spacing, (end[1] - start[1]) * row_spacing)
    return Quantity("Length", distance, MILLIMETRE if spacing else PIXELS)


def area(region: Region, corner: Point, opposite: Point, spacing: Spacing | None) -> Quantity:
    """Of the shape as it was drawn, not of the pixels in it: mm2, or pixels where the spacing is not known."""
    row_spacing, column_spacing = spacing or (1.0, 1.0)
    width = abs(opposite[0] - corner[0]) * column_spacing
    height = abs(opposite[1] - corner[1]) * row_spacing
    part = math.pi / 4 if region is Region.ELLIPSE else 1.0
    return Quantity("Area", part * width * height, SQUARE_MILLIMETRE if spacing else PIXELS)


def value_at(frame: NDArray[Any], point: Point, rescale: Rescale, unit: str) -> list[Quantity]:
    """Of the pixel that a point within the frame lies in; nothing where that is padding.

    frame: stored values, (row, column). On the last edges the last pixel counts.
    """
    row = min(math.floor(point[1]), frame.shape[0] - 1)
    column = min(math.floor(point[0]), frame.shape[1] - 1)
    stored = int(frame[row, column])
    return [] if stored == rescale.padding else [Quantity("Value", rescale(stored), unit)]


def describe_values(
    frame: NDArray[Any], region: Region, corner: Point, opposite: Point, rescale: Rescale, unit: str
) -> list[Quantity]:
    """Mean, population standard deviation, minimum and maximum of the pixels whose centres lie in the region.

    frame:   stored values, (row, column), integers of at most 16 bits.
    Returns: rescaled values. Padding is left out; where nothing is left there is nothing to tell. The standard
             deviation is that of these pixels themselves (divided by their number, not by one less).
    """
    first = np.iinfo(frame.dtype).min
    counts = np.zeros(np.iinfo(frame.dtype).max - first + 1, dtype=np.int64)
    for inside in _inside(frame, region, corner, opposite):
        counts += np.bincount(inside.astype(np.int64) - first, minlength=len(counts))
    if rescale.padding is not None and 0 <= rescale.padding - first < len(counts):
        counts[rescale.padding - first] = 0
    found = np.flatnonzero(counts)
    if len(found) == 0:
        return []
    stored, weights = (found + first).astype(np.float64), counts[found]
    mean = float(np.average(stored, weights=weights))
    spread = math.sqrt(float(np.average((stored - mean) ** 2, weights=weights)))
    ends = sorted((rescale(float(stored[0])), rescale(float(stored[-1]))))
    return [
        Quantity("Mean", rescale(mean), unit),
        Quantity("Standard Deviation", abs(rescale.slope) * spread, unit),
        Quantity("Minimum", ends[0], unit),
        Quantity("Maximum", ends[1], unit),
    ]


def _inside(frame: NDArray[Any], region: Region, corner: Point, opposite: Point) -> Iterator[NDArray[Any]]:
    """Stored values of the pixels whose centres lie in the region or on its edge, some rows at a time."""
    (left, right), (top, bottom) = sorted((corner[0], opposite[0])), sorted((corner[1], opposite[1]))
    columns = _centres(left, right, frame.shape[1])
    rows = _centres(top, bottom, frame.shape[0])
    if not columns or not rows:
        return
    step = max(1, BLOCK_PIXELS // len(columns))
    for start in range(rows.start, rows.stop, step):
        some = range(start, min(start + step, rows.stop))
        block = frame[some.start : some.stop, columns.start : columns.stop]
        if region is Region.RECTANGLE:
            yield block.ravel()
        else:
            across = _from_middle(columns, left, right)[np.newaxis, :]
            down = _from_middle(some, top, bottom)[:, np.newaxis]
            yield block[across**2 + down**2 <= 1]


def _centres(low: float, high: float, count: int) -> range:
    """Indexes of the pixels along one axis whose centres lie between two edges."""
    return range(max(0, math.ceil(low - 0.5)), min(count, math.floor(high - 0.5) + 1))


def _from_middle(indexes: range, low: float, high: float) -> NDArray[np.float64]:
    """Of pixel centres, how far they are from the middle of the box: 1 at its edge."""
    return (np.asarray(indexes) + 0.5 - (low + high) / 2) / ((high - low) / 2)
