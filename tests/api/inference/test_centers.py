import numpy as np
import pytest
from numpy.typing import NDArray

from api.inference.centers import recenter
from tests.api.inference.synthetic_chest import LEFT, RIGHT, SPACING, Ball, Tube, draw_chest, index_of

PLACE = (10.0, -12.0, RIGHT[2] + 6.0)


def away_from(place_mm: tuple[float, float, float], index: NDArray[np.float64]) -> float:
    return float(np.linalg.norm((index - index_of(place_mm)) * np.array(SPACING)))


@pytest.mark.parametrize("diameter", [6.0, 10.0, 20.0])
def test_a_candidate_beside_the_middle_of_a_ball_moves_there(diameter: float) -> None:
    volume = draw_chest([Ball(PLACE, diameter)])
    start = index_of(PLACE) + np.array([0.5, 0.8, -0.8]) * diameter / 10

    moved = recenter(volume.voxels, volume.spacing, start[None], np.array([diameter]))[0]

    assert away_from(PLACE, moved) < 0.6 * away_from(PLACE, start)
    assert away_from(PLACE, moved) < 0.06 * diameter + 0.4


def test_a_vessel_does_not_lead_it_away() -> None:
    volume = draw_chest([Ball(PLACE, 10.0), Tube(PLACE, (10.0, 60.0, RIGHT[2] + 6.0), 3.0)])

    moved = recenter(volume.voxels, volume.spacing, index_of(PLACE)[None], np.array([10.0]))[0]

    assert away_from(PLACE, moved) < 1.2


def test_in_empty_lung_and_at_the_edge_it_stays_about_where_it_was() -> None:
    volume = draw_chest()
    places = np.array([index_of(LEFT), [0.0, 0.0, 0.0]])
    told: list[float] = []

    moved = recenter(volume.voxels, volume.spacing, places.repeat(30, axis=0), np.full(60, 8.0), told.append)

    assert np.isfinite(moved).all()
    assert (np.linalg.norm((moved - places.repeat(30, axis=0)) * np.array(SPACING), axis=1) < 3.1).all()
    assert told == [50 / 60]
