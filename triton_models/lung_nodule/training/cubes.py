"""The LIDC-IDRI cubes: one nodule each in 3D, and around it what a candidate detector would take for one.

Layout under `--data FOLDER`: `lidc-nodules-3d/nodules.npz` with
  image_u16 uint16 (cube, 51, 51, 51) at 1 mm, HU about value / 65535 * 1600 - 1200
  mask      uint8  (cube, 51, 51, 51), one reader's
  patient   text   (cube,)
and `ratings.csv` beside it, in the same order: `texture` 1 (ground glass) to 5 (solid), as that reader rated it.
`cube_rows.csv` beside this file tells where in LUNA16's candidates.csv a patient's scan lies, to about 15,000 rows: the
table is ordered by Series Instance UID, and LIDC-IDRI's UIDs are public.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from api.inference.candidates import find_candidates
from api.inference.grids import Grid
from api.inference.tensors import AXIAL, CORONAL, SAGITTAL, SLANTED, PatchGeometry, to_input
from triton_models.lung_nodule.training.crops import HU_HIGH, HU_LOW

DEVELOPMENT_PATIENTS = frozenset({"LIDC-IDRI-0001", "LIDC-IDRI-0006", "LIDC-IDRI-0013"})
ROW_UNCERTAINTY = 15_000
PLANES = (AXIAL, CORONAL, SAGITTAL, *SLANTED)
SIZE = 50
# Farther than this from the reader's mask, a candidate is another thing.
CLEAR_MM = 4.0
CANDIDATES_A_CUBE = 40
# A plane with more of its round field outside the cube is left out.
LARGEST_OUTSIDE = 0.10


# Beside a mass of tissue this large and this thick, a nodule is said to touch the wall (or the mediastinum).
WALL_MM3 = 3_000
WALL_MM = 2
WALL_HU = -400


@dataclass(frozen=True)
class Cube:
    """hu float32 and mask bool (51, 51, 51), 1 mm; number: place in the file; texture: 1 ground glass to 5 solid."""

    number: int
    patient: str
    hu: NDArray[np.float32]
    mask: NDArray[np.bool_]
    texture: int

    @property
    def diameter_mm(self) -> float:
        """Of the disc with the area of the outline's widest slice."""
        return 2 * float(np.sqrt(self.mask.sum(axis=(1, 2)).max() / np.pi))

    def touches_wall(self) -> bool:
        """Whether the outline lies against a large body of tissue: chest wall, mediastinum or diaphragm."""
        tissue = (self.hu > WALL_HU) & ~ndimage.binary_dilation(self.mask)
        labels, count = ndimage.label(ndimage.binary_erosion(tissue, iterations=WALL_MM))
        if not count:
            return False
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        wall = ndimage.binary_dilation(np.isin(labels, np.flatnonzero(sizes >= WALL_MM3)), iterations=2 * WALL_MM)
        return bool((wall & self.mask).any())


@dataclass(frozen=True)
class CubePlanes:
    """image uint8 (plane, 50, 50) as the crops are; is_nodule, row (about), candidate and cube (its number) a plane."""

    image: NDArray[np.uint8]
    is_nodule: NDArray[np.bool_]
    row: NDArray[np.int64]
    candidate: NDArray[np.int64]
    cube: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> "CubePlanes":
        """Those planes where `chosen`, bool (plane,), is true."""
        return CubePlanes(
            self.image[chosen], self.is_nodule[chosen], self.row[chosen], self.candidate[chosen], self.cube[chosen]
        )

    def far_from(self, first: int, last: int) -> NDArray[np.bool_]:
        """Surely of scans outside the rows `first` to `last`."""
        return (self.row < first - ROW_UNCERTAINTY) | (self.row > last + ROW_UNCERTAINTY)

    def within(self, first: int, last: int) -> NDArray[np.bool_]:
        """Surely of scans inside the rows `first` to `last`."""
        return (self.row > first + ROW_UNCERTAINTY) & (self.row < last - ROW_UNCERTAINTY)


def load_cubes(folder: Path) -> Iterator[Cube]:
    """The cubes in the order of the file, without the development scans' patients."""
    with (folder / "lidc-nodules-3d" / "ratings.csv").open(newline="") as rated:
        textures = [int(line["texture"]) for line in csv.DictReader(rated)]
    with np.load(folder / "lidc-nodules-3d" / "nodules.npz", allow_pickle=False) as stored:
        images, masks, patients = stored["image_u16"], stored["mask"], stored["patient"]
    for number, patient in enumerate(patients):
        if str(patient) not in DEVELOPMENT_PATIENTS:
            hu = images[number].astype(np.float32) / 65535 * 1600 - 1200
            yield Cube(number, str(patient), hu, masks[number].astype(bool), textures[number])


def load_cube_planes(folder: Path) -> CubePlanes:
    """Nine planes of each nodule and of each look-alike, without the development scans' patients."""
    rows = patient_rows()
    found: list[tuple[NDArray[np.uint8], bool, int, int, int]] = []
    count = 0
    for cube in load_cubes(folder):
        for place, diameter, is_nodule in places(cube.hu, cube.mask):
            for plane in sample_planes(cube.hu, place, diameter):
                found.append((plane, is_nodule, rows[cube.patient], count, cube.number))
            count += 1
    image, label, row, candidate, number = zip(*found, strict=True)
    return CubePlanes(
        np.stack(image), np.array(label), np.array(row, np.int64), np.array(candidate, np.int64), np.array(number)
    )


def places(hu: NDArray[np.float32], mask: NDArray[np.bool_]) -> list[tuple[NDArray[np.float64], float, bool]]:
    """(index, diameter mm, is nodule) of the masked nodule and of candidates clear of it, in a cube of 1 mm."""
    widest = float(mask.sum(axis=(1, 2)).max())
    nodule = (np.argwhere(mask).mean(axis=0), 2 * float(np.sqrt(widest / np.pi)), True)
    candidates = find_candidates(grid_of(hu), near_air(hu), CANDIDATES_A_CUBE)
    away = ndimage.distance_transform_edt(~mask)
    return [nodule] + [
        (index, float(diameter), False)
        for index, diameter in zip(candidates.index, candidates.diameter, strict=True)
        if away[tuple(np.rint(index).astype(int))] > CLEAR_MM + diameter / 4
    ]


def near_air(hu: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Lung has air near by: this stands in for the segmentation, which a cube is too small for."""
    return ndimage.binary_closing(hu < -500, iterations=5, border_value=0) | (hu < -500)


def grid_of(hu: NDArray[np.float32]) -> Grid:
    """A cube as the candidate finder takes it."""
    return Grid(np.clip(np.rint(hu), -1024, 1500).astype(np.int16), (1.0, 1.0, 1.0), (1, 1, 1))


def sample_planes(hu: NDArray[np.float32], place: NDArray[np.float64], diameter: float) -> list[NDArray[np.uint8]]:
    """The planes through `place` that the cube holds, uint8 (50, 50), HU -1000..400 as 0..255."""
    geometry = PatchGeometry(planes=PLANES, size=SIZE)
    affine = np.zeros((4, 4))
    affine[0, 2] = affine[1, 1] = affine[2, 0] = affine[3, 3] = 1.0
    planes = to_input(hu, affine, place[None], np.array([diameter]), geometry)[0]
    axis = (np.arange(SIZE) - (SIZE - 1) / 2) * geometry.spacing_mm * max(1.0, diameter / geometry.largest_mm)
    in_field = np.hypot(axis[:, None], axis[None, :]) <= np.abs(axis).max()
    kept = []
    for plane, (down, right) in zip(planes, PLANES, strict=True):
        # LPS (x, y, z) is (column, row, slice) here.
        points = place + axis[:, None, None] * np.array(down)[::-1] + axis[None, :, None] * np.array(right)[::-1]
        outside = ((points < -0.5) | (points > np.array(hu.shape) - 0.5)).any(axis=-1)
        if outside[in_field].mean() <= LARGEST_OUTSIDE:
            scaled = (np.clip(plane, HU_LOW, HU_HIGH) - HU_LOW) / (HU_HIGH - HU_LOW) * 255
            kept.append(np.rint(scaled).astype(np.uint8))
    return kept


def patient_rows() -> dict[str, int]:
    """Patient to about the row of its scan in candidates.csv."""
    with (Path(__file__).parent / "cube_rows.csv").open(newline="") as stored:
        return {line["patient"]: int(line["candidate_row"]) for line in csv.DictReader(stored)}
