"""A chest CT that is nobody's: drawn from shapes, with nodules whose place and diameter are known.

It shows that the product works; it says nothing of how well a model reads patients. The word PHANTOM is in the
pixels of every slice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from api.imaging.phantom_anatomy import AIR, BLOOD, MUSCLE, Floats, Plane, draw_anatomy
from api.imaging.phantom_label import LABEL_HU, label_mask
from api.imaging.phantom_nodules import Nodule, nodule_coverage, place_nodules
from api.imaging.phantom_vessels import Tube, grow_vessels, tube_coverage

__all__ = ["Nodule", "Phantom", "PhantomPlan", "draw_phantom", "draw_slices", "plan_phantom"]

DEFAULT_SLICES = 133
DEFAULT_SPACING = (2.5, 0.7, 0.7)
_LAYERS = 3  # that a slice averages over, for partial volume
_NOISE_HU = (14.0, 23.0)  # standard deviation in air and in tissue
_NOISE_MM = 1.15  # scale of the reconstruction kernel
_HU_RANGE = (-1024, 3071)  # 12 bits with an intercept of -1024


@dataclass(frozen=True)
class PhantomPlan:
    """Everything about a phantom but its voxels; the same arguments give the same plan.

    spacing: mm between slices, rows, columns; origin: LPS mm of the first voxel's centre; slices go towards the head.
    """

    seed: int
    slices: int
    rows: int
    columns: int
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    nodules: tuple[Nodule, ...]
    vessels: tuple[Tube, ...]

    def z_of(self, index: int) -> float:
        return self.origin[2] + index * self.spacing[0]

    def vessels_near(self, z: float) -> Iterator[Tube]:
        """Those that may cross the slice at `z` mm."""
        ranges = self._z_ranges
        near = (ranges[:, 0] < z + self.spacing[0]) & (ranges[:, 1] > z - self.spacing[0])
        return (self.vessels[index] for index in np.flatnonzero(near))

    @cached_property
    def _z_ranges(self) -> NDArray[np.float64]:
        return np.array([tube.z_range for tube in self.vessels])


@dataclass(frozen=True)
class Phantom:
    """voxels: int16 (slice, row, column), HU; spacing: mm in that order; origin: LPS mm of voxel (0, 0, 0)."""

    voxels: NDArray[np.int16]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    nodules: tuple[Nodule, ...]


def plan_phantom(
    slices: int = DEFAULT_SLICES,
    seed: int = 1,
    rows: int = 512,
    spacing_mm: tuple[float, float, float] = DEFAULT_SPACING,
    nodules: Sequence[Nodule] | None = None,
) -> PhantomPlan:
    """spacing_mm: between slices, rows, columns; nodules: None for some of different size, placed by the seed.

    A few slices are a slab through the middle of the lungs.
    Raises: ValueError without slices, rows or spacing.
    """
    if slices < 1 or rows < 1 or min(spacing_mm) <= 0:
        raise ValueError("a phantom has at least one slice, one row and a spacing")
    between, row, column = spacing_mm
    origin = (-column * (rows - 1) / 2, -row * (rows - 1) / 2, -between * (slices - 1) / 2)
    vessels = grow_vessels(seed)
    if nodules is None:
        nodules = place_nodules(seed, vessels, (origin[2], -origin[2]))
    return PhantomPlan(seed, slices, rows, rows, spacing_mm, origin, tuple(nodules), vessels)


def draw_phantom(
    slices: int = DEFAULT_SLICES,
    seed: int = 1,
    rows: int = 512,
    spacing_mm: tuple[float, float, float] = DEFAULT_SPACING,
    nodules: Sequence[Nodule] | None = None,
) -> Phantom:
    """The whole phantom in memory; `draw_slices` holds one slice at a time."""
    plan = plan_phantom(slices, seed, rows, spacing_mm, nodules)
    voxels = np.empty((plan.slices, plan.rows, plan.columns), dtype=np.int16)
    for index, drawn in enumerate(draw_slices(plan)):
        voxels[index] = drawn
    return Phantom(voxels, plan.spacing, plan.origin, plan.nodules)


def draw_slices(plan: PhantomPlan) -> Iterator[NDArray[np.int16]]:
    """Slices from the feet towards the head, int16 (row, column), HU."""
    noise = _NoiseField(plan)
    label = label_mask(plan.rows, plan.columns)
    for index in range(plan.slices):
        image = _blurred(_draw_tissue(plan, index))
        low, high = _NOISE_HU
        image += noise.of_slice(index) * np.where(image > -950, np.float32(high), np.float32(low))
        image[label] = LABEL_HU
        yield np.clip(np.rint(image), *_HU_RANGE).astype(np.int16)


def _draw_tissue(plan: PhantomPlan, index: int) -> Floats:
    x0, y0, _ = plan.origin
    between, row, column = plan.spacing
    plane = Plane(
        x=(x0 + column * np.arange(plan.columns)).astype(np.float32),
        y=(y0 + row * np.arange(plan.rows)).astype(np.float32)[:, None],
        z=plan.z_of(index),
    )
    heights = (plane.z + between * ((np.arange(_LAYERS) + 0.5) / _LAYERS - 0.5)).astype(np.float32)
    image, lung = draw_anatomy(plane)
    filled = np.zeros_like(image)  # vessels of one slice are joined before they are painted: where two meet is no lump
    airways = []
    for tube in plan.vessels_near(plane.z):
        crossing = tube_coverage(tube, plane, heights)
        if crossing is None:
            continue
        rows, columns, inner, outer = crossing
        if tube.airway:
            airways.append((rows, columns, inner, outer))
        else:
            np.maximum(filled[rows, columns], outer, out=filled[rows, columns])
    for rows, columns, inner, outer in airways:
        window, share = image[rows, columns], lung[rows, columns]
        window += outer * share * (np.float32(MUSCLE - 250) - window)
        window += inner * share * (np.float32(AIR) - window)
    image += filled * lung * (np.float32(BLOOD) - image)
    for nodule in plan.nodules:
        found = nodule_coverage(nodule, plane, heights)
        if found is not None:
            rows, columns, coverage = found
            window = image[rows, columns]
            window += coverage * lung[rows, columns] * (np.float32(nodule.hu) - window)
    return image


def _blurred(image: Floats) -> Floats:
    """The scanner's own blur within the plane: 1-2-1 along rows and columns."""
    padded = np.pad(image, 1, mode="edge")
    along = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    blurred: Floats = (along[:-2] + 2 * along[1:-1] + along[2:]) / 16
    return blurred


class _NoiseField:
    """Noise as after a reconstruction kernel: band-limited, mean 0, standard deviation 1.

    Two large fields are drawn once; each slice takes its own mix of two random places in them, which costs a
    hundredth of drawing it afresh and correlates no two slices visibly.
    """

    def __init__(self, plan: PhantomPlan) -> None:
        self._plan = plan
        size = 2 * max(plan.rows, plan.columns)
        rng = np.random.default_rng((plan.seed, 3))
        self._fields = [self._field(rng, size) for _ in range(2)]

    def of_slice(self, index: int) -> Floats:
        rows, columns = self._plan.rows, self._plan.columns
        rng = np.random.default_rng((self._plan.seed, 4, index))
        angle = rng.uniform(0, 2 * np.pi)
        mixed = np.zeros((rows, columns), dtype=np.float32)
        for field, share in zip(self._fields, (np.cos(angle), np.sin(angle)), strict=True):
            top, left = rng.integers(0, len(field) - rows + 1), rng.integers(0, len(field) - columns + 1)
            mixed += np.float32(share) * field[top : top + rows, left : left + columns]
        return mixed

    def _field(self, rng: np.random.Generator, size: int) -> Floats:
        _, row, column = self._plan.spacing
        frequency = np.hypot(np.fft.fftfreq(size, row)[:, None], np.fft.rfftfreq(size, column)[None, :])
        kernel = np.sqrt(frequency) * np.exp(-((frequency * _NOISE_MM) ** 2) * 2)
        field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * kernel, s=(size, size))
        scaled: Floats = (field / field.std()).astype(np.float32)
        return scaled
