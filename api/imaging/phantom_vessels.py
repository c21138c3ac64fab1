"""Lung vessels and bronchi of the phantom: trees that grow from the hila, branch and taper towards the pleura."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from api.imaging.phantom_anatomy import Floats, Plane, lung_level

Points = NDArray[np.float64]

_TWIG_RADIUS_MM = 0.5
_BRANCHING = 1 / 2.6  # radius grows with the number of twigs fed, to this power (Murray's law has 1/3)
_PLEURA_MM = 5.0  # the last millimetres below the pleura show no vessels on CT
_HILUM = (32.0, 10.0, 8.0)  # of the left lung; the right one mirrors it
_TREES = ((0.0, 300), (-14.0, 230))  # arteries and veins: height of the hilum above, twigs


@dataclass(frozen=True, slots=True)
class Tube:
    """A tapering piece from start to end, LPS mm. airway: hollow, beside an artery."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    start_radius: float
    end_radius: float
    airway: bool = False

    @property
    def z_range(self) -> tuple[float, float]:
        reach = max(self.start_radius, self.end_radius) + 1
        return min(self.start[2], self.end[2]) - reach, max(self.start[2], self.end[2]) + reach


@lru_cache(maxsize=4)
def grow_vessels(seed: int) -> tuple[Tube, ...]:
    """The same trees for the same seed."""
    rng = np.random.default_rng((seed, 1))
    tubes: list[Tube] = []
    for side in (-1.0, 1.0):
        for lift, twigs in _TREES:
            root = np.array([side * _HILUM[0], _HILUM[1], _HILUM[2] + lift])
            tree = list(_grow(root, _inside_lung(rng, side, twigs), rng))
            tubes.extend(tree)
            if lift == 0:
                tubes.extend(_airways(tree))
    return tuple(tubes)


def tube_coverage(tube: Tube, plane: Plane, heights: Floats) -> tuple[slice, slice, Floats, Floats] | None:
    """How much of each pixel the tube and its outer wall fill, within a window of the slice.

    heights: z of the layers that the slice averages over, mm.
    Returns: rows, columns, lumen coverage, wall coverage (of airways, else the same); None when it does not cross.
    """
    start, end = np.array(tube.start), np.array(tube.end)
    reach = max(tube.start_radius, tube.end_radius) + 1.5
    near = _cut(start, end, float(heights[0]) - reach, float(heights[-1]) + reach)
    if near is None:
        return None
    rows = _window(plane.y[:, 0], near[:, 1], reach)
    columns = _window(plane.x, near[:, 0], reach)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    points = (plane.x[columns], plane.y[rows], heights[:, None, None])
    axis = end - start
    offsets = [point - np.float32(origin) for point, origin in zip(points, start, strict=True)]
    along = sum(offset * np.float32(part) for offset, part in zip(offsets, axis, strict=True))
    share = np.clip(along / np.float32(max(axis @ axis, 1e-6)), 0, 1)
    squared = sum((offset - share * np.float32(part)) ** 2 for offset, part in zip(offsets, axis, strict=True))
    level = tube.start_radius + share * np.float32(tube.end_radius - tube.start_radius) - np.sqrt(squared)
    inner = np.clip(0.5 + level / 0.9, 0, 1).mean(axis=0)
    outer = np.clip(0.5 + (level + 0.9) / 0.9, 0, 1).mean(axis=0) if tube.airway else inner
    return rows, columns, inner, outer


def _inside_lung(rng: np.random.Generator, side: float, count: int) -> Points:
    """Points spread over one lung, away from its surface."""
    box = rng.uniform((28, -85, -110), (140, 90, 120), size=(count * 12, 3)) * (side, 1, 1)
    x, y, z = (box[:, axis].astype(np.float32) for axis in range(3))
    return box[lung_level(x, y, z) > _PLEURA_MM][:count]


def _grow(root: Points, targets: Points, rng: np.random.Generator) -> Iterator[Tube]:
    waiting = [(root, targets)]
    while waiting:
        node, twigs = waiting.pop()
        radius = _TWIG_RADIUS_MM * len(twigs) ** _BRANCHING
        if len(twigs) == 1:
            yield Tube(_tuple(node), _tuple(twigs[0]), radius, 0.7 * radius)
            continue
        centre = twigs.mean(axis=0)
        way = (centre - node) * rng.uniform(0.28, 0.45)
        fork = node + way + rng.normal(0, 0.06 * np.linalg.norm(way), 3)
        yield Tube(_tuple(node), _tuple(fork), radius, 0.9 * radius)
        _, axes = np.linalg.eigh(np.cov((twigs - centre).T) + np.eye(3) * 1e-3)
        beyond = (twigs - centre) @ axes[:, -1]
        first = beyond > np.median(beyond)
        waiting.extend((fork, part) for part in (twigs[first], twigs[~first]) if len(part))


def _airways(tree: list[Tube]) -> Iterator[Tube]:
    """A bronchus beside each larger artery, about as wide."""
    for tube in tree:
        if tube.end_radius > 1.3:
            shift = 1.9 * tube.start_radius
            start = (tube.start[0], tube.start[1] + shift, tube.start[2])
            end = (tube.end[0], tube.end[1] + shift, tube.end[2])
            yield Tube(start, end, 0.75 * tube.start_radius, 0.75 * tube.end_radius, airway=True)


def _cut(start: Points, end: Points, low: float, high: float) -> Points | None:
    """Both ends of the part of a line that lies between two heights; None when it does not reach them."""
    rise = end[2] - start[2]
    if abs(rise) < 1e-6:
        return np.stack([start, end]) if low <= start[2] <= high else None
    shares = np.clip(np.sort([(low - start[2]) / rise, (high - start[2]) / rise]), 0, 1)
    if shares[0] == shares[1]:
        return None
    cut: Points = start + shares[:, None] * (end - start)
    return cut


def _window(centres: Floats, across: Points, reach: float) -> slice:
    begin = int(np.searchsorted(centres, across.min() - reach))
    return slice(begin, int(np.searchsorted(centres, across.max() + reach)))


def _tuple(point: Points) -> tuple[float, float, float]:
    return float(point[0]), float(point[1]), float(point[2])
