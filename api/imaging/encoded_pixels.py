"""One compressed frame to samples. Each coding has one decoder, chosen here and never by what is installed.

All are imagecodecs' (BSD; libjpeg-turbo, CharLS, OpenJPEG), which leaves other threads running, gives what
GDCM gives and is twice as fast. pylibjpeg-libjpeg is GPL and not used.
"""

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from api.errors import Rejected, RejectionCode
from api.imaging.codestreams import CodestreamHeader, read_jpeg_2000_header, read_jpeg_header
from api.imaging.native_pixels import native_frame, used_bits
from api.imaging.pixel_encoding import PixelEncoding
from api.imaging.rle_frames import decode_rle_frame
from api.imaging.transfer_syntaxes import LOSSLESS_JPEG, PixelCoding

Decoder = Callable[[bytes, CodestreamHeader, PixelEncoding], NDArray[Any]]


def decode_frame(codestream: bytes, encoding: PixelEncoding) -> NDArray[Any]:
    """Samples (rows, columns) or (rows, columns, 3) of one frame, colour as `frame_color` says.

    Raises: Rejected(CORRUPT) when the codestream is damaged or is of another size than the header says.
    """
    try:
        if encoding.syntax.coding is PixelCoding.RLE:
            return _decode_rle(codestream, encoding)
        if encoding.syntax.coding is PixelCoding.NATIVE_FRAGMENTS:
            return native_frame(codestream, encoding)
        read_header, decode = _DECODERS[encoding.syntax.coding]
        header = read_header(codestream)
        _check(header, encoding)
        frame = decode(codestream, header, encoding)
        if frame.shape[:2] != (encoding.rows, encoding.columns):
            raise ValueError(f"it decodes to {frame.shape[1]} x {frame.shape[0]} pixels")
    except (ValueError, RuntimeError, TypeError, MemoryError) as error:
        raise Rejected(
            RejectionCode.CORRUPT, "Its compressed pixels cannot be decoded; export it uncompressed and send it again."
        ) from error
    return frame if encoding.samples_per_pixel == 3 else _stored_values(frame, header, encoding)


def _check(header: CodestreamHeader, encoding: PixelEncoding) -> None:
    """Before a decoder allocates: the codestream must be of the size that the limits were checked with."""
    said = (encoding.rows, encoding.columns, encoding.samples_per_pixel)
    if (header.rows, header.columns, header.components) != said:
        raise ValueError("the codestream is of another size than the header says")
    if header.precision > encoding.bits_allocated:
        raise ValueError("the codestream has more bits than the header says")


def _decode_jpeg(codestream: bytes, header: CodestreamHeader, encoding: PixelEncoding) -> NDArray[Any]:
    if header.components == 1:
        return imagecodecs.jpeg8_decode(codestream)
    # Lossless JPEG knows no colour transform: the samples are what Photometric Interpretation (0028,0004) says.
    if encoding.syntax.uid in LOSSLESS_JPEG:
        return imagecodecs.jpeg8_decode(codestream, colorspace="RGB", outcolorspace="RGB")
    # A lossy stream that says its colour space is believed before the data set, whose word is often wrong.
    color = header.color or ("RGB" if encoding.photometric == "RGB" else "YBR")
    return imagecodecs.jpeg8_decode(codestream, colorspace="RGB" if color == "RGB" else "YCBCR", outcolorspace="RGB")


def _decode_jpeg_ls(codestream: bytes, header: CodestreamHeader, encoding: PixelEncoding) -> NDArray[Any]:
    return imagecodecs.jpegls_decode(codestream)


def _decode_jpeg_2000(codestream: bytes, header: CodestreamHeader, encoding: PixelEncoding) -> NDArray[Any]:
    """HTJ2K too, by OpenJPEG: imagecodecs 2026.3's OpenJPH is faster but swallows errors and returns rubbish."""
    return imagecodecs.jpeg2k_decode(codestream)


_DECODERS: dict[PixelCoding, tuple[Callable[[bytes], CodestreamHeader], Decoder]] = {
    PixelCoding.JPEG: (read_jpeg_header, _decode_jpeg),
    PixelCoding.JPEG_LS: (read_jpeg_header, _decode_jpeg_ls),
    PixelCoding.JPEG_2000: (read_jpeg_2000_header, _decode_jpeg_2000),
    PixelCoding.HTJ2K: (read_jpeg_2000_header, _decode_jpeg_2000),
}


def _decode_rle(codestream: bytes, encoding: PixelEncoding) -> NDArray[Any]:
    """RLE Lossless (PS3.5 annex G): samples by plane."""
    frame = used_bits(decode_rle_frame(codestream, encoding), encoding)
    return frame[0] if encoding.samples_per_pixel == 1 else np.moveaxis(frame, 0, -1)


def _stored_values(frame: NDArray[Any], header: CodestreamHeader, encoding: PixelEncoding) -> NDArray[Any]:
    """Samples as Pixel Representation (0028,0103) means them, dtype of Bits Allocated.

    JPEG and JPEG-LS know no sign, and some JPEG 2000 writers put signed values down as unsigned ones or the other
    way round: the codestream's own precision tells where the sign bit is.
    """
    target = np.dtype(f"{'i' if encoding.signed else 'u'}{encoding.bits_allocated // 8}")
    if header.signed == encoding.signed:
        return frame.astype(target, copy=False)
    unsigned = frame.astype(f"i{target.itemsize}" if header.signed else f"u{target.itemsize}", copy=False)
    shift = encoding.bits_allocated - header.precision
    return (unsigned.view(target) << shift) >> shift
