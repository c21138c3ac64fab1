"""RLE Lossless frames (PS3.5 annex G): PackBits segments, one for each byte of each sample.

Decoded here, on imagecodecs' PackBits, because pylibjpeg-rle 2.2 panics on damaged segments, which no `except
Exception` stops.
"""

from struct import unpack_from
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from api.imaging.pixel_encoding import PixelEncoding

_HEADER_BYTES = 64
_LONGEST_RUN = 128


def decode_rle_frame(frame: bytes, encoding: PixelEncoding) -> NDArray[Any]:
    """Samples (samples, rows, columns), dtype of Bits Allocated.

    Raises: ValueError or RuntimeError when the frame is damaged or of another size than the header says.
    """
    depth = encoding.bits_allocated // 8
    count = encoding.samples_per_pixel * depth
    if len(frame) < _HEADER_BYTES:
        raise ValueError("the RLE header is cut short")
    said, *offsets = unpack_from("<16I", frame)
    if said != count:
        raise ValueError(f"the RLE frame has {said} segments, not {count}")
    bounds = [*offsets[:count], len(frame)]
    if bounds != sorted(bounds) or bounds[0] < _HEADER_BYTES:
        raise ValueError("the RLE segments overlap")
    planes = np.empty((encoding.samples_per_pixel, encoding.pixels_per_frame, depth), dtype=np.uint8)
    for index in range(count):
        # The most significant byte comes first (PS3.5 G.2); samples are little endian here.
        planes[index // depth, :, depth - 1 - index % depth] = _segment(
            frame[bounds[index] : bounds[index + 1]], encoding.pixels_per_frame
        )
    kind = "i" if encoding.signed else "u"
    return planes.view(f"<{kind}{depth}").reshape(encoding.samples_per_pixel, encoding.rows, encoding.columns)


def _segment(segment: bytes, size: int) -> NDArray[np.uint8]:
    """A padding byte may follow the last run, so a little more than the frame is room for."""
    room = bytearray(size + _LONGEST_RUN)
    if len(imagecodecs.packbits_decode(segment, out=room)) < size:
        raise ValueError("an RLE segment is cut short")
    return np.frombuffer(room, dtype=np.uint8, count=size)
