from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from api.inference.candidates import Candidates, find_candidates
from api.inference.grids import Grid

SPACING = (2.5, 1.4, 1.4)
SHAPE = (40, 70, 70)


def draw(things: Sequence[tuple[NDArray[np.float64], float, float]], noise: float = 10.0) -> Grid:
    """A piece of lung with tissue where `things` (distance from them in mm, diameter, HU) are."""
    hu = np.full(SHAPE, -850.0)
    for distance, diameter, value in things:
        hu += np.clip((diameter / 2 - distance) / 1.4 + 0.5, 0, 1) * (value - hu)
    return Grid((hu + np.random.default_rng(1).normal(0, noise, SHAPE)).astype(np.int16), SPACING, (1, 2, 2))


def distance_to(center: tuple[int, int, int]) -> NDArray[np.float64]:
    """mm from an index, everywhere."""
    return np.sqrt(
        sum(
            ((axis - c) * step) ** 2
            for axis, c, step in zip(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), center, SPACING, strict=True)
        )
    )


def distance_to_line(center: tuple[int, int, int], axis: int) -> NDArray[np.float64]:
    """mm from the line through an index along an axis."""
    steps = [
        ((a - c) * step) ** 2
        for number, (a, c, step) in enumerate(
            zip(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), center, SPACING, strict=True)
        )
        if number != axis
    ]
    return np.asarray(np.sqrt(sum(steps)))


def nearest(candidates: Candidates, center: tuple[int, int, int]) -> tuple[int, float]:
    """(rank, mm) of the candidate nearest to an index."""
    away = np.linalg.norm((candidates.index - np.array(center)) * np.array(SPACING), axis=1)
    return int(away.argmin()), float(away.min())


def test_balls_of_every_size_and_density_are_found_near_their_centre_with_about_their_diameter() -> None:
    balls = [
        ((20, 15, 15), 5.0, 40.0),
        ((20, 35, 50), 12.0, 40.0),
        ((12, 55, 20), 24.0, 40.0),
        ((30, 15, 50), 10.0, -600.0),
    ]
    grid = draw([(distance_to(center), diameter, hu) for center, diameter, hu in balls])

    candidates = find_candidates(grid, np.ones(SHAPE, bool), 100)

    for center, diameter, _ in balls:
        rank, away = nearest(candidates, center)
        assert away < max(SPACING[0] + 0.1, diameter / 6)
        assert rank < 12
        assert 0.55 < candidates.diameter[rank] / diameter < 1.6


def test_a_ball_comes_before_a_vessel_as_wide() -> None:
    grid = draw([(distance_to((20, 20, 20)), 6.0, 40.0), (distance_to_line((20, 50, 50), 0), 6.0, 40.0)])

    candidates = find_candidates(grid, np.ones(SHAPE, bool), 50)

    ball, _ = nearest(candidates, (20, 20, 20))
    along_vessel = np.hypot(*((candidates.index[:, 1:] - 50) * 1.4).T) < 3
    assert ball == 0
    assert candidates.strength[0] > 2 * candidates.strength[along_vessel].max(initial=0.0)


def test_nothing_is_sought_outside_the_mask_and_no_more_than_the_limit_is_given() -> None:
    grid = draw([(distance_to((20, 20, 20)), 8.0, 40.0), (distance_to((20, 50, 50)), 8.0, 40.0)], noise=30.0)
    inside = np.zeros(SHAPE, bool)
    inside[:, :35] = True

    candidates = find_candidates(grid, inside, 7)

    assert len(candidates) == 7
    assert candidates.index[:, 1].max() < 35
    assert (np.diff(candidates.strength) <= 0).all()


def test_an_empty_mask_gives_no_candidates() -> None:
    assert len(find_candidates(draw([]), np.zeros(SHAPE, bool))) == 0


def test_in_a_crowded_lung_hundreds_of_balls_are_all_looked_at() -> None:
    hu = np.full((40, 96, 96), -850, np.int16)
    corners = list(np.ndindex(6, 12, 12))
    for index in corners:
        hu[tuple(slice(6 * k + 2, 6 * k + 2 + width) for k, width in zip(index, (1, 3, 3), strict=True))] = 40

    candidates = find_candidates(Grid(hu, SPACING, (1, 2, 2)), np.ones(hu.shape, bool))

    away = [nearest(candidates, (6 * k + 2, 6 * row + 3, 6 * column + 3))[1] for k, row, column in corners]
    assert len(corners) > 800
    assert np.mean(np.array(away) < 2.0) > 0.95
