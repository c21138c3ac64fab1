import numpy as np
import pytest

from api.inference.grids import factors_for, reduce_volume


def test_a_block_is_the_mean_of_its_voxels_and_lies_between_them() -> None:
    voxels = np.arange(4 * 4 * 6, dtype=np.int16).reshape(4, 4, 6)

    grid = reduce_volume(voxels, (1.0, 0.5, 0.5), (2, 2, 3))

    assert grid.hu.shape == (2, 2, 2)
    assert grid.spacing == (2.0, 1.0, 1.5)
    assert grid.hu[0, 0, 0] == round(float(voxels[:2, :2, :3].mean()))
    np.testing.assert_allclose(grid.to_volume(np.zeros(3)), (0.5, 0.5, 1.0))
    np.testing.assert_allclose(grid.to_grid(grid.to_volume(np.array([1.0, 0.25, 2.0]))), (1.0, 0.25, 2.0))


def test_values_outside_the_field_of_view_count_as_air() -> None:
    voxels = np.full((2, 4, 4), -2048, np.int16)

    assert reduce_volume(voxels, (1.0, 1.0, 1.0), (1, 2, 2)).hu.max() == -1024


def test_slices_fewer_than_a_block_still_make_one() -> None:
    grid = reduce_volume(np.zeros((1, 9, 9), np.float32), (1.0, 1.0, 1.0), (3, 2, 2))

    assert grid.hu.shape == (1, 4, 4)
    assert grid.factors == (1, 2, 2)


@pytest.mark.parametrize(
    ("spacing", "factors"),
    [((2.5, 0.7, 0.7), (1, 2, 2)), ((0.6, 0.5, 0.5), (2, 3, 3)), ((8.0, 2.0, 2.0), (1, 1, 1))],
)
def test_blocks_come_near_the_wanted_distance(
    spacing: tuple[float, float, float], factors: tuple[int, int, int]
) -> None:
    assert factors_for(spacing, (1.25, 1.4, 1.4)) == factors


def test_progress_is_told_after_every_slab_and_may_stop_the_work() -> None:
    told = []

    def stop_at_half(part: float) -> None:
        told.append(part)
        if part >= 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        reduce_volume(np.zeros((8, 4, 4), np.int16), (1.0, 1.0, 1.0), (1, 2, 2), stop_at_half)

    assert told == [0.125, 0.25, 0.375, 0.5]
