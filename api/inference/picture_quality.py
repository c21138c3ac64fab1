"""How noisy a CT is and where its soft tissue lies, against the pictures that lung_nodule learned from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Of LUNA16's crops, one in three, 458 hold enough soft tissue to measure: 99 % have less noise than 54 HU, and their
# medians lie between 2 and 142 HU. In training they were shifted by up to 30 HU, and half of them got up to 45 HU of
# noise more.
MOST_NOISE_HU = 60.0
TISSUE_HU = (-30.0, 170.0)
SOFT_HU = (-50, 250)  # muscle, organs and vessels; fat lies below
SMOOTHED = 5  # pixels; what is soft tissue is told by their mean, for noise alone leaves the range
MARGIN = 3  # pixels between soft tissue that is measured and anything else
MOST_SLICES = 12
FEWEST_PIXELS = 1_000
CROSS = np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], np.float32)


@dataclass(frozen=True)
class PictureQuality:
    """Both in HU, in soft tissue; None where there is too little of it to say.

    noise:  standard deviation from pixel to pixel, robust to edges
    tissue: median
    """

    noise: float | None = None
    tissue: float | None = None


def measure_quality(voxels: NDArray[np.int16]) -> PictureQuality:
    """Of slices spread over a stack; voxels int16 HU (slice, row, column)."""
    chosen = np.unique(np.linspace(0, len(voxels) - 1, min(MOST_SLICES, len(voxels))).astype(int))
    residues, values = [], []
    for number in chosen:
        plane = voxels[number].astype(np.float32)
        smooth = ndimage.uniform_filter(plane, SMOOTHED)
        soft = (smooth > SOFT_HU[0]) & (smooth < SOFT_HU[1])
        soft = ndimage.binary_erosion(soft, np.ones((3, 3), np.bool_), iterations=MARGIN)
        around = ndimage.convolve(plane, CROSS, mode="nearest")
        residues.append((plane - around)[soft])
        values.append(plane[soft])
    residue, value = np.concatenate(residues), np.concatenate(values)
    if len(value) < FEWEST_PIXELS:
        return PictureQuality()
    # The mean of four neighbours carries a quarter of the noise's variance itself.
    noise = 1.4826 * float(np.median(np.abs(residue - np.median(residue)))) / np.sqrt(1.25)
    return PictureQuality(float(noise), float(np.median(value)))


def quality_warnings(quality: PictureQuality) -> tuple[tuple[str, str], ...]:
    """(code, message) of each way in which the picture is unlike those of training."""
    found: list[tuple[str, str]] = []
    if quality.noise is not None and quality.noise > MOST_NOISE_HU:
        found.append(
            (
                "NOISY",
                f"The picture's noise is {quality.noise:.0f} HU, more than nearly all that the model learned from "
                f"({MOST_NOISE_HU:.0f} HU); expect more false marks, and small nodules may be missed.",
            )
        )
    low, high = TISSUE_HU
    if quality.tissue is not None and not low <= quality.tissue <= high:
        found.append(
            (
                "UNUSUAL_CONTRAST",
                f"Soft tissue measures {quality.tissue:.0f} HU here, where {low:.0f} to {high:.0f} HU are usual; the "
                "values may be shifted or scaled, and probabilities less certain.",
            )
        )
    return tuple(found)
