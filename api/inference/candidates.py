"""Places in the lungs that look like a ball at some scale: differences of Gaussians, round before long.

Made to miss little; telling nodules from vessels is the network's work. Arrays in index order (slice, row, column).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from api.inference.grids import Grid, Progress

# Standard deviations of the blurs, mm; a ball of diameter d answers strongest near d = 3.4 sigma.
OCTAVES: tuple[tuple[int, tuple[float, ...]], ...] = (
    (1, (1.0, 1.4, 2.0, 2.8)),
    (2, (2.8, 4.0, 5.6)),
    (4, (5.6, 8.0, 11.3)),
)
DIAMETER_OF_SIGMA = 3.4
LUNG_HU = -850.0
TISSUE_HU = 100.0
WEAKEST_HU = 15.0
# A ball of this contrast counts fully; beyond it only shape and size decide, so that faint nodules keep a place.
ENOUGH_HU = 100.0
# Deep enough for second centres within lumps: where a vessel joins a nodule the strongest answer lies between the two,
# and the nodule's own comes hundreds of places later (on one development scan in place 879).
LIMIT = 1000

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Candidates:
    """Strongest first.

    index:    float64 (candidate, 3), (slice, row, column) of the grid
    diameter: float64 (candidate,), mm, as the scale that answered suggests
    strength: float64 (candidate,); contrast in HU by roundness by the square root of the scale
    """

    index: NDArray[np.float64]
    diameter: NDArray[np.float64]
    strength: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)


def find_candidates(
    grid: Grid, inside: NDArray[np.bool_], limit: int = LIMIT, progress: Progress = lambda _: None
) -> Candidates:
    """The `limit` most ball-like places of `grid` (about 1.4 mm) where `inside`, bool of the same shape, is true."""
    found: list[NDArray[np.float64]] = []
    corner, image, allowed = _crop(grid, inside)
    if not allowed.any():
        return Candidates(np.empty((0, 3)), np.empty(0), np.empty(0))
    for step, (factor, sigmas) in enumerate(OCTAVES):
        small, ok, factors = _shrink(image, allowed, grid.spacing, grid.spacing[1] * factor)
        spacing = np.array(grid.spacing) * factors
        done = step / len(OCTAVES)
        for index, sigma, strength in _maxima(
            small,
            ok,
            spacing,
            sigmas,
            lambda part, done=done: progress(done + part / len(OCTAVES)),  # type: ignore[misc]
        ):
            place = index * factors + (factors - 1) / 2 + corner
            found.append(np.column_stack([place, np.full(len(place), sigma), strength]))
    rows = np.concatenate(found)
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = _distinct(rows[: limit * 6], np.array(grid.spacing), limit)
    return Candidates(kept[:, :3], kept[:, 3] * DIAMETER_OF_SIGMA, kept[:, 4])


def _crop(grid: Grid, inside: NDArray[np.bool_]) -> tuple[NDArray[np.float64], Floats, NDArray[np.bool_]]:
    """The lungs' box; tissue outside `inside` is drawn as lung, so that the chest wall does not answer."""
    if not inside.any():
        return np.zeros(3), np.empty((0, 0, 0), np.float32), inside
    spans = []
    for axis in range(3):
        others = tuple(k for k in range(3) if k != axis)
        taken = np.flatnonzero(inside.any(axis=others))
        spans.append(slice(int(taken[0]), int(taken[-1]) + 1))
    box = (spans[0], spans[1], spans[2])
    allowed = inside[box]
    image = np.clip(grid.hu[box].astype(np.float32), -1000.0, TISSUE_HU) - np.float32(LUNG_HU)
    image[~allowed] = 0.0
    return np.array([float(span.start) for span in box]), image, allowed


def _shrink(
    image: Floats, allowed: NDArray[np.bool_], spacing: tuple[float, float, float], aim_mm: float
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.float64]]:
    factors = [
        max(1, min(int(aim_mm / step + 0.25), length)) for step, length in zip(spacing, image.shape, strict=True)
    ]
    if factors == [1, 1, 1]:
        return image, allowed, np.ones(3)
    shape = [length // factor for length, factor in zip(image.shape, factors, strict=True)]
    cut = tuple(slice(0, length * factor) for length, factor in zip(shape, factors, strict=True))
    blocks = (shape[0], factors[0], shape[1], factors[1], shape[2], factors[2])
    small = image[cut].reshape(blocks).mean(axis=(1, 3, 5))
    return small, allowed[cut].reshape(blocks).mean(axis=(1, 3, 5)) >= 0.5, np.array(factors, np.float64)


def _maxima(
    image: Floats,
    allowed: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    sigmas: tuple[float, ...],
    progress: Progress,
) -> Iterator[tuple[NDArray[np.float64], float, NDArray[np.float64]]]:
    """(index (n, 3), sigma, strength (n,)) of each scale between two neighbouring blurs."""
    blurred = _blur(image, spacing, 0.0, sigmas[0])
    steps = len(sigmas) - 1
    for number, (fine, coarse) in enumerate(pairwise(sigmas)):
        progress(number / steps)
        wider = _blur(blurred, spacing, fine, coarse)
        progress((number + 0.4) / steps)
        answer = blurred - wider
        peak = ndimage.maximum_filter(answer, size=3, mode="nearest")
        progress((number + 0.7) / steps)
        index = np.argwhere((answer == peak) & (answer > WEAKEST_HU) & allowed)
        if len(index):
            roundness = _roundness(blurred, index, spacing)
            contrast = np.minimum(answer[tuple(index.T)].astype(np.float64), ENOUGH_HU)
            yield index.astype(np.float64), fine, contrast * roundness * np.sqrt(fine)
        blurred = wider
    progress(1.0)


def _blur(image: Floats, spacing: NDArray[np.float64], has: float, wanted: float) -> Floats:
    """Gaussian blur in mm of what is blurred by `has` already, axis by axis; mirrored at the ends."""
    for axis in range(3):
        sigma = np.sqrt(wanted**2 - has**2) / spacing[axis]
        image = np.asarray(ndimage.gaussian_filter1d(image, sigma, axis=axis, mode="nearest", truncate=3.0))
    return image


def _roundness(image: Floats, index: NDArray[np.int64], spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the Hessian in mm: 1 for a ball, 0 for a tube or a sheet (smallest curvature by largest, square root)."""
    top = np.array(image.shape) - 1

    def at(offset: tuple[int, int, int]) -> NDArray[np.float64]:
        place = np.clip(index + np.array(offset), 0, top)
        return np.asarray(image[tuple(place.T)], np.float64)

    hessian = np.empty((len(index), 3, 3))
    center = at((0, 0, 0))
    unit = np.eye(3, dtype=int)
    for a in range(3):
        plus, minus = at(tuple(unit[a])), at(tuple(-unit[a]))
        hessian[:, a, a] = (plus + minus - 2 * center) / spacing[a] ** 2
        for b in range(a):
            both, cross = unit[a] + unit[b], unit[a] - unit[b]
            mixed: Any = at(tuple(both)) + at(tuple(-both)) - at(tuple(cross)) - at(tuple(-cross))
            hessian[:, a, b] = hessian[:, b, a] = mixed / (4 * spacing[a] * spacing[b])
    curvature = -np.linalg.eigvalsh(hessian)[:, ::-1]
    smallest, largest = curvature[:, 0], curvature[:, 2]
    return np.asarray(np.sqrt(np.clip(smallest, 0.0, None) / np.maximum(largest, 1e-6)))


def _distinct(rows: NDArray[np.float64], spacing: NDArray[np.float64], limit: int) -> NDArray[np.float64]:
    """Drop what lies in a stronger candidate's ball; rows (slice, row, column, sigma, strength), strongest first."""
    place = rows[:, :3] * spacing
    radius = np.maximum(rows[:, 3] * DIAMETER_OF_SIGMA / 2, 2.0)
    alive = np.ones(len(rows), bool)
    kept: list[int] = []
    for number in range(len(rows)):
        if alive[number]:
            kept.append(number)
            if len(kept) == limit:
                break
            distance = np.sqrt(((place - place[number]) ** 2).sum(axis=1))
            alive &= distance > np.maximum(radius[number] * 0.7, 2.0)
    return rows[kept]
