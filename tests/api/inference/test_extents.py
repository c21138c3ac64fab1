import numpy as np
import pytest

from api.inference.extents import Inside, measure_extent
from tests.api.inference.synthetic_chest import RIGHT, SPACING, Ball, Tube, draw_chest, index_of

PLACE = (10.0, -12.0, RIGHT[2] + 6.0)


@pytest.mark.parametrize(("diameter", "hu"), [(6.0, 40.0), (9.0, 40.0), (14.0, 40.0), (25.0, 40.0), (14.0, -550.0)])
def test_a_ball_is_measured_to_a_millimetre_and_a_half_and_boxed_on_its_widest_slice(
    diameter: float, hu: float
) -> None:
    volume = draw_chest([Ball(PLACE, diameter, hu)])

    extent = measure_extent(volume.voxels, volume.spacing, index_of(PLACE), diameter)

    assert extent.diameter_mm == pytest.approx(diameter, abs=1.5)
    np.testing.assert_allclose(extent.center, index_of(PLACE), atol=1.0)
    left, top, width, height = extent.box
    _, row, column = index_of(PLACE)
    # A pixel's centre lies half a pixel from its outer corner.
    assert left + width / 2 == pytest.approx(column + 0.5, abs=1.1)
    assert top + height / 2 == pytest.approx(row + 0.5, abs=1.1)
    assert width * SPACING[2] == pytest.approx(diameter, abs=2.6)


def test_a_vessel_that_enters_a_nodule_does_not_lengthen_it() -> None:
    vessel = Tube(PLACE, (10.0, 40.0, RIGHT[2] + 6.0), 3.0)
    volume = draw_chest([Ball(PLACE, 12.0), vessel])

    extent = measure_extent(volume.voxels, volume.spacing, index_of(PLACE), 12.0)

    assert extent.diameter_mm == pytest.approx(12.0, abs=2.0)
    assert extent.box[3] * SPACING[1] < 17


def test_the_chest_wall_beyond_the_lungs_is_not_measured() -> None:
    volume = draw_chest([Ball(PLACE, 12.0)])
    whole = np.ones((8, 20, 22), bool)
    without_far_half = whole.copy()
    cut = int(index_of(PLACE)[2]) + 1
    without_far_half[:, :, cut // 10 + 1 :] = False

    free = measure_extent(volume.voxels, volume.spacing, index_of(PLACE), 12.0, Inside(whole, (10, 10, 10)))
    bounded = measure_extent(
        volume.voxels, volume.spacing, index_of(PLACE), 12.0, Inside(without_far_half, (10, 10, 10))
    )

    assert free.diameter_mm == pytest.approx(12.0, abs=1.5)
    assert bounded.box[0] + bounded.box[2] <= (cut // 10 + 1) * 10


def test_where_nothing_stands_out_a_disc_of_the_candidates_size_is_given() -> None:
    volume = draw_chest()

    extent = measure_extent(volume.voxels, volume.spacing, index_of(PLACE), 9.0)

    assert extent.diameter_mm == 9.0
    assert extent.box[2] == pytest.approx(9.0 / SPACING[2])


def test_a_lesion_at_the_corner_of_the_volume_is_measured_within_it() -> None:
    volume = draw_chest()

    extent = measure_extent(volume.voxels, volume.spacing, np.zeros(3), 10.0)

    assert 0 <= extent.center[0] < len(volume.voxels)
