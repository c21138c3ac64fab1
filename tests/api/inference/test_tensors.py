import numpy as np
import pytest

from api.imaging.volume import Volume
from api.inference.tensors import AXIAL, CORONAL, SAGITTAL, SLANTED, Directions, PatchGeometry, lies_in_slices, to_input
from tests.api.inference.synthetic_chest import volume_of


def ramp(
    direction: tuple[float, float, float],
    spacing: tuple[float, float, float] = (2.0, 1.0, 1.0),
    shape: tuple[int, int, int] = (40, 60, 60),
) -> Volume:
    """A volume whose HU grow by 10 a mm along a direction of the patient (LPS), 0 at the middle."""
    volume = volume_of(np.zeros(shape, np.int16), spacing)
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    places = grid @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    return volume_of((places @ np.array(direction) * 10).astype(np.int16), spacing)


@pytest.mark.parametrize(
    ("direction", "plane", "down", "right"),
    [
        ((1, 0, 0), AXIAL, 0, 7),
        ((0, 1, 0), AXIAL, 7, 0),
        ((0, 0, 1), AXIAL, 0, 0),
        ((0, 0, 1), CORONAL, -7, 0),
        ((1, 0, 0), CORONAL, 0, 7),
        ((0, 1, 0), SAGITTAL, 0, 7),
        ((0, 0, 1), SLANTED[0], 7 * 0.5**0.5, 0),
    ],
)
def test_a_plane_grows_by_its_pixel_size_along_the_patients_axes(
    direction: tuple[float, float, float], plane: Directions, down: float, right: float
) -> None:
    volume = ramp(direction)
    middle = (np.array(volume.voxels.shape) - 1) / 2

    patch = to_input(
        volume.voxels, volume.affine, middle[None], np.array([5.0]), PatchGeometry(planes=(plane,), size=20)
    )[0, 0].astype(float)

    assert np.gradient(patch, axis=0).mean() == pytest.approx(down, abs=0.4)
    assert np.gradient(patch, axis=1).mean() == pytest.approx(right, abs=0.4)
    assert abs(patch.mean()) < 1


def test_the_same_patient_stored_feet_first_or_as_coronal_slices_gives_the_same_planes() -> None:
    volume = ramp((0.3, 0.5, 0.8), spacing=(1.0, 1.0, 1.0), shape=(50, 50, 50))
    turned = np.ascontiguousarray(volume.voxels[::-1].transpose(1, 0, 2))
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, 0] * 49
    affine[:3, :2] = np.stack([affine[:3, 1], -affine[:3, 0]], axis=1)
    index = np.array([[20.0, 22.0, 26.0]])

    as_axial = to_input(volume.voxels, volume.affine, index, np.array([6.0]), PatchGeometry(size=24))
    as_coronal = to_input(turned, affine, np.array([[22.0, 49 - 20.0, 26.0]]), np.array([6.0]), PatchGeometry(size=24))

    np.testing.assert_allclose(as_axial, as_coronal, atol=1)


def test_wide_things_are_seen_from_farther_away() -> None:
    volume = ramp((1, 0, 0))
    middle = (np.array(volume.voxels.shape) - 1) / 2

    near, far = (
        to_input(volume.voxels, volume.affine, middle[None], np.array([width]), PatchGeometry(planes=(AXIAL,), size=16))
        for width in (20.0, 40.0)
    )

    assert np.ptp(far) == pytest.approx(2 * np.ptp(near), rel=0.05)


def test_at_the_volumes_edge_the_edge_repeats_and_float_volumes_are_taken_too() -> None:
    volume = ramp((1, 0, 0))

    patch = to_input(
        volume.voxels.astype(np.float32), volume.affine, np.array([[0.0, 0.0, 0.0]]), np.array([5.0]), PatchGeometry()
    )

    assert patch.shape == (1, 3, 48, 48)
    assert patch.dtype == np.int16
    assert (patch[0, 0, :, :23] == patch[0, 0, 0, 0]).all()


def test_of_axial_slices_only_the_axial_plane_is_parallel() -> None:
    volume = ramp((1, 0, 0))
    planes = (AXIAL, CORONAL, SAGITTAL, *SLANTED)
    as_coronal = volume.affine[:, [1, 0, 2, 3]]

    assert lies_in_slices(planes, volume.affine).tolist() == [True] + [False] * 8
    assert lies_in_slices(planes, as_coronal).tolist() == [False, True] + [False] * 7
