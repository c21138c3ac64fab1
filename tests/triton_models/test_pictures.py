"""The card's pictures, of a drawn chest."""

import numpy as np
import pytest

from api.imaging.volume import Volume
from tests.api.inference.synthetic_chest import RIGHT, Ball, draw_chest, index_of
from triton_models.lung_nodule.training import pictures

NODULE = Ball((20.0, -10.0, RIGHT[2] + 5.0), 14.0)


@pytest.fixture(scope="module")
def chest() -> Volume:
    return draw_chest([NODULE])


def test_a_tile_shows_its_place_in_the_middle(chest: Volume) -> None:
    tile = np.asarray(pictures.field(chest, np.array(index_of(NODULE.center))))

    middle = pictures.TILE // 2
    assert tile.shape == (pictures.TILE, pictures.TILE, 3)
    assert tile[middle, middle].min() > 200
    assert tile[middle, middle + 45].max() < 130


def test_what_the_model_went_by_is_warm(chest: Volume) -> None:
    index = np.array(index_of(NODULE.center))
    heat = np.full(chest.voxels.shape[1:], 255, np.uint8)

    red, _, blue = np.asarray(pictures.field(chest, index, heat)).astype(int).transpose(2, 0, 1)

    assert (red > blue + 50).all()


def test_a_sheet_holds_its_tiles_in_rows(chest: Volume) -> None:
    tile = pictures.field(chest, np.array(index_of(NODULE.center)))

    one, two = (pictures.sheet([(tile, "what", "how")] * count, 3).height for count in (3, 4))

    assert two - one == pictures.TILE + pictures.CAPTION + pictures.GAP


def test_the_reliability_diagram_has_a_dot_where_what_was_said_came() -> None:
    bins = [[0.0, 0.5, 10, 0.25, 0.25], [0.5, 1.0, 10, 0.75, 0.5]]

    drawn = pictures.reliability_diagram({"crop_reliability": bins, "reliability": []})

    assert drawn.getpixel((64 + 80, 20 + 240)) == pictures.ACCENT
    assert drawn.getpixel((64 + 240, 20 + 160)) == pictures.ACCENT
