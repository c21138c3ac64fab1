"""VOI windows: presets for each modality, and values mapped to 8-bit grey (PS3.3 C.11.2.1.2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VoiWindow:
    """center and width in rescaled values: HU for CT."""

    name: str | None
    center: float
    width: float


# Centre and width as chest CT reporting commonly uses them (Radiology Assistant; Fleischner Society recommends
# -600/1500 for lung nodules: MacMahon et al., Radiology 284:228 (2017)).
CT_PRESETS = (
    VoiWindow("Lung", -600, 1500),
    VoiWindow("Mediastinum", 40, 400),
    VoiWindow("Bone", 400, 1800),
    VoiWindow("Brain", 40, 80),
    VoiWindow("Liver", 60, 160),
)


def presets(modality: str) -> tuple[VoiWindow, ...]:
    """The windows that suit a modality; none where values have no fixed scale (`full_range` then)."""
    return CT_PRESETS if modality == "CT" else ()


def full_range(values: NDArray[Any], padding: float | None = None) -> VoiWindow:
    """A window over nearly all of the values (1st to 99.8th percentile), for frames that bring none.

    values: rescaled, any shape; padding: a value to leave out.
    """
    kept = values if padding is None else values[values != padding]
    if kept.size == 0:
        return VoiWindow(None, 0.5, 1)
    sample = kept.ravel()[:: max(1, kept.size // 65536)]
    low, high = (float(value) for value in np.percentile(sample, (1, 99.8)))
    return VoiWindow(None, (low + high + 1) / 2, max(1.0, high - low + 1))


def apply_window(values: NDArray[Any], center: float, width: float, *, invert: bool = False) -> NDArray[np.uint8]:
    """Map rescaled values to 0..255 by VOI LUT Function LINEAR.

    values: any shape; invert: for MONOCHROME1.
    Raises: ValueError when width is below 1.
    Source: PS3.3 C.11.2.1.2.1: at most c - 0.5 - (w-1)/2 is 0, above c - 0.5 + (w-1)/2 is 255, linear between.
    """
    if width < 1:
        raise ValueError("a window's width is at least 1")
    low = center - 0.5 - (width - 1) / 2
    high = center - 0.5 + (width - 1) / 2
    scaled = values.astype(np.float64)
    # At width 1 nothing lies between the two ends; the slope is never used then.
    grey = ((scaled - (center - 0.5)) / max(width - 1, 1) + 0.5) * 255.0
    grey = np.where(scaled <= low, 0.0, np.where(scaled > high, 255.0, grey))
    result = np.rint(grey).astype(np.uint8)
    return 255 - result if invert else result
