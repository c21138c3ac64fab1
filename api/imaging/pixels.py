"""Decodes the frames of an instance to stored values, one in memory at a time.

Safe to call from several threads at once, each with a file of its own. Not for: rescaling (`volume.py`) or windowing
(`window.py`): MONOCHROME1 and padding values come out as they are stored.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from api.imaging.colours import apply_palette, ybr_to_rgb
from api.imaging.encoded_pixels import decode_frame
from api.imaging.fragments import encoded_frames
from api.imaging.instance import Instance
from api.imaging.native_pixels import native_frames
from api.imaging.pixel_encoding import PixelEncoding
from api.imaging.transfer_syntaxes import LOSSLESS_JPEG, PixelCoding


def iter_frames(file: BinaryIO, instance: Instance) -> Iterator[NDArray[Any]]:
    """Decode every frame of the file that `instance` was read from.

    Yields: (rows, columns) of uint8, int8, uint16 or int16, or (rows, columns, 3) uint8 RGB, in file order; arrays
            may be read-only views.
    Raises: Rejected(CORRUPT) when pixels are missing or damaged.
    """
    encoding = instance.encoding
    if not encoding.syntax.is_encapsulated:
        for frame in native_frames(file, encoding):
            yield _to_grey_or_rgb(frame, encoding)
        return
    for codestream in encoded_frames(file, encoding):
        yield _to_grey_or_rgb(decode_frame(codestream, encoding), encoding)


def pixel_digest(frames: Iterable[NDArray[Any]]) -> str:
    """SHA-256, hex, over dtype, shape and stored values of all frames: the same for the same pixels in whatever
    transfer syntax they came."""
    digest = hashlib.sha256()
    for frame in frames:
        extend_digest(digest, frame)
    return digest.hexdigest()


def extend_digest(digest: "hashlib._Hash", frame: NDArray[Any]) -> None:
    """Add one frame to a running `pixel_digest`."""
    little = frame.dtype.newbyteorder("<")
    digest.update(f"{little.str}{frame.shape}".encode())
    digest.update(np.ascontiguousarray(frame, dtype=little).data)


def _to_grey_or_rgb(frame: NDArray[Any], encoding: PixelEncoding) -> NDArray[Any]:
    if encoding.palette is not None:
        return apply_palette(frame, encoding.palette)
    if encoding.samples_per_pixel == 1:
        return frame
    if encoding.photometric in ("YBR_FULL", "YBR_FULL_422") and _keeps_ybr(encoding):
        return ybr_to_rgb(frame)
    return np.ascontiguousarray(frame, dtype=np.uint8)


def _keeps_ybr(encoding: PixelEncoding) -> bool:
    """Whether the decoder leaves YBR as it is; lossy JPEG is made RGB on the way."""
    return encoding.syntax.coding is not PixelCoding.JPEG or encoding.syntax.uid in LOSSLESS_JPEG
