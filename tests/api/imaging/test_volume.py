"""Volumes beyond the reference table: types, limits, places."""

from typing import Any

import numpy as np
import pytest

from api.errors import Invalid
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.volume import load_volume


def slices(*heights: float, **changes: Any) -> list[FrameGeometry]:
    described: dict[str, Any] = {
        "frame_number": 1,
        "rows": 4,
        "columns": 6,
        "bits_allocated": 16,
        "bits_stored": 16,
        "signed": True,
        "photometric": "MONOCHROME2",
        "row_direction": (1.0, 0.0, 0.0),
        "column_direction": (0.0, 1.0, 0.0),
        "row_spacing": 0.8,
        "column_spacing": 0.5,
    }
    return [FrameGeometry(**(described | {"position": (-10.0, 5.0, height)} | changes)) for height in heights]


def filled(*values: int) -> list[Any]:
    return [np.full((4, 6), value, np.int16) for value in values]


def test_whole_slopes_give_int16_and_fractions_float32() -> None:
    whole = load_volume(filled(3, 4), slices(0, 1, rescale_slope=2.0, rescale_intercept=-1000.0))
    fraction = load_volume(filled(3, 4), slices(0, 1, rescale_slope=0.5, rescale_intercept=-1000.0))

    assert (whole.voxels.dtype, whole.voxels[1, 0, 0]) == (np.dtype(np.int16), -992)
    assert (fraction.voxels.dtype, fraction.voxels[1, 0, 0]) == (np.dtype(np.float32), -998)


def test_values_beyond_int16_end_at_its_ends() -> None:
    volume = load_volume(filled(-32768, 32767), slices(0, 1, rescale_slope=2.0, rescale_intercept=0.0))

    assert (volume.voxels.min(), volume.voxels.max()) == (-32768, 32767)


def test_index_and_patient_are_where_the_standard_puts_them() -> None:
    volume = load_volume(filled(0, 0, 0), slices(0, 2.5, 5))

    assert volume.spacing == (2.5, 0.8, 0.5)
    assert volume.index_to_patient((2, 3, 4)).tolist() == pytest.approx([-10 + 4 * 0.5, 5 + 3 * 0.8, 5])
    assert (volume.affine @ (2, 3, 4, 1))[:3].tolist() == pytest.approx([-8, 7.4, 5])


def test_slices_around_a_gap_keep_their_places() -> None:
    volume = load_volume(filled(0, 0, 0, 0), slices(0, 2, 10, 12))

    assert volume.index_to_patient((2, 0, 0))[2] == 10
    assert volume.patient_to_index((-10, 5, 6))[0] == pytest.approx(1.5)
    assert volume.patient_to_index((-10, 5, 14))[0] == pytest.approx(4)
    assert volume.spacing[0] == 2


def test_a_single_slice_is_as_thick_as_it_says() -> None:
    volume = load_volume(filled(7), slices(3, slice_thickness=5.0))

    assert volume.spacing[0] == 5
    assert volume.patient_to_index(volume.index_to_patient((0, 1, 2))).tolist() == pytest.approx([0, 1, 2])


@pytest.mark.parametrize(
    ("frames", "geometries"),
    [
        ([], []),
        (filled(1), slices(0, 1)),
        (filled(1, 2, 3), slices(0, 1)),
        (filled(1, 2), slices(0, 1, rows=5)),
        (filled(1, 2), slices(0, 1, position=None)),
        (filled(1, 2), slices(0, 1, row_spacing=None)),
        (filled(1, 2), slices(0, 1, samples_per_pixel=3)),
    ],
    ids=["empty", "too few", "too many", "other matrix", "no place", "no spacing", "colour"],
)
def test_what_is_no_volume_is_told(frames: list[Any], geometries: list[FrameGeometry]) -> None:
    with pytest.raises(Invalid):
        load_volume(frames, geometries)
