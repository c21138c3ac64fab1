"""The LUNA16 crops as they lie in the data folder: single axial squares around candidates, 8 bit.

Layout under `--data FOLDER`: `luna16-patches-2d/patches.npz` with
  image                 uint8 (crop, 50, 50), HU -1000..400 as 0..255, at the scan's own pixel spacing (unknown)
  is_nodule             bool (crop,)
  candidate_row         int64 (crop,), row in LUNA16's candidates.csv, which is ordered by scan
  near_development_scan bool (crop,), may come from a scan that judges the detector
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HU_LOW = -1000.0
HU_HIGH = 400.0


@dataclass(frozen=True)
class Crops:
    """image uint8 (crop, row, column); the other arrays one value a crop."""

    image: NDArray[np.uint8]
    is_nodule: NDArray[np.bool_]
    candidate_row: NDArray[np.int64]
    near_development_scan: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.image)

    def take(self, chosen: NDArray[np.bool_]) -> "Crops":
        """Those crops where `chosen`, bool (crop,), is true."""
        return Crops(
            self.image[chosen], self.is_nodule[chosen], self.candidate_row[chosen], self.near_development_scan[chosen]
        )


def load_crops(folder: Path) -> Crops:
    """Read the crops of the data folder."""
    with np.load(folder / "luna16-patches-2d" / "patches.npz", allow_pickle=False) as stored:
        return Crops(stored["image"], stored["is_nodule"], stored["candidate_row"], stored["near_development_scan"])


def hounsfield(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8-bit crops to HU, float32, same shape."""
    return image.astype(np.float32) * np.float32((HU_HIGH - HU_LOW) / 255.0) + np.float32(HU_LOW)
