"""The one stored form of a frame: HTJ2K lossless (ITU-T T.814), bit-exact in stored values.

A bare codestream (media type image/jphc), signed where the values are; imagecodecs and OpenJPH in a browser read it
alike. Both calls leave other threads running.
"""

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

MEDIA_TYPE = "image/jphc"
_TYPES = frozenset(np.dtype(name) for name in ("uint8", "int8", "uint16", "int16"))


def encode(frame: NDArray[Any]) -> bytes:
    """frame: (rows, columns) of uint8, int8, uint16 or int16, or (rows, columns, 3) uint8 RGB.

    int8 is written with 16 bits: OpenJPH in the browser (@cornerstonejs/codec-openjph 2.4) clamps negative values of
    8-bit codestreams to 0.
    Raises: ValueError for any other shape or type.
    """
    is_grey = frame.ndim == 2 and frame.dtype in _TYPES
    is_rgb = frame.ndim == 3 and frame.shape[2] == 3 and frame.dtype == np.uint8
    if not (is_grey or is_rgb) or frame.size == 0:
        raise ValueError(f"frames of {frame.dtype} and shape {frame.shape} are not stored")
    if frame.dtype == np.int8:
        frame = frame.astype(np.int16)
    return bytes(imagecodecs.htj2k_encode(np.ascontiguousarray(frame), reversible=True, rgb=True if is_rgb else None))


def decode(codestream: bytes) -> NDArray[Any]:
    """The frame that `encode` was given: same shape, values and dtype (int16 for int8).

    For codestreams known to be whole, as the object store's authentication makes them: imagecodecs 2026.3 does not
    tell when a damaged one decodes to rubbish.

    Raises: ValueError when it is no such codestream.
    """
    try:
        return imagecodecs.htj2k_decode(codestream)
    except RuntimeError as error:
        raise ValueError("this is no HTJ2K codestream") from error
