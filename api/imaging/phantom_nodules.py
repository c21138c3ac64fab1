"""Nodules of known place, diameter and density for the phantom."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from api.imaging.phantom_anatomy import Floats, Plane, lung_level
from api.imaging.phantom_vessels import Tube

# Diameter in mm, HU, and where it lies: mm below the pleura, None for anywhere inside.
DEFAULT_NODULES: tuple[tuple[float, float, float | None], ...] = (
    (12.0, 45.0, None),
    (8.0, 35.0, None),
    (6.0, 40.0, None),
    (18.0, 30.0, None),
    (10.0, 25.0, 4.5),  # touches the pleura
)
_CLEARANCE_MM = 3.0  # from vessels that are wide enough to be taken for a part of it
_WIDE_VESSEL_MM = 1.2
_APART_MM = 30.0
_LOBULATION = 0.05  # of the radius


@dataclass(frozen=True, slots=True)
class Nodule:
    """centre_mm: LPS; diameter_mm: mean, of the sphere that it nearly is; hu: of its inside."""

    centre_mm: tuple[float, float, float]
    diameter_mm: float
    hu: float


def place_nodules(seed: int, vessels: Sequence[Tube], z_range: tuple[float, float]) -> tuple[Nodule, ...]:
    """The default nodules, each where it fits; fewer when the slices between the two heights hold no room.

    z_range: mm, of the first and last slice.
    """
    rng = np.random.default_rng((seed, 2))
    wide = np.array([tube.start + tube.end for tube in vessels if tube.start_radius > _WIDE_VESSEL_MM])
    placed: list[Nodule] = []
    for diameter, hu, below_pleura in DEFAULT_NODULES:
        low, high = max(z_range[0] + diameter, -85), min(z_range[1] - diameter, 95)
        if low >= high:
            continue
        for _ in range(600):
            centre = rng.uniform((-130, -80, low), (130, 85, high))
            if _fits(centre, diameter, below_pleura, wide, placed):
                placed.append(Nodule((float(centre[0]), float(centre[1]), float(centre[2])), diameter, hu))
                break
    return tuple(placed)


def nodule_coverage(nodule: Nodule, plane: Plane, heights: Floats) -> tuple[slice, slice, Floats] | None:
    """How much of each pixel the nodule fills, within a window of the slice; None when it does not reach it."""
    reach = nodule.diameter_mm / 2 * (1 + 2 * _LOBULATION) + 1
    x0, y0, z0 = nodule.centre_mm
    if not float(heights[0]) - reach < z0 < float(heights[-1]) + reach:
        return None
    rows = slice(*np.searchsorted(plane.y[:, 0], (y0 - reach, y0 + reach)).tolist())
    columns = slice(*np.searchsorted(plane.x, (x0 - reach, x0 + reach)).tolist())
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    dx, dy, dz = plane.x[columns] - np.float32(x0), plane.y[rows] - np.float32(y0), heights[:, None, None] - z0
    distance = np.sqrt(dx**2 + dy**2 + dz**2) + np.float32(1e-3)
    # Slight lobes that depend on where it lies, so that no two nodules look the same; the mean radius is kept.
    lobes = np.sin(5 * dx / distance + x0) * np.sin(4 * dy / distance + y0) + 0.6 * np.sin(6 * dz / distance + z0)
    level = nodule.diameter_mm / 2 * (1 + _LOBULATION * lobes) - distance
    return rows, columns, np.clip(0.5 + level / 0.9, 0, 1).mean(axis=0).astype(np.float32)


def _fits(
    centre: np.ndarray[tuple[int], np.dtype[np.float64]],
    diameter: float,
    below_pleura: float | None,
    wide: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    placed: Sequence[Nodule],
) -> bool:
    x, y, z = (np.float32(part) for part in centre)
    level = float(lung_level(np.array(x), np.array(y), float(z)))
    is_deep_enough = level > diameter / 2 + 8 if below_pleura is None else abs(level - below_pleura) < 0.5
    if not is_deep_enough or (below_pleura is not None and abs(x) < 60):
        return False
    if any(np.linalg.norm(centre - other.centre_mm) < _APART_MM for other in placed):
        return False
    steps = np.linspace(0, 1, 5)[:, None, None]
    along = wide[None, :, :3] + steps * (wide[None, :, 3:] - wide[None, :, :3])
    return float(np.linalg.norm(along - centre, axis=-1).min()) > diameter / 2 + _CLEARANCE_MM
