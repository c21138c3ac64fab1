import numpy as np

from api.imaging.volume import Volume
from api.inference.grids import Grid, factors_for, reduce_volume
from api.inference.lungs import Lungs, find_lungs
from tests.api.inference.synthetic_chest import LUNG_MM, RIGHT, SPACING, Ball, draw_chest, index_of

LUNG_ML = 4 / 3 * np.pi * np.prod(LUNG_MM) / 1000


def lungs_of(volume: Volume) -> tuple[Grid, Lungs]:
    grid = reduce_volume(volume.voxels, volume.spacing, factors_for(SPACING, (3.0, 3.0, 3.0)))
    return grid, find_lungs(grid)


def is_inside(grid: Grid, lungs: Lungs, place_mm: tuple[float, float, float]) -> bool:
    return bool(lungs.mask[tuple(np.rint(grid.to_grid(index_of(place_mm))).astype(int))])


def test_two_lungs_are_found_with_their_volume_and_without_the_air_around_the_body() -> None:
    _, lungs = lungs_of(draw_chest())

    assert abs(lungs.volume_ml - 2 * LUNG_ML) < 0.05 * 2 * LUNG_ML
    assert -860 < lungs.mean_hu < -820
    assert not lungs.mask[:, 0].any()
    assert not lungs.mask[:, -1].any()


def test_a_nodule_inside_and_one_at_the_pleura_belong_to_the_mask() -> None:
    at_wall = (0.0, 0.0, RIGHT[2] - LUNG_MM[2] + 5.0)
    grid, lungs = lungs_of(draw_chest([Ball((0.0, 0.0, RIGHT[2]), 30.0), Ball(at_wall, 14.0)]))

    assert is_inside(grid, lungs, (0.0, 0.0, RIGHT[2]))
    assert is_inside(grid, lungs, at_wall)
    assert not is_inside(grid, lungs, (0.0, 0.0, 0.0))


def test_gas_in_the_bowel_is_no_lung() -> None:
    gas = [Ball((0.0, 20.0, 40.0), 60.0, -1000.0), Ball((40.0, 0.0, -40.0), 60.0, -1000.0)]

    _, lungs = lungs_of(draw_chest(gas, lungs=()))

    assert lungs.volume_ml < 1


def test_without_air_there_are_no_lungs() -> None:
    grid = reduce_volume(np.full((12, 40, 40), 40, np.int16), SPACING, (1, 2, 2))

    lungs = find_lungs(grid)

    assert lungs.volume_ml == 0
    assert not lungs.mask.any()
