"""Small CT series for tests that need images but not what they show."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.api.imaging.dicom_writer import as_file, ct_data_set

SPACING_MM = 2.5
NAME = "Doe^Jane"


def ct_pixels(number: int, rows: int = 16, columns: int = 12) -> NDArray[Any]:
    """Stored values that tell slices, rows and columns apart."""
    values: NDArray[Any] = (np.arange(rows * columns).reshape(rows, columns) + 1000 * number).astype("<u2")
    return values


def ct_file(number: int, *, series: str = "2.25.2", **attributes: Any) -> bytes:
    """One slice; its SOP Instance UID ends in its number. attributes: by keyword; None takes one away."""
    attributes.setdefault("SOPInstanceUID", f"{series}.{number}")
    pixels = attributes.pop("pixels", ct_pixels(number))
    data_set = ct_data_set(number, (0, 0, SPACING_MM * number), pixels=pixels, SeriesInstanceUID=series, **attributes)
    return as_file(data_set)


def ct_files(count: int, *, first: int = 1, **attributes: Any) -> dict[str, bytes]:
    return {f"{number:04d}.dcm": ct_file(number, **attributes) for number in range(first, first + count)}
