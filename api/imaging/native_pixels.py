"""Uncompressed frames: little and big endian, deflated, planar, YBR_FULL_422, unused bits (PS3.5 section 8)."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from api.errors import Rejected, RejectionCode
from api.imaging.colours import unpack_422
from api.imaging.inflated_file import InflatedFile
from api.imaging.pixel_encoding import PixelEncoding


def native_frames(file: BinaryIO, encoding: PixelEncoding) -> Iterator[NDArray[Any]]:
    """Frames (rows, columns) or (rows, columns, 3) in the file's colour space, values cleaned of unused bits.

    Raises: Rejected(CORRUPT) when the pixels are cut short.
    """
    for raw in _frame_bytes(file, encoding):
        yield native_frame(raw, encoding)


def native_frame(raw: bytes, encoding: PixelEncoding) -> NDArray[Any]:
    """One uncompressed frame, its padding byte too. Raises: ValueError when `raw` is of another size."""
    size = encoding.native_frame_bytes
    if len(raw) not in (size, size + 1):
        raise ValueError(f"a frame of {len(raw)} bytes where {size} are expected")
    samples = np.frombuffer(raw, dtype=_sample_type(encoding), count=size // (encoding.bits_allocated // 8))
    return _shaped(used_bits(samples, encoding), encoding)


def used_bits(samples: NDArray[Any], encoding: PixelEncoding) -> NDArray[Any]:
    """Only the stored bits, sign-extended where signed: overlays and rubbish in the others are dropped.

    samples: dtype of Bits Allocated, any byte order; the result is in native order, and the same memory where
    nothing had to be changed.
    """
    if not samples.dtype.isnative:
        samples = samples.astype(samples.dtype.newbyteorder("="))
    if encoding.bits_stored == encoding.bits_allocated:
        return samples
    above = encoding.bits_allocated - 1 - encoding.high_bit
    below = encoding.high_bit + 1 - encoding.bits_stored
    # Left to the sign bit, then right again: drops what is above, and extends the sign of signed types.
    return (samples << above) >> (above + below)


def _frame_bytes(file: BinaryIO, encoding: PixelEncoding) -> Iterator[bytes]:
    size = encoding.native_frame_bytes
    if encoding.syntax.deflated:
        file.seek(encoding.data_set_offset)
        inflated = InflatedFile(file)
        inflated.skip(encoding.value_offset)
        for _ in range(encoding.frame_count):
            yield _whole(_inflate(inflated, size), size)
        return
    for index in range(encoding.frame_count):
        start = index * size
        if encoding.word_swapped:
            yield _swapped(file, encoding.value_offset, start, size)
        else:
            file.seek(encoding.value_offset + start)
            yield _whole(file.read(size), size)


def _inflate(inflated: InflatedFile, size: int) -> bytes:
    try:
        return inflated.read(size)
    except ValueError as error:
        raise Rejected(RejectionCode.CORRUPT, f"Its pixels cannot be read: {error}.") from error


def _swapped(file: BinaryIO, value_offset: int, start: int, size: int) -> bytes:
    """8-bit pixels in 16-bit big endian words: the bytes of each word lie the other way round (PS3.5 annex D)."""
    first = start - start % 2
    file.seek(value_offset + first)
    words = file.read(start - first + size + size % 2 + 1)
    words = words[: len(words) // 2 * 2]
    swapped = np.frombuffer(words, dtype=">u2").astype("<u2").tobytes()
    return _whole(swapped[start - first : start - first + size], size)


def _whole(raw: bytes, size: int) -> bytes:
    if len(raw) < size:
        raise Rejected(
            RejectionCode.CORRUPT, f"Its pixels are cut short: {len(raw)} of {size} bytes are there; send it again."
        )
    return raw


def _sample_type(encoding: PixelEncoding) -> np.dtype[Any]:
    order = ">" if encoding.syntax.big_endian else "<"
    return np.dtype(f"{order}{'i' if encoding.signed else 'u'}{encoding.bits_allocated // 8}")


def _shaped(samples: NDArray[Any], encoding: PixelEncoding) -> NDArray[Any]:
    rows, columns = encoding.rows, encoding.columns
    if encoding.samples_per_pixel == 1:
        return samples.reshape(rows, columns)
    if encoding.photometric == "YBR_FULL_422":
        return unpack_422(samples.view(np.uint8), rows, columns)
    if encoding.planar:
        return np.moveaxis(samples.reshape(3, rows, columns), 0, -1)
    return samples.reshape(rows, columns, 3)
