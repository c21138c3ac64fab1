"""Colour frames made RGB of 8 bits: what viewers, previews and the stored form share."""

import numpy as np
from numpy.typing import NDArray

from api.imaging.pixel_encoding import Palette

# PS3.3 C.7.6.3.1.2 gives RGB to YBR_FULL; this is its inverse (ITU-R BT.601, full range).
_YBR_TO_RGB = np.array(
    [[1.0, 0.0, 1.402], [1.0, -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587], [1.0, 1.772, 0.0]], dtype=np.float32
)


def ybr_to_rgb(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """frame: (rows, columns, 3) YBR_FULL."""
    shifted = frame.astype(np.float32)
    shifted[..., 1:] -= 128
    rgb: NDArray[np.uint8] = np.clip(np.rint(shifted @ _YBR_TO_RGB.T), 0, 255).astype(np.uint8)
    return rgb


def unpack_422(samples: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """YBR_FULL_422 as native pixel data hold it, Y Y B R for each two pixels, to (rows, columns, 3) YBR_FULL.

    Source: PS3.3 C.7.6.3.1.2. An odd last column has no partner, so columns are even there.
    """
    quads = samples.reshape(rows, columns // 2, 4)
    frame = np.empty((rows, columns, 3), dtype=np.uint8)
    frame[:, 0::2, 0] = quads[..., 0]
    frame[:, 1::2, 0] = quads[..., 1]
    frame[..., 1] = np.repeat(quads[..., 2], 2, axis=1)
    frame[..., 2] = np.repeat(quads[..., 3], 2, axis=1)
    return frame


def apply_palette(indices: NDArray[np.integer], palette: Palette) -> NDArray[np.uint8]:
    """Stored values (rows, columns) to RGB; values outside the table take its nearest end (PS3.3 C.7.6.3.1.5)."""
    table = np.stack(
        [np.frombuffer(colour, dtype=np.uint8) for colour in (palette.red, palette.green, palette.blue)], axis=1
    )
    entries = np.clip(indices.astype(np.int32) - palette.first, 0, len(table) - 1)
    rgb: NDArray[np.uint8] = table[entries]
    return rgb
