"""Small WebP previews of frames: for scrolling and for thumbnails, never for reading."""

from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from api.imaging.frame_geometry import FrameGeometry
from api.imaging.window import VoiWindow, apply_window, full_range, presets

MEDIA_TYPE = "image/webp"
EDGE = 256
_QUALITY = 78
_EFFORT = 1  # of 6: the higher ones take twice the time for a few per cent


def preview_webp(frame: NDArray[Any], geometry: FrameGeometry, window: VoiWindow | None, edge: int = EDGE) -> bytes:
    """A frame under a window, its longest edge `edge` pixels at most, aspect as in the patient.

    frame:  as `pixels.iter_frames` yields it; window: in rescaled values, None for one over the frame's own range.
    Area-averaged; padding is black, MONOCHROME1 inverted.
    """
    image = Image.fromarray(grey(frame, geometry, window) if geometry.samples_per_pixel == 1 else frame)
    width, height = preview_size(geometry, edge)
    factor = min(image.width // width, image.height // height)
    if factor > 1:
        image = image.reduce(factor)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BOX)
    target = BytesIO()
    image.save(target, "WEBP", quality=_QUALITY, method=_EFFORT)
    return target.getvalue()


def preview_size(geometry: FrameGeometry, edge: int = EDGE) -> tuple[int, int]:
    """Width and height in pixels; never larger than the frame in its finer direction."""
    row_spacing, column_spacing = geometry.row_spacing or 1.0, geometry.column_spacing or 1.0
    finest = min(row_spacing, column_spacing)
    width, height = geometry.columns * column_spacing / finest, geometry.rows * row_spacing / finest
    scale = min(1.0, edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def first_window(windows: tuple[VoiWindow, ...], modality: str) -> VoiWindow | None:
    """What previews are drawn under: the scanner's first window, else the modality's first preset."""
    return next(iter((*windows, *presets(modality))), None)


def grey(frame: NDArray[Any], geometry: FrameGeometry, window: VoiWindow | None) -> NDArray[np.uint8]:
    """A frame of one sample a pixel under a window, as `preview_webp` takes them."""
    if window is None:
        window = full_range(frame, geometry.padding_value)
        slope, intercept = 1.0, 0.0
    else:
        slope = geometry.rescale_slope if geometry.rescale_slope is not None else 1.0
        intercept = geometry.rescale_intercept or 0.0
    invert = geometry.photometric == "MONOCHROME1"
    table = _table(frame.dtype.str, slope, intercept, window.center, window.width, invert, geometry.padding_value)
    grey: NDArray[np.uint8] = table.take(np.ascontiguousarray(frame).view(f"u{frame.dtype.itemsize}"))
    return grey


@lru_cache(maxsize=64)
def _table(
    dtype: str, slope: float, intercept: float, center: float, width: float, invert: bool, padding: int | None
) -> NDArray[np.uint8]:
    """Grey for every stored value, indexed by its bits read as unsigned: 64 KiB at most, one look-up a pixel."""
    kind = np.dtype(dtype)
    stored = np.arange(2 ** (8 * kind.itemsize), dtype=f"u{kind.itemsize}").view(kind)
    grey = apply_window(stored * slope + intercept, center, width, invert=invert)
    if padding is not None:
        grey[stored == padding] = 0
    grey.setflags(write=False)
    return grey
