"""What one decoded frame is: its matrix, its values and its place in the patient.

Everything here describes the frame as `pixels.iter_frames` gives it, not as the file codes it: a palette or YBR
frame is RGB of 8 bits. Positions are LPS mm, spacings mm.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

Vector = tuple[float, float, float]

_UNIT_TOLERANCE = 0.02  # headers round direction cosines to a few digits
_TUPLES = frozenset(("position", "row_direction", "column_direction", "image_type"))


@dataclass(frozen=True, slots=True)
class FrameGeometry:
    """One frame of one instance.

    position:         centre of the first pixel, LPS mm; Image Position (Patient) (0020,0032).
    row_direction:    unit vector along a row, towards higher columns: the first three of (0020,0037).
    column_direction: unit vector along a column, towards higher rows: the last three of (0020,0037).
    row_spacing:      mm between rows, column_spacing: mm between columns; Pixel Spacing (0028,0030).
    slice_thickness:  mm, nominal; never the distance between slices.
    padding_value:    a stored value that is no measurement; Pixel Padding Value (0028,0120) read as signed where
                      the pixels are.
    temporal:         what orders phases: temporal position, else trigger time in ms, else acquisition time in s.
    Source:           PS3.3 C.7.6.2.1.1, C.7.6.3, C.7.6.16, C.11.1.
    """

    frame_number: int
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    photometric: str
    samples_per_pixel: int = 1
    position: Vector | None = None
    row_direction: Vector | None = None
    column_direction: Vector | None = None
    row_spacing: float | None = None
    column_spacing: float | None = None
    slice_thickness: float | None = None
    rescale_slope: float | None = None
    rescale_intercept: float | None = None
    padding_value: int | None = None
    image_type: tuple[str, ...] = ()
    acquisition_number: int | None = None
    temporal: float | None = None
    echo_time: float | None = None

    @property
    def is_localizer(self) -> bool:
        """Image Type (0008,0008) value 3 says LOCALIZER (PS3.3 C.8.2.1.1.1); some writers put it elsewhere."""
        return "LOCALIZER" in self.image_type

    @property
    def normal(self) -> Vector | None:
        """Unit vector along which slices are ordered: row direction x column direction, LPS."""
        if self.row_direction is None or self.column_direction is None:
            return None
        return cross(self.row_direction, self.column_direction)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON column; `from_json` reads them back equal."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "FrameGeometry":
        known = {field.name for field in fields(cls)}
        arguments: dict[str, Any] = {
            name: tuple(value) if name in _TUPLES else value for name, value in values.items() if name in known
        }
        return cls(**arguments)


def cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def orthonormal(cosines: tuple[float, ...] | None) -> tuple[Vector, Vector] | None:
    """Row and column direction out of the six cosines of (0020,0037); None when they span no plane.

    Rounded cosines are brought back to unit length; the column is left as near to the header as that allows.
    """
    if cosines is None or len(cosines) != 6:
        return None
    row = _unit((cosines[0], cosines[1], cosines[2]))
    column = _unit((cosines[3], cosines[4], cosines[5]))
    if row is None or column is None or abs(dot(row, column)) > _UNIT_TOLERANCE:
        return None
    return row, column


def _unit(vector: Vector) -> Vector | None:
    length = math.sqrt(dot(vector, vector))
    if abs(length - 1) > _UNIT_TOLERANCE:
        return None
    if abs(length - 1) < 1e-6:
        return vector
    return (vector[0] / length, vector[1] / length, vector[2] / length)
