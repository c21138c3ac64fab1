"""One compressed frame to samples. Each coding has one decoder, chosen here and never by what is installed.

imagecodecs (BSD; libjpeg-turbo, CharLS, OpenJPEG, OpenJPH) decodes all but RLE and leaves other threads running.
Of equal output with GDCM and twice as fast; pylibjpeg-libjpeg is GPL and not used.
"""

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from rle.utils import decode_pixel_data

from api.errors import Rejected, RejectionCode
from api.imaging.codestreams import CodestreamHeader, read_jpeg_2000_header, read_jpeg_header
from api.imaging.native_pixels import used_bits
from api.imaging.pixel_encoding import PixelEncoding
from api.imaging.transfer_syntaxes import LOSSLESS_JPEG, PixelCoding

Decoder = Callable[[bytes, CodestreamHeader, PixelEncoding], NDArray[Any]]


def decode_frame(codestream: bytes, encoding: PixelEncoding) -> NDArray[Any]:
    """Samples (rows, columns) or (rows, columns, 3) of one frame, colour as `frame_color` says.

    Raises: Rejected(CORRUPT) when the codestream is damaged or is of another size than the header says.
    """
    try:
        if encoding.syntax.coding is PixelCoding.RLE:
            return _decode_rle(codestream, encoding)
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
    return imagecodecs.jpeg2k_decode(codestream)


def _decode_htj2k(codestream: bytes, header: CodestreamHeader, encoding: PixelEncoding) -> NDArray[Any]:
    return imagecodecs.htj2k_decode(codestream)


_DECODERS: dict[PixelCoding, tuple[Callable[[bytes], CodestreamHeader], Decoder]] = {
    PixelCoding.JPEG: (read_jpeg_header, _decode_jpeg),
    PixelCoding.JPEG_LS: (read_jpeg_header, _decode_jpeg_ls),
    PixelCoding.JPEG_2000: (read_jpeg_2000_header, _decode_jpeg_2000),
    PixelCoding.HTJ2K: (read_jpeg_2000_header, _decode_htj2k),
}


def _decode_rle(codestream: bytes, encoding: PixelEncoding) -> NDArray[Any]:
    """RLE Lossless (PS3.5 annex G): samples by plane."""
    planes = decode_pixel_data(
        codestream, version=2, rows=encoding.rows, columns=encoding.columns, bits_allocated=encoding.bits_allocated
    )
    kind = "i" if encoding.signed else "u"
    samples = np.frombuffer(planes, dtype=f"<{kind}{encoding.bits_allocated // 8}")
    shape = (encoding.samples_per_pixel, encoding.rows, encoding.columns)
    if samples.size != encoding.samples_per_pixel * encoding.pixels_per_frame:
        raise ValueError("the RLE frame is of another size than the header says")
    frame = used_bits(samples, encoding).reshape(shape)
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
