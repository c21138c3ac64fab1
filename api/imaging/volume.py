"""One stack as a volume in Hounsfield units (or whatever its rescaled values mean), and its place in the patient.

Not for: judging the stack. Gaps and uneven spacing are `stacks.py`'s warnings; here each slice keeps its own place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.errors import Invalid
from api.imaging.frame_geometry import FrameGeometry

AIR_HU = -1024
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Volume:
    """voxels:  int16 or float32, shape (slice, row, column), rescaled values.
    affine:  4x4, index (slice, row, column, 1) to LPS mm; exact where slices are evenly spaced.
    spacing: mm between slices along the normal, rows and columns.
    origins: (slice, 3), LPS mm of each slice's first pixel: exact with gaps and tilt too.
    """

    voxels: NDArray[Any]
    affine: Floats
    spacing: tuple[float, float, float]
    origins: Floats

    def index_to_patient(self, index: Sequence[float] | NDArray[Any]) -> Floats:
        """(slice, row, column), fractions allowed, to LPS mm. index: (3,) or (n, 3)."""
        at = np.asarray(index, dtype=np.float64)
        origin = self._origin(at[..., 0])
        return origin + at[..., 1:2] * self.affine[:3, 1] + at[..., 2:3] * self.affine[:3, 2]

    def patient_to_index(self, position: Sequence[float] | NDArray[Any]) -> Floats:
        """LPS mm to (slice, row, column) with fractions. position: (3,) or (n, 3)."""
        at = np.asarray(position, dtype=np.float64)
        row_step, column_step = self.affine[:3, 1], self.affine[:3, 2]
        normal = np.cross(column_step, row_step)
        normal /= np.linalg.norm(normal)
        distances = self.origins @ normal
        slices = _interpolate(at @ normal, distances, np.arange(len(distances), dtype=np.float64))
        offset = at - self._origin(slices)
        rows = offset @ row_step / (row_step @ row_step)
        columns = offset @ column_step / (column_step @ column_step)
        return np.stack([slices, rows, columns], axis=-1)

    def _origin(self, slices: Floats) -> Floats:
        numbers = np.arange(len(self.origins), dtype=np.float64)
        return np.stack([_interpolate(slices, numbers, self.origins[:, axis]) for axis in range(3)], axis=-1)


def load_volume(frames: Iterable[NDArray[Any]], geometries: Sequence[FrameGeometry]) -> Volume:
    """Rescale the frames of one stack into a preallocated array, in one pass.

    frames:     stored values in stack order, as `pixels.iter_frames` or `htj2k.decode` gives them.
    geometries: of the same frames, all placed, of one orientation and matrix.
    Returns:    voxels int16 where slopes and intercepts are whole numbers (values beyond it are cut off at its ends,
                which no HU reaches), else float32. Padding values become air, -1024.
    Raises:     Invalid when frames are missing, not grey, not placed or not of one matrix.
    Source:     PS3.3 C.7.6.2.1.1 (position, orientation), C.11.1.1.2 (rescale), C.7.5.1.1.2 (padding).
    """
    _check(geometries)
    first = geometries[0]
    is_whole = all(_slope(each).is_integer() and _intercept(each).is_integer() for each in geometries)
    voxels = np.empty((len(geometries), first.rows, first.columns), dtype=np.int16 if is_whole else np.float32)
    filled = 0
    for frame in frames:
        if filled == len(geometries) or frame.shape != voxels.shape[1:]:
            raise Invalid("The frames are not those of this stack.")
        voxels[filled] = _rescaled(frame, geometries[filled], is_whole)
        filled += 1
    if filled < len(geometries):
        raise Invalid(f"Only {filled} of the stack's {len(geometries)} frames could be read.")
    affine, spacing, origins = _place(geometries)
    return Volume(voxels, affine, spacing, origins)


def _check(geometries: Sequence[FrameGeometry]) -> None:
    if not geometries:
        raise Invalid("An empty stack is no volume.")
    first = geometries[0]
    for each in geometries:
        if each.position is None or each.normal is None or each.row_spacing is None or each.column_spacing is None:
            raise Invalid("The images do not say where in the patient they lie, so they make no volume.")
        if each.samples_per_pixel != 1 or (each.rows, each.columns) != (first.rows, first.columns):
            raise Invalid("The images differ in size or are in colour, so they make no volume.")


def _slope(geometry: FrameGeometry) -> float:
    return float(geometry.rescale_slope if geometry.rescale_slope is not None else 1.0)


def _intercept(geometry: FrameGeometry) -> float:
    return float(geometry.rescale_intercept or 0.0)


def _rescaled(frame: NDArray[Any], geometry: FrameGeometry, is_whole: bool) -> NDArray[Any]:
    slope, intercept = _slope(geometry), _intercept(geometry)
    values: NDArray[Any]
    if is_whole:
        values = frame.astype(np.int32)
        if slope != 1:
            values *= int(slope)
        values += int(intercept)
        values = np.clip(values, -32768, 32767, out=values)
    else:
        values = frame.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    if geometry.padding_value is not None:
        values[frame == geometry.padding_value] = AIR_HU
    return values


def _place(geometries: Sequence[FrameGeometry]) -> tuple[Floats, tuple[float, float, float], Floats]:
    first = geometries[0]
    row_direction, column_direction, normal = _axes(first)
    row_spacing, column_spacing = first.row_spacing or 1.0, first.column_spacing or 1.0
    origins = np.array([each.position for each in geometries], dtype=np.float64)
    if len(origins) > 1:
        step = (origins[-1] - origins[0]) / (len(origins) - 1)
        between = float(np.median(np.diff(origins @ normal)))
    else:
        between = first.slice_thickness or 1.0
        step = normal * between
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = column_direction * row_spacing
    affine[:3, 2] = row_direction * column_spacing
    affine[:3, 3] = origins[0]
    return affine, (between, row_spacing, column_spacing), origins


def _axes(geometry: FrameGeometry) -> tuple[Floats, Floats, Floats]:
    """Row direction, column direction and normal, LPS."""
    row, column = np.array(geometry.row_direction, np.float64), np.array(geometry.column_direction, np.float64)
    return row, column, np.cross(row, column)


def _interpolate(at: Floats, xs: Floats, ys: Floats) -> Floats:
    """Piecewise linear, carried on beyond both ends. xs: ascending."""
    if len(xs) == 1:
        return np.full_like(at, ys[0])
    left = np.clip(np.searchsorted(xs, at, side="right") - 1, 0, len(xs) - 2)
    return ys[left] + (at - xs[left]) * (ys[left + 1] - ys[left]) / (xs[left + 1] - xs[left])
